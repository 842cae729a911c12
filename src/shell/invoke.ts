// One command with its words: a function, a builtin or a program, and what that starts.
import type { Command, Launcher } from '../abi/command.ts';
import { findBuiltin } from './builtins.ts';
import { callFunction } from './call.ts';
import { withCode } from './code-launch.ts';
import { launch, runWrittenProgram } from './launch.ts';
import { limits } from './limits.ts';
import { addGap, type Frame, liftSpan, type Machine, type TracedCommand } from './machine.ts';
import { outputOf } from './output.ts';
import { wordOfText } from './parameter.ts';
import { baseName, joinPath } from './paths.ts';
import type { Around, Reading } from './program.ts';
import { finish, startFindings } from './programs/findings.ts';
import { addPaths } from './programs/paths.ts';
import { findProgram } from './programs/registry.ts';
import { type Redirected, visibleOutput } from './redirect.ts';
import { freeText, type Text, type Value } from './value.ts';
import type { Word } from './word.ts';
import { lastKnown } from './word-parts.ts';

/** `NAME=value` arguments of a declaring builtin, as the parser tells them apart. */
export interface Declared {
	readonly name: string;
	readonly value: Value;
}

export interface Invocation {
	readonly words: readonly Word[];
	/** Variables set for this command alone. */
	readonly env: ReadonlyMap<string, Word | undefined>;
	readonly redirected: Redirected;
	readonly declared?: readonly Declared[];
	/** What may be meant: everything, no functions (`command`), or programs only (`env`). */
	readonly meaning: 'any' | 'no function' | 'program';
	/** It exists in a manner of speaking only, no file of that name is looked up. */
	readonly isVirtual?: boolean;
	/** Where gaps are shown, in the frame's layer. */
	readonly start?: number | undefined;
	readonly end?: number | undefined;
}

export const emptyEnv: ReadonlyMap<string, Word | undefined> = new Map<string, undefined>([]);

const nothingKnown: Reading = { mayRunArguments: true };
const plainData: Reading = {};

/** Looks at a command with its words; the result is what it writes. */
export function invoke(machine: Machine, frame: Frame, invocation: Invocation): Text {
	const { words, meaning } = invocation;
	if (!machine.budget.step()) return freeText;
	if (frame.under.length > limits.launcherDepth) {
		machine.budget.exhaust('programs launch programs too many times');
		return freeText;
	}
	const [first] = words;
	if (!first) {
		if (frame.isOpenEnded)
			addGap(machine, 'input', 'the program comes from input', frame, invocation.start, invocation.end);
		return [];
	}
	if (first.value === undefined || first.splits) return invokeUnknown(machine, frame, invocation, first);
	const name = first.value;
	if (name === '') return [];
	if (meaning === 'any') {
		const bindings = frame.scope.functions(name);
		if (bindings) {
			const output = callFunction(machine, frame, invocation, name, bindings);
			if (!bindings.includes(undefined)) return output;
		}
	}
	// Some systems have a file `command` that does what the builtin does.
	if (meaning !== 'program' || name === 'command') {
		const builtin = findBuiltin(name);
		if (builtin) {
			if (name === '.' || name === 'source')
				note(machine, frame, invocation, 'builtin', 'source', sourced(frame, words));
			else note(machine, frame, invocation, 'builtin', name, plainData);
			const { replaced } = invocation.redirected;
			const within = replaced === undefined ? frame : { ...frame, needsOutput: true };
			const output = builtin(machine, within, invocation, name);
			if (replaced !== undefined) machine.files.holds(replaced, output, frame.scope);
			return visibleOutput(invocation.redirected, output);
		}
	}
	return runProgram(machine, frame, invocation, name);
}

/** The file that `source` and `.` read. */
function sourced(frame: Frame, words: readonly Word[]): Reading {
	const path = words[1]?.value === '--' ? words[2] : words[1];
	if (!path) return plainData;
	const findings = startFindings();
	const cwd = frame.scope.setting('cwd');
	addPaths(findings, 'reads', [path], { isOpenEnded: frame.isOpenEnded, cwd, branch: undefined, env: emptyEnv });
	return finish(findings);
}

/** The program is not one known word: its directory may be unknown, or all of it. */
function invokeUnknown(machine: Machine, frame: Frame, invocation: Invocation, first: Word): Text {
	const tail = lastKnown(first);
	const name = first.value === undefined && tail.includes('/') ? baseName(tail) : '';
	if (name === '' || first.splits) {
		const known = first.pieces.map((piece) => piece ?? '…').join('');
		const detail = `which program \`${known}\` is, is known only when it runs`;
		addGap(machine, 'program', detail, frame, invocation.start, invocation.end);
	}
	if (name === '') return freeText;
	return runProgram(machine, frame, invocation, name);
}

