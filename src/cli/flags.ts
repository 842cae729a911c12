// Reads one command's flags, with usage errors that say what to type.
import { isAgentId } from '../abi/names.ts';
import { TrapgateError } from '../abi/problem.ts';
import type { CommandInput } from './command.ts';

type Flags = CommandInput['flags'];

/** The value of a string flag, or undefined when it was not given. */
export function textFlag(flags: Flags, name: string): string | undefined {
	const value = flags[name];
	return typeof value === 'string' ? value : undefined;
}

export function isSet(flags: Flags, name: string): boolean {
	return flags[name] === true;
}

/** The agent to judge as. Throws C101 for an id the kernel would not accept. */
export function agentFlag(command: string, flags: Flags): string {
	const agent = textFlag(flags, 'agent') ?? 'unidentified';
	if (!isAgentId(agent)) throw usageError(command, `\`--agent ${agent}\`: letters, digits and @ . / : _ - only`);
	return agent;
}

/** An instant as ISO 8601 with a zone, in milliseconds since the epoch; undefined when it is none. */
export function readInstant(text: string): number | undefined {
	if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined;
	const at = Date.parse(text);
	return Number.isNaN(at) ? undefined : at;
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `90s`, `10m`, `2h`, `14d` before `now`, or an ISO instant. Undefined when it is neither. */
export function readSince(text: string, now: number): number | undefined {
	const [, amount, unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
	return amount === undefined ? readInstant(text) : now - Number(amount) * (unitsMs[unit] ?? 0);
}

/** A mistake on the command line itself; exit code 2. */
export function usageError(command: string | undefined, message: string, help?: string): TrapgateError {
	return new TrapgateError('C101', message, {
		help: help ?? `trapgate help${command === undefined ? '' : ` ${command}`}`,
	});
}
