// Builtins that run what they are given: eval, command, trap, source and the like.
import type { Builtin } from './builtins.ts';
import { leaving } from './compound.ts';
import { addLauncher, invoke } from './invoke.ts';
import { runFile, runWord } from './launch.ts';
import { addGap } from './machine.ts';
import { located } from './output.ts';
import { freeText } from './value.ts';
import { attached, joined, literal } from './word-parts.ts';

export const evaluate: Builtin = (machine, frame, { words, redirected, start, end }) => {
	const rest = words.slice(words[1]?.value === '--' ? 2 : 1);
	if (rest.length === 0) return [];
	const inner = { ...frame, under: addLauncher(frame, ['eval'], 'eval', false), stdin: redirected.stdin };
	return runWord(machine, inner, joined(rest), { start, end });
};

/** `command` and `builtin`: the same without functions. */
export const command: Builtin = (machine, frame, invocation, name) => {
	const { words } = invocation;
	let from = 1;
	let usesDefaultPath = false;
	for (; from < words.length; from += 1) {
		const option = words[from]?.value;
		if (option === undefined || !/^-[pvV]+$/.test(option)) {
			if (option === '--') from += 1;
			break;
		}
		usesDefaultPath = true;
		if (/[vV]/.test(option)) return option.includes('V') ? freeText : located(words.slice(from + 1));
	}
	const rest = words.slice(from);
	if (rest.length === 0) return [];
	const inner = { ...frame, under: addLauncher(frame, [name], name, usesDefaultPath) };
	return invoke(machine, inner, { ...invocation, words: rest, meaning: 'no function' });
};

/** The action runs later, when any variable may have changed. */
export const trap: Builtin = (machine, frame, { words, start, end }) => {
	const rest = words.slice(words[1]?.value === '--' ? 2 : 1);
	const [action] = rest;
	if (!action || rest.length < 2 || action.value === '-' || action.value === '' || /^-[lp]/.test(action.value ?? ''))
		return freeText;
	const scope = frame.scope.fork();
	scope.forget();
	scope.set('cwd', null);
	const layer = scope.fork();
	const inner = {
		...frame,
		scope: layer,
		exits: undefined,
		under: addLauncher(frame, ['trap'], 'trap', false),
		stdin: { kind: 'unknown', isTouched: false } as const,
	};
	machine.files.forget();
	runWord(machine, inner, action, { start, end });
	const isAtTheEnd = rest.slice(1).every(({ value }) => value !== undefined && /^(?:0|(?:SIG)?EXIT)$/i.test(value));
	if (isAtTheEnd) return [];
	// It may run between any two commands from here on.
	machine.files.distrust();
	machine.jumps += 1;
	const { names, isMore } = layer.changes();
	for (const name of names) frame.scope.put(name, { choices: [freeText], isArray: true, isOdd: true });
	if (isMore) addGap(machine, 'definition', 'a trap changes what later commands mean', frame, start, end);
	return [];
};

/** `source` and `.`: a file of commands, run in this shell. */
export const source: Builtin = (machine, frame, { words, redirected, start, end }, name) => {
	const [path, ...given] = words.slice(words[1]?.value === '--' ? 2 : 1);
	if (!path) return [];
	const inner = { ...frame, under: addLauncher(frame, [name], name, false), stdin: redirected.stdin };
	const positional = frame.scope.setting('positional');
	if (given.length > 0) frame.scope.set('positional', [literal('bash'), ...given]);
	leaving({ ...inner, scope: frame.scope.fork() }, frame.scope, (within) => {
		runFile(machine, within, path, { start, end });
		return freeText;
	});
	if (given.length > 0) frame.scope.set('positional', positional);
	return freeText;
};

export const hash: Builtin = (machine, frame, { words, start, end }) => {
	if (words.slice(1).some(({ value }) => value === undefined || /^-\w*p/.test(value))) {
		addGap(machine, 'definition', '`hash -p` gives a name another file', frame, start, end);
	}
	return [];
};

export const enable: Builtin = (machine, frame, { words, start, end }) => {
	if (words.slice(1).some(({ value }) => value === undefined || !/^-[aps]+$/.test(value))) {
		addGap(machine, 'definition', '`enable` changes what a name means', frame, start, end);
	}
	return freeText;
};

export const bind: Builtin = (machine, frame, { words, start, end }) => {
	if (words.slice(1).some(({ value }) => value === undefined || /^-\w*x/.test(value))) {
		addGap(machine, 'script', '`bind -x` ties a command to a key', frame, start, end);
	}
	return freeText;
};

/** `complete -C`, `compgen -C`, `mapfile -C`: commands that are called back; `compgen -W` expands its words. */
export const callbacks: Builtin = (machine, frame, invocation, name) => {
	const { words, start, end } = invocation;
	for (const [at, word] of words.entries()) {
		const option = /^-\w*?[CW]/.exec(word.value ?? word.pieces[0] ?? '')?.[0];
		if (option === undefined || at === 0) continue;
		const isInline = (word.value ?? 'x').length > option.length || word.value === undefined;
		const text = isInline ? attached(word, option.length) : words[at + 1];
		if (!text || (option.endsWith('W') && !/[$`]/.test(text.value ?? '$'))) continue;
		if (option.endsWith('W')) {
			addGap(machine, 'script', '`compgen -W` expands its words', frame, start, end);
			continue;
		}
		const inner = { ...frame, under: addLauncher(frame, [name], name, false) };
		runWord(machine, inner, joined([text, unknownArgument]), { start, end });
	}
	return freeText;
};

/** What a callback is given behind its own words. */
const unknownArgument = literal('"$_"');

export const jobs: Builtin = (machine, frame, invocation) => {
	const { words } = invocation;
	const at = words.findIndex((word) => word.value === '-x');
	if (at < 0) return freeText;
	const inner = { ...frame, under: addLauncher(frame, ['jobs'], 'jobs', false) };
	return invoke(machine, inner, { ...invocation, words: words.slice(at + 1), meaning: 'no function' });
};

export const fc: Builtin = (machine, frame, { words, start, end }) => {
	if (words.length > 1 && !words.some(({ value }) => value?.startsWith('-l'))) {
		addGap(machine, 'script', '`fc` runs commands again', frame, start, end);
	}
	return freeText;
};
