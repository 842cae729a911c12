#!/usr/bin/env node
// The program: the one place that knows the process, and the only one that ends it.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { startCold } from './cold-start.ts';
import type { Surroundings } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { exitCodeOf, reportFailure } from './failure.ts';
import { runProgram } from './program.ts';

// Switches of the YAML package that print to stdout, which belongs to MCP.
for (const name of ['LOG_TOKENS', 'LOG_STREAM']) delete process.env[name];

/** Ending drivers takes a few seconds at most. */
const longestEndMs = 20_000;

const stop = new AbortController();
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const around: Surroundings = {
	cwd: process.cwd(),
	env: process.env,
	stdin: process.stdin,
	stdout: process.stdout,
	stderr: process.stderr,
	version,
	signal: stop.signal,
	started: startCold(),
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	process.on(signal, () => {
		// Somebody who presses Ctrl-C a second time has waited long enough.
		if (stop.signal.aborted && signal === 'SIGINT') process.exit(130);
		stop.abort();
		// What should end and does not is left to the watcher, which ends everything that was started.
		setTimeout(() => process.exit(exitCodes.connection), longestEndMs).unref();
	});
}
// Whoever read our output is gone (`trapgate audit tail | head`): end in order, without a word.
process.stdout.on('error', () => stop.abort());
// Diagnostics nobody reads any more are no reason to stop serving.
process.stderr.on('error', () => undefined);
process.on('uncaughtException', (thrown) => {
	reportFailure(thrown, { command: undefined, isJson: false, around, color: false });
	process.exit(exitCodeOf(thrown));
});

const code = await runProgram(process.argv.slice(2), around);
// A pipe takes its last bytes before the process goes.
process.stdout.write('', () => process.exit(code));
