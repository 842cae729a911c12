// `trapgate disconnect`: takes out of a client's files what `connect` wrote, and nothing else.
import { cookieName } from '../../drivers/process-table.ts';
import { stateDirectories } from '../../kernel/state.ts';
import type { Command, CommandInput } from '../command.ts';
import { clientNames, filesOf, foldersOf, readClientId } from '../connect/clients.ts';
import { agreed, showChanges } from '../connect/consent.ts';
import { jsonEditor } from '../connect/json-editor.ts';
import { carryOut, planDisconnect } from '../connect/plan.ts';
import { dropRecord, readRecord, recordFile } from '../connect/record.ts';
import { tomlEditor } from '../connect/toml-editor.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { isSet } from '../flags.ts';
import { writeDocument } from '../output.ts';
import { onOneLine } from '../render/columns.ts';
import { sayPersonNeeded } from '../terminal.ts';

export const disconnect: Command = {
	name: 'disconnect',
	usage: 'CLIENT [--diff] [--yes]',
	summary: 'undo `connect`, to the byte',
	details: [
		'A file that nobody edited since is as it was before. Of one that somebody edited, only what `connect` wrote goes.',
		'',
		'--diff   show what would change, and change nothing',
		'--yes    do not ask',
		'',
		'Beneath Trapgate nothing is connected or disconnected.',
	],
	options: { diff: { type: 'boolean' }, yes: { type: 'boolean' } },
	words: [1, 1],
	async run(input: CommandInput): Promise<ExitCode> {
		const { flags, global, around, words } = input;
		const client = readClientId('disconnect', words[0]);
		const isDry = isSet(flags, 'diff');
		if (!isDry && around.env[cookieName] !== undefined) {
			sayPersonNeeded(around);
			return exitCodes.person;
		}
		const files = filesOf(client, foldersOf(around.cwd, around.env));
		const file = recordFile(stateDirectories(around.env).state, client, files);
		const record = readRecord(file);
		const say = (line: string) => {
			if (!global.quiet && global.format !== 'json') around.stderr.write(`${onOneLine(line)}\n`);
		};
		const name = clientNames[client];
		const document = (members: { changed: boolean; edited: readonly string[]; kept: readonly string[] }) => {
			if (global.format === 'json')
				writeDocument(around, 'disconnect', {
					client,
					...members,
					edited: [...members.edited],
					kept: [...members.kept],
				});
		};
		if (record === undefined) {
			document({ changed: false, edited: [], kept: [] });
			say(`${name} was not connected from here (${files.join(', ')}); nothing was changed`);
			return exitCodes.fine;
		}
		const plan = planDisconnect(record, (path) => (path.endsWith('.toml') ? tomlEditor : jsonEditor));
		showChanges(plan.changes, input);
		for (const path of plan.edited) say(`${path} was edited since; only what connect wrote goes`);
		for (const kept of plan.kept) say(`${kept} is not as connect wrote it, and stays as it is`);
		if (isDry) {
			document({ changed: false, ...plan });
			say('nothing was changed');
			return exitCodes.fine;
		}
		if (plan.changes.some(({ now, next }) => now !== next)) {
			const answer = await agreed('Undo? [y/N] ', input);
			if (answer !== 'yes') return answer === 'no' ? exitCodes.findings : exitCodes.person;
			carryOut(plan.changes);
		}
		dropRecord(file);
		document({ changed: true, ...plan });
		say(`${name} is no longer connected; its own tools are as they were. Restart it`);
		return exitCodes.fine;
	},
};
