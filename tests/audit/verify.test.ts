// Every way to tamper that we know, and what verify says of it.
import {
	appendFileSync,
	mkdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { canonicalJson, hashOf, seal } from '../../src/audit/chain.ts';
import { exportPublicKey } from '../../src/audit/key.ts';
import { inReadingOrder } from '../../src/audit/record.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import {
	Clock,
	decided,
	denied,
	errorsOf,
	hour,
	linesOf,
	newPlace,
	openLog,
	type Place,
	recordsOf,
	tempDirectory,
	verify,
	writeLines,
	writeRun,
} from './support.ts';

/** Two closed runs of five calls each, the second a minute later: 14 records a run, numbers 3 to 12 are calls. */
async function twoRuns(): Promise<{ place: Place; first: string; second: string; copies: string }> {
	const place = newPlace();
	const clock = new Clock();
	const { path: first } = await writeRun(place, 5, { clock });
	clock.at += 60_000;
	const { path: second } = await writeRun(place, 5, { clock });
	return { place, first, second, copies: join(place.directory, 'checkpoints.jsonl') };
}

type Lines = (lines: string[]) => string[];
const swap =
	(a: number, b: number): Lines =>
	(lines) =>
		lines.map((line, index) => lines[index === a ? b : index === b ? a : index] ?? line);
/** Changes a record and makes its own hash fit again. */
const rehash = (line: string, from: string, to: string) => JSON.stringify(seal(JSON.parse(line.replace(from, to))));
/** Changes record 5 and writes every hash behind it anew, as somebody without the key would. */
const rewriteAll: Lines = (lines) => {
	const out = lines.slice(0, 4);
	for (const line of lines.slice(4)) {
		const record = JSON.parse(line.replace('-2"', '-X"'));
		const prev = JSON.parse(out.at(-1) ?? '').hash;
		out.push(JSON.stringify(seal(inReadingOrder({ ...record, prev }))));
	}
	return out;
};

test('an untouched log verifies', async () => {
	const { place } = await twoRuns();
	const report = await verify(place);
	expect(report).toMatchObject({
		ok: true,
		findings: [],
		records: 28,
		runs: 2,
		files: 2,
		checkpoints: 4,
		interrupted: [],
		openRuns: [],
	});
	expect(report.head?.seq).toBe(14);
	expect(report.lastCopy).toMatchObject({ run: report.head?.run, seq: 14, time: '2026-11-20T12:01:00.000Z' });
});

const onFirst: [name: string, tamper: Lines, kinds: string[]][] = [
	['a record is edited', (l) => l.with(4, (l[4] ?? '').replace('allowed', 'denied ')), ['edited']],
	[
		'a record is edited and its hash made to fit',
		(l) => l.with(4, rehash(l[4] ?? '', 'allowed', 'denied')),
		['broken_link'],
	],
	['a record is edited and all hashes behind it made to fit', rewriteAll, ['bad_signature', 'edited']],
	['a record is deleted', (l) => l.toSpliced(5, 1), ['missing_records']],
	['several records are deleted', (l) => l.toSpliced(4, 4), ['missing_records']],
	['the first record is deleted', (l) => l.slice(1), ['missing_records']],
	['two records are swapped', swap(4, 5), ['missing_records', 'out_of_order']],
	['a record is doubled', (l) => l.toSpliced(5, 0, l[5] ?? ''), ['out_of_order']],
	[
		'a record is inserted with a hash that fits',
		(l) => l.toSpliced(5, 0, JSON.stringify(seal({ ...JSON.parse(l[5] ?? ''), id: 'forged', hash: undefined }))),
		['out_of_order'],
	],
	['the end is cut off', (l) => l.slice(0, 9), ['cut_off']],
	['only the last checkpoint is cut off', (l) => l.slice(0, 13), ['cut_off']],
	['everything is cut off', () => [], ['cut_off']],
	[
		'something is appended behind the end',
		(l) => [...l, rehash(l[4] ?? '', '"seq":5', '"seq":15')],
		['broken_link', 'out_of_order'],
	],
	['a line that is no record is put in', (l) => l.toSpliced(5, 0, 'hello'), ['not_a_record']],
	['a record is made unreadable', (l) => l.with(5, 'hello'), ['not_a_record']],
	['an empty line is put in', (l) => l.toSpliced(5, 0, ''), ['not_a_record']],
	[
		'a member is doubled, so that two readers see two things',
		(l) => l.with(4, (l[4] ?? '').replace('"decision":', '"decision":"denied","decision":')),
		['not_a_record'],
	],
	['a space is put in', (l) => l.with(4, (l[4] ?? '').replace('"decision":', '"decision": ')), ['not_a_record']],
	['a letter is spelled as an escape', (l) => l.with(4, (l[4] ?? '').replace('acme', '\\u0061cme')), ['not_a_record']],
	[
		'a checkpoint is forged',
		(l) => l.with(1, rehash(l[1] ?? '', '"signature":"', '"signature":"AAAA')),
		['bad_signature', 'broken_link', 'edited'],
	],
	[
		'a checkpoint names another key',
		(l) => l.with(1, (l[1] ?? '').replace(/"key":"\w+"/, '"key":"0123456789abcdef"')),
		['edited', 'unknown_key'],
	],
	['the signed start is left out', (l) => l.toSpliced(1, 1), ['missing_records']],
];

