// Builtins that change the state of the shell: directory, options, parameters, aliases.
import type { Builtin } from './builtins.ts';
import { callbacks } from './builtins-run.ts';
import { addLauncher, invoke } from './invoke.ts';
import { checkLatentTexts, holdsCode } from './latent.ts';
import { addGap } from './machine.ts';
import { textOfWord } from './parameter.ts';
import { joinPath } from './paths.ts';
import { freeText, textOf, unknownValue } from './value.ts';
import { isStatic } from './word-parts.ts';

export const cd: Builtin = (_, frame, { words }, name) => {
	const operands = words.slice(1).filter((word) => word.value === undefined || !/^(?:-[LPe@n]+|--)$/.test(word.value));
	const [target, another] = operands;
	const { scope } = frame;
	const isKnown =
		target &&
		!another &&
		isStatic(target) &&
		target.value !== '-' &&
		name !== 'popd' &&
		!/^[-+]\d+$/.test(target.value);
	if (!target && name === 'cd') scope.set('cwd', '~');
	else scope.set('cwd', isKnown ? (joinPath(scope.setting('cwd'), target.value) ?? null) : null);
	scope.assign('OLDPWD', { choices: [[{ isSteady: true }]] });
	return name === 'cd' ? [] : freeText;
};

/** `exec` replaces the shell, or with redirections alone changes where it reads and writes. */
export const exec: Builtin = (machine, frame, invocation) => {
	const { words, redirected } = invocation;
	let from = 1;
	for (; from < words.length; from += 1) {
		const option = words[from]?.value;
		if (option === undefined || !/^-[acl]/.test(option)) {
			if (option === '--') from += 1;
			break;
		}
		if (/^-[cl]*a$/.test(option)) from += 1;
	}
	const rest = words.slice(from);
	if (rest.length === 0) {
		if (redirected.stdin !== frame.stdin) frame.stdin.isTouched = true;
		return [];
	}
	const inner = { ...frame, under: addLauncher(frame, ['exec'], 'exec', false) };
	return invoke(machine, inner, { ...invocation, words: rest, meaning: 'program' });
};

export const set: Builtin = (_, frame, { words }) => {
	const { scope } = frame;
	const [, first] = words;
	const isListed = first?.value !== undefined && !/^[-+]/.test(first.value);
	const dashes = words.findIndex((word) => word.value === '--');
	const options = dashes < 0 ? words : words.slice(0, dashes);
	for (const [at, { value }] of options.entries()) {
		const long = value === '-o' || value?.endsWith('o') ? options[at + 1]?.value : undefined;
		if (value && /^-\w*a/.test(value)) scope.set('exportsAll', true);
		if (value?.startsWith('-') && long === 'allexport') scope.set('exportsAll', true);
		if (value?.startsWith('-') && long === 'posix') scope.set('aliases', 'maybe');
	}
	const given = isListed ? words.slice(1) : dashes >= 0 ? words.slice(dashes + 1) : undefined;
	if (!given) {
		// `set $x` and `set -x a` may set parameters too.
		if (words.slice(1).some((word) => word.value === undefined || !/^[-+]/.test(word.value))) {
			const isOption = words.some((word) => /^[-+]\w*o$/.test(word.value ?? ''));
			if (!isOption || words.length > 3) scope.set('positional', undefined);
		}
		return freeText;
	}
	const [zero] = scope.setting('positional') ?? [];
	const isKnown = zero && given.every((word) => !word.splits);
	scope.set('positional', isKnown ? [zero, ...given] : undefined);
	return [];
};

export const shift: Builtin = (_, frame, { words }) => {
	const { scope } = frame;
	const positional = scope.setting('positional');
	const [, by] = words;
	const count = by ? (by.value !== undefined && /^\d{1,4}$/.test(by.value) ? Number(by.value) : undefined) : 1;
	const [zero, ...given] = positional ?? [];
	if (!zero || count === undefined) scope.set('positional', undefined);
	else if (count <= given.length) scope.set('positional', [zero, ...given.slice(count)]);
	return [];
};

export const shopt: Builtin = (_, frame, { words }) => {
	const isNamed = words.some((word) => word.value === undefined || word.value === 'expand_aliases');
	if (isNamed) frame.scope.set('aliases', words.some((word) => word.value === undefined) ? 'maybe' : 'on');
	return freeText;
};

export const alias: Builtin = (machine, frame, { words, start, end }) => {
	for (const word of words.slice(1)) {
		const known = word.value ?? word.pieces[0];
		if (known === undefined || known === null) {
			addGap(machine, 'definition', 'an alias is known only when it runs', frame, start, end);
			continue;
		}
		if (frame.dialect === 'unknown' && /^-\w*[gs]/.test(known)) {
			addGap(machine, 'definition', 'an alias that works anywhere in a command', frame, start, end);
		}
		const equals = known.indexOf('=');
		if (equals > 0) frame.scope.defineAlias(known.slice(0, equals), isStatic(word) ? known.slice(equals + 1) : null);
	}
	return freeText;
};

export const unalias: Builtin = (_, frame, { words }) => {
	for (const { value } of words.slice(1))
		if (value && frame.scope.alias(value) !== undefined) frame.scope.defineAlias(value, null);
	return [];
};

/** `read`, `mapfile`, `getopts`: variables whose values come from outside. */
export const readVariables: Builtin = (machine, frame, invocation, name) => {
	const { words, redirected, start = 0, end = 0 } = invocation;
	if (name !== 'getopts' && name !== 'read') callbacks(machine, frame, invocation, name);
	const { stdin } = redirected;
	const input = stdin.kind === 'text' && !stdin.isTouched ? stdin.text.value : undefined;
	if (stdin === frame.stdin) stdin.isTouched = true;
	const lines = input?.split('\n') ?? [];
	const isOneLine = input !== undefined && (lines.length === 1 || (lines.length === 2 && lines[1] === ''));
	const operands = words.slice(1).filter((word) => !word.value?.startsWith('-'));
	for (const word of words.slice(1)) {
		checkLatentTexts(machine, frame, [textOfWord(word)], start, end);
		const { value } = word;
		if (value === undefined) {
			if (word.pieces[0] === null)
				addGap(machine, 'script', 'which variable is set is known only when it runs', frame, start, end);
			continue;
		}
		const variable = /^-\w*a(\w+)$/.exec(value)?.[1] ?? /^\w+/.exec(value)?.[0];
		if (variable === undefined || /^\d/.test(variable)) continue;
		const isWhole =
			isOneLine && name === 'read' && operands.length === 1 && words.length <= 3 && !/\\/.test(lines[0] ?? '');
		const text = textOf((lines[0] ?? '').trim());
		// Code in the input may be evaluated later as arithmetic, whichever part of it the variable gets.
		const hidden = input !== undefined && holdsCode(input) ? [[input], freeText] : undefined;
		frame.scope.assign(variable, isWhole ? { choices: [text] } : hidden ? { choices: hidden } : unknownValue);
	}
	if (name === 'getopts') frame.scope.assign('OPTARG', unknownValue);
	if (name === 'read' && operands.length === 0)
		frame.scope.assign('REPLY', isOneLine ? { choices: [textOf(lines[0] ?? '')] } : unknownValue);
	if (name !== 'read' && name !== 'getopts') frame.scope.assign('MAPFILE', unknownValue);
	return [];
};
