// `narrow`: a parameter with tighter bounds than the tool's own, or without the parameter at all.
import { isJsonObject, type Json, type JsonObject, member } from '../abi/json.ts';
import { argumentPointer, findArguments } from './arguments.ts';
import { compareNumbers, isNumber, sameJson } from './compare.ts';
import type { CompiledRule, Narrowed, RuleOf } from './compiled.ts';
import { nameOf } from './pin.ts';
import type { ArgumentEdit, Refusal } from './settle.ts';
import { declares, isRequired, parameterSchema } from './tool-schema.ts';

/** Everything the rules that apply say about one parameter: the tightest of each bound. */
export interface Narrowness extends Narrowed {
	readonly rules: readonly CompiledRule[];
}

export function joinNarrowings(rules: readonly RuleOf<'narrow'>[]): readonly Narrowness[] {
	const joined = new Map<string, Narrowness>();
	for (const rule of rules) {
		for (const param of rule.action.params) {
			const pointer = argumentPointer(param.path);
			const held = joined.get(pointer);
			joined.set(pointer, held === undefined ? { ...param, rules: [rule] } : tighter(held, param, rule));
		}
	}
	return [...joined.values()];
}

/** What an absent parameter is filled with: a bound it could otherwise exceed. A required one is the agent's to give. */
export function fill(narrowness: Narrowness, args: JsonObject, schema: JsonObject | undefined): ArgumentEdit[] {
	const { path, drop, optional } = narrowness;
	if (drop || optional || isRequired(schema, path) || declares(schema, path) === 'no') return [];
	if (findArguments(args, path, true).length > 0) return [];
	const value = boundOf(narrowness, parameterSchema(schema, path));
	return value === undefined ? [] : [{ path, value }];
}

/** The value that fills an absent parameter; a length or a pattern gives none. */
export function boundOf({ min, max, enum: allowed }: Narrowed, node: JsonObject | undefined): Json | undefined {
	if (allowed !== undefined) return allowed.find((value) => boundMiss(value, { min, max }) === undefined);
	const isInteger = member(node, 'type') === 'integer';
	if (max !== undefined) return isInteger ? Math.floor(max) : max;
	return min !== undefined && isInteger ? Math.ceil(min) : min;
}

/** Why the final arguments do not fit the narrowed schema. */
export function narrowRefusals(
	all: readonly Narrowness[],
	asked: JsonObject,
	final: JsonObject,
	schema: JsonObject | undefined,
): Refusal[] {
	return all.flatMap((narrowness) => {
		const { path, rules } = narrowness;
		const name = nameOf(argumentPointer(path));
		const refuse = (reason: string, instead?: string): Refusal[] => [
			{ rules, reason, ...(instead === undefined ? {} : { instead }) },
		];
		const given = findArguments(final, path, false);
		const spelled = findArguments(asked, path, true).length + findArguments(final, path, true).length;
		if (narrowness.drop) {
			return spelled === 0 ? [] : refuse(`\`${name}\` is not available under this policy.`, `leave \`${name}\` out`);
		}
		// Some servers take `Max_Rows` for `max_rows`; the bound must not depend on which.
		if (findArguments(final, path, true).length > given.length) {
			return refuse(`\`${name}\` is bounded by policy and was spelled in another way.`, `spell it \`${name}\``);
		}
		if (given.length === 0) {
			return isRequired(schema, path) ? refuse(`\`${name}\` is required and missing.`) : [];
		}
		const node = parameterSchema(schema, path);
		const miss = given.map((value) => missOf(value, narrowness, node)).find((found) => found !== undefined);
		return miss === undefined ? [] : refuse(`\`${name}\` ${miss}.`);
	});
}

/** The sub-schema of a narrowed parameter, as the agent shall see it. */
export function narrowSchema(node: JsonObject, narrowness: Narrowness): JsonObject {
	const { min, max, maxLength, patterns, enum: allowed } = narrowness;
	const { minimum, maximum, maxLength: longest, enum: own } = node;
	const tight: Record<string, Json> = { ...node };
	if (min !== undefined) tight['minimum'] = isNumber(minimum) && compareNumbers(minimum, min) > 0 ? minimum : min;
	if (max !== undefined) tight['maximum'] = isNumber(maximum) && compareNumbers(maximum, max) < 0 ? maximum : max;
	if (maxLength !== undefined)
		tight['maxLength'] = typeof longest === 'number' ? Math.min(longest, maxLength) : maxLength;
	if (allowed !== undefined) {
		tight['enum'] = Array.isArray(own)
			? allowed.filter((value) => own.some((one: Json) => sameJson(one, value)))
			: allowed;
	}
	const [first, ...more] = patterns.map(({ source }) => source);
	if (first !== undefined) {
		const rest = [...(typeof node['pattern'] === 'string' ? [node['pattern']] : []), ...more];
		const held = Array.isArray(node['allOf']) ? (node['allOf'] as readonly Json[]) : [];
		tight['pattern'] = first;
		if (rest.length > 0) tight['allOf'] = [...held, ...rest.map((pattern) => ({ pattern }))];
	}
	// A default that is no longer what happens would mislead the agent.
	const filled = narrowness.optional ? undefined : boundOf(narrowness, node);
	if (filled !== undefined && Object.hasOwn(node, 'default')) tight['default'] = filled;
	return tight;
}

