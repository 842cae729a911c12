// `trapgate audit`: the log as people and machines read it, and the exit code when it was changed.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RuleId } from '../../src/abi/names.ts';
import { type AuditLog, openAudit } from '../../src/audit/log.ts';
import type { DecidedEntry } from '../../src/audit/record.ts';
import { makePlace, type Place } from './support.ts';

let place: Place;
let clock: number;
const start = Date.parse('2024-11-20T10:14:00Z');

beforeEach(() => {
	place = makePlace();
	clock = start;
});
afterEach(() => place.remove());

async function withLog(write: (log: AuditLog) => Promise<void>, directory = place.audit): Promise<void> {
	const log = await openAudit({
		directory,
		keyFile: join(place.audit, '../audit.key'),
		durability: 'written',
		now: () => clock,
		random: (size) => randomBytes(size),
		host: { pid: 1, version: '9.9.9', user: 'dana' },
		warn: (text) => expect.unreachable(text),
	});
	await write(log);
	await log.close();
}

function decided(fields: Partial<DecidedEntry> & Pick<DecidedEntry, 'id' | 'decision'>): DecidedEntry {
	clock += 1_000;
	return {
		event: 'decided',
		acted: true,
		rules: [],
		driver: 'shell',
		tool: 'shell/run',
		agent: { id: 'claude-code', name: 'claude', version: '2.1' },
		policy_rev: `sha256:${'ab'.repeat(32)}`,
		mode: 'enforce',
		method: 'tools/call',
		...fields,
	};
}

/** One of each: allowed, rewritten with an exit code, refused, and never ended. */
async function fourCalls(log: AuditLog): Promise<void> {
	await log.append(
		decided({
			id: 'c1',
			decision: 'allowed',
			rules: ['allow-reads'],
			tool: 'github/get_issue',
			driver: 'github',
			args: { value: { number: 3 } },
		}),
	);
	await log.append({ event: 'completed', id: 'c1', result: { is_error: false, bytes: 12 } });
	const change = {
		path: '/command',
		from: 'python3 app.py',
		to: 'uv run python3 app.py',
		rule: 'python-through-uv' as RuleId,
	};
	await log.append(
		decided({
			id: 'c2',
			decision: 'rewritten',
			rules: ['python-through-uv', 'allow-shell'],
			args: { value: { command: 'python3 app.py' } },
			changed: [change],
		}),
	);
	await log.append({ event: 'completed', id: 'c2', result: { is_error: false, bytes: 9, exit: 2 } });
	await log.append(
		decided({
			id: 'c3',
			decision: 'denied',
			final: true,
			rules: ['no-force-push'],
			reason: 'No.',
			instead: 'open a pull request',
			agent: { id: 'codex' },
			args: { value: { command: 'git push -f' } },
		}),
	);
	await log.append(
		decided({ id: 'c4', decision: 'allowed', rules: ['allow-shell'], args: { value: { command: 'sleep 99' } } }),
	);
	clock += 1_000;
	await log.append({ event: 'driver', driver: 'github', state: 'down', reason: 'D104: it ended' });
}

/** Lines without their local time of day. */
const untimed = (text: string) =>
	text
		.trimEnd()
		.split('\n')
		.map((line) => line.replace(/^\d\d:\d\d:\d\d {2}/, ''));

