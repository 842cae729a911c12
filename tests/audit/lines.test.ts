// Lines of a file that grows, shrinks and holds anything.
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LineSource } from '../../src/audit/lines.ts';
import { tempDirectory } from './support.ts';

function newFile(content: string | Uint8Array): string {
	const path = join(tempDirectory(), 'lines');
	writeFileSync(path, content);
	return path;
}

async function all(source: LineSource): Promise<(string | undefined)[]> {
	const texts: (string | undefined)[] = [];
	for (let line = await source.next(); line !== undefined; line = await source.next()) texts.push(line.text);
	return texts;
}

test('a line is given when it is whole, and once', async () => {
	const path = newFile('a\nhal');
	const source = new LineSource(path);
	expect(await all(source)).toEqual(['a']);
	expect(source.restBytes).toBe(3);
	expect(await all(source)).toEqual([]);
	appendFileSync(path, 'f\n\nb\n');
	expect(await source.next()).toEqual({ number: 2, text: 'half' });
	expect(await all(source)).toEqual(['', 'b']);
	expect(source.restBytes).toBe(0);
});

test('half a line that is taken back and replaced by a longer one leaves no trace', async () => {
	const path = newFile('a\nhalf of something');
	const source = new LineSource(path);
	expect(await all(source)).toEqual(['a']);
	truncateSync(path, 2);
	appendFileSync(path, 'a line that is quite a bit longer\n');
	expect(await all(source)).toEqual(['a line that is quite a bit longer']);
});

test('a file that became shorter goes on from its new end', async () => {
	const path = newFile('a\nb\nc\nhalf');
	const source = new LineSource(path);
	expect(await all(source)).toEqual(['a', 'b', 'c']);
	truncateSync(path, 3);
	expect(await all(source)).toEqual([]);
	truncateSync(path, 2);
	expect(await all(source)).toEqual([]);
	appendFileSync(path, 'd\n');
	expect(await all(source)).toEqual(['d']);
});

test('lines longer than what is read at once come whole, characters across the seam too', async () => {
	const long = '€😀'.repeat(100_000);
	expect(await all(new LineSource(newFile(`a\n${long}\nb\n`)))).toEqual(['a', long, 'b']);
});

test('a line longer than any record and one that is not UTF-8 have no text, the next line has', async () => {
	const tooLong = Buffer.alloc(33_554_433, 0x61);
	const path = newFile(Buffer.concat([tooLong, Buffer.from('\nb\n'), Buffer.from([0xff, 0x0a]), Buffer.from('c\n')]));
	expect(await all(new LineSource(path))).toEqual([undefined, 'b', undefined, 'c']);
});

test('a byte order mark belongs to its line', async () => {
	expect(await all(new LineSource(newFile('\uFEFFa\n')))).toEqual(['\uFEFFa']);
});