function tighter(held: Narrowness, param: Narrowed, rule: CompiledRule): Narrowness {
	const [min, max] = [pick(Math.max, held.min, param.min), pick(Math.min, held.max, param.max)];
	const maxLength = pick(Math.min, held.maxLength, param.maxLength);
	const { enum: heldValues } = held;
	const allowed =
		heldValues === undefined || param.enum === undefined
			? (heldValues ?? param.enum)
			: heldValues.filter((value) => param.enum?.some((other) => sameJson(value, other)));
	return {
		path: held.path,
		rules: [...held.rules, rule],
		drop: held.drop || param.drop,
		optional: held.optional && param.optional,
		patterns: [...held.patterns, ...param.patterns],
		...(min === undefined ? {} : { min }),
		...(max === undefined ? {} : { max }),
		...(maxLength === undefined ? {} : { maxLength }),
		...(allowed === undefined ? {} : { enum: allowed }),
	};
}

function pick(
	choose: (a: number, b: number) => number,
	a: number | undefined,
	b: number | undefined,
): number | undefined {
	return a === undefined || b === undefined ? (a ?? b) : choose(a, b);
}

/** What is wrong with one value, as the end of a sentence; undefined when it fits. */
function missOf(value: Json, narrowness: Narrowness, node: JsonObject | undefined): string | undefined {
	const type = node?.['type'];
	const types = (Array.isArray(type) ? type : [type]).filter((one): one is string => typeof one === 'string');
	if (types.length > 0 && !types.some((one) => isType(value, one))) return `must be of type ${types.join(' or ')}`;
	// Bounds on an array are bounds on its elements, but only where the tool takes arrays: `[500]` is no way around 200.
	if (Array.isArray(value) && types.includes('array')) {
		const items = node?.['items'];
		const inner = isJsonObject(items) ? items : undefined;
		return value.map((item: Json) => missOf(item, narrowness, inner)).find((found) => found !== undefined);
	}
	return boundMiss(value, narrowness) ?? ownMiss(value, node);
}

function boundMiss(value: Json, bounds: Partial<Narrowed>): string | undefined {
	const { min, max, maxLength, patterns = [], enum: allowed } = bounds;
	if (min !== undefined && !(isNumber(value) && compareNumbers(value, min) >= 0))
		return `must be a number of at least ${min}`;
	if (max !== undefined && !(isNumber(value) && compareNumbers(value, max) <= 0))
		return `must be a number of at most ${max}`;
	if (maxLength !== undefined && !(typeof value === 'string' && [...value].length <= maxLength)) {
		return `must be text of at most ${maxLength} characters`;
	}
	if (allowed !== undefined && !allowed.some((one) => sameJson(one, value))) {
		return `must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`;
	}
	const broken = patterns.find((pattern) => !(typeof value === 'string' && pattern.matches(value)));
	return broken === undefined ? undefined : `must match \`${broken.source}\``;
}

/** The tool's own bounds on the same parameter. Its `pattern` is left to the tool: it may not be RE2. */
function ownMiss(value: Json, node: JsonObject | undefined): string | undefined {
	const { minimum, maximum, maxLength, enum: allowed } = node ?? {};
	const own = {
		...(typeof minimum === 'number' && isNumber(value) ? { min: minimum } : {}),
		...(typeof maximum === 'number' && isNumber(value) ? { max: maximum } : {}),
		...(typeof maxLength === 'number' && typeof value === 'string' ? { maxLength } : {}),
		...(Array.isArray(allowed) ? { enum: allowed as readonly Json[] } : {}),
	};
	return boundMiss(value, own);
}

function isType(value: Json, type: string): boolean {
	switch (type) {
		case 'null':
			return value === null;
		case 'array':
			return Array.isArray(value);
		case 'object':
			return isJsonObject(value);
		case 'number':
			return isNumber(value);
		case 'integer':
			return isNumber(value) && (typeof value === 'number' ? Number.isInteger(value) : isWhole(value.source));
		case 'string':
		case 'boolean':
			return typeof value === type;
		default:
			// No JSON Schema type: the tool's own affair.
			return true;
	}
}

/** `1.0` and `9007199254740993` are integers (JSON Schema 2020-12); `1.5` and what needs arithmetic to tell are not. */
function isWhole(source: string): boolean {
	return /^-?\d+(?:\.0*)?$/.test(source);
}
