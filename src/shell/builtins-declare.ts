// `declare`, `export`, `local`, `readonly`, `unset`: variables by name.

import { assign } from './assign.ts';
import type { Builtin } from './builtins.ts';
import { checkLatentTexts } from './latent.ts';
import { addGap, type Frame } from './machine.ts';
import { textOfWord } from './parameter.ts';
import { emptyText, knownValue, textOf, unknownValue, type Value } from './value.ts';
import { isStatic } from './word-parts.ts';

interface Terms {
	readonly isExported: boolean;
	readonly isLocal: boolean;
	readonly isReference: boolean;
	readonly isNumber: boolean;
	readonly changesCase: boolean;
	readonly isFunction: boolean;
}

export const assignDeclared: Builtin = (machine, frame, invocation, name) => {
	const options = invocation.words.slice(1).flatMap(({ value }) => (value && /^[-+]\w+$/.test(value) ? [value] : []));
	const has = (letter: string) => options.some((option) => option.startsWith('-') && option.includes(letter));
	const terms: Terms = {
		isExported: name === 'export' ? !has('n') : has('x'),
		isLocal: name === 'local' || ((name === 'declare' || name === 'typeset') && !has('g')),
		isReference: has('n') && name !== 'export',
		isNumber: has('i'),
		changesCase: has('l') || has('u') || has('c'),
		isFunction: has('f'),
	};
	const [start, end] = [invocation.start ?? 0, invocation.end ?? 0];
	for (const word of invocation.words.slice(1)) {
		const { value } = word;
		if (value === undefined) {
			if (word.pieces[0] === null) {
				addGap(machine, 'script', 'which variable is set is known only when it runs', frame, start, end);
				continue;
			}
		}
		const known = value ?? word.pieces[0] ?? '';
		checkLatentTexts(machine, frame, [textOf(known.split('=')[0] ?? '')], start, end);
		if (/^[-+]/.test(known) || terms.isFunction) continue;
		const equals = known.indexOf('=');
		const variable = known.slice(0, equals < 0 ? undefined : known[equals - 1] === '+' ? equals - 1 : equals);
		const declared = invocation.declared?.find((one) => one.name === variable);
		const given: Value | undefined = declared
			? declared.value
			: equals < 0
				? undefined
				: {
						choices: [
							known[equals - 1] === '+'
								? textOfWord({ ...word, value: undefined, pieces: [null] })
								: afterEquals(word, equals),
						],
					};
		if (/^\w+$/.test(variable)) declareOne(machine, frame, terms, variable, given, start, end);
		else if (/^\w+\[/.test(variable)) frame.scope.assign(variable.slice(0, variable.indexOf('[')), unknownValue);
	}
	return [];
};

function afterEquals(word: Parameters<typeof textOfWord>[0], equals: number): Value['choices'][number] {
	if (isStatic(word)) return textOf(word.value.slice(equals + 1));
	const [first, ...others] = textOfWord(word);
	const rest = typeof first === 'string' ? first.slice(equals + 1) : '';
	return rest === '' ? others : [rest, ...others];
}

function declareOne(
	machine: Parameters<Builtin>[0],
	frame: Frame,
	terms: Terms,
	name: string,
	given: Value | undefined,
	start: number,
	end: number,
): void {
	const { scope } = frame;
	if (terms.isLocal && frame.locals && !frame.locals.has(name)) frame.locals.set(name, scope.value(name));
	if (terms.isNumber && given) checkLatentTexts(machine, frame, given.choices, start, end);
	if (terms.isReference && given) {
		const target = knownValue(given);
		if (target === undefined || !/^\w+$/.test(target)) {
			addGap(machine, 'script', `which variable \`${name}\` stands for is known only when it runs`, frame, start, end);
		}
		scope.assign(name, target === undefined ? unknownValue : { choices: given.choices, refersTo: target });
		return;
	}
	const changed = given && (terms.isNumber || terms.changesCase) ? unknownValue : given;
	const value =
		changed ?? scope.value(name) ?? (terms.isLocal && !terms.isExported ? { choices: [emptyText] } : undefined);
	if (given)
		assign(
			machine,
			frame,
			name,
			{ ...(value ?? unknownValue), ...(terms.isExported && { isExported: true }) },
			{ pos: start, end },
		);
	else if (value) scope.assign(name, terms.isExported ? { ...value, isExported: true } : value);
	// A later assignment is exported too, even if there is no value yet.
	else if (terms.isExported) scope.exportLater(name);
}

export const unsetNames: Builtin = (machine, frame, { words, start = 0, end = 0 }) => {
	for (const word of words.slice(1)) {
		checkLatentTexts(machine, frame, [textOfWord(word)], start, end);
		const { value } = word;
		if (value === undefined) {
			frame.scope.forget();
			continue;
		}
		const [name = ''] = value.split('[');
		if (frame.scope.functions(name)) frame.scope.define(name, [...(frame.scope.functions(name) ?? []), undefined]);
		if (/^\w+$/.test(name)) frame.scope.assign(name, value.includes('[') ? unknownValue : { choices: [emptyText] });
	}
	return [];
};
