// What `$name` and `${name…}` become.

import { expandTexts } from './expand.ts';
import { type Choices, expanded } from './fragment.ts';
import { checkArithmetic } from './latent.ts';
import type { Frame, Machine } from './machine.ts';
import { operate, sliceBounds } from './parameter-operators.ts';
import type { ParameterExpansionPart } from './parser.ts';
import {
	distinct,
	emptyText,
	forgottenValue,
	freeHole,
	freeText,
	homeHole,
	joinTexts,
	knownText,
	knownValue,
	pathHole,
	steadyText,
	type Text,
	textOf,
	type Value,
} from './value.ts';
import type { Word } from './word.ts';
import { literal } from './word-parts.ts';

/** Variables of the environment that hold no blanks: directories and numbers. */
const steadyNames: ReadonlySet<string> = new Set(
	(
		'PWD OLDPWD USER LOGNAME HOSTNAME UID EUID PPID RANDOM SRANDOM SECONDS EPOCHSECONDS LINENO SHLVL TMPDIR SHELL ' +
		'VIRTUAL_ENV CONDA_PREFIX GITHUB_WORKSPACE RUNNER_TEMP GOPATH GOROOT CARGO_HOME RUSTUP_HOME NVM_DIR JAVA_HOME ' +
		'PYENV_ROOT XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME XDG_RUNTIME_DIR OSTYPE MACHTYPE HOSTTYPE BASH_VERSION'
	).split(' '),
);

/** `$name`, `$1`, `$@`. */
export function expandSimple(frame: Frame, name: string, isQuoted: boolean): Choices {
	if (name === '@' || name === '*') return expandAll(frame, allPositional(frame), isQuoted, name === '*');
	return expanded(lookUp(frame, name), isQuoted);
}