describe('tail', () => {
	test('one line a call, in order, under its date', async () => {
		await withLog(fourCalls);
		const { code, stdout, stderr } = await place.run(['audit', 'tail']);
		expect(untimed(stdout)).toEqual([
			expect.stringMatching(/^2024-11-\d\d$/),
			'ALLOW    claude-code  github/get_issue  number=3                                allow-reads',
			'REWRITE  claude-code  shell/run         python3 app.py → uv run python3 app.py  python-through-uv, exit 2',
			'DENY     codex        shell/run         git push -f                             no-force-push',
			'ALLOW    claude-code  shell/run         sleep 99                                allow-shell, no end recorded',
			'DOWN                  github            D104: it ended',
		]);
		expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
	});

	test.each([
		[['--decision', 'denied'], ['c3']],
		[
			['--rule', 'allow-shell'],
			['c2', 'c4'],
		],
		[['--agent', 'codex'], ['c3']],
		[
			['--agent', 'claude'],
			['c1', 'c2', 'c4'],
		],
		[
			['--since', '2024-11-20T10:14:03Z'],
			['c3', 'c4', undefined],
		],
		[
			['--lines', '2'],
			['c4', undefined],
		],
		[['--since', '2024-11-21'], []],
		[['--rule', 'no-such-rule'], []],
	])('%j', async (flags, ids) => {
		await withLog(fourCalls);
		const { code, lines } = await place.run(['audit', 'tail', '--format', 'json', ...flags]);
		expect(lines().map(({ id }) => id)).toEqual(ids);
		expect(code).toBe(0);
	});

	test('ids on request, for show', async () => {
		await withLog(fourCalls);
		const { stdout } = await place.run(['audit', 'tail', '--ids', '--rule', 'no-force-push']);
		expect(stdout).toMatch(/ {2}c3 {2}DENY {2}codex {2}shell\/run {2}git push -f {2}no-force-push\n$/);
	});

	test('an agent can not write into the terminal', async () => {
		await withLog(async (log) => {
			await log.append(
				decided({
					id: 'x',
					decision: 'denied',
					final: true,
					agent: { id: 'a\u001b[2Jb' },
					args: { value: { command: 'a\u001b]0;title\u0007\nnext\r\u202eline' } },
				}),
			);
		});
		for (const argv of [
			['audit', 'tail'],
			['audit', 'show', 'x'],
		]) {
			const { stdout } = await place.run(argv);
			expect(stdout).toContain('title');
			// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
			expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
		}
	});

	test('follow shows calls as they happen, also of runs that begin later, until it is stopped', async () => {
		await withLog(fourCalls);
		clock = Date.now() + 60_000;
		const stop = new AbortController();
		const steps = [
			{
				sees: 'sleep 99',
				act: () =>
					withLog(
						async (log) =>
							void (await log.append(decided({ id: 'n1', decision: 'denied', final: true, rules: ['new-one'] }))),
					),
			},
			{ sees: 'new-one', act: async () => stop.abort() },
		];
		const done: Promise<void>[] = [];
		const { code, stdout } = await place.run(['audit', 'tail', '--follow'], {
			signal: stop.signal,
			onOutput: (soFar) => {
				if (steps[0] !== undefined && soFar.includes(steps[0].sees))
					done.push(steps.shift()?.act() ?? Promise.resolve());
			},
		});
		await Promise.all(done);
		expect(code).toBe(0);
		expect(stdout.match(/new-one/g)).toHaveLength(1);
		expect(stdout.match(/sleep 99/g)).toHaveLength(1);
	});

	test('no log is no error', async () => {
		expect(await place.run(['audit', 'tail'])).toMatchObject({
			code: 0,
			stdout: '',
			stderr: expect.stringContaining('no calls in'),
		});
		expect(await place.run(['audit', 'tail', '--quiet'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
	});
});

describe('show', () => {
	test('everything about one call', async () => {
		await withLog(fourCalls);
		const { code, stdout } = await place.run(['audit', 'show', 'c2']);
		expect(stdout).toContain('REWRITE shell/run  c2\n');
		expect(stdout).toContain('  agent       claude-code (claude 2.1)\n');
		expect(stdout).toContain('  asked       {"command":"python3 app.py"}\n');
		expect(stdout).toContain('  changed     command: python3 app.py -> uv run python3 app.py  by python-through-uv\n');
		expect(stdout).toContain('  result      {"is_error":false,"bytes":9,"exit":2}\n');
		expect(code).toBe(0);
		const { document } = await place.run(['audit', 'show', 'c2', '--format', 'json']);
		expect(document()).toMatchObject({ event: 'call', id: 'c2', decision: 'rewritten', result: { exit: 2 } });
	});

	test('an id that is not there', async () => {
		await withLog(fourCalls);
		expect(await place.run(['audit', 'show', 'c9'])).toMatchObject({
			code: 2,
			stdout: '',
			stderr: expect.stringContaining('there is no call `c9`'),
		});
	});
});

describe('verify', () => {
	const runFile = () => {
		const day = readdirSync(place.audit).find((name) => name.startsWith('2024')) ?? '';
		const [name = ''] = readdirSync(join(place.audit, day));
		return join(place.audit, day, name);
	};

	test('a whole log', async () => {
		await withLog(fourCalls);
		const { code, stdout } = await place.run(['audit', 'verify']);
		expect(stdout).toMatch(
			/^ok {2}11 records, 1 run, 2 checkpoints, head [0-9a-f]{8}; last copied checkpoint \d+\w ago\n/,
		);
		expect(stdout).toContain('shell/run (c4) had begun at 2024-11-20T10:14:04.000Z; no end is recorded\n');
		expect(stdout).toContain('not seen: ');
		expect(code).toBe(0);
		const { document } = await place.run(['audit', 'verify', '--format', 'json']);
		expect(document()).toMatchObject({
			schema_version: '1.0',
			command: 'audit verify',
			ok: true,
			records: 11,
			findings: [],
			interrupted: [{ id: 'c4' }],
		});
	});

	test('one word changed is exit code 5', async () => {
		await withLog(fourCalls);
		writeFileSync(runFile(), readFileSync(runFile(), 'utf8').replace('git push -f', 'git push -n'));
		const { code, stdout } = await place.run(['audit', 'verify']);
		expect(stdout).toContain('error[A103]: ');
		expect(stdout).toContain('\nCHANGED  ');
		expect(code).toBe(5);
		const json = await place.run(['audit', 'verify', '--format', 'json']);
		expect(json.code).toBe(5);
		expect(json.document()).toMatchObject({
			ok: false,
			findings: [{ code: 'A103', kind: 'edited', severity: 'error' }],
		});
	});

	test('a log that is not there was not verified', async () => {
		const { code, stdout, stderr } = await place.run(['audit', 'verify']);
		expect(stderr).toContain('error[A102]: there is no log in');
		expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
	});

	test('a key of somebody else does not verify', async () => {
		await withLog(fourCalls);
		place.write('other.pem', 'no key');
		expect(await place.run(['audit', 'verify', '--public-key', 'other.pem'])).toMatchObject({
			code: 5,
			stdout: expect.stringContaining('NOT VERIFIED'),
		});
		expect(await place.run(['audit', 'verify', '--public-key', 'none.pem'])).toMatchObject({
			code: 2,
			stderr: expect.stringContaining('none.pem`'),
		});
	});
});

describe('where the log is', () => {
	test('the root file says it, also when a policy it names is broken', async () => {
		const elsewhere = join(place.directory, '../logs');
		place.write('trapgate.yaml', 'version: 1\naudit: { directory: ../logs }\npolicies: [./broken.yaml]\n');
		place.write('broken.yaml', 'rules: nonsense\n');
		await withLog(fourCalls, elsewhere);
		const { lines } = await place.run(['audit', 'tail', '--format', 'json']);
		expect(lines()).toHaveLength(5);
	});

	test('--directory names another one, also when the root file is broken', async () => {
		const elsewhere = join(place.directory, '../logs');
		place.write('trapgate.yaml', 'version: 2\n');
		await withLog(fourCalls, elsewhere);
		expect(await place.run(['audit', 'tail'])).toMatchObject({
			code: 3,
			stderr: expect.stringContaining('--directory DIR'),
		});
		expect((await place.run(['audit', 'tail', '--format', 'json', '--directory', '../logs'])).lines()).toHaveLength(5);
	});
});
