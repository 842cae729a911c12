// Trust: which revision of a project's files a person has accepted, because the agent can write the project.

import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { makeDirectory } from '../audit/make-directory.ts';

/** What a person accepted: the hash of all project-layer files, by the root file's real path. */
interface TrustFile {
	readonly version: 1;
	readonly trusted: Readonly<Record<string, { readonly hash: string; readonly at: string }>>;
}

/** One file of the project layer. */
export interface ProjectFile {
	/** Absolute: what a file is called from where somebody stands must not change its hash. */
	readonly path: string;
	readonly text: string;
}

/** `sha256:` over names and contents, whatever order they were found in. */
export function hashFiles(files: readonly ProjectFile[]): string {
	const hash = createHash('sha256');
	for (const { path, text } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
		hash.update(`${Buffer.byteLength(path)}:${path}${Buffer.byteLength(text)}:${text}`);
	}
	return `sha256:${hash.digest('hex')}`;
}

export class TrustStore {
	readonly #path: string;

	constructor(stateDirectory: string) {
		this.#path = join(stateDirectory, 'trust.json');
	}

	/** The accepted hash for this root file, or undefined. Throws when the store can't be read: no answer is no trust. */
	accepted(root: string): string | undefined {
		const { trusted } = this.#read();
		return Object.hasOwn(trusted, root) ? trusted[root]?.hash : undefined;
	}

	/** Has a person ever accepted this root file? A store that can't be read answers yes: then it must be accepted again. */
	knows(root: string): boolean {
		try {
			return this.accepted(root) !== undefined;
		} catch {
			return true;
		}
	}

	/** Records that a person accepted this hash. The file is 0600 and replaced whole, so a crash loses nothing. */
	accept(root: string, hash: string, at: Date): void {
		const next: TrustFile = {
			version: 1,
			trusted: { ...this.#read().trusted, [root]: { hash, at: at.toISOString() } },
		};
		makeDirectory(dirname(this.#path));
		const draft = `${this.#path}.${process.pid}`;
		writeFileSync(draft, `${JSON.stringify(next, null, '\t')}\n`, { mode: 0o600 });
		renameSync(draft, this.#path);
	}

	#read(): TrustFile {
		let text: string;
		try {
			text = readFileSync(this.#path, 'utf8');
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { version: 1, trusted: {} };
			throw new TrapgateError('K102', `the trust store \`${this.#path}\` can't be read: ${errorText(error)}`, {
				cause: error,
			});
		}
		try {
			const parsed = JSON.parse(text) as TrustFile;
			if (parsed.version !== 1 || typeof parsed.trusted !== 'object' || parsed.trusted === null)
				throw new Error('unknown shape');
			return parsed;
		} catch (error) {
			throw new TrapgateError('K102', `the trust store \`${this.#path}\` is damaged: ${errorText(error)}`, {
				cause: error,
				help: `delete it and run \`trapgate trust\` again for each project`,
			});
		}
	}
}
