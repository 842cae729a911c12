// Lines: bytes in any portions become messages, and nothing at the other end can break us.
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineReader } from '../../src/wire/line-reader.ts';
import { type LineOptions, lineChannel } from '../../src/wire/lines.ts';
import { requestText } from '../../src/wire/message.ts';
import { messageId } from '../../src/wire/message-id.ts';
import { Recorder, wires } from './streams.ts';

const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

async function connect(options: Partial<LineOptions> = {}) {
	const ends = wires();
	const recorder = new Recorder();
	const channel = lineChannel({ input: ends.toChannel, output: ends.fromChannel, from: 'client', ...options });
	await channel.start(recorder);
	return { ...ends, channel, recorder };
}

/** Lines as the reader cuts them; what is no line is named. */
function cut(chunks: readonly Uint8Array[], maxBytes = 1000): string[] {
	const lines: string[] = [];
	const reader = new LineReader(maxBytes, {
		line: (text) => lines.push(text),
		badUtf8: () => lines.push('<bad utf-8>'),
		tooLong: (head, tail) => lines.push(`<too long ${head.slice(0, 8)} ${tail.slice(-4)}>`),
	});
	for (const chunk of chunks) reader.push(Buffer.from(chunk));
	reader.end();
	return lines;
}

describe('reading', () => {
	test.each<[string, string | Buffer, string[]]>([
		['one line', 'a\n', ['a']],
		['several lines', 'a\nb\nc\n', ['a', 'b', 'c']],
		['CRLF', 'a\r\nb\r\n', ['a\r', 'b\r']],
		['blank lines', '\n\r\n  \n\t\na\n\n', ['a']],
		['no line break at the end', 'a\nb', ['a', 'b']],
		['invalid UTF-8', Buffer.from([0x61, 0x0a, 0xff, 0x0a, 0x62, 0x0a]), ['a', '<bad utf-8>', 'b']],
		['an overlong encoding', Buffer.from([0xc0, 0x8a, 0x0a, 0x62, 0x0a]), ['<bad utf-8>', 'b']],
		['an encoded surrogate', Buffer.from([0xed, 0xa0, 0x80, 0x0a]), ['<bad utf-8>']],
		['a cut-off character at the end', Buffer.from([0x61, 0xe2, 0x82]), ['<bad utf-8>']],
		['U+2028 and U+0085 are no line breaks', 'a\u2028b\u0085c\n', ['a\u2028b\u0085c']],
		['a long line', `${'x'.repeat(1001)}yz\nb\n`, ['<too long xxxxxxxx xxyz>', 'b']],
		['a line one byte over the limit', `${'x'.repeat(1001)}\n`, ['<too long xxxxxxxx xxxx>']],
		['a line of the very limit', `${'x'.repeat(1000)}\n`, ['x'.repeat(1000)]],
		['a long line without an end', 'x'.repeat(5000), ['<too long xxxxxxxx xxxx>']],
	])('%s', (_, bytes, expected) => {
		const all = Buffer.from(bytes as string);
		expect(cut([all])).toEqual(expected);
		expect(cut([...all].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
	});

	test('chunk boundaries change nothing, wherever they fall', () => {
		const piece = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('é', '😀', '\r', 'x'.repeat(70)));
		const lines = fc.array(fc.array(piece).map((parts) => parts.join('').replaceAll('\n', '')));
		fc.assert(
			fc.property(lines, fc.array(fc.nat()), fc.boolean(), (texts, cuts, ended) => {
				const bytes = Buffer.from(texts.join('\n') + (ended ? '\n' : ''));
				const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
				const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
				expect(cut(chunks, 100)).toEqual(cut([bytes], 100));
			}),
			{ numRuns: 1000 },
		);
	});

	test('a megabyte written byte by byte costs linear time and no memory', () => {
		const byte = Buffer.from('x');
		let length = 0;
		const reader = new LineReader(2 << 20, {
			line: (text) => {
				length = text.length;
			},
			badUtf8: () => {},
			tooLong: () => {},
		});
		const started = performance.now();
		for (let index = 0; index < 1 << 20; index += 1) reader.push(byte);
		reader.push(Buffer.from('\n'));
		expect(length).toBe(1 << 20);
		expect(performance.now() - started).toBeLessThan(10_000);
	});
});

describe('the channel', () => {
	test('delivers messages, and junk as malformed', async () => {
		const { toChannel, recorder } = await connect();
		toChannel.write(`${ping}\r\nnot json\n\n[]\n`);
		toChannel.write(Buffer.from([0xff, 0x0a]));
		toChannel.write(`${ping}\n`);
		for (const expected of [
			{ kind: 'request', id: '1' },
			{ kind: 'malformed', code: -32700 },
			{ kind: 'malformed', code: -32600 },
			{ kind: 'malformed', code: -32700 },
			{ kind: 'request', id: '1' },
		]) {
			expect(await recorder.messages.next()).toMatchObject(expected);
		}
	});

	test('an 11 MiB message passes in both directions', async () => {
		const { toChannel, lines, channel, recorder } = await connect();
		const text = requestText(messageId(1) as never, 'm', { text: 'é'.repeat((11 << 20) / 2) });
		toChannel.write(`${text}\n`);
		expect(await recorder.messages.next()).toMatchObject({ kind: 'request' });
		await channel.send(text);
		expect(await lines.next()).toBe(text);
	});

	test('an oversized message is reported with its id, and the next one is served', async () => {
		const { toChannel, recorder } = await connect({ maxBytes: 1000 });
		toChannel.write(`{"jsonrpc":"2.0","id":"big","method":"m","params":{"a":"${'x'.repeat(5000)}"}}\n${ping}\n`);
		toChannel.write(`{"method":"m","params":{"a":"${'x'.repeat(5000)}"},"jsonrpc":"2.0","id":8}\n${ping}\n`);
		const tooBig = { kind: 'malformed', code: -32600, message: 'a message of more than 1000 bytes', about: 'request' };
		expect(await recorder.messages.next()).toMatchObject({ ...tooBig, id: '"big"' });
		expect(await recorder.messages.next()).toMatchObject({ kind: 'request' });
		expect(await recorder.messages.next()).toMatchObject({ ...tooBig, id: '8' });
		expect(await recorder.messages.next()).toMatchObject({ kind: 'request' });
	});

	test('100,000 lines of noise are survived', { timeout: 60_000 }, async () => {
		const { toChannel, recorder } = await connect();
		let seed = 42;
		const random = (below: number) => {
			seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
			return seed % below;
		};
		const pieces = [
			ping,
			'{',
			'}',
			'[',
			']',
			'"',
			':',
			',',
			'\\',
			'\\u00',
			'null',
			'1e999',
			'"id"',
			'\r',
			' ',
			'😀',
			'\u0000',
		];
		for (let round = 0; round < 100; round += 1) {
			const chunk: Buffer[] = [];
			for (let line = 0; line < 1000; line += 1) {
				const parts = Array.from({ length: 1 + random(8) }, () => Buffer.from(pieces[random(pieces.length)] as string));
				if (random(10) === 0) parts.push(Buffer.from([random(256), random(256)].filter((byte) => byte !== 0x0a)));
				chunk.push(...parts, Buffer.from('\n'));
			}
			if (!toChannel.write(Buffer.concat(chunk))) await once(toChannel, 'drain');
		}
		toChannel.write('{"jsonrpc":"2.0","id":"last","method":"ping"}\n');
		while (!recorder.messages.seen.some((message) => 'id' in message && message.id === '"last"'))
			await recorder.messages.next();
		expect(recorder.messages.seen.length).toBeGreaterThan(50_000);
		expect(recorder.closes.seen).toEqual([]);
	});

	test('the end of the input is the news, once', async () => {
		const { toChannel, recorder } = await connect();
		toChannel.end(ping);
		expect(await recorder.messages.next()).toMatchObject({ kind: 'request' });
		expect(await recorder.closes.next()).toBe('the other side closed the connection');
		toChannel.destroy();
		await new Promise(setImmediate);
		expect(recorder.closes.seen).toHaveLength(1);
	});

	test.each(['EPIPE', 'ECONNRESET'])('%s while writing closes the channel and throws nothing', async (code) => {
		const output = new Writable({
			write: (_chunk, _encoding, done) => done(Object.assign(new Error(`write ${code}`), { code })),
		});
		const { channel, recorder } = await connect({ output });
		await channel.send(ping);
		expect(await recorder.closes.next()).toContain(code);
		await channel.send(ping);
		await channel.close();
		expect(recorder.closes.seen).toHaveLength(1);
	});

	test('an error while reading closes the channel', async () => {
		const { toChannel, recorder } = await connect();
		toChannel.destroy(new Error('read ECONNRESET'));
		expect(await recorder.closes.next()).toContain('ECONNRESET');
	});

	test('a stream that was over before the start is noticed', async () => {
		const input = new PassThrough();
		input.destroy();
		await once(input, 'close');
		const { recorder } = await connect({ input });
		expect(await recorder.closes.next()).toBe('the other side closed the connection');
	});

	test('a connection that breaks before the start is news at the start', async () => {
		for (const breakIt of [
			({ toChannel }: ReturnType<typeof wires>) => toChannel.destroy(new Error('read ECONNRESET')),
			({ fromChannel }: ReturnType<typeof wires>) => fromChannel.destroy(new Error('write EPIPE')),
		]) {
			const ends = wires();
			const channel = lineChannel({ input: ends.toChannel, output: ends.fromChannel, from: 'driver' });
			breakIt(ends);
			await new Promise(setImmediate);
			const recorder = new Recorder();
			await channel.start(recorder);
			expect(await recorder.closes.next()).toMatch(/ECONNRESET|EPIPE/);
			expect(recorder.closes.seen).toHaveLength(1);
		}
	});

	test('what is sent in one tick goes out in one write, in order', async () => {
		const writes: string[] = [];
		const output = new Writable({
			write(chunk, _encoding, done) {
				writes.push(String(chunk));
				done();
			},
		});
		const { channel } = await connect({ output });
		await Promise.all([channel.send('1'), channel.send('2'), channel.send('3')]);
		expect(writes).toEqual(['1\n2\n3\n']);
	});

	test('so does a flood of short lines, around a long one as well', async () => {
		const writes: string[] = [];
		const output = new Writable({
			decodeStrings: false,
			write(chunk, _encoding, done) {
				writes.push(String(chunk));
				done();
			},
		});
		const { channel } = await connect({ output });
		const short = Array.from({ length: 3000 }, (_, index) => `{"line":${index},"text":"${'x'.repeat(40)}"}`);
		const lines = [...short, 'y'.repeat(100_000), ...short];
		await Promise.all(lines.map((line) => channel.send(line)));
		expect(writes.join('')).toBe(`${lines.join('\n')}\n`);
		expect(writes).toHaveLength(3);
	});

	test('an error among what is written together is the news, once, and holds up nobody', async () => {
		const output = new Writable({
			decodeStrings: false,
			write: (chunk, _encoding, done) => done(String(chunk).startsWith('y') ? new Error('write EPIPE') : null),
		});
		const { channel, recorder } = await connect({ output });
		await Promise.all(['1', 'y'.repeat(100_000), '2', 'y'.repeat(100_000), '3'].map((line) => channel.send(line)));
		await channel.send('late');
		expect(await recorder.closes.next()).toContain('EPIPE');
		await channel.close();
		expect(recorder.closes.seen).toHaveLength(1);
	});

	test('a full stream is waited for', async () => {
		const writes: string[] = [];
		let proceed = () => {};
		const output = new Writable({
			highWaterMark: 1,
			write(chunk, _encoding, done) {
				writes.push(String(chunk));
				proceed = done;
			},
		});
		const { channel } = await connect({ output });
		const first = channel.send('1');
		await new Promise(setImmediate);
		const others = [channel.send('2'), channel.send('3')];
		await new Promise(setImmediate);
		expect(writes).toEqual(['1\n']);
		expect(output.writableLength).toBe('1\n'.length);
		proceed();
		await first;
		await new Promise(setImmediate);
		expect(writes).toEqual(['1\n', '2\n3\n']);
		proceed();
		await Promise.all(others);
	});

	test('a peer that never reads is given up before it fills the memory, and does not hold up close', async () => {
		const output = new Writable({ highWaterMark: 1, write: () => {} });
		const { channel, recorder } = await connect({ output, maxQueuedBytes: 1000 });
		void channel.send('1');
		await new Promise(setImmediate);
		const stuck = [channel.send('x'.repeat(600)), channel.send('x'.repeat(600))];
		expect(await recorder.closes.next()).toBe('the other side does not read what it is sent');
		await Promise.all(stuck);
		await channel.close();
	});

	test('after close nothing more is delivered, and what was sent has left', async () => {
		const { toChannel, channel, recorder, lines } = await connect({ from: 'driver' });
		void channel.send('last');
		const closing = channel.close();
		toChannel.write(`${ping}\n`);
		await closing;
		await channel.close();
		toChannel.end();
		expect(await lines.next()).toBe('last');
		expect(recorder.messages.seen).toEqual([]);
		expect(recorder.closes.seen).toEqual([]);
	});

	test('close within a message stops the rest of its chunk', async () => {
		const { toChannel, channel, recorder } = await connect();
		const seen: string[] = [];
		recorder.message = (message) => {
			seen.push(message.kind);
			void channel.close();
		};
		toChannel.write(`${ping}\n${ping}\n`);
		await new Promise(setImmediate);
		expect(seen).toEqual(['request']);
	});

	test('a driver learns of close by the end of its input; our own output stays open', async () => {
		const driver = await connect({ from: 'driver' });
		await driver.channel.close();
		expect(driver.fromChannel.writableEnded).toBe(true);
		expect(driver.toChannel.destroyed).toBe(false);
		const client = await connect({ from: 'client' });
		await client.channel.close();
		expect(client.fromChannel.writableEnded).toBe(false);
		expect(client.toChannel.destroyed).toBe(true);
	});
});
