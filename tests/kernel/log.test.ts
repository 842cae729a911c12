// The log: one line of JSON for each thing said, whole, in time, and never the end of the kernel.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LogLevel, makeLog } from '../../src/kernel/log.ts';

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'trapgate-log-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What stands in the file afterwards, one value a line. */
function logged(level: LogLevel, say: (log: ReturnType<typeof makeLog>) => void): Record<string, unknown>[] {
	const file = join(folder, 'log');
	const fd = openSync(file, 'w');
	try {
		say(makeLog(level, fd, () => 0));
	} finally {
		closeSync(fd);
	}
	const lines = readFileSync(file, 'utf8').split('\n');
	expect(lines.pop()).toBe('');
	return lines.map((line) => JSON.parse(line));
}

const base = { time: '1970-01-01T00:00:00.000Z', name: 'trapgate', pid: process.pid };

test('a line has a level, a time, who says it, fields, and the text at the end', () => {
	const [plain, more] = logged('debug', (log) => {
		log.warn('careful\nnow');
		log.info({ driver: 'files' }, 'driver is up');
	});
	expect(plain).toEqual({ level: 40, ...base, msg: 'careful\nnow' });
	expect(more).toEqual({ level: 30, ...base, driver: 'files', msg: 'driver is up' });
	expect(Object.keys(more ?? {}).at(-1)).toBe('msg');
});

test.each([
	['debug', [20, 30, 40, 50]],
	['info', [30, 40, 50]],
	['warn', [40, 50]],
	['error', [50]],
	['silent', []],
] as const)('at `%s` nothing lower is said', (level, levels) => {
	const said = logged(level, (log) => {
		for (const name of ['debug', 'info', 'warn', 'error'] as const) log[name](name);
	});
	expect(said.map((line) => line['level'])).toEqual(levels);
});

test('an error is in words, with its cause', () => {
	const cause = Object.assign(new Error('no space'), { code: 'ENOSPC' });
	const [line] = logged('info', (log) => log.error({ err: new TypeError('not written', { cause }) }, 'lost'));
	expect(line?.['err']).toMatchObject({
		...{ type: 'TypeError', message: 'not written', stack: expect.stringContaining('log.test') },
		cause: { type: 'Error', message: 'no space', code: 'ENOSPC' },
	});
});

test('what is no JSON leaves the text', () => {
	const round: Record<string, unknown> = {};
	round['round'] = round;
	const [first, second] = logged('info', (log) => {
		log.info({ round }, 'goes round');
		log.info({ big: 1n }, 'is big');
	});
	expect(first).toEqual({ level: 30, ...base, msg: 'goes round' });
	expect(second).toEqual({ level: 30, ...base, msg: 'is big' });
});

describe('where lines go', () => {
	test('a closed descriptor is ignored', () => {
		const fd = openSync(join(folder, 'closed'), 'w');
		closeSync(fd);
		expect(() => makeLog('info', fd).error('nobody hears this')).not.toThrow();
	});

	test('a pipe that is full and does not wait gets every line, when it is read', async () => {
		const file = join(folder, 'read-late');
		const reader = spawn('/bin/sh', ['-c', 'sleep 0.2; cat >"$0"', file], { stdio: ['pipe', 'inherit', 'inherit'] });
		const { fd } = (reader.stdin as unknown as { _handle: { fd: number } })._handle;
		const log = makeLog('info', fd);
		// More than fits before anybody reads.
		for (let count = 0; count < 60; count++) log.info({ count, filler: 'x'.repeat(64 * 1024) }, 'line');
		reader.stdin.end();
		await once(reader, 'exit');
		const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
		expect(lines.map((line) => JSON.parse(line).count)).toEqual([...Array(60).keys()]);
	});
});
