// The lock: what a person accepted of every driver, and how what a driver lists now compares with it.
import type { ArgumentRole, LockState, ToolFacts } from '../../abi/decision.ts';
import { isJsonObject, type Json, type JsonObject, stringMember } from '../../abi/json.ts';
import { ownDriver } from '../../abi/names.ts';
import { canonicalJson, sha256 } from '../../audit/chain.ts';
import type { KnownTools } from '../../policy/lint-names.ts';
import { readResult, readResultTool } from '../own-driver.ts';

/** What is locked of a driver. */
export type LockedKind = 'tool' | 'prompt' | 'template' | 'instructions';

/** One accepted thing. */
export interface LockEntry {
	/** As the driver spells it; a template's URI template; empty for instructions. */
	readonly name: string;
	/** Over the canonical JSON of the whole entry as the driver listed it. */
	readonly sha256: string;
	/** The entry itself; undefined where it was too large to be kept. */
	readonly definition: Json | undefined;
	/** What a person confirmed of a tool; both or neither. */
	readonly confirmed?: Confirmed;
}

export interface Confirmed {
	readonly effect: 'read' | 'write';
	/** By JSON Pointer of the parameter, array indices left out. */
	readonly roles: Readonly<Record<string, ArgumentRole>>;
}

export type DriverLock = Readonly<Record<LockedKind, ReadonlyMap<string, LockEntry>>>;

/** The hash of what a driver lists. */
export function definitionHash(definition: Json): string {
	return sha256(canonicalJson(definition));
}

/** What the entry of a list is called; undefined for one that nobody could name. */
export function nameIn(kind: LockedKind, definition: Json): string | undefined {
	if (kind === 'instructions') return typeof definition === 'string' ? '' : undefined;
	return stringMember(definition, kind === 'template' ? 'uriTemplate' : 'name');
}

export class Lock {
	/** By driver, in name order. */
	readonly drivers: ReadonlyMap<string, DriverLock>;
	/** False: there is no file, so nothing has been accepted. */
	readonly isPresent: boolean;
	/** A list keeps its objects until it is read again, so each is hashed once. */
	readonly #hashes = new WeakMap<JsonObject, string>();

	constructor(drivers: ReadonlyMap<string, DriverLock>, isPresent = true) {
		this.drivers = drivers;
		this.isPresent = isPresent;
	}

	entry(kind: LockedKind, driver: string, name: string): LockEntry | undefined {
		return this.drivers.get(driver)?.[kind].get(name);
	}

	/** How what the driver lists compares with what was accepted under that name. */
	stateOf(kind: LockedKind, driver: string, definition: Json): LockState {
		// What the kernel itself offers is as this version has it; no server can list it.
		if (driver === ownDriver) return 'accepted';
		const name = nameIn(kind, definition);
		const entry = name === undefined ? undefined : this.entry(kind, driver, name);
		if (entry === undefined) return 'new';
		return entry.sha256 === this.#hashOf(definition) ? 'accepted' : 'changed';
	}

	/**
	 * What the policy may know of a tool that a driver lists. Confirmations count for the very definition they were made
	 * of; of another one they only restrict, or a server would be rid of a rule about its paths by changing a word.
	 */
	knowledgeOf(driver: string, definition: JsonObject): ToolFacts & { readonly lock: LockState } {
		if (driver === ownDriver) return { definition, lock: 'accepted', ...onlyReads };
		const lock = this.stateOf('tool', driver, definition);
		const confirmed = this.entry('tool', driver, nameIn('tool', definition) ?? '')?.confirmed;
		const isChanged = lock !== 'accepted' && confirmed !== undefined;
		return { definition, lock, ...confirmed, ...(isChanged && { isChanged }) };
	}

	/** The same for a tool that no driver was asked about: as it was accepted. */
	rememberedTool(driver: string, tool: string): ToolFacts | undefined {
		if (driver === ownDriver) return tool === readResult ? { definition: readResultTool, ...onlyReads } : undefined;
		const entry = this.entry('tool', driver, tool);
		if (entry === undefined) return undefined;
		const { definition, confirmed } = entry;
		return { definition: isJsonObject(definition) ? definition : { name: tool }, ...confirmed };
	}

	/** What likely mistakes in rules are held against; undefined where nothing has been accepted. */
	known(drivers: readonly string[]): KnownTools | undefined {
		if (!this.isPresent) return undefined;
		const tools = [...this.drivers].flatMap(([driver, { tool }]) =>
			[...tool.keys()].map((name) => ({
				name: `${driver}/${name}`,
				...(this.rememberedTool(driver, name) ?? { definition: {} }),
			})),
		);
		return { tools, unrecorded: drivers.filter((driver) => !this.drivers.has(driver)) };
	}

	/** How many tools were accepted. */
	get toolCount(): number {
		return [...this.drivers.values()].reduce((sum, { tool }) => sum + tool.size, 0);
	}

	#hashOf(definition: Json): string {
		if (!isJsonObject(definition)) return definitionHash(definition);
		const known = this.#hashes.get(definition);
		if (known !== undefined) return known;
		const hash = definitionHash(definition);
		this.#hashes.set(definition, hash);
		return hash;
	}
}

const onlyReads: Confirmed = { effect: 'read', roles: {} };

/** The lock of a project that has none: nothing has been accepted. */
export function emptyLock(): Lock {
	return new Lock(new Map(), false);
}
