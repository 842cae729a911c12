// Hours of the week, dates and zones, as policies write them.
import type { WeekWindow } from './rule.ts';

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const minutesInDay = 24 * 60;
const dayMs = minutesInDay * 60_000;

/**
 * Reads `Mon-Thu 09:00-16:00`, `Sat,Sun`, `22:00-06:00`. Hours that cross midnight become two windows, of which the
 * second is on the days after. Undefined when the text is none of these.
 */
export function parseWindows(text: string): WeekWindow[] | undefined {
	const parts = text.trim().split(/\s+/);
	const hours = parts.length === 2 || /^\d/.test(parts[0] ?? '') ? parts.at(-1) : undefined;
	const named = parts.length === 2 || hours === undefined ? parts[0] : undefined;
	if (parts.length > 2) return undefined;
	const days = named === undefined ? [0, 1, 2, 3, 4, 5, 6] : parseDays(named);
	const minutes = hours === undefined ? ([0, minutesInDay] as const) : parseHours(hours);
	if (days === undefined || minutes === undefined) return undefined;
	const [fromMinute, toMinute] = minutes;
	if (fromMinute < toMinute) return [{ days, fromMinute, toMinute }];
	const after = days.map((day) => (day + 1) % 7).sort((a, b) => a - b);
	const evening = { days, fromMinute, toMinute: minutesInDay };
	return toMinute === 0 ? [evening] : [evening, { days: after, fromMinute: 0, toMinute }];
}

function parseDays(text: string): number[] | undefined {
	const days = new Set<number>();
	for (const part of text.toLowerCase().split(',')) {
		const [from = '', to = from, ...more] = part.split('-');
		const first = dayNames.indexOf(from);
		const last = dayNames.indexOf(to);
		if (first === -1 || last === -1 || more.length > 0) return undefined;
		for (let day = first; ; day = (day + 1) % 7) {
			days.add(day);
			if (day === last) break;
		}
	}
	return [...days].sort((a, b) => a - b);
}

function parseHours(text: string): readonly [number, number] | undefined {
	const [from, to, ...more] = text.split('-').map(parseClock);
	if (from === undefined || to === undefined || more.length > 0 || from === to || from === minutesInDay)
		return undefined;
	return [from, to];
}

function parseClock(text: string): number | undefined {
	const [, hour, minute] = /^(\d\d):(\d\d)$/.exec(text) ?? [];
	const minutes = Number(hour) * 60 + Number(minute);
	return Number(minute) < 60 && minutes <= minutesInDay ? minutes : undefined;
}

/** Zones looked up once; making a formatter is slow. Owned by one load. */
export type Zones = Map<string, Intl.DateTimeFormat | undefined>;

/** The clock of an IANA zone, or undefined when there is no such zone. Offsets like `+02:00` name no zone. */
export function zoneClock(zones: Zones, name: string): Intl.DateTimeFormat | undefined {
	if (!zones.has(name)) zones.set(name, /^[A-Za-z]/.test(name) ? makeClock(name) : undefined);
	return zones.get(name);
}

function makeClock(timeZone: string): Intl.DateTimeFormat | undefined {
	try {
		return new Intl.DateTimeFormat('en-US', {
			timeZone,
			calendar: 'gregory',
			numberingSystem: 'latn',
			hourCycle: 'h23',
			year: 'numeric',
			month: 'numeric',
			day: 'numeric',
			hour: 'numeric',
			minute: 'numeric',
			second: 'numeric',
		});
	} catch {
		// RangeError is how Intl says that it knows no such zone.
		return undefined;
	}
}

interface Moment {
	/** What the clock on the wall shows, as if it were UTC. */
	readonly wallMs: number;
	/** Minutes east of Greenwich, when the text says so. */
	readonly offsetMinutes?: number;
	readonly isDay: boolean;
}

const momentPattern =
	/^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?$/;

