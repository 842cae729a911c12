// The conversation of MCP 2026-07-28, as the kernel knows conversations: the older words in, the newer ones out, and back.
import type { Introduction, ListKind, Note, Reply } from '../abi/driver.ts';
import { type JsonObject, member, stringMember } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import { isModernErrorCode, metaKeys, modernErrors } from '../abi/protocol.ts';
import { rawOf } from '../wire/json.ts';
import { errorReply, resultReply } from '../wire/message.ts';
import type { AskOptions, Conversation, Parties } from './conversation.ts';
import { discover } from './discover.ts';
import { type Wrap, wrapFor } from './envelope.ts';
import { Listening } from './listening.ts';
import type { MirroredTools } from './mirrored-parameters.ts';
import { readPages } from './pages.ts';
import { inRounds } from './rounds.ts';

/** What clients asked for that older servers keep themselves; here it outlives connections. */
export interface Standing {
	/** As set by `logging/setLevel`; each request says it. */
	logLevel: string | undefined;
	readonly subscribed: Set<string>;
}

export interface ModernOptions extends Parties {
	readonly name: DriverName;
	readonly standing: Standing;
	/** Where the server is reached over HTTP: what it wants to see in headers. */
	readonly mirrored: MirroredTools | undefined;
	readonly now: () => number;
	readonly schedule: (task: () => void, afterMs: number) => () => void;
	readonly random?: (() => number) | undefined;
	/** The connection is of no more use. */
	readonly lost: (reason: string) => void;
}

const levels: readonly (string | undefined)[] = [
	...['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'],
];
/** No list is that certain. */
const dayMs = 24 * 60 * 60_000;
/** Ours to say, or of the other era. */
const notForwarded: readonly string[] = ['initialize', 'ping', 'server/discover', 'subscriptions/listen'];
const endedNotes: readonly string[] = ['notifications/initialized', 'notifications/roots/list_changed'];

export class ModernConversation implements Conversation {
	readonly #options: ModernOptions;
	readonly #wrap: Wrap;
	readonly #listening: Listening;
	/** Until when a list that was read is what the server has. */
	readonly #freshUntil = new Map<ListKind, number>();