test.each(onFirst)('%s', async (_, tamper, kinds) => {
	const { place, first } = await twoRuns();
	// The link of the second run names the end of the first, so a lost end is seen there as well.
	writeLines(first, tamper(linesOf(first)));
	const report = await verify(place);
	expect(report.ok).toBe(false);
	expect(errorsOf(report)).toEqual(kinds);
});

test('any single byte that is changed, removed or put in is seen, wherever it stands', async () => {
	const { place, first } = await twoRuns();
	const whole = readFileSync(first);
	const missed: string[] = [];
	for (let at = 0; at < whole.length; at += 101) {
		const changes: [string, Buffer][] = [
			['changed', Buffer.from(whole.map((byte, index) => (index === at ? byte ^ 1 : byte)))],
			['removed', Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)])],
			['put in', Buffer.concat([whole.subarray(0, at), Buffer.from(' '), whole.subarray(at)])],
		];
		for (const [how, bytes] of changes) {
			writeFileSync(first, bytes);
			if ((await verify(place)).ok) missed.push(`byte ${at} ${how}`);
		}
	}
	expect(whole.length).toBeGreaterThan(3_000);
	expect(missed).toEqual([]);
});

test('one edit is reported once, at its line', async () => {
	const { place, first } = await twoRuns();
	writeLines(first, linesOf(first).with(4, (linesOf(first)[4] ?? '').replace('allowed', 'denied ')));
	expect((await verify(place)).findings).toMatchObject([
		{
			code: 'A103',
			severity: 'error',
			kind: 'edited',
			seq: 5,
			where: { file: first, line: 5 },
			message: 'record 5 was changed after it was written',
		},
	]);
});

test('an end that is cut off is seen in the newest run too, where no later run names it', async () => {
	const { place, second } = await twoRuns();
	writeLines(second, linesOf(second).slice(0, 10));
	const report = await verify(place);
	expect(report.findings).toMatchObject([
		{ kind: 'cut_off', message: 'the run ends with record 10; a signed checkpoint speaks of record 14' },
	]);
});

test('a run that is deleted is seen by its copied checkpoints and by the run that names it', async () => {
	const { place, first } = await twoRuns();
	rmSync(first);
	const report = await verify(place);
	expect(report.findings.map(({ kind }) => kind)).toEqual(['missing_run', 'missing_run']);
});

test('the newest run, deleted, is seen by its copied checkpoints', async () => {
	const { place, second } = await twoRuns();
	rmSync(second);
	expect(errorsOf(await verify(place))).toEqual(['missing_run']);
});

test('a run deleted together with its copied checkpoints is seen by the run after it', async () => {
	const { place, first, copies } = await twoRuns();
	const { run } = recordsOf(first)[0] ?? {};
	rmSync(first);
	writeLines(
		copies,
		linesOf(copies).filter((line) => !line.includes(String(run))),
	);
	expect(errorsOf(await verify(place))).toEqual(['copies_changed', 'missing_run']);
});

