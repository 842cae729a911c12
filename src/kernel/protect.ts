// Self-protection: before any rule, and in every mode, nobody's arguments may name what the kernel is governed by.
import { basename, dirname, join } from 'node:path';
import type { Decision, PathForms } from '../abi/decision.ts';
import { isJsonObject, type Json } from '../abi/json.ts';
import { kernelRule } from '../abi/names.ts';
import type { Target } from '../abi/syscall.ts';
import { formsIn } from '../policy/paths.ts';
import { fileReadings } from './file-readings.ts';

export interface Protection {
	/** A refusal when an argument resolves to a protected file, else undefined. */
	check(target: Target, cwd: string): Decision | undefined;
}

/** Client configuration and hooks below the workspace: whoever writes these decides what runs next time. */
export const inWorkspace = [
	'trapgate.yaml',
	'trapgate.lock',
	'.claude',
	'.cursor',
	'.codex',
	'.gemini',
	'.vscode',
	'.opencode',
	'opencode.json',
	'opencode.jsonc',
	'.mcp.json',
	'.git/hooks',
	'.git/config',
];

/** The same, below the home directory. */
export const inHome = [
	'.claude',
	'.claude.json',
	'.cursor',
	'.codex',
	'.gemini',
	'.copilot',
	'.codeium/windsurf',
	'.config/Claude',
	'.config/opencode',
	'.config/Code/User/mcp.json',
	'.config/Code/User/settings.json',
];

/** How long the guarded paths' symlinks are taken for what they were. */
const freshMs = 1000;
/** More strings than this in one call are not looked at one by one; the call is refused. */
const mostStrings = 20_000;

export interface ProtectOptions {
	readonly workspace: string | undefined;
	readonly home: string;
	/** Root file, policy files, audit, state, user and organisation directories; absolute. The same list as long as they are. */
	readonly governed: () => readonly string[];
	readonly resolvePath: (text: string, cwd: string) => PathForms | undefined;
	/** Is there anything of that name, a link that leads nowhere included? When it can't be told: yes. */
	readonly exists: (path: string) => boolean;
	/** A monotonic clock in milliseconds. */
	readonly elapsed: () => number;
}

export function makeProtection(options: ProtectOptions): Protection {
	const { workspace, home, resolvePath, exists } = options;
	const realOf = (directory: string) => resolvePath(directory, '/')?.real;
	const fixed = [
		...(workspace === undefined ? [] : inWorkspace.map((name) => join(workspace, name))),
		...inHome.map((name) => join(home, name)),
	];
	const everyForm = (paths: readonly string[]) =>
		new Set(
			paths.flatMap((path) => {
				const forms = resolvePath(path, '/');
				return forms === undefined ? [path] : [forms.lexical, forms.real];
			}),
		);
	/**
	 * A plain text names nothing but an entry of the directory, and where there is none it could only be made: so one look
	 * is enough for most of the texts that are no names at all.
	 */
	const isNobodysName = (text: string, cwd: string, { forms, holders, directory }: Guarded): boolean => {
		if (!isPlainText.test(text)) return false;
		const path = join(cwd, text);
		if (exists(path)) return false;
		const { real, isGuarded } = directory(cwd);
		if (real === undefined || isGuarded) return false;
		const isFree = (place: string) => !forms.has(place) && !holders.has(place);
		return isFree(path) && (real === cwd || isFree(join(real, text)));
	};
	const roots = [...(workspace === undefined ? [] : [workspace]), home];
	let known: (Guarded & { readonly governed: readonly string[]; readonly at: number }) | undefined;
	/** Resolving two dozen paths for every call would cost more than all the rest of it. */
	const guardedForms = (): Guarded => {
		const governed = options.governed();
		const at = options.elapsed();
		if (known === undefined || known.governed !== governed || at - known.at > freshMs) {
			const forms = everyForm([...fixed, ...governed]);
			const directory = remembered((cwd: string) => {
				const real = realOf(cwd);
				const isGuarded = [cwd, real ?? cwd].some((place) => guardedAbove(place, forms) !== undefined);
				return { real, isGuarded };
			});
			known = { forms, holders: holdersOf(forms, everyForm(roots)), directory, governed, at };
		}
		return known;
	};
	return {
		check(target, cwd) {
			const texts = stringsOf(target);
			if (texts === undefined) return refusalOf(target, 'more values than can be checked');
			if (texts.length === 0) return undefined;
			const guarded = guardedForms();
			const candidates = texts
				.filter((text) => !isNobodysName(text, cwd, guarded))
				.flatMap((text) => fileReadings(text, { cwd, home }));
			for (const text of candidates) {
				const forms = resolvePath(text, cwd);
				if (forms === undefined) continue;
				const places = [...formsIn(forms)];
				const hit = places.map((form) => guardedAbove(form, guarded.forms)).find((found) => found !== undefined);
				if (hit !== undefined) return refusalOf(target, shortName(hit));
				const isHolder = (form: string) =>
					guarded.holders.has(form) && ![cwd, workspace].some((place) => place !== undefined && liesBelow(place, form));
				if (places.some(isHolder)) return refusalOf(target, shortName(forms.lexical));
			}
			return undefined;
		},
	};
}

