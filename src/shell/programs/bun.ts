// bun, bunx and corepack: packages, scripts, code in the arguments, and the programs they start.

import { hasOption, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic } from '../word-parts.ts';
import { addFlags, addWords, finish, setWord, startFindings } from './findings.ts';
import { addTail, programOf, readExec } from './npm.ts';
import { split } from './subcommand-tool.ts';

/** Source: `bun --help`, `bun run --help` of bun 1.3. */
const grammar = makeGrammar({
	options:
		split(`watch hot no-clear-screen smol r|preload=s require=s import=s inspect:s inspect-wait:s inspect-brk:s if-present
		no-install install=s i e|eval=s p|print=s prefer-offline prefer-latest port=s conditions=s fetch-preconnect=s max-http-header-size=s
		dns-result-order=s expose-gc no-deprecation throw-deprecation title=s zero-fill-buffers redis-preconnect b|bun silent
		shell=s elide-lines=s v|version revision env-file=s no-env-file cwd=s c|config:s h|help filter|F=s workspaces
		user-agent=s tsconfig-override=s define|d=s drop=s loader|l=s main-fields=s extension-order=s preserve-symlinks
		jsx-factory=s jsx-runtime=s jsx-import-source=s no-macros ignore-dce-annotations console-depth=s sql-preconnect`),
	stopAtOperand: true,
	abbreviations: false,
});

const packageGrammar = makeGrammar({
	options:
		split(`g|global d|dev|D optional peer E|exact f|force p|production no-save y|yarn frozen-lockfile dry-run tag=s access=s
		otp=s registry=s cwd=s ignore-scripts trust verbose silent backend=s omit=s filter=s lockfile-only cache-dir=s c|config:s`),
	abbreviations: false,
	onUnknown: 'flag',
});

const aliases: Readonly<Record<string, string>> = { i: 'install', a: 'add', rm: 'remove', c: 'create' };
const packageCommands = /^(?:install|add|remove|update|link|unlink|publish|outdated|patch|info|audit|why)$/;
const ownCommands = /^(?:test|pm|build|init|create|upgrade|repl|completions|discord|getcompletes|help|feedback)$/;

const bun: Program = { names: ['bun'], read: readBun };
const bunx: Program = { names: ['bunx'], read: (argv, around) => readExec(argv, 1, around, ['bunx'], []) };
const corepack: Program = { names: ['corepack'], read: readCorepack };

export const bunPrograms: readonly Program[] = [bun, bunx, corepack];

function readBun(argv: readonly Word[], around: Around): Reading {
	const options = readOptions(argv, grammar);
	const findings = startFindings();
	addFlags(findings, options, around, ['packages', 'script']);
	const shared = { as: ['bun'], ...cwdOf(valuesOf(options, '--cwd')) };
	for (const text of valuesOf(options, '--eval', '--print')) {
		findings.launches.push({ kind: 'code', language: 'javascript', from: [text], ...shared });
	}
	if (hasOption(options, '--eval', '--print', '--version', '--help', '--revision')) return finish(findings);
	const word = argv[options.rest];
	if (options.gap || (word && !isStatic(word)) || (!word && around.isOpenEnded)) {
		findings.unsure.add('*');
		findings.gaps.push({ kind: 'arguments', detail: 'which command of bun runs is not known' });
		return finish(findings);
	}
	if (!word?.value) return finish(findings);
	const name = aliases[word.value] ?? word.value;
	const behind = options.rest + 1;
	if (name === 'x') return readExec(argv, behind, around, ['bunx'], ['x']);
	if (name === 'exec') {
		findings.subcommands = ['exec'];
		findings.launches.push({
			kind: 'script',
			words: argv.slice(behind),
			dialect: 'unknown',
			...shared,
			as: ['bun', 'exec'],
		});
	} else if (packageCommands.test(name)) {
		findings.subcommands = [name];
		if (name !== word.value) findings.facts.set('alias', word.value);
		const rest = readOptions(argv, packageGrammar, behind);
		addFlags(findings, rest, around, ['packages', 'global']);
		addWords(findings, 'packages', rest.operands);
		if (hasOption(rest, '--global')) findings.facts.set('global', true);
	} else if (ownCommands.test(name)) findings.subcommands = [name];
	else if (name === 'run') readScript(readOptions(argv, grammar, behind).rest);
	else readScript(options.rest);
	return finish(findings);

	/** A script of package.json, a file, or else a program. */
	function readScript(at: number): void {
		const script = argv[at];
		findings.subcommands = name === 'run' ? ['run'] : [];
		setWord(findings, 'script', script);
		if (script?.value === '-')
			findings.launches.push({ kind: 'code', language: 'javascript', from: 'input', ...shared });
		else if (!script || !/[./]/.test(script.value ?? ''))
			addTail(findings, argv.slice(at), ['bun', 'run'], around, shared);
	}
}

/** `corepack pnpm@9 install` is `pnpm install`. */
function readCorepack(argv: readonly Word[], around: Around): Reading {
	const [, first, ...rest] = argv;
	const findings = startFindings();
	if (
		first &&
		isStatic(first) &&
		/^(?:enable|disable|prepare|use|up|install|pack|cache|hydrate|--?\w+)$/.test(first.value)
	) {
		findings.subcommands = [first.value];
	} else addTail(findings, first ? [programOf(first), ...rest] : [], ['corepack'], around);
	return finish(findings);
}

function cwdOf(values: readonly Word[]): { readonly cwd?: Word } {
	const cwd = values.at(-1);
	return cwd ? { cwd } : {};
}
