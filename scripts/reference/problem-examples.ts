// Runs the program on the examples in tests/cases/problems: what they print is what the page about problems shows.
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Surroundings } from '../../src/cli/command.ts';
import { runProgram } from '../../src/cli/program.ts';

/** One folder, named after the code that its files produce. */
export interface ProblemExample {
	/** The root file first. */
	readonly files: readonly { readonly name: string; readonly text: string }[];
	/** What was typed after `trapgate`: the file `command`, else `check`. */
	readonly command: string;
	/** Stdout and stderr. */
	readonly printed: string;
}

export const examplesFolder = fileURLToPath(new URL('../../tests/cases/problems', import.meta.url));

/** The codes that have an example. */
export function exampleCodes(): readonly string[] {
	return readdirSync(examplesFolder).sort();
}

/** Throws when the example prints another code than its own, or none: one report per cause. */
export async function runExample(code: string): Promise<ProblemExample> {
	const folder = realpathSync(join(examplesFolder, code));
	const commandFile = join(folder, 'command');
	const command = existsSync(commandFile) ? readFileSync(commandFile, 'utf8').trim() : 'check';
	const names = readdirSync(folder).filter((name) => name !== 'command');
	const printed = (await printedBy(command.split(' '), folder)).replaceAll(folder, '/path/to/project').trimEnd();
	const codes = new Set([...printed.matchAll(/^(?:error|warning|note)\[(\w+)\]/gm)].map(([, found]) => found));
	if (codes.size !== 1 || !codes.has(code)) {
		throw new Error(
			`the example of ${code} in tests/cases/problems shows ${[...codes].join(', ') || 'no code'}:\n${printed}`,
		);
	}
	return {
		files: names.sort(rootFirst).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') })),
		command,
		printed,
	};
}

/** In this process, with a state directory that nobody has used. */
async function printedBy(argv: readonly string[], cwd: string): Promise<string> {
	const home = mkdtempSync(join(tmpdir(), 'trapgate-example-'));
	let printed = '';
	const sink = () => new PassThrough().on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
	const around: Surroundings = {
		cwd,
		env: { HOME: home, XDG_STATE_HOME: join(home, 'state'), XDG_CONFIG_HOME: join(home, 'config') },
		stdin: new PassThrough().end(),
		stdout: sink(),
		stderr: sink(),
		version: '0.0.0',
		signal: new AbortController().signal,
	};
	try {
		await runProgram(argv, around);
		// What was written to a stream is read from it a turn later.
		await new Promise((resolve) => setImmediate(resolve));
		return printed;
	} finally {
		rmSync(home, { recursive: true, force: true });
	}
}

function rootFirst(a: string, b: string): number {
	const isRoot = (name: string) => Number(name === 'trapgate.yaml');
	return isRoot(b) - isRoot(a) || (a < b ? -1 : 1);
}
