// The one home of the CEL library: it reads the text and checks the types. What a condition means is computed by us.
import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import { errorText } from '../abi/problem.ts';
import { readNumber } from '../text/numbers.ts';
import { isInteger, opposite } from './cel-arithmetic.ts';
import { celLimits } from './cel-limits.ts';
import { explainFault } from './cel-mistakes.ts';
import type { BinaryOperator, CelFault, CelNode, Span } from './cel-nodes.ts';
import { isCelNumber } from './cel-values.ts';

/** What names stand for, as CEL calls the types: `{ args: 'map<string, dyn>' }`. */
export type Declarations = Readonly<Record<string, string>>;

/** Reads the text of one language: the same functions everywhere, and names of its own. */
export interface CelReader {
	readonly names: readonly string[];
	read(text: string): CelParsed | CelFault;
}

export interface CelParsed {
	readonly tree: CelNode;
	/** The type of the whole, or what does not fit together. Asked for last: nearer causes are to be reported first. */
	type(): string | CelFault;
}

/** The library is not touched before the first text is read: in most policies there is none. */
export function celReader(declarations: Declarations): CelReader {
	let environment: Environment | undefined;
	const names = Object.keys(declarations);
	const fault = (thrown: unknown, text: string) => explainFault(faultOf(thrown), text, names);
	return {
		names,
		read(text) {
			if (text.length > celLimits.textLength) {
				const message = `a condition has at most ${celLimits.textLength} characters`;
				return { kind: 'fault', start: 0, end: text.length, message, help: 'say it in several rules' };
			}
			try {
				environment ??= environmentOf(declarations);
				const parsed = environment.parse(text);
				return { tree: convert(parsed.ast, text, 0), type: () => typeOf(parsed, (thrown) => fault(thrown, text)) };
			} catch (thrown) {
				return fault(thrown, text);
			}
		},
	};
}

/** What the library says is wrong. Anything it throws beside its own errors (its stack overflows) is about the whole. */
export interface EngineFault extends Span {
	readonly code: string;
	readonly summary: string;
}

function faultOf(thrown: unknown): EngineFault | CelFault {
	if (thrown instanceof Refused) return thrown.fault;
	const { code, summary, range } = thrown as { code?: unknown; summary?: unknown; range?: Span };
	if (typeof code === 'string' && typeof summary === 'string' && range !== undefined)
		return { code, summary, ...range };
	return { code: 'unknown', summary: errorText(thrown), start: 0, end: Number.MAX_SAFE_INTEGER };
}

function typeOf(parsed: ParseResult, fault: (thrown: unknown) => CelFault): string | CelFault {
	try {
		const { valid, type, error } = parsed.check();
		if (valid && type !== undefined) return type;
		// At a loss what the items of `[]` are. Evaluation looks at every value all the same.
		return error instanceof Error && error.message.includes('overlaps with') ? 'dyn' : fault(error);
	} catch (thrown) {
		return fault(thrown);
	}
}

function environmentOf(declarations: Declarations): Environment {
	const { nodes, depth, listLength } = celLimits;
	const environment = new Environment({
		homogeneousAggregateLiterals: false,
		limits: { maxAstNodes: nodes, maxDepth: depth / 4, maxListElements: listLength, maxMapEntries: listLength },
	});
	for (const [name, type] of Object.entries(declarations)) environment.registerVariable(name, type);
	// Declared for the type checker only; what they do stands in cel-functions.ts and cel-arithmetic.ts.
	environment.registerFunction('re2(string, string): bool', notHere);
	environment.registerOperator('int == double: bool', notHere);
	for (const op of ['+', '-', '*', '/']) {
		environment.registerOperator(`int ${op} double: double`, notHere);
		environment.registerOperator(`double ${op} int: double`, notHere);
	}
	return environment;
}

function notHere(): never {
	throw new TypeError('the library evaluates nothing');
}

/** Thrown while a tree is converted, and caught where the conversion began. */
class Refused extends Error {
	constructor(readonly fault: CelFault) {
		super(fault.message);
	}
}

function refuse({ start, end }: Span, message: string, help?: string): never {
	throw new Refused({ kind: 'fault', start, end, message, ...(help === undefined ? {} : { help }) });
}

const binaryOperators = '== != < <= > >= in + - * / %'.split(' ');

function convert(node: ASTNode, text: string, depth: number): CelNode {
	const { start, end } = node;
	if (depth > celLimits.depth) refuse(node, 'this is nested too deeply', 'say it in several rules');
	const part = (child: ASTNode) => convert(child, text, depth + 1);
	switch (node.op) {
		case 'value':
			return { start, end, kind: 'literal', value: literalOf(node, text) };
		case 'id':
			return { start, end, kind: 'variable', name: node.args };
		case '.':
			return { start, end, kind: 'field', of: part(node.args[0]), key: node.args[1] };
		case '[]':
			return { start, end, kind: 'index', of: part(node.args[0]), index: part(node.args[1]) };
		case 'call':
			return { start, end, kind: 'call', name: node.args[0], args: node.args[1].map(part) };
		case 'rcall': {
			const [name, receiver, args] = node.args;
			return { start, end, kind: 'call', name, receiver: part(receiver), args: args.map(part) };
		}
		case 'list':
			return { start, end, kind: 'list', items: node.args.map(part) };
		case 'map':
			return { start, end, kind: 'map', entries: node.args.map(([key, value]) => [part(key), part(value)]) };
		case '?:': {
			const [test, yes, no] = node.args;
			return { start, end, kind: 'choice', test: part(test), yes: part(yes), no: part(no) };
		}
		case '&&':
		case '||':
			return { start, end, kind: node.op === '&&' ? 'and' : 'or', left: part(node.args[0]), right: part(node.args[1]) };
		case '!_':
			return { start, end, kind: 'not', of: part(node.args) };
		case '-_':
			return negated(node, part, start, end);
		default: {
			if (!binaryOperators.includes(node.op)) refuse(node, `\`${node.op}\` is not known here`);
			const [left, right] = (node as Extract<ASTNode, { op: '==' }>).args;
			return { start, end, kind: 'binary', op: node.op as BinaryOperator, left: part(left), right: part(right) };
		}
	}
}

type Of<Op extends ASTNode['op']> = Extract<ASTNode, { op: Op }>;

/** `-9223372036854775808` is an integer of CEL, although its digits alone are not. */
function negated(node: Of<'-_'>, part: (child: ASTNode) => CelNode, start: number, end: number): CelNode {
	const { args } = node;
	const value = args.op === 'value' ? args.args : undefined;
	if (typeof value === 'bigint' && isInteger(-value)) return { start, end, kind: 'literal', value: -value };
	const of = part(args);
	const isDigits = of.kind === 'literal' && isCelNumber(of.value) && typeof of.value !== 'bigint';
	return isDigits ? { start, end, kind: 'literal', value: opposite(of.value) } : { start, end, kind: 'minus', of };
}

function literalOf(node: Of<'value'>, text: string) {
	const { args: value } = node;
	switch (typeof value) {
		case 'bigint':
			if (!isInteger(value)) refuse(node, 'this number does not fit into 64 bits', 'write it with a fraction: `1e30`');
			return value;
		case 'number': {
			// As exact as a number of the same digits in a call.
			const read = readNumber(text.slice(node.start, node.end));
			return read.ok ? read.value : value;
		}
		case 'string':
		case 'boolean':
			return value;
		default:
			if (value === null) return null;
			return value instanceof Uint8Array
				? refuse(node, 'arguments hold no bytes', 'write text without the `b`')
				: refuse(node, 'arguments hold no unsigned numbers', 'write the number without the `u`');
	}
}
