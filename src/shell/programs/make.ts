// make: recipes in files are the project's own; text in the argv and on input is read.
import { readCode } from '../code/read-code.ts';
import { hasOption, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { firstKnown } from '../word-parts.ts';
import { codeReading } from './code-program.ts';
import { merged } from './launching.ts';
import { readingOf } from './wrapper.ts';

const grammar = makeGrammar({
	options: `b m B|always-make C|directory=s d debug:s e|environment-overrides E|eval=s f|file|makefile=s h|help i|ignore-errors
		I|include-dir=s j|jobs:s jobserver-auth=s k|keep-going l|load-average|max-load:s L|check-symlink-times
		n|just-print|dry-run|recon o|old-file|assume-old=s O|output-sync:s p|print-data-base q|question r|no-builtin-rules
		R|no-builtin-variables s|silent|quiet no-silent S|no-keep-going|stop t|touch trace v|version w|print-directory
		no-print-directory W|what-if|new-file|assume-new=s warn-undefined-variables shuffle:s jobserver-style=s`,
});

const make: Program = {
	names: ['make', 'gmake', 'gnumake', 'bmake', 'remake', 'mingw32-make'],
	read(argv, around) {
		const options = readOptions(argv, grammar);
		const base = readingOf(options);
		if (options.gap) return { ...base, gaps: [{ ...options.gap, kind: 'code' }], mayRunArguments: true };
		if (hasOption(options, '--version', '--help')) return base;
		const files = valuesOf(options, '--file', '--makefile');
		const isInput = files.some((file) => file.value === '-' || file.value === '/dev/stdin');
		const readings: Reading[] = [base, codeReading('make', valuesOf(options, '--eval'), around)];
		if (isInput) readings.push({ launches: [{ kind: 'code', language: 'make', from: 'input' }] });
		const variables = options.operands.filter((word) => /^[\w.-]+\s*[:?+!]{0,3}=/.test(firstKnown(word)));
		for (const word of variables) readings.push(readVariable(word, around));
		for (const name of ['MAKEFLAGS', 'GNUMAKEFLAGS', 'MAKEFILES']) {
			const value = around.env.get(name);
			if (value?.value !== undefined && /--?(?:eval|f)|=|^[^-\w\s]/.test(value.value))
				readings.push({ gaps: [{ kind: 'environment', detail: `${name} changes what make runs` }] });
		}
		const targets = options.operands.flatMap((word) => (variables.includes(word) ? [] : (word.value ?? [])));
		return { ...merged(...readings, targets.length > 0 ? { facts: { targets } } : {}), mayRunArguments: true };
	},
};

/** `NAME=text`: a variable of the makefile, which may hold `$(shell …)` or name the shell. */
function readVariable(word: Word, around: Around): Reading {
	if (word.value === undefined) {
		// A value that is not known is data, as long as it is not the shell.
		const name = /^([\w.-]+)/.exec(firstKnown(word))?.[1];
		const isShell = name === 'SHELL' || name === '.SHELLFLAGS' || name === 'MAKEFLAGS';
		return isShell ? { gaps: [{ kind: 'program', detail: 'what runs the recipes is known only at run time' }] } : {};
	}
	return readCode('make', word.value, around);
}

export const makePrograms: readonly Program[] = [make];
