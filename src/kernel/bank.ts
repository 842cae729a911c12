// A bank: the driver processes that serve one principal, what they offer, and who is listening to them.
import type { CancelSignal } from '../abi/cancel.ts';
import type { Driver, DriverTrouble, Exchange, Hello, Introduction, ListKind, Note, Reply } from '../abi/driver.ts';
import type { JsonObject } from '../abi/json.ts';
import { type DriverName, ownDriver } from '../abi/names.ts';
import type { Permit } from '../abi/permit.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { errorReply } from '../wire/message.ts';
import { readResult } from './own-driver.ts';
import { buildTable, type Collision, type Listed, ownWireName, type Prefix, type Table } from './syscall-table.ts';

/** A session that uses the bank. */
export interface BankListener {
	request(driver: DriverName, ask: DriverRequest): Promise<Reply>;
	note(driver: DriverName, note: Note): void;
	/** The list of this kind is no longer what the client was told. */
	changed(kind: 'tools' | 'prompts' | 'resources'): void;
}

/** What a driver asks of the client. */
export interface DriverRequest {
	readonly method: string;
	readonly params: JsonObject | undefined;
	readonly extra: JsonObject;
	readonly signal: CancelSignal;
	/** What the driver calls it, where it does. */
	readonly key?: string | undefined;
}

/** Where a driver stands; `doctor` and the log show it. */
export type DriverState =
	| { readonly is: 'starting' }
	| { readonly is: 'ready'; readonly introduction: Introduction }
	| { readonly is: 'down'; readonly trouble: DriverTrouble; readonly retryInMs: number | undefined };

export interface BankReport {
	driverState(driver: DriverName, state: DriverState): void;
	collision(collision: Collision): void;
	log(driver: DriverName, level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
}

export interface BankOptions {
	readonly drivers: readonly Driver[];
	/** The kernel's own: called and listed like any other, and counted among none of them. */
	readonly own?: Driver;
	readonly prefix: Prefix;
	/** How long `open` waits for slow drivers; they join later with `changed`. */
	readonly startTimeoutMs: number;
	readonly report: BankReport;
}

interface Slot {
	readonly driver: Driver;
	state: DriverState;
	readonly lists: Map<ListKind, Promise<readonly JsonObject[]>>;
	/** Listeners with calls in flight, oldest first; a driver's request goes to the newest. */
	readonly busy: BankListener[];
}

const capabilityOf: Record<ListKind, string> = {
	tools: 'tools',
	prompts: 'prompts',
	resources: 'resources',
	resourceTemplates: 'resources',
};

export class Bank {
	readonly #slots = new Map<DriverName, Slot>();
	readonly #listeners = new Set<BankListener>();
	readonly #boundTools = new Map<string, DriverName>();
	readonly #boundPrompts = new Map<string, DriverName>();
	readonly #reported = new Set<string>();
	readonly #tables: { tools: Promise<Table> | undefined; prompts: Promise<Table> | undefined } = {
		tools: undefined,
		prompts: undefined,
	};
	readonly #options: BankOptions;
	#closing: Promise<void> | undefined;

	constructor(options: BankOptions) {
		this.#options = options;
		for (const driver of options.drivers) {
			this.#slots.set(driver.name, { driver, state: { is: 'starting' }, lists: new Map(), busy: [] });
		}
		// Nobody else may answer for the kernel, whether it lists the tool by now or not.
		this.#boundTools.set(ownWireName(readResult), ownDriver);
	}

