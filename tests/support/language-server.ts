// Drives yaml-language-server, the program behind VS Code's YAML extension, over LSP on stdio (LSP 3.17).
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface Position {
	/** 0-based, as in LSP. */
	readonly line: number;
	readonly character: number;
}

export interface Diagnostic {
	readonly range: { readonly start: Position; readonly end: Position };
	readonly message: string;
}

export interface Completion {
	readonly label: string;
	readonly documentation?: string | { readonly value: string };
}

export interface LanguageServer {
	/** Opens a text as if it stood at `path`; resolves with what the server finds wrong with it. */
	open(path: string, text: string): Promise<readonly Diagnostic[]>;
	/** Of a text that is open. */
	complete(path: string, position: Position): Promise<readonly Completion[]>;
	hover(path: string, position: Position): Promise<string>;
	/** How many requests went where the schema store would be. */
	storeRequests(): number;
	close(): Promise<void>;
}

const folder = (path: string) => fileURLToPath(new URL(`../inspector/node_modules/${path}`, import.meta.url));
const server = folder('yaml-language-server/bin/yaml-language-server');

interface Message {
	readonly id?: number;
	readonly method?: string;
	readonly params?: unknown;
	readonly result?: unknown;
	readonly error?: { readonly message: string };
}

/** The server with the settings of somebody who uses no schema store; its address is ours, so that a look-up would show. */
export async function startLanguageServer(): Promise<LanguageServer> {
	if (!existsSync(server)) throw new Error('tests/inspector is not installed: node scripts/setup.mjs --tests');
	const store = await startStore();
	const settings = {
		yaml: {
			validate: true,
			hover: true,
			completion: true,
			schemaStore: { enable: false, url: `http://127.0.0.1:${(store.address() as AddressInfo).port}/catalog.json` },
		},
	};
	const child = spawn(folder('node/bin/node'), [server, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
	const client = new Client(child, settings);
	const capabilities = {
		workspace: { configuration: true },
		textDocument: {
			hover: { contentFormat: ['markdown'] },
			completion: { completionItem: { documentationFormat: ['markdown'] } },
		},
	};
	await client.ask('initialize', { processId: process.pid, rootUri: null, capabilities });
	client.tell('initialized', {});
	client.tell('workspace/didChangeConfiguration', { settings });
	await client.configured;
	return {
		async open(path, text) {
			const uri = pathToFileURL(path).href;
			const published = client.published(uri);
			client.tell('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
			return published;
		},
		async complete(path, position) {
			const found = await client.ask('textDocument/completion', at(path, position));
			return (Array.isArray(found) ? found : ((found as { items?: Completion[] } | null)?.items ?? [])) as Completion[];
		},
		async hover(path, position) {
			const found = (await client.ask('textDocument/hover', at(path, position))) as { contents?: unknown } | null;
			const contents = found?.contents ?? '';
			return typeof contents === 'string' ? contents : (contents as { value: string }).value;
		},
		storeRequests: () => store.requests,
		async close() {
			await client.ask('shutdown', null);
			client.tell('exit', null);
			await client.ended;
			store.close();
		},
	};
}

function at(path: string, position: Position) {
	return { textDocument: { uri: pathToFileURL(path).href }, position };
}

async function startStore(): Promise<Server & { requests: number }> {
	const counting = Object.assign(
		createServer((_, response) => {
			counting.requests += 1;
			response.end('{"schemas":[]}');
		}),
		{ requests: 0 },
	);
	await new Promise<void>((resolve) => counting.listen(0, '127.0.0.1', resolve));
	return counting;
}

/** The client's side of the connection: every wait ends with a message, or with the server. */
class Client {
	readonly #child: ChildProcessByStdio<Writable, Readable, null>;
	readonly #answers = new Map<number, (message: Message) => void>();
	readonly #readers = new Map<string, (found: readonly Diagnostic[]) => void>();
	readonly #settings: Readonly<Record<string, unknown>>;
	readonly ended: Promise<void>;
	/** Resolves when the server has asked for its settings. */
	readonly configured: Promise<void>;
	#onConfigured: () => void = () => undefined;
	#buffer = Buffer.alloc(0);
	#lastId = 0;

	constructor(child: ChildProcessByStdio<Writable, Readable, null>, settings: Readonly<Record<string, unknown>>) {
		this.#child = child;
		this.#settings = settings;
		this.ended = new Promise((resolve) => child.once('exit', () => resolve()));
		this.configured = new Promise((resolve) => {
			this.#onConfigured = resolve;
		});
		child.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
	}

	async ask(method: string, params: unknown): Promise<unknown> {
		const id = ++this.#lastId;
		const answered = new Promise<Message>((resolve) => this.#answers.set(id, resolve));
		this.#send({ id, method, params });
		const gone = this.ended.then((): Message => ({ error: { message: 'the server ended' } }));
		const { result, error } = await Promise.race([answered, gone]);
		if (error !== undefined) throw new Error(`${method}: ${error.message}`);
		return result;
	}

	tell(method: string, params: unknown): void {
		this.#send({ method, params });
	}

	/** The next thing the server says of a text. */
	published(uri: string): Promise<readonly Diagnostic[]> {
		const said = new Promise<readonly Diagnostic[]>((resolve) => this.#readers.set(uri, resolve));
		const gone = this.ended.then((): never => {
			throw new Error('the server ended');
		});
		return Promise.race([said, gone]);
	}

	#send(message: Message): void {
		const body = JSON.stringify({ jsonrpc: '2.0', ...message });
		this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
	}

	#read(chunk: Buffer): void {
		this.#buffer = Buffer.concat([this.#buffer, chunk]);
		for (;;) {
			const head = this.#buffer.indexOf('\r\n\r\n');
			if (head === -1) return;
			const length = Number(/Content-Length: (\d+)/i.exec(this.#buffer.toString('latin1', 0, head))?.[1]);
			const end = head + 4 + length;
			if (this.#buffer.length < end) return;
			const message = JSON.parse(this.#buffer.toString('utf8', head + 4, end)) as Message;
			this.#buffer = this.#buffer.subarray(end);
			this.#take(message);
		}
	}

	#take({ id, method, params, result, error }: Message): void {
		if (method === undefined) {
			this.#answers.get(id ?? 0)?.({ ...(result === undefined ? {} : { result }), ...(error && { error }) });
		} else if (method === 'workspace/configuration' && id !== undefined) {
			const { items } = params as { items: readonly { readonly section?: string }[] };
			this.#send({ id, result: items.map(({ section = '' }) => this.#settings[section] ?? null) });
			this.#onConfigured();
		} else if (method === 'textDocument/publishDiagnostics') {
			const { uri, diagnostics } = params as { uri: string; diagnostics: readonly Diagnostic[] };
			this.#readers.get(uri)?.(diagnostics);
		} else if (id !== undefined) {
			this.#send({ id, result: null });
		}
	}
}
