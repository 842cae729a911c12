// Compound commands: lists, pipelines, branches, loops, functions, with every branch taken.
import { assign } from './assign.ts';
import { specialBuiltins } from './builtins.ts';
import { expandTexts, expandWord, visitArithmetic } from './expand.ts';
import { runLoop } from './loop.ts';
import { addGap, type Exits, type Frame, type Locals, type Machine, type Stdin, type Trail } from './machine.ts';
import { wordOfText } from './parameter.ts';
import type { CompoundList, FunctionNode, Pipeline, Script, Statement, SyntaxNode } from './parser.ts';
import { readRedirections, visibleOutput } from './redirect.ts';
import type { Definition, Scope } from './scope.ts';
import { noteRedirection, runSimple } from './simple.ts';
import { runTest } from './test-command.ts';
import { concat, freeText, joinValues, type Text, unknownArray, unknownValue } from './value.ts';
import type { Word } from './word.ts';

export function runScript(machine: Machine, frame: Frame, script: Script): Text {
	return runStatements(machine, frame, script.commands);
}

function runList(machine: Machine, frame: Frame, list: CompoundList): Text {
	return runStatements(machine, frame, list.commands);
}

function runStatements(machine: Machine, frame: Frame, statements: readonly Statement[]): Text {
	let output: Text = [];
	let mayStop = false;
	for (const [at, { command, background }] of statements.entries()) {
		if (machine.budget.isExhausted) return freeText;
		const [jumps, writes] = [machine.jumps, machine.files.writes];
		// Behind a command that may leave, what follows may not be written.
		if (frame.needsOutput && at > 0 && mayStop) output = freeText;
		const within = background ? { ...frame, scope: frame.scope.fork(), exits: undefined } : frame;
		const written = run(machine, within, command);
		if (frame.needsOutput) output = concat(output, background && statements.length > 1 ? freeText : written);
		// It may write at any later time.
		if (background && machine.files.writes > writes) machine.files.distrust();
		mayStop ||= machine.jumps > jumps || machine.stopsAtErrors;
	}
	return frame.needsOutput && mayStop && statements.length > 1 ? freeText : output;
}

/** Runs one node; all nesting passes through here. */
function run(machine: Machine, frame: Frame, node: SyntaxNode): Text {
	if (node.type === 'Command') return runSimple(machine, frame, node);
	if (!machine.budget.enter()) return freeText;
	const output = runCompound(machine, frame, node);
	machine.budget.leave();
	return output;
}

function runCompound(machine: Machine, frame: Frame, node: SyntaxNode): Text {
	switch (node.type) {
		case 'AndOr':
			return runAndOr(machine, frame, node.commands, node.operators);
		case 'Pipeline':
			return runPipeline(machine, frame, node);
		case 'Redirected': {
			const redirected = readRedirections(machine, frame, node.redirects);
			noteRedirection(machine, frame, redirected);
			const output = run(machine, { ...frame, stdin: redirected.stdin }, node.command);
			return visibleOutput(redirected, output);
		}
		case 'Subshell':
			return runList(machine, { ...frame, scope: frame.scope.fork(), exits: undefined }, node.body);
		case 'BraceGroup':
			return runList(machine, frame, node.body);
		case 'CompoundList':
			return runList(machine, frame, node);
		case 'If':
			return runIf(machine, frame, node);
		case 'Case': {
			expandWord(machine, frame, node.word);
			const outputs = node.items.map((item) => () => {
				for (const pattern of item.pattern) expandTexts(machine, frame, pattern);
				return item.body;
			});
			const isComplete = node.items.some((item) => item.pattern.some((pattern) => pattern.text === '*'));
			return runBranches(machine, frame, outputs, !isComplete);
		}
		case 'While':
			return runLoop(machine, frame, (inner) => {
				runList(machine, inner, node.clause);
				runList(machine, inner, node.body);
			});
		case 'For':
		case 'Select': {
			const words = node.wordlist?.map((word) => expandWord(machine, frame, word));
			const given = words ? gather(words) : frame.scope.setting('positional')?.slice(1);
			const items = node.type === 'Select' ? undefined : given;
			if (node.type === 'Select') assign(machine, frame, 'REPLY', unknownValue);
			return runLoop(machine, frame, (inner) => runList(machine, inner, node.body), { name: node.name.text, items });
		}
		case 'ArithmeticFor':
			for (const part of [node.initialize, node.test, node.update]) if (part) visitArithmetic(machine, frame, part);
			return runLoop(machine, frame, (inner) => runList(machine, inner, node.body));
		case 'ArithmeticCommand':
			visitArithmetic(machine, frame, node);
			return [];
		case 'TestCommand':
			runTest(machine, frame, node.expression);
			return [];
		case 'Function':
			define(machine, frame, node);
			return [];
		case 'Coproc': {
			const stdin: Stdin = { kind: 'unknown', isTouched: false };
			const writes = machine.files.writes;
			run(machine, { ...frame, scope: frame.scope.fork(), stdin, needsOutput: false, exits: undefined }, node.body);
			if (machine.files.writes > writes) machine.files.distrust();
			assign(machine, frame, node.name?.text ?? 'COPROC', unknownArray);
			return [];
		}
		default:
			addGap(machine, 'syntax', 'a construct that is not known', frame, node.pos, node.end);
			return freeText;
	}
}

