// Test files and what they are about: the policies they name, or those that are tested anyway.
import { realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Problem } from '../abi/problem.ts';
import { type LoadOptions, noSuchPack } from '../kernel/revision.ts';
import { packsIn, policyPath, readEntry, readSource, type SourceFile } from '../kernel/sources.ts';
import { openDefaults } from '../policy/examples.ts';
import type { ExamplesContext } from '../policy/judge-example.ts';
import type { KnownTools } from '../policy/lint-names.ts';
import { loadSuite } from '../policy/load-suite.ts';
import type { Policy } from '../policy/rule.ts';
import type { Suite } from '../policy/suite.ts';
import { inWorkspace, type Trial, trialOf } from './trial.ts';

/** A test file. */
export interface FoundSuite {
	readonly path: string;
	/** Absent when it can't be read. */
	readonly source?: SourceFile;
	/** Absent when something is wrong with it. */
	readonly suite?: Suite;
	readonly problems: readonly Problem[];
}

export function findSuite(path: string, cwd: string): FoundSuite {
	const source = readSource(path, 'run', cwd);
	return 'code' in source ? { path, problems: [source] } : { path, source, ...loadSuite(source) };
}

/** What the cases of a test file are judged by. */
export interface Matter {
	readonly policies: readonly Policy[];
	readonly context: ExamplesContext;
	readonly sources: readonly SourceFile[];
	/** The tools there are; undefined where nobody knows. */
	readonly known?: KnownTools | undefined;
}

/** Makes the matter of test files; the same policies are loaded once. */
export class Matters {
	/** Every policy file that a test file named, there or not. */
	readonly asked = new Set<string>();
	readonly #trials = new Map<string, Trial>();

	constructor(
		/** For test files that name no policies; undefined where all do. */
		readonly base: Trial | undefined,
		readonly load: LoadOptions,
		readonly now: number,
	) {}

	/** Problems instead of a matter when its policies do not load; none when that is the fault of the base. */
	of({ path, suite }: { readonly path: string; readonly suite: Suite }): Matter | readonly Problem[] {
		const folder = dirname(path);
		const workspace = suite.workspace === undefined ? undefined : resolve(folder, suite.workspace);
		if (suite.policies === undefined) return this.#ofBase(workspace);
		const read = suite.policies.flatMap((entry) => this.#read(entry, folder));
		const lost = read.filter((source): source is Problem => 'code' in source);
		if (lost.length > 0) return lost;
		const trial = this.#try(new Map(read.map((source) => [(source as SourceFile).path, source])), workspace, suite);
		if (!trial.loads) return trial.problems;
		const defaults = suite.defaults ?? openDefaults(trial.policies);
		return { ...trial, context: { ...trial.context, defaults } };
	}

	#ofBase(workspace: string | undefined): Matter | readonly Problem[] {
		const { base } = this;
		if (base?.loads !== true) return [];
		const drivers = base.config?.drivers.map(({ name }) => name) ?? [];
		const known = drivers.length === 0 ? undefined : base.lock?.known(drivers);
		const context = workspace === undefined ? base.context : inWorkspace(base.context, workspace);
		return { ...base, context, known };
	}

	#try(read: ReadonlyMap<string, SourceFile | Problem>, workspace: string | undefined, { lists }: Suite): Trial {
		const key = JSON.stringify([[...read.keys()], workspace, lists]);
		const trial = this.#trials.get(key) ?? trialOf([...read.values()], this.load, { now: this.now, workspace, lists });
		this.#trials.set(key, trial);
		return trial;
	}

	#read(entry: NonNullable<Suite['policies']>[number], folder: string): (SourceFile | Problem)[] {
		const { roots, cwd } = this.load;
		const texts = entry.text === 'pack:*' ? packsIn(roots.packs).map((name) => `pack:${name}`) : [entry.text];
		return texts.map((text) => {
			const path = policyPath(text, folder, roots);
			if (path === undefined) return noSuchPack(entry, roots);
			const real = realOr(path);
			this.asked.add(real);
			const source = readEntry(real, text, 'run', cwd);
			return 'code' in source ? { ...source, where: entry.where } : source;
		});
	}
}

function realOr(path: string): string {
	try {
		return realpathSync.native(path);
	} catch {
		return path;
	}
}
