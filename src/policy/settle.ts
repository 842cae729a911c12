// Changes the arguments until nothing changes any more: pins, fills and rewrites, whatever the order.
import type { Change } from '../abi/decision.ts';
import type { Json, JsonObject } from '../abi/json.ts';
import { type ArgumentPath, argumentPointer, findArguments, removeArgument, setArgument } from './arguments.ts';
import { rewriteCommands } from './command-rewrite.ts';
import { sameJson } from './compare.ts';
import { applies, type CompiledRule, isKind, type RuleOf } from './compiled.ts';
import type { Look } from './look.ts';
import { firstFailure } from './match.ts';
import { fill, joinNarrowings, narrowRefusals } from './narrow.ts';
import { permutations } from './order.ts';
import { pin, pinRefusals } from './pin.ts';
import { failsToCure, rewrite } from './rewrite.ts';

type Rewriting = RuleOf<'rewrite'> | RuleOf<'rewrite-command'>;

/** One argument set, or taken out when `value` is undefined. */
export interface ArgumentEdit {
	readonly path: ArgumentPath;
	readonly value: Json | undefined;
}

/** Why a call can't run in the form it would have to have. */
export interface Refusal {
	readonly rules: readonly CompiledRule[];
	readonly reason: string;
	readonly instead?: string;
}

export interface Settled {
	readonly args: JsonObject;
	readonly changes: readonly Change[];
	/** The rules that changed something, in id order. */
	readonly changers: readonly CompiledRule[];
	readonly refusals: readonly Refusal[];
}

/** Changes are applied until a pass changes nothing; after this many the call is refused. */
const mostPasses = 3;
/** All orders are tried for so few rewrites; for more, the reverse. */
const mostPermuted = 4;

/** `rules` that change arguments, in id order */
export function settle(rules: readonly CompiledRule[], asked: Look): Settled {
	if (rules.length === 0) return { args: asked.args, changes: none, changers: none, refusals: none };
	const pins = rules.filter(isKind('pin'));
	const narrows = rules.filter(isKind('narrow'));
	const rewrites = rules.filter(isRewriting).filter((rule) => concerns(rule, asked));
	const run = (order: readonly Rewriting[]) => runPasses(pins, narrows, order, asked);
	const outcome = run(rewrites);
	const final = asked.withArgs(outcome.args);
	const inForce = <Rule extends CompiledRule>(all: readonly Rule[]) =>
		all.filter((rule) => applies(rule, asked) || applies(rule, final));
	const refusals = [
		...outcome.refusals,
		...pinRefusals(inForce(pins), asked.args, outcome.args, asked.schema),
		...narrowRefusals(joinNarrowings(inForce(narrows)), asked.args, outcome.args, asked.schema),
		...rewrites.filter((rule) => failsToCure(rule, final)).map(uncured),
		...orderRefusals(
			rewrites.filter((rule) => outcome.applied.has(rule) || applies(rule, asked) || applies(rule, final)),
			rewrites,
			outcome,
			run,
		),
	];
	return {
		args: outcome.args,
		changes: changesOf(outcome, asked.args),
		changers: changersOf(outcome, asked.args),
		refusals,
	};
}

interface Outcome {
	readonly args: JsonObject;
	/** Who touched what, by JSON Pointer. */
	readonly touched: ReadonlyMap<string, Touch>;
	/** Rewrites that applied in some pass. */
	readonly applied: ReadonlySet<CompiledRule>;
	readonly refusals: readonly Refusal[];
}

interface Touch {
	readonly path: ArgumentPath;
	/** Each once, the last one last: two rules can change two commands of one text. */
	readonly rules: readonly CompiledRule[];
}