/** `a && b || c`: what follows may not run. The directory is where it is if all went well. */
function runAndOr(machine: Machine, frame: Frame, commands: readonly SyntaxNode[], operators: readonly string[]): Text {
	let output: Text = [];
	// What stands behind `&&` runs in the state that all before it left.
	const chain: Scope[] = [frame.scope];
	for (const [at, node] of commands.entries()) {
		if (at === 0) {
			output = run(machine, frame, node);
			continue;
		}
		const isAnd = operators[at - 1] === '&&';
		if (!isAnd || chain.length > longestChain) collapse(chain);
		const below = chain.at(-1) ?? frame.scope;
		const scope = below.fork();
		const written = run(machine, { ...frame, scope }, node);
		chain.push(scope);
		if (!isAnd) {
			// Where one of two directories was changed to, nobody knows which.
			const isSame = scope.setting('cwd') === below.setting('cwd');
			const cwd = isSame ? below.setting('cwd') : null;
			collapse(chain);
			frame.scope.set('cwd', cwd);
		}
		// Behind `cd … &&` an `echo` writes for certain enough; what may be skipped otherwise is not known.
		if (frame.needsOutput) output = isAnd && mayFollow(commands[at - 1], written) ? concat(output, written) : freeText;
	}
	collapse(chain);
	return output;
}

const longestChain = 64;

/** Every part of the chain may have been the last one. The directory is where it is if all went well. */
function collapse(chain: Scope[]): void {
	const cwd = chain.at(-1)?.setting('cwd') ?? null;
	while (chain.length > 1) {
		const last = chain.pop();
		const below = chain.at(-1);
		if (last && below) below.join([below.fork(), last]);
	}
	chain[0]?.set('cwd', cwd);
}

/** Whether what a command behind `&&` writes is as good as certain: where it says nothing known, or the one before does not fail. */
function mayFollow(before: SyntaxNode | undefined, written: Text): boolean {
	if (before?.type !== 'Command') return false;
	const name = before.name?.text ?? '';
	if (/^(?:echo|printf|true|:)$/.test(name)) return before.redirects.length === 0;
	return name === 'cd' && written.every((piece) => typeof piece !== 'string' || piece.trim() === '');
}

