// The spill: readable by its owner for a day, by nobody else, within its bounds, whatever happens to the disk.
import { randomBytes } from 'node:crypto';
import {
	chmodSync,
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keptForMs, Spill, type SpillOptions } from '../../src/kernel/spill.ts';
import { text } from './shorten/answers.ts';

let place: string;
let directory: string;
let now: number;
let warnings: string[];

beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), 'trapgate-spill-'));
	directory = join(place, 'state', 'results');
	now = Date.parse('2026-11-20T10:00:00Z');
	warnings = [];
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const spillOf = (more: Partial<SpillOptions> = {}) =>
	new Spill({
		directory,
		root: '/w/trapgate.yaml',
		now: () => now,
		random: randomBytes,
		warn: (words) => warnings.push(words),
		...more,
	});
const owner = { agent: 'claude-code', principal: 'claude-code' };
const keep = (spill: Spill, words = 'the whole text', whose = owner) =>
	spill.keep(whose, { text: words, pageTokens: 400 });
const files = () => readdirSync(directory);

test('what was kept is read by its owner, to the last character', () => {
	const spill = spillOf();
	fc.assert(
		fc.property(text, (words) => {
			const id = keep(spill, words) ?? '';
			expect(id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
			expect(spill.read(owner, id)).toEqual({ text: words, pageTokens: 400 });
		}),
		{ numRuns: 50 },
	);
	expect(warnings).toEqual([]);
});

test('another kernel of the same root file reads it: a restart loses nothing', () => {
	const id = keep(spillOf()) ?? '';
	expect(spillOf().read(owner, id)?.text).toBe('the whole text');
});

describe('nobody else', () => {
	test.each([
		['another agent', { ...owner, agent: 'codex' }],
		['another principal', { ...owner, principal: 'dana' }],
		['names that look alike when joined', { agent: 'claude-code","claude-code', principal: '' }],
	])('%s reads nothing', (_, other) => {
		const spill = spillOf();
		expect(spill.read(other, keep(spill) ?? '')).toBeUndefined();
	});

	test('an agent of another root file reads nothing', () => {
		expect(spillOf({ root: '/other/trapgate.yaml' }).read(owner, keep(spillOf()) ?? '')).toBeUndefined();
	});

	test('who finds the files finds neither ids nor texts', () => {
		const id = keep(spillOf(), 'a telling text') ?? '';
		const [name = ''] = files();
		expect(name).toMatch(/^[0-9a-f]{64}$/);
		expect(readFileSync(join(directory, name)).includes('telling')).toBe(false);
		expect(readFileSync(join(directory, name)).includes(id)).toBe(false);
		expect(spillOf().read(owner, name)).toBeUndefined();
	});

	test('files are for this user only, and so is their directory', () => {
		keep(spillOf());
		expect(statSync(directory).mode & 0o777).toBe(0o700);
		expect(statSync(join(directory, files()[0] ?? '')).mode & 0o777).toBe(0o600);
	});

	test.each(['../../etc/passwd', '', '0'.repeat(25), '0'.repeat(27), 'l'.repeat(26), `${'0'.repeat(26)}/../x`, '0\0'])(
		'%j is no id',
		(id) => {
			keep(spillOf());
			expect(spillOf().read(owner, id)).toBeUndefined();
		},
	);

	test('ten thousand guesses find nothing, and ids do not repeat', () => {
		const spill = spillOf({ maxFiles: 100_000 });
		const id = keep(spill) ?? '';
		const others = new Set(Array.from({ length: 200 }, () => keep(spill, 'x')));
		expect(others.size).toBe(200);
		expect(others.has(id)).toBe(false);
	});
});

describe('a day later', () => {
	test('it can be read to the last millisecond, and then no more', () => {
		const spill = spillOf();
		const id = keep(spill) ?? '';
		now += keptForMs - 1;
		expect(spill.read(owner, id)).toBeDefined();
		now += 1;
		expect(spill.read(owner, id)).toBeUndefined();
	});

	test('touching the file does not make it younger', () => {
		const spill = spillOf();
		const id = keep(spill) ?? '';
		now += keptForMs;
		utimesSync(join(directory, files()[0] ?? ''), now / 1000, now / 1000);
		expect(spill.read(owner, id)).toBeUndefined();
	});

	test('a sweep removes it, and leaves what is younger and what is not ours', () => {
		const spill = spillOf();
		keep(spill, 'old');
		now += keptForMs / 2;
		const id = keep(spill, 'young') ?? '';
		writeFileSync(join(directory, 'README'), 'not ours');
		utimesSync(join(directory, 'README'), 0, 0);
		now += keptForMs / 2;
		spill.sweep();
		expect(files().sort()).toEqual(expect.arrayContaining(['README']));
		expect(files()).toHaveLength(2);
		expect(spill.read(owner, id)?.text).toBe('young');
	});

	test('a clock that goes back ends nothing', () => {
		const spill = spillOf();
		const id = keep(spill) ?? '';
		now -= 10 * keptForMs;
		spill.sweep();
		expect(spill.read(owner, id)).toBeDefined();
	});

	test('a draft of a kernel that was killed is removed when nobody can still be writing it', () => {
		const spill = spillOf();
		keep(spill);
		const draft = join(directory, `.${'a'.repeat(32)}`);
		writeFileSync(draft, 'half of it');
		utimesSync(draft, now / 1000, now / 1000);
		now += 9 * 60_000;
		spill.sweep();
		expect(existsSync(draft)).toBe(true);
		now += 60_000;
		spill.sweep();
		expect(existsSync(draft)).toBe(false);
	});
});

describe('within its bounds', () => {
	test('the oldest go first, by size', () => {
		const spill = spillOf({ maxBytes: 4_000 });
		const ids = [1, 2, 3, 4, 5].map((turn) => {
			now += 1_000;
			return keep(spill, `${turn}`.repeat(1_000)) ?? '';
		});
		expect(ids.map((id) => spill.read(owner, id) !== undefined)).toEqual([false, false, true, true, true]);
		expect(files().reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)).toBeLessThanOrEqual(4_000);
	});

	test('the oldest go first, by number', () => {
		const spill = spillOf({ maxFiles: 2 });
		const ids = [1, 2, 3].map((turn) => {
			now += 1_000;
			return keep(spill, `${turn}`) ?? '';
		});
		expect(ids.map((id) => spill.read(owner, id)?.text)).toEqual([undefined, '2', '3']);
	});

	test('drafts count, and go too', () => {
		const spill = spillOf({ maxBytes: 4_000 });
		mkdirSync(directory, { recursive: true, mode: 0o700 });
		const draft = join(directory, `.${'b'.repeat(32)}`);
		writeFileSync(draft, 'x'.repeat(3_500));
		utimesSync(draft, now / 1000, now / 1000);
		expect(keep(spill, 'y'.repeat(1_000))).toBeDefined();
		expect(existsSync(draft)).toBe(false);
	});

	test('what is larger than everything together may be is not kept, and nothing goes for it', () => {
		const spill = spillOf({ maxBytes: 4_000 });
		const id = keep(spill) ?? '';
		expect(keep(spill, 'x'.repeat(5_000))).toBeUndefined();
		expect(spill.read(owner, id)).toBeDefined();
		expect(warnings).toEqual([expect.stringContaining('more than all may have')]);
	});
});

