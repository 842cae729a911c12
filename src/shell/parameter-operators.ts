// The operators of `${name…}`: defaults, removal, replacement, slices, letter case.

import { assign } from './assign.ts';
import { expandRows, expandTexts } from './expand.ts';
import type { Choices, Fragment } from './fragment.ts';
import { matchEnd, matchStart, readPattern, replaceMatches } from './glob-pattern.ts';
import { checkArithmetic } from './latent.ts';
import { addGap, type Frame, type Machine } from './machine.ts';
import type { ParameterExpansionPart } from './parser.ts';
import { distinct, emptyText, freeText, knownText, mapKnown, type Text, textOf, unknownArray } from './value.ts';

/** Applies the operator of `${name…}` to every text that the parameter may hold. */
export function operate(
	machine: Machine,
	frame: Frame,
	part: ParameterExpansionPart,
	texts: readonly Text[],
	isQuoted: boolean,
): readonly Text[] {
	const { operation } = part;
	if (!operation) return texts;
	switch (operation.type) {
		case 'Default': {
			const operand = mayReadQuotes(operation.operand.text, isQuoted)
				? evaluateOnly(machine, frame, operation.operand)
				: expandTexts(machine, frame, operation.operand);
			const results = texts.flatMap((text) => withDefault(operation.operator, text, operand));
			if (operation.operator.endsWith('=')) {
				assign(machine, frame, part.parameter, part.index ? unknownArray : { choices: distinct(results) }, part);
			}
			if (operation.operator.endsWith('?')) machine.jumps += 1;
			return distinct(results);
		}
		case 'Remove': {
			const rows = expandRows(machine, frame, operation.operand);
			return isOdd(frame, isQuoted, operation.operand.text) ? [freeText] : remove(operation.operator, texts, rows);
		}
		case 'Replace': {
			const rows = expandRows(machine, frame, operation.pattern);
			const [replacement, another] = expandTexts(machine, frame, operation.replacement);
			const known = replacement && !another ? knownText(replacement) : undefined;
			const isUnsafe = isOdd(frame, isQuoted, operation.pattern.text) || known === undefined || known.includes('&');
			return isUnsafe ? [freeText] : replace(operation.operator, texts, rows, known);
		}
		case 'Slice': {
			const [offset, length] = sliceBounds(machine, frame, part);
			if (offset === undefined || (operation.length && length === undefined)) return [freeText];
			return mapKnown(texts, (text) => slice(text, offset, length));
		}
		case 'CaseModification': {
			if (operation.operand) {
				expandTexts(machine, frame, operation.operand);
				return [freeText];
			}
			return mapKnown(texts, (text) => changeCase(text, operation.operator));
		}
		case 'Transform': {
			const [transform] = expandTexts(machine, frame, operation.operand).map(knownText);
			if (transform === 'U' || transform === 'L' || transform === 'u') {
				return mapKnown(texts, (text) => changeCase(text, transform === 'U' ? '^^' : transform === 'L' ? ',,' : '^'));
			}
			const isPlain = texts.every((text) => /^[\w ./:@=-]*$/.test(knownText(text) ?? '$'));
			if (transform === undefined || (transform === 'P' && !isPlain)) {
				addGap(
					machine,
					'script',
					'a variable is expanded like a prompt, which may run what it says',
					frame,
					part.pos,
					part.end,
				);
			}
			return isPlain && (transform === 'E' || transform === 'P') ? texts : [freeText];
		}
		case 'Names':
		case 'Unknown':
			return [freeText];
		default:
			return operation satisfies never;
	}
}

