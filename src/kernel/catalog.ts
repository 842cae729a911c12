// The catalogue: the tools, prompts and resources that exist for one caller, as the caller's lists show them.
import type { Json, JsonObject } from '../abi/json.ts';
import { stringMember } from '../abi/json.ts';
import { callId, type DriverName, ownDriver, toolName } from '../abi/names.ts';
import type { Caller, Target } from '../abi/syscall.ts';
import { mirroredParameters } from '../drivers/mirrored-parameters.ts';
import { locksOnDriver } from '../policy/lock.ts';
import { maySpill } from '../policy/truncate.ts';
import { viewTool } from '../policy/view.ts';
import type { MirroredParameter } from '../wire/mirrored-headers.ts';
import type { Bank } from './bank.ts';
import type { Kernel } from './boot.ts';
import { withTarget } from './call.ts';
import type { CallContext } from './context.ts';
import { isOwnUri } from './resources.ts';
import { ringDemand } from './ring-demands.ts';
import { screenListed } from './screen.ts';
import type { TableEntry } from './syscall-table.ts';

/** What a rule on time, agent or environment is held against. */
export interface Moment {
	readonly agent: string;
	readonly at: number;
	readonly env: Readonly<Record<string, string | undefined>>;
}

export class Catalog {
	readonly #kernel: Kernel;
	readonly #bank: Bank;
	readonly #caller: Caller;
	/** Of tools as their drivers define them: does anything have to be in a header? */
	readonly #marked = new WeakMap<JsonObject, boolean>();

	constructor(kernel: Kernel, bank: Bank, caller: Caller) {
		this.#kernel = kernel;
		this.#bank = bank;
		this.#caller = caller;
	}

