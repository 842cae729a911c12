// A decision as a person reads it: what was asked, what each rule did, the verdict, and what the agent is told.
import type { Change, Decision, RuleRef } from '../../abi/decision.ts';
import type { Json } from '../../abi/json.ts';
import type { Target } from '../../abi/syscall.ts';
import type { Answer, Question } from '../../kernel/question.ts';
import { rateText } from '../../kernel/rate-text.ts';
import { callText } from '../../kernel/refusal.ts';
import type { Revision } from '../../kernel/revision.ts';
import type { Considered } from '../../policy/explain.ts';
import { showable } from '../../text/characters.ts';
import { writeJson } from '../../wire/json.ts';
import { limitsOf } from './limits.ts';
import { type Paint, painter } from './paint.ts';
import { seenLines } from './seen.ts';
import { toneOf } from './verdict.ts';

export interface DecisionView {
	readonly revision: Pick<Revision, 'id' | 'config' | 'lock'>;
	readonly color: boolean;
}

/** More rules that nearly matched than this would hide what happened. */
const mostNear = 5;

/** Several lines, without a final line break. */
export function decisionText(
	{ target }: Question,
	{ decision, considered, seen, assumed = false }: Answer,
	view: DecisionView,
): string {
	const paint = painter(view.color);
	const near = nearMisses(considered);
	const shownNear = near.slice(0, mostNear);
	const onResults = resultRules(decision, considered);
	const ids = [...decision.because, ...onResults, ...shownNear.map(({ rule }) => rule)].map(({ id }) => id);
	const width = Math.max(24, ...ids.map((id) => id.length));
	const row = (label: string, text: string) => `${paint('quiet', label.padEnd(7))} ${text}`;
	const named = (id: string, text: string) => `${id.padEnd(text === '' ? 0 : width)}${text === '' ? '' : `  ${text}`}`;
	const name = 'tool' in target ? `${target.driver}/${target.tool}` : target.driver;
	return [
		row('asked', callText(target, name, Number.POSITIVE_INFINITY)),
		...seenLines(seen).map((line, index) => row(index === 0 ? 'seen' : '', line)),
		...decision.because.map((rule) => row(rule.effect, named(rule.id, whatItDid(rule, decision)))),
		...(decision.limits ?? []).map((use) => row('limit', named(use.rule.id, rateText(use)))),
		...(decision.changes.length === 0 ? [] : [row('final', callText(decision.final, name, Number.POSITIVE_INFINITY))]),
		...onResults.map((rule) => row(rule.action.kind, named(rule.id, limitsOf([rule]).join(', ')))),
		row('verdict', verdictText(decision, view, paint)),
		...(decision.error === undefined ? [] : [row('error', showable(decision.error))]),
		...(decision.reason === undefined ? [] : [row('why', showable(decision.reason))]),
		...(decision.instead === undefined ? [] : [row('agent', showable(decision.instead))]),
		...notes(target, name, assumed, view).map((note) => row('note', note)),
		...shownNear.map((miss) => row('near', paint('quiet', named(miss.rule.id, missText(miss))))),
		...(near.length > mostNear
			? [row('', paint('quiet', `and ${near.length - mostNear} more that did not match`))]
			: []),
	].join('\n');
}

/** The rules about what comes back; a call that does not happen gives nothing back. */
export function resultRules(
	{ verdict, acted }: Decision,
	considered: readonly Considered[],
): readonly Considered['rule'][] {
	const happens = !acted || verdict === 'allowed' || verdict === 'rewritten' || verdict === 'asked';
	const matched = considered.filter((one) => happens && one.matched).map(({ rule }) => rule);
	return matched.filter(({ action }) => action.kind === 'redact' || action.kind === 'truncate');
}

export interface NearMiss extends Considered {
	readonly firstFailed: string;
}

/** Rules about this very tool, resource or prompt that did not match for another reason. */
export function nearMisses(considered: readonly Considered[]): readonly NearMiss[] {
	return considered.filter((one): one is NearMiss => {
		return !one.matched && one.firstFailed !== undefined && !subjects.has(one.firstFailed);
	});
}

const subjects: ReadonlySet<string> = new Set([
	'tool',
	'resource',
	'prompt',
	'method',
	'driver_asks',
	'from',
	'command',
]);

function missText({ firstFailed, doubts }: NearMiss): string {
	switch (firstFailed) {
		case 'except':
			return 'an exception holds';
		case 'waiver':
			return 'waived for now';
		default:
			return doubts === undefined
				? `\`${showable(firstFailed)}\` does not match`
				: `\`${showable(firstFailed)}\` has no answer: ${showable(doubts[0] ?? '')}`;
	}
}

function whatItDid(rule: RuleRef, { changes }: Decision): string {
	const own = changes.filter((change) => change.rule === rule.id);
	if (own.length > 0) return own.map(changeText).join(', ');
	const what = rule.command === undefined ? '' : `\`${showable(rule.command)}\``;
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

/** `head: 500 -> 40`, `timeoutMs = 5000`, `cwd removed`. */
export function changeText({ path, from, to }: Pick<Change, 'path' | 'from' | 'to'>): string {
	const name = path.replace(/^\//, '');
	if (to === undefined) return `${name} removed`;
	return from === undefined ? `${name} = ${valueText(to)}` : `${name}: ${valueText(from)} -> ${valueText(to)}`;
}

const longestValue = 80;

function valueText(value: Json): string {
	const text = showable(typeof value === 'string' ? value : writeJson(value));
	return text.length <= longestValue ? text : `${text.slice(0, longestValue)}…`;
}

function verdictText(decision: Decision, { revision }: DecisionView, paint: Paint): string {
	const [first] = decision.because;
	const place = first?.where === undefined ? '' : `, ${first.where.file}:${first.where.line}`;
	const source = first === undefined && decision.verdict !== 'errored' ? ', no rule matched: the default holds' : place;
	const held = decision.acted ? '' : `, mode ${decision.mode}: it would run as asked all the same`;
	const word = paint(toneOf(decision.verdict), decision.verdict.padEnd(9));
	return `${word} policy ${revision.id.replace(/^sha256:/, '').slice(0, 8)}${source}${held}`;
}

function notes(target: Target, tool: string, assumed: boolean, { revision }: DecisionView): string[] {
	const { driver } = target;
	const isConfigured = revision.config.drivers.some(({ name }) => name === driver);
	const isLocked = target.kind === 'tool' && revision.lock.entry('tool', driver, target.tool) !== undefined;
	return [
		...(revision.lock.isPresent && target.kind === 'tool'
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
