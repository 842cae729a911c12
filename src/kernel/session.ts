// One client's session: its table, its calls in flight, and what its drivers ask of it.
import type { Decision } from '../abi/decision.ts';
import type { Hello, Introduction, Note, Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import { callId, type DriverName } from '../abi/names.ts';
import { type Caller, driverAsk, type Syscall, targetOf } from '../abi/syscall.ts';
import { isRequestMethod } from '../policy/methods.ts';
import type { ResultRules } from '../policy/results.ts';
import { hints } from '../policy/view.ts';
import type { MessageId } from '../wire/channel.ts';
import type { Incoming } from '../wire/link.ts';
import { errorReply, resultReply } from '../wire/message.ts';
import type { MirroredParameter } from '../wire/mirrored-headers.ts';
import type { Elicit } from './approve.ts';
import { type AskContext, type AskDoor, askClient } from './ask-client.ts';
import { judgeAskedInError } from './asked-in-error.ts';
import type { Bank, BankListener, DriverRequest } from './bank.ts';
import type { Kernel } from './boot.ts';
import { Catalog, plainSurroundings } from './catalog.ts';
import type { ClientPort } from './client-port.ts';
import type { CallContext } from './context.ts';
import { mergeCapabilities, mergeInstructions } from './merge.ts';
import { misreadKey } from './misread.ts';
import { ownCapabilities } from './own-driver.ts';
import { type Asking, Questions } from './questions.ts';
import { unknownName, unknownResource } from './refusal.ts';
import { Repeats } from './repeats.ts';
import { isOwnUri, ownerOf } from './resources.ts';
import type { Handling } from './results.ts';
import { screenNote } from './screen.ts';
import { syscall } from './syscall.ts';

export interface SessionOptions {
	readonly kernel: Kernel;
	readonly bank: Bank;
	readonly client: ClientPort;
	readonly caller: Caller;
	readonly hello: Hello;
}

export class Session implements BankListener {
	readonly #kernel: Kernel;
	readonly #bank: Bank;
	readonly #client: ClientPort;
	readonly #caller: Caller;
	readonly #hello: Hello;
	readonly #catalog: Catalog;
	/** Tasks (MCP 2025-11-25): which driver keeps which. */
	readonly #tasks = new Map<string, KeptTask>();
	/** Tasks the client keeps for drivers. */
	readonly #clientTasks = new Map<string, DriverName>();
	readonly #subscribed = new Set<string>();
	readonly #refusals = new Repeats();
	readonly #changes = new Set<string>();
	readonly #unsubscribe: () => void;
	/** Client requests in flight, oldest first: what a driver asks meanwhile travels with the newest. */
	readonly #inFlight: Flight[] = [];
	readonly #questions: Questions;

	constructor({ kernel, bank, client, caller, hello }: SessionOptions) {
		this.#kernel = kernel;
		this.#bank = bank;
		this.#client = client;
		this.#caller = caller;
		this.#hello = hello;
		this.#catalog = new Catalog(kernel, bank, caller);
		this.#questions = new Questions((text) => kernel.log.warn({ session: caller.session }, text));
		bank.attach(this);
		this.#unsubscribe = kernel.revisions.onChange(() => {
			for (const kind of ['tools', 'prompts', 'resources'] as const) this.changed(kind);
		});
	}

	/** The result of `initialize`. */
	async introduction(): Promise<JsonObject> {
		const introductions = new Map(
			this.#bank.ready().flatMap((name) => {
				const introduction = this.#bank.introduction(name);
				if (introduction === undefined) return [];
				const { capabilities, instructions = null, ...rest } = this.#acceptedPart(name, introduction);
				const said = this.#around(name).pass({ capabilities, instructions }, 'its introduction');
				const told = said?.instructions ?? undefined;
				const shown = {
					...rest,
					capabilities: said?.capabilities ?? {},
					...(told === undefined ? {} : { instructions: told }),
				};
				return [[name, shown] as const];
			}),
		);
		const instructions = mergeInstructions(introductions, [
			...hints(this.#kernel.revisions.current().set, this.#catalog.moment()),
			...(await this.#catalog.lockHints()),
		]);
		return {
			protocolVersion: this.#hello.protocolVersion,
			capabilities: mergeCapabilities(introductions, this.#catalog.own() === undefined ? {} : ownCapabilities),
			serverInfo: this.serverInfo(),
			...(instructions === undefined ? {} : { instructions }),
		};
	}

	serverInfo(): JsonObject {
		return { name: 'trapgate', title: 'Trapgate', version: this.#kernel.version };
	}

	/** The parameters of the tool of this name that are repeated in headers, as the client's list shows it: of a hidden one none. */
	mirrored(name: string): Promise<readonly MirroredParameter[]> {
		return this.#catalog.mirrored(name);
	}

	/** Without instructions that nobody accepted, where a rule demands that somebody did. */
	#acceptedPart(driver: DriverName, introduction: Introduction): Introduction {
		const { instructions, ...rest } = introduction;
		const isKept = instructions === undefined || !this.#catalog.isLockedOut('instructions', driver, instructions);
		return isKept ? introduction : rest;
	}

	/** Answers one request of the client. */
	answer(incoming: Asked): Promise<Reply> {
		const params = incoming.params ?? {};
		const misread = misreadKey(incoming.method, params);
		if (misread !== undefined)
			return Promise.resolve(errorReply(-32602, `${JSON.stringify(misread)} could be read as another parameter`));
		// By itself: it is nearly every request, and each step on its way is one more for all of them.
		return incoming.method === 'tools/call' ? this.#callTool(incoming, params) : this.#answer(incoming, params);
	}

	async #answer(incoming: Asked, params: JsonObject): Promise<Reply> {
		switch (incoming.method) {
			case 'tools/list':
				return this.#listPage(params) ?? resultReply({ tools: await this.#catalog.tools() });
			case 'prompts/list':
				return this.#listPage(params) ?? resultReply({ prompts: await this.#catalog.prompts() });
			case 'prompts/get':
				return this.#getPrompt(incoming, params);
			case 'resources/list':
				return this.#listPage(params) ?? resultReply({ resources: await this.#catalog.resources() });
			case 'resources/templates/list':
				return this.#listPage(params) ?? resultReply({ resourceTemplates: await this.#catalog.resourceTemplates() });
			case 'resources/read':
			case 'resources/subscribe':
			case 'resources/unsubscribe':
				return this.#useResource(incoming, params);
			case 'completion/complete':
				return this.#complete(incoming, params);
			case 'logging/setLevel':
				return this.#setLogLevel(incoming, params);
			case 'tasks/list':
				return this.#listTasks(incoming, params);
			default:
				return this.#otherMethod(incoming, params);
		}
	}

	/** A notification of the client. Cancellation and progress never get here: the link has matched them to their calls. */
	heard(note: Note): void {
		switch (note.method) {
			case 'notifications/initialized':
				return;
			case 'notifications/roots/list_changed':
				for (const driver of this.#bank.ready()) this.#bank.notify(driver, note);
				return;
			default:
				for (const driver of this.#bank.ready()) void this.#pass(driver, note);
		}
	}

	// BankListener

	async request(driver: DriverName, ask: DriverRequest): Promise<Reply> {
		return this.#ask(
			driver,
			ask,
			this.#inFlight.filter((flight) => flight.driver === driver),
		);
	}

	/** It travels with the newest of the calls that it could be about. */
	#ask(driver: DriverName, ask: DriverRequest, calls: readonly Flight[]): Promise<Reply> {
		const context = { ...this.#asking(driver, calls.at(-1)?.incoming.id), ask };
		return this.#questions.put({ driver, method: ask.method }, calls, () => askClient(this.#askDoor(), context));
	}

	#askDoor(): AskDoor {
		const { door, judgeAsk, newId } = this.#kernel;
		return { ...door, judgeAsk, client: this.#client, newId };
	}

	#asking(driver: DriverName, related: MessageId | undefined): Omit<AskContext, 'ask'> {
		return {
			driver,
			caller: this.#caller,
			cwd: this.#kernel.cwdOf(driver),
			related,
			elicit: this.#elicit(related),
			clientTasks: this.#clientTasks,
		};
	}

	note(driver: DriverName, note: Note): void {
		// A question without an id is a question all the same to some clients, and nobody has judged it.
		if (driverAsk(note.method) !== 'other' || isRequestMethod(note.method)) return;
		const uri = stringMember(note.params, 'uri');
		if (note.method === 'notifications/resources/updated' && uri !== undefined && !this.#subscribed.has(uri)) return;
		const related = this.#inFlight.findLast((flight) => flight.driver === driver)?.incoming.id;
		const passed = this.#around(driver).note(note);
		if (passed === undefined) return;
		void this.#client.notify({ ...passed, params: screenNote(passed.params) }, related);
	}

	changed(kind: 'tools' | 'prompts' | 'resources'): void {
		// A storm of changes in one turn is one piece of news.
		if (this.#changes.has(kind)) return;
		this.#changes.add(kind);
		setImmediate(() => this.#announce(kind));
	}

	#announce(kind: 'tools' | 'prompts' | 'resources'): void {
		this.#changes.delete(kind);
		void this.#client.notify({ method: `notifications/${kind}/list_changed`, params: undefined, extra: {} });
	}

	async close(): Promise<void> {
		this.#unsubscribe();
		this.#bank.detach(this);
		await this.#kernel.pools.release(this.#bank);
	}

	// Tools

	async #callTool(incoming: Incoming, params: JsonObject): Promise<Reply> {
		const name = params['name'];
		const args = params['arguments'];
		if (typeof name !== 'string') return errorReply(-32602, '`name` must be a string');
		if (args !== undefined && !isJsonObject(args)) return errorReply(-32602, '`arguments` must be an object');
		const unknown = unknownName('tool', name);
		const kept = await this.#bank.tools();
		const table = kept.entries.has(name) ? kept : await this.#bank.tools(true);
		const entry = table.entries.get(name);
		if (entry === undefined || !this.#catalog.exists(entry.driver)) return this.#nothingThere('tool', name, unknown);
		let rules: (() => ResultRules) | undefined;
		const reply = await this.#syscall(
			incoming,
			entry.driver,
			{ ...params, name: entry.name },
			{
				name,
				ran: (found) => {
					rules = found;
				},
				definition: entry.definition,
				definitionNow: async () => (await this.#bank.tools()).entries.get(name)?.definition,
				commandsAt: this.#kernel.commandsAt(entry.driver, entry.name),
				toolsRevision: table.revision(),
				unknown,
			},
		);
		// Looking an unknown name up takes a driver's time, so a hidden one must, too.
		if (reply === unknown) await this.#bank.tools(true);
		if (rules !== undefined) this.#rememberTask({ driver: entry.driver, rules, definition: entry.definition }, reply);
		return reply;
	}

	// Prompts and completion

	async #getPrompt(incoming: Incoming, params: JsonObject): Promise<Reply> {
		const name = params['name'];
		if (typeof name !== 'string') return errorReply(-32602, '`name` must be a string');
		const unknown = unknownName('prompt', name);
		const entry = (await this.#bank.prompts()).entries.get(name);
		if (entry === undefined) return this.#nothingThere('prompt', name, unknown);
		return this.#syscall(
			incoming,
			entry.driver,
			{ ...params, name: entry.name },
			{ name, unknown, ...this.#promptDefinition(name, entry.definition) },
		);
	}

	async #complete(incoming: Incoming, params: JsonObject): Promise<Reply> {
		const ref = member(params, 'ref');
		const type = stringMember(ref, 'type');
		const name = stringMember(ref, 'name');
		const uri = stringMember(ref, 'uri');
		// A server goes by the type, so a reference of two minds would be judged as one thing and read as the other.
		const isOfTwoMinds = name === undefined ? type !== 'ref/resource' : uri !== undefined || type !== 'ref/prompt';
		if (isOfTwoMinds) return errorReply(-32602, '`ref` must name a prompt or a resource, as its `type` says');
		if (uri !== undefined) {
			const owner = await this.#ownerOf(uri);
			const unknown = unknownResource(uri);
			if (owner === undefined) return this.#nothingThere('resource', uri, unknown);
			const templates = (await this.#bank.listed('resourceTemplates')).get(owner) ?? [];
			const template = templates.find((entry) => stringMember(entry, 'uriTemplate') === uri);
			if (template !== undefined && this.#catalog.isLockedOut('template', owner, template))
				return this.#nothingThere('resource', uri, unknown);
			return this.#syscall(incoming, owner, params, { name: uri, unknown });
		}
		if (name === undefined || !isJsonObject(ref)) return errorReply(-32602, '`ref` must name a prompt or a resource');
		const unknown = unknownName('prompt', name);
		const entry = (await this.#bank.prompts()).entries.get(name);
		if (entry === undefined) return this.#nothingThere('prompt', name, unknown);
		const renamed = { ...params, ref: { ...ref, name: entry.name } };
		return this.#syscall(incoming, entry.driver, renamed, {
			name,
			unknown,
			...this.#promptDefinition(name, entry.definition),
		});
	}

	#promptDefinition(name: string, definition: JsonObject): Pick<CallContext, 'definition' | 'definitionNow'> {
		return {
			definition,
			definitionNow: async () => (await this.#bank.prompts()).entries.get(name)?.definition,
		};
	}

	// Resources

	async #useResource(incoming: Incoming, params: JsonObject): Promise<Reply> {
		const uri = params['uri'];
		if (typeof uri !== 'string') return errorReply(-32602, '`uri` must be a string');
		const unknown = unknownResource(uri);
		const owner = await this.#ownerOf(uri);
		if (owner === undefined) return this.#nothingThere('resource', uri, unknown);
		const reply = await this.#syscall(incoming, owner, params, { name: uri, unknown });
		if (reply.ok && incoming.method === 'resources/subscribe') this.#subscribed.add(uri);
		if (reply.ok && incoming.method === 'resources/unsubscribe') this.#subscribed.delete(uri);
		return reply;
	}

	/** No server answers under the kernel's own scheme. */
	async #ownerOf(uri: string): Promise<DriverName | undefined> {
		return isOwnUri(uri) ? this.#catalog.own() : ownerOf(this.#bank, uri);
	}

	// Everything else

	async #setLogLevel(incoming: Incoming, params: JsonObject): Promise<Reply> {
		const drivers = this.#bank.ready().filter((driver) => this.#bank.offers(driver, 'logging'));
		if (drivers.length === 0) return errorReply(-32601, 'Method not found: logging/setLevel');
		const replies = await Promise.all(drivers.map((driver) => this.#method(incoming, driver, params)));
		return replies.find((reply) => reply.ok) ?? (replies[0] as Reply);
	}

	async #listTasks(incoming: Incoming, params: JsonObject): Promise<Reply> {
		const drivers = this.#bank.ready().filter((driver) => this.#bank.offers(driver, 'tasks'));
		if (drivers.length === 0) return errorReply(-32601, 'Method not found: tasks/list');
		if (drivers.length === 1) return this.#method(incoming, drivers[0] as DriverName, params);
		const page = this.#listPage(params);
		if (page !== undefined) return page;
		const replies = await Promise.all(drivers.map((driver) => this.#method(incoming, driver, params)));
		const tasks = replies.flatMap((reply) => {
			const listed = reply.ok ? member(reply.body.value(), 'tasks') : undefined;
			return Array.isArray(listed) ? (listed as Json[]) : [];
		});
		return resultReply({ tasks });
	}

	/** A method the kernel has no list for: a task's, or a vendor's own. It goes to the one driver it can be meant for. */
	async #otherMethod(incoming: Incoming, params: JsonObject): Promise<Reply> {
		const missing = errorReply(-32601, `Method not found: ${incoming.method}`);
		const taskId = stringMember(params, 'taskId');
		if (incoming.method.startsWith('tasks/') && taskId !== undefined) {
			const task = this.#tasks.get(taskId);
			const keeper = task?.driver ?? this.#soleKeeper();
			return keeper === undefined
				? errorReply(-32602, `Unknown task: ${taskId}`)
				: this.#method(incoming, keeper, params, task);
		}
		const ready = this.#bank.ready();
		const candidates = ready.length === 1 ? ready : await this.#allowedFor(incoming.method, params, ready);
		const [only] = candidates;
		return candidates.length === 1 && only !== undefined ? this.#method(incoming, only, params) : missing;
	}

	#soleKeeper(): DriverName | undefined {
		const drivers = this.#bank.ready().filter((driver) => this.#bank.offers(driver, 'tasks'));
		return drivers.length === 1 ? drivers[0] : undefined;
	}

	async #allowedFor(
		method: string,
		params: JsonObject,
		drivers: readonly DriverName[],
	): Promise<readonly DriverName[]> {
		const judged = await Promise.all(
			drivers.map(async (driver) => {
				const context = await this.#catalog.surroundings(driver);
				const { verdict } = this.#kernel.door.judge({ caller: this.#caller, driver, method, params }, context);
				return verdict === 'allowed' || verdict === 'asked' || verdict === 'rewritten';
			}),
		);
		return drivers.filter((_, index) => judged[index]);
	}

	/** `task`: the call whose task this asks about; without it, one of tasks could be about any call. */
	async #method(incoming: Incoming, driver: DriverName, params: JsonObject, task?: KeptTask): Promise<Reply> {
		const around = incoming.method.startsWith('tasks/') ? this.#around(driver).rules : undefined;
		return this.#syscall(incoming, driver, params, {
			name: incoming.method,
			definition: task?.definition,
			followsUp: task?.rules ?? around,
			unknown: errorReply(-32601, `Method not found: ${incoming.method}`),
		});
	}

	/** A client's notification is a message to a driver too: it passes only where a request of that name would. */
	async #pass(driver: DriverName, note: Note): Promise<void> {
		const context = await this.#catalog.surroundings(driver);
		const call = { caller: this.#caller, driver, method: note.method, params: note.params ?? {} };
		const judged = isRequestMethod(note.method) ? notANote(call) : this.#kernel.door.judge(call, context);
		const { decision, giveBack } = await this.#kernel.door.limits.count(judged, this.#caller.agent);
		try {
			await this.#kernel.door.journal.note({ call, decision });
		} catch {
			return;
		}
		if (decision.verdict === 'allowed' || !decision.acted) this.#bank.notify(driver, note);
		else await giveBack();
	}

	async #syscall(
		incoming: Asked,
		driver: DriverName,
		params: JsonObject,
		about: Pick<CallContext, 'name' | 'unknown'> &
			Partial<Pick<CallContext, 'definition' | 'definitionNow' | 'commandsAt' | 'toolsRevision' | 'followsUp' | 'ran'>>,
	): Promise<Reply> {
		const call: Syscall = {
			id: callId(this.#kernel.newId()),
			caller: this.#caller,
			driver,
			method: incoming.method,
			params,
			extra: incoming.extra,
			requestId: 'requestId' in incoming ? incoming.requestId : incoming.id,
		};
		const flight: Flight = { driver, incoming, asked: 0, isWarned: false };
		this.#inFlight.push(flight);
		try {
			const around = plainSurroundings(this.#kernel, driver);
			const context: CallContext = {
				bank: this.#bank,
				// A driver that says which call it asks for is taken at its word.
				listener: {
					request: (asking, question) => this.#ask(asking, question, [flight]),
					note: (noting, note) => this.note(noting, note),
					changed: (kind) => this.changed(kind),
				},
				exchange: {
					signal: incoming.signal,
					progress: (note) => void this.#client.notify({ ...note, params: screenNote(note.params) }, incoming.id),
				},
				name: about.name,
				cwd: around.cwd,
				definition: about.definition ?? around.definition,
				definitionNow: about.definitionNow ?? nothingNow,
				toolsRevision: about.toolsRevision,
				commandsAt: about.commandsAt ?? around.commandsAt,
				driverHasAllowedTool: incoming.method === 'tools/call' || (await this.#catalog.hasAllowedTool(driver)),
				unknown: about.unknown,
				elicit: this.#elicit(incoming.id),
				traceparent: stringMember(member(params, '_meta'), 'traceparent'),
				followsUp: about.followsUp,
				ran: about.ran,
				countRefusal: (fingerprint) => this.#refusals.count(fingerprint),
			};
			const reply = await syscall(this.#kernel.door, call, context);
			if (reply.ok) return reply;
			const { capabilities } = this.#hello;
			const { signal } = incoming;
			return await judgeAskedInError(this.#askDoor(), reply, {
				...this.#asking(driver, incoming.id),
				...{ capabilities, signal },
			});
		} finally {
			this.#inFlight.splice(this.#inFlight.indexOf(flight), 1);
		}
	}

	async #nothingThere(kind: 'tool' | 'prompt' | 'resource', name: string, unknown: Reply): Promise<Reply> {
		await this.#kernel.door.journal.unknown({ caller: this.#caller, kind, name }).catch((error: unknown) => {
			this.#kernel.log.error({ err: error }, 'a call to an unknown name could not be recorded');
		});
		return unknown;
	}

	#around(driver: DriverName): Handling {
		return this.#kernel.door.results.around(driver, this.#caller.agent);
	}

	#elicit(related: MessageId | undefined): Elicit | undefined {
		const declared = member(this.#hello.capabilities, 'elicitation');
		if (!isJsonObject(declared)) return undefined;
		// A client that names only `url` shows no forms (MCP 2025-11-25).
		if (Object.keys(declared).length > 0 && declared['form'] === undefined && declared['url'] !== undefined)
			return undefined;
		return async (message, timeoutMs, signal) => {
			const reply = await this.#client.request(
				'elicitation/create',
				{ mode: 'form', message, requestedSchema: { type: 'object', properties: {} } },
				{ signal, timeoutMs, ...(related === undefined ? {} : { related }) },
			);
			const action = reply.ok ? stringMember(reply.body.value(), 'action') : undefined;
			return action === 'accept' || action === 'decline' || action === 'cancel' ? action : 'unanswered';
		};
	}

	#rememberTask(kept: KeptTask, reply: Reply): void {
		if (!reply.ok || !reply.body.text.includes('taskId')) return;
		const taskId = stringMember(member(reply.body.value(), 'task'), 'taskId');
		if (taskId !== undefined) this.#tasks.set(taskId, kept);
	}

	/** All lists fit one page; a cursor is none of ours. */
	#listPage(params: JsonObject): Reply | undefined {
		return params['cursor'] === undefined ? undefined : errorReply(-32602, 'Invalid cursor');
	}
}

/** `requestId`: the id that the client gave it, where its `id` here is another; undefined where the client asked for something else. */
type Asked = Incoming & { readonly requestId?: MessageId | undefined };

/** A request of the client that a driver works on. */
interface Flight extends Asking {
	readonly driver: DriverName;
	readonly incoming: Incoming;
}

/** A task that a driver keeps for a call of this client. */
interface KeptTask {
	readonly driver: DriverName;
	/** The rules about what the call gives back. */
	readonly rules: () => ResultRules;
	readonly definition: JsonObject;
}

const nothingNow = async () => undefined;

/** A call without an id is a call all the same to some servers, and it would go around the door. */
function notANote(call: Pick<Syscall, 'driver' | 'method' | 'params'>): Decision {
	return {
		verdict: 'denied',
		acted: true,
		mode: 'enforce',
		because: [],
		reason: 'A request was sent as a notification.',
		final: targetOf(call),
		changes: [],
	};
}
