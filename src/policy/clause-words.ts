// What a clause of a rule asks for, in words: `venv or virtualenv`, `outside /ws`, `at most 40`.
import { ExactNumber, type Json } from '../abi/json.ts';
import { either } from '../text/words.ts';
import type { Except, FactTest, Rule, ValueTest, Waiver, When } from './rule.ts';
import { lastDay, windowText } from './time.ts';

/** What the clause that `explain` calls by this name asks for, variables as they are written; undefined where nothing can be said. */
export function wantedBy({ match, when }: Pick<Rule, 'match' | 'when'>, clause: string): string | undefined {
	if (clause.startsWith('when.')) return when === undefined ? undefined : momentWords(when, clause.slice(5));
	return memberWords(match, clause);
}

/** What an exception or a waiver is about: `under uv run`, `tool x/y and args.path inside /ws`. */
export function exceptWords(part: Except): string {
	const names = [
		...patternKeys.filter((key) => part[key] !== undefined),
		...Object.keys(part.args ?? {}).map((name) => `args.${name}`),
		...Object.keys(part.facts ?? {}).map((name) => `facts.${name}`),
	];
	return names.map((name) => `${name} ${memberWords(part, name) ?? ''}`).join(' and ');
}

/** `until 2026-12-31, approved by dana`. */
export function waiverWords({ until, approvedBy }: Pick<Waiver, 'until' | 'approvedBy'>): string {
	return `until ${lastDay(until)}, approved by ${approvedBy}`;
}

const patternKeys = [
	'tool',
	'resource',
	'prompt',
	'method',
	'driver_asks',
	'from',
	'effect',
	'command',
	'under',
	'flags',
	'mentions',
] as const satisfies readonly (keyof Except)[];

function memberWords(match: Except, name: string): string | undefined {
	const [kind, ...rest] = name.split('.');
	const of = rest.join('.');
	if (kind === 'args') return testWords(ownMember(match.args, of));
	if (kind === 'facts') return testWords(ownMember(match.facts, of));
	const key = patternKeys.find((one) => one === name);
	const asked = key === undefined ? undefined : match[key];
	return asked === undefined ? undefined : either(typeof asked === 'string' ? [asked] : asked);
}

function ownMember<Value>(members: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
	return members !== undefined && Object.hasOwn(members, name) ? members[name] : undefined;
}

/** Each member that must hold, joined by "and". */
function testWords(test: (ValueTest & FactTest) | undefined): string | undefined {
	if (test === undefined) return undefined;
	const { is, not, glob, inside, outside, matches, min, max, above, below, present, statement_other_than } = test;
	const listed = (values: readonly Json[]) => either(values.map(valueText));
	return [
		...(is === undefined ? [] : [listed(is)]),
		...(not === undefined ? [] : [`anything but ${listed(not)}`]),
		...(glob === undefined ? [] : [`like ${either(glob)}`]),
		...(inside === undefined ? [] : [`inside ${either(inside)}`]),
		...(outside === undefined ? [] : [`outside ${either(outside)}`]),
		...(matches === undefined ? [] : [`text that matches ${either(matches)}`]),
		...(min === undefined ? [] : [`at least ${valueText(min)}`]),
		...(max === undefined ? [] : [`at most ${valueText(max)}`]),
		...(above === undefined ? [] : [`above ${valueText(above)}`]),
		...(below === undefined ? [] : [`below ${valueText(below)}`]),
		...(present === undefined ? [] : [present ? 'given' : 'left out']),
		...(statement_other_than === undefined ? [] : [`SQL with a statement other than ${either(statement_other_than)}`]),
	].join(' and ');
}

function momentWords({ agent, env, time, cel }: When, name: string): string | undefined {
	if (name === 'agent') return agent && either(agent);
	if (name === 'cel') return cel;
	if (name.startsWith('env.')) {
		const values = ownMember(env, name.slice(4));
		return values && either(values.map((value) => (value === 'present' ? 'set' : value)));
	}
	if (name !== 'time' || time === undefined) return undefined;
	const { inside, outside, zone, after, before } = time;
	return [
		...(inside === undefined ? [] : [`inside ${either(inside.map(windowText))} ${zone}`]),
		...(outside === undefined ? [] : [`outside ${either(outside.map(windowText))} ${zone}`]),
		...(after === undefined ? [] : [`from ${new Date(after).toISOString()}`]),
		...(before === undefined ? [] : [`before ${new Date(before).toISOString()}`]),
	].join(' and ');
}

/** Text as it is, everything else as JSON. */
export function valueText(value: Json): string {
	if (typeof value === 'string') return value === '' ? '""' : value;
	return value instanceof ExactNumber ? value.source : JSON.stringify(value, plainNumbers);
}

function plainNumbers(_key: string, value: Json): Json {
	return value instanceof ExactNumber ? value.approximate() : value;
}
