// Conversation: what a driver does over one connection, in the words of one era of MCP.
import type { DriverHost, Exchange, Hello, Introduction, ListKind, Note, Reply } from '../abi/driver.ts';
import type { JsonObject } from '../abi/json.ts';
import type { Link, LinkEvents, RequestOptions } from '../wire/link.ts';
import type { Wrap } from './envelope.ts';
import { introduce, type JunkCount } from './introduce.ts';
import { readPages } from './pages.ts';

/** How one request is asked; `ask` puts questions of the server to the client that the request is for. */
export type AskOptions = RequestOptions & Pick<Exchange, 'ask'>;

export interface Conversation {
	/** What becomes of what the server says by itself. */
	readonly hears: Pick<LinkEvents, 'request' | 'note'>;
	/** Throws TrapgateError with a D code when the server can't be used. */
	introduce(): Promise<Introduction>;
	request(method: string, params: JsonObject, options: AskOptions): Promise<Reply>;
	list(kind: ListKind): Promise<readonly JsonObject[]>;
	/** Undefined where the era has no word about that. */
	isCurrent(kind: ListKind): boolean | undefined;
	notify(note: Note): void;
	/** Nothing is said any more. */
	end(): void;
}

/** What a conversation is made from. */
export interface Parties {
	readonly link: Link;
	readonly junk: JunkCount;
	readonly host: DriverHost;
	readonly hello: Hello;
	/** For the introduction, and for each page of a list. */
	readonly timeoutMs: number;
}

/** MCP up to 2025-11-25: the link says everything as it is. `wrap` adds to `initialize`. */
export function olderConversation({ link, junk, host, hello, timeoutMs }: Parties, wrap?: Wrap): Conversation {
	return {
		hears: {
			request: ({ method, params, extra, signal }) => host.request(method, params, extra, signal),
			note: (note) => host.note(note),
		},
		introduce: () => introduce(link, junk, hello, { timeoutMs, ...(wrap === undefined ? {} : { wrap }) }),
		request: (method, params, options) => link.request(method, params, options),
		list: (kind) => readPages(kind, (method, params) => link.request(method, params, { timeoutMs })),
		isCurrent: () => undefined,
		notify: (note) => void link.notify(note),
		end: () => undefined,
	};
}
