// What must hold for any policy files and any question.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Decision, Verdict } from '../../src/abi/decision.ts';
import type { PolicySet } from '../../src/policy/compile.ts';
import { decide } from '../../src/policy/decide.ts';
import { explain } from '../../src/policy/explain.ts';
import { lookAt, sensesOf } from '../../src/policy/look.ts';
import { anyQuestion, type Question } from './arbitrary-calls.ts';
import { anyFiles, type Draft, draftOf, type FileDraft, fileOf, policiesFrom } from './arbitrary-rules.ts';
import { answerSlowly } from './oracle.ts';
import { ask, compiled, portsWith, requestFor } from './support.ts';

/** Undefined for files that do not compile together (pins that differ). */
function setFrom(files: readonly FileDraft[], mode: PolicySet['mode'] = 'enforce'): PolicySet | undefined {
	return compiled(policiesFrom(files), { mode }).set;
}

/** The set, for properties that are only about those that compile. */
function compilable(files: readonly FileDraft[], mode?: PolicySet['mode']): PolicySet {
	const set = setFrom(files, mode);
	fc.pre(set !== undefined);
	return set as PolicySet;
}

function answer(set: PolicySet, { target, asked }: Question): Decision {
	return ask(set, target, asked);
}

const mode = fc.constantFrom<PolicySet['mode']>('enforce', 'enforce', 'warn', 'observe');
const words: Record<Verdict, number> = {
	allowed: 0,
	rewritten: 0,
	asked: 1,
	contained: 2,
	denied: 3,
	hidden: 4,
	errored: 5,
};

/** How far the call is kept from running; what only watches keeps nothing. */
function strictness({ verdict, acted }: Decision): number {
	return acted ? words[verdict] : 0;
}

/** The files with one more rule, in the file at `at`. */
function withRule(files: readonly FileDraft[], at: number, rule: Draft): FileDraft[] {
	return files.map((file, index) => (index === at % files.length ? { ...file, rules: [...file.rules, rule] } : file));
}

const runs = { numRuns: 800 };

