// The CEL specification's own tests, as far as values of JSON reach, and how our conditions fare with them.
import { tests as suite } from '@bufbuild/cel-spec/testdata/conformance.js';
import { compileExpression } from '../../src/policy/cel.ts';
import { celReader } from '../../src/policy/cel-parse.ts';
import { parseDuration, parseInstant } from '../../src/policy/cel-time.ts';
import { type CelValue, Duration, Instant, isCelList, isCelMap } from '../../src/policy/cel-values.ts';

/** A test in the JSON form of `cel.expr.conformance.test.SimpleTest`. */
interface SimpleTest {
	readonly name: string;
	readonly expr: string;
	readonly typeEnv?: readonly { readonly name: string; readonly ident?: { readonly type: JsonType } }[];
	readonly bindings?: Readonly<Record<string, { readonly value?: JsonValue }>>;
	readonly value?: JsonValue;
	readonly typedResult?: { readonly result?: JsonValue };
	readonly evalError?: unknown;
	readonly checkOnly?: boolean;
}

interface JsonType {
	readonly primitive?: string;
	readonly wellKnown?: string;
	readonly dyn?: unknown;
	readonly listType?: { readonly elemType?: JsonType };
	readonly mapType?: { readonly keyType?: JsonType; readonly valueType?: JsonType };
}

type JsonValue = Readonly<Record<string, unknown>>;

interface Suite {
	readonly name: string;
	readonly suites?: readonly Suite[];
	readonly tests?: readonly { readonly original: unknown }[];
}

/** What came of one test. */
export interface SuiteResult {
	readonly name: string;
	readonly expr: string;
	/** `beyond`: it needs what no argument of a call can be. */
	readonly outcome: 'held' | 'beyond' | 'differs';
	/** A function that conditions don't have. */
	readonly missing?: string;
	readonly got?: string;
}

export function runSuite(): SuiteResult[] {
	return [...testsIn(suite as Suite, [])].map(({ path, test }) => runOne([...path, test.name].join('/'), test));
}

function* testsIn(
	{ suites = [], tests = [] }: Suite,
	path: readonly string[],
): Generator<{ path: readonly string[]; test: SimpleTest }> {
	for (const { original } of tests) yield { path, test: original as SimpleTest };
	for (const inner of suites) yield* testsIn(inner, [...path, inner.name]);
}

/** Extension libraries, messages of protocol buffers, and names in packages. */
const otherSuites =
	/^(?:bindings_ext|block_ext|encoders_ext|math_ext|macros2|optionals|proto2_ext|proto2|proto3|enums|namespace|wrappers)\//;
const otherValues =
	/(?:^|[^\w'"])[rR]?[bB][rR]?['"]|\b\d+[uU]\b|\b0x[\da-f]+u\b|\buint\b|\bbytes\b|TestAllTypes|google\.protobuf/;

function runOne(name: string, test: SimpleTest): SuiteResult {
	const { expr, typeEnv = [], bindings = {}, checkOnly = false, evalError } = test;
	const types = typeEnv.map(({ name: of, ident }) => [of, ident && typeOf(ident.type)] as const);
	const values = Object.entries(bindings).map(([of, { value }]) => [of, value && jsonValue(value)] as const);
	const said = test.typedResult?.result ?? test.value ?? (evalError === undefined ? { boolValue: true } : undefined);
	const wanted = said && jsonValue(said);
	const isOther =
		[...types, ...values].some(([, known]) => known === undefined) || (said !== undefined && wanted === undefined);
	if (checkOnly || isOther || otherSuites.test(name) || otherValues.test(expr))
		return { name, expr, outcome: 'beyond' };
	const compiled = compileExpression(expr, celReader(Object.fromEntries(types) as Record<string, string>));
	if (compiled.kind === 'fault') {
		if (wanted === undefined) return { name, expr, outcome: 'held' };
		const missing = /^there is no function `(\w+)`|^`(matches)`/.exec(compiled.message);
		const got = `does not load: ${compiled.message}`;
		return { name, expr, outcome: 'differs', got, ...(missing && { missing: missing[1] ?? missing[2] ?? '' }) };
	}
	const outcome = compiled.eval(Object.fromEntries(values) as Record<string, CelValue>);
	const holds =
		outcome.kind === 'failure' ? wanted === undefined : wanted !== undefined && isSame(outcome.value, wanted);
	if (holds) return { name, expr, outcome: 'held' };
	return { name, expr, outcome: 'differs', got: outcome.kind === 'failure' ? outcome.reason : 'another value' };
}

const primitives: Readonly<Record<string, string>> = { INT64: 'int', DOUBLE: 'double', STRING: 'string', BOOL: 'bool' };

function typeOf({ primitive, listType, mapType, dyn }: JsonType): string | undefined {
	if (primitive !== undefined) return primitives[primitive];
	if (dyn !== undefined) return 'dyn';
	if (listType !== undefined) {
		const element = typeOf(listType.elemType ?? {});
		return element && `list<${element}>`;
	}
	if (mapType === undefined) return undefined;
	const [key, value] = [typeOf(mapType.keyType ?? {}), typeOf(mapType.valueType ?? {})];
	return key === 'string' && value !== undefined ? `map<string, ${value}>` : undefined;
}

/** Undefined for what is neither JSON nor a time. */
function jsonValue(value: JsonValue): CelValue | undefined {
	const [kind = ''] = Object.keys(value);
	const inner = value[kind];
	switch (kind) {
		case 'int64Value':
			return BigInt(inner as string);
		case 'doubleValue':
			return Number(inner);
		case 'stringValue':
		case 'boolValue':
			return inner as string | boolean;
		case 'nullValue':
			return null;
		case 'listValue': {
			const items = ((inner as { values?: JsonValue[] }).values ?? []).map(jsonValue);
			return items.includes(undefined) ? undefined : (items as CelValue[]);
		}
		case 'mapValue': {
			const entries = ((inner as { entries?: { key: JsonValue; value: JsonValue }[] }).entries ?? []).map(
				(entry) => [jsonValue(entry.key), jsonValue(entry.value)] as const,
			);
			const isJson = entries.every(([key, item]) => typeof key === 'string' && item !== undefined);
			return isJson ? (Object.fromEntries(entries) as CelValue) : undefined;
		}
		case 'objectValue': {
			const message = inner as { '@type': string; value: string };
			if (message['@type'].endsWith('.Timestamp')) return parseInstant(message.value);
			return message['@type'].endsWith('.Duration') ? parseDuration(message.value) : undefined;
		}
		default:
			return undefined;
	}
}

/** The same value of the same kind: `1` is not `1.0`. */
function isSame(a: CelValue, b: CelValue): boolean {
	if (a instanceof Instant) return b instanceof Instant && a.nanoseconds === b.nanoseconds;
	if (a instanceof Duration) return b instanceof Duration && a.nanoseconds === b.nanoseconds;
	if (isCelList(a))
		return isCelList(b) && a.length === b.length && a.every((item, index) => isSame(item, b[index] as CelValue));
	if (!isCelMap(a)) return a === b;
	const keys = Object.keys(a);
	return (
		isCelMap(b) &&
		keys.length === Object.keys(b).length &&
		keys.every((key) => Object.hasOwn(b, key) && isSame(a[key] as CelValue, b[key] as CelValue))
	);
}
