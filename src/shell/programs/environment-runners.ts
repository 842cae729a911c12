// Package managers of Python that run a program in an environment: poetry, pipenv, pdm, hatch, rye, pixi, conda, pipx.

import { type CompiledGrammar, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic, literal } from '../word-parts.ts';
import { addFlags, addWords, finish, startFindings } from './findings.ts';
import { addTail, programOf } from './npm.ts';
import { split } from './subcommand-tool.ts';

interface Runner {
	readonly names: readonly string[];
	/** Options before the sub-command. */
	readonly options: string;
	/** Options of the sub-commands that run something. */
	readonly running: string;
	/** Sub-commands that run the program behind their options. */
	readonly runs: readonly string[];
	/** Options that lead to another directory. */
	readonly directory?: string;
	/** Sub-commands that start a shell which reads its input. */
	readonly shells?: readonly string[];
	/** Sub-commands whose operands are packages. */
	readonly packages?: RegExp;
}

/** Sources: `<program> --help` and `<program> run --help` of each. */
const runners: readonly Runner[] = [
	{
		names: ['poetry'],
		options:
			'h|help q|quiet V|version ansi no-ansi n|no-interaction no-plugins no-cache P|project=s C|directory=s v vv vvv',
		running: 'h|help q|quiet v vv vvv P|project=s C|directory=s',
		runs: ['run'],
		directory: '--directory',
		shells: ['shell'],
		packages: /^(?:add|remove|update)$/,
	},
	{
		names: ['pipenv'],
		options:
			'where venv py envs rm bare man support site-packages no-site-packages python=s clear q|quiet v|verbose pypi-mirror=s version h|help',
		running: 'system python=s pypi-mirror=s v|verbose q|quiet clear h|help',
		runs: ['run'],
		shells: ['shell'],
		packages: /^(?:install|uninstall|update|upgrade)$/,
	},
	{
		names: ['pdm'],
		options:
			'h|help V|version c|config=s v|verbose q|quiet no-cache I|ignore-python pep582:s n|non-interactive p|project=s',
		running:
			'h|help v|verbose q|quiet g|global p|project=s S|skip=s s|site-packages l|list j|json recreate no-isolation venv=s',
		runs: ['run'],
		packages: /^(?:add|remove|update)$/,
	},
	{
		names: ['rye'],
		options: 'env-file=s h|help V|version',
		running: 'l|list pyproject=s h|help v|verbose q|quiet env-file=s',
		runs: ['run'],
		packages: /^(?:add|remove)$/,
	},
	{
		names: ['pixi'],
		options: 'h|help V|version v|verbose q|quiet color=s no-progress',
		running: `manifest-path=s frozen locked no-install as-is e|environment=s clean-env skip-deps revalidate concurrent-downloads=s
			concurrent-solves=s auth-file=s tls-no-verify v|verbose q|quiet h|help no-lockfile-update c|channel=s s|spec=s w|with=s`,
		runs: ['run', 'exec', 'x'],
		packages: /^(?:add|remove|install)$/,
	},
	{
		names: ['conda', 'mamba', 'micromamba'],
		options:
			'h|help V|version v|verbose no-plugins r|root-prefix=s p|prefix=s n|name=s rc-file=s no-rc no-env q|quiet y|yes json',
		running: `n|name=s p|prefix=s v|verbose dev debug-wrapper-scripts cwd=s no-capture-output live-stream s|stream a|attach=s
			d|detach e|env=s clean-env label=s h|help root-prefix=s r=s`,
		runs: ['run'],
		directory: '--cwd',
		packages: /^(?:install|create|remove|uninstall|update|upgrade)$/,
	},
	{
		names: ['pipx'],
		options: 'h|help v|verbose q|quiet version global',
		running: `no-cache path pypackages spec=s v|verbose q|quiet python=s fetch-missing-python system-site-packages i|index-url=s
			e|editable pip-args=s with=s backend=s h|help global`,
		runs: ['run'],
		packages: /^(?:install|uninstall|upgrade|inject|uninject|reinstall)$/,
	},
];

