// What holds at one point of a script: variables, functions, aliases, the directory.

import type { FunctionNode } from './parser.ts';
import { assigned, covers, forgottenValue, joinValues, unknownValue, type Value } from './value.ts';
import type { Layer, Word } from './word.ts';

/** A function that the text defines. */
export interface Definition {
	readonly node: FunctionNode;
	readonly layer: Layer;
	/** Set when its body was looked at, at a call. */
	isCalled: boolean;
}

export interface Settings {
	/** Relative to where the text starts; null when unknown. */
	cwd: string | null;
	/** `$0`, `$1` and so on; undefined when unknown. */
	positional: readonly Word[] | undefined;
	/** Whether the shell replaces aliases. */
	aliases: 'off' | 'on' | 'maybe';
	/** Where PATH was changed so that a bare name may mean another file. */
	pathChange: string | undefined;
	/** `set -a`: every variable is exported. */
	exportsAll: boolean;
	/** Options make `echo` and patterns mean something else: `shopt -s xpg_echo nocasematch`. */
	isOdd: boolean;
	/** The last part of a pipeline may run in the shell itself: `shopt -s lastpipe`. */
	lastPipe: boolean;
}

export type Bindings = readonly (Definition | undefined)[];

/**
 * One layer of state over another. Subshells and branches get a layer of their own,
 * which is dropped, or joined into the one below.
 */
export class Scope {
	readonly #parent: Scope | undefined;
	/** A process sees the exported variables of its parent, and nothing else. */
	readonly #isProcess: boolean;
	#values: Map<string, Value> | undefined;
	#functions: Map<string, Bindings> | undefined;
	#aliases: Map<string, string | null | undefined> | undefined;
	#exported: Set<string> | undefined;
	#forgets = false;
	/** Shared with the layer below until one of them changes. */
	#settings: Settings;

	private constructor(parent: Scope | undefined, settings: Settings, isProcess: boolean) {
		this.#parent = parent;
		this.#settings = settings;
		this.#isProcess = isProcess;
	}

	static start(settings: Settings): Scope {
		return new Scope(undefined, settings, false);
	}

