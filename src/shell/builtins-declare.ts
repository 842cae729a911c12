// `declare`, `export`, `local`, `readonly`, `unset`: variables by name.

import { assign } from './assign.ts';
import type { Builtin } from './builtins.ts';
import { checkVariable } from './environment.ts';
import { checkLatentTexts } from './latent.ts';
import { addGap, type Frame, type Machine } from './machine.ts';
import { derefer, textOfWord } from './parameter.ts';
import {
	emptyText,
	freeText,
	joinValues,
	knownValue,
	textOf,
	unknownArray,
	unknownValue,
	type Value,
} from './value.ts';
import { isStatic } from './word-parts.ts';

interface Terms {
	readonly isExported: boolean;
	readonly isLocal: boolean;
	readonly isReference: boolean;
	readonly isNumber: boolean;
	readonly changesCase: boolean;
	readonly isFunction: boolean;
	readonly isReadonly: boolean;
	readonly isHashed: boolean;
	readonly isGlobal: boolean;
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
		isReadonly: name === 'readonly' || has('r'),
		isHashed: has('A'),
		isGlobal: has('g'),
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
		else if (/^\w+\[/.test(variable)) {
			assign(machine, frame, variable.slice(0, variable.indexOf('[')), unknownArray);
		}
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
	const { locals } = frame;
	const isNew = terms.isLocal && locals !== undefined && !locals.shadowed.has(name);
	if (isNew) {
		locals.shadowed.set(name, scope.value(name));
		// A new variable has nothing of the old one.
		if (!given || !scope.value(name)?.isReadonly)
			scope.put(name, { choices: given ? [emptyText] : [emptyText, freeText] });
	}
	if (terms.isLocal && locals && scope !== locals.scope && isNew) locals.uncertain.add(name);
	if (terms.isGlobal) changeGlobal(frame, name);
	if (terms.isNumber && given) checkLatentTexts(machine, frame, given.choices, start, end);
	if (terms.isReference && given) {
		const target = knownValue(given);
		if (target === undefined || !/^\w+$/.test(target)) {
			addGap(machine, 'script', `which variable \`${name}\` stands for is known only when it runs`, frame, start, end);
		}
		scope.put(
			name,
			target === undefined ? { ...unknownValue, mayRefer: true } : { choices: given.choices, refersTo: target },
		);
		return;
	}
	const isOdd = terms.isNumber || terms.changesCase;
	const changed = given && isOdd ? unknownValue : given;
	const attributes = {
		...(terms.isExported && { isExported: true }),
		...(isOdd && { isOdd }),
		...(terms.isReadonly && { isReadonly: true }),
		...(terms.isHashed && { isHashed: true }),
	};
	const value =
		changed ?? scope.value(name) ?? (terms.isLocal && !terms.isExported ? { choices: [emptyText] } : undefined);
	if (given) assign(machine, frame, name, { ...(value ?? unknownValue), ...attributes }, { pos: start, end });
	else if (value) scope.put(name, { ...value, ...attributes });
	else if (isOdd || terms.isReadonly) scope.put(name, { ...unknownValue, ...attributes });
	else if (terms.isHashed) scope.put(name, { choices: [emptyText], elements: new Map(), ...attributes });
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
		if (/^\w+$/.test(name)) unsetOne(machine, frame, name, value.includes('['), { pos: start, end });
	}
	return [];
};

function unsetOne(
	machine: Machine,
	frame: Frame,
	name: string,
	isElement: boolean,
	place: { readonly pos: number; readonly end: number },
): void {
	const { scope, locals } = frame;
	const target = derefer(frame, name);
	const before = scope.value(target);
	if (isElement) {
		assign(machine, frame, name, unknownArray, place);
		return;
	}
	if (target === 'PATH') checkVariable(machine, frame, 'PATH', { choices: [emptyText] }, place);
	// Behind a variable of a calling function there may be one of the same name.
	const isShadowing = isDeclaredBy(locals?.outer, target);
	const gone = { choices: isShadowing ? [freeText] : [emptyText] };
	scope.put(target, before?.isReadonly ? joinValues(before, gone) : gone);
	// A reference itself may be unset.
	if (target !== name) scope.put(name, { ...unknownValue, mayRefer: true });
}

function isDeclaredBy(from: Frame['locals'], name: string): boolean {
	for (let locals = from; locals; locals = locals.outer) if (locals.shadowed.has(name)) return true;
	return false;
}

/** `declare -g` reaches behind the variables of all functions that are running. */
function changeGlobal({ scope, locals: from }: Frame, name: string): void {
	if (!isDeclaredBy(from, name)) return;
	for (let locals = from; locals; locals = locals.outer) {
		if (locals.shadowed.has(name)) locals.shadowed.set(name, unknownArray);
	}
	scope.put(name, unknownArray);
}