function runProgram(machine: Machine, frame: Frame, invocation: Invocation, path: string): Text {
	const { words, env, redirected } = invocation;
	const name = baseName(path);
	if (name === '') return freeText;
	const program = findProgram(name);
	const around: Around = {
		isOpenEnded: frame.isOpenEnded,
		cwd: frame.scope.setting('cwd'),
		branch: branchOf(machine, frame),
		env: environmentOf(machine, frame, env),
	};
	const reading = program ? withCode(program.read(words, around), around, redirected.stdin) : nothingKnown;
	const change = invocation.isVirtual || path.includes('/') ? undefined : frame.scope.setting('pathChange');
	if (change !== undefined) addGap(machine, 'environment', change, frame, invocation.start, invocation.end);
	const isOwn = !invocation.isVirtual && checkOwnFile(machine, frame, invocation, path, name);
	const text = isOwn ? machine.files.text(joinPath(frame.scope.setting('cwd'), path), frame.scope) : undefined;
	note(machine, frame, invocation, 'program', name, reading);
	if (isOwn) runWrittenProgram(machine, frame, invocation, path, text);
	for (const { kind, detail } of reading.gaps ?? [])
		addGap(machine, kind, detail, frame, invocation.start, invocation.end);
	const under = reading.launches?.length ? (program?.names[0] ?? name) : name;
	for (const one of reading.launches ?? []) launch(machine, frame, invocation, under, one);
	const { replaced, stdin } = redirected;
	const output = frame.needsOutput || replaced !== undefined ? outputOf(name, words, stdin) : [];
	if (replaced !== undefined) machine.files.holds(replaced, output, frame.scope);
	touch(frame, redirected);
	return visibleOutput(redirected, output);
}

/** Whether the program is a file that the text wrote before. */
function checkOwnFile(machine: Machine, frame: Frame, { words }: Invocation, path: string, name: string): boolean {
	const isBare = !path.includes('/');
	if (isBare) return machine.files.isWritten(undefined, name);
	// An unknown directory may be the one it was written to.
	if (words[0]?.value === undefined) return machine.files.isWritten(undefined, name);
	return machine.files.isWritten(joinPath(frame.scope.setting('cwd'), path), name);
}

/** Whatever runs may read a part of the input that a later command shares. */
export function touch(frame: Frame, redirected: Redirected): void {
	const { stdin } = redirected;
	if (stdin.kind === 'text' && stdin === frame.stdin) stdin.isTouched = true;
}

function branchOf(machine: Machine, frame: Frame): Around['branch'] {
	const { branch } = machine.around;
	if (!branch) return undefined;
	return () => {
		const cwd = frame.scope.setting('cwd');
		return cwd === null ? undefined : branch(cwd);
	};
}

function environmentOf(machine: Machine, frame: Frame, env: Invocation['env']): Around['env'] {
	if (frame.scope.holdsNothing) return env;
	const exported = frame.scope.exported();
	if (exported.size === 0 || !machine.budget.derive(exported.size * 8)) return env;
	const all = new Map<string, Word | undefined>();
	for (const [name, { choices }] of exported) {
		const [only, another] = choices;
		all.set(name, only && !another ? wordOfText(only) : undefined);
	}
	for (const [name, word] of env) all.set(name, word);
	return all;
}

/** Adds a command to the findings. */
export function note(
	machine: Machine,
	frame: Frame,
	invocation: Invocation,
	kind: Command['kind'],
	program: string,
	reading: Reading,
): void {
	if (!machine.budget.command()) return;
	const { words, redirected } = invocation;
	const [first, last] = [words[0], words.at(-1)];
	const { reads, writes, unsure } = redirected;
	const hasFiles = reads.length > 0 || writes.length > 0;
	const facts = hasFiles ? withFiles(reading, reads, writes) : (reading.facts ?? noFacts);
	if (kind === 'program' || facts['writes']) {
		machine.files.ran(
			program,
			facts['writes'],
			words.some(({ value }) => value === '-'),
		);
	}
	const command: TracedCommand = {
		kind,
		program,
		spelled: first ? spelledAs(first) : '',
		argv: words.map((word) => word.value ?? null),
		isOpenEnded: frame.isOpenEnded || words.some((word) => word.splits),
		subcommands: reading.subcommands ?? none,
		flags: reading.flags ?? none,
		facts,
		unsure: unsure.length > 0 ? [...new Set([...(reading.unsure ?? none), ...unsure])] : (reading.unsure ?? none),
		under: frame.under,
		mayRunArguments: reading.mayRunArguments ?? false,
		cwd: frame.scope.setting('cwd'),
		span: spanOf(first, last),
		words,
	};
	frame.trail.push(invocation.isVirtual ? { ...command, isVirtual: true } : command);
}

const none: readonly string[] = [];
const noFacts: Command['facts'] = {};

function withFiles(reading: Reading, reads: readonly string[], writes: readonly string[]): Command['facts'] {
	const facts = reading.facts ?? noFacts;
	const added = (name: string, paths: readonly string[]) => {
		const known = facts[name];
		return paths.length === 0 ? {} : { [name]: [...(Array.isArray(known) ? known : []), ...paths] };
	};
	return { ...facts, ...added('reads', reads), ...added('writes', writes) };
}

/** The program as the text has it; where it is not known, as the text spells it out. */
export function spelledAs(word: Word): string {
	if (word.value !== undefined) return word.value;
	const { place } = word;
	if (!place) return word.pieces.map((piece) => piece ?? '*').join('');
	return place.layer.text.slice(place.start, place.end).replace(/["']/g, '');
}

function spanOf(first: Word | undefined, last: Word | undefined): Command['span'] {
	if (!first?.place) return undefined;
	const { layer, start } = first.place;
	// A last word from elsewhere can't say where the command ends.
	const end = last?.place && last.place.layer === layer && last.place.end > start ? last.place.end : first.place.end;
	return liftSpan(layer, start, end);
}

/** One more launcher around what comes. */
export function addLauncher(
	frame: Frame,
	command: readonly string[],
	spelled: string,
	elsewhere: boolean,
): readonly Launcher[] {
	return [...frame.under, { command, spelled, elsewhere }];
}
