// The one tool of the built-in shell, and the strict reading of its arguments.
import { ExactNumber, isJsonObject, type Json, type JsonObject } from '../abi/json.ts';

export interface ShellLimits {
	readonly timeoutMs: number;
	readonly maxTimeoutMs: number;
	readonly maxOutputBytes: number;
}

export interface RunArguments {
	readonly command: string;
	readonly cwd: string | undefined;
	readonly timeoutMs: number;
	readonly stdin: string | undefined;
}

/** Linux takes no single argument longer than this (MAX_ARG_STRLEN, its NUL included). */
const maxCommandBytes = 128 * 1024 - 1;

/** The tool as it is listed. Its descriptions are what a model knows about it. */
export function runTool(limits: ShellLimits): JsonObject {
	const { timeoutMs, maxTimeoutMs, maxOutputBytes } = limits;
	return {
		name: 'run',
		title: 'Run a shell command',
		description: [
			'Runs a command with bash and returns its stdout, stderr and exit code.',
			'Each call is a new shell in the workspace: `cd`, variables and functions do not last from one call to the next.',
			// The same with and without the ring: a lock is shared by machines that have it and machines that do not.
			'Where this machine can do it, commands run in a sandbox that shows the workspace and the programs of the system, with a private `/tmp` and a home directory that is all but empty.',
			'Nobody can answer questions of the command: stdin is empty unless you give it.',
			'When the command ends, so do processes it left in the background; a server must run in the foreground of its own call, up to its timeout.',
			`Of output longer than ${maxOutputBytes} bytes the middle is left out; send long output to a file and read parts of it.`,
			'A non-zero exit code is reported as such and is no error of the tool.',
		].join(' '),
		inputSchema: {
			type: 'object',
			properties: {
				command: {
					type: 'string',
					minLength: 1,
					description: 'The command line, as bash reads it. May have several lines.',
				},
				cwd: {
					type: 'string',
					description:
						'The directory to run in: relative to the workspace or absolute, and inside the workspace. Default: the workspace.',
				},
				timeoutMs: {
					type: 'integer',
					minimum: 1,
					maximum: maxTimeoutMs,
					default: timeoutMs,
					description: 'After this many milliseconds the command is ended with everything it started.',
				},
				stdin: {
					type: 'string',
					description: 'Text for the standard input of the command. Default: nothing (/dev/null).',
				},
			},
			required: ['command'],
			additionalProperties: false,
		},
		outputSchema: {
			type: 'object',
			properties: {
				exitCode: { type: ['integer', 'null'], description: 'Null when a signal ended bash.' },
				signal: { type: ['string', 'null'], description: 'The signal that ended bash, such as SIGKILL.' },
				stdout: { type: 'string' },
				stderr: { type: 'string' },
				timedOut: { type: 'boolean' },
				cancelled: { type: 'boolean' },
				truncated: { type: 'boolean', description: 'True when a part of stdout or stderr is left out.' },
				durationMs: { type: 'integer' },
			},
			required: ['exitCode', 'signal', 'stdout', 'stderr', 'timedOut', 'cancelled', 'truncated', 'durationMs'],
		},
		annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
	};
}

/** The arguments, or one sentence that names the mistake. */
export function readRunArguments(given: Json | undefined, limits: ShellLimits): RunArguments | string {
	if (!isJsonObject(given)) return 'the arguments must be an object with a `command`';
	for (const key of Object.keys(given)) {
		if (!known.includes(key)) return `there is no argument \`${key}\`; the arguments are ${known.join(', ')}`;
	}
	const { command, cwd, stdin } = given;
	for (const [name, value] of Object.entries({ command, cwd, stdin })) {
		const wrong = value === undefined ? undefined : textMistake(name, value);
		if (wrong !== undefined) return wrong;
	}
	if (typeof command !== 'string') return '`command` is missing';
	if (command.trim() === '') return '`command` is empty';
	if (Buffer.byteLength(command) > maxCommandBytes) {
		return `\`command\` is longer than ${maxCommandBytes} bytes; write it to a file, or give data through \`stdin\``;
	}
	const timeoutMs = readTimeout(given['timeoutMs'], limits);
	if (typeof timeoutMs === 'string') return timeoutMs;
	return { command, cwd: cwd as string | undefined, timeoutMs, stdin: stdin as string | undefined };
}

const known: readonly string[] = ['command', 'cwd', 'timeoutMs', 'stdin'];

function textMistake(name: string, value: Json): string | undefined {
	if (typeof value !== 'string') return `\`${name}\` must be a string`;
	if (name !== 'stdin' && value.includes('\0')) return `\`${name}\` contains a NUL character`;
	// Half a surrogate pair would reach the program as another character than the one that was judged.
	if (/\p{Surrogate}/u.test(value)) return `\`${name}\` contains half a surrogate pair, which is no text`;
	return undefined;
}

function readTimeout(value: Json | undefined, { timeoutMs, maxTimeoutMs }: ShellLimits): number | string {
	if (value === undefined) return timeoutMs;
	// `1000.0` is an integer in JSON Schema.
	const number = value instanceof ExactNumber ? value.approximate() : value;
	if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > maxTimeoutMs) {
		return `\`timeoutMs\` must be a whole number from 1 to ${maxTimeoutMs}`;
	}
	return number;
}
