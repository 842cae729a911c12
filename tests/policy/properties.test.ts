// What must hold for any set of rules and any call.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Decision, Verdict } from '../../src/abi/decision.ts';
import { ExactNumber, type Json, type JsonObject } from '../../src/abi/json.ts';
import type { RuleId } from '../../src/abi/names.ts';
import type { Action, Match, Policy, Rule, ValueTest } from '../../src/policy/rule.ts';
import { ask, setOfPolicies, toolTarget } from './support.ts';

const words = ['a', 'b', 'path', 'url', 'n', '__proto__', 'constructor', 'A'];
const texts = [
	'',
	'x',
	'X',
	'/ws/x',
	'/etc/passwd',
	'../x',
	'~',
	'https://evil.com/',
	'file:///etc',
	'5',
	'true',
	'é',
	'e\u0301',
	'\0',
];

const leaf: fc.Arbitrary<Json> = fc.oneof(
	fc.constantFrom<Json>(...texts, null, true, false, 0, 5, -1.5, 1e21),
	fc.constantFrom('9007199254740993', '1.0', '1e400', '-0').map((source) => new ExactNumber(source)),
	fc.string(),
);
const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
	value: fc.oneof(
		{ depthSize: 'small', withCrossShrink: true },
		leaf,
		fc.array(tie('value'), { maxLength: 3 }),
		fc.dictionary(fc.oneof(fc.constantFrom(...words), fc.string()), tie('value'), { maxKeys: 3 }),
	),
})).value;
const args: fc.Arbitrary<JsonObject> = fc.dictionary(fc.oneof(fc.constantFrom(...words), fc.string()), value, {
	maxKeys: 4,
});

const valueTest: fc.Arbitrary<ValueTest> = fc.oneof(
	fc.record({ is: fc.array(leaf, { minLength: 1, maxLength: 2 }) }),
	fc.record({ not: fc.array(leaf, { minLength: 1, maxLength: 2 }) }),
	fc.constantFrom<ValueTest>(
		{ glob: ['**/x', '/etc/**'] },
		{ glob: ['*x*'] },
		{ glob: ['*.evil.com', 'https://evil.com/*'] },
		{ inside: ['/ws'] },
		{ outside: ['/ws'] },
		{ matches: ['^[a-z]$'] },
		{ min: 1, max: 5 },
		{ above: 5 },
		{ present: true },
		{ present: false },
	),
);
const key = fc.constantFrom('a', 'b', 'n', 'any_path', 'any_url', '/a/b', '/a/0', '__proto__');
const match: fc.Arbitrary<Match> = fc.record(
	{
		tool: fc.subarray(['t/x', 't/*', '*', 't/y', '*/x'], { minLength: 1 }),
		from: fc.subarray(['t', 'u', '*'], { minLength: 1 }),
		args: fc.dictionary(key, valueTest, { maxKeys: 2 }),
	},
	{ requiredKeys: [] },
);
const restriction: fc.Arbitrary<Action> = fc.constantFrom<Action>(
	{ kind: 'hide' },
	{ kind: 'deny' },
	{ kind: 'ask', terms: { show: [], timeoutMs: 1000, remember: 'no' } },
);
const change: fc.Arbitrary<Action> = fc.oneof(
	fc
		.dictionary(fc.constantFrom('a', 'b', '/a/b'), leaf, { minKeys: 1, maxKeys: 2 })
		.map((params) => ({ kind: 'pin', params }) as const),
	fc.constantFrom<Action>(
		{ kind: 'narrow', params: { n: { max: 3 } } },
		{ kind: 'narrow', params: { n: { min: 2 }, b: { drop: true } } },
		{ kind: 'rewrite', params: { a: { op: 'set', value: 'x' } } },
		{ kind: 'rewrite', params: { a: { op: 'remove' } } },
		{ kind: 'rewrite', params: { b: { op: 'default', value: 5 } } },
		{ kind: 'rewrite', params: { a: { op: 'replace', pattern: '^/etc', with: '/ws' } } },
	),
);
const opening: fc.Arbitrary<Action> = fc.constant<Action>({ kind: 'allow' });

interface Draft {
	readonly match: Match;
	readonly except: readonly Match[];
	readonly action: Action;
}

const draftOf = (action: fc.Arbitrary<Action>): fc.Arbitrary<Draft> =>
	fc.record({ match, except: fc.array(match, { maxLength: 1 }), action });