function runPipeline(machine: Machine, frame: Frame, node: Pipeline): Text {
	const [only] = node.commands;
	if (only && node.commands.length === 1) return run(machine, frame, only);
	let { stdin } = frame;
	let output: Text = [];
	const last = node.commands.length - 1;
	for (const [at, command] of node.commands.entries()) {
		const needsOutput = at < last || frame.needsOutput;
		const scope = frame.scope.fork();
		const mayStay = at === last && frame.scope.setting('lastPipe');
		const exits = mayStay ? frame.exits : undefined;
		output = run(machine, { ...frame, scope, stdin, needsOutput, exits }, command);
		if (mayStay) frame.scope.join([scope, frame.scope.fork()]);
		// Errors go into it too.
		stdin = pipedInput(node.operators[at] === '|&' ? freeText : output);
	}
	return output;
}

function pipedInput(output: Text): Stdin {
	const word = wordOfText(output);
	if (word.value === undefined && word.pieces.length === 1) return { kind: 'unknown', isTouched: false };
	return { kind: 'text', text: word, isTouched: false };
}

function runIf(machine: Machine, frame: Frame, node: SyntaxNode & { readonly type: 'If' }): Text {
	runList(machine, { ...frame, needsOutput: false }, node.clause);
	const bodies = [() => node.then];
	for (const { clause, then } of node.elif) {
		bodies.push(() => {
			runList(machine, { ...frame, scope: frame.scope.fork(), needsOutput: false }, clause);
			return then;
		});
	}
	const { else: otherwise } = node;
	if (otherwise) bodies.push(() => otherwise);
	return runBranches(machine, frame, bodies, !otherwise);
}

/** One of the bodies runs, or none. */
function runBranches(
	machine: Machine,
	frame: Frame,
	bodies: readonly (() => CompoundList)[],
	mayBeNone: boolean,
): Text {
	const layers = bodies.map((body) => {
		const scope = frame.scope.fork();
		runList(machine, { ...frame, scope }, body());
		return scope;
	});
	frame.scope.join(mayBeNone ? [...layers, frame.scope.fork()] : layers);
	return freeText;
}

function gather(words: readonly (readonly (readonly Word[])[])[]): readonly Word[] | undefined {
	const all: Word[] = [];
	for (const rows of words) {
		const [row, another] = rows;
		if (!row || another) return undefined;
		for (const word of row) all.push(word);
	}
	return all;
}

function define(machine: Machine, frame: Frame, node: FunctionNode): void {
	const definition: Definition = { node, layer: frame.layer, isCalled: false };
	if (frame.scope.alias(node.name.text) !== undefined) {
		addGap(machine, 'definition', `\`${node.name.text}\` is an alias and a function`, frame, node.pos, node.end);
	}
	// In posix mode a special builtin comes before a function of its name.
	frame.scope.define(node.name.text, specialBuiltins.has(node.name.text) ? [definition, undefined] : [definition]);
	const trail: Trail = [];
	frame.trail.push(trail);
	machine.definitions.push({ definition, frame: { ...frame, trail, scope: frame.scope.fork(), needsOutput: false } });
}

export function runBody(machine: Machine, frame: Frame, { node }: Definition): Text {
	const { scope } = frame;
	const layer = scope.fork();
	const locals: Locals = { shadowed: new Map(), uncertain: new Set(), scope: layer, outer: frame.locals };
	const output = leaving({ ...frame, scope: layer, locals }, scope, (inner) => run(machine, inner, node.body));
	for (const [name, value] of locals.shadowed) {
		const before = value ?? unknownValue;
		scope.put(name, locals.uncertain.has(name) ? joinValues(before, scope.value(name) ?? before) : before);
	}
	return output;
}

/** Runs something that `return` leaves, in a layer right above `boundary`, which then holds whatever state it is left in. */
export function leaving(frame: Frame, boundary: Scope, body: (frame: Frame) => Text): Text {
	const exits: Exits = { kind: 'function', boundary, layers: [], outer: frame.exits };
	const output = body({ ...frame, exits });
	if (exits.layers.length > 0) boundary.join([frame.scope, ...exits.layers]);
	else boundary.adopt(frame.scope);
	return output;
}
