// A client of one process, as small as it can be, so that what is measured is what stands between.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { openHttp } from './http-edge.ts';
import { endMarked } from './processes.ts';
import { openStdio } from './stdio-edge.ts';
import type { Way } from './ways.ts';

export interface Client {
	readonly pid: number;
	/** What everything that it started has in its environment, unless somebody cleaned that. */
	readonly mark: string;
	/** Introduces itself, and waits until both tools are in the list. */
	introduce(): Promise<ToolNames>;
	ask(method: string, params: object): Promise<Answer>;
	/** Ends the input or the process, and whatever it left behind. */
	close(): Promise<void>;
}

/** What the driver's tools are called on this way. */
export interface ToolNames {
	readonly echo: string;
	readonly blob: string;
}

export interface Answer {
	readonly error?: unknown;
	readonly result?: {
		readonly tools?: readonly { readonly name: string }[];
		readonly content?: readonly { readonly text: string }[];
		readonly protocolVersion?: string;
	};
}

/** How messages go out; those that come are handed to `take`. */
export interface Edge {
	/** Rejects when the message was not taken. */
	send(text: string): Promise<void> | void;
	close(): void;
}

const mark = 'TRAPGATE_BENCH_MARK';
const mostWaitMs = 30_000;
const pollMs = 2;

export function connect({ argv, speaks, home }: Way, place: { env: NodeJS.ProcessEnv; folder: string }): Client {
	const token = randomUUID();
	const [program = '', ...args] = argv;
	const child = spawn(program, args, {
		env: { ...(home === undefined ? place.env : atHome(place.env, home)), [mark]: token },
		cwd: place.folder,
		stdio: ['pipe', 'pipe', 'ignore'],
	});
	const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
	const ended = once(child, 'exit').then(([code, signal]) => {
		const error = new Error(`it ended with ${code ?? signal}`);
		for (const { reject } of waiting.values()) reject(error);
	});
	const take = (text: string) => {
		const message = JSON.parse(text) as Answer & { id?: number; method?: string };
		if (message.id === undefined || message.method !== undefined) return;
		waiting.get(message.id)?.resolve(message);
		waiting.delete(message.id);
	};
	const edge = speaks.kind === 'stdio' ? openStdio(child, take) : openHttp(child, speaks, take);
	let last = 0;
	const ask = (method: string, params: object): Promise<Answer> => {
		const id = ++last;
		return new Promise((resolve, reject) => {
			waiting.set(id, { resolve, reject });
			edge.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))?.catch(reject);
		});
	};
	return {
		pid: child.pid ?? 0,
		mark: token,
		ask,
		introduce: () => introduce(child, ask, (text) => edge.send(text)),
		async close() {
			edge.close();
			await Promise.race([ended, sleep(3000, undefined, { ref: false })]);
			endMarked(token);
			await ended;
		},
	};
}

async function introduce(child: ChildProcess, ask: Client['ask'], send: Edge['send']): Promise<ToolNames> {
	const clientInfo = { name: 'bench', version: '1' };
	const isOver = after(mostWaitMs);
	for (;;) {
		try {
			const { error } = await ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
			if (error === undefined) break;
			throw new Error(JSON.stringify(error));
		} catch (error) {
			// Over HTTP nobody listens at first.
			if (isOver() || child.exitCode !== null) throw error;
			await sleep(pollMs);
		}
	}
	await send('{"jsonrpc":"2.0","method":"notifications/initialized"}');
	for (;;) {
		const names = ((await ask('tools/list', {})).result?.tools ?? []).map(({ name }) => name);
		const [echo, blob] = ['echo', 'blob'].map((tool) =>
			names.find((name) => name === tool || name.endsWith(`_${tool}`) || name.endsWith(`.${tool}`)),
		);
		if (echo !== undefined && blob !== undefined) return { echo, blob };
		if (isOver()) throw new Error(`it never listed the tools, but ${names.join(', ')}`);
		await sleep(pollMs);
	}
}

function atHome(env: NodeJS.ProcessEnv, home: string): NodeJS.ProcessEnv {
	const own = Object.entries(env).filter(([name]) => !name.startsWith('XDG_'));
	return { ...Object.fromEntries(own), HOME: home };
}

function after(timeMs: number): () => boolean {
	const began = performance.now();
	return () => performance.now() - began > timeMs;
}