const drafts = fc.array(draftOf(fc.oneof(restriction, change, opening, opening)), { maxLength: 5 });
const call = fc.record({ name: fc.constantFrom('t/x', 't/y', 'u/x'), args });

function policyFrom(rules: readonly Draft[]): Policy {
	const place = { file: 'p.yaml', line: 1, column: 1, length: 1 };
	return {
		name: 'p',
		file: 'p.yaml',
		layer: 'user',
		defaults: {},
		waivers: [],
		lists: {},
		rules: rules.map(
			(rule, index): Rule => ({
				...rule,
				id: `r${index}` as RuleId,
				where: place,
				actionWhere: place,
				layer: 'user',
				examples: [],
				lists: {},
				source: '',
			}),
		),
	};
}

/** Undefined for rules that do not compile together (pins that differ). */
function decideWith(policy: Policy, { name, args }: { name: string; args: JsonObject }): Decision | undefined {
	try {
		return ask(setOfPolicies([policy]), toolTarget(name, args));
	} catch {
		return undefined;
	}
}

const strictness: Record<Verdict, number> = {
	allowed: 0,
	rewritten: 0,
	asked: 1,
	contained: 2,
	denied: 3,
	hidden: 4,
	errored: 5,
};

function gist(decision: Decision | undefined) {
	return decision && { ...decision, because: new Set(decision.because.map(({ id }) => id)) };
}

const runs = { numRuns: 1500 };

describe('for any rules and any call', () => {
	test('the order of rules changes nothing', () => {
		fc.assert(
			fc.property(drafts, call, fc.nat(), (rules, one, turn) => {
				const policy = policyFrom(rules);
				const at = rules.length === 0 ? 0 : turn % rules.length;
				const turned = { ...policy, rules: [...policy.rules.slice(at), ...policy.rules.slice(0, at)].toReversed() };
				expect(decideWith(turned, one)).toEqual(decideWith(policy, one));
			}),
			runs,
		);
	});

	test('one more deny or hide never makes an answer looser, and one more ask never looser than asking', () => {
		fc.assert(
			fc.property(drafts, draftOf(restriction), call, (rules, more, one) => {
				const before = decideWith(policyFrom(rules), one);
				const after = decideWith(policyFrom([...rules, more]), one);
				if (before === undefined || after === undefined) return;
				// An ask opens what nothing else opens, as far as asking.
				const least = more.action.kind === 'ask' ? Math.min(strictness[before.verdict], 1) : strictness[before.verdict];
				expect(strictness[after.verdict]).toBeGreaterThanOrEqual(least);
			}),
			runs,
		);
	});

	test('one exception less, or one allow less, never makes an answer looser', () => {
		fc.assert(
			fc.property(drafts, call, (rules, one) => {
				const before = decideWith(policyFrom(rules), one);
				// An ask opens too, so an exception of it closes.
				const isChange = ({ action }: Draft) => !['allow', 'hide', 'deny'].includes(action.kind);
				const fewer = rules.flatMap((rule) =>
					rule.action.kind === 'allow' ? [] : isChange(rule) ? [rule] : [{ ...rule, except: [] }],
				);
				const after = decideWith(policyFrom(fewer), one);
				if (before === undefined || after === undefined) return;
				expect(strictness[after.verdict]).toBeGreaterThanOrEqual(strictness[before.verdict]);
			}),
			runs,
		);
	});

	test('what would run is not changed again', () => {
		fc.assert(
			fc.property(drafts, call, (rules, one) => {
				const policy = policyFrom(rules);
				const decision = decideWith(policy, one);
				if (decision === undefined || decision.verdict !== 'rewritten' || decision.final.kind !== 'tool') return;
				const again = decideWith(policy, { name: one.name, args: decision.final.args });
				expect(again?.changes).toEqual([]);
				const isNamed = rules.some(({ action }) => action.kind === 'pin' || action.kind === 'narrow');
				if (!isNamed) expect(again?.verdict).toBe('allowed');
			}),
			runs,
		);
	});

	test('no arguments make it throw, err or change what it was given', () => {
		fc.assert(
			fc.property(drafts, call, (rules, one) => {
				const before = structuredCloneOf(one.args);
				const decision = decideWith(policyFrom(rules), one);
				expect(decision?.verdict).not.toBe('errored');
				expect(one.args).toEqual(before);
				expect(gist(decision)).toEqual(gist(decideWith(policyFrom(rules), one)));
			}),
			runs,
		);
	});
});

function structuredCloneOf(value: JsonObject): JsonObject {
	return Object.fromEntries(Object.entries(value));
}
