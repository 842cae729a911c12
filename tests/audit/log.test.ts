// What stands in the files: fields, detail levels, checkpoints, days, and what happens when somebody touches them.
import { createHmac } from 'node:crypto';
import {
	appendFileSync,
	copyFileSync,
	mkdirSync,
	readFileSync,
	renameSync,
	rmdirSync,
	rmSync,
	truncateSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ExactNumber } from '../../src/abi/json.ts';
import type { AuditRecord } from '../../src/audit/record.ts';
import {
	appended,
	Clock,
	completed,
	decided,
	denied,
	errorsOf,
	hour,
	linesOf,
	newPlace,
	openLog,
	recordsOf,
	verify,
	writeRun,
} from './support.ts';

test('a run begins with who and what it is, and a signed checkpoint', async () => {
	const place = newPlace();
	const { log, path } = await openLog(place);
	const [opened, checkpoint] = recordsOf(path);
	expect(opened).toMatchObject({
		v: 1,
		seq: 1,
		time: '2026-11-20T12:00:00.000Z',
		event: 'opened',
		run: log.run,
		host: { pid: 4711, version: '0.1.0' },
		user: 'dana',
		workspace: '/w/app',
		policy_rev: 'sha256:9c1f42ab',
		previous: null,
		prev: `sha256:${'0'.repeat(64)}`,
		hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
	});
	expect(checkpoint).toMatchObject({
		seq: 2,
		event: 'checkpoint',
		prev: opened?.hash,
		key: expect.stringMatching(/^[0-9a-f]{16}$/),
	});
	expect(log.run).toMatch(/^r_[0-9a-f]{16}$/);
	expect(log.head).toEqual({ run: log.run, seq: 2, hash: checkpoint?.hash });
	await log.close();
});

