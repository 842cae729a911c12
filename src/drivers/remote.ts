// A driver whose server is reached through a connection that can break: introduced, watched, connected again.
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
import type { JsonObject } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import type { Permit } from '../abi/permit.ts';
import { errorText, type ProblemCode, TrapgateError } from '../abi/problem.ts';
import { modernRevision } from '../abi/protocol.ts';
import type { Channel } from '../wire/channel.ts';
import { Link } from '../wire/link.ts';
import { errorReply } from '../wire/message.ts';
import { Backoff } from './backoff.ts';
import { type AskOptions, type Conversation, olderConversation, type Parties } from './conversation.ts';
import { EitherConversation } from './either.ts';
import type { Era, Eras, Opening, Protocol } from './era.ts';
import { countJunk } from './introduce.ts';
import { LogLines } from './log-lines.ts';
import type { MirroredTools } from './mirrored-parameters.ts';
import { ModernConversation, type Standing } from './modern.ts';
import { spendPermit } from './spend-permit.ts';

/** One connection to the server. */
export interface Connection {
	readonly channel: Channel;
	/** More than the channel itself can say about why it closed. */
	readonly trouble: TrapgateError | undefined;
	/** Ends what lies under the channel, which is being closed too. Resolves when nothing of it is left. Never throws. */
	end(): Promise<void>;
}

/** How a server is reached, in either era. */
export interface Reach {
	readonly eras: Eras;
	connect(lines: LogLines, era: Era): Promise<Connection>;
	/** How long it may take to introduce itself in an era that is only guessed. */
	readonly guessMs?: number;
	/** Over HTTP: what the server wants to see in headers. */
	readonly mirrored?: MirroredTools;
}

export interface RemoteConfig {
	readonly name: DriverName;
	/** Which era of MCP the server is of; default `auto`: that is found out. */
	readonly protocol?: Protocol | undefined;
	/** How long the server may take to answer `initialize` and each page of a list; default a minute. */
	readonly timeoutMs?: number | undefined;
	/** How long one call may take; default an hour. Clients cancel earlier; this is for those who forgot. */
	readonly callTimeoutMs?: number | undefined;
}

/** Clock, chance and timers, for tests. */
export interface RemoteDeps {
	/** From 0 up to 1. */
	readonly random?: () => number;
	/** Milliseconds, from any beginning. */
	readonly now?: () => number;
	/** Runs `task` once after `afterMs`; the function it returns prevents that. */
	readonly schedule?: (task: () => void, afterMs: number) => () => void;
}

type State =
	| { readonly is: 'new' }
	| { readonly is: 'connecting' }
	| { readonly is: 'up'; readonly session: Session; readonly since: number }
	| { readonly is: 'down'; readonly why: string; readonly retryInMs: number }
	| { readonly is: 'closed' };

interface Session {
	readonly link: Link;
	readonly conversation: Conversation;
	readonly connection: Connection;
	/** Why it ended; undefined while it lives. */
	lost: string | undefined;
}

interface Opened {
	readonly host: DriverHost;
	readonly hello: Hello;
	readonly lines: LogLines;
}

const minuteMs = 60_000;

export class RemoteDriver implements Driver {
	readonly name: DriverName;
	readonly #config: RemoteConfig;
	readonly #reach: Reach;
	readonly #standing: Standing = { logLevel: undefined, subscribed: new Set() };
	readonly #random: RemoteDeps['random'];
	readonly #now: () => number;
	readonly #schedule: NonNullable<RemoteDeps['schedule']>;
	readonly #backoff: Backoff;
	/** Sessions that are not yet ended for good. */
	readonly #ending = new Set<Promise<void>>();
	/** The attempt to connect that is under way. */
	#attempt: Promise<unknown> = Promise.resolve();
	#beingMade: Session | undefined;
	#state: State = { is: 'new' };
	#stopTimer = () => {};
	#known: Opened | undefined;
	#closing: Promise<void> | undefined;

	constructor(config: RemoteConfig, deps: RemoteDeps, reach: Reach) {
		this.name = config.name;
		this.#config = config;
		this.#reach = reach;
		this.#random = deps.random;
		this.#now = deps.now ?? (() => performance.now());
		this.#schedule = deps.schedule ?? startTimer;
		this.#backoff = new Backoff(deps);
	}

