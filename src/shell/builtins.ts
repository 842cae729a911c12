// The builtins of bash: what each does to the state, and what it runs.
import { assignDeclared, unsetNames } from './builtins-declare.ts';
import { bind, callbacks, command, enable, evaluate, fc, hash, jobs, source, trap } from './builtins-run.ts';
import { alias, cd, exec, readVariables, set, shift, shopt, unalias } from './builtins-state.ts';
import { changesVariable } from './expand.ts';
import type { Invocation } from './invoke.ts';
import { checkArithmetic, checkLatent } from './latent.ts';
import type { Frame, Machine } from './machine.ts';
import { outputOf } from './output.ts';
import { freeText, steadyText, type Text, unknownValue } from './value.ts';
import { isStatic } from './word-parts.ts';

/** What a builtin does beside being reported; the result is what it writes. */
export type Builtin = (machine: Machine, frame: Frame, invocation: Invocation, name: string) => Text;

const writes: Builtin = (_, frame, { words, redirected }, name) =>
	frame.needsOutput ? outputOf(name, words, redirected.stdin) : [];

const silent: Builtin = () => [];

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
	if (target === undefined) return freeText;
	checkLatent(machine, frame, target, invocation.start ?? 0, invocation.end ?? 0);
	const [command] = words;
	const text = command ? outputOf('printf', [command, ...rest], invocation.redirected.stdin) : freeText;
	const [variable = ''] = target.split('[');
	frame.scope.assign(variable, target.includes('[') ? unknownValue : { choices: [text] });
	return [];
};

const table: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
	['.', source],
	[':', silent],
	['[', test],
	['alias', alias],
	['bg', silent],
	['bind', bind],
	['break', silent],
	['builtin', command],
	['caller', speaks],
	['cd', cd],
	['command', command],
	['compgen', callbacks],
	['complete', callbacks],
	['compopt', silent],
	['continue', silent],
	['declare', assignDeclared],
	['dirs', speaks],
	['disown', silent],
	['echo', writes],
	['enable', enable],
	['eval', evaluate],
	['exec', exec],
	['exit', silent],
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
	['logout', silent],
	['mapfile', readVariables],
	['popd', cd],
	['printf', printf],
	['pushd', cd],
	['pwd', () => steadyText],
	['read', readVariables],
	['readarray', readVariables],
	['readonly', assignDeclared],
	['return', silent],
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
