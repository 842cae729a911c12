// `pin`: a parameter the agent no longer sees, with the one value it always has.
import type { Json, JsonObject } from '../abi/json.ts';
import type { Problem } from '../abi/problem.ts';
import { argumentPointer, findArguments } from './arguments.ts';
import { sameJson } from './compare.ts';
import { type CompiledRule, isKind, type RuleOf } from './compiled.ts';
import type { ArgumentEdit, Refusal } from './settle.ts';
import { globsOverlap } from './text-glob.ts';
import { declares } from './tool-schema.ts';

/** What pinning changes in `args`. A tool whose schema has no such parameter is left alone. */
export function pin(rule: RuleOf<'pin'>, args: JsonObject, schema: JsonObject | undefined): ArgumentEdit[] {
	return rule.action.params
		.filter(({ path }) => declares(schema, path) !== 'no')
		.filter(({ path, value }) => !sameJson(findArguments(args, path, false)[0], value))
		.map(({ path, value }) => ({ path, value }));
}

/** Why a call that names pinned parameters, or ends without their values, can't run. `pins` are those that apply. */
export function pinRefusals(
	pins: readonly RuleOf<'pin'>[],
	asked: JsonObject,
	final: JsonObject,
	schema: JsonObject | undefined,
): Refusal[] {
	const pinned = new Map<string, { rule: CompiledRule; value: Json }>();
	return pins.flatMap((rule) =>
		rule.action.params.flatMap(({ path, value }): Refusal[] => {
			const pointer = argumentPointer(path);
			const name = nameOf(pointer);
			const other = pinned.get(pointer);
			pinned.set(pointer, other ?? { rule, value });
			if (other !== undefined && !sameJson(other.value, value)) {
				return [
					{ rules: [other.rule, rule], reason: `Two rules fix \`${name}\` to different values, so no value is right.` },
				];
			}
			if (findArguments(asked, path, true).length > 0) {
				return [{ rules: [rule], reason: `\`${name}\` is fixed by policy.`, instead: `leave \`${name}\` out` }];
			}
			const isHeld = declares(schema, path) === 'no' || sameJson(findArguments(final, path, false)[0], value);
			return isHeld ? [] : [{ rules: [rule], reason: `\`${name}\` would not keep the value that policy fixes.` }];
		}),
	);
}

/** Pins that differ wherever both apply, found without any call (P401). */
export function findPinConflicts(rules: readonly CompiledRule[]): Problem[] {
	const pins = rules.filter(isKind('pin'));
	return pins.flatMap((first, index) =>
		pins.slice(index + 1).flatMap((second) => {
			if (!isUnconditional(first) || !isUnconditional(second) || !meet(first, second)) return [];
			return conflicts(first, second).map(
				(name): Problem => ({
					code: 'P401',
					severity: 'error',
					message: `\`${first.id}\` and \`${second.id}\` pin \`${name}\` to different values`,
					where: second.rule.actionWhere,
					note: `the other one is at ${first.rule.where.file}:${first.rule.where.line}`,
					help: 'make them the same, or let their matches exclude each other',
				}),
			);
		}),
	);
}

export function nameOf(pointer: string): string {
	return pointer.lastIndexOf('/') === 0 ? pointer.slice(1).replaceAll('~1', '/').replaceAll('~0', '~') : pointer;
}

function conflicts(first: RuleOf<'pin'>, second: RuleOf<'pin'>): string[] {
	return first.action.params.flatMap(({ path, value }) => {
		const pointer = argumentPointer(path);
		const other = second.action.params.find((param) => argumentPointer(param.path) === pointer);
		return other === undefined || sameJson(other.value, value) ? [] : [nameOf(pointer)];
	});
}

/** Conditions beyond tool and driver may keep two pins apart; then only a call can tell. */
function isUnconditional({ rule: { match, except, when }, waivers }: CompiledRule): boolean {
	const { tool: _tool, from: _from, ...rest } = match;
	return (
		Object.values(rest).every((member) => member === undefined) && except.length === 0 && !when && waivers.length === 0
	);
}

function meet(first: CompiledRule, second: CompiledRule): boolean {
	const overlap = (one: readonly string[] = ['*'], other: readonly string[] = ['*']) =>
		one.some((a) => other.some((b) => globsOverlap(a, b)));
	const tools = ({ match }: CompiledRule) => match.tool;
	const drivers = ({ match }: CompiledRule) => match.from?.map((driver) => `${driver}/*`);
	return (
		overlap(tools(first), tools(second)) &&
		overlap(drivers(first), drivers(second)) &&
		overlap(tools(first), drivers(second)) &&
		overlap(drivers(first), tools(second))
	);
}
