// Turns the tree of a condition into functions that answer it, each evaluation within its steps.
import { celFunctions, otherSpelling, refuseText } from './cel-functions.ts';
import { celLimits } from './cel-limits.ts';
import { itemsOf, turnOf } from './cel-loops.ts';
import { hasMember, item, member } from './cel-members.ts';
import { type BinaryOperator, type CallNode, type CelNode, isLoop, type LoopNode, weightOf } from './cel-nodes.ts';
import { negative, operator } from './cel-operators.ts';
import { Exhausted, Failure, type Frame, notTruth, type Result, type Run, spend, told } from './cel-run.ts';
import { type CelValue, celKind } from './cel-values.ts';
import { type Regex, regexTruth } from './regex.ts';

/** Where the items of loops are kept, by their names; inner loops stand deeper. */
interface Scope {
	readonly slots: ReadonlyMap<string, number>;
	readonly depth: number;
}

/** Patterns that were compiled when the condition was checked. */
export type Patterns = ReadonlyMap<CelNode, Regex>;

export type Evaluate = (variables: Readonly<Record<string, CelValue | undefined>>) => Result;

/** The tree as a function. It never throws, and takes no more than {@link celLimits.steps}. */
export function compileTree(tree: CelNode, patterns: Patterns): Evaluate {
	const run = compile(tree, { slots: new Map(), depth: 0 }, patterns);
	const weight = weightOf(tree);
	return (variables) => {
		const frame: Frame = { variables, locals: [], stepsLeft: celLimits.steps - weight };
		try {
			return run(frame);
		} catch (thrown) {
			if (thrown instanceof Exhausted) return new Failure(tree, 'this takes too many steps for these arguments');
			// Out of stack, on values that are compared and stand thousands of levels deep.
			if (thrown instanceof RangeError) return new Failure(tree, 'these arguments are nested too deeply');
			throw thrown;
		}
	};
}

function compile(node: CelNode, scope: Scope, patterns: Patterns): Run {
	const part = (child: CelNode) => compile(child, scope, patterns);
	switch (node.kind) {
		case 'literal': {
			const { value } = node;
			return () => value;
		}
		case 'variable':
			return compileVariable(node, scope);
		case 'field': {
			const of = part(node.of);
			return (frame) => member(of(frame), node.key, node, frame);
		}
		case 'index': {
			const [of, index] = [part(node.of), part(node.index)];
			return (frame) => item(of(frame), index(frame), node, frame);
		}
		case 'call':
			return isLoop(node) ? compileLoop(node, scope, patterns) : compileCall(node, scope, patterns);
		case 'list': {
			const items = node.items.map(part);
			return (frame) => collect(items, frame);
		}
		case 'map':
			return compileMap(
				node,
				node.entries.map(([key, value]) => [part(key), part(value)] as const),
			);
		case 'choice': {
			const [test, yes, no] = [part(node.test), part(node.yes), part(node.no)];
			return (frame) => {
				const chosen = test(frame);
				if (typeof chosen === 'boolean') return chosen ? yes(frame) : no(frame);
				return notTruth(chosen, node.test);
			};
		}
		case 'and':
		case 'or':
			return compileLogic(node.kind === 'or', part(node.left), part(node.right), node);
		case 'not': {
			const of = part(node.of);
			return (frame) => {
				const value = of(frame);
				return typeof value === 'boolean' ? !value : notTruth(value, node.of);
			};
		}
		case 'minus': {
			const of = part(node.of);
			return (frame) => {
				const value = of(frame);
				return value instanceof Failure ? value : negative(value, node);
			};
		}
		case 'binary':
			return compileBinary(node.op, part(node.left), part(node.right), node);
		default:
			return node satisfies never;
	}
}

function compileVariable(node: Extract<CelNode, { kind: 'variable' }>, { slots }: Scope): Run {
	const { name } = node;
	const slot = slots.get(name);
	if (slot !== undefined) return ({ locals }) => locals[slot] as CelValue;
	return ({ variables }) => {
		const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
		return value === undefined ? new Failure(node, `\`${name}\` is not known here`) : value;
	};
}