test('the whole directory deleted is not fine', async () => {
	const { place } = await twoRuns();
	rmSync(place.directory, { recursive: true });
	expect(errorsOf(await verify(place))).toEqual(['unreadable']);
});

test.each<[string, Lines, string[]]>([
	['edited with a hash that fits', (l) => l.with(3, rehash(l[3] ?? '', 'acme', 'evil')), ['edited']],
	['cut off', (l) => l.slice(0, 3), ['cut_off']],
])(
	'the end of an interrupted run, behind its last checkpoint, is pinned by the next run: %s',
	async (_, tamper, kinds) => {
		const place = newPlace();
		const interrupted = await openLog(place);
		await interrupted.log.append(denied('a'));
		await interrupted.log.append(denied('b'));
		const next = await openLog(place);
		await next.log.close();
		expect(await verify(place)).toMatchObject({ ok: true, findings: [] });
		writeLines(interrupted.path, tamper(linesOf(interrupted.path)));
		expect(errorsOf(await verify(place))).toEqual(kinds);
	},
);

test('two runs whose files are swapped', async () => {
	const { place, first, second } = await twoRuns();
	renameSync(first, `${first}.tmp`);
	renameSync(second, first);
	renameSync(`${first}.tmp`, second);
	expect(errorsOf(await verify(place))).toEqual(['cut_off', 'wrong_place']);
});

test('a file in another day’s directory is noted', async () => {
	const { place, first } = await twoRuns();
	const moved = first.replace('2026-11-20', '2026-11-19');
	mkdirSync(dirname(moved));
	renameSync(first, moved);
	const report = await verify(place);
	expect(report.findings).toMatchObject([{ kind: 'wrong_place', severity: 'warning' }]);
});

test('a file of a run over midnight that is deleted is seen, whichever it is', async () => {
	for (const victim of ['2026-11-20', '2026-11-21', '2026-11-22']) {
		const place = newPlace();
		const { log, clock, path } = await openLog(place);
		for (let day = 0; day < 3; day += 1) {
			await log.append(denied(`day-${day}`));
			clock.at += 24 * hour;
		}
		clock.at -= 24 * hour;
		await log.close();
		expect(await verify(place)).toMatchObject({ ok: true, files: 3, findings: [] });
		rmSync(path.replace('2026-11-20', victim));
		expect((await verify(place)).ok).toBe(false);
	}
});

test.each<[string, Lines, string[]]>([
	['edited', (l) => l.with(0, (l[0] ?? '').replace('"seq":2', '"seq":3')), ['copies_changed', 'edited']],
	[
		'edited, with a hash that fits',
		(l) => l.with(0, rehash(l[0] ?? '', '"seq":2', '"seq":3')),
		['bad_signature', 'copies_changed'],
	],
	['taken out', (l) => l.slice(1), ['copies_changed']],
	['swapped', swap(0, 1), ['copies_changed']],
	['made into garbage', (l) => l.with(0, 'garbage'), ['copies_changed']],
	['all taken out', () => [], ['copies_changed']],
])('copied checkpoints that are %s', async (_, tamper, kinds) => {
	const { place, copies } = await twoRuns();
	writeLines(copies, tamper(linesOf(copies)));
	expect(errorsOf(await verify(place))).toEqual(kinds);
});

test('the copies of the newest run, taken out, are a warning: nothing later speaks of them', async () => {
	const { place, copies } = await twoRuns();
	writeLines(copies, linesOf(copies).slice(0, 2));
	expect((await verify(place)).findings).toMatchObject([{ kind: 'copies_changed', severity: 'warning' }]);
});

test('checkpoints kept elsewhere see what was done to log and copies together', async () => {
	const { place, second, copies } = await twoRuns();
	const kept = join(place.root, 'kept.jsonl');
	writeFileSync(kept, readFileSync(copies));
	writeLines(second, linesOf(second).slice(0, 10));
	writeLines(copies, linesOf(copies).slice(0, 3));
	expect((await verify(place)).ok).toBe(true);
	const report = await verifyAudit({ ...place, keptCheckpoints: kept });
	expect(errorsOf(report)).toEqual(['cut_off']);
});

