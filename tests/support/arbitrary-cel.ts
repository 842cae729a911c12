// Conditions made up at random: what policies use of CEL, and the arguments they are asked of.
import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/abi/json.ts';

// No text that could be a number, and none so large that products of them are no longer exact: there ours has no answer.
const strings = fc.constantFrom('', 'a', 'ab', 'abc', 'b', 'EUR', 'main', 'é', '😀', 'Z');
const numbers = fc.constantFrom(0, 1, 2, 3, -1, 0.5, 2.5);
/** Without null: the other engine says that a key whose value is null is not there. */
const scalar: fc.Arbitrary<Json> = fc.oneof(strings, numbers, fc.boolean());

/** Mostly of the kind that conditions expect, now and then of any other, and often not there at all. */
function mostly(kind: fc.Arbitrary<Json>): fc.Arbitrary<Json | undefined> {
	return fc.oneof(
		{ weight: 8, arbitrary: kind },
		{ weight: 1, arbitrary: scalar },
		{ weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }) },
		{ weight: 1, arbitrary: fc.constant(undefined) },
	);
}

const inner = fc.record({ n: mostly(numbers), s: mostly(strings) }).map(present);

export const celArguments: fc.Arbitrary<JsonObject> = fc
	.record({
		n: mostly(numbers),
		m: mostly(numbers),
		s: mostly(strings),
		t: mostly(strings),
		flag: mostly(fc.boolean()),
		list: mostly(fc.array(numbers, { maxLength: 4 })),
		names: mostly(fc.array(strings, { maxLength: 4 })),
		deep: mostly(inner),
		items: mostly(fc.array(inner, { maxLength: 3 })),
	})
	.map(present);

function present(record: Readonly<Record<string, Json | undefined>>): JsonObject {
	return Object.fromEntries(Object.entries(record).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

/** Where an expression stands: how much deeper it may go, and the items of the loops around it. */
interface Place {
	readonly depth: number;
	readonly numbers: readonly string[];
	readonly texts: readonly string[];
	readonly loops: number;
}

type Make = (place: Place) => fc.Arbitrary<string>;

/** Made once for each place: a place has dozens of others below it, and they mostly the same ones. */
function once(make: Make): Make {
	const made = new Map<string, fc.Arbitrary<string>>();
	return (place) => {
		const key = JSON.stringify(place);
		const known = made.get(key) ?? make(place);
		made.set(key, known);
		return known;
	};
}

const deeper = (place: Place): Place => ({ ...place, depth: place.depth - 1 });

function choose(
	place: Place,
	leaves: readonly fc.Arbitrary<string>[],
	branches: readonly (() => fc.Arbitrary<string>)[],
) {
	return place.depth <= 0 ? fc.oneof(...leaves) : fc.oneof(...leaves, ...branches.map((branch) => branch()));
}

const join = (...parts: readonly (fc.Arbitrary<string> | string)[]): fc.Arbitrary<string> =>
	fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part))).map((all) => all.join(''));

const one = (...texts: readonly string[]) => fc.constantFrom(...texts);
const quoted = strings.map((text) => `'${text}'`);
/** Always with a fraction: numbers of JSON are doubles to other engines, and they don't compute with both kinds. */
const literal = numbers.map((value) => (Number.isInteger(value) ? `${value}.0` : String(value)));

const number: Make = once((place) => {
	const leaves = [one('args.n', 'args.m', 'args.deep.n', 'args.list[0]', ...place.numbers), literal];
	const operand = () => number(deeper(place));
	return choose(place, leaves, [
		() => join('(', operand(), one(' + ', ' - ', ' * '), operand(), ')'),
		() => join('(', operand(), ' / 2.0)'),
		// The other engine takes one minus for none of two, whatever they are before.
		() => join('(-', one('args.n', 'args.m'), ')'),
		() => join('(', truth(deeper(place)), ' ? ', operand(), ' : ', operand(), ')'),
	]);
});

