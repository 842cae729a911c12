// Builtins that change the state of the shell: directory, options, parameters, aliases.
import { assign } from './assign.ts';
import type { Builtin } from './builtins.ts';
import { callbacks } from './builtins-run.ts';
import { addLauncher, invoke } from './invoke.ts';
import { checkLatentTexts, holdsCode } from './latent.ts';
import { addGap, type Frame } from './machine.ts';
import { lookUp, textOfWord } from './parameter.ts';
import { joinPath } from './paths.ts';
import { freeText, knownValue, numberValue, textOf, unknownArray, unknownValue } from './value.ts';
import { isStatic } from './word-parts.ts';

export const cd: Builtin = (_, frame, { words }, name) => {
	const operands = words.slice(1).filter((word) => word.value === undefined || !/^(?:-[LPe@n]+|--)$/.test(word.value));
	const [target, another] = operands;
	const { scope } = frame;
	const option = words[1]?.value;
	const isElsewhere = (name === 'pushd' && option === '-n') || usesSearchPath(frame, target?.value);
	const isKnown =
		!isElsewhere &&
		target &&
		!another &&
		isStatic(target) &&
		target.value !== '-' &&
		name !== 'popd' &&
		!/^[-+]\d+$/.test(target.value);
	if (!target && name === 'cd') {
		const homeDirectory = scope.value('HOME');
		const known = knownValue(homeDirectory);
		scope.set('cwd', !homeDirectory ? '~' : known ? (joinPath(scope.setting('cwd'), known) ?? null) : null);
	} else scope.set('cwd', isKnown ? (joinPath(scope.setting('cwd'), target.value) ?? null) : null);
	scope.put('OLDPWD', numberValue);
	if (scope.value('PWD')) scope.put('PWD', numberValue);
	return name === 'cd' ? [] : freeText;
};

/** `cd a` may lead to another `a` than the one right here. */
function usesSearchPath({ scope }: Frame, target: string | undefined): boolean {
	const search = scope.value('CDPATH');
	if (!search || search.choices.every((choice) => choice.length === 0)) return false;
	return target === undefined || !/^\.{0,2}\//.test(target);
}

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
	if (rest.length > 0) machine.jumps += 1;
	if (rest.length === 0) {
		// Whatever is written from here on may go elsewhere.
		if (redirected.output !== 'kept') machine.jumps += 1;
		if (redirected.stdin !== frame.stdin) frame.stdin.isTouched = true;
		return [];
	}
	const inner = { ...frame, under: addLauncher(frame, ['exec'], 'exec', false) };
	return invoke(machine, inner, { ...invocation, words: rest, meaning: 'program' });
};

export const set: Builtin = (machine, frame, { words, start, end }) => {
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
		if (/^-\w*e/.test(value ?? '') || long === 'errexit') machine.stopsAtErrors = true;
		// A redirection may fail, and a file hold what it held before.
		if (/^-\w*C/.test(value ?? '') || long === 'noclobber') machine.files.distrust();
		if (/^-\w*k/.test(value ?? '') || (value?.startsWith('-') && long === 'keyword')) {
			addGap(machine, 'definition', '`set -k` takes assignments out of arguments', frame, start, end);
		}
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
	const { scope } = frame;
	for (const { value } of words.slice(1)) {
		if (value === undefined || /^(?:nocasematch|xpg_echo|compat\d+|patsub_replacement)$/.test(value))
			scope.set('isOdd', true);
		if (value === undefined || value === 'lastpipe') scope.set('lastPipe', true);
		if (value === undefined || value === 'allexport') scope.set('exportsAll', true);
		if (value === 'posix') scope.set('aliases', 'maybe');
		if (value === 'cdable_vars') scope.put('CDPATH', unknownValue);
	}
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
		if (equals <= 0) continue;
		const name = known.slice(0, equals);
		if (reserved.has(name))
			addGap(machine, 'definition', `an alias gives \`${name}\` another meaning`, frame, start, end);
		const isOdd = !isStatic(word) || known.includes('<<');
		frame.scope.defineAlias(name, isOdd ? null : known.slice(equals + 1));
	}
	return freeText;
};

/** Words of the grammar, which an alias replaces all the same. */
const reserved: ReadonlySet<string> = new Set(
	'! [[ ]] case coproc do done elif else esac fi for function if in select then time until while { }'.split(' '),
);

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
	// Fields end where IFS says, and each option changes what is read.
	const separators = lookUp(frame, 'IFS');
	const isPlain =
		words.slice(1).every(({ value }) => value === '-r' || (value !== undefined && /^\w+$/.test(value))) &&
		separators.length === 1 &&
		separators[0]?.[0] === ' \t\n';
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
		const isWhole = isPlain && isOneLine && name === 'read' && operands.length === 1 && !/\\/.test(lines[0] ?? '');
		const text = textOf((lines[0] ?? '').replace(/^[ \t]+/, '').replace(/(?<![ \t])[ \t]+$/, ''));
		// Code in the input may be evaluated later as arithmetic, whichever part of it the variable gets.
		const hidden = input !== undefined && holdsCode(input) ? [[input], freeText] : undefined;
		const isList = name === 'mapfile' || name === 'readarray' || words.some((one) => /^-\w*a/.test(one.value ?? '-a'));
		const unknown = isList || value.includes('[') ? unknownArray : unknownValue;
		assign(
			machine,
			frame,
			variable,
			isWhole ? { choices: [text] } : hidden ? { ...unknown, choices: hidden } : unknown,
		);
	}
	if (name === 'getopts') {
		frame.scope.assign('OPTARG', unknownValue);
		frame.scope.assign('OPTIND', numberValue);
	}
	if (name === 'read' && operands.length === 0)
		frame.scope.assign(
			'REPLY',
			isPlain && isOneLine && !/\\/.test(lines[0] ?? '') ? { choices: [textOf(lines[0] ?? '')] } : unknownValue,
		);
	if (name !== 'read' && name !== 'getopts') frame.scope.assign('MAPFILE', unknownArray);
	return [];
};