test('a run written by somebody without the key', async () => {
	const { place, second } = await twoRuns();
	const other = newPlace();
	const { path } = await writeRun(other, 3);
	writeFileSync(join(dirname(second), path.slice(dirname(path).length + 1)), readFileSync(path));
	expect(errorsOf(await verify(place))).toEqual(['unknown_key']);
});

test('a run made up of a start and records, without any checkpoint', async () => {
	const { place, second } = await twoRuns();
	const run = 'r_0000000000000000';
	const sealed = (record: object) => seal<object>(inReadingOrder({ ...record, run }));
	const opened = sealed({ ...recordsOf(second)[0] });
	const record = sealed({ ...recordsOf(second)[2], seq: 2, prev: opened.hash });
	writeLines(
		join(dirname(second), `${run}.jsonl`),
		[opened, record].map((made) => JSON.stringify(made)),
	);
	expect(errorsOf(await verify(place))).toEqual(['bad_signature']);
});

test('a key that was replaced', async () => {
	const { place } = await twoRuns();
	const other = newPlace();
	await writeRun(other, 1);
	expect(errorsOf(await verifyAudit({ directory: place.directory, keyFile: other.keyFile }))).toEqual(['unknown_key']);
});

test('the public key alone is enough to verify', async () => {
	const { place } = await twoRuns();
	const publicKey = exportPublicKey(place.keyFile);
	expect(await verifyAudit({ directory: place.directory, publicKey })).toMatchObject({ ok: true, checkpoints: 4 });
});

test('without a key the report says that signatures were not checked', async () => {
	const { place } = await twoRuns();
	const report = await verifyAudit({ directory: place.directory });
	expect(report.ok).toBe(true);
	expect(report.unseen[0]).toBe('signatures were not checked: there was no key to check them with');
	expect((await verify(place)).unseen).toHaveLength(1);
});

test('a key file that is not there is not the same as no key', async () => {
	const { place } = await twoRuns();
	rmSync(place.keyFile);
	expect(errorsOf(await verify(place))).toEqual(['unreadable']);
});

test('half a line that its kernel was about to finish is no torn record', async () => {
	const place = newPlace();
	const { path } = await writeRun(place, 2, {});
	const whole = readFileSync(path);
	truncateSync(path, whole.length - 20);
	const verified = verify(place);
	// Timers of one process fire in order: this one before the second look.
	setTimeout(() => appendFileSync(path, whole.subarray(-20)), 20);
	expect(await verified).toMatchObject({ ok: true, findings: [] });
});

test('a last line that is not whole is an interruption wherever it ends, and never tampering', async () => {
	const place = newPlace();
	const { log, path } = await openLog(place);
	await log.append(decided('a'));
	await log.append(decided('b'));
	const whole = readFileSync(path);
	const lastLine = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
	for (const end of [lastLine + 1, lastLine + 2, lastLine + 50, whole.length - 2, whole.length - 1]) {
		writeFileSync(path, whole.subarray(0, end));
		const report = await verify(place);
		expect(report.findings).toMatchObject([{ kind: 'torn', severity: 'warning', seq: 4 }]);
		expect(report).toMatchObject({
			ok: true,
			interrupted: [{ id: 'a', stage: 'decided', target: 'github/get_issue' }],
		});
	}
	// Power loss may leave zeros where the file system had promised room.
	writeFileSync(path, Buffer.concat([whole.subarray(0, lastLine), Buffer.alloc(700)]));
	expect((await verify(place)).findings).toMatchObject([{ kind: 'torn', severity: 'warning' }]);
});

test('a line cut in the middle of a closed run, or before another day’s file, is tampering', async () => {
	const { place, second } = await twoRuns();
	const size = readFileSync(second).length;
	appendFileSync(second, '{"v":1');
	expect(errorsOf(await verify(place))).toEqual(['torn']);
	truncateSync(second, size - 5);
	expect(errorsOf(await verify(place))).toEqual(['cut_off']);

	const other = newPlace();
	const { log, clock, path } = await openLog(other);
	await log.append(denied('a'));
	clock.at += 24 * hour;
	await log.append(denied('b'));
	truncateSync(path, readFileSync(path).length - 5);
	expect(errorsOf(await verify(other))).toEqual(['missing_records', 'torn']);
	await log.close();
});

