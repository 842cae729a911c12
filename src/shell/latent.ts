// Code that hides in data: text that arithmetic, subscripts and prompts would execute.
import { addGap, type Frame, type Machine } from './machine.ts';
import type { Text } from './value.ts';

/** Whether a text holds a command substitution that an arithmetic evaluation would run. */
export function holdsCode(text: string): boolean {
	return text.includes('`') || text.includes('$(') || text.includes('${') || text.includes('<(') || text.includes('>(');
}

/** A text that a shell evaluates as arithmetic or as a subscript: its variables may hold code. */
export function checkArithmetic(machine: Machine, frame: Frame, text: string, start: number, end: number): void {
	if (namesHoldCode(machine, frame, text, 0)) {
		addGap(machine, 'script', 'a variable that is evaluated as arithmetic holds a command', frame, start, end);
	}
}

/** Arithmetic evaluates the text of a variable in turn. */
function namesHoldCode(machine: Machine, frame: Frame, text: string, depth: number): boolean {
	if (depth > 8 || frame.scope.holdsNothing) return false;
	for (const [name] of text.matchAll(/[A-Za-z_]\w*/g)) {
		if (!machine.budget.step()) return false;
		const value = frame.scope.value(name);
		for (const choice of value?.choices ?? []) {
			for (const piece of choice) {
				// What was made of a text may still hold what was in it.
				if (typeof piece !== 'string' && machine.hidesCode && !piece.isSteady) return true;
				if (typeof piece !== 'string') continue;
				if (holdsCode(piece) || namesHoldCode(machine, frame, piece, depth + 1)) return true;
			}
		}
	}
	return false;
}

/** A known text in a place where a subscript in it would be evaluated. */
export function checkLatent(machine: Machine, frame: Frame, text: string, start: number, end: number): void {
	if (!holdsCode(text)) return;
	addGap(machine, 'script', 'a text that the shell evaluates holds a command', frame, start, end);
}

/** The same for everything that an expansion may become. */
export function checkLatentTexts(
	machine: Machine,
	frame: Frame,
	texts: readonly Text[],
	start: number,
	end: number,
): void {
	for (const text of texts) {
		for (const piece of text) if (typeof piece === 'string') checkLatent(machine, frame, piece, start, end);
	}
}
