// Questions in JSON Lines: one JSON object a line, `{"id","call","args"}` or `{"id","run"}`.
import { isJsonObject, type Json, type JsonObject, member } from '../abi/json.ts';
import { type DriverName, isAgentId, parseToolName } from '../abi/names.ts';
import type { Target } from '../abi/syscall.ts';
import { readJson } from '../wire/json.ts';
import { readInstant } from './flags.ts';

/** A call as a person asks about it. */
export type Asked = Target & { readonly kind: 'tool' };

export type BatchLine =
	| {
			readonly ok: true;
			readonly id: Json;
			readonly target: Asked;
			readonly isRun: boolean;
			readonly agent?: string;
			readonly at?: number;
	  }
	| { readonly ok: false; readonly id: Json; readonly reason: string };

const known = ['id', 'call', 'args', 'run', 'agent', 'at'];

/** Reads one line as strictly as the wire reads a call. `shell` is the driver that judges `run`. */
export function readBatchLine(line: string, shell: DriverName): BatchLine {
	const read = readJson(line, { foldKeys: true });
	if (!read.ok) return bad(idOf(line), `not JSON with one reading: ${read.reason}`);
	if (!isJsonObject(read.value)) return bad(null, 'not a JSON object');
	const { id = null, call, args = {}, run, agent, at } = read.value;
	// A key that nobody reads would change the question without changing the answer.
	const stranger = Object.keys(read.value).find((key) => !known.includes(key));
	if (stranger !== undefined) return bad(id, `unknown key \`${stranger}\`; known: ${known.join(', ')}`);
	if (agent !== undefined && (typeof agent !== 'string' || !isAgentId(agent))) return bad(id, '`agent` is no agent id');
	const instant = typeof at === 'string' ? readInstant(at) : undefined;
	if (at !== undefined && instant === undefined) return bad(id, '`at` is no time such as 2026-11-20T15:00:00Z');
	const who = {
		...(agent === undefined ? {} : { agent }),
		...(instant === undefined ? {} : { at: instant }),
	};
	if ((call === undefined) === (run === undefined)) return bad(id, 'exactly one of `call` and `run` is needed');
	if (run !== undefined) {
		if (typeof run !== 'string' || run === '') return bad(id, '`run` must be a command');
		if (Object.hasOwn(read.value, 'args')) return bad(id, '`args` belong to `call`');
		return { ok: true, id, target: runTarget(shell, run), isRun: true, ...who };
	}
	const name = typeof call === 'string' ? parseToolName(call) : undefined;
	if (name === undefined) return bad(id, '`call` must name a tool as driver/tool');
	if (!isJsonObject(args)) return bad(id, '`args` must be an object');
	return { ok: true, id, target: callTarget(name, args), isRun: false, ...who };
}

/** A shell command as a call of the built-in shell driver. */
export function runTarget(shell: DriverName, command: string): Asked {
	return { kind: 'tool', driver: shell, tool: 'run', args: { command } };
}

export function callTarget({ driver, tool }: { driver: DriverName; tool: string }, args: JsonObject): Asked {
	return { kind: 'tool', driver, tool, args };
}

/** The id of a line that can't be answered, so that whoever asked knows which one; null when it can't be told. */
function idOf(line: string): Json {
	const read = readJson(line);
	return (read.ok ? member(read.value, 'id') : undefined) ?? null;
}

function bad(id: Json, reason: string): BatchLine {
	return { ok: false, id, reason };
}
