// What a call in source text starts or touches, given what its name does.

import type { Around, Launch } from '../program.ts';
import type { Findings } from '../programs/findings.ts';
import { addPaths } from '../programs/paths.ts';
import type { Word } from '../word.ts';
import { literal, unknownWord } from '../word-parts.ts';
import type { Use } from './language.ts';
import type { Arguments, Value } from './values.ts';

/** Collects what one text does. */
export interface Effects {
	readonly findings: Findings;
	readonly around: Around;
	readonly languageName: string;
	/** Reads further code, a level deeper. */
	readonly evaluate: (language: string, text: string) => undefined;
	/** Set when the code changes its directory: paths are not where they seem. */
	readonly place: { hasMoved: boolean };
	/** Names that start something, to be recognised where they are taken by name. */
	readonly startsSomething: (name: string) => boolean;
}

const unknown: Value = { kind: 'unknown' };

/** Records a call; `receiver` is what stands before the dot of a method. */
export function applyUse(effects: Effects, use: Use, args: Arguments, receiver?: Value): undefined {
	const { values, named } = args;
	switch (use.does) {
		case 'shell': {
			const value = pick(args, use.at);
			if (value) startShell(effects, value, args);
			return;
		}
		case 'argv': {
			startArgv(effects, argvOf(args, use.at ?? 0), args);
			return;
		}
		case 'either': {
			const at = use.at ?? 0;
			const first = pick(args, at);
			if (!first) return;
			const isAlone = values.length <= at + 1 && named.get('executable') === undefined;
			if (first.kind === 'text' && isAlone) startShell(effects, first, args);
			else startArgv(effects, argvOf(args, at), args);
			return;
		}
		case 'split': {
			const value = use.at === 'receiver' ? (receiver ?? unknown) : pick(args, use.at);
			if (value?.kind === 'text' && typeof value.pieces[0] === 'string' && value.pieces.length === 1) {
				startArgv(effects, { items: value.pieces[0].split(/\s+/).filter(Boolean).map(textValue), isOpen: false }, args);
			} else startArgv(effects, value?.kind === 'list' ? value : undefined, args);
			return;
		}
		case 'exec': {
			const at = use.at ?? 0;
			const [program, , ...others] = values.slice(at);
			startArgv(effects, program && { items: [program, ...others], isOpen: false }, args);
			return;
		}
		case 'open':
			openMaybePipe(effects, args);
			return;
		case 'eval': {
			const value = pick(args, use.at);
			if (!value) return;
			const text = knownText(value);
			if (text === undefined) gap(effects, 'evaluates code that is computed');
			else effects.evaluate(use.language ?? effects.languageName, text);
			return;
		}
		case 'load': {
			const value = pick(args, 0);
			if (value && knownText(value) === undefined) gap(effects, 'loads a module whose name is computed');
			return;
		}
		case 'reach': {
			const value = pick(args, use.at);
			const name = value && knownText(value);
			if (name === undefined || effects.startsSomething(name)) gap(effects, 'takes a function by its name');
			return;
		}
		case 'program':
			startBuiltIn(effects, use, args);
			return;
		case 'move':
			effects.place.hasMoved = true;
			return;
		case 'touch':
			touch(effects, use, args, receiver);
			return;
		case 'hide':
			gap(effects, 'can start programs in a way that is not read');
			return;
		default:
			use satisfies never;
	}
}

/** `pip.main(["install", "x"])` is `pip install x`; a module that is run takes its arguments from elsewhere. */
function startBuiltIn(effects: Effects, use: Extract<Use, { does: 'program' }>, args: Arguments): undefined {
	const named = use.at === undefined ? undefined : args.values[use.at];
	const name = use.program ?? (named && knownText(named));
	if (name === undefined) return gap(effects, 'runs a module whose name is computed');
	const list = use.at === undefined ? (args.values[0] ?? args.named.get('args')) : undefined;
	const isKnown = list?.kind === 'list';
	const argv = [literal(name), ...(isKnown ? list.items.map(wordOf) : [])];
	const isOpenEnded = !isKnown || list.isOpen;
	effects.findings.launches.push({ kind: 'argv', argv, isVirtual: true, ...(isOpenEnded && { isOpenEnded }) });
}

/** A text in marks that run it. */
export function startCommand(effects: Effects, pieces: readonly (string | null)[]): undefined {
	startShell(effects, { kind: 'text', pieces }, undefined);
}

export function gap(effects: Effects, what: string): undefined {
	const detail = `the ${effects.languageName} code ${what}`;
	if (!effects.findings.gaps.some((one) => one.detail === detail)) effects.findings.gaps.push({ kind: 'code', detail });
}

function pick({ values, named }: Arguments, at = 0): Value | undefined {
	if (values.length > at) return values[at];
	for (const name of ['args', 'cmd', 'command', 'cmdline', 'program', 'file', 'code']) {
		const value = named.get(name);
		if (value) return value;
	}
	return undefined;
}

interface Argv {
	readonly items: readonly Value[];
	readonly isOpen: boolean;
}

/** A list, or a program followed by a list, or by more texts. */
function argvOf(args: Arguments, at: number): Argv | undefined {
	const first = pick(args, at);
	if (first === undefined) return undefined;
	const rest = args.values.slice(at + 1);
	const argumentList = args.named.get('args');
	const more = argumentList && first !== argumentList ? [...rest, argumentList] : rest;
	const items: Value[] = [];
	let isOpen = false;
	for (const [index, value] of [first, ...more].entries()) {
		if (value.kind === 'list') {
			items.push(...value.items);
			isOpen ||= value.isOpen;
		} else {
			items.push(value);
			if (index > 0 && value.kind === 'unknown') isOpen = true;
		}
	}
	return { items, isOpen };
}