describe('whatever the disk says', () => {
	test('a file where the directory should be keeps nothing', () => {
		mkdirSync(join(place, 'state'));
		writeFileSync(directory, '');
		const spill = spillOf();
		expect(keep(spill)).toBeUndefined();
		expect(spill.read(owner, '0'.repeat(26))).toBeUndefined();
		expect(() => spill.sweep()).not.toThrow();
		expect(warnings).toHaveLength(1);
	});

	test('a directory that others may write to, or that is a link, keeps nothing', () => {
		mkdirSync(directory, { recursive: true });
		chmodSync(directory, 0o777);
		expect(keep(spillOf())).toBeUndefined();
		rmSync(directory, { recursive: true });
		mkdirSync(join(place, 'elsewhere'), { mode: 0o700 });
		symlinkSync(join(place, 'elsewhere'), directory);
		expect(keep(spillOf())).toBeUndefined();
		expect(readdirSync(join(place, 'elsewhere'))).toEqual([]);
		expect(warnings).toHaveLength(2);
	});

	test('a link under the name of a result is not followed, and not read', () => {
		const spill = spillOf();
		const id = keep(spill) ?? '';
		const file = join(directory, files()[0] ?? '');
		renameSync(file, join(place, 'moved'));
		symlinkSync(join(place, 'moved'), file);
		expect(spill.read(owner, id)).toBeUndefined();
		now += keptForMs;
		utimesSync(join(place, 'moved'), 0, 0);
		spill.sweep();
		expect(existsSync(join(place, 'moved'))).toBe(true);
	});

	test('a directory under the name of a result is left alone', () => {
		const spill = spillOf();
		const id = keep(spill) ?? '';
		const file = join(directory, files()[0] ?? '');
		rmSync(file);
		mkdirSync(file);
		expect(spill.read(owner, id)).toBeUndefined();
		expect(keep(spill)).toBeDefined();
		expect(lstatSync(file).isDirectory()).toBe(true);
	});

	test('bytes that were changed, cut off or put in from another result are not read', () => {
		const spill = spillOf();
		const [one = '', two = ''] = [keep(spill, 'one'), keep(spill, 'two')];
		const [first = '', second = ''] = files().map((name) => join(directory, name));
		const whole = readFileSync(first);
		const isReadable = () => spill.read(owner, one) !== undefined && spill.read(owner, two) !== undefined;
		for (const at of [0, 15, 30, whole.length - 1]) {
			const changed = Buffer.from(whole);
			changed[at] = (changed[at] ?? 0) ^ 1;
			writeFileSync(first, changed);
			expect(isReadable()).toBe(false);
		}
		for (const length of [0, 10, 28, whole.length - 1]) {
			writeFileSync(first, whole.subarray(0, length));
			expect(isReadable()).toBe(false);
		}
		writeFileSync(first, readFileSync(second));
		expect(isReadable()).toBe(false);
		writeFileSync(first, whole);
		expect(isReadable()).toBe(true);
	});

	test('randomness that fails is a result that is not kept', () => {
		const spill = spillOf({
			random: () => {
				throw new Error('no entropy');
			},
		});
		expect(keep(spill)).toBeUndefined();
		expect(warnings).toEqual([expect.stringContaining('no entropy')]);
	});
});
