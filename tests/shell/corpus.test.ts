// The packs hold on lines that try to get round them, and let everyday work through.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeAll, tableFile } from '../../bench/corpus.ts';
import type { Intent, Level, Verdict } from '../../bench/corpus-judge.ts';
import { failureOf, render } from '../../bench/corpus-table.ts';

const all = judgeAll();

const ofText: readonly Level[] = ['token', 'lex', 'ast', 'wrapper'];
const computed: readonly Level[] = ['fold', 'lang'];

function select(verdicts: readonly Verdict[], intents: readonly Intent[], levels: readonly Level[]): Verdict[] {
	return verdicts.filter(({ line }) => intents.includes(line.intent) && levels.includes(line.static_level));
}

const isStopped = ({ outcome }: Verdict) => outcome !== 'allowed' && outcome !== 'mention';
const isSeen = ({ outcome }: Verdict) => outcome === 'seen' || outcome === 'rewritten';
const lines = (verdicts: readonly Verdict[]) => verdicts.map(({ line }) => `${line.id} ${line.command}`);
const share = (part: readonly Verdict[], whole: readonly Verdict[]) => part.length / whole.length;

test('the corpora are there', () => {
	expect(all.bypass.length).toBeGreaterThan(500);
	expect(all.more.length).toBeGreaterThan(200);
	const ids = Object.values(all).flatMap((verdicts) => verdicts.map(({ line }) => line.id));
	expect(new Set(ids).size).toBe(ids.length);
});

test('judging never breaks', () => {
	const broken = Object.values(all).flatMap((verdicts) =>
		verdicts.filter(({ decision }) => decision.error !== undefined),
	);
	expect(lines(broken)).toEqual([]);
});

describe.each(Object.entries(all))('%s', (name, verdicts) => {
	const gated: readonly Intent[] = ['runs_python', 'runs_pip', 'git_force_push'];
	const files: readonly Intent[] = ['rm_outside_workspace', 'reads_secret'];

	test('no Python, pip or force push that the text shows runs as it is; of what we made up ourselves, hardly any', () => {
		const shown = select(verdicts, gated, ofText);
		expect(shown.length).toBeGreaterThan(200);
		const missed = shown.filter((verdict) => !isStopped(verdict));
		expect(share(missed, shown), lines(missed).join('\n')).toBeLessThanOrEqual(name === 'bypass' ? 0 : 0.02);
	});

	test('of those that the text computes, or another language starts, few do', () => {
		for (const level of computed) {
			const members = select(verdicts, gated, [level]);
			expect(members.length, level).toBeGreaterThan(20);
			const missed = members.filter((verdict) => !isStopped(verdict));
			expect(share(missed, members), `${level}: ${lines(missed).join('\n')}`).toBeLessThanOrEqual(0.15);
		}
	});

	test.each(files)('most of %s that the text shows does not', (intent) => {
		const shown = select(verdicts, [intent], ofText);
		expect(shown.length).toBeGreaterThan(10);
		expect(
			share(shown.filter(isStopped), shown),
			lines(shown.filter((one) => !isStopped(one))).join('\n'),
		).toBeGreaterThanOrEqual(0.8);
	});

	test('most are stopped by a rule that names them, not because nobody can tell', () => {
		const decidable = verdicts.filter(
			({ line }) => line.static_decidable && [...gated, ...files].includes(line.intent),
		);
		expect(decidable.length).toBeGreaterThan(300);
		expect(share(decidable.filter(isSeen), decidable)).toBeGreaterThanOrEqual(0.6);
	});

	test('harmless lines run as they are', () => {
		const benign = verdicts.filter(({ line }) => line.intent === 'benign');
		expect(benign.length).toBeGreaterThan(80);
		const wrong = benign.filter((verdict) => failureOf(verdict) !== undefined);
		expect(share(wrong, benign), lines(wrong).join('\n')).toBeLessThanOrEqual(0.03);
		expect(lines(wrong.filter(({ outcome }) => outcome === 'rewritten'))).toEqual([]);
	});
});

test('bench/corpus.md is what is measured, or `node bench/run.mjs corpus --write` was forgotten', () => {
	expect(existsSync(tableFile) && readFileSync(tableFile, 'utf8')).toBe(render(all));
});
