// One remote MCP endpoint: its address, its configured headers, and how far a redirect is followed.
import { isUtf8 } from 'node:buffer';
import { member, stringMember } from '../abi/json.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { readJson } from './json.ts';

/** The part of `fetch` that is used; tests may bring their own. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface EndpointRequest {
	readonly method: 'POST' | 'GET' | 'DELETE';
	/** MCP's own headers; they win over configured ones. */
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string;
	readonly signal: AbortSignal;
}

const maxRedirects = 3;
/** What is shorter is a word, and its removal would garble the text. */
const shortestSecret = 6;

export class HttpEndpoint {
	/** How messages name it. The path and the query may hold secrets, so they are never shown. */
	readonly name: string;
	readonly #url: URL;
	readonly #headers: Headers;
	readonly #fetch: Fetch;

	/** Throws TrapgateError D101 for an address or a header that can't be used. */
	constructor(address: string, headers: Readonly<Record<string, string>>, fetch: Fetch) {
		this.#url = parseAddress(address);
		this.#headers = parseHeaders(headers);
		this.#fetch = fetch;
		this.name = this.#url.origin;
	}

	/** A text of the server without our configured header values, in case it shows what it was sent. */
	scrub(text: string): string {
		let scrubbed = text;
		for (const value of this.#headers.values()) {
			for (const secret of [value, ...value.split(/\s+/)]) {
				if (secret.length >= shortestSecret) scrubbed = scrubbed.replaceAll(secret, '***');
			}
		}
		return scrubbed;
	}

	/**
	 * Sends one request. Redirects are followed within the origin only: another one must see neither the configured
	 * headers nor what the client says. Throws an Error whose message may be shown.
	 */
	async ask({ method, headers, body, signal }: EndpointRequest): Promise<Response> {
		const all = new Headers(this.#headers);
		for (const [key, value] of Object.entries(headers)) all.set(key, value);
		let url = this.#url;
		for (let hops = 0; ; hops += 1) {
			const init = {
				method,
				headers: all,
				signal,
				redirect: 'manual',
				...(body === undefined ? {} : { body }),
			} as const;
			const response = await this.#fetch(url.href, init).catch((error: unknown) => {
				throw new Error(`${this.name} can't be reached: ${causeText(error)}`, { cause: error });
			});
			const location = response.headers.get('location');
			if (response.status < 300 || response.status > 399 || location === null) return response;
			await discard(response);
			const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
			if (next?.origin !== url.origin)
				throw new Error(`${this.name} redirects to another origin, which is not followed`);
			// 301 to 303 turn a POST into a GET, which is not what was asked.
			const keepsMethod = method === 'GET' || response.status === 307 || response.status === 308;
			if (!keepsMethod || hops === maxRedirects)
				throw new Error(`${this.name} redirects in a way that is not followed`);
			url = next;
		}
	}
}

/** The whole body as text. Throws an Error when it is over the limit or not UTF-8. */
export async function readText(response: Response, maxBytes: number): Promise<string> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of response.body ?? []) {
		size += chunk.length;
		if (size > maxBytes) throw new TrapgateError('W103', `a response of more than ${maxBytes} bytes`);
		chunks.push(chunk);
	}
	const body = Buffer.concat(chunks, size);
	if (!isUtf8(body)) throw new TrapgateError('W101', 'a response that is not valid UTF-8');
	return body.toString('utf8');
}

/** What the body of a refusal says, where it is a JSON-RPC error. */
export async function explanation(response: Response): Promise<string> {
	const text = await readText(response, 64 * 1024).catch(() => '');
	const read = readJson(text);
	const message = read.ok ? stringMember(member(read.value, 'error'), 'message') : undefined;
	return message === undefined ? '' : `: ${message.slice(0, 300)}`;
}

/** Frees the connection of a response nobody reads. */
export async function discard(response: Response): Promise<void> {
	await response.body?.cancel().catch(() => undefined);
}

/** `application/json; charset=utf-8` → `application/json`. */
export function mediaType(response: Response): string {
	return (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function parseAddress(address: string): URL {
	const url = URL.canParse(address) ? new URL(address) : undefined;
	if (url === undefined) throw new TrapgateError('D101', 'the address of the server is not a URL');
	if (url.protocol !== 'https:' && url.protocol !== 'http:') {
		throw new TrapgateError(
			'D101',
			`the address of the server must start with https:// or http://, not ${url.protocol}`,
		);
	}
	if (url.username !== '' || url.password !== '') {
		throw new TrapgateError('D101', `the address of ${url.origin} holds credentials`, {
			help: 'put them into `headers`, from the environment',
		});
	}
	return url;
}

/** The platform's own message for a bad header shows its value, which is a secret as often as not. */
function parseHeaders(headers: Readonly<Record<string, string>>): Headers {
	const parsed = new Headers();
	for (const [key, value] of Object.entries(headers)) {
		try {
			parsed.set(key, value);
		} catch {
			throw new TrapgateError(
				'D101',
				`the header ${JSON.stringify(key)} has a name or a value that HTTP does not allow`,
			);
		}
	}
	return parsed;
}

/** `fetch failed` says nothing; what it was caused by does. */
function causeText(error: unknown): string {
	const cause = error instanceof Error ? error.cause : undefined;
	if (cause instanceof Error) return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
	return errorText(error);
}
