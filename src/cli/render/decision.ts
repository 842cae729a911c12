// A decision as a person reads it: what was asked, what each rule did, the verdict, and what the agent is told.
import type { Decision, RuleRef } from '../../abi/decision.ts';
import { ownDriver } from '../../abi/names.ts';
import type { Place } from '../../abi/problem.ts';
import type { Answer, Question } from '../../kernel/question.ts';
import { rateText } from '../../kernel/rate-text.ts';
import { type Reading, readingOf } from '../../kernel/reading.ts';
import { callText } from '../../kernel/refusal.ts';
import type { Revision } from '../../kernel/revision.ts';
import { effectOf } from '../../policy/compiled.ts';
import type { Considered } from '../../policy/explain.ts';
import { showable } from '../../text/characters.ts';
import type { Asked } from '../batch.ts';
import { changersBesides, matchedBesides, nearMisses, resultRules } from '../considered.ts';
import { changeText } from './change.ts';
import { onOneLine } from './columns.ts';
import { limitsOf } from './limits.ts';
import { missText } from './near.ts';
import { type Paint, painter } from './paint.ts';
import { seenLines } from './seen.ts';
import { toneOf } from './verdict.ts';

export interface DecisionView {
	readonly revision: Pick<Revision, 'id' | 'config' | 'lock' | 'set'>;
	readonly color: boolean;
	/** Every rule that could be about such a call, not only those that came near. */
	readonly isAll?: boolean;
}

/** More rules that nearly matched than this would hide what happened. */
const mostNear = 5;

/** Several lines, without a final line break. */
export function decisionText(
	{ target, agent }: Question & { readonly target: Asked },
	{ decision, considered, seen, assumed = false, cwd }: Answer,
	view: DecisionView,
): string {
	const paint = painter(view.color);
	const { revision, isAll = false } = view;
	const near = nearMisses(considered, isAll);
	const shownNear = isAll ? near : near.slice(0, mostNear);
	const onResults = resultRules(decision, considered);
	const besides = matchedBesides(considered, decision);
	const listed = [...besides.map(({ rule }) => rule), ...shownNear.map(([{ rule }]) => rule)];
	const width = Math.max(24, ...[...decision.because, ...onResults, ...listed].map(({ id }) => id.length));
	const row = (label: string, text: string) => `${paint('quiet', label.padEnd(7))} ${text}`;
	const rows = (label: string, text: string) =>
		text.split('\n').map((line, index) => row(index === 0 ? label : '', line));
	const named = (id: string, text: string) => `${id.padEnd(text === '' ? 0 : width)}${text === '' ? '' : `  ${text}`}`;
	const name = `${target.driver}/${target.tool}`;
	const reading = readingOf({ revision, target, agent, cwd, decision });
	const { reason, instead } = decision;
	// What the agent is not told, the person who asks should know all the same.
	const isUntold = (text: string | undefined) => text !== undefined && !toldIn(reading).includes(text);
	return [
		row('asked', callText(target, name, Number.POSITIVE_INFINITY)),
		...seenLines(seen).map((line, index) => row(index === 0 ? 'seen' : '', line)),
		...changersBesides(considered, decision).map((rule) => row(rule.effect, named(rule.id, whatItDid(rule, decision)))),
		...decision.because.map((rule) => row(rule.effect, named(rule.id, whatItDid(rule, decision)))),
		...(decision.limits ?? []).map((use) => row('limit', named(use.rule.id, rateText(use)))),
		...besides.map((one) => row('also', named(one.rule.id, besidesText(one)))),
		...(decision.changes.length === 0 ? [] : [row('final', callText(decision.final, name, Number.POSITIVE_INFINITY))]),
		...onResults.map((rule) => row(rule.action.kind, named(rule.id, limitsOf([rule]).join(', ')))),
		row('verdict', verdictText(decision, view, paint)),
		...(decision.error === undefined ? [] : [row('error', onOneLine(decision.error))]),
		...(isUntold(reason) ? [row('why', onOneLine(reason ?? ''))] : []),
		...(isUntold(instead) ? [row('instead', onOneLine(instead ?? ''))] : []),
		...readingLines(reading).flatMap(([label, text]) => rows(label, showable(text))),
		...notes(target, name, assumed, view).map((note) => row('note', note)),
		...shownNear.map(([{ rule, doubts }, miss]) =>
			row('near', paint('quiet', named(rule.id, `${missText(miss, doubts)}   ${placeText(miss.where())}`))),
		),
		...(near.length > shownNear.length
			? [row('', paint('quiet', `and ${near.length - shownNear.length} more that did not match: --all`))]
			: []),
	].join('\n');
}

