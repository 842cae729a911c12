// What a condition looks at: the names it knows, and the fields below them as far as they are written out.
import { type CelNode, childrenOf, isLoop, type Span } from './cel-nodes.ts';

export interface CelRead extends Span {
	/** `['args', 'amount']`. */
	readonly path: readonly string[];
}

/** In the order of the text. The name of a loop's item is none of the caller's. */
export function readsOf(tree: CelNode, hidden: ReadonlySet<string> = new Set()): CelRead[] {
	const path = pathOf(tree);
	if (path !== undefined) return hidden.has(path[0] ?? '') ? [] : [{ path, start: tree.start, end: tree.end }];
	if (!isLoop(tree)) return childrenOf(tree).flatMap((child) => readsOf(child, hidden));
	const [item, ...bodies] = tree.args;
	const inner = item?.kind === 'variable' ? new Set([...hidden, item.name]) : hidden;
	return [...readsOf(tree.receiver, hidden), ...bodies.flatMap((body) => readsOf(body, inner))];
}

function pathOf(node: CelNode): readonly string[] | undefined {
	if (node.kind === 'variable') return [node.name];
	const isKey = node.kind === 'index' && node.index.kind === 'literal' && typeof node.index.value === 'string';
	const key = node.kind === 'field' ? node.key : isKey ? (node.index.value as string) : undefined;
	if (key === undefined || (node.kind !== 'field' && node.kind !== 'index')) return undefined;
	const of = pathOf(node.of);
	return of && [...of, key];
}
