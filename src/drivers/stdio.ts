// A driver whose server is a program on this machine that speaks MCP on its stdin and stdout.
import { stat } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { Driver } from '../abi/driver.ts';
import { TrapgateError } from '../abi/problem.ts';
import type { Channel } from '../wire/channel.ts';
import { lineChannel } from '../wire/lines.ts';
import { childEnvironment, defaultPath, type Environment } from './environment.ts';
import { type EraMemory, Eras } from './era.ts';
import { findProgram } from './find-program.ts';
import { Refusal } from './introduce.ts';
import type { LogLines } from './log-lines.ts';
import { confinedProgram, type ProcessSandbox } from './process-sandbox.ts';
import type { Exit, ProcessTree } from './process-tree.ts';
import type { Reaper } from './reaper.ts';
import { type Connection, type RemoteConfig, type RemoteDeps, RemoteDriver } from './remote.ts';
import { within } from './within.ts';

export interface StdioConfig extends RemoteConfig {
	/** A name that is looked up in PATH, or a path. */
	readonly command: string;
	readonly args: readonly string[];
	/** Variables for the server, beside the allow-list. */
	readonly env: Readonly<Record<string, string>>;
	/** Absolute. */
	readonly cwd: string;
}

export interface StdioDeps extends RemoteDeps {
	readonly reaper: Reaper;
	/** The kernel's own environment, of which servers get the allow-list. */
	readonly env: Environment;
	/** Where the server runs; absent: as the kernel does, unconfined. */
	readonly sandbox?: ProcessSandbox | undefined;
	/** Which servers were found to know no `initialize`. */
	readonly eras?: EraMemory | undefined;
}

/** The steps of ending a server: its input ends, then SIGTERM, then SIGKILL. */
const endOfInputMs = 500;
const termGraceMs = 1000;
/** What a server wrote last may still be on its way when it is gone. */
const lastWordsMs = 100;

/**
 * `initialize` comes first: every server but one that speaks nothing but MCP 2026-07-28 answers it, and some end at
 * whatever else comes first. A refusal is followed by a fresh start. For a client of that revision, `initialize` says so, and
 * a server of both may refuse it for that.
 */
export function stdioDriver(config: StdioConfig, deps: StdioDeps): Driver {
	const eras = new Eras({
		protocol: config.protocol,
		likely: 'older',
		server: JSON.stringify([config.command, config.args, config.cwd]),
		memory: deps.eras,
		mayBeOther: (tried, error) => {
			// Whatever displeased a server about a request that it might not know: the next one is as it always was.
			if (tried === 'either') return !(error instanceof TrapgateError && error.code === 'D102');
			return tried === 'modern' || error instanceof Refusal;
		},
	});
	return new RemoteDriver(config, deps, { eras, connect: (lines) => startServer(config, deps, lines) });
}

async function startServer(config: StdioConfig, deps: StdioDeps, lines: LogLines): Promise<Connection> {
	const { cwd, args } = config;
	const env = childEnvironment(deps.env, config.env);
	const isDirectory = await stat(cwd).then(
		(found) => found.isDirectory(),
		() => false,
	);
	if (!isDirectory) throw new TrapgateError('D101', `the working directory \`${cwd}\` is not a directory`);
	const file = await findProgram(config.command, env['PATH'] ?? defaultPath, cwd);
	const sandbox = await deps.sandbox?.prepare({ argv: [file, ...args], cwd, env });
	const program = sandbox === undefined ? { file, args, cwd, env } : confinedProgram(sandbox);
	const tree = await deps.reaper.start({ ...program, stdin: 'pipe' }).catch(async (error: unknown) => {
		await sandbox?.close();
		throw error;
	});
	lines.follow(tree.stderr, 'info');
	const end = async () => {
		await endServer(tree);
		await sandbox?.close();
	};
	return { channel: serverChannel(tree, lines), trouble: undefined, end };
}

/** The lines of the server; how its process ended is the reason they do. */
function serverChannel(tree: ProcessTree, lines: LogLines): Channel {
	if (tree.stdin === undefined) throw new TypeError('a server needs an input');
	const channel = lineChannel({ input: tree.stdout, output: tree.stdin, from: 'driver' });
	return {
		async start(events) {
			let isTold = false;
			const tell = (reason: string) => {
				if (!isTold) events.close(reason);
				isTold = true;
			};
			const quiet = Promise.all(
				[tree.stdout, tree.stderr].map((stream) => finished(stream, { writable: false }).catch(() => undefined)),
			);
			// A child of the server may hold its output open; the server is gone all the same.
			void tree.exit.then(async (exit) => {
				await within(quiet, lastWordsMs);
				tell(`the server ended ${describe(exit)}${lines.last === '' ? '' : `; its last words: ${lines.last}`}`);
			});
			const closed = async (reason: string) => {
				const exit = await within(tree.exit, 2 * lastWordsMs);
				if (exit === undefined) tell(reason);
			};
			await channel.start({ ...events, close: (reason) => void closed(reason) });
		},
		send: (text, related) => channel.send(text, related),
		close: () => channel.close(),
	};
}

/** The server's input is being closed meanwhile. */
async function endServer(tree: ProcessTree): Promise<void> {
	tree.stdin?.end();
	await within(tree.exit, endOfInputMs);
	await tree.end(termGraceMs);
	for (const stream of [tree.stdin, tree.stdout, tree.stderr]) stream?.destroy();
}

function describe({ code, signal }: Exit): string {
	return signal === undefined ? `with exit code ${code ?? 'unknown'}` : `by signal ${signal}`;
}
