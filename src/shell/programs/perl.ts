// perl: code in `-e`, modules that `-M` loads, and operands that `-n` and `-p` open, pipes included.
import { addEmbedded } from '../code/expressions.ts';
import { languages } from '../code/languages.ts';
import { hasOption, type Options, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic, literal } from '../word-parts.ts';
import { codeProgram, codeReading, fileReading } from './code-program.ts';
import { finish, startFindings } from './findings.ts';
import { merged, scriptLaunch } from './launching.ts';

/** Source: perlrun. `-i`, `-0`, `-l`, `-C`, `-d`, `-D`, `-x` have an attached value or none. */
const interpreter = codeProgram({
	names: ['perl', 'perl5', 'wperl'],
	pattern: /^perl5?\.\d+(?:\.\d+)*$/,
	options: 'a c s S u U v|version V:s w W X n p h|help t T f g e=s E=s F=s I=s i:s l 0:s C:s d:s D:s x:s M=s m=s',
	abbreviations: false,
	language: 'perl',
	code: ['-e', '-E'],
	operand: 'file',
	idle: ['-V'],
	more: readMore,
});

const perl: Program = { ...interpreter, read: (argv, around) => interpreter.read(argv.map(withoutNumbers), around) };

export const perlPrograms: readonly Program[] = [perl];

/** `-l`, `-0` and `-C` are followed by digits, and further letters may follow these: `-lane`, `-0777ne`. */
function withoutNumbers(word: Word): Word {
	const cluster = /^-([A-DG-LN-UWYZacfghj-wyz0-9]*)/.exec(word.value ?? '')?.[1] ?? '';
	const plain = cluster.replace(/l[0-7]*|0(?:x[\da-fA-F]+|[0-7]*)|C\d*/g, (found) =>
		found.startsWith('l') ? 'l' : '',
	);
	if (word.value === undefined || cluster === '' || (plain === cluster && !cluster.includes('l'))) return word;
	const rest = word.value.slice(1 + cluster.length);
	// `l` alone is a flag; its digits are gone.
	const letters = plain.replaceAll('l', '');
	return letters + rest === '' ? literal('-l') : literal(`-${letters}${rest}`);
}

function readMore(options: Options, argv: readonly Word[], around: Around): Reading {
	const findings = startFindings();
	for (const module of valuesOf(options, '-M', '-m')) {
		if (!isStatic(module))
			findings.gaps.push({ kind: 'code', detail: 'which module perl loads is known only at run time' });
		else readModule(module.value, findings);
	}
	const hasCode = hasOption(options, '-e', '-E');
	const operands = argv.slice(options.rest + (hasCode ? 0 : 1));
	const loops =
		hasCode &&
		(hasOption(options, '-n', '-p') ||
			valuesOf(options, '-e', '-E').some((code) => /<(?:ARGV|STDIN)?>/.test(code.value ?? '')));
	if (!loops) return finish(findings);
	// Two-argument open: an operand that ends or starts with a bar is a command.
	const pipes = operands.filter((word) => /^\s*\||\|\s*$/.test(word.value ?? ''));
	for (const pipe of pipes)
		findings.launches.push(scriptLaunch(literal((pipe.value ?? '').replace(/^\s*\||\|\s*$/g, ''))));
	const setsFiles = valuesOf(options, '-e', '-E').some((code) => /[@$]ARGV\b/.test(code.value ?? ''));
	if (setsFiles) findings.unsure.add('reads');
	const files = operands.filter((word) => !pipes.includes(word) && word.value !== '--');
	const touched = fileReading('reads', files, around);
	const changed = hasOption(options, '-i') ? fileReading('writes', files, around) : {};
	return merged(finish(findings), touched, changed);
}

/** `-MModule=a,b`, `-M-strict`, `-M'Module qw(a)'`; what follows a semicolon is code. */
function readModule(text: string, findings: ReturnType<typeof startFindings>): void {
	const name = /^-?([\w:]+)/.exec(text)?.[1] ?? '';
	const rest = text.slice(text.indexOf(name) + name.length);
	if (name === 'Inline') addEmbedded({ findings }, /^[=\s'"(qw]*(\w+)/.exec(rest)?.[1]?.toLowerCase() ?? 'python');
	const program = languages.get('perl')?.embeds?.[name];
	if (program !== undefined) addEmbedded({ findings }, program);
	if (rest !== '' && !/^=[\w,:/.-]*$/.test(rest)) {
		const reading = codeReading('perl', [literal(rest)], {
			isOpenEnded: false,
			cwd: null,
			branch: undefined,
			env: new Map(),
		});
		findings.launches.push(...(reading.launches ?? []));
		findings.gaps.push(...(reading.gaps ?? []));
	}
}
