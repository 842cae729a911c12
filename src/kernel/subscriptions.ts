// What clients of 2026-07-28 want to hear of: one long request each, its notifications marked with its id.
import type { CancelSignal } from '../abi/cancel.ts';
import type { Note, Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import { metaKeys } from '../abi/protocol.ts';
import { abortSignalOf } from '../wire/cancellation.ts';
import type { Incoming } from '../wire/link.ts';
import { errorReply, resultReply } from '../wire/message.ts';
import { idValue } from '../wire/modern-result.ts';

/** What a subscription needs of the session that it is made in. */
export interface Subscribable {
	/** Of the capabilities that the client was told of. */
	offers(capability: 'prompts' | 'resources'): Promise<boolean>;
	/** Subscribes to or unsubscribes from one resource, as a call of the client. */
	watch(method: 'resources/subscribe' | 'resources/unsubscribe', uri: string, signal: CancelSignal): Promise<Reply>;
}

interface Subscription {
	readonly filter: JsonObject;
	readonly uris: ReadonlySet<string>;
	send(note: Note): void;
}

const maxUris = 256;
const kinds = {
	'notifications/tools/list_changed': 'toolsListChanged',
	'notifications/prompts/list_changed': 'promptsListChanged',
	'notifications/resources/list_changed': 'resourcesListChanged',
} as const;

export class Subscriptions {
	readonly #open = new Set<Subscription>();
	/** Those that are not acknowledged yet, too. */
	#size = 0;
	readonly #watched = new Map<string, number>();
	readonly #session: Subscribable;

	constructor(session: Subscribable) {
		this.#session = session;
	}

	get size(): number {
		return this.#size;
	}

	/** Does somebody subscribe to what this says? Then it goes there and nowhere else. */
	tell(note: Note): boolean {
		const isUpdate = note.method === 'notifications/resources/updated';
		if (!isUpdate && !Object.hasOwn(kinds, note.method)) return false;
		const kind = kinds[note.method as keyof typeof kinds];
		const uri = stringMember(note.params, 'uri') ?? '';
		for (const { filter, uris, send } of this.#open) {
			if (isUpdate ? uris.has(uri) : filter[kind] === true) send(note);
		}
		return true;
	}

	/** Answers `subscriptions/listen`: acknowledges, and stays until the client leaves or `closing` aborts. */
	async listen(
		{ id, signal }: Pick<Incoming, 'id' | 'signal'>,
		params: JsonObject,
		notify: (note: Note) => void,
		closing: AbortSignal,
	): Promise<Reply> {
		const wanted = params['notifications'];
		if (!isJsonObject(wanted)) return errorReply(-32602, '`notifications` must be an object');
		const asked = wanted['resourceSubscriptions'] ?? [];
		if (!Array.isArray(asked) || !asked.every((uri) => typeof uri === 'string') || asked.length > maxUris)
			return errorReply(-32602, `\`resourceSubscriptions\` must be an array of at most ${maxUris} URIs`);
		const uris = new Set<string>();
		this.#size += 1;
		try {
			for (const uri of new Set(asked as readonly string[])) if (await this.#watch(uri, signal)) uris.add(uri);
			const filter: JsonObject = {
				...(wanted['toolsListChanged'] === true ? { toolsListChanged: true } : {}),
				...((await this.#isHonoured(wanted, 'promptsListChanged', 'prompts')) ? { promptsListChanged: true } : {}),
				...((await this.#isHonoured(wanted, 'resourcesListChanged', 'resources'))
					? { resourcesListChanged: true }
					: {}),
				...(uris.size === 0 ? {} : { resourceSubscriptions: [...uris] }),
			};
			const meta = { [metaKeys.subscriptionId]: idValue(id) };
			const send = (note: Note) => {
				const own = member(note.params, '_meta');
				notify({ ...note, params: { ...note.params, _meta: { ...(isJsonObject(own) ? own : {}), ...meta } } });
			};
			// Nothing may come before the acknowledgement.
			send({ method: 'notifications/subscriptions/acknowledged', params: { notifications: filter }, extra: {} });
			const subscription = { filter, uris, send };
			this.#open.add(subscription);
			await aborted(AbortSignal.any([abortSignalOf(signal), closing]));
			this.#open.delete(subscription);
			return resultReply({ _meta: meta as Readonly<Record<string, Json>> });
		} finally {
			this.#size -= 1;
			await Promise.all([...uris].map((uri) => this.#unwatch(uri, closing)));
		}
	}

	async #isHonoured(wanted: JsonObject, key: string, capability: 'prompts' | 'resources'): Promise<boolean> {
		return wanted[key] === true && (await this.#session.offers(capability));
	}

	/** A resource that may not be watched, or is not there, is left out of what is acknowledged: both look alike. */
	async #watch(uri: string, signal: CancelSignal): Promise<boolean> {
		const held = this.#watched.get(uri) ?? 0;
		if (held === 0 && !(await this.#session.watch('resources/subscribe', uri, signal)).ok) return false;
		this.#watched.set(uri, (this.#watched.get(uri) ?? 0) + 1);
		return true;
	}

	async #unwatch(uri: string, closing: AbortSignal): Promise<void> {
		const left = (this.#watched.get(uri) ?? 1) - 1;
		if (left > 0) this.#watched.set(uri, left);
		else {
			this.#watched.delete(uri);
			if (!closing.aborted) await this.#session.watch('resources/unsubscribe', uri, new AbortController().signal);
		}
	}
}

function aborted(signal: CancelSignal): Promise<void> {
	if (signal.aborted) return Promise.resolve();
	return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
