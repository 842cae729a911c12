// Calls of functions that the text defines.
import { type Invocation, note } from './invoke.ts';
import { addGap, type Frame, type Machine } from './machine.ts';
import type { Bindings, Definition } from './scope.ts';
import { freeText, type Text } from './value.ts';

/** Reports the call and looks at the bodies that the name may stand for. */
export function callFunction(
	machine: Machine,
	frame: Frame,
	invocation: Invocation,
	name: string,
	bindings: Bindings,
): Text {
	note(machine, frame, invocation, 'function', name, {});
	const outputs: Text[] = [];
	const before = frame.scope;
	const layers = [];
	for (const definition of bindings) {
		const scope = before.fork();
		layers.push(scope);
		if (!definition) continue;
		outputs.push(runBody(machine, { ...frame, scope }, invocation, definition));
	}
	const [layer] = layers;
	if (layer && layers.length === 1) before.adopt(layer);
	else before.join(layers);
	const [output, another] = outputs;
	return output && !another ? output : freeText;
}

function runBody(machine: Machine, frame: Frame, invocation: Invocation, definition: Definition): Text {
	const inside = frame.calls.filter((call) => call.definition === definition);
	// The widest call stands for all that follow.
	if (inside.some((call) => call.isWidest)) return freeText;
	const isWidest = inside.length >= 2;
	if (frame.calls.length > 32) {
		addGap(machine, 'limit', 'functions call each other too often', frame, invocation.start, invocation.end);
		return freeText;
	}
	definition.isCalled = true;
	const positional = frame.scope.setting('positional');
	const [zero] = positional ?? [];
	const [, ...given] = invocation.words;
	const isKnown = !isWidest && given.every((word) => !word.splits) && !frame.isOpenEnded && zero;
	if (isWidest) frame.scope.forget();
	frame.scope.set('positional', isKnown ? [zero, ...given] : undefined);
	const output = machine.runBody(definition, {
		...frame,
		layer: definition.layer,
		stdin: invocation.redirected.stdin,
		calls: [...frame.calls, { definition, isWidest }],
	});
	frame.scope.set('positional', positional);
	return output;
}
