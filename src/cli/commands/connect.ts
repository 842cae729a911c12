// `trapgate connect`: points a client at Trapgate and closes its own shell and file tools, shown first and undone exactly.
import { cookieName } from '../../drivers/process-table.ts';
import { stateDirectories } from '../../kernel/state.ts';
import type { Command, CommandInput } from '../command.ts';
import {
	type ClientId,
	clientNames,
	type Folders,
	filesOf,
	foldersOf,
	isFronted,
	type Route,
	readClientId,
	targetsOf,
} from '../connect/clients.ts';
import { agreed, showChanges } from '../connect/consent.ts';
import { type ConnectPlan, carryOut, planConnect } from '../connect/plan.ts';
import { dropRecord, readRecord, recordFile, saveRecord } from '../connect/record.ts';
import { claudeServers, codexLevels, codexServers } from '../connect/servers.ts';
import { healthOf } from '../connect/ways-around.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { isSet, textFlag, usageError } from '../flags.ts';
import { installedFile } from '../installation.ts';
import { writeDocument } from '../output.ts';
import { onOneLine } from '../render/columns.ts';
import { readSetting, requireRevision } from '../setting.ts';
import { sayPersonNeeded } from '../terminal.ts';

export const connect: Command = {
	name: 'connect',
	usage: 'CLIENT [--diff] [--yes] [--keep-builtin] [--http URL [--key-variable NAME]]',
	summary: 'point claude-code or codex at Trapgate, and close its own shell and file tools',
	details: [
		'CLIENT is claude-code (this folder: .mcp.json and .claude/settings.local.json) or codex (~/.codex/config.toml).',
		'Shows what would change and asks. `trapgate disconnect CLIENT` takes it out again, to the byte.',
		'Servers of the client that are drivers here are switched off there; others are named.',
		'',
		'--diff               show what would change, and change nothing',
		'--yes                do not ask',
		'--keep-builtin       leave its own shell and file tools open: they meet no rule',
		'--http URL           reach a kernel that runs with --http, e.g. http://127.0.0.1:4070/mcp',
		'--key-variable NAME  the variable of its environment that holds the key (default TRAPGATE_KEY); see trapgate key',
		'',
		'Beneath Trapgate nothing is connected or disconnected.',
	],
	options: {
		diff: { type: 'boolean' },
		yes: { type: 'boolean' },
		'keep-builtin': { type: 'boolean' },
		http: { type: 'string' },
		'key-variable': { type: 'string' },
	},
	words: [1, 1],
	async run(input: CommandInput): Promise<ExitCode> {
		const { flags, around, words } = input;
		const client = readClientId('connect', words[0]);
		const route = routeOf(input);
		const isDry = isSet(flags, 'diff');
		if (!isDry && around.env[cookieName] !== undefined) {
			sayPersonNeeded(around);
			return exitCodes.person;
		}
		const { config } = requireRevision(readSetting(input));
		const folders = foldersOf(around.cwd, around.env);
		const fronted = othersOf(client, folders).filter((server) => isFronted(server, config.drivers));
		const wish = { route, keepsBuiltin: isSet(flags, 'keep-builtin'), fronted };
		const file = recordFile(stateDirectories(around.env).state, client, filesOf(client, folders));
		const record = readRecord(file);
		const plan = planConnect(targetsOf(client, wish, folders), record);
		const isNew = plan.changes.some(({ now, next }) => now !== next);
		showChanges(plan.changes, input);
		if (isNew && !isDry) {
			const answer = await agreed('Apply? [y/N] ', input);
			if (answer !== 'yes') return answer === 'no' ? exitCodes.findings : exitCodes.person;
			apply(client, plan, file, record);
		}
		report(input, client, folders, { isNew, isDry, file });
		return exitCodes.fine;
	},
};

function routeOf({ flags, global }: CommandInput): Route {
	const url = textFlag(flags, 'http');
	const variable = textFlag(flags, 'key-variable');
	if (url === undefined) {
		if (variable !== undefined) throw usageError('connect', '`--key-variable` goes with `--http`');
		return {
			kind: 'stdio',
			command: { node: process.execPath, main: installedFile('dist/cli/main.js'), config: global.config },
		};
	}
	if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
		throw usageError('connect', `\`--http ${url}\` is no address; try \`--http http://127.0.0.1:4070/mcp\``);
	if (variable !== undefined && !/^[A-Za-z_]\w{0,99}$/.test(variable))
		throw usageError(
			'connect',
			`\`--key-variable ${variable}\` is no name of a variable; the key itself does not belong there`,
		);
	return { kind: 'http', url, variable: variable ?? 'TRAPGATE_KEY' };
}

function othersOf(client: ClientId, folders: Folders) {
	return client === 'claude-code' ? claudeServers(folders).others : codexServers(codexLevels(folders)).others;
}

/** The record comes first: whatever breaks later, what stood there is known. */
function apply(
	client: ClientId,
	{ changes, files }: ConnectPlan,
	file: string,
	old: ReturnType<typeof readRecord>,
): void {
	const record = { version: 1, client, files } as const;
	saveRecord(file, record, old);
	try {
		carryOut(changes);
	} catch (error) {
		if (old === undefined) dropRecord(file);
		else saveRecord(file, old, record);
		throw error;
	}
}

function report(
	{ global, around }: CommandInput,
	client: ClientId,
	folders: Folders,
	{ isNew, isDry, file }: { readonly isNew: boolean; readonly isDry: boolean; readonly file: string },
): void {
	const waysAround = isDry ? undefined : healthOf(client, folders)?.waysAround;
	if (global.format === 'json') {
		writeDocument(around, 'connect', {
			client,
			changed: isNew && !isDry,
			files: [...filesOf(client, folders)],
			...(isDry ? {} : { backup: file }),
			...(waysAround === undefined ? {} : { ways_around: [...waysAround] }),
		});
		return;
	}
	if (global.quiet) return;
	const say = (line: string) => around.stderr.write(`${onOneLine(line)}\n`);
	const name = clientNames[client];
	if (isDry) return void say(isNew ? 'nothing was changed' : `${name} is connected already; nothing would change`);
	say(
		isNew
			? `${name} is connected. What was there before is kept in ${file}`
			: `${name} is connected already; nothing was changed`,
	);
	for (const way of waysAround ?? []) say(`a way around remains: ${way}`);
	if (isNew) say(`Restart ${name}. To undo it: trapgate disconnect ${client}`);
}
