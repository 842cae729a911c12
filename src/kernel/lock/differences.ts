// Where drivers list something else than was accepted, entry by entry and field by field.
import { isJsonObject, type Json, type JsonObject } from '../../abi/json.ts';
import type { DriverName } from '../../abi/names.ts';
import { canonicalJson } from '../../audit/chain.ts';
import type { DriverListing, Listing } from './listing.ts';
import type { DriverLock, Lock, LockEntry, LockedKind } from './lock.ts';

/** One field that differs: where it stands in the entry, and what stood there. */
export interface FieldChange {
	/** Member names from the entry down; empty where the whole of it is another. */
	readonly path: readonly string[];
	/** Absent: the field is new. */
	readonly from?: Json;
	/** Absent: the field is gone. */
	readonly to?: Json;
}

export interface Difference {
	readonly driver: DriverName;
	readonly kind: LockedKind;
	readonly name: string;
	/** `unconfirmed`: as it was accepted, and nobody has said yet what it does. */
	readonly change: 'changed' | 'new' | 'gone' | 'unconfirmed';
	/** What was accepted. */
	readonly before: LockEntry | undefined;
	/** What is listed. */
	readonly after: Json | undefined;
	readonly fields: readonly FieldChange[];
}

const kinds = ['instructions', 'tool', 'prompt', 'template'] as const satisfies readonly LockedKind[];
const nothing: DriverLock = { instructions: new Map(), tool: new Map(), prompt: new Map(), template: new Map() };
const silence: DriverListing = { instructions: new Map(), tool: new Map(), prompt: new Map(), template: new Map() };

/**
 * Everything that differs, in the order of drivers, kinds and names; then what nobody has confirmed. A driver that is
 * configured and down is left out: nobody knows what it lists.
 */
export function differences(
	lock: Lock,
	{ drivers: listed }: Listing,
	configured: readonly DriverName[],
): readonly Difference[] {
	const gone = [...lock.drivers.keys()].filter((name) => !(configured as readonly string[]).includes(name)).sort();
	const names = [...configured.filter((name) => listed.has(name)), ...(gone as DriverName[])];
	const found = names.flatMap((driver) => {
		const held = lock.drivers.get(driver) ?? nothing;
		const now = listed.get(driver) ?? silence;
		return kinds.flatMap((kind) => ofKind(lock, driver, kind, held[kind], now[kind]));
	});
	return [...found.filter(({ change }) => change !== 'unconfirmed'), ...found.filter(isUnconfirmed)];
}

function isUnconfirmed({ change }: Difference): boolean {
	return change === 'unconfirmed';
}

function ofKind(
	lock: Lock,
	driver: DriverName,
	kind: LockedKind,
	held: ReadonlyMap<string, LockEntry>,
	now: ReadonlyMap<string, Json>,
): Difference[] {
	const names = [...new Set([...held.keys(), ...now.keys()])].sort();
	return names.flatMap((name): Difference[] => {
		const [before, after] = [held.get(name), now.get(name)];
		const about = { driver, kind, name, before, after };
		if (after === undefined) return [{ ...about, change: 'gone', fields: [] }];
		if (before === undefined) return [{ ...about, change: 'new', fields: fieldsOf(after) }];
		if (lock.stateOf(kind, driver, after) !== 'accepted') {
			const fields = before.definition === undefined ? fieldsOf(after) : changedFields(before.definition, after);
			return [{ ...about, change: 'changed', fields }];
		}
		return kind === 'tool' && before.confirmed === undefined
			? [{ ...about, change: 'unconfirmed', fields: fieldsOf(after) }]
			: [];
	});
}

/** Every member of a new entry but its name, what it says of itself first. */
function fieldsOf(definition: Json): FieldChange[] {
	if (!isJsonObject(definition)) return [{ path: [], to: definition }];
	const first = ['title', 'description'];
	const names = [
		...first,
		...Object.keys(definition)
			.filter((name) => !first.includes(name))
			.sort(),
	];
	return names
		.filter((name) => name !== 'name' && Object.hasOwn(definition, name))
		.map((name) => ({ path: [name], to: definition[name] as Json }));
}

/** The deepest members that differ; lists and texts as a whole. */
export function changedFields(from: Json, to: Json, path: readonly string[] = []): FieldChange[] {
	if (canonicalJson(from) === canonicalJson(to)) return [];
	if (!isJsonObject(from) || !isJsonObject(to)) return [{ path, from, to }];
	const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
	return names.flatMap((name) => {
		const at = [...path, name];
		if (!Object.hasOwn(to, name)) return [{ path: at, from: valueIn(from, name) }];
		if (!Object.hasOwn(from, name)) return [{ path: at, to: valueIn(to, name) }];
		return changedFields(valueIn(from, name), valueIn(to, name), at);
	});
}

function valueIn(object: JsonObject, name: string): Json {
	return object[name] as Json;
}
