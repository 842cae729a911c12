// Compound commands: lists, pipelines, branches, loops, functions, with every branch taken.
import { expandTexts, expandWord, visitArithmetic } from './expand.ts';
import { runLoop } from './loop.ts';
import { addGap, type Frame, type Machine, type Stdin, type Trail } from './machine.ts';
import { wordOfText } from './parameter.ts';
import type { CompoundList, FunctionNode, Pipeline, Script, Statement, SyntaxNode } from './parser.ts';
import { readRedirections } from './redirect.ts';
import type { Definition } from './scope.ts';
import { noteRedirection, runSimple } from './simple.ts';
import { runTest } from './test-command.ts';
import { concat, freeText, type Text } from './value.ts';
import type { Word } from './word.ts';

export function runScript(machine: Machine, frame: Frame, script: Script): Text {
	return runStatements(machine, frame, script.commands);
}

function runList(machine: Machine, frame: Frame, list: CompoundList): Text {
	return runStatements(machine, frame, list.commands);
}

function runStatements(machine: Machine, frame: Frame, statements: readonly Statement[]): Text {
	let output: Text = [];
	for (const { command, background } of statements) {
		if (machine.budget.isExhausted) return freeText;
		const within = background ? { ...frame, scope: frame.scope.fork() } : frame;
		const written = run(machine, within, command);
		if (frame.needsOutput) output = concat(output, written);
	}
	return output;
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
			return redirected.hidesOutput ? [] : output;
		}
		case 'Subshell':
			return runList(machine, { ...frame, scope: frame.scope.fork() }, node.body);
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
			run(machine, { ...frame, scope: frame.scope.fork(), stdin, needsOutput: false }, node.body);
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
	for (const [at, node] of commands.entries()) {
		if (at === 0) {
			output = run(machine, frame, node);
			continue;
		}
		const scope = frame.scope.fork();
		const written = run(machine, { ...frame, scope }, node);
		const cwd = (operators[at - 1] === '&&' ? scope : frame.scope).setting('cwd');
		const before = frame.scope.fork();
		frame.scope.join([before, scope]);
		frame.scope.set('cwd', cwd);
		// Behind `cd … &&` an `echo` writes for certain enough; what may be skipped otherwise is not known.
		if (frame.needsOutput) output = operators[at - 1] === '&&' ? concat(output, written) : freeText;
	}
	return output;
}

function runPipeline(machine: Machine, frame: Frame, node: Pipeline): Text {
	const [only] = node.commands;
	if (only && node.commands.length === 1) return run(machine, frame, only);
	let { stdin } = frame;
	let output: Text = [];
	const last = node.commands.length - 1;
	for (const [at, command] of node.commands.entries()) {
		const needsOutput = at < last || frame.needsOutput;
		output = run(machine, { ...frame, scope: frame.scope.fork(), stdin, needsOutput }, command);
		stdin = pipedInput(output);
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
	frame.scope.define(node.name.text, [definition]);
	const trail: Trail = [];
	frame.trail.push(trail);
	machine.definitions.push({ definition, frame: { ...frame, trail, scope: frame.scope.fork(), needsOutput: false } });
}

export function runBody(machine: Machine, frame: Frame, { node }: Definition): Text {
	const locals: NonNullable<Frame['locals']> = new Map();
	const output = run(machine, { ...frame, locals }, node.body);
	for (const [name, value] of locals) frame.scope.assign(name, value ?? { choices: [freeText] });
	return output;
}
