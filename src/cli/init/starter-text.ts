// Writes the first trapgate.yaml of a folder: its drivers, the packs that fit, a rule for each driver, and what to do next.
import { showable } from '../../text/characters.ts';
import { quoted } from '../../text/scalar-text.ts';
import type { NamedServer } from './driver-names.ts';
import { packOfDriver } from './driver-names.ts';
import type { Fitting } from './fitting-packs.ts';

/** What a driver showed when it was started once. */
export type Offer =
	| { readonly kind: 'tools'; readonly tools: readonly string[] }
	| { readonly kind: 'down'; readonly why: string };

export interface Starter {
	/** The tree the agent works in, as the file should say it. */
	readonly workspace: string;
	/** True where the file lies in that tree, so that a person has to trust it. */
	readonly needsTrust: boolean;
	/** The file that servers came from, for comments. */
	readonly from: string | undefined;
	readonly servers: readonly NamedServer[];
	readonly packs: readonly Fitting[];
	/** By driver; a driver without an entry was not started. */
	readonly offers: ReadonlyMap<string, Offer>;
}

export const shellName = 'shell';
export const schemaLine = '# yaml-language-server: $schema=./node_modules/trapgate/schema/trapgate.schema.json';

export function starterText(starter: Starter): string {
	const { workspace, needsTrust, servers, packs } = starter;
	const widest = Math.max(...packs.map(({ pack }) => pack.length));
	return [
		schemaLine,
		'# What AI agents may do in this folder. `trapgate init` wrote it; from here on it is yours.',
		'#',
		'# It observes: every call is decided and logged, and nothing is blocked yet. Next:',
		'#   trapgate check                          does it load, and do the examples of its rules hold?',
		"#   trapgate explain 'git push --force'     what would become of a command, and why?",
		...(needsTrust
			? ['#   trapgate trust                          you accept this file; an agent could have written it']
			: []),
		'#   trapgate tools                          the table as an agent sees it',
		'# Then point your client at `trapgate run` (`trapgate doctor --client claude-code` prints the lines), take out the',
		'# servers that are now behind it, work for a day, and read `trapgate audit tail`. When it says what you want, write',
		'# `mode: enforce`.',
		'version: 1',
		'mode: observe',
		`workspace: ${word(workspace)}`,
		'',
		'drivers: # entries as in any client’s mcpServers',
		...servers.flatMap((named) => driverLines(named)),
		`  ${shellName}: { builtin: shell } # rules about commands hold here; without it, also take allow-shell away`,
		'',
		'# Who answers when a rule says `ask`: a person, in the client’s own form. Without this line nobody does, and silence is no.',
		'ask: { channels: [elicitation] }',
		'',
		'defaults:',
		'  tool: deny # a tool that no rule allows does not exist for the agent',
		'',
		'policies:',
		...packs.map(({ pack, because }) => `  - pack:${pack}${' '.repeat(widest - pack.length)} # ${comment(because)}`),
		'',
		'rules:',
		...servers.flatMap((named) => ruleLines(named, starter)),
		'  - id: allow-shell',
		`    match: { tool: ${shellName}/run }`,
		'    then: allow',
		'    reason: The agent builds and tests; the packs above say which commands it may not run.',
		'',
	].join('\n');
}

/** Only the drivers, for starting them once; the same entries that are written. */
export function driversText(servers: readonly NamedServer[], workspace: string): string {
	return [
		'version: 1',
		`workspace: ${word(workspace)}`,
		'drivers:',
		...servers.flatMap((named) => driverLines(named)),
		'',
	].join('\n');
}

function driverLines({ driver, server }: NamedServer): readonly string[] {
	const lines =
		server.kind === 'http'
			? [`url: ${word(server.url)}`, ...mapLine('headers', server.headers)]
			: [
					`command: ${word(server.command)}`,
					...(server.args.length === 0 ? [] : [`args: [${server.args.map(word).join(', ')}]`]),
					...mapLine('env', server.env),
					...(server.cwd === undefined ? [] : [`cwd: ${word(server.cwd)}`]),
				];
	return [
		`  ${word(driver)}:`,
		...[...lines, ...(server.isDisabled ? ['disabled: true'] : [])].map((line) => `    ${line}`),
	];
}

function mapLine(key: string, entries: Readonly<Record<string, string>>): readonly string[] {
	const members = Object.entries(entries).map(([name, value]) => `${word(name)}: ${word(value)}`);
	return members.length === 0 ? [] : [`${key}: { ${members.join(', ')} }`];
}

function ruleLines({ driver, server }: NamedServer, { packs, offers }: Starter): readonly string[] {
	const pack = packOfDriver(driver);
	if (pack !== undefined && packs.some((fitting) => fitting.pack === pack))
		return [`  # pack:${pack} allows what the agent may do with ${driver}.`, ''];
	if (server.isDisabled) return [`  # ${driver} is disabled, so no rule allows its tools.`, ''];
	const offer = offers.get(driver);
	const tools = offer?.kind === 'tools' ? offer.tools.filter(isPlainTool) : [];
	const odd = offer?.kind === 'tools' ? offer.tools.length - tools.length : 0;
	if (offer?.kind === 'tools' && tools.length === 0)
		return [`  # ${driver} offered no tool that a rule could name.`, ''];
	const globs = tools.length === 0 ? [`${driver}/*`] : tools.map((tool) => `${driver}/${tool}`);
	const remarks = [
		...(offer === undefined
			? ['every tool, also what a later version brings: `trapgate tools` lists them, name those you want']
			: []),
		...(offer?.kind === 'down'
			? [`it did not start (${comment(offer.why)}), so this is every tool: name those you want`]
			: []),
		...(offer?.kind === 'tools' ? ['what it offered when this was written; take out what the agent needs not'] : []),
		...(odd > 0 ? [`${odd} more with names that a rule can’t spell out are left out`] : []),
	];
	return [
		`  - id: allow-${driver}-tools`,
		...remarks.map((remark) => `    # ${remark}`),
		`    match: { tool: [${globs.map(word).join(', ')}] }`,
		'    then: allow',
		`    reason: ${word(`These tools of ${driver} are for this project.`)}`,
		'',
	];
}

/** Nothing in it is a pattern, a variable or a second driver. */
function isPlainTool(name: string): boolean {
	return /^[\w./:-]{1,128}$/.test(name);
}

/** Text as YAML reads it back: plain where nobody can misread it, else in double quotes. */
function word(text: string): string {
	const isPlain = /^(?:-{0,2}[A-Za-z_][\w./-]*|\.{0,2}\/[\w./-]+|\.)$/.test(text);
	return isPlain && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : quoted(text);
}

/** Somebody else's words in a comment stay in it. */
function comment(text: string): string {
	return showable(text).replace(/\s+/g, ' ').slice(0, 200);
}
