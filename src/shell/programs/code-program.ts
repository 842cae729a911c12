// Programs whose argument or input is code of another language: where it stands, and what it starts.
import { type CodeAround, readCode } from '../code/read-code.ts';
import { type Grammar, hasOption, makeGrammar, type Options, readOptions, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic } from '../word-parts.ts';
import { consoleScript } from './console-scripts.ts';
import { finish, startFindings } from './findings.ts';
import { merged } from './launching.ts';
import { addPaths } from './paths.ts';
import { readingOf } from './wrapper.ts';

/** `text`: it is read by `more`, and input is not read then. */
type Operand = 'file' | 'code' | 'data' | 'text';

/** An interpreter, or a tool with a language of its own. */
export interface CodeProgram {
	readonly names: readonly string[];
	readonly pattern?: RegExp;
	/** As in `Grammar`. */
	readonly options: Grammar['options'];
	readonly language: string;
	/** Canonical options whose values are code. */
	readonly code?: readonly string[];
	/** What the first operand is: a file of code, which is run as any program in a file is; code; or neither. */
	readonly operand?: Operand | ((options: Options) => Operand);
	/** Options that name a file of code in place of the operand. */
	readonly files?: readonly string[];
	/** Code comes from input when none stands in the argv. Default true. */
	readonly readsInput?: boolean;
	/** Options with which nothing is run. */
	readonly idle?: readonly string[];
	/** Operands go on behind options, as in GNU programs. Default false. */
	readonly permutes?: boolean;
	readonly abbreviations?: boolean;
	/** What unknown options mean. Default `gap`. */
	readonly onUnknown?: 'gap' | 'flag';
	/** Further findings. */
	readonly more?: (options: Options, argv: readonly Word[], around: Around) => Reading;
}

const stdin = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

export function codeProgram(spec: CodeProgram): Program {
	const grammar = makeGrammar({
		options: spec.options,
		stopAtOperand: !spec.permutes,
		abbreviations: spec.abbreviations ?? true,
		onUnknown: spec.onUnknown ?? 'gap',
	});
	return {
		names: spec.names,
		...(spec.pattern && { pattern: spec.pattern }),
		read(argv, around) {
			const options = readOptions(argv, grammar);
			const base = readingOf(options);
			if (options.gap) return { ...base, gaps: [{ ...options.gap, kind: 'code' }], mayRunArguments: true };
			if (hasOption(options, '--help', '--version', ...(spec.idle ?? []))) return base;
			return merged(base, readOwnCode(spec, options, argv, around), spec.more?.(options, argv, around) ?? {});
		},
	};
}

function readOwnCode(spec: CodeProgram, options: Options, argv: readonly Word[], around: Around): Reading {
	const code = options.found.filter((one) => spec.code?.includes(one.name));
	if (code.some((one) => one.value === undefined) && around.isOpenEnded) return { gaps: [codeFromInput] };
	const texts = code.flatMap((one) => one.value ?? []);
	const files = valuesOf(options, ...(spec.files ?? []));
	const operand = argv[options.rest];
	const kind = typeof spec.operand === 'function' ? spec.operand(options) : spec.operand;
	const readings: Reading[] = [];
	if (files.some((file) => file.value !== undefined && stdin.has(file.value))) readings.push(fromInput(spec.language));
	if (texts.length > 0) readings.push(codeReading(spec.language, texts, around));
	else if (kind === 'code' && files.length === 0) {
		if (operand) readings.push(codeReading(spec.language, [operand], around));
		else if (around.isOpenEnded) readings.push({ gaps: [codeFromInput] });
	} else if (files.length === 0 && spec.readsInput !== false) {
		const isInput = operand === undefined || (operand.value !== undefined && stdin.has(operand.value));
		if (kind === 'file' || kind === 'text' ? isInput : true) readings.push(fromInput(spec.language));
	}
	if (kind === 'file' && operand !== undefined && texts.length === 0 && files.length === 0)
		readings.push(scriptFact(operand, around), {
			launches: consoleScript(spec.language, argv.slice(options.rest), around),
		});
	// What it can't understand it prints: a file that is no code is shown.
	readings.push(
		fileReading(
			'reads',
			files.filter((file) => !stdin.has(file.value ?? '')),
			around,
		),
	);
	return merged(...readings);
}

const codeFromInput = { kind: 'input', detail: 'the code comes from input' } as const;

function fromInput(language: string): Reading {
	return { launches: [{ kind: 'code', language, from: 'input' }] };
}

function scriptFact(operand: Word, around: Around): Reading {
	if (!isStatic(operand)) return {};
	return stdin.has(operand.value)
		? {}
		: merged({ facts: { script: operand.value } }, fileReading('reads', [operand], around));
}

/** What code in words of the argv does; the words are joined by line ends. */
export function codeReading(language: string, words: readonly Word[], around: Around, more: CodeAround = {}): Reading {
	if (words.length === 0) return {};
	if (!words.every(isStatic))
		return { gaps: [{ kind: 'code', detail: `the ${language} code is known only at run time` }] };
	return readCode(language, words.map((word) => word.value).join('\n'), { ...around, ...more });
}

/** Files named by words, as a reading. */
export function fileReading(fact: 'reads' | 'writes' | 'deletes', words: readonly Word[], around: Around): Reading {
	const findings = startFindings();
	addPaths(findings, fact, words, around);
	return words.length > 0 ? finish(findings) : {};
}
