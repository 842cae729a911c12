// The revision in force, and its replacement while the kernel runs.
import { stat } from 'node:fs/promises';
import type { Problem } from '../abi/problem.ts';
import { lockPath } from './lock/path.ts';
import { type LoadOptions, loadRevision, type Revision, tightened } from './revision.ts';
import { layerFiles } from './sources.ts';

/** What became of an edit. */
export interface ReloadOutcome {
	readonly accepted: boolean;
	/** The id of the revision in force before. */
	readonly from: string;
	readonly problems: readonly Problem[];
	/** What took no effect until a restart or `trapgate trust`, in words. */
	readonly held: readonly string[];
}

export interface RevisionsOptions {
	readonly load: LoadOptions;
	readonly first: Revision;
	/** The hash of project files that a person accepted, as it stands now. */
	readonly acceptedHash: () => string | undefined;
	/** What of a revision has to wait for a restart beside what is built once, in words. */
	readonly waiting?: (revision: Revision) => readonly string[];
	/** Called after each edit, applied or not, before anybody else hears of it. */
	readonly report: (outcome: ReloadOutcome) => void;
}

export class Revisions {
	readonly #options: RevisionsOptions;
	readonly #listeners = new Set<() => void>();
	#current: Revision;
	/** The last revision that a person trusted in full; an untrusted edit can only add to it. */
	#trusted: Revision;
	#seen: string;
	#watch: NodeJS.Timeout | undefined;

	constructor(options: RevisionsOptions) {
		this.#options = options;
		this.#current = options.first;
		this.#trusted = options.first;
		this.#seen = '';
	}

	current(): Revision {
		return this.#current;
	}

	/** Calls back after every change of the revision in force; returns how to stop that. */
	onChange(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Reads everything again. A revision that does not load, or that a project may not bring, changes nothing. */
	reload(): ReloadOutcome {
		const from = this.#current.id;
		const loaded = loadRevision(this.#options.load);
		if (loaded.revision === undefined)
			return this.#report({ accepted: false, from, problems: loaded.problems, held: [] });
		const edited = loaded.revision;
		const isTrusted = edited.projectHash === undefined || edited.projectHash === this.#options.acceptedHash();
		const next = isTrusted ? loaded : tightened(this.#options.load, this.#trusted, edited);
		if (next.revision === undefined) return this.#report({ accepted: false, from, problems: next.problems, held: [] });
		const held = [
			...(isTrusted
				? []
				: [
						'project files changed since they were trusted: only rules that tighten are in force; run `trapgate trust`',
					]),
			...(sameMachinery(edited, this.#trusted)
				? []
				: ['`drivers`, `audit`, `ask`, `http`, `prefix` or `workspace` changed: restart to apply']),
			...(this.#options.waiting?.({ ...next.revision, config: this.#options.first.config }) ?? []),
		];
		if (isTrusted)
			this.#trusted = { ...next.revision, config: { ...next.revision.config, ...machinery(this.#trusted) } };
		const changed = next.revision.id !== from;
		this.#current = { ...next.revision, config: { ...next.revision.config, ...machinery(this.#trusted) } };
		const outcome = this.#report({ accepted: true, from, problems: next.problems, held });
		if (changed) for (const listener of this.#listeners) listener();
		return outcome;
	}

	/**
	 * Looks at the files every `everyMs`; an edit is taken up when the files have been still for one look. `marks` are those
	 * of the files when the first revision was read, if that is a while ago: what was edited since is taken up, too.
	 */
	async watch(everyMs: number, marks?: string): Promise<void> {
		let pending = await this.#fingerprint();
		this.#seen = marks === undefined ? pending : this.#withTrust(marks);
		const look = async () => {
			const now = await this.#fingerprint();
			if (now !== this.#seen && now === pending) {
				this.#seen = now;
				this.reload();
			}
			pending = now;
			if (this.#watch !== undefined) this.#schedule(look, everyMs);
		};
		this.#schedule(look, everyMs);
	}

	stop(): void {
		clearTimeout(this.#watch);
		this.#watch = undefined;
		this.#listeners.clear();
	}

	#schedule(look: () => Promise<void>, everyMs: number): void {
		this.#watch = setTimeout(() => void look(), everyMs);
		this.#watch.unref();
	}

	#report(outcome: ReloadOutcome): ReloadOutcome {
		this.#options.report(outcome);
		return outcome;
	}

	async #fingerprint(): Promise<string> {
		return this.#withTrust(await marksOf(this.#options.load, this.#current.sources));
	}

	#withTrust(marks: string): string {
		return `${marks}\n${this.#options.acceptedHash() ?? ''}`;
	}
}

/** Names, sizes and times of everything that could take part. */
export async function marksOf(
	{ roots, file }: Pick<LoadOptions, 'roots' | 'file'>,
	sources: readonly { readonly path: string }[],
): Promise<string> {
	const paths = new Set([
		file,
		lockPath(file),
		...sources.map((source) => source.path),
		...layerFiles(roots.organisation),
		...layerFiles(roots.user),
	]);
	const marks = await Promise.all(
		[...paths].sort().map(async (path) => {
			const status = await stat(path, { bigint: true }).catch(() => undefined);
			return `${path} ${status === undefined ? 'absent' : `${status.ino} ${status.size} ${status.mtimeNs} ${status.ctimeNs}`}`;
		}),
	);
	return marks.join('\n');
}

/** What is built once, at boot. */
function machinery({ config }: Revision) {
	const { drivers, audit, ask, http, prefix, workspace, startTimeoutMs } = config;
	return { drivers, audit, ask, http, prefix, workspace, startTimeoutMs };
}

function sameMachinery(one: Revision, other: Revision): boolean {
	return JSON.stringify(machinery(one)) === JSON.stringify(machinery(other));
}
