// Rules about SQL from file to verdict, through an edit of the running policy and through a parser that is gone.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { DriverName } from '../../src/abi/names.ts';
import { loadOptions } from '../../src/kernel/load-options.ts';
import { makeAnswer } from '../../src/kernel/question.ts';
import type { LoadOptions, Revision } from '../../src/kernel/revision.ts';
import { loadRevision } from '../../src/kernel/revision.ts';
import { Revisions } from '../../src/kernel/revisions.ts';
import { stateDirectories } from '../../src/kernel/state.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-sql-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = join(folder, 'trapgate.yaml');
const env = { HOME: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') };
const directories = stateDirectories(env);

const plain = 'version: 1\nrules:\n  - { id: all, match: { tool: "postgres/*" }, then: allow }\n';
const guarded = `${plain}policies: [pack:postgres-read-only]\n`;

function verdict(revision: Revision, load: LoadOptions, sql: string): string {
	const target = { kind: 'tool', driver: 'postgres' as DriverName, tool: 'query', args: { sql } } as const;
	return makeAnswer({ revision, load, directories })({ target, agent: 'a', at: 0 }).decision.verdict;
}

test('an edit that brings the first rule about SQL holds at once; one that can not have its parser changes nothing', () => {
	writeFileSync(file, plain);
	const usual = loadOptions({ file, cwd: folder, env }, directories);
	let isGone = false;
	let fetched = 0;
	const load: LoadOptions = {
		...usual,
		sqlParser: () => {
			if (isGone) throw new Error('no such file');
			fetched += 1;
			if (usual.sqlParser === undefined) throw new Error('loadOptions brings no parser');
			return usual.sqlParser();
		},
	};
	const first = loadRevision(load).revision;
	if (first === undefined) throw new Error('it does not load');
	expect(fetched).toBe(0);
	expect(verdict(first, load, 'drop table orders')).toBe('allowed');

	const revisions = new Revisions({ load, first, acceptedHash: () => undefined, report: () => undefined });
	writeFileSync(file, guarded);
	isGone = true;
	expect(revisions.reload()).toMatchObject({ accepted: false, problems: [{ code: 'K105', severity: 'error' }] });
	expect(revisions.current()).toBe(first);

	isGone = false;
	expect(revisions.reload()).toMatchObject({ accepted: true });
	expect(fetched).toBeGreaterThan(0);
	expect(verdict(revisions.current(), load, 'drop table orders')).toBe('denied');
	expect(verdict(revisions.current(), load, 'select * from orders')).toBe('allowed');
});