export const environmentRunnerPrograms: readonly Program[] = [
	...runners.map(runnerProgram),
	{ names: ['hatch'], read: readHatch },
	{ names: ['tox', 'nox'], read: () => ({}) },
];

function runnerProgram(runner: Runner): Program {
	const grammar = (text: string) => makeGrammar({ options: split(text), stopAtOperand: true, abbreviations: false });
	const start = grammar(runner.options);
	const running = grammar(runner.running);
	return { names: runner.names, read: (argv, around) => readRunner(runner, start, running, argv, around) };
}

function readRunner(
	runner: Runner,
	start: CompiledGrammar,
	running: CompiledGrammar,
	argv: readonly Word[],
	around: Around,
): Reading {
	const [canonical = ''] = runner.names;
	const options = readOptions(argv, start);
	const word = argv[options.rest];
	const findings = startFindings(word?.value === undefined ? [] : [word.value]);
	addFlags(findings, options, around);
	if (options.gap || (word && !isStatic(word)) || (!word && around.isOpenEnded)) {
		findings.unsure.add('*');
		findings.gaps.push(options.gap ?? { kind: 'arguments', detail: `which command of ${canonical} runs is not known` });
		return { ...finish(findings), mayRunArguments: true };
	}
	if (!word?.value) return finish(findings);
	const own = readOptions(argv, running, options.rest + 1);
	if (runner.shells?.includes(word.value)) findings.launches.push({ kind: 'input', as: [canonical, word.value] });
	if (runner.packages?.test(word.value))
		addWords(
			findings,
			'packages',
			own.operands.filter((one) => !/^-/.test(one.value ?? '')),
		);
	if (canonical === 'pipx' && word.value === 'runpip') {
		const words = [literal('pip'), ...argv.slice(own.rest + 1)];
		findings.launches.push({ kind: 'argv', argv: words, isVirtual: true, as: ['pipx', 'runpip'] });
	}
	if (!runner.runs.includes(word.value)) return finish(findings);
	addFlags(findings, own, around);
	if (own.gap) {
		findings.gaps.push(own.gap);
		return { ...finish(findings), mayRunArguments: true };
	}
	const [first, ...rest] = argv.slice(own.rest);
	const cwd = valuesOf(own, runner.directory ?? '').at(-1) ?? valuesOf(options, runner.directory ?? '').at(-1);
	const program = first && canonical === 'pipx' ? programOf(first) : first;
	addTail(findings, program ? [program, ...rest] : [], [canonical, word.value], around, cwd ? { cwd } : {});
	return finish(findings);
}

/** `hatch run env:command`: the words are joined and read by a shell. */
function readHatch(argv: readonly Word[], around: Around): Reading {
	const options = readOptions(argv, hatchGrammar);
	const word = argv[options.rest];
	const findings = startFindings(word?.value === undefined ? [] : [word.value]);
	addFlags(findings, options, around);
	if (options.gap || (word && !isStatic(word))) {
		findings.unsure.add('*');
		findings.gaps.push({ kind: 'arguments', detail: 'which command of hatch runs is not known' });
	} else if (word?.value === 'run') {
		const [first, ...rest] = argv.slice(options.rest + 1);
		const colon = isStatic(first ?? argv[0] ?? word) ? (first?.value?.indexOf(':') ?? -1) : -1;
		const program = first && colon > 0 && first.value ? programBehind(first, colon) : first;
		if (program) findings.launches.push({ kind: 'script', words: [program, ...rest], as: ['hatch', 'run'] });
	} else if (word?.value === 'shell') findings.launches.push({ kind: 'input', as: ['hatch', 'shell'] });
	return finish(findings);
}

const hatchGrammar = makeGrammar({
	options: split(
		'e|env=s p|project=s v|verbose q|quiet color no-color interactive no-interactive data-dir=s cache-dir=s config=s version h|help',
	),
	stopAtOperand: true,
	abbreviations: false,
});

function programBehind(word: Word, colon: number): Word {
	const value = (word.value ?? '').slice(colon + 1);
	return { value, pieces: [value], splits: false };
}
