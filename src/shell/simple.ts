// One simple command of the syntax tree: assignments, redirections, words, then what they mean together.
import { assign, readAssignment } from './assign.ts';
import { specialBuiltins } from './builtins.ts';
import { checkVariable } from './environment.ts';
import { expandWord, plainWordOf } from './expand.ts';
import { type Declared, emptyEnv, type Invocation, invoke, note } from './invoke.ts';
import { runWord } from './launch.ts';
import { limits } from './limits.ts';
import { addGap, type Frame, type Machine, type Trail } from './machine.ts';
import { wordOfText } from './parameter.ts';
import type { Assignment, CommandNode, Redirection } from './parser.ts';
import { notRedirected, type Redirected, readRedirections } from './redirect.ts';
import { freeText, joinValues, type Text, unknownValue, type Value } from './value.ts';
import type { Word } from './word.ts';

/** Looks at a simple command. What its words start comes behind it. */
export function runSimple(machine: Machine, frame: Frame, node: CommandNode): Text {
	if (!machine.budget.step()) return freeText;
	const { name, prefix } = node;
	const env = prefix.length > 0 ? readPrefix(machine, frame, node, name !== undefined) : undefined;
	if (name && frame.scope.alias(name.text) !== undefined && frame.scope.setting('aliases') !== 'off') {
		// On the line that defines it, an alias is not replaced yet: both are possible.
		runAlias(machine, frame, node, name.text, name.end);
	}
	// A command is reported before the substitutions among its words, in the order of the source.
	const [late, last]: [Trail, Trail] = [[], []];
	const inner = (trail: Trail): Frame => ({ ...frame, trail, needsOutput: false });
	const redirections = redirectionsOf(node);
	const redirected = redirections ? readRedirections(machine, inner(last), redirections) : notRedirected(frame.stdin);
	const output = name
		? runNamed(machine, frame, () => inner(late), node, env, redirected)
		: runNameless(machine, frame, redirected);
	if (late.length > 0) frame.trail.push(late);
	if (last.length > 0) frame.trail.push(last);
	return output;
}

/** The parser gathers them anew each time it is asked. */
function redirectionsOf(node: CommandNode): readonly Redirection[] | undefined {
	const isPlain = (item: { readonly type: string }) => item.type === 'Word' || item.type === 'Assignment';
	return node.prefix.every(isPlain) && node.suffix.every(isPlain) ? undefined : node.redirects;
}

/** Only assignments and redirections. */
function runNameless(machine: Machine, frame: Frame, redirected: Redirected): Text {
	noteRedirection(machine, frame, redirected);
	return redirected.reads.length + redirected.unsure.length > 0 || redirected.stdin.kind === 'text' ? freeText : [];
}

/** Files opened by no program are a command of their own kind. */
export function noteRedirection(machine: Machine, frame: Frame, redirected: Redirected): void {
	if (redirected.reads.length + redirected.writes.length + redirected.unsure.length === 0) return;
	note(machine, frame, { words: [], env: emptyEnv, redirected, meaning: 'any' }, 'redirection', '', {});
}

/** `NAME=value` before a command holds for that command, alone it holds from here on. */
function readPrefix(
	machine: Machine,
	frame: Frame,
	node: CommandNode,
	isForCommand: boolean,
): ReadonlyMap<string, Value> | undefined {
	let env: Map<string, Value> | undefined;
	for (const item of node.prefix) {
		if (item.type !== 'Assignment') continue;
		const value = readAssignment(machine, frame, item);
		if (!isForCommand) {
			assign(machine, frame, item.name, value, item);
			continue;
		}
		env ??= new Map();
		env.set(item.name, value);
	}
	return env;
}

function runNamed(
	machine: Machine,
	frame: Frame,
	makeInner: () => Frame,
	node: CommandNode,
	env: ReadonlyMap<string, Value> | undefined,
	redirected: Redirected,
): Text {
	const declared: Declared[] = [];
	const rows = rowsOf(machine, frame, makeInner, node, declared);
	const common = { redirected, meaning: 'any', start: node.pos, end: node.end, declared } as const;
	const [only] = rows;
	if (!env && only && rows.length === 1) return invoke(machine, frame, { words: only, env: emptyEnv, ...common });
	if (!env) return runRows(machine, frame, rows, { ...common, env: emptyEnv });
	const scope = frame.scope.fork();
	const within: Frame = { ...frame, scope };
	for (const [key, value] of env) {
		const item = node.prefix.find((one) => one.type === 'Assignment' && one.name === key);
		checkVariable(machine, within, key, value, item);
		scope.assign(key, { ...value, isExported: true });
	}
	const before = frame.scope.setting('pathChange');
	const output = runRows(machine, within, rows, { ...common, env: wordsOf(env) });
	frame.scope.adopt(scope, env);
	if (env.has('PATH')) frame.scope.set('pathChange', before);
	if (frame.scope.setting('aliases') === 'maybe') keepForSpecial(frame, only?.[0]?.value, env);
	return output;
}