	async open(host: DriverHost, hello: Hello): Promise<Introduction> {
		if (this.#state.is !== 'new')
			throw new TrapgateError('D101', `driver ${this.name} was opened before, or is closed`);
		const lines = new LogLines((level, message) => host.log(level, message), this.#now);
		this.#known = { host, hello, lines };
		this.#state = { is: 'connecting' };
		try {
			return await this.#makeSession();
		} catch (error) {
			if (this.#state.is === 'connecting') this.#state = { is: 'closed' };
			throw error;
		}
	}

	async list(kind: ListKind): Promise<readonly JsonObject[]> {
		const state = this.#state;
		if (state.is === 'up') return state.session.conversation.list(kind);
		throw new TrapgateError('D104', this.#notUp(state));
	}

	isCurrent(kind: ListKind): boolean | undefined {
		return this.#state.is === 'up' ? this.#state.session.conversation.isCurrent(kind) : undefined;
	}

	async call(permit: Permit, exchange: Exchange): Promise<Reply> {
		const { method, params, extra } = spendPermit(permit, this.name);
		const { callTimeoutMs: timeoutMs = 60 * minuteMs } = this.#config;
		const progress = (note: Note) => exchange.progress(note);
		// Awaited here: to return a promise from an async function takes longer.
		return await this.#ask(method, params, { signal: exchange.signal, progress, extra, timeoutMs, ask: exchange.ask });
	}

	notify(note: Note): void {
		if (this.#state.is === 'up') this.#state.session.conversation.notify(note);
	}

	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	#ask(method: string, params: JsonObject, options: AskOptions): Promise<Reply> {
		const state = this.#state;
		if (state.is === 'up') return state.session.conversation.request(method, params, options);
		return Promise.resolve(errorReply(-32000, this.#notUp(state)));
	}

	#notUp(state: Exclude<State, { is: 'up' }>): string {
		const why = state.is === 'down' ? `is down (${state.why}) and will be started again` : sentences[state.is];
		return `driver ${this.name} ${why}`;
	}

	async #close(): Promise<void> {
		const before = this.#state;
		this.#state = { is: 'closed' };
		this.#stopTimer();
		const sessions = [before.is === 'up' ? before.session : undefined, this.#beingMade];
		await Promise.all(sessions.map((session) => session && this.#endSession(session)));
		await this.#attempt.catch(() => undefined);
		await Promise.all(this.#ending);
		this.#known?.lines.tellLeftOut();
	}

	/** Connects and introduces; `up` afterwards. Throws TrapgateError, with nothing left behind. */
	#makeSession(): Promise<Introduction> {
		const attempt = this.#tryToConnect();
		this.#attempt = attempt;
		return attempt;
	}

	/** In the likelier era first, and in the other one where the server may be of that: from the start, as if never tried. */
	async #tryToConnect(): Promise<Introduction> {
		const { eras, guessMs } = this.#reach;
		const { timeoutMs = minuteMs } = this.#config;
		const openings = await eras.order(this.#opened().hello.isModern);
		let told: unknown;
		for (const opening of openings) {
			const isLast = opening === openings.at(-1);
			try {
				return await this.#tryOpening(opening, isLast ? timeoutMs : Math.min(timeoutMs, guessMs ?? timeoutMs));
			} catch (error) {
				if ((this.#state as State).is === 'closed') throw error;
				// What an older server says of itself tells more.
				if (told === undefined || opening === 'older') told = error;
				if (!eras.mayBeOther(opening, error)) break;
			}
		}
		throw told;
	}

	async #tryOpening(opening: Opening, timeoutMs: number): Promise<Introduction> {
		const { lines } = this.#opened();
		if (this.#state.is === 'closed') throw closedMeanwhile(this.name);
		const connection = await this.#reach.connect(lines, opening === 'modern' ? 'modern' : 'older');
		const session = this.#converse(opening, connection, timeoutMs);
		this.#beingMade = session;
		try {
			if ((this.#state as State).is === 'closed') throw closedMeanwhile(this.name);
			await session.link.start({
				...session.conversation.hears,
				close: (reason) => this.#lose(session, reason),
				warn: (text) => lines.write('warn', text),
			});
			const introduction = await session.conversation.introduce();
			// Closed or lost between its answer and now.
			if (session.lost !== undefined) throw new TrapgateError('D104', session.lost);
			if ((this.#state as State).is === 'closed') throw closedMeanwhile(this.name);
			this.#reach.eras.found(introduction.protocolVersion === modernRevision ? 'modern' : 'older', opening);
			this.#state = { is: 'up', session, since: this.#now() };
			return introduction;
		} catch (error) {
			await this.#endSession(session);
			if ((this.#state as State).is === 'closed') throw closedMeanwhile(this.name);
			throw connection.trouble ?? error;
		} finally {
			this.#beingMade = undefined;
		}
	}

	#converse(opening: Opening, connection: Connection, timeoutMs: number): Session {
		const { host, hello } = this.#opened();
		const { channel, junk } = countJunk(connection.channel);
		const link = new Link(channel, { peer: 'driver' });
		const parties = { link, junk, host, hello, timeoutMs };
		const newer = () =>
			new ModernConversation({
				...parties,
				name: this.name,
				standing: this.#standing,
				mirrored: this.#reach.mirrored,
				now: this.#now,
				schedule: this.#schedule,
				random: this.#random,
				lost: (reason) => this.#lose(session, reason),
			});
		const session: Session = {
			link,
			connection,
			conversation: conversationOf(opening, parties, newer),
			lost: undefined,
		};
		return session;
	}

	#lose(session: Session, reason: string): void {
		session.lost = reason;
		if (this.#state.is !== 'up' || this.#state.session !== session) return;
		const livedMs = this.#now() - this.#state.since;
		const { trouble } = session.connection;
		this.#fall(troubleOf(trouble ?? new TrapgateError('D104', reason)), livedMs, this.#endSession(session));
	}

	/** Down, until the next attempt, which waits for the old server to be gone. */
	#fall(trouble: DriverTrouble, livedMs: number, over: Promise<void>): void {
		const retryInMs = this.#backoff.next(livedMs);
		this.#state = { is: 'down', why: trouble.message, retryInMs };
		this.#stopTimer = this.#schedule(() => void over.then(() => this.#restart()), retryInMs);
		this.#opened().host.down(trouble, retryInMs);
	}

	async #restart(): Promise<void> {
		if (this.#state.is !== 'down') return;
		try {
			const introduction = await this.#makeSession();
			this.#opened().host.up(introduction);
		} catch (error) {
			if ((this.#state as State).is === 'down') this.#fall(troubleOf(error), 0, Promise.resolve());
		}
	}

	#endSession(session: Session): Promise<void> {
		session.conversation.end();
		const ended = Promise.all([session.link.close(), session.connection.end()]).then(() => undefined);
		this.#ending.add(ended);
		return ended.finally(() => this.#ending.delete(ended));
	}

	#opened(): Opened {
		if (this.#known === undefined) throw new TrapgateError('D101', `driver ${this.name} was not opened`);
		return this.#known;
	}
}

const sentences: Readonly<Record<Exclude<State['is'], 'down' | 'up'>, string>> = {
	new: 'was not opened',
	connecting: 'is starting',
	closed: 'is closed',
};

function conversationOf(opening: Opening, parties: Parties, newer: () => Conversation): Conversation {
	switch (opening) {
		case 'older':
			return olderConversation(parties);
		case 'modern':
			return newer();
		case 'either':
			return new EitherConversation(parties, newer);
		default:
			return opening satisfies never;
	}
}

function closedMeanwhile(name: DriverName): TrapgateError {
	return new TrapgateError('D104', `driver ${name} was closed while it started`);
}

function startTimer(task: () => void, afterMs: number): () => void {
	const timer = setTimeout(task, afterMs);
	return () => clearTimeout(timer);
}

const troubleCodes: readonly ProblemCode[] = ['D101', 'D102', 'D103', 'D104', 'D105', 'D107'];

function troubleOf(error: unknown): DriverTrouble {
	const code = error instanceof TrapgateError && troubleCodes.includes(error.code) ? error.code : 'D101';
	return { code: code as DriverTrouble['code'], message: errorText(error) };
}
