// uv and uvx: the programs they start, and the packages they add.

import { hasOption, makeGrammar, type Options, readOptions, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic, literal } from '../word-parts.ts';
import { addFlags, addWords, type Findings, finish, startFindings } from './findings.ts';
import { between } from './launching.ts';
import { describePip, pipOptions } from './pip.ts';
import { split, type ToolCall, tool } from './subcommand-tool.ts';

/** Source: uv's command reference (docs.astral.sh/uv/reference/cli), up to 0.9; clap takes no abbreviations. */
const globals = `n|no-cache|no-cache-dir cache-dir=s python-preference=s managed-python no-managed-python no-python-downloads
	allow-python-downloads python-fetch=s q|quiet v|verbose color=s no-color native-tls no-native-tls system-certs
	no-system-certs offline no-offline allow-insecure-host|trusted-host=s preview no-preview preview-features|preview-feature=s
	isolated show-settings no-progress directory=s project=s config-file=s no-config h|help V|version`;

const resolving = `index=s default-index=s i|index-url=s extra-index-url=s f|find-links=s no-index U|upgrade no-upgrade
	P|upgrade-package=s upgrade-group=s reinstall|force-reinstall no-reinstall reinstall-package=s index-strategy=s
	keyring-provider=s resolution=s prerelease=s pre fork-strategy=s C|config-setting|config-settings=s
	config-settings-package|config-setting-package=s no-build-isolation build-isolation no-build-isolation-package=s
	exclude-newer=s exclude-newer-package=s link-mode=s compile-bytecode|compile no-compile-bytecode|no-compile no-sources
	sources no-sources-package=s refresh no-refresh refresh-package=s no-build build no-build-package=s no-binary binary
	no-binary-package=s p|python=s python-platform=s torch-backend=s`;

const running = `extra=s all-extras no-extra=s no-all-extras dev no-dev group|with-group=s no-group=s no-default-groups
	default-groups only-group=s all-groups m|module only-dev editable no-editable inexact exact env-file=s no-env-file w|with=s
	with-editable=s with-requirements=s active no-active no-sync sync locked no-locked frozen no-frozen s|script gui-script
	package=s all-packages no-project no-workspace show-resolution max-recursion-depth=s`;

const tooling = `from=s w|with=s with-editable=s with-executables-from=s with-requirements=s c|constraints|constraint=s
	b|build-constraints|build-constraint=s overrides|override=s env-file=s no-env-file lfs generate-shell-completion=s
	show-resolution`;

const editing = `r|requirements|requirement=s c|constraints|constraint=s dev optional=s group=s editable no-editable raw bounds=s
	rev=s tag=s branch=s lfs extra=s no-sync locked frozen active no-active script=s package=s workspace no-workspace
	no-install-project no-install-workspace no-install-local no-install-package=s m|marker=s t|target=s prefix=s system no-system
	break-system-packages dry-run e=s y|yes require-hashes verify-hashes no-verify-hashes no-deps deps strict user
	build-constraints|build-constraint=s b=s overrides|override=s excludes=s all-extras token=s publish-url=s`;

const grammarOf = (text: string) => makeGrammar({ options: split(text), stopAtOperand: true, abbreviations: false });
const runGrammar = grammarOf(`${globals} ${running} ${resolving}`);
const toolGrammar = grammarOf(`${globals} ${tooling} ${resolving}`);

const runAs = ['uv', 'run'];
const toolAs = ['uv', 'tool', 'run'];

const uv: Program = tool({
	names: ['uv'],
	options: globals,
	more: `${editing} ${resolving} ${pipOptions}`,
	deeper: { tool: 2, python: 2, pip: 2, cache: 2, self: 2, auth: 2, workspace: 2 },
	affected: ['packages', 'requirements', 'editable'],
	describe: describeUv,
});

export const uvPrograms: readonly Program[] = [
	{ names: uv.names, read: readUv },
	{ names: ['uvx'], read: (argv, around) => readRun(argv, 1, around, toolAs, [], undefined) },
];

