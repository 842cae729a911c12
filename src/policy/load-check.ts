// Refuses rules whose action could never be done to what they match: they would load, and silently not hold.
import type { Path } from '../text/places.ts';
import { placeInside } from '../text/scalar-places.ts';
import { quote } from '../text/words.ts';
import { argumentRead, compileCelOnce } from './cel-condition.ts';
import type { Loading } from './loading.ts';
import type { Match, Rule } from './rule.ts';

type MatchKey = keyof Match;

const ofCommands = ['command', 'flags', 'facts', 'mentions'] as const;
const notTools = ['resource', 'prompt', 'method', 'driver_asks'] as const;

export function checkAction(loading: Loading, rule: Rule, path: Path): void {
	const { action, match, except } = rule;
	const refuse = (key: MatchKey | undefined, message: string, help: string) => {
		if (key === undefined) loading.complain('P102', [...path, 'then'], message, help, 'key');
		else loading.complain('P102', [...path, 'match', key], message, help, 'key');
	};
	const ofText = firstOf(match, ofCommands);
	const other = firstOf(match, notTools);
	if (ofText !== undefined && other !== undefined) {
		refuse(
			ofText,
			`${quote(ofText)} is about commands, and ${quote(other)} carries none`,
			'match `tool`, or write two rules',
		);
		return;
	}
	switch (action.kind) {
		case 'pin':
		case 'narrow':
		case 'lock':
		case 'sandbox': {
			const foreign = firstOf(match, [...notTools, ...ofCommands]);
			if (foreign !== undefined) {
				refuse(
					foreign,
					`\`${action.kind}\` is about tools, and ${quote(foreign)} is none`,
					'match `tool`, `from` or `effect`',
				);
			} else if (match.args !== undefined) {
				const message = `\`${action.kind}\` is about the tool itself, so it can not depend on the arguments of a call`;
				refuse('args', message, 'match the tool only; to refuse some calls write a rule with `then: deny`');
			} else if (
				except.some((part) => part.args !== undefined || part.under !== undefined || firstOf(part, ofCommands))
			) {
				const message = `\`${action.kind}\` is about the tool itself, so an exception can not depend on the arguments of a call`;
				loading.complain('P102', [...path, 'except'], message, 'except the tool only', 'key');
			} else {
				checkCelReads(loading, rule, path);
			}
			return;
		}
		case 'rewrite': {
			const foreign = firstOf(match, ['resource', 'method', 'driver_asks']);
			if (foreign !== undefined) {
				refuse(foreign, `\`rewrite\` changes arguments, and ${quote(foreign)} has none`, 'write `then: deny`');
			}
			return;
		}
		case 'rewrite-command':
			if (match.command === undefined) {
				refuse(undefined, 'this rewrites a command, and the rule matches none', 'add: match: { command: <program> }');
			}
			return;
		case 'hide':
		case 'deny':
		case 'ask':
		case 'allow':
		case 'limit':
		case 'redact':
		case 'truncate':
			return;
		default:
			action satisfies never;
	}
}

/** What is done to a tool is done before there is a call. */
function checkCelReads(loading: Loading, { action, when }: Rule, path: Path): void {
	const cel = when?.cel === undefined ? undefined : compileCelOnce(loading.cels, when.cel);
	const read = cel?.kind === 'cel' ? argumentRead(cel) : undefined;
	if (read === undefined) return;
	loading.problems.push({
		code: 'P502',
		severity: 'error',
		message: `\`${action.kind}\` is about the tool itself, so its condition can not depend on the arguments of a call`,
		where: placeInside(loading.document, [...path, 'when', 'cel'], read.start, read.end),
		help: 'ask about `agent`, `driver`, `tool` or `now` only; to refuse some calls write a rule with `then: deny`',
	});
}

function firstOf(match: Match, keys: readonly MatchKey[]): MatchKey | undefined {
	return keys.find((key) => match[key] !== undefined);
}