/** The texts that a parameter may hold. */
export function lookUp(frame: Frame, name: string): readonly Text[] {
	if (/^[0-9]+$/.test(name)) {
		const positional = frame.scope.setting('positional');
		if (!positional) return [freeText];
		const word = positional[Number(name)];
		return [word ? textOfWord(word) : emptyText];
	}
	if (/^[#?$!-]$/.test(name)) {
		const count = name === '#' ? frame.scope.setting('positional')?.length : undefined;
		return [count === undefined ? steadyText : [String(Math.max(0, count - 1))]];
	}
	const value = frame.scope.value(derefer(frame, name));
	if (value && !(value === forgottenValue && name === 'PATH')) return value.choices;
	if (name === 'BASH' && frame.dialect !== 'unknown') return [['/bin/bash']];
	if (name === 'IFS') return [[' \t\n']];
	if (name === 'PATH') return [[pathHole]];
	if (name === 'HOME') return [[homeHole]];
	return [steadyNames.has(name) ? steadyText : freeText];
}

/** The variable that a name stands for: itself, unless it is a reference to another. */
export function derefer(frame: Frame, name: string): string {
	let current = name;
	for (let step = 0; step < 8; step += 1) {
		const target = frame.scope.value(current)?.refersTo;
		if (target === undefined) return current;
		current = target;
	}
	return current;
}

/** `${…}` in all its forms; Bash Reference Manual 3.5.3. Evaluates the words in it, whether they are used or not. */
export function expandParameter(
	machine: Machine,
	frame: Frame,
	part: ParameterExpansionPart,
	isQuoted: boolean,
): Choices {
	const { parameter, prefix, operation, index } = part;
	const subscript = index?.text;
	if (index) {
		expandTexts(machine, frame, index);
		checkArithmetic(machine, frame, index.text, index.pos, index.end);
	}
	if (prefix === '!') return expandIndirect(machine, frame, part, isQuoted);
	const isAll = subscript === '@' || subscript === '*' || (!subscript && (parameter === '@' || parameter === '*'));
	if (prefix === '#') return expanded([steadyText], isQuoted);
	if (isAll) {
		const words = subscript ? allElements(frame, parameter) : allPositional(frame);
		if (!operation) return expandAll(frame, words, isQuoted, subscript === '*' || parameter === '*');
		if (operation.type === 'Slice' && !subscript)
			return expandAll(frame, slicePositional(machine, frame, part), isQuoted, false);
		operate(machine, frame, part, [freeText], isQuoted);
		return [[{ words: undefined }]];
	}
	const texts = subscript ? elementOf(frame, parameter, subscript) : lookUp(frame, parameter);
	return expanded(operation ? operate(machine, frame, part, texts, isQuoted) : texts, isQuoted);
}

function expandIndirect(machine: Machine, frame: Frame, part: ParameterExpansionPart, isQuoted: boolean): Choices {
	const value = frame.scope.value(part.parameter);
	const target = value?.refersTo === undefined ? knownValue(value) : undefined;
	checkArithmetic(machine, frame, part.parameter, part.pos, part.end);
	const isPlain = !part.operation && !part.index && target !== undefined && /^(?:\w+|[@*])$/.test(target);
	if (isPlain) return expandSimple(frame, target, isQuoted);
	const texts = part.operation ? operate(machine, frame, part, [freeText], isQuoted) : [freeText];
	return expanded(distinct([...texts, freeText]), isQuoted);
}

function allPositional(frame: Frame): readonly Word[] | undefined {
	return frame.scope.setting('positional')?.slice(1);
}

function allElements(frame: Frame, name: string): readonly Word[] | undefined {
	const value = frame.scope.value(derefer(frame, name));
	if (!value) return undefined;
	if (value.isArray || (value.isHashed && (value.elements?.size ?? 0) > 1)) return undefined;
	if (value.elements) return inOrder(value).map(wordOfText);
	const [only, another] = lookUp(frame, name);
	return only && !another && knownText(only) !== undefined ? [wordOfText(only)] : undefined;
}

function elementOf(frame: Frame, name: string, subscript: string): readonly Text[] {
	const value = frame.scope.value(derefer(frame, name));
	if (!value?.elements) return subscript === '0' ? lookUp(frame, name) : [freeText];
	if (value.isArray) return [freeText];
	const key = subscript.replace(/^["']|["']$/g, '');
	if (/[$`\\"']/.test(key)) return distinct([...value.elements.values(), freeText]);
	const found = value.elements.get(key);
	if (found) return [found];
	const ordered = inOrder(value);
	const isDense = !value.isHashed && ordered.length > 0 && value.elements.has(String(ordered.length - 1));
	if (/^-[1-9]\d*$/.test(key) && isDense) return [ordered.at(Number(key)) ?? emptyText];
	return /^(?:0|[1-9]\d*)$/.test(key) ? [emptyText] : distinct([...value.elements.values(), freeText]);
}

/** The elements by their index, as they are expanded. */
function inOrder({ elements, isHashed }: Value): readonly Text[] {
	if (!elements) return [];
	if (isHashed) return [...elements.values()];
	return [...elements].sort(([one], [other]) => Number(one) - Number(other)).map(([, text]) => text);
}

/** What `"$*"` puts between words: the first character of IFS. */
function separator(frame: Frame): string | undefined {
	const [text, another] = lookUp(frame, 'IFS');
	return text && !another ? knownText(text)?.charAt(0) : undefined;
}

function expandAll(frame: Frame, words: readonly Word[] | undefined, isQuoted: boolean, isJoined: boolean): Choices {
	if (!words) return [[{ words: undefined }]];
	if (isQuoted && !isJoined) return [[{ words }]];
	const between = isQuoted ? separator(frame) : ' ';
	if (between === undefined) return expanded([freeText], isQuoted);
	return expanded([joinTexts(words.map(textOfWord), between)], isQuoted);
}

function slicePositional(machine: Machine, frame: Frame, part: ParameterExpansionPart): readonly Word[] | undefined {
	if (part.operation?.type !== 'Slice') return undefined;
	const [offset, length] = sliceBounds(machine, frame, part);
	const all = frame.scope.setting('positional');
	if (!all || offset === undefined || offset < 0 || (part.operation.length && length === undefined)) return undefined;
	return all.slice(offset, length === undefined ? undefined : offset + length);
}

export function textOfWord(word: Word): Text {
	if (word.value !== undefined) return textOf(word.value);
	return word.pieces.map((piece) => piece ?? freeHole);
}

export function wordOfText(text: Text): Word {
	const known = knownText(text);
	if (known !== undefined) return literal(known);
	return { value: undefined, pieces: text.map((piece) => (typeof piece === 'string' ? piece : null)), splits: false };
}
