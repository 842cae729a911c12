// Which servers were found to be of another era than is tried first, so that the next start need not find out.
import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText } from '../abi/problem.ts';
import { makeDirectory } from '../audit/make-directory.ts';
import type { Era, EraMemory } from '../drivers/era.ts';

export interface EraStoreOptions {
	/** The state directory. */
	readonly state: string;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	readonly random: (bytes: number) => Uint8Array;
	readonly warn: (text: string) => void;
}

/** Servers are updated; and what was kept may be wrong. */
const dayMs = 24 * 60 * 60_000;
const maxLength = 200;

/** One small file a server, named by a hash: addresses and arguments may hold secrets. What can't be read or kept is not known. */
export class EraStore implements EraMemory {
	readonly #options: EraStoreOptions;
	readonly #directory: string;

	constructor(options: EraStoreOptions) {
		this.#options = options;
		this.#directory = join(options.state, 'eras');
	}

	async recall(server: string): Promise<Era | undefined> {
		try {
			const text = await readFile(this.#pathOf(server), 'utf8');
			const { era, at } = JSON.parse(text.slice(0, maxLength)) as { readonly era?: unknown; readonly at?: unknown };
			const ageMs = typeof at === 'string' ? this.#options.now() - Date.parse(at) : Number.NaN;
			if (!(ageMs >= 0 && ageMs < dayMs)) return undefined;
			return era === 'older' || era === 'modern' ? era : undefined;
		} catch {
			return undefined;
		}
	}

	async keep(server: string, era: Era): Promise<void> {
		const { now, random, warn } = this.#options;
		try {
			makeDirectory(this.#directory);
			const path = this.#pathOf(server);
			const draft = `${path}.${Buffer.from(random(6)).toString('hex')}`;
			await writeFile(draft, `${JSON.stringify({ era, at: new Date(now()).toISOString() })}\n`, {
				mode: 0o600,
				flag: 'wx',
			});
			await rename(draft, path);
		} catch (error) {
			warn(`which revision of MCP a server speaks could not be kept: ${errorText(error)}`);
		}
	}

	#pathOf(server: string): string {
		return join(this.#directory, createHash('sha256').update(server).digest('hex'));
	}
}
