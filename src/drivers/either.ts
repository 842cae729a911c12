// The conversation with a server that may be of both eras, for a client of the newer one: the server itself says which it takes.
import type { Introduction, ListKind, Note, Reply } from '../abi/driver.ts';
import type { JsonObject } from '../abi/json.ts';
import type { Incoming } from '../wire/link.ts';
import { type AskOptions, type Conversation, olderConversation, type Parties } from './conversation.ts';
import { wrapFor } from './envelope.ts';
import { Refusal } from './introduce.ts';

/**
 * Begins with `initialize`, as with any server, and says in it what every request of MCP 2026-07-28 says of itself. A server of
 * older revisions has no use for that, and answers. One that speaks the newer revision, too, takes it for a request of that one,
 * which has no `initialize`, and refuses; then it is asked what it is, over the same connection.
 */
export class EitherConversation implements Conversation {
	readonly #newer: () => Conversation;
	#current: Conversation;

	constructor(parties: Parties, newer: () => Conversation) {
		this.#newer = newer;
		this.#current = olderConversation(parties, wrapFor(parties.hello));
	}

	readonly hears = {
		request: (incoming: Incoming): Promise<Reply> => this.#current.hears.request(incoming),
		note: (note: Note): void => this.#current.hears.note(note),
	};

	async introduce(): Promise<Introduction> {
		try {
			return await this.#current.introduce();
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			this.#current = this.#newer();
			return this.#current.introduce();
		}
	}

	request(method: string, params: JsonObject, options: AskOptions): Promise<Reply> {
		return this.#current.request(method, params, options);
	}

	list(kind: ListKind): Promise<readonly JsonObject[]> {
		return this.#current.list(kind);
	}

	isCurrent(kind: ListKind): boolean | undefined {
		return this.#current.isCurrent(kind);
	}

	notify(note: Note): void {
		this.#current.notify(note);
	}

	end(): void {
		this.#current.end();
	}
}