/** In other shells, and in posix mode, what is set for a special builtin or a function holds from there on. */
function keepForSpecial({ scope }: Frame, name: string | undefined, env: ReadonlyMap<string, Value>): void {
	if (name !== undefined && !specialBuiltins.has(name) && !scope.functions(name)) return;
	for (const [key, value] of env) scope.put(key, joinValues(scope.value(key) ?? unknownValue, value));
}

function wordsOf(env: ReadonlyMap<string, Value>): ReadonlyMap<string, Word | undefined> {
	const words = new Map<string, Word | undefined>();
	for (const [name, { choices, elements }] of env) {
		const [only, another] = choices;
		words.set(name, only && !another && !elements ? wordOfText(only) : undefined);
	}
	return words;
}

/** Each thing the command may be; with more than one, none of them certainly ran. */
function runRows(
	machine: Machine,
	frame: Frame,
	rows: readonly (readonly Word[])[],
	terms: Omit<Invocation, 'words'>,
): Text {
	const [only] = rows;
	if (only && rows.length === 1) return invoke(machine, frame, { ...terms, words: only });
	const layers = rows.map((words) => {
		const scope = frame.scope.fork();
		invoke(machine, { ...frame, scope }, { ...terms, words });
		return scope;
	});
	frame.scope.join(layers);
	return freeText;
}

/** The argv that a command may have; more than a few are one whose later words are not known. */
function rowsOf(
	machine: Machine,
	frame: Frame,
	makeInner: () => Frame,
	node: CommandNode,
	declared: Declared[],
): readonly (readonly Word[])[] {
	let rows: Word[][] = [[]];
	let inner: Frame | undefined;
	for (const item of node.name ? [node.name, ...node.suffix] : node.suffix) {
		if (item.type !== 'Word' && item.type !== 'Assignment') continue;
		const plain = item.type === 'Word' ? plainWordOf(frame, item) : undefined;
		if (plain) {
			for (const row of rows) row.push(plain);
			continue;
		}
		inner ??= makeInner();
		const choices =
			item.type === 'Word' ? expandWord(machine, inner, item) : [[declare(machine, inner, item, declared)]];
		const [only] = choices;
		if (only && choices.length === 1) {
			for (const row of rows) for (const word of only) row.push(word);
		} else if (rows.length * choices.length > limits.choices) {
			for (const row of rows) row.push({ value: undefined, pieces: [null], splits: true });
		} else {
			rows = rows.flatMap((row) => choices.map((words) => [...row, ...words]));
		}
	}
	return rows;
}

/** `name=value` behind `declare`: the parser knows it for an assignment. */
function declare(machine: Machine, frame: Frame, node: Assignment, declared: Declared[]): Word {
	const value = readAssignment(machine, frame, node);
	declared.push({ name: node.name, value });
	const start = `${node.name}${node.append ? '+' : ''}=`;
	const place = { layer: frame.layer, start: node.pos, end: node.end };
	const [only, another] = value.choices;
	if (!only || another || value.elements || node.index)
		return { value: undefined, pieces: [start, null], splits: false, place };
	const word = wordOfText(only);
	if (word.value === undefined) return { ...word, pieces: [start, ...word.pieces], place };
	return { value: start + word.value, pieces: [start + word.value], splits: false, place };
}

/** An alias is replaced before the command is parsed: its text and what stands behind the name are read as one. */
function runAlias(machine: Machine, frame: Frame, node: CommandNode, name: string, nameEnd: number): void {
	const text = frame.scope.alias(name);
	const lastRedirection: Redirection | undefined = node.redirects.at(-1);
	const isOdd = lastRedirection?.type === 'HereDoc' || text === undefined || text === null || /\s$/.test(text);
	if (isOdd) {
		addGap(machine, 'definition', `\`${name}\` is an alias that can't be followed`, frame, node.pos, node.end);
		return;
	}
	const script = text + frame.layer.text.slice(nameEnd, node.end);
	const scope = frame.scope.fork();
	// Inside its own text a name is no alias.
	scope.defineAlias(name, undefined);
	const value: Word = { value: script, pieces: [script], splits: false };
	runWord(machine, { ...frame, scope }, value, { start: node.pos, end: node.end });
	scope.defineAlias(name, text);
	frame.scope.join([scope, frame.scope.fork()]);
}
