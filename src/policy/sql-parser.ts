// PostgreSQL's own parser, compiled to WebAssembly, in a box that has nothing but the text it is given.
import { errorText } from '../abi/problem.ts';

/** The syntax tree as libpg_query writes it down (one entry a statement), or what PostgreSQL says is wrong with the text. */
export type ParsedSql = { readonly statements: readonly unknown[] } | { readonly error: string };

/** Throws when the parser itself breaks down (out of stack or memory); the next text gets a fresh one. */
export type ParseSql = (text: string) => ParsedSql;

/**
 * A parser from the bytes of `libpg-query.wasm`. The module gets no file, clock or network, and none of the JavaScript
 * that comes with it: of its imports only those that a parse needs do anything. Throws when the bytes are not the build
 * this file was written for.
 */
export function makeSqlParser(wasm: Uint8Array): ParseSql {
	const module = new WebAssembly.Module(wasm);
	let box: Box | undefined;
	const parse: ParseSql = (text) => {
		box ??= openBox(module);
		try {
			return parseIn(box, text);
		} catch (error) {
			// Whatever it has left half done in its memory is thrown away with it.
			box = undefined;
			throw error;
		}
	};
	checkBuild(parse);
	return parse;
}

interface WasmModule {
	readonly kind?: 'module';
}

/** The language's library for `WebAssembly` comes with the browser's, which the rest of the house must not see. */
declare const WebAssembly: {
	readonly Module: new (bytes: Uint8Array) => WasmModule;
	readonly Instance: new (
		module: WasmModule,
		imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
	) => { readonly exports: unknown };
};

/** What the build exports, by the one-letter names that its linker chose. */
interface Exports {
	readonly z: { readonly buffer: ArrayBuffer };
	readonly A: () => void;
	readonly C: (bytes: number) => number;
	readonly D: { get(index: number): (...args: unknown[]) => unknown };
	readonly E: (pointer: number) => void;
	readonly F: (text: number) => number;
	readonly G: (result: number) => void;
	readonly P: (threw: number, value: number) => void;
	readonly Q: (pointer: number) => void;
	readonly R: () => number;
}

interface Box {
	readonly memory: Exports['z'];
	readonly allocate: Exports['C'];
	readonly free: Exports['E'];
	/** `{ tree, stderr, error }`, three pointers. */
	readonly parseQuery: Exports['F'];
	readonly freeResult: Exports['G'];
}

const longjmp = Symbol('longjmp');

/** PostgreSQL reports errors by longjmp, which the compiler made of JavaScript exceptions caught in `invoke_…`. */
function openBox(module: WasmModule): Box {
	const invoke = (index: number, ...args: unknown[]) => {
		const stack = exports.R();
		try {
			return exports.D.get(index)(...args);
		} catch (error) {
			exports.Q(stack);
			if (error !== longjmp) throw error;
			exports.P(1, 0);
			return undefined;
		}
	};
	const broken = (what: string) => () => {
		throw new Error(`the SQL parser called ${what}`);
	};
	const badDescriptor = () => 8;
	const invokes = Object.fromEntries([...'abdefghijkny'].map((name) => [name, invoke]));
	const instance = new WebAssembly.Instance(module, {
		a: {
			...invokes,
			l: (index: number, argument: unknown) => invoke(index, argument) ?? 0n,
			p: () => {
				throw longjmp;
			},
			// INVARIANT: the memory it is born with (128 MiB of address space) is all it gets.
			q: () => 0,
			c: broken('assert'),
			m: broken('exit'),
			v: broken('exit'),
			x: broken('abort'),
			// Timers and file descriptors: there are none.
			o: () => 0,
			w: () => undefined,
			r: badDescriptor,
			s: badDescriptor,
			t: badDescriptor,
			u: badDescriptor,
		},
	});
	const exports = instance.exports as Exports;
	exports.A();
	return {
		memory: exports.z,
		allocate: exports.C,
		free: exports.E,
		parseQuery: exports.F,
		freeResult: exports.G,
	};
}

function parseIn(box: Box, text: string): ParsedSql {
	// To the parser NUL is the end: what stands behind it would be read by others only.
	if (text.includes('\0')) return { error: 'the text contains NUL' };
	const bytes = new TextEncoder().encode(text);
	const at = box.allocate(bytes.length + 1);
	if (at === 0) throw new Error('the SQL parser has no memory for the text');
	const memory = new Uint8Array(box.memory.buffer);
	memory.set(bytes, at);
	memory[at + bytes.length] = 0;
	const result = box.parseQuery(at);
	if (result === 0) throw new Error('the SQL parser gave no result');
	const words = new DataView(box.memory.buffer);
	const tree = words.getUint32(result, true);
	const error = words.getUint32(result + 8, true);
	const parsed: ParsedSql =
		error === 0
			? { statements: statementsIn(readText(box, tree)) }
			: { error: readText(box, words.getUint32(error, true)) };
	box.freeResult(result);
	box.free(at);
	return parsed;
}

function readText(box: Box, start: number): string {
	if (start === 0) throw new Error('the SQL parser gave no text');
	const memory = new Uint8Array(box.memory.buffer);
	return new TextDecoder('utf-8', { fatal: true }).decode(memory.subarray(start, memory.indexOf(0, start)));
}

function statementsIn(tree: string): readonly unknown[] {
	const { stmts } = JSON.parse(tree) as { readonly stmts?: unknown };
	if (!Array.isArray(stmts)) throw new Error('the SQL parser gave no list of statements');
	return stmts;
}

/** The one-letter names mean something else in every build, so a build shows that it is the right one before it is believed. */
function checkBuild(parse: ParseSql): void {
	const [first, second, wrong] = attempt(() => [
		parse("select 'é'"),
		parse('begin; delete from a'),
		parse('select from where'),
	]);
	const isRight =
		JSON.stringify(first).includes('"sval":"é"') &&
		JSON.stringify(second).includes('"TRANS_STMT_BEGIN"') &&
		JSON.stringify(second).includes('"DeleteStmt"') &&
		JSON.stringify(wrong).startsWith('{"error":"syntax error');
	if (!isRight) throw new Error('this is not the build of libpg-query that Trapgate was written for');
}

function attempt<T>(question: () => T): T | [] {
	try {
		return question();
	} catch (error) {
		throw new Error(`the SQL parser does not work: ${errorText(error)}`, { cause: error });
	}
}
