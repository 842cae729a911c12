// Diagnostics: one JSON line each on stderr, because stdout belongs to MCP.
import { writeSync } from 'node:fs';
import process from 'node:process';

/** Fields first, where there are some; `err` may be an Error. */
type Say = {
	(text: string): void;
	(fields: Readonly<Record<string, unknown>>, text: string): void;
};

export interface Log {
	readonly debug: Say;
	readonly info: Say;
	readonly warn: Say;
	readonly error: Say;
}

export type LogLevel = keyof Log | 'silent';

/** As pino and bunyan number them, so that what reads their lines reads ours. */
const numbers: Readonly<Record<LogLevel, number>> = {
	debug: 20,
	info: 30,
	warn: 40,
	error: 50,
	silent: Number.POSITIVE_INFINITY,
};

/** Writes synchronously to `fd`, so that the last line before an exit is not lost. A closed descriptor is ignored. */
export function makeLog(level: LogLevel, fd = 2, now: () => number = Date.now): Log {
	const sayAt = (name: keyof Log): Say => {
		if (numbers[name] < numbers[level]) return () => undefined;
		return (fields: Readonly<Record<string, unknown>> | string, text?: string) => {
			const [more, msg] = typeof fields === 'string' ? [{}, fields] : [fields, text];
			const time = new Date(now()).toISOString();
			const base = { level: numbers[name], time, name: 'trapgate', pid: process.pid };
			write(fd, `${lineOf({ ...base, ...more, msg })}\n`);
		};
	};
	return { debug: sayAt('debug'), info: sayAt('info'), warn: sayAt('warn'), error: sayAt('error') };
}

/** What can't be written as JSON must not cost more than itself. */
function lineOf({ msg, ...fields }: Readonly<Record<string, unknown>>): string {
	try {
		return JSON.stringify({ ...fields, msg }, (_, value) => (value instanceof Error ? wordsOf(value) : value));
	} catch {
		const { level, time, name, pid } = fields;
		return JSON.stringify({ level, time, name, pid, msg });
	}
}

function wordsOf(error: Error) {
	const { code } = error as { code?: unknown };
	const cause = error.cause === undefined ? {} : { cause: error.cause };
	return {
		type: error.name,
		message: error.message,
		stack: error.stack,
		...(typeof code === 'string' ? { code } : {}),
		...cause,
	};
}

const breathMs = 10;

/** Whole, however slowly it is read; not at all where nobody can read it any more. That must not end the kernel. */
function write(fd: number, line: string): void {
	let rest = Buffer.from(line);
	while (rest.length > 0) {
		try {
			rest = rest.subarray(writeSync(fd, rest));
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
			// A pipe that is full and does not wait by itself.
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, breathMs);
		}
	}
}