const text: Make = once((place) => {
	const leaves = [one('args.s', 'args.t', 'args.deep.s', 'agent', 'args["s"]', ...place.texts), quoted];
	return choose(place, leaves, [
		() => join('(', text(deeper(place)), ' + ', text(deeper(place)), ')'),
		() => join(text(deeper(place)), one('.lowerAscii()', '.upperAscii()', '.trim()')),
		() => join(text(deeper(place)), '.split(', quoted, ')[0]'),
	]);
});

const list: Make = once((place) => {
	const leaves = [
		one('args.list', 'args.list'),
		fc.array(literal, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
	];
	return choose(place, leaves, [
		() => join('(', list(deeper(place)), ' + ', list(deeper(place)), ')'),
		() => loop(place, list, 'filter', truth),
		() => loop(place, list, 'map', number),
	]);
});

function loop(place: Place, over: Make, name: string, body: Make): fc.Arbitrary<string> {
	if (place.loops >= 2) return one('args.list');
	const item = `x${place.loops}`;
	const inside = { ...deeper(place), loops: place.loops + 1, numbers: [...place.numbers, item] };
	return join(over(deeper(place)), `.${name}(${item}, `, body(inside), ')');
}

const comparison = one(' == ', ' != ', ' < ', ' <= ', ' > ', ' >= ');

const truth: Make = once((place) => {
	const under = deeper(place);
	const leaves = [
		join(number({ ...place, depth: 0 }), comparison, number({ ...place, depth: 0 })),
		join(text({ ...place, depth: 0 }), comparison, text({ ...place, depth: 0 })),
		one('args.flag', 'true', 'false', 'has(args.n)', 'has(args.nothing)', "'s' in args", "'n' in args.deep"),
	];
	return choose(place, leaves, [
		() => join(number(under), comparison, number(under)),
		() => join(text(under), comparison, text(under)),
		() => join(text(under), one('.startsWith(', '.endsWith(', '.contains('), text(under), ')'),
		() => join('re2(', text(under), ', ', one("'^a'", "'b+$'", "'^[a-z]*$'", "'(a|b)c'"), ')'),
		() => join('(', truth(under), one(' && ', ' || '), truth(under), ')'),
		() => join('!(', truth(under), ')'),
		() => join('(', truth(under), ' ? ', truth(under), ' : ', truth(under), ')'),
		() => join(text(under), ' in ', one('args.names', "['a', 'EUR']", '[]')),
		() => join(number(under), ' in ', list(under)),
		() => join('size(', fc.oneof(list(under), text(under)), ')', comparison, one('0', '1', '2')),
		() => join(list(under), one(' == ', ' != '), list(under)),
		() =>
			join(
				one('args.n', 'args.s', 'args.flag', 'args.list', 'args.deep'),
				one(' == ', ' != '),
				one('args.m', 'args.t', 'null', 'args.names', "{'n': 1.0}"),
			),
		() => loopOf(place),
	]);
});

function loopOf(place: Place): fc.Arbitrary<string> {
	if (place.loops >= 2) return one('true');
	const name = one('all', 'exists', 'exists_one');
	const item = `y${place.loops}`;
	const inside = { ...deeper(place), loops: place.loops + 1 };
	const over = (from: fc.Arbitrary<string>, within: Place) => join(from, '.', name, `(${item}, `, truth(within), ')');
	return fc.oneof(
		over(list(deeper(place)), { ...inside, numbers: [...place.numbers, item] }),
		over(one('args.names'), { ...inside, texts: [...place.texts, item] }),
		over(one('args.items'), {
			...inside,
			numbers: [...place.numbers, `${item}.n`],
			texts: [...place.texts, `${item}.s`],
		}),
		over(one('args.deep'), { ...inside, texts: [...place.texts, item] }),
	);
}

/** A condition over {@link celArguments} and `agent`. */
export const celCondition: fc.Arbitrary<string> = fc
	.integer({ min: 0, max: 4 })
	.chain((depth) => truth({ depth, numbers: [], texts: [], loops: 0 }));
