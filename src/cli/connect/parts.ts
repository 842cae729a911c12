// What `connect` wants to stand in a client's file: values at paths, and texts in lists.
import { isDeepStrictEqual } from 'node:util';

export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** One thing that shall stand in a file. */
export type Part =
	/** The value at a path of keys, whatever stood there. */
	| { readonly kind: 'set'; readonly path: readonly string[]; readonly value: Value }
	/** One more text in the list at a path. */
	| { readonly kind: 'add'; readonly path: readonly string[]; readonly value: string };

/** A part that was not there before, with what it replaced; written down so that it can be taken out again. */
export type Done = Part & {
	/** The exact text of the value that stood there; absent where none did. */
	readonly before?: string;
	/** How many of the first keys of the path named something before. */
	readonly depth: number;
};

export interface Edited {
	readonly text: string;
	readonly done: readonly Done[];
}

export interface Undone {
	readonly text: string;
	/** What is no longer as it was written, and is left as it is. */
	readonly kept: readonly string[];
}

/** Edits a file of one format as text, so that what is not ours keeps its layout and its comments. Both throw C106. */
export interface Editor {
	apply(text: string, parts: readonly Part[]): Edited;
	undo(text: string, done: readonly Done[]): Undone;
}

export function valueAt(value: unknown, path: readonly string[]): unknown {
	let at = value;
	for (const key of path) {
		if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return undefined;
		at = (at as Record<string, unknown>)[key];
	}
	return at;
}

/** How many of the first keys of the path name something. */
export function depthOf(value: unknown, path: readonly string[]): number {
	let depth = 0;
	while (depth < path.length && valueAt(value, path.slice(0, depth + 1)) !== undefined) depth++;
	return depth;
}

/** True where the part stands there already. */
export function holds(value: unknown, part: Part): boolean {
	const found = valueAt(value, part.path);
	switch (part.kind) {
		case 'set':
			return isDeepStrictEqual(plain(found), plain(part.value));
		case 'add':
			return Array.isArray(found) && found.includes(part.value);
		default:
			return part satisfies never;
	}
}

/** Readers differ in the prototypes and numbers that they make. */
export function plain(value: unknown): unknown {
	return value === undefined
		? undefined
		: JSON.parse(JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? Number(one) : one)));
}

/** As the user would name it: `permissions.deny: Bash`. */
export function partName({ kind, path, value }: Part): string {
	return kind === 'add' ? `${path.join('.')}: ${value}` : path.join('.');
}
