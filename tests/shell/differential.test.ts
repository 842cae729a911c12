// Real bash executes nothing that the analysis does not name, and the same programs before and after a change.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab } from '../support/bash-lab.ts';
import { isHarmless, shellLines } from '../support/shell-generator.ts';
import { plainProgram } from '../support/shell-rows.ts';
import { compare, described, missedBy } from '../support/soundness.ts';

const table = readFileSync(new URL('../corpus/shell_cases.jsonl', import.meta.url), 'utf8')
	.trim()
	.split('\n')
	.map((row) => (JSON.parse(row) as { cmd: string }).cmd);

const made = shellLines(20_261_121, 400, table);

describe('compared with real bash', () => {
	let lab: Lab;
	beforeAll(() => {
		lab = openLab();
	});
	afterAll(() => lab.close());

	/** Without namespaces only the harmless ones may run. */
	const runnable = (lines: readonly string[]) => lines.filter((line) => lab.isIsolated || isHarmless(line));

	test('the lab notes what runs, and how', async () => {
		const [run] = await lab.run(['foo "a b" | python3 \'\' é; exit 3']);
		expect(run).toMatchObject({ status: 3, isLate: false });
		expect(run?.ran).toHaveLength(2);
		expect(run?.ran).toEqual(
			expect.arrayContaining([
				['foo', 'a b'],
				['python3', '', 'é'],
			]),
		);
	});

	test('a program that the analysis does not name is found', async () => {
		const [run] = await lab.run(['python3 x; foo y']);
		const seen = { ...plainProgram, program: 'python3', spelled: 'python3', argv: ['python3', 'x'] };
		const other = { ...plainProgram, program: 'foo', spelled: 'foo', argv: ['foo', 'z'] };
		expect(missedBy([seen], run?.ran ?? [])).toMatchObject({ kind: 'unseen', detail: '["foo","y"]' });
		expect(missedBy([seen, other], run?.ran ?? [])).toMatchObject({ kind: 'misread', detail: '["foo","y"]' });
		expect(missedBy([seen, { ...other, isOpenEnded: true, argv: ['foo'] }], run?.ran ?? [])).toBeUndefined();
	});

	test('lines of the table and lines made up run nothing unseen, and the same under uv', {
		timeout: 120_000,
	}, async () => {
		const result = await compare(lab, runnable([...table, ...made]));
		expect(result.findings.map(described).join('\n')).toBe('');
		// Lines that run nothing, or that nobody can read, would prove nothing.
		expect(result.ran).toBeGreaterThan(result.lines / 3);
		expect(result.gaps).toBeLessThan(result.lines / 2);
		expect(result.rewritten).toBeGreaterThan(result.lines / 10);
	});
});
