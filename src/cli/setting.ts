// What a command works on: the root file, its policies, and where state is kept.
import { type Problem, TrapgateError } from '../abi/problem.ts';
import { loadOptions } from '../kernel/load-options.ts';
import { type Loaded, type LoadOptions, loadRevision, type Revision } from '../kernel/revision.ts';
import { loadWithRing } from '../kernel/runtime-ring.ts';
import { type StateDirectories, stateDirectories } from '../kernel/state.ts';
import type { CommandInput } from './command.ts';

export interface Setting {
	readonly directories: StateDirectories;
	readonly load: LoadOptions;
	readonly loaded: Loaded;
}

/** Reads and compiles everything the root file names. What is wrong is in `loaded.problems`. */
export function readSetting({ global, around }: Pick<CommandInput, 'global' | 'around'>): Setting {
	const directories = stateDirectories(around.env);
	const load = loadOptions({ file: global.config, cwd: around.cwd, env: around.env }, directories);
	return { directories, load, loaded: loadRevision(load) };
}

/** The same, as it is where the runtime ring holds or does not: what could run in it is tried, and nothing of it is left. */
export async function readSettingHere(input: Pick<CommandInput, 'global' | 'around'>): Promise<Setting> {
	const { directories, load } = readSetting(input);
	const tried = await loadWithRing(load, (text) => input.around.stderr.write(`trapgate: ${text}\n`));
	tried.ring.close();
	return { directories, load: tried.load, loaded: tried.loaded };
}

/** The revision, or K105 with every problem that stands in its way. */
export function requireRevision({ load, loaded }: Setting): Revision {
	if (loaded.revision !== undefined) return loaded.revision;
	throw new TrapgateError('K105', `\`${load.file}\` does not load`, { problems: errorsOf(loaded.problems) });
}

/** Texts by the name that problems use. */
export function textsOf({ sources }: Pick<Loaded, 'sources'>): ReadonlyMap<string, string> {
	return new Map(sources.map(({ file, text }) => [file, text]));
}

function errorsOf(problems: readonly Problem[]): readonly Problem[] {
	return problems.filter(({ severity }) => severity === 'error');
}
