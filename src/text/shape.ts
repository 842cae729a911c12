// A value against a zod schema: typed, or Problems at the line and column of what is wrong.
import type { z } from 'zod';
import { ExactNumber, type Json, member } from '../abi/json.ts';
import type { Problem, ProblemCode } from '../abi/problem.ts';
import { isWritten, keyPlace, type Path, place, type YamlDocument } from './places.ts';
import { expectationOf, knownKeys } from './schema-walk.ts';
import { suggest } from './suggest.ts';
import { either, kindOf, nounOf, quote } from './words.ts';

/** What the author of a schema knows beyond it; every answer may be left out. */
export interface ShapeHints {
	/** Explains a key the schema does not have. `'skip'` when another problem already reports the same cause. */
	unknownKey?(path: Path, key: string, document: YamlDocument): Explanation | 'skip' | undefined;
	/** Explains a value of the wrong kind, or a word that is none of those allowed here. */
	wrongValue?(path: Path, value: Json | undefined, document: YamlDocument): Explanation | undefined;
	/** What to type for a key that must be there. */
	missingKey?(path: Path, key: string): string | undefined;
}

export type Explanation = Partial<Pick<Problem, 'code' | 'message' | 'label' | 'help' | 'note'>>;

/** What a refinement of a schema may say about its issue: see {@link judge}. */
interface RefusalParams {
	readonly refusal: { readonly code: ProblemCode; readonly at: 'key' | 'value' } & Omit<
		Explanation,
		'code' | 'message'
	>;
}

/**
 * Says what is wrong, in words that become a Problem as they stand. `path` leads from the judged value to the part
 * that is meant; `at: 'key'` underlines its key.
 */
export type Refuse = (
	message: string,
	options?: Explanation & { readonly path?: readonly (string | number)[]; readonly at?: 'key' | 'value' },
) => void;

/** A zod check that runs only on a value in which nothing else is wrong: one report per cause. */
export function judge<T>(rule: (value: T, refuse: Refuse) => void): (context: z.core.ParsePayload<T>) => void {
	return (context) => {
		if (context.issues.length > 0) return;
		rule(context.value, (message, { path = [], at = 'value', code = 'P102', message: _, ...rest } = {}) => {
			const params: RefusalParams = { refusal: { code, at, ...rest } };
			context.issues.push({ code: 'custom', message, path: [...path], params, input: context.value });
		});
	};
}

export type Shaped<T> =
	| { readonly ok: true; readonly value: T }
	| { readonly ok: false; readonly problems: readonly Problem[] };

const mostProblems = 50;

/** Checks the document's value; the problems come in the order of their places. */
export function shape<T>(document: YamlDocument, schema: z.ZodType<T>, hints: ShapeHints = {}): Shaped<T> {
	const result = schema.safeParse(document.value);
	if (result.success) return { ok: true, value: result.data };
	const context: Context = { document, schema, hints };
	// A hostile file has as many mistakes as it has room for; finding the place of each would take minutes.
	const problems = result.error.issues.slice(0, mostProblems).flatMap((issue) => problemsOf(context, issue, []));
	const sorted = problems
		.sort(byPlace)
		.filter((problem, index) => index === 0 || !sameSpot(problem, problems[index - 1]));
	return { ok: false, problems: sorted.slice(0, mostProblems) };
}

interface Context {
	readonly document: YamlDocument;
	readonly schema: z.ZodType;
	readonly hints: ShapeHints;
}

type Issue = z.core.$ZodIssue;

function problemsOf(context: Context, issue: Issue, base: Path): Problem[] {
	const { document, hints } = context;
	const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
	const refused = issue.code === 'custom' ? (issue.params as RefusalParams | undefined)?.refusal : undefined;
	if (refused !== undefined) {
		const { at, ...said } = refused;
		const where = at === 'key' ? keyPlace(document, path) : place(document, path);
		return [{ severity: 'error', message: issue.message, where, ...said }];
	}
	const key = path.at(-1);
	if (typeof key === 'string' && !isWritten(document, path)) {
		const help = hints.missingKey?.(path.slice(0, -1), key);
		const problem = error('P103', `key ${quote(key)} is missing in ${nounOf(path.slice(0, -1)).here}`, help);
		return [{ ...problem, where: ownerPlace(document, path.slice(0, -1)) }];
	}
	switch (issue.code) {
		case 'unrecognized_keys':
			return issue.keys.slice(0, mostProblems).flatMap((unknown) => unknownKey(context, path, unknown));
		case 'invalid_union': {
			const branch = chooseBranch(issue, valueAt(document.value, path));
			if (branch !== undefined) return branch.flatMap((inner) => problemsOf(context, inner, path));
			break;
		}
		case 'invalid_key':
			return issue.issues.flatMap((inner) =>
				problemsOf(context, inner, path).map((problem) => ({ ...problem, where: keyPlace(document, path) })),
			);
		default:
	}
	const explained = hints.wrongValue?.(path, valueAt(document.value, path), document);
	return [{ ...wrongValue(context, issue, path), ...explained, where: place(document, path) }];
}

