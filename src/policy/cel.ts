// Conditions between values in CEL: text in, a question that can be asked of any call out, or what is wrong with the text.
import { checkTree } from './cel-check.ts';
import { compileTree } from './cel-evaluate.ts';
import type { CelFault, Span } from './cel-nodes.ts';
import { type CelReader, celReader } from './cel-parse.ts';
import { type CelRead, readsOf } from './cel-reads.ts';
import { Failure } from './cel-run.ts';
import type { CelValue } from './cel-values.ts';

/** What a condition's names stand for; a name that is undefined has no answer. */
export type CelVariables = Readonly<Record<string, CelValue | undefined>>;

/** An answer, or why there is none and which part of the text has none. */
export type CelOutcome =
	| { readonly kind: 'value'; readonly value: CelValue }
	| ({ readonly kind: 'failure'; readonly reason: string } & Span);

/** A condition that was read and checked. Immutable, and the same answer to the same question every time. */
export interface Cel {
	readonly kind: 'cel';
	readonly text: string;
	/** What it looks at: `args.amount`, `agent`. */
	readonly reads: readonly CelRead[];
	/** Never throws, and takes a bounded time whatever the values are. */
	eval(variables: CelVariables): CelOutcome;
}

/** Any expression, whatever it gives: see {@link compileCel}. */
export function compileExpression(text: string, reader: CelReader): (Cel & { readonly type: string }) | CelFault {
	const parsed = reader.read(text);
	if ('kind' in parsed) return parsed;
	const { tree } = parsed;
	const checked = checkTree(tree, text);
	if ('kind' in checked) return checked;
	const type = parsed.type();
	if (typeof type !== 'string') return type;
	const evaluate = compileTree(tree, checked.patterns);
	return { kind: 'cel', text, type, reads: readsOf(tree), eval: (variables) => outcomeOf(evaluate(variables)) };
}

function outcomeOf(result: CelValue | Failure): CelOutcome {
	if (!(result instanceof Failure)) return { kind: 'value', value: result };
	const { at, reason } = result;
	return { kind: 'failure', reason, start: at.start, end: at.end };
}

/** The names a condition of a rule knows, and their types. */
const conditionReader = celReader({
	args: 'map<string, dyn>',
	agent: 'string',
	driver: 'string',
	tool: 'string',
	now: 'google.protobuf.Timestamp',
});

/** The condition of a rule: true or false of any call. */
export function compileCel(text: string): Cel | CelFault {
	const compiled = compileExpression(text, conditionReader);
	if (compiled.kind === 'fault' || compiled.type === 'bool' || compiled.type === 'dyn') return compiled;
	const message = 'a condition is true or false, and this is neither';
	return { kind: 'fault', start: 0, end: text.length, message, help: 'compare it with something: `… == …`' };
}
