// Giving one command of a text other words, while every byte outside of them stays.
import type { CommandSource, EditOutcome, Gap, NewWord, Surroundings } from '../abi/command.ts';
import { type Intent, objection } from './edit-check.ts';
import { type Change, changesFor } from './edit-words.ts';
import { applied, lift, type Splice } from './lift.ts';
import type { TracedCommand } from './machine.ts';
import { analyseWords, type TracedAnalysis } from './walk.ts';
import type { Layer } from './word.ts';

/** An analysis in which every command knows where its words stand. */
export interface Reading {
	readonly commands: readonly TracedCommand[];
	readonly gaps: readonly Gap[];
}

/**
 * `source` with the words `argv` for command `index` of its analysis, or why there is no exact way to write that.
 * Nothing is printed anew: raw words are inserted, replaced and removed where they stand, through every layer of quoting,
 * and the result is read again. It is returned only when nothing but the intended words differs.
 */
export function edit(
	source: CommandSource,
	index: number,
	argv: readonly NewWord[],
	around: Surroundings = {},
): EditOutcome {
	const before = analyseWords(source, around);
	const target = before.commands[index];
	if (!target) return refused(`there is no command ${index}`);
	if (argv.length === target.words.length && argv.every((word, at) => 'keep' in word && word.keep === at)) {
		return { kind: 'edited', source };
	}
	const [first] = argv;
	if (target.isVirtual && !(first && 'keep' in first && first.keep === 0)) {
		return refused(`\`${target.spelled}\` is started by a name that only its launcher understands`);
	}
	if (typeof source === 'string') return editText(source, before, index, argv, around);
	// Of an execution the first command is the argv itself, and its words are bytes that no shell text could hold.
	return around.isExecution === true && index === 0 && target.words.length === source.length
		? editExecution(source, before, argv, around)
		: editItems(source, before, index, argv, around);
}

function editText(
	source: string,
	before: Reading,
	index: number,
	argv: readonly NewWord[],
	around: Surroundings,
): EditOutcome {
	const changes = changesFor(before.commands[index]?.words ?? [], argv);
	if (typeof changes === 'string') return refused(changes);
	const lifted = liftAll(changes, source);
	if (typeof lifted === 'string') return refused(lifted);
	const result = applied(source, lifted.outermost);
	if (result === undefined) return refused('the changes touch the same text');
	const touches: Intent['touches'] = (command, word) => {
		const place = command.words[word]?.place;
		return (lifted.splices.get(place?.layer as Layer) ?? []).some(
			({ start, end }) => place !== undefined && start <= place.end && place.start <= end,
		);
	};
	const reason = objection(before, analyseWords(result, around), { index, argv, touches });
	return reason === undefined ? { kind: 'edited', source: result } : refused(reason);
}

function editExecution(
	source: readonly string[],
	before: TracedAnalysis,
	argv: readonly NewWord[],
	around: Surroundings,
): EditOutcome {
	const changes = changesFor(before.commands[0]?.words ?? [], argv);
	if (typeof changes === 'string') return refused(changes);
	const items = argv.map((word) => ('keep' in word ? (source[word.keep] ?? '') : word.put));
	const kept = new Set(argv.flatMap((word) => ('keep' in word ? (before.roots[word.keep] ?? []) : [])));
	const touches: Intent['touches'] = (command, word) => {
		const layer = command.words[word]?.place?.layer;
		return layer !== undefined && before.roots.includes(layer) && !kept.has(layer);
	};
	const reason = objection(before, analyseWords(items, around), { index: 0, argv, touches });
	return reason === undefined ? { kind: 'edited', source: items } : refused(reason);
}

/** An argv is edited as the shell text that says the same, so that scripts inside of its items are no special case. */
function editItems(
	source: readonly string[],
	before: Reading,
	index: number,
	argv: readonly NewWord[],
	around: Surroundings,
): EditOutcome {
	const text = source.map((item) => `'${item.replaceAll("'", "'\\''")}'`).join(' ');
	const asText = analyseWords(text, around);
	const reason = 'a program without a shell would be read in another way';
	if (!isSameReading(before, asText)) return refused(reason);
	const outcome = editText(text, asText, index, argv, around);
	if (outcome.kind === 'refused') return outcome;
	const edited = analyseWords(outcome.source, around);
	const items = edited.commands[0]?.words.map(({ value }) => value) ?? [];
	if (!items.every((item) => item !== undefined)) return refused(reason);
	return isSameReading(analyseWords(items, around), edited) ? { kind: 'edited', source: items } : refused(reason);
}

function isSameReading(one: Reading, other: Reading): boolean {
	return essenceOf(one) === essenceOf(other);
}

/** All that a reading says, but for where it stands. */
function essenceOf({ commands, gaps }: Reading): string {
	const kinds = gaps.map(({ kind }) => kind);
	return JSON.stringify([commands.map(({ words: _words, span: _span, ...rest }) => rest), kinds]);
}

/** Every change carried out to the outermost text, and what it is on the way there. */
function liftAll(changes: readonly Change[], source: string) {
	const splices = new Map<Layer, Splice[]>();
	const outermost: Splice[] = [];
	for (const [layer, inner] of byLayer(changes)) {
		let own: readonly Splice[] = inner;
		let at = layer;
		for (;;) {
			const known = splices.get(at);
			if (known) known.push(...own);
			else splices.set(at, [...own]);
			if (!at.outer) break;
			const lifted = lift(own, at.outer);
			if (typeof lifted === 'string') return lifted;
			own = lifted;
			at = at.outer.layer;
		}
		if (at.text !== source) return 'the command does not stand in this text';
		outermost.push(...own);
	}
	return { splices, outermost };
}

/** Words may stand in several texts: those of `sh -c 'git "$@"' _ a b` do. Each is traced back once. */
function byLayer(changes: readonly Change[]): ReadonlyMap<Layer, readonly Splice[]> {
	const groups = new Map<Layer, Splice[]>();
	for (const { layer, splice } of changes) {
		const group = groups.get(layer);
		if (group) group.push(splice);
		else groups.set(layer, [splice]);
	}
	return groups;
}

function refused(reason: string): EditOutcome {
	return { kind: 'refused', reason };
}