	constructor(options: ModernOptions) {
		const { link, host, standing, now, schedule, random, lost, hello } = options;
		this.#options = options;
		this.#wrap = wrapFor(hello);
		this.#listening = new Listening({
			link,
			wrap: this.#wrap,
			subscribed: standing.subscribed,
			note: (note) => host.note(note),
			warn: (text) => host.log('warn', text),
			...{ now, schedule, random, lost },
		});
	}

	readonly hears = {
		request: async ({ method }: { readonly method: string }): Promise<Reply> =>
			errorReply(-32601, `${method}: a server asks nothing by itself in this revision of MCP`),
		note: (note: Note): void => {
			if (note.method === 'notifications/subscriptions/acknowledged') this.#listening.acknowledged(note);
			else this.#options.host.note(withoutSubscription(note));
		},
	};

	async introduce(): Promise<Introduction> {
		const { link, junk, timeoutMs, name } = this.#options;
		const introduction = await discover(link, junk, this.#wrap({}), { timeoutMs, name });
		this.#listening.begin(introduction);
		return introduction;
	}

	async request(method: string, params: JsonObject, options: AskOptions): Promise<Reply> {
		const { standing } = this.#options;
		const uri = stringMember(params, 'uri');
		if (method === 'resources/subscribe' && uri !== undefined) return this.#listening.subscribe(uri);
		if (method === 'resources/unsubscribe' && uri !== undefined) return this.#listening.unsubscribe(uri);
		if (method === 'logging/setLevel') {
			const level = stringMember(params, 'level');
			if (!levels.includes(level)) return errorReply(-32602, '`level` must be one of the levels of MCP');
			standing.logLevel = level;
			return resultReply({});
		}
		if (notForwarded.includes(method)) return errorReply(-32601, `Method not found: ${method}`);
		return this.#inRounds(method, params, options);
	}

	async list(kind: ListKind): Promise<readonly JsonObject[]> {
		const { timeoutMs, mirrored, host, now } = this.#options;
		let freshUntil = Number.POSITIVE_INFINITY;
		const entries = await readPages(kind, async (method, params) => {
			const askedAt = now();
			const reply = await this.#inRounds(method, params, { timeoutMs });
			if (reply.ok) freshUntil = Math.min(freshUntil, askedAt + lifeMs(reply));
			return reply;
		});
		this.#freshUntil.set(kind, freshUntil);
		if (kind !== 'tools' || mirrored === undefined) return entries;
		return mirrored.learn(entries, (text) => host.log('warn', text));
	}

	/** Every change is told, or it is not yet as old as the server said it may become. */
	isCurrent(kind: ListKind): boolean {
		return this.#listening.covers(kind) || this.#options.now() < (this.#freshUntil.get(kind) ?? 0);
	}

	notify(note: Note): void {
		if (!endedNotes.includes(note.method)) void this.#options.link.notify(note);
	}

	end(): void {
		this.#listening.end();
	}

	#inRounds(method: string, params: JsonObject, options: AskOptions): Promise<Reply> {
		const { hello, host } = this.#options;
		return inRounds({
			method,
			ask: (answers) => this.#ask(method, params, answers, options),
			question: options.ask ?? ((...question) => host.request(...question)),
			signal: options.signal,
			isExtended: member(hello.capabilities, 'extensions') !== undefined,
		});
	}

	/** One request; the headers of an HTTP server are tried once more where it has other ideas of them than its list said. */
	async #ask(method: string, params: JsonObject, answers: JsonObject, options: AskOptions): Promise<Reply> {
		const { link, standing, mirrored } = this.#options;
		const send = () => link.request(method, { ...this.#wrap(params, standing.logLevel), ...answers }, options);
		const reply = await send();
		if (reply.ok) return reply;
		const isMismatch = codeOf(reply) === modernErrors.headerMismatch;
		if (!isMismatch || mirrored === undefined || method !== 'tools/call')
			return this.#translated(reply, method, params);
		await this.list('tools').catch(() => undefined);
		this.#options.host.note({ method: 'notifications/tools/list_changed', params: undefined, extra: {} });
		const again = await send();
		return again.ok ? again : this.#translated(again, method, params);
	}

	/** Errors as older servers give them. */
	#translated(reply: Reply, method: string, params: JsonObject): Reply {
		const code = codeOf(reply);
		const error = reply.body.value();
		if (code === -32602 && method === 'resources/read' && isAbout(member(error, 'data'), params)) {
			return { ...reply, body: rawOf({ ...(error as JsonObject), code: -32002 }) };
		}
		if (!isModernErrorCode(code)) return reply;
		const message = (stringMember(error, 'message') ?? '').slice(0, 500);
		if (code === modernErrors.unsupportedProtocolVersion)
			this.#options.lost('the server no longer speaks the revision of MCP that it was found to speak');
		if (code !== modernErrors.missingClientCapability) return errorReply(-32603, `the server refused: ${message}`);
		const named = Object.keys(member(member(error, 'data'), 'requiredCapabilities') ?? {});
		const missing = named.slice(0, 10).map((name) => name.slice(0, 50));
		const what = missing.length === 0 ? message : missing.join(', ');
		const requiredCapabilities = Object.fromEntries(missing.map((name) => [name, {}]));
		return errorReply(-32603, `the server needs what this client can't do: ${what}`, { requiredCapabilities });
	}
}

/** How long a page may be kept; nothing where it does not say, or says nonsense. */
function lifeMs({ body }: Reply): number {
	const ttlMs = member(body.value(), 'ttlMs');
	return typeof ttlMs === 'number' && ttlMs > 0 ? Math.min(ttlMs, dayMs) : 0;
}

function codeOf({ body }: Reply): unknown {
	return member(body.value(), 'code');
}

/** Is an error about a resource that is not there, rather than about a request that is none? */
function isAbout(data: ReturnType<typeof member>, params: JsonObject): boolean {
	return stringMember(data, 'uri') !== undefined && stringMember(data, 'uri') === stringMember(params, 'uri');
}

/** The id of a stream of ours means nothing to anybody else. */
function withoutSubscription(note: Note): Note {
	const meta = member(note.params, '_meta');
	if (member(meta, metaKeys.subscriptionId) === undefined) return note;
	const { [metaKeys.subscriptionId]: _ours, ...rest } = meta as JsonObject;
	const { _meta: _all, ...params } = note.params ?? {};
	return { ...note, params: Object.keys(rest).length === 0 ? params : { ...params, _meta: rest } };
}
