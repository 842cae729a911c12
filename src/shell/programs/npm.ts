// npm and npx: packages, scripts, and the programs of packages that they start.

import { hasOption, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { attached, firstKnown, isStatic, unknownWord } from '../word-parts.ts';
import { addFlags, addToList, addWords, type Findings, finish, setWord, startFindings } from './findings.ts';
import { between } from './launching.ts';
import { addPaths } from './paths.ts';
import { split, type ToolCall, tool } from './subcommand-tool.ts';

/** Source: `npm help config` of npm 11: settings that take a value; all others are flags. */
const settings = `C|prefix=s w|workspace=s registry=s tag=s access=s otp=s userconfig=s globalconfig=s cache=s loglevel=s
	script-shell=s shell=s c|call=s package=s omit=s include=s only=s save-prefix=s scope=s depth=s before=s install-strategy=s
	node-options=s init-author-name=s init-license=s init-module=s init-type=s init-version=s editor=s browser=s git=s viewer=s
	m|message=s L|location=s auth-type=s fetch-retries=s fetch-timeout=s https-proxy=s proxy=s noproxy=s local-address=s
	maxsockets=s pack-destination=s replace-registry-host=s searchlimit=s searchopts=s sign-git-tag=s audit-level=s ca=s
	cafile=s cert=s key=s color=s cpu=s os=s libc=s diff=s tag-version-prefix=s umask=s user-agent=s which=s expires=s`;

const flags = `g|global f|force y|yes n|no D|save-dev S|save O|save-optional E|save-exact B|save-bundle P|save-prod no-save
	d dd ddd s|silent q|quiet v|version|versions l|long a|all j|json p|parseable h|help dry-run ignore-scripts if-present
	workspaces ws include-workspace-root iwr legacy-peer-deps no-audit no-fund production dev omit-lockfile-registry-resolved
	package-lock-only no-package-lock prefer-offline prefer-online offline strict-peer-deps foreground-scripts no-bin-links
	provenance allow-same-version git-tag-version no-git-tag-version commit-hooks no-commit-hooks`;

/** Source: lib/utils/cmd-list.js of npm. */
const aliases: Readonly<Record<string, string>> = {
	...all('install', 'i in ins inst insta instal isnt isnta isntal isntall add'),
	...all('uninstall', 'un unlink remove rm r'),
	...all('run', 'run-script rum urn'),
	...all('test', 't tst'),
	...all('ci', 'clean-install ic install-clean isntall-clean'),
	...all('update', 'up upgrade udpate'),
	...all('install-test', 'it'),
	...all('install-ci-test', 'cit clean-install-test sit'),
	...all('init', 'create innit'),
	...all('exec', 'x'),
	...all('link', 'ln'),
	...all('list', 'ls la ll'),
	...all('view', 'v info show'),
	...all('config', 'c'),
	...all('rebuild', 'rb'),
	...all('search', 'find s se'),
	...all('dist-tag', 'dist-tags'),
	...all('owner', 'author'),
	...all('adduser', 'add-user'),
	...all('help-search', 'hlep'),
};

const packages = /^(?:install|uninstall|update|link|install-test|view|dedupe|rebuild|exec|deprecate|unpublish|audit)$/;
const scripts = /^(?:test|start|stop|restart)$/;

const npm = tool({
	names: ['npm'],
	options: `${settings} ${flags}`,
	aliases,
	deeper: {
		config: 2,
		c: 2,
		cache: 2,
		'dist-tag': 2,
		access: 2,
		owner: 2,
		org: 2,
		team: 2,
		token: 2,
		profile: 2,
		pkg: 2,
	},
	affected: ['packages', 'script', 'global'],
	describe: describeNpm,
});

/** Behind its own options, what is left is the program and its arguments. */
const execGrammar = makeGrammar({
	options:
		split(`y|yes n|no no-install p|package=s c|call=s q|quiet s|silent ignore-existing shell=s script-shell=s node-arg=s
		node-options=s w|workspace=s ws|workspaces include-workspace-root iwr prefix|C=s cache=s userconfig=s registry=s
		prefer-offline prefer-online offline loglevel=s d h|help v|version npm=s always-spawn parseable legacy-peer-deps force f
		no-audit no-fund ignore-scripts`),
	stopAtOperand: true,
	abbreviations: false,
});

export const npmPrograms: readonly Program[] = [
	{ names: npm.names, read: (argv, around) => npm.read(argv, around) },
	{
		names: ['npx'],
		read(argv, around) {
			const findings = startFindings();
			addShellVariable(findings, around);
			addReading(findings, readExec(argv, 1, around, ['npx'], []));
			return finish(findings);
		},
	},
];

function describeNpm(call: ToolCall): void {
	const { subcommands, options, operands, findings, argv, around, behind } = call;
	const [name = ''] = subcommands;
	if (hasOption(options, '--global') || valuesOf(options, '--location').at(-1)?.value === 'global') {
		findings.facts.set('global', true);
	}
	if (packages.test(name)) addWords(findings, 'packages', operands);
	if (name === 'run') setWord(findings, 'script', operands[0]);
	else if (scripts.test(name)) findings.facts.set('script', name);
	if (hasOption(options, '--dry-run')) findings.facts.set('dry_run', true);
	const places = valuesOf(options, '--prefix');
	addPaths(findings, 'writes', /^(?:install|uninstall|ci|update)$/.test(name) ? places : [], around);
	for (const shell of valuesOf(options, '--script-shell', '--shell')) {
		findings.launches.push({ kind: 'argv', argv: [shell], isOpenEnded: true, as: ['npm'] });
	}
	if (subcommands.join(' ') === 'config set') addScriptShell(findings, operands);
	if (subcommands.join(' ') === 'pkg set') addScripts(findings, operands);
	if (/^(?:exec|run|test|start|stop|restart|install|ci)$/.test(name)) addShellVariable(findings, around);
	if (name === 'exec') addReading(findings, readExec(argv, behind, around, ['npm', 'exec'], ['exec']));
	if (name === 'explore') addTail(findings, operands.slice(1), ['npm', 'explore']);
	if (name === 'init' && operands.length > 0) findings.facts.set('initializer', operands[0]?.value ?? '');
}

/** What `npx`, `npm exec` and `bunx` start: shell text of `-c`, or a program and its arguments. */
export function readExec(
	argv: readonly Word[],
	from: number,
	around: Around,
	as: readonly string[],
	subcommands: readonly string[],
): Reading {
	const options = readOptions(argv, execGrammar, from);
	const findings = startFindings(subcommands);
	addFlags(findings, options, around, ['packages']);
	const [first, ...rest] = argv.slice(options.rest);
	const texts = valuesOf(options, '--call');
	addWords(findings, 'packages', [...valuesOf(options, '--package'), ...(first && texts.length === 0 ? [first] : [])]);
	for (const shell of valuesOf(options, '--shell', '--script-shell')) {
		findings.launches.push({ kind: 'argv', argv: [shell], isOpenEnded: true, as });
	}
	for (const text of texts) findings.launches.push({ kind: 'script', words: [text], as });
	if (options.gap) findings.gaps.push(options.gap);
	else if (texts.length === 0) addTail(findings, first ? [programOf(first), ...rest] : [], as, around);
	return finish(findings);
}

/** `npm_config_script_shell=x npm run y` has x run the scripts. */
function addShellVariable(findings: Findings, around: Around): void {
	for (const [name, shell] of around.env) {
		if (!/^npm_config_(?:script_)?shell$/i.test(name)) continue;
		findings.launches.push({ kind: 'argv', argv: [shell ?? unknownWord()], isOpenEnded: true, as: ['npm'] });
	}
}

/** `npm config set script-shell x`, `script-shell=x`. */
function addScriptShell(findings: Findings, operands: readonly Word[]): void {
	const [key, value] = operands;
	const inline = key && firstKnown(key).startsWith('script-shell=') ? attached(key, 'script-shell='.length) : undefined;
	const shell = key?.value === 'script-shell' ? value : inline;
	if (shell) findings.launches.push({ kind: 'argv', argv: [shell], isOpenEnded: true, as: ['npm'] });
}

/** `npm pkg set scripts.test=text` leaves a script behind that a later `npm test` runs. */
function addScripts(findings: Findings, operands: readonly Word[]): void {
	for (const operand of operands) {
		const start = firstKnown(operand);
		const equals = start.indexOf('=');
		if (!start.startsWith('scripts.') || equals < 0) continue;
		findings.launches.push({ kind: 'script', words: [attached(operand, equals + 1)], as: ['npm'] });
	}
}

/** Adds the launch of a program with its arguments, if there is one. */
export function addTail(
	findings: Findings,
	argv: readonly Word[],
	as: readonly string[],
	around?: Around,
	terms: { readonly cwd?: Word } = {},
): void {
	const isOpenEnded = around?.isOpenEnded ?? false;
	if (argv.length > 0)
		findings.launches.push({ kind: 'argv', argv, as, ...(isOpenEnded && { isOpenEnded }), ...terms });
	else if (isOpenEnded) findings.gaps.push({ kind: 'input', detail: 'the program comes from input' });
}

export function addReading(findings: Findings, reading: Reading): void {
	for (const flag of reading.flags ?? []) findings.flags.add(flag);
	for (const fact of reading.unsure ?? []) findings.unsure.add(fact);
	for (const [name, fact] of Object.entries(reading.facts ?? {})) {
		if (typeof fact === 'object') addToList(findings, name, ...fact);
		else findings.facts.set(name, fact);
	}
	findings.launches.push(...(reading.launches ?? []));
	findings.gaps.push(...(reading.gaps ?? []));
}

/** The program of a package: `knip` of `knip@5`, `create` of `@scope/create@1`. */
export function programOf(word: Word): Word {
	if (!isStatic(word)) return word;
	const slash = word.value.startsWith('@') ? word.value.indexOf('/') + 1 : 0;
	const version = word.value.indexOf('@', Math.max(slash, 1));
	if (slash === 0 && version < 0) return word;
	return between(word, slash, version < 0 ? word.value.length : version);
}

function all(canonical: string, spellings: string): Readonly<Record<string, string>> {
	return Object.fromEntries(spellings.split(' ').map((spelling) => [spelling, canonical]));
}