	/**
	 * Starts every driver side by side. Resolves when each is ready or has failed, at the latest after
	 * `startTimeoutMs`. Throws K101 when two drivers that are there claim one name.
	 */
	async open(hello: Hello): Promise<void> {
		const started = Promise.all([...this.#slots.values()].map((slot) => this.#start(slot, hello)));
		let timer: NodeJS.Timeout | undefined;
		const patience = new Promise((resolve) => {
			timer = setTimeout(resolve, this.#options.startTimeoutMs);
		});
		await Promise.race([started, patience]);
		clearTimeout(timer);
		const { collisions } = await this.tools();
		// One driver that lists a name twice is its own mistake, and must not keep the others from starting.
		const first = collisions.find(({ holder, claimant }) => holder.driver !== claimant.driver);
		if (first !== undefined) throw collisionError(first);
	}

	states(): ReadonlyMap<DriverName, DriverState> {
		return new Map([...this.#slots].map(([name, slot]) => [name, slot.state]));
	}

	introduction(driver: DriverName): Introduction | undefined {
		const state = this.#slots.get(driver)?.state;
		return state?.is === 'ready' ? state.introduction : undefined;
	}

	/** The drivers that are ready, in the order of the configuration. */
	ready(): readonly DriverName[] {
		return [...this.#slots].filter(([, slot]) => slot.state.is === 'ready').map(([name]) => name);
	}

	/** True when the driver is ready and declared this capability. */
	offers(driver: DriverName, capability: string): boolean {
		return this.introduction(driver)?.capabilities[capability] !== undefined;
	}

	/** Tools by wire name. `fresh` asks drivers again that never say when their list changes. */
	tools(fresh = false): Promise<Table> {
		if (fresh) this.#forgetUnannounced('tools');
		this.#tables.tools ??= this.listed('tools').then((listed) => this.#name(listed, this.#boundTools));
		return this.#tables.tools;
	}

	/** Prompts by wire name; `fresh` as for tools. */
	prompts(fresh = false): Promise<Table> {
		if (fresh) this.#forgetUnannounced('prompts');
		this.#tables.prompts ??= this.listed('prompts').then((listed) => this.#name(listed, this.#boundPrompts));
		return this.#tables.prompts;
	}

	/** What each ready driver lists. A driver that can't list is left out; the log says why. */
	async listed(kind: ListKind, fresh = false): Promise<Listed> {
		if (fresh) this.#forgetUnannounced(kind);
		const lists = await Promise.all(this.ready().map(async (name) => [name, await this.#list(name, kind)] as const));
		const own = await this.#options.own?.list(kind);
		const all = own === undefined ? lists : [...lists, [ownDriver, own] as const];
		return new Map(all.filter(([, entries]) => entries.length > 0));
	}

	/** Makes one permitted call; requests the driver makes meanwhile go to `listener`. */
	async call(driver: DriverName, permit: Permit, exchange: Exchange, listener: BankListener): Promise<Reply> {
		const { own } = this.#options;
		if (driver === own?.name) return await own.call(permit, exchange);
		const slot = this.#slots.get(driver);
		if (slot === undefined) return errorReply(-32603, `driver ${driver} is not loaded`);
		slot.busy.push(listener);
		try {
			return await slot.driver.call(permit, exchange);
		} finally {
			slot.busy.splice(slot.busy.lastIndexOf(listener), 1);
		}
	}

	notify(driver: DriverName, note: Note): void {
		const slot = this.#slots.get(driver);
		if (slot?.state.is === 'ready') slot.driver.notify(note);
	}

	attach(listener: BankListener): void {
		this.#listeners.add(listener);
	}

	detach(listener: BankListener): void {
		this.#listeners.delete(listener);
	}

	/** How many sessions use the bank. */
	get listeners(): number {
		return this.#listeners.size;
	}

	/** Ends every driver; resolves when nothing of them is left. */
	close(): Promise<void> {
		this.#closing ??= Promise.all([...this.#slots.values()].map((slot) => slot.driver.close())).then(() => undefined);
		return this.#closing;
	}

	async #start(slot: Slot, hello: Hello): Promise<void> {
		const { driver } = slot;
		try {
			const introduction = await driver.open(this.#host(slot), hello);
			this.#becomeReady(slot, introduction);
		} catch (error) {
			const code = error instanceof TrapgateError && isDriverCode(error.code) ? error.code : 'D101';
			this.#become(slot, { is: 'down', trouble: { code, message: errorText(error) }, retryInMs: undefined });
		}
	}

	#host(slot: Slot) {
		const { name } = slot.driver;
		return {
			request: (method: string, params: JsonObject | undefined, extra: JsonObject, signal: CancelSignal) => {
				const listener = slot.busy.at(-1) ?? [...this.#listeners].at(-1);
				return listener === undefined
					? Promise.resolve(errorReply(-32603, 'no client is connected'))
					: listener.request(name, { method, params, extra, signal });
			},
			note: (note: Note) => this.#note(slot, note),
			down: (trouble: DriverTrouble, retryInMs: number | undefined) => {
				this.#forgetAll(slot);
				this.#become(slot, { is: 'down', trouble, retryInMs });
				this.#changedEverything();
			},
			up: (introduction: Introduction) => this.#becomeReady(slot, introduction),
			log: (level: 'debug' | 'info' | 'warn' | 'error', message: string) =>
				this.#options.report.log(name, level, message),
		};
	}

	#note(slot: Slot, note: Note): void {
		switch (note.method) {
			case 'notifications/tools/list_changed':
				this.#forget(slot, 'tools');
				this.#changed('tools');
				return;
			case 'notifications/prompts/list_changed':
				this.#forget(slot, 'prompts');
				this.#changed('prompts');
				return;
			case 'notifications/resources/list_changed':
				this.#forget(slot, 'resources');
				this.#forget(slot, 'resourceTemplates');
				this.#changed('resources');
				return;
			default:
				for (const listener of this.#listeners) listener.note(slot.driver.name, note);
		}
	}

	#becomeReady(slot: Slot, introduction: Introduction): void {
		this.#forgetAll(slot);
		const isNews = slot.state.is === 'down' || this.#listeners.size > 0;
		this.#become(slot, { is: 'ready', introduction });
		if (isNews) this.#changedEverything();
	}

	#become(slot: Slot, state: DriverState): void {
		slot.state = state;
		this.#options.report.driverState(slot.driver.name, state);
	}

	#changedEverything(): void {
		for (const kind of ['tools', 'prompts', 'resources'] as const) this.#changed(kind);
	}

	#changed(kind: 'tools' | 'prompts' | 'resources'): void {
		for (const listener of this.#listeners) listener.changed(kind);
	}

	#list(name: DriverName, kind: ListKind): Promise<readonly JsonObject[]> {
		const slot = this.#slots.get(name);
		if (slot === undefined || !this.offers(name, capabilityOf[kind])) return Promise.resolve([]);
		const kept = slot.lists.get(kind);
		if (kept !== undefined) return kept;
		const asked = slot.driver.list(kind).catch((error: unknown) => {
			if (slot.lists.get(kind) === asked) this.#forget(slot, kind);
			this.#options.report.log(name, 'error', `its ${kind} are absent: ${errorText(error)}`);
			return [];
		});
		slot.lists.set(kind, asked);
		return asked;
	}

	#forget(slot: Slot, kind: ListKind): void {
		slot.lists.delete(kind);
		if (kind === 'tools' || kind === 'prompts') this.#tables[kind] = undefined;
	}

	#forgetAll(slot: Slot): void {
		for (const kind of ['tools', 'prompts', 'resources', 'resourceTemplates'] as const) this.#forget(slot, kind);
	}

	#forgetUnannounced(kind: ListKind): void {
		for (const [name, slot] of this.#slots) if (!this.#tellsChanges(name, kind)) this.#forget(slot, kind);
	}

	#tellsChanges(name: DriverName, kind: ListKind): boolean {
		const isCurrent = this.#slots.get(name)?.driver.isCurrent?.(kind);
		if (isCurrent !== undefined) return isCurrent;
		const declared = this.introduction(name)?.capabilities[capabilityOf[kind]];
		return typeof declared === 'object' && declared !== null && (declared as JsonObject)['listChanged'] === true;
	}

	#name(listed: Listed, bound: Map<string, DriverName>): Table {
		const table = buildTable(listed, this.#options.prefix, bound);
		for (const collision of table.collisions) {
			const key = `${collision.wire} ${collision.claimant.driver}/${collision.claimant.name}`;
			if (this.#reported.has(key)) continue;
			this.#reported.add(key);
			this.#options.report.collision(collision);
		}
		return table;
	}
}

/** The boot error for two tools under one name. */
export function collisionError({ wire, holder, claimant }: Collision): TrapgateError {
	return new TrapgateError(
		'K101',
		`\`${holder.driver}/${holder.name}\` and \`${claimant.driver}/${claimant.name}\` would both be called \`${wire}\``,
		{ help: 'use `prefix: always`, rename a driver, or remove one of them from `drivers:`' },
	);
}

function isDriverCode(code: string): code is DriverTrouble['code'] {
	return ['D101', 'D102', 'D103', 'D104', 'D105', 'D107'].includes(code);
}
