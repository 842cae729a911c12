// The listener reads what traps say, and refuses what no trap would.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TrapFrame } from '../../src/sandbox/frames.ts';
import { Trapd, type WaitingTrap } from '../../src/sandbox/trapd.ts';
import { until } from '../drivers/support/until.ts';
import { trapFrame } from './support/frames.ts';

let directory: string;
let path: string;
let trapd: Trapd;
let traps: WaitingTrap[];
let unread = { left: 0 };

beforeEach(async () => {
	directory = mkdtempSync(join(tmpdir(), 'trapd-'));
	path = join(directory, 's');
	traps = [];
	unread = { left: 1_000_000 };
	trapd = await Trapd.listen({ path, onTrap: (trap) => traps.push(trap), unread, frameMs: 300 });
});
afterEach(() => {
	trapd.close();
	rmSync(directory, { recursive: true, force: true });
});

/** Sends the bytes in pieces, and resolves with everything that came back when the listener has ended. */
function tell(bytes: Buffer, piece = bytes.length): Promise<string> {
	return new Promise((resolve) => {
		const socket: Socket = connect(path);
		let said = '';
		socket.on('data', (chunk) => {
			said += chunk.toString('latin1');
		});
		socket.on('error', () => undefined);
		socket.on('close', () => resolve(said));
		for (let at = 0; at < bytes.length; at += Math.max(piece, 1)) socket.write(bytes.subarray(at, at + piece));
	});
}

const execution = {
	path: '/usr/bin/python3',
	file: '/usr/bin/python3.11',
	cwd: '/w',
	argv: ['python3', '-c', 'print(1)'],
	env: ['A=1', 'A=2', 'B=x=y', '=odd', 'novalue'],
};

describe('a trap', () => {
	test.each([1, 7, 100_000])('is read whole when it comes in pieces of %i bytes', async (piece) => {
		const said = tell(trapFrame({ ...execution, umask: 0o27 }), piece);
		await until('a trap', () => traps.length === 1);
		const { frame, answer } = traps[0] as WaitingTrap;
		expect(frame).toMatchObject({ ...execution, umask: 0o27, env: { A: '1', B: 'x=y' } } satisfies Partial<
			Record<keyof TrapFrame, unknown>
		>);
		answer(Buffer.from('answer'));
		expect(await said).toBe('answer');
	});

	test('may say anything that execve takes: no arguments, bytes that are no text', async () => {
		void tell(trapFrame({ ...execution, argv: [], env: [], path: 'gr\udcfcn' }));
		await until('a trap', () => traps.length === 1);
		expect(traps[0]?.frame).toMatchObject({ argv: [], env: {}, path: 'gr\udcfcn' });
	});

	test('that is gone aborts its wait', async () => {
		const socket = connect(path);
		socket.write(trapFrame(execution));
		await until('a trap', () => traps.length === 1);
		expect(traps[0]?.signal.aborted).toBe(false);
		socket.destroy();
		await until('the end', () => traps[0]?.signal.aborted === true);
	});
});

const frame = trapFrame(execution);
const changed = (at: number, value: number) => {
	const copy = Buffer.from(frame);
	copy.writeUInt32LE(value, at);
	return copy;
};

describe('what no trap says is refused', () => {
	test.each([
		['another beginning', Buffer.from(`GET / HTTP/1.1\r\n${'x'.repeat(200)}`)],
		['more than there is room for', changed(4, 0xffff_ffff)],
		['texts that are not ended', changed(4, frame.length - 152 - 1)],
		['too many arguments', changed(8, 9)],
		['too few', changed(8, 1)],
		['a count beyond all texts', changed(12, 0xffff_fff0)],
		['something after the end', Buffer.concat([frame, Buffer.from('x')])],
	])('%s', async (_, bytes) => {
		expect(await tell(bytes)).toMatch(/^D[\s\S]{4}\x7etrapgate: .*refused\n$/);
		expect(traps).toEqual([]);
	});

	test.each([
		['nothing', Buffer.alloc(0)],
		['half a header', frame.subarray(0, 60)],
		['all but the last byte', frame.subarray(0, -1)],
	])('%s, in time', async (_, bytes) => {
		expect(await tell(bytes)).toBe('');
		expect(traps).toEqual([]);
	});

	test('others are served meanwhile', async () => {
		const idle = Array.from({ length: 100 }, () => tell(Buffer.from('TGE1')));
		void tell(frame);
		await until('a trap', () => traps.length === 1);
		await Promise.all(idle);
	});
});

test('those who still wait when it closes read the end', async () => {
	const said = tell(frame);
	await until('a trap', () => traps.length === 1);
	trapd.close();
	expect(await said).toBe('');
});

test('traps that say nearly everything and never end do not fill the memory, and others are heard when they are gone', async () => {
	const one = trapFrame({ path: '/p', file: '/p', cwd: '/', argv: ['p'], env: [] });
	const long = Buffer.alloc(400_000);
	one.copy(long);
	long.writeUInt32LE(500_000, 4);
	const all = unread.left;
	let least = all;
	const open = [1, 2, 3, 4].map(() => tell(long));
	await until('there is no more to be sent', () => {
		least = Math.min(least, unread.left);
		return least < all - long.length;
	});
	await Promise.all(open);
	await until('everything is given back', () => unread.left === all);
	void tell(one);
	await until('it is heard', () => traps.length === 1);
	expect(unread.left).toBe(all - one.length);
});

test('a trap that would fill the memory is gone before it has said everything', async () => {
	const argv = ['p', 'x'.repeat(1_100_000)];
	const said = await tell(trapFrame({ path: '/p', file: '/p', cwd: '/', argv, env: [] }));
	expect([said, traps]).toEqual(['', []]);
});
