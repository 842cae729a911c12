// `[[ … ]]`: its substitutions, and the arithmetic in its operands.
import { expandTexts } from './expand.ts';
import { checkArithmetic, checkLatentTexts } from './latent.ts';
import { limits } from './limits.ts';
import type { Frame, Machine } from './machine.ts';
import type { TestExpression, WordNode } from './parser.ts';

const arithmetic: ReadonlySet<string> = new Set(['-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-v', '-R']);

export function runTest(machine: Machine, frame: Frame, expression: TestExpression, depth = 0): void {
	if (depth > limits.nesting) {
		machine.budget.exhaust('it is nested too deep');
		return;
	}
	switch (expression.type) {
		case 'TestUnary':
			runOperand(machine, frame, expression.operand, arithmetic.has(expression.operator));
			return;
		case 'TestBinary':
			runOperand(machine, frame, expression.left, arithmetic.has(expression.operator));
			runOperand(machine, frame, expression.right, arithmetic.has(expression.operator));
			return;
		case 'TestLogical':
			for (const operand of expression.operands) runTest(machine, frame, operand, depth + 1);
			return;
		case 'TestNot':
			runTest(machine, frame, expression.operand, depth + 1);
			return;
		case 'TestGroup':
			runTest(machine, frame, expression.expression, depth + 1);
			return;
		default:
			expression satisfies never;
	}
}

function runOperand(machine: Machine, frame: Frame, word: WordNode, isArithmetic: boolean): void {
	const texts = expandTexts(machine, frame, word);
	if (!isArithmetic) return;
	checkArithmetic(machine, frame, word.text, word.pos, word.end);
	checkLatentTexts(machine, frame, texts, word.pos, word.end);
}
