// Runs commands in this process, with surroundings of our own: a temporary directory, private state, captured output.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Surroundings } from '../../src/cli/command.ts';
import { runProgram } from '../../src/cli/program.ts';

export interface Outcome {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
	/** Stdout as JSON, one value a line. */
	readonly lines: () => Record<string, unknown>[];
	/** Stdout as one JSON document. */
	readonly document: () => Record<string, unknown>;
}

export interface RunOptions {
	readonly stdin?: string;
	readonly env?: Record<string, string>;
	readonly signal?: AbortSignal;
	/** Called with everything written to stdout so far, each time something is. */
	readonly onOutput?: (soFar: string) => void;
	/** The same for stderr. */
	readonly onError?: (soFar: string) => void;
	readonly isTerminal?: boolean;
	/** A person sits at the terminal: what `stdin` says is typed. */
	readonly isPerson?: boolean;
	/** Nothing more is typed yet, and nobody has gone away. */
	readonly isOpen?: boolean;
	readonly onStarted?: () => void;
}

export interface Place {
	readonly directory: string;
	readonly audit: string;
	readonly env: Record<string, string>;
	/** Writes a file below the directory. */
	write(name: string, text: string): string;
	run(argv: readonly string[], options?: RunOptions): Promise<Outcome>;
	remove(): void;
}

/** A directory of its own with private state; the caller removes it. */
export function makePlace(files: Readonly<Record<string, string>> = {}): Place {
	const directory = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-cli-')));
	const work = join(directory, 'work');
	mkdirSync(work);
	const env = {
		PATH: process.env['PATH'] ?? '',
		HOME: directory,
		XDG_STATE_HOME: join(directory, 'state'),
		XDG_CONFIG_HOME: join(directory, 'config'),
	};
	const place: Place = {
		directory: work,
		audit: join(directory, 'state/trapgate/audit'),
		env,
		write(name, text) {
			const path = join(work, name);
			mkdirSync(dirname(path), { recursive: true });
			writeFileSync(path, text);
			return path;
		},
		run: (argv, options) => runIn(work, env, argv, options),
		remove: () => rmSync(directory, { recursive: true, force: true }),
	};
	for (const [name, text] of Object.entries(files)) place.write(name, text);
	return place;
}

export async function runIn(
	cwd: string,
	env: Record<string, string>,
	argv: readonly string[],
	options: RunOptions = {},
): Promise<Outcome> {
	const stdin = Object.assign(new PassThrough(), { isTTY: options.isPerson ?? false });
	const output = { stdout: '', stderr: '' };
	const sink = (name: 'stdout' | 'stderr') => {
		const stream = new PassThrough();
		stream.on('data', (chunk: Buffer) => {
			output[name] += chunk.toString('utf8');
			(name === 'stdout' ? options.onOutput : options.onError)?.(output[name]);
		});
		return Object.assign(stream, { isTTY: options.isTerminal ?? options.isPerson ?? false });
	};
	const around: Surroundings = {
		cwd,
		env: { ...env, ...options.env },
		stdin,
		stdout: sink('stdout'),
		stderr: sink('stderr'),
		version: '9.9.9',
		signal: options.signal ?? new AbortController().signal,
		started: () => options.onStarted?.(),
	};
	if (options.isOpen === true) stdin.write(options.stdin ?? '');
	else stdin.end(options.stdin ?? '');
	const code = await runProgram(argv, around);
	await new Promise((resolve) => setImmediate(resolve));
	const lines = () =>
		output.stdout
			.split('\n')
			.filter((line) => line !== '')
			.map((line) => JSON.parse(line) as Record<string, unknown>);
	return {
		code,
		...output,
		lines,
		document() {
			const [only, ...more] = lines();
			if (only === undefined || more.length > 0) throw new Error(`not one document: ${output.stdout}`);
			return only;
		},
	};
}
