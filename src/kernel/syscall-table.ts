// The syscall table: which name stands for which driver's tool or prompt.
import { createHash } from 'node:crypto';
import { type JsonObject, stringMember } from '../abi/json.ts';
import { type DriverName, ownDriver, type WireName, wireName } from '../abi/names.ts';
import { writeJson } from '../wire/json.ts';

/** `always`: `driver__tool`; `conflict`: bare unless two drivers claim it; `never`: bare. */
export type Prefix = 'always' | 'conflict' | 'never';

/** One tool or prompt that a driver offers, under the name clients call it by. */
export interface TableEntry {
	readonly wire: WireName;
	readonly driver: DriverName;
	/** The name as the driver spells it. */
	readonly name: string;
	/** The whole entry as the driver listed it, unknown members included. */
	readonly definition: JsonObject;
}

/** A name that somebody else already has; the tool is absent. */
export interface Collision {
	readonly wire: WireName;
	readonly holder: { readonly driver: DriverName; readonly name: string };
	readonly claimant: { readonly driver: DriverName; readonly name: string };
}

export interface Table {
	readonly entries: ReadonlyMap<string, TableEntry>;
	readonly collisions: readonly Collision[];
	/** `sha256:` over every entry as its driver listed it; the log says under which table a call was made. */
	revision(): string;
}

/** Entries as the drivers listed them, in the order the configuration names the drivers. */
export type Listed = ReadonlyMap<DriverName, readonly JsonObject[]>;

const longest = 64;

/**
 * Names every listed entry. `bound` remembers, across rebuilds, which driver holds a name.
 *
 * INVARIANT: a bound name never changes its driver while the kernel runs, or a server that starts late could take
 * the place of one whose calls were already reviewed. A later claimant is absent and reported.
 */
export function buildTable(listed: Listed, prefix: Prefix, bound: Map<string, DriverName>): Table {
	const entries = new Map<string, TableEntry>();
	const collisions: Collision[] = [];
	const claims = countNames(listed);
	for (const [driver, definitions] of listed) {
		for (const definition of definitions) {
			const name = stringMember(definition, 'name');
			if (name === undefined || name === '') continue;
			const bare = prefix === 'never' || (prefix === 'conflict' && claims.get(name) === 1);
			const wire = bare && driver !== ownDriver ? deriveName(name) : deriveName(`${driver}__${name}`);
			const held = entries.get(wire);
			const holder = bound.get(wire);
			if (held !== undefined || (holder !== undefined && holder !== driver)) {
				collisions.push({
					wire,
					holder: held ?? { driver: holder as DriverName, name },
					claimant: { driver, name },
				});
				continue;
			}
			bound.set(wire, driver);
			entries.set(wire, { wire, driver, name, definition });
		}
	}
	let revision: string | undefined;
	return {
		entries,
		collisions,
		revision() {
			revision ??= `sha256:${createHash('sha256')
				.update(writeJson([...listed]))
				.digest('hex')}`;
			return revision;
		},
	};
}

/** A tool of the kernel's own: called so whatever the prefix, for nobody else can be. */
export function ownWireName(tool: string): WireName {
	return deriveName(`${ownDriver}__${tool}`);
}

/** The name every MCP client accepts: other characters become `_`, a long name is cut and told apart by a hash. */
export function deriveName(full: string): WireName {
	const plain = full.replace(/[^a-zA-Z0-9_-]/g, '_');
	if (plain.length <= longest) return wireName(plain);
	const digest = createHash('sha256').update(full).digest('hex').slice(0, 8);
	return wireName(`${plain.slice(0, longest - 9)}_${digest}`);
}

function countNames(listed: Listed): Map<string, number> {
	const counts = new Map<string, number>();
	for (const [driver, definitions] of listed) {
		if (driver === ownDriver) continue;
		for (const definition of definitions) {
			const name = stringMember(definition, 'name');
			if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
		}
	}
	return counts;
}
