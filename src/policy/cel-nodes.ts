// A condition in CEL as a tree, and what is wrong with one that is none.
import type { Problem } from '../abi/problem.ts';
import type { CelValue } from './cel-values.ts';

/** A stretch of the condition's text, in UTF-16 units. */
export interface Span {
	readonly start: number;
	readonly end: number;
}

/** Why a text is no condition, and which part of it. */
export interface CelFault extends Span, Pick<Problem, 'message' | 'label' | 'help' | 'note'> {
	readonly kind: 'fault';
}

export type BinaryOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | '+' | '-' | '*' | '/' | '%';

/** Macros (`has`, `all` …) are calls too; their names and bodies are arguments. */
export type CelNode = Span &
	(
		| { readonly kind: 'literal'; readonly value: CelValue }
		| { readonly kind: 'variable'; readonly name: string }
		| { readonly kind: 'field'; readonly of: CelNode; readonly key: string }
		| { readonly kind: 'index'; readonly of: CelNode; readonly index: CelNode }
		| { readonly kind: 'call'; readonly name: string; readonly receiver?: CelNode; readonly args: readonly CelNode[] }
		| { readonly kind: 'list'; readonly items: readonly CelNode[] }
		| { readonly kind: 'map'; readonly entries: readonly (readonly [CelNode, CelNode])[] }
		| { readonly kind: 'choice'; readonly test: CelNode; readonly yes: CelNode; readonly no: CelNode }
		| { readonly kind: 'and' | 'or'; readonly left: CelNode; readonly right: CelNode }
		| { readonly kind: 'not' | 'minus'; readonly of: CelNode }
		| { readonly kind: 'binary'; readonly op: BinaryOperator; readonly left: CelNode; readonly right: CelNode }
	);

export type CallNode = Extract<CelNode, { kind: 'call' }>;

/** The parts of a node, in the order they stand. */
export function childrenOf(node: CelNode): readonly CelNode[] {
	switch (node.kind) {
		case 'literal':
		case 'variable':
			return [];
		case 'field':
		case 'not':
		case 'minus':
			return [node.of];
		case 'index':
			return [node.of, node.index];
		case 'call':
			return node.receiver === undefined ? node.args : [node.receiver, ...node.args];
		case 'list':
			return node.items;
		case 'map':
			return node.entries.flat();
		case 'choice':
			return [node.test, node.yes, node.no];
		case 'and':
		case 'or':
		case 'binary':
			return [node.left, node.right];
		default:
			return node satisfies never;
	}
}

/** How many nodes a tree has: what one evaluation of it costs, its loops aside. */
export function weightOf(node: CelNode): number {
	return childrenOf(node).reduce((sum, child) => sum + weightOf(child), 1);
}

/** Calls that put each item of a list, or each key of a mapping, into a name. */
export const loopNames = ['all', 'exists', 'exists_one', 'filter', 'map'] as const;
export type LoopName = (typeof loopNames)[number];

export type LoopNode = CallNode & { readonly name: LoopName; readonly receiver: CelNode };

export function isLoop(node: CelNode): node is LoopNode {
	return node.kind === 'call' && node.receiver !== undefined && (loopNames as readonly string[]).includes(node.name);
}
