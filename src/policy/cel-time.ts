// Points in time and durations as conditions in CEL write them: RFC 3339, and `1h30m`. No clock, no local time zone.
import { Duration, Instant } from './cel-values.ts';

const second = 1_000_000_000n;
const units: ReadonlyMap<string, bigint> = new Map([
	['h', 3600n * second],
	['m', 60n * second],
	['s', second],
	['ms', 1_000_000n],
	['us', 1000n],
	['µs', 1000n],
	['ns', 1n],
]);
/** From the year 1 to the end of 9999, as CEL has it. */
const firstInstant = -62_135_596_800n * second;
const lastInstant = 253_402_300_800n * second - 1n;
/** 64 bits of nanoseconds, as CEL has it: 292 years. */
const longestDuration = 2n ** 63n - 1n;

const instantPattern = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Reads RFC 3339 with an offset; undefined for anything else, and for a day that is in no calendar. */
export function parseInstant(text: string): Instant | undefined {
	const found = instantPattern.exec(text);
	if (found === null) return undefined;
	const number = (index: number) => Number(found[index] ?? 0);
	const [year, month, day, hour, minute, seconds] = [1, 2, 3, 4, 5, 6].map(number) as Numbers;
	const date = new Date(0);
	// Not `Date.UTC`, which takes the year 99 for 1999.
	date.setUTCFullYear(year, month - 1, day);
	const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
	if (!isReal || hour > 23 || minute > 59 || seconds > 59 || number(9) > 23 || number(10) > 59) return undefined;
	const offset = (number(9) * 60 + number(10)) * 60 * (found[8] === '-' ? -1 : 1);
	const whole = BigInt(date.getTime() / 1000 + (hour * 60 + minute) * 60 + seconds - offset) * second;
	return instantAt(whole + BigInt((found[7] ?? '').padEnd(9, '0')));
}

type Numbers = [number, number, number, number, number, number];

/** Milliseconds since 1970 as an instant; undefined for what is no time. */
export function instantOfMs(ms: number): Instant | undefined {
	return Number.isFinite(ms) ? instantAt(BigInt(Math.trunc(ms)) * 1_000_000n) : undefined;
}

const durationPattern = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|us|µs|ns|m|s))+$/;
const durationPart = /(\d*)(?:\.(\d*))?(h|ms|us|µs|ns|m|s)/g;

/** Reads `1h30m`, `-1.5s`, `200ms`; undefined for anything else. */
export function parseDuration(text: string): Duration | undefined {
	if (text.length > 100 || !(durationPattern.test(text) || /^[+-]?0$/.test(text))) return undefined;
	let nanoseconds = 0n;
	for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(durationPart)) {
		const size = units.get(unit) ?? 0n;
		nanoseconds += BigInt(whole) * size;
		if (fraction !== '') nanoseconds += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
	}
	return durationOf(text.startsWith('-') ? -nanoseconds : nanoseconds);
}

export function instantAt(nanoseconds: bigint): Instant | undefined {
	return nanoseconds < firstInstant || nanoseconds > lastInstant ? undefined : new Instant(nanoseconds);
}

export function durationOf(nanoseconds: bigint): Duration | undefined {
	return nanoseconds < -longestDuration || nanoseconds > longestDuration ? undefined : new Duration(nanoseconds);
}
