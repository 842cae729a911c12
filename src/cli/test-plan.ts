// What `trapgate test` is about: which policies, which test files, and where more of them could turn up.
import { dirname, join, resolve } from 'node:path';
import { loadConfig } from '../kernel/config.ts';
import type { LoadOptions } from '../kernel/revision.ts';
import { isTestFile, liesIn, policyPath, readSource, yamlFiles } from '../kernel/sources.ts';
import type { CommandInput } from './command.ts';
import type { Seen } from './seen-files.ts';
import { readSetting } from './setting.ts';
import { type FoundSuite, findSuite } from './suites.ts';
import { type Trial, trialOfFiles, trialOfRoot } from './trial.ts';

export interface TestPlan {
	/** The policies that are tested; undefined where the test files name their own. */
	readonly base: Trial | undefined;
	/** The examples in those policies are tested, too. */
	readonly hasExamples: boolean;
	readonly suites: readonly FoundSuite[];
	/** Files that have a say, there or not. */
	readonly paths: readonly string[];
	readonly folders: Seen['folders'];
}

/**
 * Without words: the root file, everything it names, and the test files beside them and in `tests`. With policy files:
 * those, and the test files beside them. With test files alone: their cases, by the policies they name or the root's.
 */
export function planTests(input: CommandInput, load: LoadOptions, now: number): TestPlan {
	const named = input.words.map((word) => resolve(input.around.cwd, word));
	const tests = named.filter(isTestFile);
	const files = named.filter((path) => !isTestFile(path));
	if (files.length > 0) {
		const folders = listed(files.map((path) => dirname(path)));
		const { suites, paths } = suitesOf(folders, tests, load);
		return { base: trialOfFiles(files, load, now), hasExamples: true, suites, paths: [...files, ...paths], folders };
	}
	if (tests.length > 0) {
		const found = suitesOf(new Map(), tests, load);
		const isRootAsked = found.suites.some(({ suite }) => suite !== undefined && suite.policies === undefined);
		const base = isRootAsked ? trialOfRoot(readSetting(input), now) : undefined;
		const paths = isRootAsked ? [...found.paths, ...rootPaths(load)] : found.paths;
		return { base, hasExamples: false, suites: found.suites, paths, folders: new Map() };
	}
	return planRoot(trialOfRoot(readSetting(input), now), load);
}

function planRoot(base: Trial, load: LoadOptions): TestPlan {
	const { packs, user, organisation } = load.roots;
	const isOwn = (path: string) => ![packs, user, organisation].some((root) => liesIn(path, root));
	const own = base.sources.map(({ path }) => path).filter((path) => path === load.file || isOwn(path));
	const home = dirname(load.file);
	const folders = listed([home, join(home, 'tests'), ...own.map((path) => dirname(path))]);
	const { suites, paths } = suitesOf(folders, [], load);
	// Another policy of a layer is no reason to look for tests beside it.
	const watched = new Map([...folders, ...listed([user, organisation])]);
	return { base, hasExamples: true, suites, paths: [...paths, ...rootPaths(load)], folders: watched };
}

function listed(folders: readonly string[]): Seen['folders'] {
	return new Map(folders.map((folder) => [folder, yamlFiles(folder)]));
}

function suitesOf(folders: Seen['folders'], tests: readonly string[], { cwd }: LoadOptions) {
	const paths = [...new Set([...[...folders.values()].flat().filter(isTestFile), ...tests])];
	return { suites: paths.map((path) => findSuite(path, cwd)), paths };
}

/** The root file and the policy files it names. */
function rootPaths(load: LoadOptions): readonly string[] {
	const root = readSource(load.file, 'run', load.cwd);
	const config = 'code' in root ? undefined : loadConfig(root).config;
	const paths = config?.policies.map(({ text }) => policyPath(text, config.directory, load.roots)) ?? [];
	return [load.file, ...paths.filter((path) => path !== undefined)];
}