function runPasses(
	pins: readonly RuleOf<'pin'>[],
	narrows: readonly RuleOf<'narrow'>[],
	rewrites: readonly Rewriting[],
	asked: Look,
): Outcome {
	const touched = new Map<string, Touch>();
	const refusals: Refusal[] = [];
	const applied = new Set<CompiledRule>();
	let look = asked;
	const make = (rule: CompiledRule, edits: readonly ArgumentEdit[]) => {
		for (const edit of edits) {
			const next =
				edit.value === undefined ? removeArgument(look.args, edit.path) : setArgument(look.args, edit.path, edit.value);
			if (next === undefined) {
				refusals.push({ rules: [rule], reason: `\`${argumentPointer(edit.path)}\` can't be set in these arguments.` });
			} else if (!sameJson(next, look.args)) {
				const pointer = argumentPointer(edit.path);
				const others = touched.get(pointer)?.rules.filter((other) => other !== rule) ?? [];
				touched.set(pointer, { path: edit.path, rules: [...others, rule] });
				look = look.withArgs(next);
			}
		}
	};
	for (let pass = 0; ; pass++) {
		const before = look.args;
		for (const rule of pins) if (applies(rule, look)) make(rule, pin(rule, look.args, asked.schema));
		const narrow = joinNarrowings(narrows.filter((rule) => applies(rule, look)));
		for (const one of narrow) make(one.rules[0] as CompiledRule, fill(one, look.args, asked.schema));
		for (const rule of rewrites) {
			if (!applies(rule, look)) continue;
			applied.add(rule);
			const { edits, refusals: refused } = rewriteBy(rule, look);
			refusals.push(...refused);
			make(rule, edits);
		}
		if (sameJson(before, look.args) || refusals.length > 0) return { args: look.args, touched, applied, refusals };
		if (pass === mostPasses) {
			return {
				args: asked.args,
				touched: new Map(),
				applied,
				refusals: [unsettled([...touched.values()].flatMap((touch) => touch.rules))],
			};
		}
	}
}

/** What one rewrite makes of a call, once; undefined when it changes nothing, or can't. */
export function rewrittenOnce(rule: CompiledRule, look: Look): Look | undefined {
	if (!isRewriting(rule) || !applies(rule, look)) return undefined;
	const { edits, refusals } = rewriteBy(rule, look);
	let args: JsonObject | undefined = look.args;
	for (const { path, value } of edits) {
		if (args === undefined) return undefined;
		args = value === undefined ? removeArgument(args, path) : setArgument(args, path, value);
	}
	return args === undefined || refusals.length > 0 || sameJson(args, look.args) ? undefined : look.withArgs(args);
}

function isRewriting(rule: CompiledRule): rule is Rewriting {
	return rule.action.kind === 'rewrite' || rule.action.kind === 'rewrite-command';
}

function rewriteBy(rule: Rewriting, look: Look) {
	if (isCommandRewrite(rule)) return rewriteCommands(rule, look);
	return { edits: isArgumentRewrite(rule) ? rewrite(rule, look.args) : [], refusals: [] };
}

const isCommandRewrite = isKind('rewrite-command');
const isArgumentRewrite = isKind('rewrite');

/**
 * Rules are applied in id order; when any other order would end elsewhere, none of the ends is the right one. Only the
 * order of those `involved` can matter: the others have nothing to change before one of them has.
 */
function orderRefusals(
	involved: readonly Rewriting[],
	all: readonly Rewriting[],
	outcome: Outcome,
	run: (order: readonly Rewriting[]) => Outcome,
): Refusal[] {
	if (involved.length < 2 || outcome.refusals.length > 0) return [];
	const others = all.filter((rule) => !involved.includes(rule));
	const orders = involved.length <= mostPermuted ? permutations(involved) : [involved.toReversed()];
	const differs = orders.some((order) => {
		const other = run([...order, ...others]);
		return other.refusals.length > 0 || !sameJson(other.args, outcome.args);
	});
	const reason = 'Rewrites of this call end differently depending on their order.';
	return differs ? [{ rules: involved, reason }] : [];
}

function changesOf({ args, touched }: Outcome, asked: JsonObject): Change[] {
	return [...touched]
		.map(([pointer, { path, rules }]): Change => {
			const [from] = findArguments(asked, path, false);
			const [to] = findArguments(args, path, false);
			return {
				path: pointer,
				...(from === undefined ? {} : { from }),
				...(to === undefined ? {} : { to }),
				rule: (rules.at(-1) as CompiledRule).id,
			};
		})
		.filter(({ from, to }) => !sameJson(from, to));
}

function changersOf(outcome: Outcome, asked: JsonObject): CompiledRule[] {
	const changed = new Set(changesOf(outcome, asked).map(({ path }) => path));
	const rules = [...outcome.touched].flatMap(([pointer, touch]) => (changed.has(pointer) ? touch.rules : []));
	return [...new Set(rules)].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Could the rule concern this call, whatever its arguments? */
function concerns(rule: CompiledRule, look: Look): boolean {
	const known = rule.conditions.filter(({ reads }) => reads === 'target');
	return firstFailure(known, look, rule.lean) === undefined;
}

function uncured(rule: CompiledRule): Refusal {
	return { rules: [rule], reason: rule.reason ?? `\`${rule.id}\` still matches the call after its own rewrite.` };
}

function unsettled(rules: readonly CompiledRule[]): Refusal {
	const names = [...new Set(rules.map(({ id }) => `\`${id}\``))].join(', ');
	return { rules: [...new Set(rules)], reason: `The rewrites of this call never settle (${names}).` };
}

const none: readonly never[] = [];