	/** A layer whose changes can be dropped or joined. */
	fork(): Scope {
		return new Scope(this, this.#settings, false);
	}

	/** The state of a new process that this shell starts. */
	process(settings: Settings): Scope {
		return new Scope(this, settings, true);
	}

	value(name: string): Value | undefined {
		let mustBeExported = false;
		for (let scope: Scope | undefined = this; scope; scope = scope.#parent) {
			const value = scope.#values?.get(name);
			if (value) return mustBeExported && !value.isExported ? undefined : value;
			if (scope.#forgets) return forgottenValue;
			mustBeExported ||= scope.#isProcess;
		}
		return undefined;
	}

	assign(name: string, value: Value): void {
		this.put(name, assigned(this.value(name), value));
	}

	/** Makes it exactly this value, whatever it was before. */
	put(name: string, value: Value): void {
		this.#values ??= new Map();
		const isExported =
			value.isExported ?? (this.setting('exportsAll') || this.#isExported(name) || this.value(name)?.isExported);
		this.#values.set(name, isExported ? { ...value, isExported } : value);
		if (isExported) this.exportLater(name);
	}

	/** A later assignment of this variable is exported. */
	exportLater(name: string): void {
		this.#exported ??= new Set();
		this.#exported.add(name);
	}

	/** Nothing is known of any variable any more. */
	forget(): void {
		this.#values = undefined;
		this.#forgets = true;
	}

	/** What a name may be called for; undefined among them stands for what else has that name. */
	functions(name: string): Bindings | undefined {
		let isElsewhere = false;
		for (let scope: Scope | undefined = this; scope; scope = scope.#parent) {
			const bindings = scope.#functions?.get(name);
			// Another shell knows the exported ones, if it is a bash.
			if (bindings) return isElsewhere && !bindings.includes(undefined) ? [...bindings, undefined] : bindings;
			isElsewhere ||= scope.#isProcess;
		}
		return undefined;
	}

	define(name: string, bindings: Bindings): void {
		this.#functions ??= new Map();
		this.#functions.set(name, bindings);
	}

	/** The text of an alias; null when it can't be known. */
	alias(name: string): string | null | undefined {
		for (let scope: Scope | undefined = this; scope; scope = scope.#isProcess ? undefined : scope.#parent) {
			if (scope.#aliases?.has(name)) return scope.#aliases.get(name);
		}
		return undefined;
	}

	/** Undefined hides it. */
	defineAlias(name: string, text: string | null | undefined): void {
		this.#aliases ??= new Map();
		this.#aliases.set(name, text);
	}

	setting<Key extends keyof Settings>(key: Key): Settings[Key] {
		return this.#settings[key];
	}

	set<Key extends keyof Settings>(key: Key, value: Settings[Key]): void {
		if (this.#settings[key] !== value) this.#settings = { ...this.#settings, [key]: value };
	}

	/** Every exported variable, by name. */
	exported(): ReadonlyMap<string, Value> {
		const all = new Map<string, Value>();
		for (let scope: Scope | undefined = this; scope; scope = scope.#parent) {
			for (const name of scope.#exported ?? []) {
				const value = all.has(name) ? undefined : this.value(name);
				if (value?.isExported) all.set(name, value);
			}
		}
		return all;
	}

	/** No variable was set so far. */
	get holdsNothing(): boolean {
		for (let scope: Scope | undefined = this; scope; scope = scope.#parent) {
			if (scope.#values || scope.#forgets) return false;
		}
		return true;
	}

	/** Everything that a layer changed is taken over, but for some variables: it certainly ran. */
	adopt(layer: Scope, except?: ReadonlyMap<string, unknown>): void {
		if (layer.#forgets) this.forget();
		for (const name of layer.#exported ?? []) this.exportLater(name);
		for (const [name, value] of layer.#values ?? []) if (!except?.has(name)) this.put(name, value);
		for (const [name, bindings] of layer.#functions ?? []) this.define(name, bindings);
		for (const [name, text] of layer.#aliases ?? []) this.defineAlias(name, text);
		this.#settings = layer.#settings;
	}

	/** One of the layers ran, all of them forked from this one. A layer without changes stands for `may not have run`. */
	join(layers: readonly Scope[]): void {
		for (const layer of layers) for (const name of layer.#exported ?? []) this.exportLater(name);
		if (layers.some((layer) => layer.#forgets)) this.forget();
		for (const name of namesOf(layers, (layer) => layer.#values)) {
			const values = layers.map((layer) => layer.value(name) ?? unknownValue);
			this.#values ??= new Map();
			this.#values.set(name, values.reduce(joinValues));
		}
		for (const name of namesOf(layers, (layer) => layer.#functions)) {
			this.define(name, [...new Set(layers.flatMap((layer) => layer.functions(name) ?? [undefined]))]);
		}
		for (const name of namesOf(layers, (layer) => layer.#aliases)) {
			const [first, ...others] = layers.map((layer) => layer.alias(name));
			this.defineAlias(name, others.every((text) => text === first) ? (first ?? null) : null);
		}
		this.#joinSettings(layers);
	}

	/** A layer right above `boundary` with everything that holds here: the state in which a loop or a function is left. */
	since(boundary: Scope): Scope {
		const layers: Scope[] = [];
		for (let scope: Scope | undefined = this; scope && scope !== boundary; scope = scope.#parent) layers.push(scope);
		const flat = boundary.fork();
		for (const layer of layers.reverse()) flat.adopt(layer);
		return flat;
	}

	/** How many values the layers above `boundary` hold. */
	sizeSince(boundary: Scope): number {
		let size = 1;
		for (let scope: Scope | undefined = this; scope && scope !== boundary; scope = scope.#parent) {
			size += 1 + (scope.#values?.size ?? 0) + (scope.#functions?.size ?? 0) + (scope.#aliases?.size ?? 0);
		}
		return size;
	}

	/** Whether this is `other` or a layer over it: what ran there ran before this. */
	isWithin(other: Scope): boolean {
		for (let scope: Scope | undefined = this; scope; scope = scope.#parent) if (scope === other) return true;
		return false;
	}

	/** The variables that this layer changed, and whether it changed anything else. */
	changes(): { readonly names: readonly string[]; readonly isMore: boolean } {
		const parent = this.#parent;
		const before = parent ? parent.#settings : undefined;
		const isSame = (Object.keys(this.#settings) as (keyof Settings)[]).every(
			(key) => before?.[key] === this.#settings[key],
		);
		const isMore = !isSame || this.#functions !== undefined || this.#aliases !== undefined;
		return { names: [...(this.#values?.keys() ?? [])], isMore };
	}

	/** Whether everything beside variables that holds in `layer` is something this one covers. */
	coversState(layer: Scope): boolean {
		for (const [name, bindings] of layer.#functions ?? []) {
			const mine = this.functions(name) ?? [undefined];
			if (!bindings.every((one) => mine.some((other) => other?.node === one?.node))) return false;
		}
		for (const [name, text] of layer.#aliases ?? []) {
			if (this.alias(name) !== text && this.alias(name) !== null) return false;
		}
		const [mine, other] = [this.#settings, layer.#settings];
		if (mine === other) return true;
		return (
			(mine.cwd === null || mine.cwd === other.cwd) &&
			(mine.positional === undefined || mine.positional === other.positional) &&
			(mine.aliases === 'maybe' || mine.aliases === other.aliases) &&
			(mine.pathChange !== undefined || mine.pathChange === other.pathChange) &&
			(mine.exportsAll || !other.exportsAll) &&
			(mine.isOdd || !other.isOdd) &&
			(mine.lastPipe || !other.lastPipe)
		);
	}

	/** Variables whose values in `layer` this one does not cover. */
	outgrown(layer: Scope): readonly string[] {
		const names: string[] = [];
		for (const [name, value] of layer.#values ?? [])
			if (!covers(this.value(name) ?? unknownValue, value)) names.push(name);
		return names;
	}

	#isExported(name: string): boolean {
		for (let scope: Scope | undefined = this; scope; scope = scope.#parent) if (scope.#exported?.has(name)) return true;
		return false;
	}

	#joinSettings(layers: readonly Scope[]): void {
		const [first] = layers;
		if (!first) return;
		if (layers.every((layer) => layer.#settings === first.#settings)) {
			this.#settings = first.#settings;
			return;
		}
		const differs = (key: keyof Settings): boolean =>
			layers.some((layer) => layer.#settings[key] !== first.#settings[key]);
		const { cwd, positional, aliases } = first.#settings;
		this.#settings = {
			cwd: differs('cwd') ? null : cwd,
			positional: differs('positional') ? undefined : positional,
			aliases: differs('aliases') ? 'maybe' : aliases,
			pathChange: layers.map((layer) => layer.#settings.pathChange).find((change) => change !== undefined),
			exportsAll: layers.some((layer) => layer.#settings.exportsAll),
			isOdd: layers.some((layer) => layer.#settings.isOdd),
			lastPipe: layers.some((layer) => layer.#settings.lastPipe),
		};
	}
}

function namesOf(layers: readonly Scope[], pick: (layer: Scope) => Map<string, unknown> | undefined): Set<string> {
	const names = new Set<string>();
	for (const layer of layers) for (const name of pick(layer)?.keys() ?? []) names.add(name);
	return names;
}