/** In double quotes the shells disagree about what single quotes and backslashes in a word mean. */
function mayReadQuotes(operand: string, isQuoted: boolean): boolean {
	return isQuoted && /['"\\]/.test(operand);
}

function isOdd(frame: Frame, isQuoted: boolean, operand: string): boolean {
	return frame.scope.setting('isOdd') || (isQuoted && /['\\]/.test(operand));
}

function evaluateOnly(machine: Machine, frame: Frame, operand: Parameters<typeof expandTexts>[2]): readonly Text[] {
	expandTexts(machine, frame, operand);
	return [freeText];
}

function withDefault(operator: string, text: Text, operand: readonly Text[]): readonly Text[] {
	const isAlternative = operator.endsWith('+');
	const known = knownText(text);
	if (known === undefined && typeof text[0] !== 'string' && text.length === 1) {
		return isAlternative ? [emptyText, ...operand] : [text, ...operand];
	}
	// An empty value may stand for one that was never set.
	const isSet = known !== '';
	if (known === '' && !operator.startsWith(':')) return isAlternative ? [emptyText, ...operand] : [text, ...operand];
	if (isAlternative) return isSet ? operand : [emptyText];
	return isSet ? [text] : operand;
}

function remove(operator: string, texts: readonly Text[], rows: Choices): readonly Text[] {
	const [row, another] = rows;
	const pattern = row && !another ? readPattern(row) : undefined;
	if (!pattern) return [freeText];
	const isLong = operator.length === 2;
	const isStart = operator.startsWith('#');
	return distinct(
		texts.map((text) => {
			const known = knownText(text);
			if (known === undefined) return isStart && isLong ? removeDirectory(text, row ?? []) : freeText;
			const match = isStart ? matchStart(pattern, known) : matchEnd(pattern, known);
			if (match === 'unknown') return freeText;
			if (match === 'none') return text;
			const length = isLong ? match.longest : match.shortest;
			return textOf(isStart ? known.slice(length) : known.slice(0, known.length - length));
		}),
	);
}

/** `${x##*\/}` of a text whose last part is known. */
function removeDirectory(text: Text, row: readonly Fragment[]): Text {
	const [only] = row;
	const last = text.at(-1);
	const isDirectory = row.length === 1 && only && 'piece' in only && !only.isQuoted && only.piece === '*/';
	if (!isDirectory || typeof last !== 'string' || !last.includes('/')) return freeText;
	return textOf(last.slice(last.lastIndexOf('/') + 1));
}

function replace(operator: string, texts: readonly Text[], rows: Choices, replacement: string): readonly Text[] {
	const [row, another] = rows;
	const pattern = row && !another ? readPattern(row) : undefined;
	if (!pattern || pattern.length === 0) return [freeText];
	return mapKnown(texts, (text) => {
		if (operator === '/' || operator === '//') return replaceMatches(pattern, text, replacement, operator === '//');
		const match = operator === '/#' ? matchStart(pattern, text) : matchEnd(pattern, text);
		if (match === 'unknown') return undefined;
		if (match === 'none') return text;
		return operator === '/#'
			? replacement + text.slice(match.longest)
			: text.slice(0, text.length - match.longest) + replacement;
	});
}

export function sliceBounds(
	machine: Machine,
	frame: Frame,
	part: ParameterExpansionPart,
): readonly (number | undefined)[] {
	if (part.operation?.type !== 'Slice') return [];
	return [part.operation.offset, part.operation.length].map((word) => {
		if (!word) return undefined;
		checkArithmetic(machine, frame, word.text, word.pos, word.end);
		const [text, another] = expandTexts(machine, frame, word);
		const known = text && !another ? knownText(text)?.trim() : undefined;
		return known !== undefined && /^-?(?:0|[1-9]\d{0,6})$/.test(known) ? Number(known) : undefined;
	});
}

function slice(text: string, offset: number, length: number | undefined): string | undefined {
	const units = [...text];
	const from = offset < 0 ? units.length + offset : offset;
	if (from < 0) return '';
	if (length === undefined) return units.slice(from).join('');
	return units.slice(from, length < 0 ? units.length + length : from + length).join('');
}

function changeCase(text: string, operator: string): string | undefined {
	// Beyond ASCII it depends on the locale, and on tables that differ.
	if (/[^\0-\x7f]/.test(text)) return undefined;
	const toggle = (unit: string) => (unit === unit.toLowerCase() ? unit.toUpperCase() : unit.toLowerCase());
	const change = (part: string) =>
		operator.startsWith('~')
			? [...part].map(toggle).join('')
			: operator.startsWith('^')
				? part.toUpperCase()
				: part.toLowerCase();
	return operator.length === 2 ? change(text) : change(text.charAt(0)) + text.slice(1);
}
