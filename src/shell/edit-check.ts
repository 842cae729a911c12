// Whether a changed text says exactly what was intended, told by reading both texts.
import type { NewWord } from '../abi/command.ts';
import type { Reading } from './edit.ts';
import type { TracedCommand } from './machine.ts';

/** What was meant to happen to one command. */
export interface Intent {
	readonly index: number;
	readonly argv: readonly NewWord[];
	/** Whether the change touches the raw text of a word. */
	readonly touches: (command: TracedCommand, word: number) => boolean;
}

/**
 * Undefined when `after` is `before` with only the intended command changed, and with it what it launches and the words
 * of its launchers that hold it; else the reason, in plain words.
 */
export function objection(before: Reading, after: Reading, intent: Intent): string | undefined {
	if (hasMoreGaps(before, after)) return 'the result can be read less well than the text it comes from';
	const roles = rolesOf(before.commands, intent.index);
	let there = 0;
	for (let here = 0; here < before.commands.length; ) {
		const [old, now] = [before.commands[here], after.commands[there]];
		if (!old || !now) return 'the result has fewer commands';
		const role = roles[here] ?? 'other';
		const reason = role === 'target' ? misread(old, now, intent) : differs(old, now, role, intent);
		if (reason !== undefined) return reason;
		[here, there] = [here + 1, there + 1];
		if (role !== 'target') continue;
		// What it launches follows from its words.
		while (isBelow(before.commands[here], old)) here += 1;
		while (isBelow(after.commands[there], old)) there += 1;
	}
	return there === after.commands.length ? undefined : 'the result has more commands';
}

/** Gaps may go with the words that made them; none may come. */
function hasMoreGaps(before: Reading, after: Reading): boolean {
	const left = before.gaps.map(({ kind }) => kind);
	for (const { kind } of after.gaps) {
		const at = left.indexOf(kind);
		if (at < 0) return true;
		left.splice(at, 1);
	}
	return false;
}

type Role = 'target' | 'launcher' | 'other';

/** A raw command may be reported several times, once for each time or way it runs: all of these change together. */
function rolesOf(commands: readonly TracedCommand[], index: number): readonly Role[] {
	const roles: Role[] = commands.map(() => 'other');
	const target = commands[index];
	/** The last command seen at each depth: the launchers of what follows. */
	const path: number[] = [];
	for (const [at, command] of commands.entries()) {
		const depth = command.under.length;
		path.length = Math.min(path.length, depth);
		path[depth] = at;
		if (at !== index && !(target && isSameText(command, target))) continue;
		for (const above of path.slice(0, depth)) if (above !== undefined) roles[above] = 'launcher';
		roles[at] = 'target';
	}
	return roles;
}

function isSameText(one: TracedCommand, other: TracedCommand): boolean {
	if (!one.span || !other.span || one.span.start !== other.span.start || one.span.end !== other.span.end) return false;
	const isAsDeep = one.under.length === other.under.length && one.words.length === other.words.length;
	// `$p x` in a loop may be several programs: what is meant for one of them is not meant for all.
	return isAsDeep && one.kind === other.kind && one.spelled === other.spelled;
}

function isBelow(command: TracedCommand | undefined, launcher: TracedCommand): boolean {
	return command !== undefined && command.under.length > launcher.under.length;
}

function misread(old: TracedCommand, now: TracedCommand, { argv }: Intent): string | undefined {
	const wanted = argv.map((word) => ('put' in word ? word.put : (old.argv[word.keep] ?? null)));
	if (!isSame(now.argv, wanted)) return 'the result would not get exactly these words';
	if (!isSame(surroundingsOf(old), surroundingsOf(now))) return 'the result would run in another way or place';
	const [program] = argv;
	const isKept = program !== undefined && 'keep' in program && program.keep === 0;
	if (isKept ? now.kind !== old.kind : now.kind === 'function' || now.kind === 'redirection') {
		return `the text gives \`${now.spelled}\` another meaning`;
	}
	return undefined;
}

function surroundingsOf({ under, cwd, isOpenEnded, words }: TracedCommand): unknown {
	return { under, cwd, isOpenEnded, splits: words.filter((word) => word.splits).length };
}

function differs(old: TracedCommand, now: TracedCommand, role: Role, { touches }: Intent): string | undefined {
	const reason = `the change would also change the command \`${old.spelled}\``;
	const { words: oldWords, span: _oldSpan, ...oldFacts } = old;
	const { words: _words, span: _span, ...nowFacts } = now;
	if (isSame(oldFacts, nowFacts)) return undefined;
	if (role !== 'launcher') return reason;
	// A launcher holds the command in its own words: those may change, and what they are known for.
	const { argv: oldArgv, facts: _oldFacts, flags: _oldFlags, unsure: _oldUnsure, ...oldRest } = oldFacts;
	const { argv: nowArgv, facts: _facts, flags: _flags, unsure: _unsure, ...nowRest } = nowFacts;
	if (!isSame(oldRest, nowRest)) return reason;
	const touched = oldWords.flatMap((_, at) => (touches(old, at) ? [at] : []));
	const [first, last] = [touched[0], touched.at(-1)];
	if (first === undefined || last === undefined) return reason;
	const behind = oldArgv.length - 1 - last;
	const keepsStart = isSame(oldArgv.slice(0, first), nowArgv.slice(0, first));
	const keepsEnd = isSame(oldArgv.slice(oldArgv.length - behind), nowArgv.slice(nowArgv.length - behind));
	return keepsStart && keepsEnd && nowArgv.length >= first + behind ? undefined : reason;
}

function isSame(one: unknown, other: unknown): boolean {
	return JSON.stringify(one) === JSON.stringify(other);
}
