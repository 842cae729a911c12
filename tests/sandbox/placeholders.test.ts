// Empty folders for what is guarded and absent are on the host only as long as a view needs them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type NoticeBoard, Placeholders } from '../../src/sandbox/placeholders.ts';
import type { Note } from '../../src/sandbox/session.ts';
import { ringTrouble } from '../support/ring.ts';

const holds = ringTrouble() === undefined;

const nothing: Note = { held: [], made: [], removing: [] };

/** Nobody reads what is said there. */
function boardWith(others: NoticeBoard['others'] = async () => []): NoticeBoard {
	return { others, say: () => undefined, warn: () => undefined };
}

let root = '';
let path = '';
beforeEach(() => {
	root = realpathSync(mkdtempSync(join(tmpdir(), 'place-')));
	path = join(root, 'a b\n.mcp.json');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('goes with the last view that needs it', async () => {
	const places = new Placeholders(boardWith());
	const first = await places.hold([path]);
	mkdirSync(path);
	const second = await places.hold([path]);
	await first();
	await first();
	expect(existsSync(path)).toBe(true);
	expect(places.note).toEqual({ held: [path], made: [path], removing: [] });
	await second();
	expect(existsSync(path)).toBe(false);
	expect(places.note).toEqual({ held: [], made: [], removing: [] });
});

test('what was there before stays, and so does what has something in it by now', async () => {
	const places = new Placeholders(boardWith());
	mkdirSync(path);
	await (await places.hold([path]))();
	expect(existsSync(path)).toBe(true);
	rmSync(path, { recursive: true });
	const done = await places.hold([path]);
	mkdirSync(path);
	writeFileSync(join(path, 'x'), '');
	await done();
	expect(existsSync(join(path, 'x'))).toBe(true);
});

test('a file that has come in its place stays', async () => {
	const places = new Placeholders(boardWith());
	const done = await places.hold([path]);
	writeFileSync(path, 'x');
	await done();
	expect(existsSync(path)).toBe(true);
});

test.runIf(holds)('stays while another kernel’s view covers it, and is swept later', async () => {
	const places = new Placeholders(boardWith());
	const done = await places.hold([path]);
	const other = spawn(
		'/usr/bin/bwrap',
		[
			'--unshare-all',
			'--ro-bind',
			'/',
			'/',
			'--bind',
			root,
			root,
			'--tmpfs',
			path,
			'--',
			'/bin/sh',
			'-c',
			'echo up; read x',
		],
		{ stdio: ['pipe', 'pipe', 'inherit'] },
	);
	await once(other.stdout, 'data');
	await done();
	expect(existsSync(path)).toBe(true);
	await ended(other);
	await new Placeholders(boardWith()).sweep([path]);
	expect(existsSync(path)).toBe(false);
});

test('stays while another kernel says that it needs it, or nobody knows what that one needs, and goes with the last of them', async () => {
	let others: readonly (Note | undefined)[] = [{ held: [path], made: [], removing: [] }];
	const first = new Placeholders(boardWith(async () => others));
	const done = await first.hold([path]);
	mkdirSync(path);
	await done();
	expect([existsSync(path), first.note]).toEqual([true, { held: [], made: [path], removing: [] }]);
	others = [undefined];
	await first.sweep([path]);
	expect(existsSync(path)).toBe(true);
	const second = new Placeholders(boardWith(async () => [first.note]));
	await (await second.hold([path]))();
	expect(existsSync(path)).toBe(false);
});

test('goes with the last kernel, also when the one that made it has ended before', async () => {
	let others: readonly Note[] = [];
	const [first, second] = [new Placeholders(boardWith()), new Placeholders(boardWith(async () => others))];
	await first.hold([path]);
	mkdirSync(path);
	others = [first.note];
	const done = await second.hold([path]);
	others = [];
	await done();
	expect(existsSync(path)).toBe(false);
});

describe('one begins to hold what another is about to remove', () => {
	/** Two kernels; what the first has read of the others lies on the way to it until `deliver` is called. */
	function two() {
		let deliver: () => void = () => undefined;
		let isHeldUp = false;
		const notes: (Note | undefined)[] = [undefined, undefined];
		const board = (own: 0 | 1): NoticeBoard => ({
			async others() {
				const read = [notes[1 - own] ?? nothing];
				if (own === 0 && isHeldUp)
					await new Promise<void>((resolve) => {
						deliver = resolve;
					});
				return read;
			},
			say(note) {
				notes[own] = note;
			},
			warn: () => undefined,
		});
		return {
			first: new Placeholders(board(0)),
			second: new Placeholders(board(1)),
			notes,
			holdUp() {
				isHeldUp = true;
			},
			deliver: () => deliver(),
		};
	}

	test('and waits until it has gone, so that it is its own', async () => {
		const { first, second, notes, holdUp, deliver } = two();
		const letGo = await first.hold([path]);
		mkdirSync(path);
		holdUp();
		const removed = letGo();
		let isHeld = false;
		const held = second.hold([path]).then((done) => {
			isHeld = true;
			return done;
		});
		await setTimeout(50);
		expect([isHeld, existsSync(path), notes[0]?.removing]).toEqual([false, true, [path]]);
		deliver();
		await removed;
		const done = await held;
		expect([existsSync(path), second.note.made]).toEqual([false, [path]]);
		mkdirSync(path);
		await done();
		expect(existsSync(path)).toBe(false);
	});

	test('and has said so before the other looked: it stays', async () => {
		const { first, second } = two();
		const letGo = await first.hold([path]);
		mkdirSync(path);
		const [done] = await Promise.all([second.hold([path]), letGo()]);
		expect(existsSync(path)).toBe(true);
		await done();
		expect(existsSync(path)).toBe(false);
	});

	test('which does not go on: nothing starts, and it holds nothing', async () => {
		const { first, second, holdUp, deliver } = two();
		const letGo = await first.hold([path]);
		mkdirSync(path);
		holdUp();
		const removed = letGo();
		await expect(second.hold([path])).rejects.toThrow('another kernel');
		expect(second.note).toEqual(nothing);
		deliver();
		await removed;
		expect(existsSync(path)).toBe(false);
	});
});

test('what can’t be told to the others holds nothing, and removes nothing until it can', async () => {
	let isFull = false;
	const warned: string[] = [];
	const places = new Placeholders({
		others: async () => [],
		say: () => {
			if (isFull) throw new Error('no space left');
		},
		warn: (text) => void warned.push(text),
	});
	const done = await places.hold([path]);
	mkdirSync(path);
	isFull = true;
	await expect(places.hold([path])).rejects.toThrow('no space left');
	await done();
	expect([existsSync(path), warned.length]).toEqual([true, 1]);
	isFull = false;
	await (await places.hold([path]))();
	expect(existsSync(path)).toBe(false);
});

async function ended(child: ChildProcess): Promise<void> {
	const closed = once(child, 'close');
	child.stdin?.end();
	await closed;
}
