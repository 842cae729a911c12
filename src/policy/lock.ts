// `lock`: what a driver says of itself exists only as a person accepted it; which rules say so, of what.
import type { Decision, LockState, Request } from '../abi/decision.ts';
import type { DriverName } from '../abi/names.ts';
import type { Target } from '../abi/syscall.ts';
import type { PolicySet } from './compile.ts';
import { type CompiledRule, isKind, type Part, ruleRef } from './compiled.ts';
import { type Look, lookAt, noSenses } from './look.ts';
import { firstFailure } from './match.ts';
import { matchesTextGlob, textGlobTruth } from './text-glob.ts';

/** Who asks, and when: what `when` of a rule is held against. */
export type Moment = Pick<Request, 'agent' | 'at' | 'env'>;

/** The refusal of what is not as it was accepted; undefined when no lock rule stands in the way. It acts in every mode. */
export function lockRefusal(set: PolicySet, request: Request): Decision | undefined {
	const { target, lock } = request;
	if (!set.hasLocks || lock === undefined || lock === 'accepted') return undefined;
	const rules =
		target.kind === 'prompt'
			? locksOnDriver(set, target.driver, request)
			: locksOn(set, lookAt(target, request, noSenses()));
	return rules.length === 0 ? undefined : refusalOf(rules, target, lock, lookAt(target, request, noSenses()));
}

/** The rules that demand of this tool to be as it was accepted, whatever its arguments. */
export function locksOn(set: PolicySet, look: Look): readonly CompiledRule[] {
	return set.index
		.candidates(look.target)
		.filter(isKind('lock'))
		.filter((rule) => firstFailure(ofTarget(rule.conditions), look, 'catch') === undefined)
		.filter((rule) => ![...rule.except, ...inTime(rule, look)].some((part) => lifts(part, look)));
}

/**
 * The rules that demand the same of a driver's prompts, resource templates and instructions: all that are about any of
 * its tools. Who may not change one of its tools could say the same things there.
 */
export function locksOnDriver(set: PolicySet, driver: DriverName, moment: Moment): readonly CompiledRule[] {
	const target: Target = { kind: 'tool', driver, tool: nobodysTool, args: {} };
	const look = lookAt(target, { ...moment, cwd: '/' }, noSenses());
	return set.rules.filter(isKind('lock')).filter((rule) => {
		const { tool, from } = rule.match;
		const isAbout =
			(from === undefined || textGlobTruth(from, driver) !== 'no') &&
			(tool === undefined || tool.some((pattern) => couldNameToolOf(pattern, driver)));
		if (!isAbout) return false;
		const ofMoment = rule.conditions.filter(({ reads }) => reads === 'moment');
		if (firstFailure(ofMoment, look, 'catch') !== undefined) return false;
		// A driver as a whole neither reads nor writes.
		const isWhole = ({ conditions }: Part) => !conditions.some(({ name }) => name === 'effect');
		return ![...rule.except, ...inTime(rule, look)].some((part) => isWhole(part) && lifts(part, look));
	});
}

/** No server calls a tool this: an exception that covers it covers every tool of the driver. */
const nobodysTool = '\u{10fffd}\u{10fffd}\u{10fffd}';

function ofTarget(conditions: CompiledRule['conditions']): CompiledRule['conditions'] {
	return conditions.filter(({ reads }) => reads !== 'args');
}

function inTime({ waivers }: CompiledRule, { at }: Look): readonly Part[] {
	return waivers.filter(({ until }) => at < until);
}

function lifts({ conditions, command }: Part, look: Look): boolean {
	const isOfTarget = command === undefined && conditions.every(({ reads }) => reads !== 'args');
	return isOfTarget && firstFailure(conditions, look, 'grant') === undefined;
}

/** Is there a name of a tool of this driver that the pattern matches? A star takes slashes, too. */
function couldNameToolOf(pattern: string, driver: DriverName): boolean {
	const plain = pattern.normalize('NFC');
	return Array.from(plain, (_, index) => plain.slice(0, index + 1)).some((beginning) =>
		matchesTextGlob(beginning, `${driver}/`),
	);
}

function refusalOf(rules: readonly CompiledRule[], target: Target, lock: LockState, look: Look): Decision {
	const [first] = rules;
	const why = lock === 'changed' ? 'It is not what a person accepted in trapgate.lock.' : 'Nobody has accepted it yet.';
	return Object.freeze({
		verdict: 'hidden',
		acted: true,
		mode: 'enforce',
		because: rules.map((rule) => ruleRef(rule, 'asked', look)),
		reason: first?.reason === undefined ? why : `${first.reason} ${why}`,
		...(first?.instead === undefined ? {} : { instead: first.instead }),
		final: target,
		changes: [],
	});
}
