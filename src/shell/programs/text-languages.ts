// awk, sed, m4: programs over text, whose first operand may be code.
import { hasOption, makeGrammar, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic } from '../word-parts.ts';
import { codeProgram, codeReading, fileReading } from './code-program.ts';
import { readArguments } from './findings.ts';
import { merged } from './launching.ts';
import { readingOf } from './wrapper.ts';

/** Source: gawk(1), mawk(1); `-W name` spells a long option. */
const awkGrammar = makeGrammar({
	options: `F|field-separator=s v|assign=s f|file=s E|exec=s e|source=s i|include=s l|load=s o|pretty-print:s p|profile:s
		d|dump-variables:s L|lint:s D|debug:s b|characters-as-bytes c|traditional C|copyright g|gen-pot h|help I|trace
		k|csv M|bignum n|non-decimal-data N|use-lc-numeric O|optimize P|posix r|re-interval s|no-optimize S|sandbox
		t|lint-old V|version W=s`,
	stopAtOperand: true,
});

const awk: Program = {
	names: ['awk', 'gawk', 'mawk', 'nawk', 'original-awk', 'goawk', 'frawk', 'bwk'],
	read(argv, around) {
		const options = readArguments(argv, awkGrammar);
		const base = readingOf(options);
		if (options.gap) return { ...base, gaps: [{ ...options.gap, kind: 'code' }], mayRunArguments: true };
		if (hasOption(options, '--version', '--help', '--copyright')) return base;
		const files = valuesOf(options, '--file', '--exec', '--include');
		const sources = valuesOf(options, '--source');
		const hasProgram = files.length > 0 || sources.length > 0;
		const code = hasProgram ? sources : argv.slice(options.rest, options.rest + 1);
		const operands = argv.slice(options.rest + (hasProgram ? 0 : 1));
		const variables = new Map([...valuesOf(options, '--assign'), ...operands].flatMap((word) => assignment(word)));
		const readings: Reading[] = [base];
		if (files.some((file) => file.value === '-' || file.value === '/dev/stdin')) {
			readings.push({ launches: [{ kind: 'code', language: 'awk', from: 'input' }] });
		}
		if (code.length > 0) readings.push(codeReading('awk', code, around, { variables }));
		else if (!hasProgram && around.isOpenEnded)
			readings.push({ gaps: [{ kind: 'input', detail: 'the code comes from input' }] });
		if (valuesOf(options, '--load').length > 0)
			readings.push({ gaps: [{ kind: 'code', detail: 'awk loads a library' }] });
		const sourceFiles = fileReading(
			'reads',
			files.filter((file) => file.value !== '-'),
			around,
		);
		return merged(...readings, sourceFiles, dataFiles(operands, around));
	},
};

/** `name=text` among options and operands sets a variable. */
function assignment(word: Word): readonly (readonly [string, string])[] {
	const found = /^([A-Za-z_]\w*)=/.exec(word.value ?? '');
	return found?.[1] && isStatic(word) ? [[found[1], word.value.slice(found[0].length)]] : [];
}

function dataFiles(operands: readonly Word[], around: Around): Reading {
	return fileReading(
		'reads',
		operands.filter((word) => assignment(word).length === 0 && word.value !== '-'),
		around,
	);
}

/** Source: sed(1) of GNU; `-i` and `-I` have an attached suffix or none. */
const sedGrammar = makeGrammar({
	options: `n|quiet|silent e|expression=s f|file=s E|r|regexp-extended i|in-place:s l|line-length=s s|separate u|unbuffered
		z|null-data b|binary debug posix sandbox follow-symlinks help version a`,
});

const sed: Program = {
	names: ['sed', 'gsed', 'ssed', 'super-sed'],
	read(argv, around) {
		const options = readArguments(argv, sedGrammar);
		const base = readingOf(options);
		// A word that may be an option may be `-e` with code.
		if (options.gap) return { ...base, gaps: [{ ...options.gap, kind: 'code' }], mayRunArguments: true };
		if (hasOption(options, '--version', '--help')) return base;
		const files = valuesOf(options, '--file');
		const expressions = valuesOf(options, '--expression');
		const hasScript = files.length + expressions.length > 0;
		const [first] = options.operands;
		const code = hasScript ? expressions : first ? [first] : [];
		const operands = hasScript ? options.operands : options.operands.slice(1);
		const readings: Reading[] = [base];
		if (files.some((file) => file.value === '-' || file.value === '/dev/stdin')) {
			readings.push({ launches: [{ kind: 'code', language: 'sed', from: 'input' }] });
		}
		// With --sandbox, sed refuses `e`, `r` and `w`.
		if (code.length > 0 && !hasOption(options, '--sandbox')) readings.push(codeReading('sed', code, around));
		else if (code.length === 0 && !hasScript && around.isOpenEnded) {
			readings.push({ gaps: [{ kind: 'input', detail: 'the code comes from input' }] });
		}
		const data = operands.filter((word) => word.value !== '-');
		const writes = hasOption(options, '--in-place') ? fileReading('writes', data, around) : {};
		const scripts = files.filter((file) => file.value !== '-');
		return merged(...readings, fileReading('reads', [...scripts, ...data], around), writes);
	},
};

/** Source: m4(1). Operands are files of macros; `-` and none mean input. */
const m4 = codeProgram({
	names: ['m4', 'gm4'],
	options: `E|fatal-warnings i|interactive P|prefix-builtins Q|quiet|silent warn-macro-sequence:s D|define=s I|include=s
		s|synclines U|undefine=s g|gnu G|traditional H|hashsize=s L|nesting-limit=s F|freeze-state=s R|reload-state=s
		d|debug:s debugfile:s l|arglength=s t|trace=s help version B=s S=s T=s`,
	permutes: true,
	language: 'm4',
	operand: 'file',
	more: (options, _argv, around) => codeReading('m4', valuesOf(options, '--define'), around),
});

export const textLanguagePrograms: readonly Program[] = [awk, sed, m4];
