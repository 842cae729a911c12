// Where the log stands, found without loading policies: a broken policy must not hide what happened.
import { existsSync } from 'node:fs';
import { type Problem, TrapgateError } from '../abi/problem.ts';
import { auditDirectoryOf } from '../kernel/audit-paths.ts';
import { loadConfig } from '../kernel/config.ts';
import { readRoot } from '../kernel/sources.ts';
import { stateDirectories } from '../kernel/state.ts';
import type { CommandInput } from './command.ts';

/** What the root file says; without a root file, the usual place. Throws K105 when the root file does not load. */
export function auditDirectoryFor({
	flags: _,
	global,
	around,
}: Pick<CommandInput, 'flags' | 'global' | 'around'>): string {
	const directories = stateDirectories(around.env);
	if (!existsSync(global.config)) return auditDirectoryOf(undefined, directories);
	const source = readRoot(global.config, 'run', around.cwd);
	if ('code' in source) throw unreadable(global.config, [source]);
	const { config, problems } = loadConfig(source);
	if (config === undefined) throw unreadable(global.config, problems);
	return auditDirectoryOf(config.audit.directory, directories);
}

function unreadable(file: string, problems: readonly Problem[]): TrapgateError {
	const help = 'name the log itself: trapgate audit … --directory DIR';
	return new TrapgateError('K105', `\`${file}\` does not load, so it does not say where the log is; ${help}`, {
		problems,
	});
}
