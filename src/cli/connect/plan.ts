// Works out what each file shall hold, from what it holds now and from what was written into it before.
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText, TrapgateError } from '../../abi/problem.ts';
import { replaceFile } from '../replace-file.ts';
import type { Target } from './clients.ts';
import type { Editor } from './parts.ts';
import type { ClientRecord, FileRecord } from './record.ts';

/** One file: what it holds, and what it shall hold; undefined: there is none. */
export interface Change {
	readonly path: string;
	readonly now: string | undefined;
	readonly next: string | undefined;
	/** Directories that are missing now, or that were made and may go. */
	readonly made: readonly string[];
}

export interface ConnectPlan {
	readonly changes: readonly Change[];
	readonly files: readonly FileRecord[];
}

export interface DisconnectPlan {
	readonly changes: readonly Change[];
	/** Of files that somebody else edited meanwhile. */
	readonly edited: readonly string[];
	/** What is not as it was written, and stays. */
	readonly kept: readonly string[];
}

/** Where something was connected before, from the texts as they were without it: its undo stays exact. */
export function planConnect(targets: readonly Target[], record: ClientRecord | undefined): ConnectPlan {
	const made = targets.map(({ path, editor, parts }) => {
		const now = textOf(path);
		const old = record?.files.find((file) => file.path === path);
		const before = old === undefined ? now : takenOut(old, now, editor).text;
		const { text, done } = named(path, () => editor.apply(before ?? '', parts));
		const directories = old?.made ?? missingAbove(path);
		return {
			change: { path, now, next: text, made: directories },
			file: { path, before: before ?? null, after: text, done, made: directories },
		};
	});
	return { changes: made.map(({ change }) => change), files: made.map(({ file }) => file) };
}

export function planDisconnect(record: ClientRecord, editorOf: (path: string) => Editor): DisconnectPlan {
	const seen = record.files.toReversed().map((file) => {
		const now = textOf(file.path);
		return { file, now, ...takenOut(file, now, editorOf(file.path)) };
	});
	return {
		changes: seen.map(({ file, now, text }) => ({ path: file.path, now, next: text, made: file.made })),
		edited: seen.flatMap(({ file, isEdited }) => (isEdited ? [file.path] : [])),
		kept: seen.flatMap(({ file, kept }) => kept.map((name) => `${name} in ${file.path}`)),
	};
}

/** The text without what was written: the very bytes from before where nobody else wrote since. */
function takenOut(
	{ path, before, after, done }: FileRecord,
	now: string | undefined,
	editor: Editor,
): { readonly text: string | undefined; readonly isEdited: boolean; readonly kept: readonly string[] } {
	// A break between two files leaves one as it was.
	if (now === (before ?? undefined) || now === undefined) return { text: now, isEdited: false, kept: [] };
	if (now === after) return { text: before ?? undefined, isEdited: false, kept: [] };
	const { text, kept } = named(path, () => editor.undo(now, done));
	return { text, isEdited: true, kept };
}

/** With the file in the sentence. */
function named<T>(path: string, work: () => T): T {
	try {
		return work();
	} catch (error) {
		if (!(error instanceof TrapgateError)) throw error;
		throw new TrapgateError(error.code, `\`${path}\`: ${error.message}`, {
			cause: error,
			help: error.problems[0]?.help ?? 'nothing was changed; mend the file, and try again',
		});
	}
}

const largestFile = 4 * 1024 * 1024;

/** Undefined where there is none. Throws C106 for what can't be read, or would not be written back as it is. */
export function textOf(path: string): string | undefined {
	try {
		const bytes = readFileSync(path);
		const text = bytes.toString('utf8');
		if (bytes.length > largestFile) throw new Error(`it has more than ${largestFile} bytes`);
		if (!Buffer.from(text).equals(bytes)) throw new Error('it is no UTF-8');
		return text;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw new TrapgateError('C106', `\`${path}\` can't be read: ${errorText(error)}`, {
			cause: error,
			help: 'nothing was changed',
		});
	}
}

function missingAbove(path: string): readonly string[] {
	const missing: string[] = [];
	for (let at = dirname(path); !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
	return missing;
}

/** Writes all of them or none: what was written before a failure is put back. Throws C105. */
export function carryOut(changes: readonly Change[]): void {
	const written: Change[] = [];
	try {
		for (const change of changes) {
			write(change);
			written.push(change);
		}
	} catch (error) {
		for (const { path, now, next, made } of written.toReversed()) write({ path, now: next, next: now, made });
		throw error;
	}
}

function write({ path, now, next, made }: Change): void {
	if (now === next) return;
	if (next !== undefined) {
		if (now === undefined) makeDirectories(path, made);
		try {
			replaceFile(path, now === undefined ? undefined : Buffer.from(now), next);
		} catch (error) {
			if (now === undefined) removeEmpty(made);
			throw error;
		}
		return;
	}
	if (textOf(path) !== now)
		throw new TrapgateError('C105', `\`${path}\` can't be removed: somebody else changed it meanwhile`, {
			help: 'it is as it was; try again',
		});
	try {
		rmSync(path);
	} catch (error) {
		throw new TrapgateError('C105', `\`${path}\` can't be removed: ${errorText(error)}`, { cause: error });
	}
	removeEmpty(made);
}

function makeDirectories(path: string, made: readonly string[]): void {
	try {
		for (const directory of made) mkdirSync(directory, { recursive: true });
	} catch (error) {
		throw new TrapgateError('C105', `\`${path}\` can't be written: ${errorText(error)}`, {
			cause: error,
			help: 'nothing was changed',
		});
	}
}

function removeEmpty(made: readonly string[]): void {
	try {
		for (const directory of made.toReversed()) rmdirSync(directory);
	} catch {
		// Somebody put something there, and it stays.
	}
}