/** Reads an ISO 8601 date, or date and time; undefined for one that is in no calendar (`2026-02-30`). */
function parseMoment(text: string): Moment | undefined {
	const found = momentPattern.exec(text);
	if (found === null) return undefined;
	const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
		.slice(1, 7)
		.map((part) => Number(part ?? 0));
	const wallMs = Date.UTC(year, month - 1, day, hour, minute, second);
	const read = new Date(wallMs);
	const isReal = read.getUTCMonth() === month - 1 && read.getUTCDate() === day && read.getUTCHours() === hour;
	if (!isReal || year < 1970 || minute > 59 || second > 59) return undefined;
	const zone = found[7];
	const offsetMinutes = zone === undefined ? undefined : offsetOf(zone);
	return { wallMs, isDay: found[4] === undefined, ...(offsetMinutes === undefined ? {} : { offsetMinutes }) };
}

function offsetOf(text: string): number {
	if (text === 'Z') return 0;
	const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(4, 6));
	return text.startsWith('-') ? -minutes : minutes;
}

/**
 * Milliseconds since the epoch of `2026-12-24`, `2026-12-24T18:00` (both in the clock's zone) or one with an offset; a
 * time that the clock leaves out is the moment at which it is set forward. `twice` for one that it shows twice; of a day
 * that begins twice, the first is its beginning.
 */
export function parseInstant(text: string, clock: Intl.DateTimeFormat): number | 'twice' | undefined {
	const moment = parseMoment(text);
	if (moment === undefined) return undefined;
	const { wallMs, offsetMinutes, isDay } = moment;
	if (offsetMinutes !== undefined) return wallMs - offsetMinutes * 60_000;
	// As the clock goes before and after any change of that day: at least one of them is right, or the time is left out.
	const [before, after] = [-dayMs, dayMs].map((away) => 2 * wallMs + away - wallTime(clock, wallMs + away)) as [
		number,
		number,
	];
	const shown = [before, after].filter((at) => wallTime(clock, at) === wallMs);
	const [first, second = first] = shown;
	if (first === undefined) return firstShowing(clock, wallMs, after, before);
	return first === second || isDay ? first : 'twice';
}

/** The first moment between two at which the clock shows this time or a later one. */
function firstShowing(clock: Intl.DateTimeFormat, wallMs: number, earliest: number, latest: number): number {
	let [early, late] = [earliest, latest];
	while (late - early > 1) {
		const middle = Math.floor((early + late) / 2);
		if (wallTime(clock, middle) >= wallMs) late = middle;
		else early = middle;
	}
	return late;
}

/** True for a time with an offset, as examples give it. */
export function isInstant(text: string): boolean {
	return parseMoment(text)?.offsetMinutes !== undefined;
}

/** The first millisecond after a day (UTC): `2026-12-31` holds until the year ends. */
export function endOfDay(text: string): number | undefined {
	const moment = parseMoment(text);
	return moment?.isDay ? moment.wallMs + dayMs : undefined;
}

function wallTime(clock: Intl.DateTimeFormat, ms: number): number {
	const parts = new Map(clock.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
	const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
	return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** `Mon-Fri 09:00-17:00`: a window as an author would write it. */
export function windowText({ days, fromMinute, toMinute }: WeekWindow): string {
	const [first = 0] = days;
	const names = days.map((day) => dayNames[day] ?? '').map((name) => name.charAt(0).toUpperCase() + name.slice(1));
	const isRow = days.length > 2 && days.every((day, index) => day === (first + index) % 7);
	return `${isRow ? `${names[0]}-${names.at(-1)}` : names.join(',')} ${clockText(fromMinute)}-${clockText(toMinute)}`;
}

/** `09:05`, of minutes since midnight. */
export function clockText(minute: number): string {
	const twoDigits = (number: number) => String(number).padStart(2, '0');
	return `${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)}`;
}

/** `2026-12-31` for the first moment that is no longer part of that day. */
export function lastDay(until: number): string {
	return new Date(until - 1).toISOString().slice(0, 10);
}
