// Diagnostics: one JSON line each on stderr, because stdout belongs to MCP.
import { pino } from 'pino';

export type Log = Pick<ReturnType<typeof pino>, 'debug' | 'info' | 'warn' | 'error'>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Writes synchronously to `fd`, so that the last line before an exit is not lost. A closed descriptor is ignored. */
export function makeLog(level: LogLevel, fd = 2): Log {
	const destination = pino.destination({ dest: fd, sync: true });
	// The reader of our diagnostics may go away; that must not end the kernel.
	destination.on('error', () => undefined);
	return pino(
		{ level, base: { name: 'trapgate', pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
		destination,
	);
}
