// What servers print reaches the log short, clean and counted.
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { LogLines } from '../../src/drivers/log-lines.ts';

function make() {
	const written: string[] = [];
	let now = 0;
	const lines = new LogLines(
		(level, message) => written.push(`${level}: ${message}`),
		() => now,
	);
	return {
		lines,
		written,
		pass: (ms: number) => {
			now += ms;
		},
	};
}

async function follow(...chunks: readonly (string | Buffer)[]): Promise<{ written: string[]; last: string }> {
	const { lines, written } = make();
	const stream = new PassThrough();
	lines.follow(stream, 'info');
	for (const chunk of chunks) stream.write(chunk);
	stream.end();
	await finished(stream);
	return { written, last: lines.last };
}

describe('a stream', () => {
	test('is written line by line, the last one too', async () => {
		expect(await follow('a\nb', 'c\r\n\n  \nd')).toEqual({ written: ['info: a', 'info: bc', 'info: d'], last: 'd' });
	});

	test('keeps characters whole that came in pieces', async () => {
		const bytes = Buffer.from('größe\n');
		expect((await follow(bytes.subarray(0, 3), bytes.subarray(3))).written).toEqual(['info: größe']);
	});

	test('loses what a terminal would obey', async () => {
		expect((await follow('\u001b[31mred\u001b[0m\u0007\t\u009b2Jend\n')).written).toEqual(['info: [31mred[0m 2Jend']);
	});

	test('of one endless line takes neither memory nor time', async () => {
		const { lines, written } = make();
		const stream = new PassThrough();
		lines.follow(stream, 'info');
		const chunk = Buffer.alloc(64 * 1024, 'x');
		for (let count = 0; count < 4000; count += 1) {
			if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve));
		}
		stream.end('\nafter\n');
		await finished(stream);
		expect(written.map((line) => line.length)).toEqual(['info: '.length + 2001, 'info: after'.length]);
	}, 10_000);
});

test('two hundred lines at once are written, then twenty a second, and the rest is counted', () => {
	const { lines, written, pass } = make();
	for (let count = 0; count < 250; count += 1) lines.write('info', `line ${count}`);
	expect(written).toHaveLength(200);
	pass(1000);
	for (let count = 0; count < 30; count += 1) lines.write('info', `later ${count}`);
	expect(written.slice(200, 202)).toEqual(['warn: 50 lines of the server were left out here', 'info: later 0']);
	expect(written).toHaveLength(200 + 1 + 20);
	lines.tellLeftOut();
	expect(written.at(-1)).toBe('warn: 10 lines of the server were left out here');
});

describe('last words', () => {
	const line = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';
	test.each([line, `  ${line}`, `"${line}\\n",`, `| ${line} |`, `${line}\r`, line.slice(0, 20)])(
		'are no line of a key: %j',
		async (key) => {
			expect((await follow(`it failed\n${key}\n${key}\n`)).last).toBe('it failed');
		},
	);

	test.each([['Killed'], ['Error: Cannot find module x'], ['Segmentation fault']])(
		'are what it says: %s',
		async (words) => {
			expect((await follow(`before\n${words}\n`)).last).toBe(words);
		},
	);

	test('are whole words', async () => {
		const secret = 's'.repeat(40);
		for (const before of [280, 299, 300, 301]) {
			const { last } = await follow(
				`${'w '
					.repeat(140)
					.slice(0, before - 1)
					.padEnd(before - 1, 'x')} ${secret} after\n`,
			);
			expect(last.length).toBeLessThan(302);
			expect(last).not.toMatch(/s$|s…$/);
		}
		expect((await follow(`${secret.repeat(10)}.\n`)).last).toBe('…');
	});
});
