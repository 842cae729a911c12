// Files that the text itself writes and then runs: what they hold, as far as that can be trusted.

import { baseName, joinPath } from './paths.ts';
import type { Text } from './value.ts';

/** Programs that change no file beside those that their facts tell. */
const harmless: ReadonlySet<string> = new Set(
	'basename bash cat chmod dash date dirname echo env file grep head id ls mkdir printf pwd realpath sh sleep stat sudo tail test timeout true uname wc which whoami'.split(
		' ',
	),
);

/**
 * Files written so far. What one holds is known only of the last, and only while nothing else may have changed it:
 * two paths may be one file, and an unknown program may write anywhere.
 */
export class Files {
	readonly #written = new Map<string, true>();
	#last: { readonly path: string; readonly text: Text } | undefined;

	/** Notes a program, and the files that its facts name. */
	ran(program: string, writes: unknown): void {
		if (!harmless.has(program)) this.#last = undefined;
		if (!Array.isArray(writes)) return;
		for (const path of writes) {
			if (typeof path !== 'string') continue;
			this.#last = undefined;
			this.#written.set(pathKey(path), true);
			this.#written.set(`*/${baseName(path)}`, true);
		}
	}

	/** A command wrote exactly this to a file that it emptied first. */
	holds(path: string, text: Text): void {
		this.#last = { path: pathKey(path), text };
	}

	/** Whether a program of this path, or a bare name, may be a file that the text wrote. */
	isWritten(path: string | undefined, name: string): boolean {
		if (this.#written.size === 0) return false;
		return this.#written.has(path === undefined ? `*/${name}` : pathKey(path));
	}

	/** What a file holds, if that is known. */
	text(path: string | undefined): Text | undefined {
		return path !== undefined && this.#last?.path === pathKey(path) ? this.#last.text : undefined;
	}
}

function pathKey(path: string): string {
	return joinPath('', path) ?? path;
}
