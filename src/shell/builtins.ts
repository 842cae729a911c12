// The builtins of bash: what each does to the state, and what it runs.

import { assign } from './assign.ts';
import { assignDeclared, unsetNames } from './builtins-declare.ts';
import { bind, callbacks, command, enable, evaluate, fc, hash, jobs, source, trap } from './builtins-run.ts';
import { alias, cd, exec, readVariables, set, shift, shopt, unalias } from './builtins-state.ts';
import { changesVariable } from './expand.ts';
import type { Invocation } from './invoke.ts';
import { checkArithmetic, checkLatent } from './latent.ts';
import type { Frame, Machine } from './machine.ts';
import { outputOf } from './output.ts';
import { freeText, steadyText, type Text, unknownArray } from './value.ts';
import { isStatic } from './word-parts.ts';

/** What a builtin does beside being reported; the result is what it writes. */
export type Builtin = (machine: Machine, frame: Frame, invocation: Invocation, name: string) => Text;

const writes: Builtin = (_, frame, { words, redirected }, name) =>
	frame.needsOutput ? outputOf(name, words, redirected.stdin, isOddHere(frame)) : [];

const isOddHere = ({ scope }: Frame): boolean => scope.setting('isOdd') || scope.setting('aliases') === 'maybe';

const silent: Builtin = () => [];

/** What follows does not run, or not now: the state is one in which a loop or a function is left. */
const leave: Builtin = (machine, frame, { words }, name) => {
	machine.jumps += 1;
	if (name === 'exit' || name === 'logout') return [];
	for (let exits = frame.exits; exits; exits = exits.outer) {
		if (!machine.budget.derive(frame.scope.sizeSince(exits.boundary) * 8)) return [];
		exits.layers.push(frame.scope.since(exits.boundary));
		// Without a number it leaves the innermost loop only.
		if (exits.kind === (name === 'return' ? 'function' : 'loop') && words.length === 1) break;
	}
	return [];
};

const speaks: Builtin = () => freeText;

const test: Builtin = (machine, frame, { words, start = 0, end = 0 }) => {
	for (const word of words) {
		if (isStatic(word) && word.value.includes('[') && word.value.length > 2)
			checkLatent(machine, frame, word.value, start, end);
	}
	return [];
};

const letter: Builtin = (machine, frame, { words, start = 0, end = 0 }) => {
	for (const { pieces } of words.slice(1)) {
		for (const piece of pieces) {
			if (piece === null) continue;
			checkLatent(machine, frame, piece, start, end);
			checkArithmetic(machine, frame, piece, start, end);
			changesVariable(frame, piece);
		}
	}
	return [];
};

const printf: Builtin = (machine, frame, invocation, name) => {
	const { words } = invocation;
	const [, option] = words;
	if (!option || (option.value !== undefined && !option.value.startsWith('-v')))
		return writes(machine, frame, invocation, name);
	const [target, rest] =
		option.value === '-v' ? [words[2]?.value, words.slice(3)] : [option.value?.slice(2), words.slice(2)];
	if (target === undefined) {
		if (option.value === undefined || option.value === '-v') frame.scope.forget();
		return freeText;
	}
	checkLatent(machine, frame, target, invocation.start ?? 0, invocation.end ?? 0);
	const [command] = words;
	const text = command ? outputOf('printf', [command, ...rest], invocation.redirected.stdin) : freeText;
	const [variable = ''] = target.split('[');
	assign(machine, frame, variable, target.includes('[') ? unknownArray : { choices: [text] });
	return [];
};

const table: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
	['.', source],
	[':', silent],
	['[', test],
	['alias', alias],
	['bg', silent],
	['bind', bind],
	['break', leave],
	['builtin', command],
	['caller', speaks],
	['cd', cd],
	['command', command],
	['compgen', callbacks],
	['complete', callbacks],
	['compopt', silent],
	['continue', leave],
	['declare', assignDeclared],
	['dirs', speaks],
	['disown', silent],
	['echo', writes],
	['enable', enable],
	['eval', evaluate],
	['exec', exec],
	['exit', leave],
	['export', assignDeclared],
	['false', silent],
	['fc', fc],
	['fg', speaks],
	['getopts', readVariables],
	['hash', hash],
	['help', speaks],
	['history', speaks],
	['jobs', jobs],
	['kill', silent],
	['let', letter],
	['local', assignDeclared],
	['logout', leave],
	['mapfile', readVariables],
	['popd', cd],
	['printf', printf],
	['pushd', cd],
	['pwd', () => steadyText],
	['read', readVariables],
	['readarray', readVariables],
	['readonly', assignDeclared],
	['return', leave],
	['set', set],
	['shift', shift],
	['shopt', shopt],
	['source', source],
	['suspend', silent],
	['test', test],
	['times', speaks],
	['trap', trap],
	['true', silent],
	['type', speaks],
	['typeset', assignDeclared],
	['ulimit', speaks],
	['umask', speaks],
	['unalias', unalias],
	['unset', unsetNames],
	['wait', silent],
]);

export function findBuiltin(name: string): Builtin | undefined {
	return table.get(name);
}

/** POSIX.1-2024 XCU 2.15: found before functions, and what is assigned for them stays; bash does so in posix mode. */
export const specialBuiltins: ReadonlySet<string> = new Set(
	'. : break continue eval exec exit export readonly return set shift source times trap unset'.split(' '),
);
