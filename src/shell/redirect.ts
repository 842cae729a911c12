// Redirections: the files they open, and what the command then reads.

import { assign } from './assign.ts';
import { expandParts, expandTexts, expandWord, once, type PathWord } from './expand.ts';
import { checkLatentTexts } from './latent.ts';
import type { Frame, Machine, Stdin } from './machine.ts';
import { heredocText, wordOrigins } from './origins.ts';
import { textOfWord, wordOfText } from './parameter.ts';
import type { HereDoc, Redirection } from './parser.ts';
import { joinPath } from './paths.ts';
import { freeText, knownText, numberValue, type Text } from './value.ts';
import type { Word } from './word.ts';

/** What the redirections of one command do. */
export interface Redirected {
	readonly stdin: Stdin;
	readonly reads: readonly string[];
	readonly writes: readonly string[];
	/** `reads`, `writes`: more files than these, which can't be known. */
	readonly unsure: readonly string[];
	/** The one file that the output replaces. */
	readonly replaced: string | undefined;
	/** Where the output goes: on, elsewhere, or nobody knows; also when an error message may be in it, or the command may not run. */
	readonly output: 'kept' | 'hidden' | 'unknown';
}

/** What of the output of a command comes through. */
export function visibleOutput({ output }: Redirected, written: Text): Text {
	return output === 'kept' ? written : output === 'hidden' ? [] : freeText;
}

export function notRedirected(stdin: Stdin): Redirected {
	return { stdin, reads: [], writes: [], unsure: [], replaced: undefined, output: 'kept' };
}

/** Evaluates redirections in order. */
export function readRedirections(machine: Machine, frame: Frame, redirections: readonly Redirection[]): Redirected {
	if (redirections.length === 0) return notRedirected(frame.stdin);
	let { stdin } = frame;
	let output: Redirected['output'] = 'kept';
	let replaced: string | undefined;
	const [reads, writes, unsure]: [string[], string[], string[]] = [[], [], []];
	for (const redirection of redirections) {
		const { descriptor } = redirection;
		const isInput = descriptor === undefined || (descriptor.type === 'FileDescriptor' && descriptor.value === 0);
		if (redirection.type === 'HereDoc') {
			const text = heredocWord(machine, frame, redirection);
			if (isInput) stdin = { kind: 'text', text, isTouched: false };
			continue;
		}
		if (!redirection.target) continue;
		if (redirection.type === 'HereString') {
			const text = hereStringWord(machine, frame, redirection.target);
			if (isInput) stdin = { kind: 'text', text, isTouched: false };
			continue;
		}
		const { operator } = redirection;
		const target: PathWord | undefined = onlyWord(expandWord(machine, frame, redirection.target));
		if (target) checkLatentTexts(machine, frame, [textOfWord(target)], redirection.pos, redirection.end);
		const opensInput = operator.startsWith('<') && isInput;
		if (operator.endsWith('&') && (target?.value === undefined || /^(?:\d+-?|-)$/.test(target.value))) {
			if (opensInput && target?.value !== '0') stdin = { kind: 'unknown', isTouched: false };
			if (!operator.startsWith('<')) {
				// What goes to the errors may be brought back further out, and errors may be brought in.
				if (target?.value !== '1' || !isOutputOf(descriptor)) output = 'unknown';
				if (target?.value === undefined || !/^[012]$/.test(target.value)) machine.files.forget();
			}
			continue;
		}
		const isOutput = isOutputOf(descriptor);
		const isFile = target?.value !== undefined && !/^\/(?:dev|proc)\/(?!null$)/.test(target.value);
		if (!operator.startsWith('<')) {
			if (isOutput) output = isFile && output !== 'unknown' ? 'hidden' : 'unknown';
		} else if (target?.value !== '/dev/null' && !target?.contents) output = 'unknown';
		if (descriptor?.type !== 'FileDescriptor' && descriptor !== undefined) {
			assign(machine, frame, descriptor.name, numberValue, redirection);
		}
		if (opensInput) stdin = inputFrom(target, frame.stdin);
		if (target?.value !== undefined && isDevice(target.value)) continue;
		const isSubstitution = target !== undefined && target.pieces[0] === '/dev/fd/';
		const path = target?.value === undefined ? undefined : joinPath(frame.scope.setting('cwd'), target.value);
		const kinds = operator === '<>' ? ['reads', 'writes'] : operator.startsWith('<') ? ['reads'] : ['writes'];
		if ((operator === '>' || operator === '>|') && isOutput) replaced = path;
		for (const kind of isSubstitution ? [] : kinds) {
			if (path === undefined) unsure.push(kind);
			else (kind === 'reads' ? reads : writes).push(path);
		}
	}
	return {
		stdin,
		reads,
		writes,
		unsure,
		replaced: writes.length === 1 && unsure.length === 0 ? replaced : undefined,
		output,
	};
}

