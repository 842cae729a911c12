// Conditions on the moment (which agent asks, in which environment, at what time), and between values.
import { celCondition, compileCelOnce } from './cel-condition.ts';
import { literalValue } from './compile-values.ts';
import type { Condition } from './condition.ts';
import type { Look } from './look.ts';
import type { Notes } from './notes.ts';
import type { WeekWindow, When } from './rule.ts';
import { textGlobTruth } from './text-glob.ts';
import { clockText } from './time.ts';
import { allOf, negate, type Truth, truthOf } from './truth.ts';
import { expandText } from './variables.ts';

export function compileWhen(when: When | undefined, notes: Notes): Condition[] {
	const conditions: Condition[] = [];
	const { agent, env, time, cel } = when ?? {};
	const expand = (patterns: readonly string[]) =>
		patterns.flatMap((text) => expandText(text, notes.variables, notes.unknown, literalValue(notes)));
	const add = (name: string, test: (look: Look) => Truth) => conditions.push({ name, reads: 'moment', test });
	if (agent !== undefined) {
		const agents = expand(agent);
		add('when.agent', (look) => textGlobTruth(agents, look.agent));
	}
	for (const [variable, patterns] of Object.entries(env ?? {})) {
		const values = expand(patterns);
		add(`when.env.${variable}`, (look) => variableTruth(look, variable, values));
	}
	if (time !== undefined) {
		const clock = weekClock(time.zone);
		add('when.time', ({ at }) =>
			allOf(
				[
					truthOf(time.after === undefined || at >= time.after),
					truthOf(time.before === undefined || at < time.before),
					time.inside === undefined ? 'yes' : inAny(time.inside, clock(at)),
					time.outside === undefined ? 'yes' : negate(inAny(time.outside, clock(at))),
				],
				(truth) => truth,
			),
		);
	}
	if (cel !== undefined) {
		const compiled = compileCelOnce(notes.cels, cel);
		// A file that was loaded has none of these; a policy that was built by hand may.
		if (compiled.kind === 'fault') notes.report('P502', compiled.message, compiled.help);
		else conditions.push(celCondition(compiled));
	}
	return conditions;
}

function variableTruth(look: Look, variable: string, values: readonly string[]): Truth {
	const value = Object.hasOwn(look.env, variable) ? look.env[variable] : undefined;
	if (value === undefined) return 'no';
	return values.includes('present') ? 'yes' : textGlobTruth(values, value);
}

interface WeekTime {
	/** 0 = Sunday. */
	readonly day: number;
	readonly minute: number;
}

/** `2026-11-20T12:00:00.000Z (Fri 13:00 Europe/Berlin)`. */
export function momentText(at: number, zone: string): string {
	const { day, minute } = weekClock(zone)(at);
	return `${new Date(at).toISOString()} (${weekdays[day]} ${clockText(minute)} ${zone})`;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** Reads the day and minute in a zone. Throws RangeError for a moment that is none; `decide` then refuses. */
function weekClock(zone: string): (at: number) => WeekTime {
	const format = new Intl.DateTimeFormat('en-US', {
		timeZone: zone,
		weekday: 'short',
		hour: '2-digit',
		minute: '2-digit',
		hourCycle: 'h23',
	});
	return (at) => {
		const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
		return {
			day: weekdays.indexOf(parts.get('weekday') ?? ''),
			minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
		};
	};
}

function inAny(windows: readonly WeekWindow[], { day, minute }: WeekTime): Truth {
	const isIn = ({ days, fromMinute, toMinute }: WeekWindow) =>
		days.includes(day) && minute >= fromMinute && minute < toMinute;
	return truthOf(windows.some(isIn));
}