test('calls without an end are listed, refusals are not', async () => {
	const place = newPlace();
	const { log } = await openLog(place);
	await log.append(decided('begun'));
	await log.append(denied('refused'));
	const { decision: _, acted: __, ...question } = decided('asked', { tool: 'shell/run' });
	await log.append({ ...question, event: 'ask', approval: { channel: 'elicitation' } });
	const report = await verify(place);
	expect(report.ok).toBe(true);
	expect(report.openRuns).toEqual([log.run]);
	expect(report.interrupted).toMatchObject([
		{ id: 'begun', stage: 'decided', seq: 3, target: 'github/get_issue' },
		{ id: 'asked', stage: 'asked', seq: 5, target: 'shell/run' },
	]);
	expect(report.unseen[0]).toContain('runs: 1, records there now: 3');
	await log.close();
});

test('a completion without a decision is noted', async () => {
	const place = newPlace();
	const { log } = await openLog(place);
	await log.append({ event: 'completed', id: 'nobody', result: { is_error: false, bytes: 0 } });
	await log.close();
	expect((await verify(place)).findings).toMatchObject([{ kind: 'unmatched', severity: 'warning' }]);
});

test('garbage is reported, never thrown', async () => {
	const { place, first, copies } = await twoRuns();
	const record = recordsOf(first)[4] ?? {};
	const opened = recordsOf(first)[0] ?? {};
	const hashed = (value: object) => JSON.stringify({ ...value, hash: hashOf(value) });
	const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
	const garbage = [
		'null',
		'[]',
		'{}',
		'{"v":1}',
		'{"v":2,"seq":1}',
		`{"v":1,"seq":1,"time":"","run":"","event":"","prev":"","hash":"","x":${deep}}`,
		hashed({ ...record, event: 'nonsense' }),
		hashed({ ...record, event: 'checkpoint' }),
		hashed({ ...record, event: 'checkpoint', key: null, signature: 7 }),
		hashed({ ...record, event: 'decided', id: { a: 1 }, rules: 7 }),
		hashed({ ...record, seq: 1e300 }),
		hashed({ ...opened, previous: 7, checkpoints: null }),
		hashed({ ...opened, previous: { run: {}, seq: {} }, checkpoints: { bytes: 1e15, sha256: 1 } }),
		'\u0000\u0001\uFEFF',
		'x'.repeat(1_000_000),
	];
	for (const line of garbage) {
		for (const path of [first, copies]) {
			const before = readFileSync(path);
			appendFileSync(path, `${line}\n`);
			expect((await verify(place)).findings.length).toBeGreaterThan(0);
			writeFileSync(path, `${line}\n`);
			expect((await verify(place)).ok).toBe(false);
			writeFileSync(path, before);
		}
	}
	appendFileSync(first, Buffer.from([0xff, 0xfe, 0x0a]));
	expect(errorsOf(await verify(place))).toEqual(['not_a_record']);
});

test('a log of nothing but garbage gives a bounded report', async () => {
	const { place, first } = await twoRuns();
	writeFileSync(first, 'garbage\n'.repeat(20_000));
	const report = await verify(place);
	expect(report.ok).toBe(false);
	expect(report.findings.length).toBe(1_000);
	expect(report.findingsLeftOut).toBeGreaterThan(19_000);
});

test('links and pipes among the files are not followed and not waited for', async () => {
	const { place, first } = await twoRuns();
	const elsewhere = join(tempDirectory(), 'copy.jsonl');
	renameSync(first, elsewhere);
	symlinkSync(elsewhere, first);
	expect(errorsOf(await verify(place))).toContain('unreadable');
});

test('a byte order mark does not hide in front of a record', async () => {
	const { place, first } = await twoRuns();
	writeFileSync(first, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), readFileSync(first)]));
	expect(errorsOf(await verify(place))).toContain('not_a_record');
});

test('the order of members and the hash do not depend on each other', () => {
	expect(canonicalJson({ b: 1, a: { d: [true, null, 'x'], c: undefined } })).toBe('{"a":{"d":[true,null,"x"]},"b":1}');
});
