// `trapgate init`: a first trapgate.yaml for this folder, that observes, and never in the place of one that is there.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { TrapgateError } from '../../abi/problem.ts';
import { loadConfig } from '../../kernel/config.ts';
import { loadOptions } from '../../kernel/load-options.ts';
import { liesIn, packNames } from '../../kernel/sources.ts';
import { stateDirectories } from '../../kernel/state.ts';
import { keyOrder } from '../../policy/key-order.ts';
import { formatYaml } from '../../text/format.ts';
import type { Command, CommandInput } from '../command.ts';
import { createFile } from '../create-file.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { isSet, textFlag, usageError } from '../flags.ts';
import { readClientFile } from '../init/client-file.ts';
import { nameServers } from '../init/driver-names.ts';
import { askedPacks, fittingPacks } from '../init/fitting-packs.ts';
import { lookAtOffers } from '../init/offers.ts';
import { type Offer, type Starter, shellName, starterText } from '../init/starter-text.ts';
import { type Withheld, withholdSecrets } from '../init/withhold.ts';
import { writeDocument } from '../output.ts';
import { columns, count, onOneLine } from '../render/columns.ts';
import { painter } from '../render/paint.ts';
import { hasPerson, isYes, Terminal } from '../terminal.ts';

export const init: Command = {
	name: 'init',
	usage: '[--from FILE] [--pack NAME]… [--yes] [--dry-run]',
	summary: 'write a first trapgate.yaml that observes',
	details: [
		'Writes trapgate.yaml into the working directory, with the packs that fit what lies there. A file that exists is',
		'never changed. It observes: nothing is blocked until you write `mode: enforce`.',
		'',
		'--from FILE   take the servers of a client: .mcp.json, .cursor/mcp.json, .vscode/mcp.json, ~/.claude.json …',
		'              What looks like a secret stays out of the file. With a yes at the terminal each server is started',
		'              once, and a rule allows the tools that it offers; else a rule allows all of its tools.',
		'--pack NAME   one more pack; may be given several times',
		'--yes         start the servers without asking',
		'--dry-run     print the file, write nothing',
	],
	options: {
		from: { type: 'string' },
		pack: { type: 'string', multiple: true },
		yes: { type: 'boolean' },
		'dry-run': { type: 'boolean' },
	},
	words: [0, 0],
	async run(input: CommandInput): Promise<ExitCode> {
		const { flags, global, around } = input;
		const isDry = isSet(flags, 'dry-run');
		// Asked before a server is started; whether it is true is decided when the file is created.
		if (!isDry && existsSync(global.config)) throw alreadyThere(input);
		const directories = stateDirectories(around.env);
		const { roots } = loadOptions({ file: global.config, cwd: around.cwd, env: around.env }, directories);
		const asked = askedPacks((flags['pack'] as readonly string[] | undefined) ?? [], packNames(roots));
		const from = textFlag(flags, 'from');
		const found =
			from === undefined ? { servers: [], notes: [] } : readClientFile(resolve(around.cwd, from), around.cwd);
		const named = nameServers(found.servers, [shellName]);
		const withheld = withholdSecrets(named.servers);
		const starting = withheld.servers.filter(({ server }) => !server.isDisabled);
		const offers =
			starting.length > 0 && (isSet(flags, 'yes') || (!isDry && (await mayStart(starting, input))))
				? await lookAtOffers({ servers: starting, values: withheld.values }, around.cwd, around)
				: new Map<string, Offer>();
		const starter = starterOf(input, from, asked, withheld, offers);
		const text = finished(starter, global.config);
		if (!isDry && !createFile(global.config, text)) throw alreadyThere(input);
		const notes = [...found.notes, ...named.notes, ...notesOn(withheld, offers), ...hintsAt(input, from)];
		if (global.format === 'json') writeDocument(around, 'init', documentOf(input, starter, { text, isDry, notes }));
		else report(input, starter, { text, isDry, notes });
		return exitCodes.fine;
	},
};

interface Result {
	readonly text: string;
	readonly isDry: boolean;
	readonly notes: readonly string[];
}

function alreadyThere({ global, around }: CommandInput): TrapgateError {
	return usageError(
		'init',
		`\`${shortName(global.config, around.cwd)}\` exists already; nothing was changed`,
		'edit it, or see what would be written: trapgate init --dry-run',
	);
}

function starterOf(
	{ global, around }: CommandInput,
	from: string | undefined,
	asked: readonly string[],
	{ servers }: Withheld,
	offers: ReadonlyMap<string, Offer>,
): Starter {
	const workspace = realpathSync(around.cwd);
	const drivers = servers.map(({ driver }) => driver);
	return {
		workspace: liesIn(workspace, dirname(global.config)) && liesIn(dirname(global.config), workspace) ? '.' : workspace,
		needsTrust: liesIn(global.config, workspace),
		from,
		servers,
		packs: fittingPacks(workspace, drivers, asked),
		offers,
	};
}