test('a call is two records, with the members in the order of the samples', async () => {
	const { log, path } = await openLog(newPlace());
	const record = await appended(
		log,
		decided('01KAG0A1', { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', tools_rev: 'sha256:77d0c1e9' }),
	);
	await log.append(completed('01KAG0A1'));
	await log.close();
	const [, , first, second] = linesOf(path).map((line) => JSON.parse(line));
	expect(first).toEqual(record);
	expect(Object.keys(first).join(' ')).toBe(
		'v seq time id event run trace_id agent user workspace policy_rev tools_rev mode method driver tool decision acted rules args ms prev hash',
	);
	expect(first.args).toEqual({ level: 'redacted', value: { owner: 'acme', repo: 'web', number: 3 } });
	expect(Object.keys(second).join(' ')).toBe('v seq time id event run result ms prev hash');
});

test('a refusal is one final record, with a fingerprint', async () => {
	const { log } = await openLog(newPlace());
	const record = await appended(log, denied('x', { tool: 'shell/run', driver: 'shell', repeat: 2 }));
	expect(record).toMatchObject({
		decision: 'denied',
		final: true,
		reason: 'no',
		instead: 'ask',
		repeat: 2,
		fp: expect.stringMatching(/^v1:[0-9a-f]{12}$/),
	});
	expect(await appended(log, decided('y'))).not.toHaveProperty('fp');
	await log.close();
});

test('an entry can not name its own place in the chain', async () => {
	const place = newPlace();
	const { log } = await openLog(place);
	const forged = { ...decided('x'), v: 9, seq: 77, run: 'r_other', prev: 'sha256:1', hash: 'sha256:2', time: 'never' };
	expect(await appended(log, forged)).toMatchObject({ v: 1, seq: 3, run: log.run, time: '2026-11-20T12:00:00.000Z' });
	await log.close();
	expect(await verify(place)).toMatchObject({ ok: true, interrupted: [{ id: 'x' }] });
});

const secretArgs = { user: 'dana', password: 'hunter2', url: 'https://dana:hunter2@example.com/' };
test.each([
	['metadata', { level: 'metadata' }],
	['hash', { level: 'hash', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
	[
		'redacted',
		{
			level: 'redacted',
			value: { user: 'dana', password: '[redacted]', url: 'https://dana:[redacted]@example.com/' },
			redacted: 2,
		},
	],
	['full', { level: 'full', value: secretArgs }],
] as const)('detail level %s', async (level, args) => {
	const { log, path } = await openLog(newPlace());
	const changed = [
		{ path: '/password', from: 'hunter2', to: 'hunter3', rule: 'r' as never },
		{ path: '/user', to: 'dana', rule: 'r' as never },
	];
	const record = await appended(log, decided('x', { args: { level, value: secretArgs }, changed }));
	await log.close();
	expect(record).toMatchObject({ args });
	const kept = (record as { changed: unknown }).changed;
	if (level === 'full') expect(kept).toEqual(changed);
	else if (level === 'redacted')
		expect(kept).toEqual([
			{ path: '/password', from: '[redacted]', to: '[redacted]', rule: 'r' },
			{ path: '/user', to: 'dana', rule: 'r' },
		]);
	else
		expect(kept).toEqual([
			{ path: '/password', rule: 'r' },
			{ path: '/user', rule: 'r' },
		]);
	if (level !== 'full') expect(readFileSync(path, 'utf8')).not.toContain('hunter');
});

test('a change shows nothing that the arguments hide', async () => {
	const { log } = await openLog(newPlace());
	const value = { argv: ['--password', 'hunter2'], env: [{ name: 'API_KEY', value: 'hunter2' }], plain: 'a' };
	const rule = 'r' as never;
	const record = await appended(
		log,
		decided('x', {
			args: { value },
			changed: [
				{ path: '/argv/1', from: 'hunter2', to: 'hunter3', rule },
				{ path: '/env/0/value', from: 'hunter2', to: 'hunter3', rule },
				{ path: '/added/secret~1key', to: 'hunter3', rule },
				{ path: '/plain', from: 'a', to: 'b', rule },
			],
		}),
	);
	await log.close();
	expect(JSON.stringify(record)).not.toContain('hunter');
	expect(record).toMatchObject({ changed: [{}, {}, {}, { path: '/plain', from: 'a', to: 'b' }] });
});

test('a long text in one field pushes no other field out of the record', async () => {
	const { log, path } = await openLog(newPlace());
	const long = 'x'.repeat(300_000);
	const entry = decided('x', {
		agent: { name: long, version: long, id: 'local' },
		tool: long,
		reason: long,
		instead: long,
		final: true,
	});
	await log.append({
		...entry,
		error: { type: long, where: long, message: long },
		workspace: long,
		tools_rev: undefined,
	});
	await log.append({
		event: 'reload',
		accepted: false,
		policy_rev: 'sha256:1',
		problems: Array.from({ length: 20_000 }, () => ({ code: 'P101', severity: 'error', message: 'm' }) as const),
	});
	const [, , record, reload] = recordsOf(path);
	expect(record).toMatchObject({
		id: 'x',
		event: 'decided',
		decision: 'allowed',
		final: true,
		agent: { id: 'local' },
		ms: { policy: 0.6 },
	});
	expect(record).not.toHaveProperty('tools_rev');
	expect(reload).toMatchObject({ event: 'reload', accepted: false, policy_rev: 'sha256:1' });
	expect(linesOf(path)[2]?.length).toBeLessThan(250_000);
	await log.close();
});

test('hashed arguments group equal calls, and nobody without the key can test a guess', async () => {
	const place = newPlace();
	const { log } = await openLog(place);
	const hashOf = async (value: object) => {
		const record = await appended(log, decided('x', { args: { level: 'hash', value: value as never } }));
		return (record as { args?: { sha256?: string } }).args?.sha256;
	};
	expect(await hashOf({ a: 1, b: 2 })).toBe(await hashOf({ b: 2, a: 1 }));
	expect(await hashOf({ a: new ExactNumber('9007199254740993') })).not.toBe(
		await hashOf({ a: new ExactNumber('9007199254740992') }),
	);
	expect(await hashOf({ a: 1 })).not.toBe(createHmac('sha256', '').update('{"a":1}').digest('hex'));
	await log.close();
	const other = await openLog(newPlace());
	const elsewhere = await appended(other.log, decided('x', { args: { level: 'hash', value: { a: 1 } } }));
	const again = await openLog(place);
	const here = await appended(again.log, decided('x', { args: { level: 'hash', value: { a: 1 } } }));
	expect(here).not.toMatchObject({ args: (elsewhere as { args?: object }).args });
	await other.log.close();
	await again.log.close();
});

test('whatever an agent or a server writes into a text field loses its secrets too', async () => {
	const place = newPlace();
	const { log, path } = await openLog(place);
	const secret = 'ghp_0123456789abcdefghij0123456789abcdef';
	await log.append(
		decided('x', {
			agent: { name: `a ${secret}`, version: secret, id: 'local' },
			resource: `https://u:${secret}@h/`,
			reason: `because ${secret}`,
			instead: `git push https://x:hunter2@h/`,
			error: { type: 'policy_error', message: `--token ${secret}` },
			approval: { channel: 'terminal', by: secret },
		}),
	);
	await log.append(completed('x', { error: { type: 'driver_error', message: `password=hunter2 ${secret}` } }));
	await log.append({ event: 'driver', driver: 'd', state: 'down', reason: `401 for Bearer ${secret}` });
	await log.append({
		event: 'reload',
		accepted: false,
		policy_rev: 'sha256:1',
		problems: [{ code: 'P102', severity: 'error', message: `bad \`${secret}\`` }],
	});
	await log.close();
	const text = readFileSync(path, 'utf8');
	expect(text).not.toContain('ghp_');
	expect(text).not.toContain('hunter2');
	expect(text).toContain('[redacted:github]');
	expect(await verify(place)).toMatchObject({ ok: true });
});

test('the kernel’s own figures are not taken for secrets', async () => {
	const { log } = await openLog(newPlace());
	expect(await appended(log, completed('x'))).toMatchObject({ result: { bytes: 1822, tokens: 455 } });
	await log.close();
});

test('records stand in the order append was called, whoever waits for whom', async () => {
	const place = newPlace();
	const { log, path } = await openLog(place, { durability: 'fsync' });
	const ids = Array.from({ length: 200 }, (_, index) => `call-${index}`);
	await Promise.all(ids.map((id) => log.append(denied(id))));
	await log.close();
	expect(recordsOf(path).flatMap((record) => ('id' in record ? [record.id] : []))).toEqual(ids);
	expect((await verify(place)).findings).toEqual([]);
});

test('strange texts and names come back as they went in', async () => {
	const place = newPlace();
	const value = JSON.parse(
		'{"__proto__":{"a":1},"constructor":2,"10":"x","2":"y","é":"\\ud800","line":"a\\nb\\u2028c","n":-0}',
	);
	const { log, path } = await openLog(place);
	await log.append(decided('x', { args: { level: 'full', value } }));
	await log.close();
	const record = recordsOf(path)[2] as { args?: { value: object } };
	expect(JSON.stringify(record.args?.value)).toBe(JSON.stringify(value));
	expect((await verify(place)).findings).toEqual([]);
});

test('a new run names the head of the one before it', async () => {
	const place = newPlace();
	const first = await writeRun(place, 2);
	first.clock.at += 24 * hour;
	const second = await openLog(place, { clock: first.clock });
	expect(recordsOf(second.path)[0]).toMatchObject({ previous: first.log.head });
	await second.log.append(denied('x'));
	const third = await openLog(place, { clock: first.clock });
	expect(recordsOf(third.path)[0]).toMatchObject({ previous: second.log.head });
	await second.log.close();
	await third.log.close();
	expect((await verify(place)).findings).toEqual([]);
});

test('of several runs of a day the one that was written to last is named', async () => {
	const place = newPlace();
	const runs = [await openLog(place), await openLog(place), await openLog(place)];
	for (const last of runs) {
		for (const { path } of runs) utimesSync(path, 1_000, path === last.path ? 2_000 : 1_000);
		const next = await openLog(place);
		expect(recordsOf(next.path)[0]).toMatchObject({ previous: last.log.head });
		await next.log.close();
		utimesSync(next.path, 1, 1);
	}
	for (const { log } of runs) await log.close();
});

test('a run of a day that is still to come, made while the clock was wrong, is not named for ever', async () => {
	const place = newPlace();
	const clock = new Clock();
	clock.at += 365 * 24 * hour;
	await writeRun(place, 1, { clock });
	clock.at -= 365 * 24 * hour;
	const right = await writeRun(place, 1, { clock });
	const next = await openLog(place, { clock });
	expect(recordsOf(next.path)[0]).toMatchObject({ previous: right.log.head });
	await next.log.close();
	expect((await verify(place)).findings).toEqual([]);
});

test('an interrupted run is named by its last whole record', async () => {
	const place = newPlace();
	const first = await writeRun(place, 1);
	const lines = linesOf(first.path);
	truncateSync(first.path, Buffer.byteLength(lines.slice(0, 4).join('\n')) + 20);
	const second = await openLog(place);
	expect(recordsOf(second.path)[0]).toMatchObject({ previous: { run: first.log.run, seq: 4 } });
	await second.log.close();
});

const checkpointsOf = (path: string) =>
	recordsOf(path).flatMap(({ event, seq }) => (event === 'checkpoint' ? [seq] : []));

test('a checkpoint stands after every thousand records and is copied', async () => {
	const place = newPlace();
	const { log, path } = await openLog(place);
	for (let call = 0; call < 2_050; call += 1) await log.append(denied(`c${call}`));
	expect(checkpointsOf(path)).toEqual([2, 1_003, 2_004]);
	await log.close();
	expect(checkpointsOf(path)).toEqual([2, 1_003, 2_004, 2_056]);
	const copies = linesOf(join(place.directory, 'checkpoints.jsonl'));
	expect(copies).toEqual(linesOf(path).filter((line) => line.includes('"event":"checkpoint"')));
	expect(await verify(place)).toMatchObject({ ok: true, findings: [], checkpoints: 4 });
});

test('a checkpoint stands after an hour of activity', async () => {
	const { log, clock, path } = await openLog(newPlace());
	await log.append(denied('a'));
	clock.at += hour - 1;
	await log.append(denied('b'));
	expect(checkpointsOf(path)).toEqual([2]);
	clock.at += 1;
	await log.append(denied('c'));
	expect(checkpointsOf(path)).toEqual([2, 6]);
	await log.close();
});

test('what nothing follows gets its checkpoint from a timer; an idle log gets none', async () => {
	const { log, clock, path, timers } = await openLog(newPlace());
	expect(timers).toEqual([]);
	await log.append(denied('a'));
	await log.append(denied('b'));
	expect(timers).toMatchObject([{ delayMs: hour, cancelled: false }]);
	clock.at += hour;
	timers[0]?.run();
	expect(checkpointsOf(path)).toEqual([2, 5]);
	await log.append(denied('c'));
	expect(timers).toHaveLength(2);
	await log.close();
	expect(timers[1]?.cancelled).toBe(true);
	timers[1]?.run();
	expect(checkpointsOf(path)).toEqual([2, 5, 8]);
});

test('at midnight UTC the chain goes on in the next day’s file', async () => {
	const place = newPlace();
	const clock = new Clock();
	clock.at = Date.parse('2026-11-20T23:59:59.999Z');
	const { log, path } = await openLog(place, { clock });
	await log.append(decided('a'));
	clock.at += 1;
	await log.append(completed('a'));
	await log.close();
	const next = path.replace('2026-11-20', '2026-11-21');
	expect(recordsOf(path).at(-1)).toMatchObject({ seq: 3, event: 'decided' });
	expect(recordsOf(next)[0]).toMatchObject({ seq: 4, event: 'completed', prev: recordsOf(path).at(-1)?.hash });
	expect(await verify(place)).toMatchObject({ ok: true, findings: [], files: 2, runs: 1, interrupted: [] });
});

test('a clock that goes backwards, over midnight too, breaks nothing', async () => {
	const place = newPlace();
	const { log, clock, path } = await openLog(place, { durability: 'fsync' });
	for (const step of [-1, -3 * 24 * hour, 5 * hour, -hour, 30 * 24 * hour, -40 * 24 * hour, hour]) {
		clock.at += step;
		await log.append(denied(`step ${step}`));
	}
	await log.close();
	const times = [path, path.replace('2026-11-20', '2026-12-17')].flatMap(recordsOf).map(({ time }) => time);
	expect(times).not.toEqual([...times].sort());
	expect(await verify(place)).toMatchObject({ ok: true, findings: [], files: 2 });
});

test('a clock that goes backwards does not put checkpoints off for ever', async () => {
	const { log, clock, path } = await openLog(newPlace());
	clock.at -= 1000 * hour;
	await log.append(denied('a'));
	clock.at += hour;
	await log.append(denied('b'));
	expect(checkpointsOf(path)).toEqual([2, 5]);
	await log.close();
});

test.each<[string, (path: string) => void, RegExp]>([
	['removed', (path) => rmSync(path), /it was removed/],
	['moved away', (path) => renameSync(path, `${path}.old`), /it was removed/],
	['cut short', (path) => truncateSync(path, 10), /its end was cut off/],
	['emptied', (path) => writeFileSync(path, ''), /its end was cut off/],
	['written to by somebody else', (path) => appendFileSync(path, 'x'), /somebody else wrote to it/],
	[
		'replaced by a copy',
		(path) => {
			copyFileSync(path, `${path}.copy`);
			renameSync(`${path}.copy`, path);
		},
		/another file stands in its place/,
	],
	['removed with its directory', (path) => rmSync(dirname(path), { recursive: true }), /it was removed/],
])('a file that is %s beneath the kernel ends the recording, and so the acting', async (_, touch, text) => {
	const place = newPlace();
	const { log, path } = await openLog(place);
	await log.append(denied('a'));
	const original = readFileSync(path);
	touch(path);
	await expect(log.append(decided('b'))).rejects.toMatchObject({ code: 'A103', message: expect.stringMatching(text) });
	await expect(log.append(completed('a'))).rejects.toMatchObject({ code: 'A103' });
	// A signed word of how far the chain had come is left, so that putting things back does not help.
	const witness = linesOf(join(place.directory, 'checkpoints.jsonl')).map((line) => JSON.parse(line));
	expect(witness).toMatchObject([{ seq: 2 }, { seq: 4, run: log.run, reason: expect.stringMatching(text) }]);
	await log.close();
	expect((await verify(place)).ok).toBe(false);
	rmSync(dirname(path), { recursive: true, force: true });
	const again = await openLog(place);
	writeFileSync(path, original);
	expect(errorsOf(await verify(place))).toContain('cut_off');
	await again.log.close();
});

test('a file that is put back as it was goes on to be refused', async () => {
	const { log, path } = await openLog(newPlace());
	renameSync(path, `${path}.old`);
	await expect(log.append(decided('a'))).rejects.toMatchObject({ code: 'A103' });
	renameSync(`${path}.old`, path);
	await expect(log.append(decided('a'))).rejects.toMatchObject({ code: 'A103' });
	await log.close();
});

test('close is done once, says why, and nothing comes after it', async () => {
	const { log, path } = await openLog(newPlace());
	await Promise.all([log.close('SIGTERM'), log.close('again')]);
	expect(recordsOf(path).slice(2)).toMatchObject([{ event: 'closed', reason: 'SIGTERM' }, { event: 'checkpoint' }]);
	await expect(log.append(decided('late'))).rejects.toMatchObject({ code: 'A101' });
});

test('appends that are under way are recorded before the end', async () => {
	const place = newPlace();
	const { log, path } = await openLog(place, { durability: 'fsync' });
	const appends = ['a', 'b', 'c'].map((id) => log.append(denied(id)));
	await Promise.all([log.close(), ...appends]);
	expect(recordsOf(path).map(({ event }) => event)).toEqual([
		...['opened', 'checkpoint', 'decided', 'decided', 'decided', 'closed', 'checkpoint'],
	]);
	expect((await verify(place)).findings).toEqual([]);
});

test('copies that can not be written are made up for, with one warning', async () => {
	const place = newPlace();
	const { log, clock, warnings } = await openLog(place);
	const copies = join(place.directory, 'checkpoints.jsonl');
	renameSync(copies, `${copies}.old`);
	mkdirSync(copies);
	for (const id of ['a', 'b', 'c']) {
		clock.at += hour;
		await log.append(denied(id));
	}
	expect(warnings).toHaveLength(1);
	rmdirSync(copies);
	renameSync(`${copies}.old`, copies);
	await log.append(denied('d'));
	await log.close();
	expect((await verify(place)).findings).toEqual([]);
});

test('an append whose entry can not be read is refused, and the log goes on', async () => {
	const place = newPlace();
	const { log } = await openLog(place);
	const trap = {
		get value(): never {
			throw new Error('boom');
		},
	};
	await expect(log.append(decided('x', { args: trap }))).rejects.toMatchObject({ code: 'A101' });
	await log.append(denied('y'));
	await log.close();
	const report = await verify(place);
	expect(report).toMatchObject({ ok: true, findings: [] });
	const ids = (records: AuditRecord[]) => records.flatMap((record) => ('id' in record ? [record.id] : []));
	expect(ids(recordsOf(join(place.directory, '2026-11-20', `${log.run}.jsonl`)))).toEqual(['y']);
});

test('nor is one forgiven that was put back at the end of its day', async () => {
	const { log, clock, path } = await openLog(newPlace());
	clock.at += 24 * hour;
	renameSync(path, `${path}.old`);
	await expect(log.append(decided('a'))).rejects.toMatchObject({ code: 'A103' });
	renameSync(`${path}.old`, path);
	await expect(log.append(decided('a'))).rejects.toMatchObject({ code: 'A103' });
	await log.close();
});

test('a file that was moved away is seen within 50 ms; what was recorded until then stands in it', async () => {
	let at = 0;
	const { log, path } = await openLog(newPlace(), { elapsed: () => at });
	renameSync(path, `${path}.old`);
	at += 49;
	await log.append(decided('a'));
	expect(recordsOf(`${path}.old`)).toHaveLength(3);
	at += 1;
	await expect(log.append(decided('b'))).rejects.toMatchObject({ code: 'A103' });
	expect(recordsOf(`${path}.old`)).toHaveLength(3);
	await log.close();
});

test('a file that is gone, was cut off or written to is seen at the first record that comes 50 ms after a look, and by the end', async () => {
	const harms = [
		(path: string) => rmSync(path),
		(path: string) => truncateSync(path, 10),
		(path: string) => appendFileSync(path, '{}\n'),
	];
	for (const harm of harms) {
		let at = 0;
		const { log, path } = await openLog(newPlace(), { elapsed: () => at });
		harm(path);
		await log.append(decided('a'));
		at += 50;
		await expect(log.append(decided('b'))).rejects.toMatchObject({ code: 'A103' });
		at += 1;
		await expect(log.append(decided('c'))).rejects.toMatchObject({ code: 'A103' });
		await log.close();
	}
});

test('records that are written together stand as they are, however long and in whatever letters', async () => {
	const place = newPlace();
	const { log, path } = await openLog(place);
	const write = (notes: readonly string[]) =>
		Promise.all(
			notes.map((note, at) => log.append(decided(`c_${at}`, { args: { level: 'redacted', value: { note } } }))),
		);
	const batches = [
		['a', '漢'.repeat(9_000), '😀é', 'x'.repeat(15_000), '漢'.repeat(12_000), 'z'],
		['é', '漢'.repeat(6_000)],
		['b'],
	];
	for (const notes of batches) await write(notes);
	const kept = recordsOf(path).flatMap((record) => (record.event === 'decided' ? [record.args?.value] : []));
	expect(kept).toEqual(batches.flat().map((note) => ({ note })));
	await log.close();
	expect(errorsOf(await verify(place))).toEqual([]);
});
