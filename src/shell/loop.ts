// Loops: a body that runs any number of times, until what it changes is covered.

import { assign } from './assign.ts';
import { limits } from './limits.ts';
import type { Exits, Frame, Machine } from './machine.ts';
import { textOfWord } from './parameter.ts';
import type { Scope } from './scope.ts';
import { distinct, freeText, type Text, unknownValue } from './value.ts';
import type { Word } from './word.ts';

interface Variable {
	readonly name: string;
	/** What it takes in turn; undefined when unknown. */
	readonly items: readonly Word[] | undefined;
}

/**
 * Runs a body as often as it takes to know everything that its passes may do: once where it changes nothing it reads,
 * again with what it changed, at last with all of that unknown. Only the last pass is reported.
 */
export function runLoop(machine: Machine, frame: Frame, body: (frame: Frame) => void, variable?: Variable): Text {
	const before = frame.scope.fork();
	for (let pass = 0; ; pass += 1) {
		const entry = frame.scope.fork();
		if (pass > 0) entry.adopt(before);
		if (variable) assign(machine, { ...frame, scope: entry }, variable.name, { choices: choicesOf(variable) });
		const layer = entry.fork();
		const trail: Frame['trail'] = [];
		const [gaps, definitions] = [machine.gaps.length, machine.definitions.length];
		if (!machine.budget.step()) return freeText;
		const exits: Exits = { kind: 'loop', boundary: entry, layers: [], outer: frame.exits };
		// What a file holds may be what a later pass writes.
		machine.files.forget();
		body({ ...frame, scope: layer, trail, needsOutput: false, exits });
		if (exits.layers.length > 0) layer.join([layer.since(entry), ...exits.layers]);
		const outgrown = entry.outgrown(layer);
		if ((outgrown.length === 0 && entry.coversState(layer)) || pass > 3) {
			machine.files.forget();
			frame.trail.push(trail);
			entry.adopt(layer);
			frame.scope.join([entry, frame.scope.fork()]);
			return freeText;
		}
		machine.gaps.length = gaps;
		machine.definitions.length = definitions;
		widen(before, layer, outgrown, pass);
	}
}

/** What a pass may find when it starts: more each time, at last nothing is known. */
function widen(before: Scope, layer: Scope, outgrown: readonly string[], pass: number): void {
	if (pass < 2) before.join([before.fork(), layer]);
	else if (pass === 2) for (const name of outgrown) before.assign(name, unknownValue);
	else before.forget();
}

function choicesOf({ items }: Variable): readonly Text[] {
	if (!items || items.length === 0 || items.length > limits.choices) return [freeText];
	const texts = items.map((word) => (word.splits ? globText(word) : textOfWord(word)));
	return texts.every((text) => text !== undefined) ? distinct(texts) : [freeText];
}

/** A path that a glob matches, or the glob itself. */
function globText({ place }: Word): Text | undefined {
	const raw = place?.layer.text.slice(place.start, place.end) ?? '';
	return /^[\w./][\w./*?-]*$|^[*?]+[\w./][\w./*?-]*$/.test(raw) ? [{ isSteady: false, paths: [raw] }] : undefined;
}
