// Files that the text itself writes and then runs: what they hold, as far as that can be trusted.

import { baseName, joinPath } from './paths.ts';
import type { Scope } from './scope.ts';
import type { Text } from './value.ts';

/** Programs that change no file beside those that their facts tell. */
const harmless: ReadonlySet<string> = new Set(
	'basename bash cat chmod dash date dirname echo env file grep head id ls mkdir printf pwd realpath sh sleep stat sudo tail test timeout true uname wc which whoami'.split(
		' ',
	),
);

/** What these write is a program made of source files, and no other program that was there before. */
const compilers =
	/^(?:(?:[\w-]+-)?(?:cc|gcc|g\+\+|c\+\+|clang|clang\+\+|gfortran)(?:-[\d.]+)?|rustc|go|javac|tsc|ghc|nasm|ocamlopt)$/;

/**
 * Files written so far. What one holds is known only of the last, and only while nothing else may have changed it:
 * two paths may be one file, and an unknown program may write anywhere.
 */
export class Files {
	readonly #written = new Map<string, true>();
	#last: { readonly path: string; readonly text: Text; readonly scope: Scope } | undefined;
	#isShared = false;
	#writes = 0;

	/** Notes a program, and the files that its facts name. */
	ran(program: string, writes: unknown, readsInput: boolean): void {
		if (!harmless.has(program)) this.#last = undefined;
		if (!Array.isArray(writes)) return;
		this.#writes += 1;
		if (compilers.test(program) && !readsInput) {
			this.#last = undefined;
			return;
		}
		for (const path of writes) {
			if (typeof path !== 'string') continue;
			this.#last = undefined;
			this.#written.set(pathKey(path), true);
			this.#written.set(`*/${baseName(path)}`, true);
		}
	}

	/** A command wrote exactly this to a file that it emptied first; so it did for whatever runs in that scope later. */
	holds(path: string, text: Text, scope: Scope): void {
		this.#last = this.#isShared ? undefined : { path: pathKey(path), text, scope };
	}

	/** How many commands wrote files so far. */
	get writes(): number {
		return this.#writes;
	}

	/** What the last file holds is not known any more. */
	forget(): void {
		this.#last = undefined;
	}

	/** From now on something else may write at any time, or a redirection may fail. */
	distrust(): void {
		this.#last = undefined;
		this.#isShared = true;
	}

	/** Whether a program of this path, or a bare name, may be a file that the text wrote. */
	isWritten(path: string | undefined, name: string): boolean {
		if (this.#written.size === 0) return false;
		return this.#written.has(path === undefined ? `*/${name}` : pathKey(path));
	}

	/** What a file holds, if that is known. */
	text(path: string | undefined, scope: Scope): Text | undefined {
		const last = this.#last;
		return path !== undefined && last?.path === pathKey(path) && scope.isWithin(last.scope) ? last.text : undefined;
	}
}

function pathKey(path: string): string {
	return joinPath('', path) ?? path;
}