describe('for any files and any question', () => {
	test('the answer is the one that trying every rule gives', () => {
		const seen = new Set<string>();
		fc.assert(
			fc.property(anyFiles, mode, anyQuestion, (files, mode, question) => {
				const set = compilable(files, mode);
				const request = requestFor(question.target, question.asked);
				const ports = { ...portsWith(question.asked.links), branchOf: () => question.asked.branch };
				const slow = answerSlowly(set, request, ports);
				const { because, ...decision } = decide(set, request, ports);
				const ids = because.filter(({ id, effect }) => effect === effectOf[slow.verdict] && !id.startsWith('kernel/'));
				const { verdict, acted, mode: judged } = decision;
				expect({ verdict, acted, mode: judged, rules: ids.map(({ id }) => id).sort() }, decision.error).toEqual(slow);
				seen.add(`${slow.verdict} ${acted ? '' : 'not '}acted`);
			}),
			{ numRuns: 1500 },
		);
		// A generator that made only refusals would prove little.
		expect([...seen]).toEqual(
			expect.arrayContaining([
				...['allowed acted', 'rewritten acted', 'asked acted', 'denied acted', 'hidden acted'],
				...['rewritten not acted', 'asked not acted', 'denied not acted', 'hidden not acted'],
			]),
		);
	});

	test('the order of files, and of the rules in them, changes nothing', () => {
		fc.assert(
			fc.property(anyFiles, mode, anyQuestion, fc.nat(4), (files, mode, question, turn) => {
				const set = compilable(files, mode);
				const policies = policiesFrom(files).toReversed();
				const turned = policies.map((policy) => {
					const at = turn % (policy.rules.length + 1);
					const rules = [...policy.rules.slice(at), ...policy.rules.slice(0, at)].toReversed();
					return { ...policy, rules, waivers: policy.waivers.toReversed() };
				});
				const other = compiled(turned, { mode }).set as PolicySet;
				expect(answer(other, question)).toEqual(answer(set, question));
			}),
			runs,
		);
	});

	test('one more deny or hide never loosens an answer, and one more ask never beyond asking', () => {
		const restriction = draftOf('deny', 'deny', 'hide', 'ask');
		fc.assert(
			fc.property(anyFiles, restriction, mode, anyQuestion, fc.nat(2), (files, rule, mode, question, at) => {
				const before = answer(compilable(files, mode), question);
				const after = answer(compilable(withRule(files, at, rule), mode), question);
				// An ask opens what nothing else opens, as far as asking.
				const least = rule.action.kind === 'ask' ? Math.min(strictness(before), words.asked) : strictness(before);
				expect(strictness(after)).toBeGreaterThanOrEqual(least);
			}),
			runs,
		);
	});

	test('one deny less never tightens an answer', () => {
		const deny = draftOf('deny');
		fc.assert(
			fc.property(anyFiles, deny, mode, anyQuestion, fc.nat(2), (files, rule, mode, question, at) => {
				const policies = policiesFrom(withRule(files, at, rule));
				const before = compiled(policies, { mode }).set;
				fc.pre(before !== undefined);
				const denies = policies.flatMap(({ rules }) => rules.filter(({ action }) => action.kind === 'deny'));
				for (const { id } of denies) {
					const fewer = policies.map((policy) => ({ ...policy, rules: policy.rules.filter((one) => one.id !== id) }));
					const after = compiled(fewer, { mode }).set as PolicySet;
					expect(strictness(answer(after, question)), id).toBeLessThanOrEqual(
						strictness(answer(before as PolicySet, question)),
					);
				}
			}),
			runs,
		);
	});

	test('one exception less of a deny or hide, or one allow less, never loosens an answer', () => {
		fc.assert(
			fc.property(anyFiles, mode, anyQuestion, (files, mode, question) => {
				const before = strictness(answer(compilable(files, mode), question));
				const fewer = files.map(withoutExceptions);
				expect(strictness(answer(compilable(fewer, mode), question))).toBeGreaterThanOrEqual(before);
				const policies = policiesFrom(files).map((policy) => ({
					...policy,
					rules: policy.rules.filter(({ action }) => action.kind !== 'allow'),
				}));
				const closed = compiled(policies, { mode }).set as PolicySet;
				expect(strictness(answer(closed, question))).toBeGreaterThanOrEqual(before);
			}),
			runs,
		);
	});

	test('what would run is not changed again', () => {
		const changing = fileOf(draftOf('pin', 'narrow', 'rewrite', 'rewrite-command')).map(
			(file): FileDraft => ({ ...file, defaults: { tool: 'allow' } }),
		);
		let changed = 0;
		fc.assert(
			fc.property(changing, anyQuestion, (file, question) => {
				const set = compilable([file]);
				const { verdict, final } = answer(set, question);
				if (verdict !== 'rewritten') return;
				changed += 1;
				expect(answer(set, { ...question, target: final }).changes).toEqual([]);
			}),
			runs,
		);
		expect(changed).toBeGreaterThan(40);
	});

	test('no arguments make it throw, err or change what it was given', () => {
		fc.assert(
			fc.property(anyFiles, mode, anyQuestion, (files, mode, question) => {
				const before = JSON.stringify(question);
				const { verdict, error } = answer(compilable(files, mode), question);
				expect(verdict, error).not.toBe('errored');
				expect(JSON.stringify(question)).toBe(before);
			}),
			runs,
		);
	});

	test('the answer is the same whatever was asked before', () => {
		fc.assert(
			fc.property(anyFiles, mode, fc.array(anyQuestion, { minLength: 1, maxLength: 6 }), (files, mode, questions) => {
				const set = compilable(files, mode);
				const alone = questions.map((question) => answer(compilable(files, mode), question));
				expect(questions.map((question) => answer(set, question))).toEqual(alone);
				expect(questions.toReversed().map((question) => answer(set, question))).toEqual(alone.toReversed());
			}),
			{ numRuns: 300 },
		);
	});

	test('an explanation considers every rule that is about such a call, however near it missed', () => {
		fc.assert(
			fc.property(anyFiles, anyQuestion, (files, { target, asked }) => {
				const set = compilable(files);
				const { considered } = explain(set, requestFor(target, asked), portsWith(asked.links));
				const ids = considered.map(({ rule }) => rule.id);
				expect(ids).toEqual(ids.toSorted());
				const missing = set.rules.filter(({ id }) => !ids.includes(id));
				const look = lookAt(target, requestFor(target, asked), sensesOf(requestFor(target, asked), portsWith()));
				for (const { conditions } of missing) {
					const failed = conditions.filter((condition) => condition.test(look) === 'no').map(({ name }) => name);
					expect(failed.some((name) => /^(?:tool|resource|prompt|method|driver_asks|from)$/.test(name))).toBe(true);
				}
			}),
			runs,
		);
	});
});

const effectOf: Partial<Record<Verdict, string>> = {
	hidden: 'hide',
	denied: 'deny',
	asked: 'ask',
	allowed: 'allow',
	rewritten: 'allow',
};

/** The file without whatever lifts one of its denies or hides. */
function withoutExceptions(file: FileDraft): FileDraft {
	const stops = (rule: Draft | undefined) => rule?.action.kind === 'deny' || rule?.action.kind === 'hide';
	return {
		...file,
		rules: file.rules.map((rule) => (stops(rule) ? { ...rule, except: [] } : rule)),
		waivers: file.waivers.filter((waiver) => !stops(file.rules[waiver.rule])),
	};
}