function readUv(argv: readonly Word[], around: Around): Reading {
	const reading = uv.read(argv, around);
	const place = readOptions(argv, grammarOfStart);
	const subcommands = reading.subcommands ?? [];
	const behind = indexBehind(argv, place.rest, subcommands);
	const [directory] = valuesOf(place, '--directory').slice(-1);
	switch (subcommands.join(' ')) {
		case 'run':
			return readRun(argv, behind, around, runAs, subcommands, directory);
		case 'tool run':
		case 'x':
			return readRun(argv, behind, around, toolAs, ['tool', 'run'], directory);
		default:
			return subcommands.length === 0 && reading.unsure?.includes('subcommands')
				? { ...reading, gaps: [{ kind: 'arguments', detail: 'which command of uv runs is not known' }] }
				: reading;
	}
}

const grammarOfStart = grammarOf(globals);

function indexBehind(argv: readonly Word[], from: number, subcommands: readonly string[]): number {
	let at = from;
	for (const name of subcommands) at = argv.findIndex((word, index) => index >= at && word.value === name) + 1;
	return at;
}

/** What stands behind the options of `uv run` or `uvx`. */
function readRun(
	argv: readonly Word[],
	from: number,
	around: Around,
	as: readonly string[],
	subcommands: readonly string[],
	outer: Word | undefined,
): Reading {
	const isTool = as === toolAs;
	const options = readOptions(argv, isTool ? toolGrammar : runGrammar, from);
	const findings = startFindings(subcommands);
	addFlags(findings, options, around);
	addWords(findings, 'packages', valuesOf(options, '--with', '--from', '--with-editable'));
	if (options.gap) {
		findings.gaps.push(options.gap);
		return { ...finish(findings), mayRunArguments: true };
	}
	const tail = argv.slice(options.rest);
	const [first] = tail;
	const cwd = valuesOf(options, '--directory').at(-1) ?? outer;
	const terms = { as, ...(cwd && { cwd }), ...(around.isOpenEnded && { isOpenEnded: true }) };
	if (hasOption(options, '--help', '--version')) return finish(findings);
	if (!first) {
		if (around.isOpenEnded)
			findings.gaps.push({ kind: 'input', detail: 'the program that uv starts comes from input' });
	} else if (isTool) {
		findings.launches.push({ kind: 'argv', argv: [toolName(first), ...tail.slice(1)], ...terms });
	} else if (hasOption(options, '--module')) {
		findings.launches.push({
			kind: 'argv',
			argv: [literal('python'), literal('-m'), ...tail],
			isVirtual: true,
			...terms,
		});
	} else if (runsPython(options, first)) readScript(findings, first);
	else findings.launches.push({ kind: 'argv', argv: tail, ...terms });
	return finish(findings);
}

/** `uv run x.py` and `uv run -` are python started by uv itself: no launch of another program. */
function runsPython(options: Options, first: Word): boolean {
	if (hasOption(options, '--script', '--gui-script')) return true;
	return isStatic(first) && (first.value === '-' || /\.(?:py|pyw|pyc|pyz)$|^https?:\/\//.test(first.value));
}

function readScript(findings: Findings, script: Word): void {
	if (script.value === '-') {
		findings.facts.set('stdin', true);
		findings.launches.push({ kind: 'code', language: 'python', from: 'input' });
	} else if (script.value === undefined) findings.unsure.add('script');
	else findings.facts.set('script', script.value);
}

/** `ruff` of `ruff@0.6`. */
function toolName(word: Word): Word {
	const at = isStatic(word) ? word.value.indexOf('@') : -1;
	return at > 0 ? between(word, 0, at) : word;
}

function describeUv(call: ToolCall): void {
	const { subcommands, options, operands, findings } = call;
	const [first, second] = subcommands;
	if (first === 'pip') describePip(call);
	if (first === 'add' || first === 'remove') describePip(call);
	if (first === 'tool' && (second === 'install' || second === 'uninstall')) addWords(findings, 'packages', operands);
	if (first === 'add' && hasOption(options, '--dev')) findings.facts.set('dev', true);
}
