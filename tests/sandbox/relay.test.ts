// What a shim says may be forged: it can end its own program, and no more.
import { Duplex, PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Relay } from '../../src/sandbox/relay.ts';

function relayed() {
	const said: Buffer[] = [];
	const shim = new Duplex({
		read: () => undefined,
		write(chunk: Buffer, _, done) {
			said.push(chunk);
			done();
		},
	});
	const program = {
		stdin: new PassThrough(),
		stdout: new PassThrough(),
		stderr: new PassThrough(),
		signals: new PassThrough(),
	};
	const relay = new Relay(shim, program);
	return { shim, program, relay, words: () => Buffer.concat(said).toString('latin1') };
}

const input = (text: string) => {
	const head = Buffer.alloc(5);
	head.write('I');
	head.writeUInt32LE(Buffer.byteLength(text), 1);
	return Buffer.concat([head, Buffer.from(text)]);
};

async function settle(): Promise<void> {
	for (let turn = 0; turn < 10; turn++) await setImmediate();
}

test('input is asked for piece by piece, and comes byte by byte', async () => {
	const { shim, program, words } = relayed();
	expect(words()).toBe('C');
	for (const byte of input('abc')) shim.push(Buffer.of(byte));
	await settle();
	expect(String(program.stdin.read())).toBe('abc');
	expect(words()).toBe('CC');
	shim.push(Buffer.from('S\x0fE'));
	await settle();
	expect(program.signals.read()).toEqual(Buffer.from('S\x0f'));
	expect(program.stdin.writableEnded).toBe(true);
});

test('output comes before the last word, in pieces', async () => {
	const { program, relay, words } = relayed();
	program.stdout.end('x'.repeat(5000));
	program.stderr.end('err');
	await relay.end({ code: 3, signal: undefined });
	expect(words()).toContain(`O\0\x10\0\0${'x'.repeat(4096)}`);
	expect(words()).toContain(`O\x88\x03\0\0${'x'.repeat(904)}`);
	expect(words().endsWith('X\x03')).toBe(true);
	expect(words()).toContain('P\x03\0\0\0err');
});

test.each([
	['a word that is none', Buffer.from('Z')],
	['input that is too long', Buffer.from('I\xff\xff\xff\xff', 'latin1')],
	['more input than was asked for', Buffer.concat([input('a'), input('b')])],
	['input after its end', Buffer.concat([Buffer.from('E'), input('a')])],
])('%s ends its program', async (_, bytes) => {
	const { shim, program } = relayed();
	// Nobody takes what is written, so that no second piece is asked for.
	program.stdin.cork();
	shim.push(bytes);
	await settle();
	expect(shim.destroyed).toBe(true);
	expect(program.signals.writableEnded).toBe(true);
});

test('a reader that is gone is gone for the program, too', async () => {
	const { shim, program } = relayed();
	shim.push(Buffer.from('Q\x01'));
	await settle();
	expect([program.stdout.destroyed, program.stderr.destroyed]).toEqual([true, false]);
});