/** Everything that the agent, or the person who is asked, reads. */
function toldIn(reading: Reading): string {
	return readingLines(reading)
		.map(([, text]) => text)
		.join('\n');
}

/** What the agent would read, and what a person is asked before. */
function readingLines(reading: Reading): readonly (readonly [label: string, text: string])[] {
	switch (reading.kind) {
		case 'output':
			return [['agent', '(the answer of the tool)']];
		case 'notice':
			return [['agent', `${reading.text}\n(then the answer of the tool)`]];
		case 'refusal':
			return [['agent', reading.text]];
		case 'question':
			return [['person', reading.text], ...readingLines(reading.approved), ['if not', reading.otherwise]];
		default:
			return reading satisfies never;
	}
}

function besidesText({ rule, mode }: Considered): string {
	return `${effectOf(rule.action)}, matches too${mode === 'enforce' ? '' : `; mode ${mode}`}`;
}

function placeText({ file, line, column }: Place): string {
	return `${file}:${line}:${column}`;
}

function whatItDid(rule: RuleRef, { changes }: Decision): string {
	const own = changes.filter((change) => change.rule === rule.id);
	if (own.length > 0) return own.map(changeText).join(', ');
	const what = rule.command === undefined ? '' : `\`${onOneLine(rule.command)}\``;
	const matched = what === '' ? 'matched' : `matched ${what} in`;
	switch (rule.matched) {
		case 'asked':
			return `${matched} the call as asked`;
		case 'final':
			return `${matched} the call as it would run`;
		case 'both':
			return what === '' ? '' : `matched ${what}`;
		default:
			return rule.matched satisfies never;
	}
}

function verdictText(decision: Decision, { revision }: DecisionView, paint: Paint): string {
	const [first] = decision.because;
	const place = first?.where === undefined ? '' : `, ${first.where.file}:${first.where.line}`;
	const { drivers } = revision.config;
	const { final } = decision;
	const isNobody =
		drivers.length > 0 && final.driver !== ownDriver && !drivers.some(({ name }) => name === final.driver);
	const unruled = isNobody ? ', there is no such driver' : ', no rule matched: the default holds';
	const source = first === undefined && decision.verdict !== 'errored' ? unruled : place;
	const held = decision.acted ? '' : `, mode ${decision.mode}: it would run as asked all the same`;
	const word = paint(toneOf(decision.verdict), decision.verdict.padEnd(9));
	return `${word} policy ${revision.id.replace(/^sha256:/, '').slice(0, 8)}${source}${held}`;
}

function notes(target: Asked, tool: string, assumed: boolean, { revision }: DecisionView): string[] {
	const { driver } = target;
	// The kernel's own tool is in no configuration and in no lock.
	if (driver === ownDriver) {
		const keeps = revision.set.results.some(({ action }) => action.kind === 'truncate' && action.truncation.spill);
		return keeps ? [] : ['no rule keeps full texts, so there is no such tool, and this call would reach nobody'];
	}
	const isConfigured = revision.config.drivers.some(({ name }) => name === driver);
	const isLocked = revision.lock.entry('tool', driver, target.tool) !== undefined;
	return [
		...(revision.lock.isPresent
			? [
					isLocked
						? `\`${tool}\` is taken to be as trapgate.lock records it; trapgate lock --check asks its driver`
						: `trapgate.lock does not know \`${tool}\``,
				]
			: []),
		...(isConfigured ? [] : [`no driver \`${driver}\` is configured, so this call would reach nobody`]),
		...(assumed ? [`no rule allows \`${tool}\`, so it is hidden; this is the answer if one did`] : []),
	];
}
