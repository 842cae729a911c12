// `trapgate trust`: a person accepts the project's policy as it is now.
import { createInterface } from 'node:readline/promises';
import { TrapgateError } from '../../abi/problem.ts';
import { cookieName } from '../../drivers/process-table.ts';
import { loadOptions } from '../../kernel/load-options.ts';
import { loadRevision } from '../../kernel/revision.ts';
import { stateDirectories } from '../../kernel/state.ts';
import { TrustStore } from '../../kernel/trust.ts';
import { projectFiles } from '../../kernel/trusted.ts';
import { renderProblem } from '../../text/render.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';

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
	if (around.stdin.isTTY !== true || around.stderr.isTTY !== true || around.env[cookieName] !== undefined) {
		const help = 'run it yourself, in a terminal';
		const problem = { code: 'C102', severity: 'error', message: 'this needs a person at a terminal', help } as const;
		around.stderr.write(`${renderProblem(problem)}\n`);
		return false;
	}
	around.stderr.write(
		`These files decide what agents may do in this project:\n${files.map((file) => `  ${file}\n`).join('')}${hash}\n`,
	);
	const terminal = createInterface({ input: around.stdin, output: around.stderr });
	try {
		const answer = await terminal.question('Trust them as they are now? [y/N] ', { signal: around.signal });
		if (!/^y(es)?$/i.test(answer.trim())) {
			around.stderr.write('Not trusted.\n');
			return false;
		}
		store.accept(root, hash, new Date());
		around.stderr.write('Trusted.\n');
		return true;
	} finally {
		terminal.close();
	}
}
