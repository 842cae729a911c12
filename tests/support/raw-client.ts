// A client without a library: sends any line, sees every byte.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

interface Waiter {
	readonly wants: (line: string) => boolean;
	readonly resolve: (line: string) => void;
	readonly reject: (error: Error) => void;
}

export class RawClient {
	readonly process: ChildProcess;
	/** Every line that came. */
	readonly lines: string[] = [];
	stderr = '';
	#rest = '';
	readonly #waiters = new Set<Waiter>();
	#ended = false;

	constructor(command: readonly string[], env: Record<string, string>, cwd?: string) {
		const [program = '', ...args] = command;
		this.process = spawn(program, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
		this.process.stdin?.on('error', () => undefined);
		this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
			this.stderr += text;
		});
		this.process.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
		this.process.on('close', () => {
			this.#ended = true;
			for (const waiter of this.#waiters) waiter.reject(new Error(`the process ended: ${this.stderr.slice(-2000)}`));
		});
	}

	send(line: string): void {
		this.process.stdin?.write(`${line}\n`);
	}

	/** The first line, from now on or not yet asked for, that `wants` says yes to. */
	line(wants: (line: string) => boolean): Promise<string> {
		const held = this.lines.find(wants);
		if (held !== undefined) return Promise.resolve(held);
		if (this.#ended) return Promise.reject(new Error(`the process ended: ${this.stderr.slice(-2000)}`));
		return new Promise((resolve, reject) => {
			this.#waiters.add({ wants, resolve, reject });
		});
	}

	/** Sends a request and resolves with the response as it came, parsed. */
	async request(id: string | number, method: string, params: object = {}): Promise<Record<string, any>> {
		this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
		return JSON.parse(await this.answerTo(id)) as Record<string, unknown>;
	}

	answerTo(id: string | number): Promise<string> {
		return this.line((line) => {
			const message = parsed(line);
			return message?.['id'] === id && message['method'] === undefined;
		});
	}

	async initialize(capabilities: object = {}, protocolVersion = '2025-11-25'): Promise<Record<string, any>> {
		const reply = await this.request('init', 'initialize', {
			protocolVersion,
			capabilities,
			clientInfo: { name: 'raw', version: '1' },
		});
		this.send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }));
		return reply;
	}

	/** Ends its input and resolves with the exit code. */
	async end(): Promise<number | null> {
		if (this.#ended) return this.process.exitCode;
		this.process.stdin?.end();
		const [code] = (await once(this.process, 'close')) as [number | null];
		return code;
	}

	async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
		if (this.#ended) return;
		const closed = once(this.process, 'close');
		this.process.kill(signal);
		await closed;
	}

	#take(text: string): void {
		const parts = (this.#rest + text).split('\n');
		this.#rest = parts.pop() ?? '';
		for (const line of parts) {
			this.lines.push(line);
			for (const waiter of this.#waiters) {
				if (!waiter.wants(line)) continue;
				this.#waiters.delete(waiter);
				waiter.resolve(line);
			}
		}
	}
}

function parsed(line: string): Record<string, unknown> | undefined {
	try {
		return JSON.parse(line) as Record<string, unknown>;
	} catch {
		return undefined;
	}
}