function unknownKey({ document, schema, hints }: Context, path: Path, key: string): Problem[] {
	const explained = hints.unknownKey?.(path, key, document);
	if (explained === 'skip') return [];
	const near = suggest(key, knownKeys(schema, path));
	const problem: Problem = {
		...error('P101', `unknown key ${quote(key)}`, near === undefined ? undefined : `did you mean ${quote(near)}?`),
		label: 'not a key here',
		...explained,
	};
	return [{ ...problem, where: keyPlace(document, [...path, key]) }];
}

function wrongValue(context: Context, issue: Issue, path: Path): Problem {
	const { document, schema } = context;
	const value = valueAt(document.value, path);
	const key = path.at(-1);
	const name = key === undefined ? 'the file' : typeof key === 'string' ? quote(key) : entryName(path);
	switch (issue.code) {
		case 'invalid_value': {
			if (typeof value !== 'string') break;
			const words = issue.values.map(String);
			const near = suggest(value, words);
			const listed = `write ${either(words.map(quote))}`;
			const help = near === undefined ? listed : `did you mean ${quote(near)}?`;
			return error('P102', `${quote(value)} is not a valid value`, help);
		}
		case 'too_small':
			if (issue.origin === 'array' || issue.origin === 'string') {
				return error('P102', `${name} is empty`, 'write a value, or delete the key');
			}
			return error('P102', `${name} must be at least ${issue.minimum}`, undefined);
		case 'too_big': {
			const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' entries' : '';
			return error('P102', `${name} must be at most ${issue.maximum}${unit}`, undefined);
		}
		default:
	}
	const expected = expectationOf(schema, path);
	if (value instanceof ExactNumber && expected.includes('a number')) {
		return error(
			'P102',
			`${quote(value.source)} has more digits than can be kept exactly here`,
			'use at most 15 digits',
		);
	}
	if (typeof value === 'number' && expected.includes('a number'))
		return error('P102', `${name} must be a whole number, not ${value}`, undefined);
	if (expected.length === 0) return error('P102', `${name} can not be ${kindOf(value)}`, undefined);
	const quoted = expected.includes('text') && isBare(value) ? 'put quotes around it' : undefined;
	return error('P102', `${name} must be ${either(expected)}, not ${kindOf(value)}`, quoted);
}

function entryName(path: Path): string {
	const list = path.at(-2);
	return typeof list === 'string' ? `entry ${Number(path.at(-1)) + 1} of ${quote(list)}` : 'this entry';
}

/** A number or a boolean where text belongs is mostly text that lacks its quotes. */
function isBare(value: Json | undefined): boolean {
	return (
		value !== null &&
		value !== undefined &&
		typeof value !== 'string' &&
		!Array.isArray(value) &&
		!kindOf(value).startsWith('a map')
	);
}

/**
 * The branch the author was in: of those that accept this kind of value the one whose issues lie deepest.
 * Undefined when no branch takes this kind of value at all.
 */
function chooseBranch(
	issue: Extract<Issue, { code: 'invalid_union' }>,
	value: Json | undefined,
): readonly Issue[] | undefined {
	const depth = (branch: readonly Issue[]) => Math.max(...branch.map((inner) => inner.path.length));
	return issue.errors
		.filter((branch) => branch.length > 0 && !branch.some((inner) => isKindMismatch(inner, value)))
		.sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
}

function isKindMismatch(issue: Issue, value: Json | undefined): boolean {
	if (issue.path.length > 0) return false;
	if (issue.code === 'invalid_union') return chooseBranch(issue, value) === undefined;
	if (issue.code === 'custom') return issue.params === undefined;
	return issue.code === 'invalid_type' || (issue.code === 'invalid_value' && typeof value !== 'string');
}

function error(code: ProblemCode, message: string, help: string | undefined): Problem {
	return { code, severity: 'error', message, ...(help === undefined ? {} : { help }) };
}

/** For something that is missing: the entry or key it is missing from. */
function ownerPlace(document: YamlDocument, path: Path) {
	return path.length === 0 || typeof path.at(-1) === 'number' ? place(document, path) : keyPlace(document, path);
}

function valueAt(value: Json, path: Path): Json | undefined {
	let current: Json | undefined = value;
	for (const step of path)
		current = typeof step === 'number' ? (current as Json[] | undefined)?.[step] : member(current, step);
	return current;
}

function byPlace(a: Problem, b: Problem): number {
	return (a.where?.line ?? 0) - (b.where?.line ?? 0) || (a.where?.column ?? 0) - (b.where?.column ?? 0);
}

function sameSpot(a: Problem, b: Problem | undefined): boolean {
	return byPlace(a, b ?? a) === 0 && a.message === b?.message;
}
