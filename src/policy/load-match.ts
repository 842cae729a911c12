// From what an author may write in `match`, `except` and `when` to the one form compile reads.

import type { z } from 'zod';
import { isJsonObject, type Json } from '../abi/json.ts';
import type { Path } from '../text/places.ts';
import { placeInside } from '../text/scalar-places.ts';
import { quote } from '../text/words.ts';
import { celProblem, compileCelOnce } from './cel-condition.ts';
import type { Loading } from './loading.ts';
import type { Except, FactTest, Match, ValueTest, WeekWindow, When } from './rule.ts';
import type { ExceptSource, MatchSource, WhenSource } from './schema.ts';
import type { operatorsSchema } from './schema-match.ts';
import { listed } from './schema-words.ts';
import { parseInstant, parseWindows, zoneClock } from './time.ts';

const lists = [
	'tool',
	'resource',
	'prompt',
	'method',
	'driver_asks',
	'from',
	'command',
	'flags',
	'mentions',
	'under',
] as const;

/** Every single value becomes a list of one, every condition an object of operators. */
export function readMatch(source: MatchSource): Match {
	return readAnyMatch(source);
}

export function readExcept(source: ExceptSource | undefined): Except[] {
	return source === undefined ? [] : listed(source).map(readAnyMatch);
}

type AnyMatch = MatchSource & { under?: string | string[] };

function readAnyMatch(source: AnyMatch): Except {
	const named = lists.flatMap((key) => (source[key] === undefined ? [] : [[key, listed<string>(source[key])]]));
	const { effect, args, facts } = source;
	return {
		...(Object.fromEntries(named) as Except),
		...(effect === undefined ? {} : { effect }),
		...(args === undefined ? {} : { args: mapValues(args, readValueTest) }),
		...(facts === undefined ? {} : { facts: mapValues(facts, readFactTest) }),
	};
}

type ValueTestSource = NonNullable<MatchSource['args']>[string];

function readValueTest(source: ValueTestSource): ValueTest {
	if (!isJsonObject(source)) return { is: listed<Json>(source as Json) };
	const { is, not, glob, inside, outside, matches, statement_other_than, ...plain } = source as Operators;
	return {
		...plain,
		...(is === undefined ? {} : { is: listed<Json>(is) }),
		...(not === undefined ? {} : { not: listed<Json>(not) }),
		...(glob === undefined ? {} : { glob: listed(glob) }),
		...(inside === undefined ? {} : { inside: listed(inside) }),
		...(outside === undefined ? {} : { outside: listed(outside) }),
		...(matches === undefined ? {} : { matches: listed(matches) }),
		...(statement_other_than === undefined ? {} : { statement_other_than: listed(statement_other_than) }),
	};
}

function readFactTest(source: NonNullable<MatchSource['facts']>[string]): FactTest {
	return readValueTest(source as ValueTestSource);
}

type Operators = z.output<typeof operatorsSchema>;

export function readWhen(loading: Loading, source: WhenSource | undefined, path: Path): When | undefined {
	if (source === undefined) return undefined;
	const { agent, env, time, cel } = source;
	const hours = time && readTime(loading, time, [...path, 'time']);
	if (cel !== undefined) checkCel(loading, cel, [...path, 'cel']);
	return {
		...(agent === undefined ? {} : { agent: listed(agent) }),
		...(env === undefined ? {} : { env: mapValues(env, (value) => listed(value)) }),
		...(hours === undefined ? {} : { time: hours }),
		...(cel === undefined ? {} : { cel }),
	};
}

function checkCel(loading: Loading, text: string, path: Path): void {
	const compiled = compileCelOnce(loading.cels, text);
	if (compiled.kind !== 'fault') return;
	const where = placeInside(loading.document, path, compiled.start, compiled.end);
	loading.problems.push({ ...celProblem(compiled), where });
}

function readTime(loading: Loading, source: NonNullable<WhenSource['time']>, path: Path): When['time'] {
	const { zone } = source;
	const clock = zoneClock(loading.zones, zone);
	if (clock === undefined) {
		const help = 'write an IANA name, for example `Europe/Berlin` or `UTC`';
		loading.complain('P102', [...path, 'zone'], `${quote(zone)} is not a time zone`, help);
		return undefined;
	}
	const instant = (key: 'after' | 'before') => {
		const text = source[key];
		const found = text === undefined ? undefined : parseInstant(text, clock);
		if (text !== undefined && found === undefined) {
			loading.complain(
				'P102',
				[...path, key],
				`${quote(text)} is not a date`,
				'write `2026-12-24` or `2026-12-24T18:00`',
			);
		}
		if (found !== 'twice') return found;
		const message = `the clock of ${zone} shows ${quote(String(text))} twice, for it is set back`;
		loading.complain(
			'P102',
			[...path, key],
			message,
			`write the offset from UTC that you mean behind it, as in \`${text}+02:00\``,
		);
		return undefined;
	};
	const inside = readWindows(loading, source.inside, [...path, 'inside']);
	const outside = readWindows(loading, source.outside, [...path, 'outside']);
	const after = instant('after');
	const before = instant('before');
	if (after !== undefined && before !== undefined && after >= before) {
		loading.complain('P102', [...path, 'before'], '`before` is not later than `after`', 'swap them?');
	}
	return {
		zone,
		...(inside === undefined ? {} : { inside }),
		...(outside === undefined ? {} : { outside }),
		...(after === undefined ? {} : { after }),
		...(before === undefined ? {} : { before }),
	};
}

function readWindows(loading: Loading, source: string | string[] | undefined, path: Path): WeekWindow[] | undefined {
	if (source === undefined) return undefined;
	return listed(source).flatMap((text, index) => {
		const windows = parseWindows(text);
		if (windows !== undefined) return windows;
		const at = Array.isArray(source) ? [...path, index] : path;
		loading.complain('P102', at, `${quote(text)} is not a time of the week`, 'write for example `Mon-Thu 09:00-16:00`');
		return [];
	});
}

export function mapValues<From, To>(
	record: Readonly<Record<string, From>>,
	change: (value: From) => To,
): Record<string, To> {
	return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
