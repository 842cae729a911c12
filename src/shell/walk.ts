// Reads a source from its outermost text inwards and gathers what it would run.
import type { CommandSource, Gap, Surroundings } from '../abi/command.ts';
import { runBody, runScript } from './compound.ts';
import { checkText } from './cross-check.ts';
import { Files } from './files.ts';
import { emptyEnv, invoke } from './invoke.ts';
import { addGap, Budget, type Frame, type Machine, type Stdin, type TracedCommand, type Trail } from './machine.ts';
import { parseText } from './parser.ts';
import { notRedirected } from './redirect.ts';
import { Scope } from './scope.ts';
import { checkSize, oddity, topLayers } from './source.ts';
import { freeText, type Text } from './value.ts';
import type { Layer, Word } from './word.ts';
import { literal } from './word-parts.ts';

/** What `analyse` tells, with the words of each command and where they stand. */
export interface TracedAnalysis {
	readonly commands: readonly TracedCommand[];
	readonly gaps: readonly Gap[];
	/** The outermost layers: the text, or one for each word of an argv. */
	readonly roots: readonly Layer[];
}

/** Everything that a source would run. Never throws, and costs at most a fixed amount. */
export function analyseWords(source: CommandSource, around: Surroundings = {}): TracedAnalysis {
	const gaps: Gap[] = [];
	const roots = topLayers(source);
	const tooBig = checkSize(source, around);
	if (tooBig) return { commands: [], gaps: [tooBig], roots };
	const machine = makeMachine(around, gaps);
	const trail: Trail = [];
	const frame = topFrame(around, roots, trail);
	if (typeof source === 'string') machine.runText(frame);
	else runArgv(machine, frame, roots);
	runUncalled(machine);
	return { commands: flatten(trail), gaps, roots };
}

function makeMachine(around: Surroundings, gaps: Gap[]): Machine {
	const machine: Machine = {
		around,
		budget: new Budget((detail) => gaps.push({ kind: 'limit', detail, span: undefined })),
		gaps,
		files: new Files(),
		definitions: [],
		jumps: 0,
		hidesCode: false,
		stopsAtErrors: false,
		runScript: (script, frame) => runScript(machine, frame, script),
		runBody: (definition, frame) => runBody(machine, frame, definition),
		runText: (frame) => runText(machine, frame),
	};
	return machine;
}

function topFrame(around: Surroundings, roots: readonly Layer[], trail: Trail): Frame {
	// Who runs a shell we do not know may give it any input.
	const stdin: Stdin =
		around.input === undefined
			? { kind: around.dialect === 'unknown' ? 'unknown' : 'nothing', isTouched: false }
			: { kind: 'text', text: literal(around.input), isTouched: false };
	return {
		layer: roots[0] ?? { text: '' },
		scope: Scope.start({
			cwd: '',
			positional: [{ value: undefined, pieces: [null], splits: false }],
			aliases: around.dialect === 'unknown' ? 'maybe' : 'off',
			pathChange: undefined,
			exportsAll: false,
			isOdd: false,
			lastPipe: around.dialect === 'unknown',
		}),
		under: [],
		stdin,
		dialect: around.dialect ?? 'bash',
		trail,
		depth: 0,
		calls: [],
		locals: undefined,
		exits: undefined,
		needsOutput: false,
		isOpenEnded: false,
	};
}

/** An argv is executed as it stands; no shell looks at it. */
function runArgv(machine: Machine, frame: Frame, roots: readonly Layer[]): void {
	const words = roots.map((layer): Word => {
		const { text } = layer;
		const origins = () => Array.from(text, (_, at) => ({ start: at, end: at + 1, quoting: 'literal' as const }));
		return { value: text, pieces: [text], splits: false, place: { layer, start: 0, end: text.length }, origins };
	});
	invoke(machine, frame, { words, env: emptyEnv, redirected: notRedirected(frame.stdin), meaning: 'program' });
}

/** Bodies that nothing in the text calls may be called in ways nobody sees. */
function runUncalled(machine: Machine): void {
	// Bodies define functions in turn; the list grows while it is read.
	for (const { definition, frame } of machine.definitions) {
		if (definition.isCalled) continue;
		definition.isCalled = true;
		const scope = frame.scope.fork();
		scope.set('positional', undefined);
		runBody(machine, { ...frame, scope, calls: [{ definition, isWidest: true }], layer: definition.layer }, definition);
	}
}

function flatten(trail: Trail): readonly TracedCommand[] {
	const commands: TracedCommand[] = [];
	const open: { readonly list: Trail; at: number }[] = [{ list: trail, at: 0 }];
	for (let top = open.at(-1); top; top = open.at(-1)) {
		const item = top.list[top.at];
		top.at += 1;
		if (item === undefined) open.pop();
		else if (Array.isArray(item)) open.push({ list: item, at: 0 });
		else commands.push(item);
	}
	return commands;
}

/** Parses the text of the frame's layer, checks that it was read as a shell reads it, and runs it. */
function runText(machine: Machine, frame: Frame): Text {
	const odd = oddity(frame.layer.text);
	if (odd !== undefined) {
		addGap(machine, 'syntax', odd, frame, 0, frame.layer.text.length);
		return freeText;
	}
	const script = parseText(frame.layer.text);
	if (!script) {
		addGap(machine, 'syntax', 'it can not be parsed', frame, 0, frame.layer.text.length);
		return freeText;
	}
	if (!checkText(machine, frame, script)) return freeText;
	return runScript(machine, frame, script);
}