/** In the house's layout, and loaded once before anybody relies on it. */
function finished(starter: Starter, path: string): string {
	const formatted = formatYaml(starterText(starter), 'trapgate.yaml', keyOrder);
	const problems = formatted.ok
		? loadConfig({ file: 'trapgate.yaml', path, layer: 'run', text: formatted.text }).problems
		: formatted.problems;
	if (formatted.ok && problems.every(({ severity }) => severity !== 'error')) return formatted.text;
	throw new TrapgateError('C103', 'what was found can’t be said in a trapgate.yaml; nothing was written', { problems });
}

/** Starting a server runs a program that somebody else's file names, so a person says yes first. */
async function mayStart(servers: Withheld['servers'], { around, global }: CommandInput): Promise<boolean> {
	if (!hasPerson(around) || global.format === 'json') return false;
	const terminal = new Terminal(around);
	try {
		terminal.say('To see which tools they offer, these would be started once:');
		for (const { driver, server } of servers) {
			const what = server.kind === 'http' ? server.url : [server.command, ...server.args].join(' ');
			terminal.say(`  ${onOneLine(`${driver}: ${what}`)}`);
		}
		const isAgreed = isYes(await terminal.ask('Start them? [y/N] '));
		// Who interrupts wants no file either; who only says nothing has not agreed.
		around.signal.throwIfAborted();
		return isAgreed;
	} finally {
		terminal.close();
	}
}

function notesOn({ places }: Withheld, offers: ReadonlyMap<string, Offer>): readonly string[] {
	return [
		...places.map(
			({ variable, driver, place }) =>
				`${place} of ${driver} looks like a secret and is not in the file: export ${variable} where trapgate starts`,
		),
		...[...offers].flatMap(([driver, offer]) =>
			offer.kind === 'down' ? [`${driver} did not start: ${offer.why}`] : [],
		),
	];
}

/** Where clients keep the servers of a project. */
const clientFiles = ['.mcp.json', '.cursor/mcp.json', '.vscode/mcp.json', '.gemini/settings.json'];

function hintsAt({ around }: CommandInput, from: string | undefined): readonly string[] {
	if (from !== undefined) return [];
	return clientFiles
		.filter((name) => existsSync(resolve(around.cwd, name)))
		.map((name) => `${name} is here: --from ${name} takes its servers over`);
}

function documentOf({ global }: CommandInput, { servers, packs, offers }: Starter, { text, isDry, notes }: Result) {
	return {
		file: global.config,
		written: !isDry,
		mode: 'observe',
		drivers: servers.map(({ driver, server }) => {
			const offer = offers.get(driver);
			return { name: driver, from: server.name, tools: offer?.kind === 'tools' ? [...offer.tools] : null };
		}),
		packs: packs.map(({ pack, because }) => ({ pack, because })),
		notes: [...notes],
		...(isDry ? { text } : {}),
	};
}

function report(
	{ global, around }: CommandInput,
	{ servers, packs, from, offers, needsTrust }: Starter,
	{ text, isDry, notes }: Result,
): void {
	const say = (line: string) => around[isDry ? 'stderr' : 'stdout'].write(`${line}\n`);
	const paint = painter(global.color && !isDry);
	if (isDry) around.stdout.write(text);
	if (!global.quiet) {
		const origin = ({ driver, server }: Starter['servers'][number]) => {
			const offer = offers.get(driver);
			const tools = offer?.kind === 'tools' ? `, ${count(offer.tools.length, 'tool')}` : '';
			return `from ${from ?? ''}${server.isDisabled ? ', disabled' : tools}`;
		};
		const rows = [
			...packs.map(({ pack, because }) => ['pack', pack, because]),
			...servers.map((named) => ['driver', named.driver, origin(named)]),
			['driver', shellName, 'built in'],
		];
		for (const line of columns(rows.map(rowCells), paint)) say(line);
		for (const note of notes) say(`${paint('caution', 'note')}    ${onOneLine(note)}`);
	}
	if (isDry) {
		if (!global.quiet) say('nothing was written');
		return;
	}
	const next = ['trapgate check', ...(needsTrust ? ['trapgate trust'] : []), 'trapgate tools'].join(', ');
	say(`wrote ${shortName(global.config, around.cwd)}: it observes, nothing is blocked yet. Next: ${next}`);
}

function rowCells([kind = '', ...rest]: readonly string[]) {
	return [{ text: kind, tone: 'quiet' as const }, ...rest.map((text) => ({ text }))];
}

function shortName(path: string, cwd: string): string {
	const shorter = relative(realpathSync(cwd), path);
	return shorter.startsWith('..') ? path : shorter;
}
