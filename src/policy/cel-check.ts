// What a condition may not say although it is CEL: functions we don't have, patterns that are not written out, loops within loops within loops.
import { suggest } from '../text/suggest.ts';
import { quote } from '../text/words.ts';
import { type CelFunction, celFunctions } from './cel-functions.ts';
import { celLimits } from './cel-limits.ts';
import { type CallNode, type CelFault, type CelNode, childrenOf, isLoop, loopNames, type Span } from './cel-nodes.ts';
import { Failure } from './cel-run.ts';
import type { CelValue } from './cel-values.ts';
import { compileRegex, type Regex } from './regex.ts';

export interface CheckedTree {
	/** The pattern of each `re2` call. */
	readonly patterns: ReadonlyMap<CelNode, Regex>;
}

/** Compiles the patterns, or says what can't stay. The first fault in the order of the text is reported. */
export function checkTree(tree: CelNode, text: string): CheckedTree | CelFault {
	const patterns = new Map<CelNode, Regex>();
	const fault = checkNode(tree, { text, loops: 0, patterns });
	return fault ?? { patterns };
}

interface Checking {
	readonly text: string;
	/** How many loops the node stands in. */
	readonly loops: number;
	readonly patterns: Map<CelNode, Regex>;
}

function checkNode(node: CelNode, checking: Checking): CelFault | undefined {
	if (isLoop(node)) return checkLoop(node, checking);
	const fault = node.kind === 'call' ? checkCall(node, checking) : undefined;
	return fault ?? firstFault(childrenOf(node), checking);
}

function firstFault(nodes: readonly CelNode[], checking: Checking): CelFault | undefined {
	for (const node of nodes) {
		const fault = checkNode(node, checking);
		if (fault !== undefined) return fault;
	}
	return undefined;
}

function checkLoop(node: CallNode, checking: Checking): CelFault | undefined {
	const { name, receiver, args } = node;
	const most = name === 'map' ? 3 : 2;
	if (args.length < 2 || args.length > most || receiver === undefined) {
		return faultAt(
			node,
			`${quote(name)} takes a name and what is asked of each item`,
			`write \`args.list.${name}(item, …)\``,
		);
	}
	const loops = checking.loops + 1;
	if (loops > celLimits.loopDepth) {
		const help = 'say it in several rules, or with `in`: `args.to.all(one, one in args.known)`';
		return faultAt(node, `a loop within a loop within a loop can take too long (${quote(name)})`, help);
	}
	return firstFault([receiver], checking) ?? firstFault(args.slice(1), { ...checking, loops });
}

function checkCall(node: CallNode, { text, patterns }: Checking): CelFault | undefined {
	const { name, receiver, args } = node;
	if (name === 'has' && receiver === undefined) return undefined;
	if (name === 're2' && receiver === undefined) return checkPattern(node, patterns);
	if (name === 'matches' || name === 're2') return useRe2(node, text);
	const known = celFunctions.get(name);
	if (known === undefined) return unknownFunction(node, text);
	const wanted = receiver === undefined ? known.plain : known.method;
	if (wanted === args.length) return known.isConstant ? checkConstant(node, known) : undefined;
	return faultAt(node, `${quote(name)} is not called like this`, `write ${callsOf(name, known)}`);
}

/** The engine of `matches` backtracks: 31 characters can hold it for half a minute. */
function useRe2({ name, receiver, args, start, end }: CallNode, text: string): CelFault {
	const [subject, pattern] = [...(receiver === undefined ? [] : [receiver]), ...args].map((node) =>
		text.slice(node.start, node.end),
	);
	const help = `write \`re2(${subject ?? 'text'}, ${pattern ?? 'pattern'})\`: RE2, linear time`;
	const message = name === 're2' ? '`re2` is no method' : '`matches` is not available: its engine can be made to hang';
	return { kind: 'fault', start, end, message, help };
}

function checkPattern(node: CallNode, patterns: Map<CelNode, Regex>): CelFault | undefined {
	const [, pattern] = node.args;
	if (node.args.length !== 2 || pattern === undefined) {
		return faultAt(node, '`re2` takes a text and a pattern', "write `re2(args.name, '^[a-z]+$')`");
	}
	if (pattern.kind !== 'literal' || typeof pattern.value !== 'string') {
		return faultAt(
			pattern,
			'a pattern must be written out',
			'write it in quotes; what a caller sends is never read as a pattern',
		);
	}
	const { patternLength, patternSize } = celLimits;
	if (pattern.value.length > patternLength) {
		return faultAt(pattern, `a pattern has at most ${patternLength} characters`, 'say it in several conditions');
	}
	const regex = compileRegex(pattern.value);
	if ('error' in regex) {
		return faultAt(
			pattern,
			`this is not a valid pattern: ${regex.error}`,
			'patterns are RE2: no look-around, no back-references',
		);
	}
	if (regex.size > patternSize) {
		return faultAt(
			pattern,
			'this pattern is too large',
			'counted repetition multiplies what it counts: use smaller counts',
		);
	}
	patterns.set(node, regex);
	return undefined;
}

function unknownFunction({ name, start, receiver }: CallNode, text: string): CelFault {
	const named = [...celFunctions.keys(), ...loopNames, 'has', 're2'];
	const near = suggest(name, named);
	const help =
		near === undefined ? `a condition can call ${named.map(quote).join(', ')}` : `did you mean ${quote(near)}?`;
	const from = receiver === undefined ? start : text.indexOf(name, receiver.end);
	return faultAt({ start: from, end: from + name.length }, `there is no function ${quote(name)}`, help);
}

function callsOf(name: string, { plain, method }: CelFunction): string {
	const forms = [
		...(plain === undefined ? [] : [`\`${name}(x)\``]),
		...(method === undefined ? [] : [method === 0 ? `\`x.${name}()\`` : `\`x.${name}(y)\``]),
	];
	return forms.join(' or ');
}

/** `timestamp('2026-13-01…')` would be an error at every call. */
function checkConstant(node: CallNode, { run }: CelFunction): CelFault | undefined {
	const values: CelValue[] = [];
	for (const arg of node.args) {
		if (arg.kind !== 'literal') return undefined;
		values.push(arg.value);
	}
	const result = run(values, { variables: {}, locals: [], stepsLeft: celLimits.steps }, node);
	return result instanceof Failure ? faultAt(node.args[0] ?? node, result.reason) : undefined;
}

function faultAt({ start, end }: Span, message: string, help?: string): CelFault {
	return { kind: 'fault', start, end, message, ...(help === undefined ? {} : { help }) };
}