	/** Under their wire names, without what policy pinned or dropped. */
	async tools(): Promise<readonly JsonObject[]> {
		const table = await this.#bank.tools(true);
		return [...table.entries.values()].flatMap((entry) => this.#viewed(entry));
	}

	/** The parameters of the tool of this name, as {@link tools} has it, that are repeated in headers. */
	async mirrored(name: string): Promise<readonly MirroredParameter[]> {
		const entry = (await this.#bank.tools()).entries.get(name);
		// What its driver has not marked is not marked in what is shown of it either.
		if (entry === undefined || !this.#isMarked(entry.definition)) return [];
		return this.#viewed(entry).flatMap((tool) => marksOf(tool) ?? []);
	}

	#isMarked(definition: JsonObject): boolean {
		const known = this.#marked.get(definition);
		if (known !== undefined) return known;
		const isMarked = marksOf(definition)?.length !== 0;
		this.#marked.set(definition, isMarked);
		return isMarked;
	}

	#viewed(entry: TableEntry): readonly JsonObject[] {
		if (!this.exists(entry.driver)) return [];
		const revision = this.#kernel.revisions.current();
		const name = toolName(entry.driver, entry.name);
		if (ringDemand(revision, name, this.#kernel.isShell(entry.driver)) !== undefined) return [];
		const known = revision.lock.knowledgeOf(entry.driver, entry.definition);
		const view = viewTool(revision.set, { driver: entry.driver, ...known, ...this.moment() });
		return view.state === 'hidden' ? [] : this.#shown(entry.driver, view.definition, { name: entry.wire });
	}

	async prompts(): Promise<readonly JsonObject[]> {
		const table = await this.#bank.prompts(true);
		const isListed = await this.#listing();
		return [...table.entries.values()].flatMap(({ driver, name, definition, wire }) =>
			isListed({ kind: 'prompt', driver, prompt: name, args: {}, method: 'prompts/get' }, definition)
				? this.#shown(driver, definition, { name: wire })
				: [],
		);
	}

	resources(): Promise<readonly JsonObject[]> {
		return this.#byUri('resources', 'uri');
	}

	resourceTemplates(): Promise<readonly JsonObject[]> {
		return this.#byUri('resourceTemplates', 'uriTemplate');
	}

	/** May the caller use a tool of this driver? Resources and prompts that no rule names depend on it. */
	async hasAllowedTool(driver: DriverName): Promise<boolean> {
		const { set, lock } = this.#kernel.revisions.current();
		for (const entry of (await this.#bank.tools()).entries.values()) {
			if (entry.driver !== driver) continue;
			const known = lock.knowledgeOf(driver, entry.definition);
			if (viewTool(set, { driver, ...known, ...this.moment() }).state === 'listed') return true;
		}
		return false;
	}

	/** What surrounds a request to this driver that is not a tool call. */
	async surroundings(
		driver: DriverName,
	): Promise<Pick<CallContext, 'cwd' | 'definition' | 'commandsAt' | 'driverHasAllowedTool'>> {
		return { ...plainSurroundings(this.#kernel, driver), driverHasAllowedTool: await this.hasAllowedTool(driver) };
	}

	/** What the agent can do instead of using tools that are not as a person accepted them; nothing while all are. */
	async lockHints(): Promise<readonly string[]> {
		const { set, lock } = this.#kernel.revisions.current();
		const entries = [...(await this.#bank.tools()).entries.values()];
		const locking = entries.flatMap(({ driver, definition }) =>
			viewTool(set, { driver, ...lock.knowledgeOf(driver, definition), ...this.moment() })
				.by.filter(({ effect }) => effect === 'lock')
				.map(({ id }) => id),
		);
		const rules = set.rules.filter(({ id }) => locking.includes(id));
		return [...new Set(rules.flatMap(({ instead }) => instead ?? []))];
	}

	/** Is this not as a person accepted it, where a rule demands that it be? */
	isLockedOut(kind: 'template' | 'instructions', driver: DriverName, definition: Json): boolean {
		const { lock, set } = this.#kernel.revisions.current();
		if (lock.stateOf(kind, driver, definition) === 'accepted') return false;
		return locksOnDriver(set, driver, this.moment()).length > 0;
	}

	/** The kernel's own driver, where some rule could make this caller need it. */
	own(): DriverName | undefined {
		return maySpill(this.#kernel.revisions.current().set, this.moment()) ? ownDriver : undefined;
	}

	/** True for every driver of the configuration. */
	exists(driver: DriverName): boolean {
		return driver !== ownDriver || this.own() !== undefined;
	}

	moment(): Moment {
		return { agent: this.#caller.agent, at: this.#kernel.now(), env: this.#kernel.env };
	}

	/** What a driver lists, as the client sees it; nothing when that can't be told. */
	#shown(driver: DriverName, definition: JsonObject, more: JsonObject = {}): readonly JsonObject[] {
		const { results } = this.#kernel.door;
		const passed = results.around(driver, this.#caller.agent).pass(definition, 'what it lists');
		return passed === undefined ? [] : [{ ...screenListed(passed), ...more }];
	}

	async #byUri(kind: 'resources' | 'resourceTemplates', key: 'uri' | 'uriTemplate'): Promise<readonly JsonObject[]> {
		const lists = await this.#bank.listed(kind, true);
		const isListed = await this.#listing();
		const shown: JsonObject[] = [];
		const taken = new Set<string>();
		for (const [driver, entries] of lists) {
			if (!this.exists(driver)) continue;
			for (const entry of entries) {
				const uri = stringMember(entry, key);
				// The first driver to list a URI owns it; another's would be read from the first.
				if (uri === undefined || taken.has(uri) || (isOwnUri(uri) && driver !== ownDriver)) continue;
				taken.add(uri);
				if (kind === 'resourceTemplates' && this.isLockedOut('template', driver, entry)) continue;
				if (isListed({ kind: 'resource', driver, uri, method: 'resources/read' }, entry))
					shown.push(...this.#shown(driver, entry));
			}
		}
		return shown;
	}

	/** Answers for every prompt and resource of one list: hidden ones are left out, refused ones are not. */
	async #listing(): Promise<(target: Target & { kind: 'prompt' | 'resource' }, definition: JsonObject) => boolean> {
		const around = new Map(
			await Promise.all(
				[...this.#bank.ready(), ownDriver].map(async (driver) => [driver, await this.surroundings(driver)] as const),
			),
		);
		return (target, definition) => {
			const { driver } = target;
			const context = around.get(driver);
			if (context === undefined) return false;
			const isPrompt = target.kind === 'prompt';
			const call = withTarget(
				{
					id: callId('list'),
					caller: this.#caller,
					driver,
					method: isPrompt ? 'prompts/get' : 'resources/read',
					params: isPrompt ? { name: target.prompt } : { uri: target.uri },
					extra: {},
				},
				target,
			);
			const { verdict, acted } = this.#kernel.door.judge(call, { ...context, definition });
			return verdict !== 'hidden' || !acted;
		};
	}
}

/** What surrounds a call of which nothing more is known than its driver. */
export function plainSurroundings(
	kernel: Kernel,
	driver: DriverName,
): Pick<CallContext, 'cwd' | 'definition' | 'commandsAt'> {
	return { cwd: kernel.cwdOf(driver), definition: undefined, commandsAt: [] };
}

/** Undefined for marks that can't be mirrored: no client of 2026-07-28 calls such a tool with headers. */
function marksOf(tool: JsonObject): readonly MirroredParameter[] | undefined {
	try {
		return mirroredParameters(tool);
	} catch {
		return undefined;
	}
}
