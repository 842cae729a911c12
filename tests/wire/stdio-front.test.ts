// The stdio front: a client on a pair of streams, served until its output ends.
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { Link } from '../../src/wire/link.ts';
import { resultReply } from '../../src/wire/message.ts';
import { stdioFront } from '../../src/wire/stdio-front.ts';
import { Inflow, wires } from './streams.ts';

async function serve(options: { maxBytes?: number } = {}) {
	const { toChannel, fromChannel, lines } = wires();
	const link = new Link(stdioFront({ input: toChannel, output: fromChannel, ...options }), { peer: 'client' });
	const closes = new Inflow<string>();
	await link.start({
		request: async ({ method }) => resultReply({ method }),
		note() {},
		close: (reason) => closes.push(reason),
		warn() {},
	});
	return { toChannel, lines, link, closes };
}

test('noise is answered with errors, and the call after it is served', async () => {
	const { toChannel, lines } = await serve({ maxBytes: 1000 });
	toChannel.write('noise\n');
	toChannel.write(`{"jsonrpc":"2.0","id":7,"method":"m","params":{"a":"${'x'.repeat(2000)}"}}\n`);
	toChannel.write('{"jsonrpc":"2.0","id":0,"method":"m"}\r\n');
	expect(JSON.parse(await lines.next())).toMatchObject({ id: null, error: { code: -32700 } });
	expect(JSON.parse(await lines.next())).toMatchObject({ id: 7, error: { code: -32600 } });
	expect(await lines.next()).toBe('{"jsonrpc":"2.0","id":0,"result":{"method":"m"}}');
});

test('the end of the input is the end of the client; our output stays open for what was answered', async () => {
	const { toChannel, lines, closes, link } = await serve();
	toChannel.end('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
	expect(await closes.next()).toBe('the other side closed the connection');
	await link.close();
	expect(lines.seen.length).toBeLessThanOrEqual(1);
});

test('output that is gone ends the client without an error', async () => {
	const output = new PassThrough();
	output.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
	output.on('error', () => {});
	const input = new PassThrough();
	const link = new Link(stdioFront({ input, output }), { peer: 'client' });
	const closes = new Inflow<string>();
	await link.start({
		request: async () => resultReply({}),
		note() {},
		close: (reason) => closes.push(reason),
		warn() {},
	});
	input.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
	expect(await closes.next()).toMatch(/closed the connection|broke while writing/);
});