function startArgv(effects: Effects, argv: Argv | undefined, args: Arguments): undefined {
	const program = args.named.get('executable') ?? argv?.items[0];
	const name = program && knownText(program);
	if (argv === undefined || name === undefined) {
		gap(effects, 'starts a program whose name is computed');
		return;
	}
	const words = [literal(name), ...argv.items.slice(1).map(wordOf)];
	const shell = args.named.get('shell');
	const isShell = shell !== undefined && !/^(?:False|false|0|nil|null|None)$/.test(knownText(shell) ?? '?');
	if (isShell) addLaunch(effects, { kind: 'script', words }, args);
	else addLaunch(effects, { kind: 'argv', argv: words, ...(argv.isOpen && { isOpenEnded: true }) }, args);
}

function startShell(effects: Effects, value: Value, args: Arguments | undefined): undefined {
	const text = knownText(value);
	if (text === undefined) gap(effects, 'runs a shell text that is computed');
	else if (text.trim() !== '') addLaunch(effects, { kind: 'script', words: [literal(text)] }, args);
}

function addLaunch(effects: Effects, launch: Launch, args: Arguments | undefined): undefined {
	const directory = args?.named.get('cwd') ?? args?.named.get('current_dir');
	effects.findings.launches.push(directory ? { ...launch, cwd: wordOf(directory) } : launch);
}

/** Perl's and Ruby's `open`: `open(F, "cmd|")`, `open(F, "-|", "cmd", …)`, `open("|cmd")`. */
function openMaybePipe(effects: Effects, args: Arguments): undefined {
	const isPerl = effects.languageName === 'perl';
	const [name, ...rest] = isPerl ? args.values.slice(1) : args.values;
	if (name === undefined) return;
	const start = name.kind === 'text' ? (name.pieces[0] ?? '').trimStart() : '';
	if (isPerl && rest.length > 0) {
		if (start.startsWith('-|') || start.startsWith('|-') || (start === '' && name.kind === 'unknown')) {
			const [first] = rest;
			if (rest.length === 1 && first?.kind !== 'list') startShell(effects, first ?? unknown, args);
			else startArgv(effects, argvOf({ ...args, values: rest }, 0), args);
		} else
			addPaths(effects.findings, /[>+]/.test(start) ? 'writes' : 'reads', [wordOf(rest[0] ?? unknown)], effects.around);
		return;
	}
	const text = knownText(name);
	if (text === undefined) {
		if (/^[<>+]/.test(start) || (!isPerl && start !== '')) effects.findings.unsure.add('reads').add('writes');
		else gap(effects, 'opens a file or a pipe whose name is computed');
		return;
	}
	const trimmed = text.trim();
	if (trimmed.startsWith('|')) startShell(effects, textValue(trimmed.slice(1)), args);
	else if (isPerl && trimmed.endsWith('|')) startShell(effects, textValue(trimmed.slice(0, -1)), args);
	else {
		const path = isPerl ? trimmed.replace(/^[+<>]+/, '').trim() : trimmed;
		const mode = isPerl ? trimmed : (knownText(rest[0] ?? textValue('r')) ?? 'w');
		const writes = isPerl ? mode.startsWith('>') || mode.startsWith('+') : /[wax+]/.test(mode);
		addPaths(effects.findings, writes ? 'writes' : 'reads', [literal(path)], effects.around);
	}
}

function touch(
	effects: Effects,
	use: Extract<Use, { does: 'touch' }>,
	args: Arguments,
	receiver: Value | undefined,
): undefined {
	const { findings, around } = effects;
	const add = (fact: 'reads' | 'writes' | 'deletes', value: Value | undefined): undefined => {
		if (value === undefined) return;
		const items = value.kind === 'list' ? value.items : [value];
		addPaths(findings, fact, items.map(wordOf), around);
		if (value.kind === 'list' && value.isOpen) findings.unsure.add(fact);
	};
	if (use.receiver && receiver) add(use.receiver, receiver);
	if (use.all) for (const value of args.values) add(use.all, value);
	if (use.deletes !== undefined) add('deletes', args.values[use.deletes]);
	if (use.writes !== undefined) add('writes', args.values[use.writes]);
	if (use.reads === undefined) return;
	const mode = use.mode === undefined ? undefined : (args.values[use.mode] ?? args.named.get('mode'));
	if (mode === undefined) return add('reads', args.values[use.reads]);
	const text = knownText(mode);
	if (text === undefined || /[wax+]/.test(text)) add('writes', args.values[use.reads]);
	if (text === undefined || /[r+]/.test(text)) add('reads', args.values[use.reads]);
}

export function knownText(value: Value): string | undefined {
	if (value.kind !== 'text' || value.pieces.includes(null)) return undefined;
	return value.pieces.join('');
}

function wordOf(value: Value): Word {
	if (value.kind !== 'text') return unknownWord();
	const text = knownText(value);
	return text === undefined ? { value: undefined, pieces: value.pieces, splits: false } : literal(text);
}

function textValue(text: string): Value {
	return { kind: 'text', pieces: [text] };
}
