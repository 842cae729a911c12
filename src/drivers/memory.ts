// A driver without a server, for tests: it answers from a script and remembers what it was asked.
import type { CancelSignal } from '../abi/cancel.ts';
import type {
	Driver,
	DriverHost,
	DriverTrouble,
	Exchange,
	Hello,
	Introduction,
	ListKind,
	Note,
	Reply,
} from '../abi/driver.ts';
import { type JsonObject, member, stringMember } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import type { Permit } from '../abi/permit.ts';
import { TrapgateError } from '../abi/problem.ts';
import type { Syscall } from '../abi/syscall.ts';
import { errorReply, resultReply } from '../wire/message.ts';
import { spendPermit } from './spend-permit.ts';

/** What an answer may do while it is made. */
export interface Doing {
	readonly signal: CancelSignal;
	/** Sends progress for this call, under the token it came with; nothing when it came with none. */
	progress(params: JsonObject): void;
	/** Asks the client; with a `key` as servers of 2026-07-28 do. */
	ask(method: string, params?: JsonObject, key?: string): Promise<Reply>;
	note(method: string, params?: JsonObject): void;
}

/** The result of a tool, or a function that makes the whole reply. */
export type Answer = JsonObject | ((call: Syscall, doing: Doing) => Reply | Promise<Reply>);

export interface MemoryScript {
	readonly tools?: readonly JsonObject[];
	readonly prompts?: readonly JsonObject[];
	readonly resources?: readonly JsonObject[];
	readonly resourceTemplates?: readonly JsonObject[];
	/** Default: each kind that has a list, with `listChanged`. */
	readonly capabilities?: JsonObject;
	readonly instructions?: string;
	/** By tool name; a tool without an answer is unknown. */
	readonly answers?: Readonly<Record<string, Answer>>;
	/** Answers everything that is no tool call; default: no such method. */
	readonly otherwise?: (call: Syscall, doing: Doing) => Reply | Promise<Reply>;
	/** Makes `open` fail. */
	readonly failure?: TrapgateError;
}

const listChanged: Readonly<Record<ListKind, string>> = {
	tools: 'notifications/tools/list_changed',
	prompts: 'notifications/prompts/list_changed',
	resources: 'notifications/resources/list_changed',
	resourceTemplates: 'notifications/resources/list_changed',
};

export function memoryDriver(name: DriverName, script: MemoryScript = {}): MemoryDriver {
	return new MemoryDriver(name, script);
}

export class MemoryDriver implements Driver {
	readonly name: DriverName;
	/** Every permitted call, in order. */
	readonly calls: Syscall[] = [];
	/** Every notification of the client, in order. */
	readonly notes: Note[] = [];
	readonly #script: MemoryScript;
	readonly #lists: Record<ListKind, readonly JsonObject[]>;
	#host: DriverHost | undefined;
	#hello: Hello | undefined;
	#state: 'new' | 'up' | 'down' | 'closed' = 'new';
	/** The calls in flight, each as the function that fails it. */
	readonly #inFlight = new Set<(why: string) => void>();
	#held: Promise<void> = Promise.resolve();

	constructor(name: DriverName, script: MemoryScript) {
		this.name = name;
		this.#script = script;
		const { tools = [], prompts = [], resources = [], resourceTemplates = [] } = script;
		this.#lists = { tools, prompts, resources, resourceTemplates };
	}

