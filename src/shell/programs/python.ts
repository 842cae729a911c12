// python, whatever its version: which module, script or code it runs.

import { hasOption, makeGrammar, readOptions } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic, literal } from '../word-parts.ts';
import { consoleModule, consoleScript } from './console-scripts.ts';
import { addFlags, finish, mayBeOption, startFindings } from './findings.ts';
import { addPaths } from './paths.ts';

/** Source: `python3.13 --help-all`; everything behind `-c text` and `-m module` belongs to these. */
const grammar = makeGrammar({
	options:
		`b B d E h|help i I O P q R s S t u v V|version x c=s m=s W=s X=s Q=s check-hash-based-pycs=s help-env help-xoptions
		help-all`
			.trim()
			.split(/\s+/),
	stopAtOperand: true,
});

const python: Program = {
	names: ['python', 'python2', 'python3', 'pypy', 'pypy3', 'pythonw', 'graalpy', 'ipython', 'ipython3'],
	pattern: /^(?:python|pypy|graalpy|ipython)\d+(?:\.\d+)*(?:t|d|-dbg|-intel64|-64)?(?:\.exe)?$|^pythonw?\.exe$/,
	read: readPython,
};

/** The launcher of Windows: `py -3.12 x.py` starts that python with what follows. */
const launcher: Program = {
	names: ['py'],
	read(argv, around) {
		const versions = argv.slice(1).findIndex((word) => !/^-(?:[23](?:\.\d+)?(?:-\w+)?|V:\S+)$/.test(word.value ?? ''));
		const behind = versions < 0 ? [] : argv.slice(1 + versions);
		const launched = [literal('python'), ...behind];
		return { launches: [{ kind: 'argv', argv: launched, ...(around.isOpenEnded && { isOpenEnded: true }) }] };
	},
};

export const pythonPrograms: readonly Program[] = [python, launcher];

function readPython(argv: readonly Word[], around: Around): Reading {
	const end = ownEnd(argv);
	const options = readOptions(argv.slice(0, end), grammar);
	const findings = startFindings();
	addFlags(findings, options, around);
	const version = versionOf(argv[0]);
	if (version !== undefined) findings.facts.set('version', version);
	const rest = argv.slice(end);
	const mode = options.found.find(({ name }) => name === '-c' || name === '-m');
	if (options.gap) {
		// Which code python runs is not known, as with any script; that it is python is.
		for (const fact of ['flags', 'script', 'module', 'code', 'stdin']) findings.unsure.add(fact);
	} else if (mode?.name === '-c') {
		findings.facts.set('code', true);
		if (mode.value) findings.launches.push({ kind: 'code', language: 'python', from: [mode.value] });
		else if (around.isOpenEnded) findings.gaps.push({ kind: 'input', detail: 'the code of python comes from input' });
	} else if (mode) {
		readModule(findings, mode.value, rest, around);
	} else if (!hasOption(options, '--version', '--help', '--help-env', '--help-xoptions', '--help-all')) {
		readScript(findings, argv[options.rest], around);
		findings.launches.push(...consoleScript('python', argv.slice(options.rest), around));
	}
	return finish(findings);
}

/** `python -m pip install x` is also `pip install x`. */
function readModule(
	findings: ReturnType<typeof startFindings>,
	module: Word | undefined,
	rest: readonly Word[],
	around: Around,
): void {
	if (!module) return;
	if (!isStatic(module)) {
		findings.unsure.add('module');
		findings.gaps.push({ kind: 'program', detail: 'which module python runs is not known' });
		return;
	}
	findings.facts.set('module', module.value);
	if (!/^[\w.-]+$/.test(module.value)) return;
	findings.launches.push({
		kind: 'argv',
		argv: [consoleModule(module), ...rest],
		isVirtual: true,
		...(around.isOpenEnded && { isOpenEnded: true }),
	});
}

function readScript(findings: ReturnType<typeof startFindings>, script: Word | undefined, around: Around): void {
	if (script && script.value !== '-' && script.value !== '/dev/stdin') {
		if (script.value === undefined) {
			const facts = mayBeOption(script) ? ['flags', 'script', 'module', 'code', 'stdin'] : ['script'];
			for (const fact of facts) findings.unsure.add(fact);
		} else {
			findings.facts.set('script', script.value);
			addPaths(findings, 'reads', [script], around);
		}
		return;
	}
	if (!script && around.isOpenEnded) {
		for (const fact of ['flags', 'script', 'module', 'code', 'stdin']) findings.unsure.add(fact);
		return;
	}
	findings.facts.set('stdin', true);
	findings.launches.push({ kind: 'code', language: 'python', from: 'input' });
}

/** Where the words of python itself end: behind `-c text` or `-m module`, else with the argv. */
function ownEnd(argv: readonly Word[]): number {
	const { found } = readOptions(argv, grammar);
	const mode = found.find(({ name }) => name === '-c' || name === '-m');
	if (!mode) return argv.length;
	const isInline = mode.value !== argv[mode.at + 1];
	return mode.at + (isInline || !mode.value ? 1 : 2);
}

/** `3.12` of `python3.12`. */
function versionOf(program: Word | undefined): string | undefined {
	const path = program?.value ?? '';
	return /^\D+(\d+(?:\.\d+)*)/.exec(path.slice(path.lastIndexOf('/') + 1))?.[1];
}
