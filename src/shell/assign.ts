// Assignments: what a variable holds afterwards.
import { checkVariable } from './environment.ts';
import { expandTexts, expandWord } from './expand.ts';
import { checkArithmetic, checkLatent } from './latent.ts';
import type { Frame, Machine } from './machine.ts';
import { derefer, textOfWord, wordOfText } from './parameter.ts';
import type { ArrayValue, Assignment } from './parser.ts';
import {
	concat,
	distinct,
	emptyText,
	freeText,
	knownText,
	mostElements,
	numberValue,
	type Text,
	textLength,
	textOf,
	unknownArray,
	unknownValue,
	type Value,
} from './value.ts';

/** Evaluates `name=value` and says what the variable would hold; nothing is assigned yet. */
export function readAssignment(machine: Machine, frame: Frame, node: Assignment): Value {
	const { value, name, index, append } = node;
	const before = frame.scope.value(derefer(frame, name));
	if (value.type === 'ArrayValue') {
		const elements = readElements(machine, frame, value, append ? before : undefined);
		const first = elements?.get('0') ?? emptyText;
		return elements ? { choices: [first], elements } : unknownArray;
	}
	const texts = expandTexts(machine, frame, value);
	if (index) {
		expandTexts(machine, frame, index);
		checkArithmetic(machine, frame, index.text, index.pos, index.end);
		checkLatent(machine, frame, quotedOnly(index.text), index.pos, index.end);
		return withElement(before, index.text, texts, append ?? false);
	}
	if (!append) return { choices: texts };
	const made = (before?.choices ?? [freeText]).flatMap((old) => texts.map((text) => concat(old, text)));
	if (!made.every((text) => machine.budget.derive(textLength(text)))) return unknownValue;
	return { choices: distinct(made) };
}

/** Assigns, and notes what that does to later commands. */
export function assign(
	machine: Machine,
	frame: Frame,
	name: string,
	value: Value,
	node?: { pos: number; end: number },
): void {
	const { scope } = frame;
	const target = derefer(frame, name);
	checkVariable(machine, frame, target, value, node);
	if (scope.value(target)?.mayRefer) scope.forget();
	if (target === 'BASH_ARGV0') setZero(frame, value);
	scope.assign(target, numeric.has(target) ? numberValue : dynamic.has(target) ? unknownArray : value);
}

/** Bash itself says what these hold. */
const numeric: ReadonlySet<string> = new Set(
	'BASHPID BASH_SUBSHELL EPOCHSECONDS EUID HISTCMD LINENO OPTIND PPID RANDOM SECONDS SRANDOM UID'.split(' '),
);
const dynamic: ReadonlySet<string> = new Set(
	(
		'_ BASH_ARGC BASH_ARGV BASH_COMMAND BASH_EXECUTION_STRING BASH_LINENO BASH_REMATCH BASH_SOURCE BASH_VERSINFO ' +
		'COMP_WORDS DIRSTACK EPOCHREALTIME FUNCNAME GROUPS OPTARG PIPESTATUS'
	).split(' '),
);

/** `BASH_ARGV0=x` changes `$0`. */
function setZero({ scope }: Frame, { choices }: Value): void {
	const [only, another] = choices;
	const [, ...given] = scope.setting('positional') ?? [];
	if (!scope.setting('positional')) return;
	scope.set('positional', [wordOfText(only && !another ? only : freeText), ...given]);
}

/** Quoted text in a subscript is evaluated too; what stands there unquoted is a node of its own. */
function quotedOnly(text: string): string {
	return text.includes("'") || text.includes('\\') ? text : '';
}

function readElements(
	machine: Machine,
	frame: Frame,
	node: ArrayValue,
	before: Value | undefined,
): ReadonlyMap<string, Text> | undefined {
	const elements = new Map(before?.elements ?? (before ? [['0', before.choices[0] ?? freeText]] : []));
	let isKnown = before === undefined || before.elements !== undefined;
	let next = behindLast(elements);
	for (const element of node.elements) {
		if (element.text.startsWith('[') && element.text.includes(']=')) {
			const [text, another] = expandTexts(machine, frame, element);
			const known = text && !another ? knownText(text) : undefined;
			const equals = known?.indexOf(']=') ?? -1;
			if (known === undefined || equals < 0) isKnown = false;
			else {
				const key = known.slice(1, equals);
				elements.set(key, textOf(known.slice(equals + 2)));
				if (/^\d{1,9}$/.test(key)) next = Number(key) + 1;
			}
			continue;
		}
		const rows = expandWord(machine, frame, element);
		const [words, another] = rows;
		if (!words || another) {
			isKnown = false;
			continue;
		}
		for (const word of words) {
			const text = textOfWord(word);
			if (word.splits) isKnown = false;
			else elements.set(String(next++), text);
		}
	}
	return isKnown ? elements : undefined;
}

/** The index that comes next. */
function behindLast(elements: ReadonlyMap<string, Text>): number {
	let next = 0;
	for (const key of elements.keys()) if (/^\d{1,9}$/.test(key)) next = Math.max(next, Number(key) + 1);
	return next;
}

function withElement(before: Value | undefined, key: string, texts: readonly Text[], append: boolean): Value {
	const [text, another] = texts;
	const isPlain = /^[\w.-]+$/.test(key) && !append && text !== undefined && !another;
	// The numbers of elements are known only if nothing else was there.
	const elements = new Map(before?.elements ?? []);
	if (!isPlain || before?.isArray || (before && !before.elements)) return unknownArray;
	if ((before?.elements?.size ?? 0) > mostElements) return unknownArray;
	elements.set(key, text);
	return { choices: [elements.get('0') ?? emptyText], elements };
}
