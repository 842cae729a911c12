// What must hold for any condition in CEL that loads, and any arguments.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Decision, Verdict } from '../../src/abi/decision.ts';
import type { JsonObject } from '../../src/abi/json.ts';
import { compileCel } from '../../src/policy/cel.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/rule.ts';
import { celArguments, celCondition } from '../support/arbitrary-cel.ts';
import { args } from './arbitrary-calls.ts';
import { call, setOfPolicies } from './support.ts';

const strictness: Record<Verdict, number> = {
	allowed: 0,
	rewritten: 0,
	asked: 1,
	contained: 2,
	denied: 3,
	hidden: 4,
	errored: 5,
};

/** Conditions that answer, and some that never do. */
const condition = fc.oneof(
	{ weight: 4, arbitrary: celCondition },
	{ weight: 1, arbitrary: celCondition.map((text) => `args.n < (${text} ? args.s : args.m)`) },
);
const given = fc.oneof(celArguments, args);

/** Undefined when the condition does not load. */
function ruleOf(id: string, action: string, cel: string): Policy | undefined {
	const rule = `{ id: ${id}, match: { tool: t/x }, when: { cel: ${JSON.stringify(cel)} }, then: ${action} }`;
	return loadPolicy({ file: 'p.yaml', text: `version: 1\nname: p-${id}\nrules: [${rule}]\n`, layer: 'user' }).policy;
}

function decide(policies: readonly Policy[], given: JsonObject): Decision {
	return call(setOfPolicies(policies, { defaults: { tool: 'ask' } }), 't/x', given);
}

const runs = { numRuns: 500 };

test('one more deny or ask never loosens an answer, one more allow never tightens it', () => {
	let loaded = 0;
	fc.assert(
		fc.property(condition, condition, given, (first, second, given) => {
			const rules = (id: string, text: string, ...actions: readonly string[]) =>
				actions.flatMap((action) => ruleOf(`${id}-${action}`, action, text) ?? []);
			const base = rules('base', first, 'allow', 'deny');
			const more = rules('more', second, 'deny', 'ask', 'allow');
			if (base.length + more.length < 5) return;
			loaded += 1;
			for (const policies of [[], base.slice(0, 1), base.slice(1), base]) {
				const before = strictness[decide(policies, given).verdict];
				const [deny = 0, ask = 0, allow = 9] = more.map(
					(rule) => strictness[decide([...policies, rule], given).verdict],
				);
				expect(deny).toBeGreaterThanOrEqual(before);
				expect(ask).toBeGreaterThanOrEqual(before);
				expect(allow).toBeLessThanOrEqual(before);
			}
		}),
		{ numRuns: 300 },
	);
	expect(loaded).toBeGreaterThan(200);
});

test('a condition and its contrary never both leave a call alone, and never both open it', () => {
	const seen = new Set<string>();
	fc.assert(
		fc.property(condition, given, (cel, given) => {
			const verdicts = (action: string) =>
				[cel, `!(${cel})`].map((text) => {
					const rule = ruleOf('r', action, text);
					return rule === undefined ? undefined : decide([rule], given).verdict;
				});
			const [denies, allows] = [verdicts('deny'), verdicts('allow')];
			if (denies.includes(undefined)) return;
			expect(denies).toContain('denied');
			expect(allows).toContain('asked');
			seen.add([...denies, ...allows].join(' '));
		}),
		runs,
	);
	// True, false, and no answer.
	expect([...seen].sort()).toEqual([
		'asked denied asked allowed',
		'denied asked allowed asked',
		'denied denied asked asked',
	]);
});

test('no arguments make a condition throw, change them, or answer otherwise the next time', () => {
	fc.assert(
		fc.property(condition, args, (text, given) => {
			const cel = compileCel(text);
			if (cel.kind === 'fault') return;
			const before = JSON.stringify(given);
			const ask = () => cel.eval({ args: given, agent: 'a', driver: 't', tool: 't/x' });
			expect(ask()).toEqual(ask());
			expect(JSON.stringify(given)).toBe(before);
		}),
		runs,
	);
});

test('any text loads or is refused with a place inside of it', () => {
	const piece = fc.constantFrom(
		...'args . x == && || ! ( ) [ ] { } , : ? "a" \'b\' 1 2.5 true in has all re2 matches size \\ \n $ ` 5u'.split(' '),
		'⟨',
		' ',
	);
	const texts = fc.oneof(
		fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join('')),
		fc.string({ maxLength: 40 }),
	);
	let refused = 0;
	fc.assert(
		fc.property(texts, (text) => {
			const cel = compileCel(text);
			if (cel.kind !== 'fault') return;
			refused += 1;
			expect(cel.message).not.toBe('');
			expect(cel.start).toBeGreaterThanOrEqual(0);
			expect(cel.end).toBeGreaterThanOrEqual(cel.start);
			expect(cel.end).toBeLessThanOrEqual(text.length);
		}),
		{ numRuns: 5000 },
	);
	expect(refused).toBeGreaterThan(1000);
});
