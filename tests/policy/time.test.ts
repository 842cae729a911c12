// Dates and times in a zone, at the hours in which its clock is set.
import { expect, test } from 'vitest';
import { parseInstant, zoneClock } from '../../src/policy/time.ts';

test.each([
	['Europe/Berlin', '2026-07-01T12:00', '2026-07-01T10:00:00.000Z'],
	['Europe/Berlin', '2026-12-24', '2026-12-23T23:00:00.000Z'],
	['America/New_York', '2026-12-24T18:00', '2026-12-24T23:00:00.000Z'],
	['Pacific/Kiritimati', '2026-12-24', '2026-12-23T10:00:00.000Z'],
	['Pacific/Niue', '2026-12-24T23:59:59', '2026-12-25T10:59:59.000Z'],
	// set back: twice, but for the minutes around
	['Europe/Berlin', '2026-10-25T01:59', '2026-10-24T23:59:00.000Z'],
	['Europe/Berlin', '2026-10-25T02:00', 'twice'],
	['Europe/Berlin', '2026-10-25T02:59:59', 'twice'],
	['Europe/Berlin', '2026-10-25T03:00', '2026-10-25T02:00:00.000Z'],
	['Europe/Berlin', '2026-10-25T02:30+02:00', '2026-10-25T00:30:00.000Z'],
	['Europe/Berlin', '2026-10-25T02:30+01:00', '2026-10-25T01:30:00.000Z'],
	['America/New_York', '2026-11-01T01:30', 'twice'],
	['America/New_York', '2026-11-01T02:00', '2026-11-01T07:00:00.000Z'],
	['Australia/Lord_Howe', '2026-04-05T01:45', 'twice'],
	// a day that begins twice begins the first time
	['America/Havana', '2026-11-01', '2026-11-01T04:00:00.000Z'],
	['America/Havana', '2026-11-01T00:00', 'twice'],
	// set forward: a time that is left out is when that happens
	['Europe/Berlin', '2026-03-29T01:59:59', '2026-03-29T00:59:59.000Z'],
	['Europe/Berlin', '2026-03-29T02:00', '2026-03-29T01:00:00.000Z'],
	['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:00:00.000Z'],
	['Europe/Berlin', '2026-03-29T03:00', '2026-03-29T01:00:00.000Z'],
	['America/New_York', '2026-03-08T02:30', '2026-03-08T07:00:00.000Z'],
	['America/New_York', '2026-03-08T03:30', '2026-03-08T07:30:00.000Z'],
	['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z'],
	['Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00.000Z'],
	// Samoa had no such day.
	['Pacific/Apia', '2011-12-30T12:00', '2011-12-30T10:00:00.000Z'],
] as const)('in %s, %s', (zone, text, expected) => {
	const found = parseInstant(text, zoneClock(new Map(), zone) as Intl.DateTimeFormat);
	expect(typeof found === 'number' ? new Date(found).toISOString() : found).toBe(expected);
});