/** As in CEL, whichever side decides alone does so, and what fails on the other side does not matter. */
function compileLogic(decisive: boolean, left: Run, right: Run, node: Extract<CelNode, { kind: 'and' | 'or' }>): Run {
	return (frame) => {
		const one = left(frame);
		if (one === decisive) return decisive;
		const other = right(frame);
		if (other === decisive) return decisive;
		if (typeof one !== 'boolean') return notTruth(one, node.left);
		return typeof other === 'boolean' ? !decisive : notTruth(other, node.right);
	};
}

function collect(runs: readonly Run[], frame: Frame): readonly CelValue[] | Failure {
	const values: CelValue[] = [];
	for (const run of runs) {
		const value = run(frame);
		if (value instanceof Failure) return value;
		values.push(value);
	}
	return values;
}

function compileMap(node: CelNode, entries: readonly (readonly [Run, Run])[]): Run {
	return (frame) => {
		const made = new Map<string, CelValue>();
		for (const [runKey, runValue] of entries) {
			const [key, value] = [runKey(frame), runValue(frame)];
			if (key instanceof Failure) return key;
			if (value instanceof Failure) return value;
			if (typeof key !== 'string') return new Failure(node, `${celKind(key)} can't be a key, only text can`);
			if (made.has(key)) return new Failure(node, 'a key appears twice');
			made.set(key, value);
		}
		return Object.fromEntries(made);
	};
}

function compileCall(node: CallNode, scope: Scope, patterns: Patterns): Run {
	const part = (child: CelNode) => compile(child, scope, patterns);
	if (node.name === 'has') return compileHas(node, scope, patterns);
	const [first] = node.args;
	const pattern = patterns.get(node);
	if (pattern !== undefined && first !== undefined) return compileMatch(node, part(first), pattern);
	const run = celFunctions.get(node.name)?.run;
	const args = (node.receiver === undefined ? node.args : [node.receiver, ...node.args]).map(part);
	return (frame) => {
		const values = collect(args, frame);
		if (values instanceof Failure) return values;
		return run === undefined ? new Failure(node, `\`${node.name}\` is not known here`) : run(values, frame, node);
	};
}

function compileHas(node: CallNode, scope: Scope, patterns: Patterns): Run {
	const [field] = node.args;
	if (field?.kind !== 'field') return () => new Failure(node, '`has` is for `x.y`');
	const of = compile(field.of, scope, patterns);
	return (frame) => {
		const value = of(frame);
		return value instanceof Failure ? value : hasMember(value, field.key, node, frame);
	};
}

function compileMatch(node: CallNode, text: Run, pattern: Regex): Run {
	return (frame) => {
		const value = text(frame);
		if (value instanceof Failure) return value;
		const refused = refuseText(value, frame, node);
		if (refused !== undefined) return refused;
		// The engine keeps to one pass over the text, with all of the pattern at every character.
		spend(frame, 100 + ((value as string).length * pattern.size) / 4);
		return told(regexTruth([pattern], value as string), node, otherSpelling(node.name));
	};
}

function compileLoop(node: LoopNode, { slots, depth }: Scope, patterns: Patterns): Run {
	const over = compile(node.receiver, { slots, depth }, patterns);
	const [variable, ...bodies] = node.args;
	const name = variable?.kind === 'variable' ? variable.name : '';
	const inner = { slots: new Map([...slots, [name, depth]]), depth: depth + 1 };
	const runs = bodies.map((body) => compile(body, inner, patterns));
	const weight = bodies.reduce((sum, body) => sum + weightOf(body), 1);
	const turn = turnOf(node, runs, bodies);
	return (frame) => {
		const items = itemsOf(over(frame), node.receiver, frame);
		if (items instanceof Failure) return items;
		return turn(items, (value) => {
			spend(frame, weight);
			frame.locals[depth] = value;
			return frame;
		});
	};
}

function compileBinary(op: BinaryOperator, left: Run, right: Run, node: CelNode): Run {
	const apply = operator(op, node);
	return (frame) => {
		const one = left(frame);
		if (one instanceof Failure) return one;
		const other = right(frame);
		return other instanceof Failure ? other : apply(one, other, frame);
	};
}
