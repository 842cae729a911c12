// What was edited while the kernel still started is taken up, once.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { loadOptions } from '../../src/kernel/load-options.ts';
import { judgeRead, readRevision } from '../../src/kernel/revision.ts';
import { marksOf, type ReloadOutcome, Revisions } from '../../src/kernel/revisions.ts';
import { stateDirectories } from '../../src/kernel/state.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-revisions-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = join(folder, 'trapgate.yaml');
const env = { HOME: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') };
const load = loadOptions({ file, cwd: folder, env }, stateDirectories(env));
const withRule = (id: string) =>
	`version: 1\nrules:\n  - { id: ${id}, match: { tool: 'a/*' }, then: deny, reason: r, instead: i }\n`;

beforeEach(() => writeFileSync(file, withRule('first')));

async function started() {
	const read = readRevision(load);
	const first = judgeRead(load, read).revision;
	if (first === undefined) throw new Error('it does not load');
	const marks = await marksOf(load, first.sources);
	const outcomes: ReloadOutcome[] = [];
	let told: () => void = () => undefined;
	const next = () => new Promise<void>((resolve) => (told = resolve));
	const revisions = new Revisions({
		...{ load, first, acceptedHash: () => undefined },
		report: (outcome) => {
			outcomes.push(outcome);
			told();
		},
	});
	return { revisions, marks, outcomes, next, first, read };
}

const ruleOf = ({ revisions }: { revisions: Revisions }) => revisions.current().set.rules.map(({ rule }) => rule.id);

test('an edit between the reading and the first look', async () => {
	const kernel = await started();
	writeFileSync(file, withRule('edited'));
	const taken = kernel.next();
	await kernel.revisions.watch(5, kernel.marks);
	await taken;
	kernel.revisions.stop();
	expect(ruleOf(kernel)).toEqual(['edited']);
	expect(kernel.outcomes).toMatchObject([{ accepted: true, from: kernel.first.id }]);
});

test('without one the first look finds nothing, and the next edit is the first', async () => {
	const kernel = await started();
	await kernel.revisions.watch(5, kernel.marks);
	const taken = kernel.next();
	writeFileSync(file, withRule('later'));
	await taken;
	kernel.revisions.stop();
	expect(ruleOf(kernel)).toEqual(['later']);
	expect(kernel.outcomes).toHaveLength(1);
});

test('what was read is judged twice alike', async () => {
	const { read, first } = await started();
	writeFileSync(file, withRule('edited'));
	expect(judgeRead(load, read).revision).toMatchObject({ id: first.id, projectHash: first.projectHash });
	expect(judgeRead(load, read).revision?.set.rules.map(({ rule }) => rule.id)).toEqual(['first']);
});