	async open(host: DriverHost, hello: Hello): Promise<Introduction> {
		if (this.#state !== 'new') throw new TrapgateError('D101', `driver ${this.name} was opened before, or is closed`);
		if (this.#script.failure !== undefined) throw this.#script.failure;
		this.#host = host;
		this.#hello = hello;
		this.#state = 'up';
		return this.introduction();
	}

	async list(kind: ListKind): Promise<readonly JsonObject[]> {
		if (this.#state !== 'up') throw new TrapgateError('D104', `driver ${this.name} is not up`);
		return this.#lists[kind];
	}

	async call(permit: Permit, exchange: Exchange): Promise<Reply> {
		const call = spendPermit(permit, this.name);
		if (this.#state !== 'up') return errorReply(-32000, `driver ${this.name} is not up`);
		this.calls.push(call);
		const { signal } = exchange;
		const cancelled = errorReply(-32000, 'the request was cancelled');
		if (signal.aborted) return cancelled;
		return new Promise((resolve, reject) => {
			const settle = (reply: Reply) => {
				this.#inFlight.delete(fail);
				signal.removeEventListener('abort', cancel);
				resolve(reply);
			};
			const fail = (why: string) => settle(errorReply(-32000, why));
			const cancel = () => settle(cancelled);
			this.#inFlight.add(fail);
			signal.addEventListener('abort', cancel, { once: true });
			this.#held.then(() => this.#answer(call, exchange)).then(settle, reject);
		});
	}

	notify(note: Note): void {
		if (this.#state === 'up') this.notes.push(note);
	}

	async close(): Promise<void> {
		this.#state = 'closed';
		this.#failAll(`driver ${this.name} is closed`);
	}

	/** What the client is told about the server. */
	introduction(): Introduction {
		const { instructions } = this.#script;
		const offered = (['tools', 'prompts', 'resources'] as const).filter((kind) => this.#lists[kind].length > 0);
		const capabilities =
			this.#script.capabilities ?? Object.fromEntries(offered.map((kind) => [kind, { listChanged: true }]));
		const protocolVersion = this.#hello?.protocolVersion ?? '2025-11-25';
		const serverInfo = { name: this.name, version: '1.0.0' };
		const known = {
			protocolVersion,
			capabilities,
			serverInfo,
			...(instructions === undefined ? {} : { instructions }),
		};
		return { ...known, result: known };
	}

	/** Replaces a list and says so to the client. */
	setList(kind: ListKind, entries: readonly JsonObject[]): void {
		this.#lists[kind] = entries;
		this.emit(listChanged[kind]);
	}

	/** Sends a notification. */
	emit(method: string, params?: JsonObject): void {
		if (this.#state === 'up') this.#host?.note({ method, params, extra: {} });
	}

	/** Asks the client, on behalf of no call. */
	async ask(method: string, params?: JsonObject, signal: CancelSignal = new AbortController().signal): Promise<Reply> {
		if (this.#host === undefined) return errorReply(-32000, `driver ${this.name} was not opened`);
		return this.#host.request(method, params, {}, signal);
	}

	/** From now on calls wait, until the function that is returned is called. */
	hold(): () => void {
		let release = () => {};
		this.#held = new Promise((resolve) => {
			release = resolve;
		});
		return () => release();
	}

	/** The server ends: calls in flight fail. */
	die(
		trouble: DriverTrouble = { code: 'D104', message: 'the server ended' },
		retryInMs: number | undefined = 500,
	): void {
		if (this.#state !== 'up') return;
		this.#state = 'down';
		this.#failAll(trouble.message);
		this.#host?.down(trouble, retryInMs);
	}

	/** The server is back. */
	comeBack(): void {
		if (this.#state !== 'down') return;
		this.#state = 'up';
		this.#host?.up(this.introduction());
	}

	#failAll(why: string): void {
		for (const fail of [...this.#inFlight]) fail(why);
	}

	async #answer(call: Syscall, exchange: Exchange): Promise<Reply> {
		const doing = this.#doing(call, exchange);
		if (call.method !== 'tools/call') {
			return this.#script.otherwise?.(call, doing) ?? errorReply(-32601, `no such method: ${call.method}`);
		}
		const tool = stringMember(call.params, 'name') ?? '';
		const answers = this.#script.answers ?? {};
		const answer = Object.hasOwn(answers, tool) ? answers[tool] : undefined;
		if (answer === undefined) return errorReply(-32602, `unknown tool: ${tool}`);
		return typeof answer === 'function' ? answer(call, doing) : resultReply(answer);
	}

	#doing(call: Syscall, exchange: Exchange): Doing {
		const token = member(member(call.params, '_meta'), 'progressToken');
		return {
			signal: exchange.signal,
			progress: (params) => {
				if (token === undefined) return;
				exchange.progress({ method: 'notifications/progress', params: { ...params, progressToken: token }, extra: {} });
			},
			ask: (method, params, key) =>
				key === undefined || exchange.ask === undefined
					? this.ask(method, params, exchange.signal)
					: exchange.ask(method, params, {}, exchange.signal, key),
			note: (method, params) => this.emit(method, params),
		};
	}
}