interface Guarded {
	readonly forms: ReadonlySet<string>;
	/**
	 * Directories below workspace or home that hold something guarded: whoever moves `.git` away, writes a hook there and
	 * moves it back has named no hook. Only they themselves are guarded, not what else is in them.
	 */
	readonly holders: ReadonlySet<string>;
	/** Where a working directory really is, and whether it lies in something guarded. */
	readonly directory: (cwd: string) => { readonly real: string | undefined; readonly isGuarded: boolean };
}

function remembered<Key, Value>(find: (key: Key) => Value): (key: Key) => Value {
	const known = new Map<Key, Value>();
	return (key) => {
		if (!known.has(key)) known.set(key, find(key));
		return known.get(key) as Value;
	};
}

function holdersOf(forms: ReadonlySet<string>, roots: ReadonlySet<string>): ReadonlySet<string> {
	const holders = new Set<string>();
	for (const form of forms) {
		for (const root of roots) {
			for (let at = dirname(form); at !== root && liesBelow(at, root); at = dirname(at)) holders.add(at);
		}
	}
	return holders;
}

/** Is `path` this directory, or below it? */
function liesBelow(path: string, directory: string): boolean {
	return path === directory || path.startsWith(directory === '/' ? directory : `${directory}/`);
}

/** The guarded path that `path` is, or lies below. */
function guardedAbove(path: string, guarded: ReadonlySet<string>): string | undefined {
	for (let at = path; ; at = dirname(at)) {
		if (guarded.has(at)) return at;
		if (at === dirname(at)) return undefined;
	}
}

/** `.git/hooks` says more than `hooks`. */
function shortName(path: string): string {
	return basename(dirname(path)) === '.git' ? `.git/${basename(path)}` : basename(path);
}

/**
 * No separator, no dot, no escape, no blank at its ends, nothing that any reader changes: as a file's name it is read in
 * this one way by everybody. Longer texts than any path are not looked at as names. Whether a file can have a name that is
 * longer than most file systems take (255 bytes) the system tells: one in user space (FUSE) may.
 */
const isPlainText = /^[\w!"'()+,;=@-](?:[\w !"'()+,;=@-]{0,4000}[\w!"'()+,;=@-])?$/;

/** What parameters are called, and nothing that governs an agent. */
const isPlainName = /^[\w-]*$/;

/** Every text of the arguments, names of members included: `{"files": {"a.txt": "…"}}` names a file, too. */
function stringsOf(target: Target): readonly string[] | undefined {
	if (target.kind === 'resource') return [target.uri];
	const found: string[] = [];
	const queue: Json[] = [target.kind === 'tool' || target.kind === 'prompt' ? target.args : target.params];
	for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
		if (typeof next === 'string') found.push(next);
		else if (Array.isArray(next)) for (const item of next) queue.push(item);
		else if (isJsonObject(next)) {
			for (const [key, item] of Object.entries(next)) {
				if (!isPlainName.test(key)) found.push(key);
				queue.push(item);
			}
		}
		if (found.length > mostStrings) return undefined;
	}
	return found;
}

function refusalOf(target: Target, what: string): Decision {
	return {
		verdict: 'denied',
		acted: true,
		mode: 'enforce',
		because: [{ id: kernelRule('protected-files'), effect: 'deny', matched: 'asked' }],
		reason: `\`${what}\` belongs to what governs this agent (policy, log, state or client configuration).`,
		instead: 'ask the user to make this change',
		final: target,
		changes: [],
	};
}
