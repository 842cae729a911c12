// `trapgate trust`: a person accepts the project's policy as it is now.
import { TrapgateError } from '../../abi/problem.ts';
import { loadOptions } from '../../kernel/load-options.ts';
import { loadRevision } from '../../kernel/revision.ts';
import { stateDirectories } from '../../kernel/state.ts';
import { TrustStore } from '../../kernel/trust.ts';
import { projectFiles } from '../../kernel/trusted.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { hasPerson, isYes, sayPersonNeeded, Terminal } from '../terminal.ts';

export const trust: Command = {
	name: 'trust',
	usage: '',
	summary: "accept this project's policy files as they are now",
	details: [
		'Shows which files govern this project and asks for a yes. Needs a terminal: an agent must not be able to',
		'accept its own edits. Files outside the workspace are yours already and need no trust.',
	],
	options: {},
	words: [0, 0],
	async run({ global, around }: CommandInput): Promise<ExitCode> {
		const directories = stateDirectories(around.env);
		const loaded = loadRevision(loadOptions({ file: global.config, cwd: around.cwd, env: around.env }, directories));
		const { revision } = loaded;
		if (revision === undefined)
			throw new TrapgateError('K105', `\`${global.config}\` does not load`, { problems: loaded.problems });
		const store = new TrustStore(directories.state);
		const { projectHash } = revision;
		if (projectHash === undefined) {
			around.stdout.write('Nothing to trust: no policy file lies in a workspace that an agent may write.\n');
			return exitCodes.fine;
		}
		const files = projectFiles(revision);
		if (store.accepted(global.config) === projectHash) {
			around.stdout.write(`Trusted already: ${files.join(', ')}\n`);
			return exitCodes.fine;
		}
		return (await acceptAtTerminal(around, { store, root: global.config, hash: projectHash, files }))
			? exitCodes.fine
			: exitCodes.person;
	},
};

export interface Acceptance {
	readonly store: TrustStore;
	readonly root: string;
	readonly hash: string;
	readonly files: readonly string[];
}

/** Asks the person at the terminal; false when there is none, when we run beneath another kernel, or on any answer but yes. */
export async function acceptAtTerminal(
	around: CommandInput['around'],
	{ store, root, hash, files }: Acceptance,
): Promise<boolean> {
	if (!hasPerson(around)) {
		sayPersonNeeded(around);
		return false;
	}
	const terminal = new Terminal(around);
	try {
		return await acceptOn(terminal, { store, root, hash, files });
	} finally {
		terminal.close();
	}
}

/** The same, of a person who is being asked already. */
export async function acceptOn(terminal: Terminal, { store, root, hash, files }: Acceptance): Promise<boolean> {
	terminal.say('These files decide what agents may do in this project:');
	for (const line of [...files.map((file) => `  ${file}`), hash]) terminal.say(line);
	const isTrusted = isYes(await terminal.ask('Trust them as they are now? [y/N] '));
	if (isTrusted) store.accept(root, hash, new Date());
	terminal.say(isTrusted ? 'Trusted.' : 'Not trusted.');
	return isTrusted;
}
