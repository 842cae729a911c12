// Finds arguments: by parameter name or JSON Pointer, and every string below a value.
import { isJsonObject, type Json, type JsonObject } from '../abi/json.ts';
import { isAscii } from './ascii.ts';

/** A parameter's name, or a JSON Pointer (RFC 6901) split at its slashes. */
export type ArgumentPath = readonly string[];

/** `path`, `/items/0/path`. Anything that begins with a slash is a pointer. */
export function parseArgument(key: string): ArgumentPath {
	if (!key.startsWith('/')) return [key];
	return key
		.slice(1)
		.split('/')
		.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function argumentPointer(path: ArgumentPath): string {
	return path.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Two keys that a server without regard to case, or to Unicode spelling, takes for one. */
export function foldKey(key: string): string {
	return key.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFC');
}

/** Some servers match keys whatever their case; to them these are the same argument. */
export function sameKey(a: string, b: string): boolean {
	if (a === b) return true;
	if (beginDifferently(a, b)) return false;
	if (!isAscii(a) || !isAscii(b)) return foldKey(a) === foldKey(b);
	return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}

/** Two first letters that no spelling makes one: each is ASCII, and no accent follows. */
function beginDifferently(a: string, b: string): boolean {
	const [first, other] = [a.charCodeAt(0), b.charCodeAt(0)];
	const isPlain = (first | other) < 0x80 && !(a.charCodeAt(1) > 0x7f) && !(b.charCodeAt(1) > 0x7f);
	return isPlain && (first | 0x20) !== (other | 0x20);
}

/**
 * Every value at `path`. A segment that meets an array and is no index looks into each element. With `fold`, keys that
 * differ in case or Unicode spelling only are found too.
 */
export function findArguments(args: JsonObject, path: ArgumentPath, fold: boolean): readonly Json[] {
	let found: readonly Json[] = [args];
	for (const segment of path) found = found.flatMap((value) => step(value, segment, fold));
	return found;
}

function step(value: Json, segment: string, fold: boolean): readonly Json[] {
	if (Array.isArray(value)) {
		const index = /^(?:0|[1-9]\d*)$/.test(segment) ? Number(segment) : undefined;
		if (index !== undefined) return index < value.length ? [value[index]] : none;
		return value.flatMap((item: Json) => (isJsonObject(item) ? step(item, segment, fold) : none));
	}
	return isJsonObject(value) ? membersOf(value, segment, fold) : none;
}

const none: readonly never[] = [];

/** Own members only: `constructor` is nobody's argument. */
function membersOf(value: JsonObject, name: string, fold: boolean): readonly Json[] {
	if (!fold) return Object.hasOwn(value, name) ? [value[name] as Json] : none;
	return Object.keys(value)
		.filter((key) => sameKey(key, name))
		.map((key) => value[key] as Json);
}

/** The value of the one member that is called `name`, or so that some servers take it for that; undefined when there are several, or none. */
export function onlyMember(value: JsonObject, names: readonly string[], name: string): Json | undefined {
	let only: Json | undefined;
	for (const key of names) {
		if (!sameKey(key, name)) continue;
		if (only !== undefined) return undefined;
		only = value[key];
	}
	return only;
}

/** A copy with `value` at `path`; objects on the way are made where nothing stands. Undefined when something else is in the way. */
export function setArgument(args: JsonObject, path: ArgumentPath, value: Json): JsonObject | undefined {
	return change(args, path, () => value) as JsonObject | undefined;
}

/** A copy without the member at `path`. */
export function removeArgument(args: JsonObject, path: ArgumentPath): JsonObject {
	if (findArguments(args, path, false).length === 0) return args;
	return (change(args, path, () => undefined) as JsonObject | undefined) ?? args;
}

function change(value: Json | undefined, path: ArgumentPath, update: () => Json | undefined): Json | undefined {
	const [segment, ...rest] = path;
	if (segment === undefined) return update();
	if (Array.isArray(value)) {
		const index = Number(segment);
		if (!Number.isInteger(index) || index < 0 || index >= value.length) return undefined;
		const item = change(value[index], rest, update);
		return item === undefined ? value.toSpliced(index, 1) : value.with(index, item);
	}
	if (value !== undefined && !isJsonObject(value)) return undefined;
	const inner = value !== undefined && Object.hasOwn(value, segment) ? value[segment] : undefined;
	const item = change(inner, rest, update);
	if (item !== undefined) return { ...value, [segment]: item };
	if (rest.length > 0) return undefined;
	return Object.fromEntries(Object.entries(value ?? {}).filter(([key]) => key !== segment));
}

export interface Leaf {
	readonly value: Json;
	/** The name it goes by: its own key, or that of the nearest array around it. */
	readonly key: string;
	/** Where it stands; array indices left out. */
	readonly path: ArgumentPath;
	/** True for the key of a nested object, which may be data too (`{"/etc/passwd": "…"}`). */
	readonly isKey: boolean;
}

/** Everything below `value` that is no array and no object, keys of nested objects included. Depth is bounded by the reader. */
export function leavesOf(value: Json, key: string, most: number): Leaf[] | undefined {
	const leaves: Leaf[] = [];
	const queue: { value: Json; key: string; path: ArgumentPath }[] = [{ value, key, path: [] }];
	for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
		const at = next;
		if (Array.isArray(at.value)) {
			for (const item of at.value) queue.push({ value: item, key: at.key, path: at.path });
		} else if (isJsonObject(at.value)) {
			for (const [name, item] of Object.entries(at.value)) {
				const path = [...at.path, name];
				if (at.path.length > 0) leaves.push({ value: name, key: name, path, isKey: true });
				queue.push({ value: item, key: name, path });
			}
		} else {
			leaves.push({ value: at.value, key: at.key, path: at.path, isKey: false });
		}
		if (leaves.length + queue.length > most) return undefined;
	}
	return leaves;
}