function isOutputOf(descriptor: Redirection['descriptor']): boolean {
	return descriptor === undefined || (descriptor.type === 'FileDescriptor' && descriptor.value === 1);
}

function onlyWord(rows: readonly (readonly Word[])[]): Word | undefined {
	const [row, another] = rows;
	return row?.length === 1 && !another ? row[0] : undefined;
}

/** Files that hold nothing and keep nothing. */
function isDevice(path: string): boolean {
	return /^\/dev\/(?:null|zero|tty|stdin|stdout|stderr|fd\/\d+)$/.test(path);
}

function inputFrom(target: PathWord | undefined, before: Stdin): Stdin {
	if (target?.value === '/dev/null') return { kind: 'nothing', isTouched: false };
	if (target?.value === '/dev/stdin' || target?.value === '/dev/fd/0') return before;
	if (target?.contents) return { kind: 'text', text: wordOfText(target.contents), isTouched: false };
	return { kind: 'unknown', isTouched: false };
}

/** The body as a word of its own, with its expansions evaluated. */
function heredocWord(machine: Machine, frame: Frame, node: HereDoc): Word {
	const { body } = node;
	const terms = { stripsTabs: node.operator === '<<-', isQuoted: node.delimiter?.quoted ?? false };
	const parts = terms.isQuoted ? undefined : body.parts;
	const isDynamic = parts?.some((part) => part.type !== 'Literal') ?? false;
	const place = { layer: frame.layer, start: body.pos, end: body.end };
	if (parts && isDynamic) {
		const word = wordOfText(joinRows(expandParts(machine, frame, parts, true)));
		// With tabs removed in places nobody kept, the text is not exactly known.
		return terms.stripsTabs ? { value: undefined, pieces: [null], splits: false, place } : { ...word, place };
	}
	const { text, origins } = heredocText(frame.layer.text.slice(body.pos, body.end), body.pos, terms);
	return { value: text, pieces: [text], splits: false, place, origins: once(origins) };
}

function joinRows(rows: ReturnType<typeof expandParts>): Text {
	const [row, another] = rows;
	if (!row || another) return [{ isSteady: false }];
	return row.flatMap((fragment) =>
		'piece' in fragment ? (fragment.piece === '' ? [] : [fragment.piece]) : [{ isSteady: false }],
	);
}

function hereStringWord(
	machine: Machine,
	frame: Frame,
	node: NonNullable<Extract<Redirection, { type: 'HereString' }>['target']>,
): Word {
	const [text, another] = expandTexts(machine, frame, node);
	const place = { layer: frame.layer, start: node.pos, end: node.end };
	if (!text || another) return { value: undefined, pieces: [null], splits: false, place };
	const known = knownText(text);
	if (known === undefined) return { ...wordOfText(text), place };
	const value = `${known}\n`;
	const origins = once(() => {
		const own = wordOrigins(node.text, node.pos, known);
		return own && [...own, undefined];
	});
	return { value, pieces: [value], splits: false, place, origins };
}
