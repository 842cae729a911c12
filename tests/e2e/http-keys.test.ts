// Keys through the whole kernel: whose they are decides rules and the log, and a revoked one ends everything at once.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectHttp, type HttpKernel, startHttp } from '../support/http-kernel.ts';
import { main, makeSite, serverEntry } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { HttpPeer } from '../wire/http-peer.ts';

const site = makeSite({
	drivers: { everything: { command: process.execPath, args: [serverEntry('everything')] } },
	defaults: { tool: 'allow', other: 'allow' },
	rules: [
		{
			id: 'guests-do-not-add',
			match: { tool: 'everything/get-sum' },
			when: { agent: 'guest/*' },
			then: 'deny',
			reason: 'guests do not add',
			instead: 'stop',
		},
	],
});
let kernel: HttpKernel;
beforeAll(async () => {
	kernel = await startHttp(site, '--agent', 'owner');
});
afterAll(async () => {
	await kernel.stop();
	site.remove();
});

async function trapgate(...argv: string[]): Promise<string> {
	const run = new RawClient([process.execPath, main, ...argv], site.env);
	await run.end();
	return run.lines.join('\n');
}

async function makeKey(agent: string): Promise<{ token: string; id: string }> {
	const token = (await trapgate('key', 'make', agent)).trim();
	return { token, id: token.split('_')[1] ?? '' };
}

const sum = { name: 'everything__get-sum', arguments: { a: 1, b: 2 } };

test('the owner of a key is the agent that rules match and the log names, with the id of the key and never the key', async () => {
	const [guest, friend] = [await makeKey('guest/7'), await makeKey('friend')];
	const clients = await Promise.all(
		[guest, friend, kernel].map(({ token }) => connectHttp({ url: kernel.url, token })),
	);
	const answers = await Promise.all(clients.map((client) => client.callTool(sum)));
	expect(answers.map(({ isError }) => isError === true)).toEqual([true, false, false]);
	await Promise.all(clients.map((client) => client.close()));
	const agents = site
		.records()
		.filter(({ event, tool }) => event === 'decided' && tool === 'everything/get-sum')
		.map(({ agent }) => agent as Record<string, unknown>);
	expect(agents).toContainEqual({ name: 'http-test', version: '1', id: 'guest/7', key: guest.id });
	expect(agents).toContainEqual({ name: 'http-test', version: '1', id: 'friend', key: friend.id });
	expect(agents).toContainEqual({ name: 'http-test', version: '1', id: 'owner' });
	for (const { token } of [guest, friend]) expect(JSON.stringify(site.records())).not.toContain(token.slice(-43));
});

test('a session belongs to its key, also against another key of the same owner', async () => {
	const [one, other] = [await makeKey('twin'), await makeKey('twin')];
	const peer = await new HttpPeer(Number(kernel.url.port), one.token).introduced();
	const ping = { body: { jsonrpc: '2.0', id: 1, method: 'ping' } };
	expect((await peer.ask(ping)).status).toBe(200);
	expect((await new HttpPeer(peer.port, other.token, peer.session).ask(ping)).status).toBe(404);
});

test('revocation is felt by the next request, by open streams and by calls that run', async () => {
	const { token, id } = await makeKey('leaver');
	const peer = await new HttpPeer(Number(kernel.url.port), token).introduced();
	await peer.ask({ body: { jsonrpc: '2.0', method: 'notifications/initialized' } });
	const stream = await peer.listen();
	const long = peer.ask({
		body: {
			jsonrpc: '2.0',
			id: 5,
			method: 'tools/call',
			params: { name: 'everything__trigger-long-running-operation', arguments: { duration: 60, steps: 2 } },
		},
	});
	const ended = long.then(
		({ text }) => text,
		() => 'broken',
	);
	await trapgate('key', 'revoke', id);
	expect((await peer.ask({ body: { jsonrpc: '2.0', id: 2, method: 'ping' } })).status).toBe(401);
	await stream.ended;
	// Whichever comes first, the session's end or the connection's: no result.
	expect(await ended).not.toContain('"result"');
});

test('an end is felt by the next request and by open streams, and is told to the holder', async () => {
	const token = (await trapgate('key', 'make', 'guest/8', '--expires', '1d')).trim();
	const peer = await new HttpPeer(Number(kernel.url.port), token).introduced();
	const stream = await peer.listen();
	expect((await peer.ask({ body: { jsonrpc: '2.0', id: 1, method: 'ping' } })).status).toBe(200);
	const file = join(site.env['XDG_STATE_HOME'] ?? '', 'trapgate/http-keys', `${token.split('_')[1]}.json`);
	const ended = readFileSync(file, 'utf8').replace(/"expires": ".*?"/, '"expires": "2026-01-01T00:00:00.000Z"');
	writeFileSync(`${file}.tmp`, ended, { mode: 0o600 });
	renameSync(`${file}.tmp`, file);
	await stream.ended;
	const refused = await peer.ask({ body: { jsonrpc: '2.0', id: 2, method: 'ping' } });
	expect(refused.status).toBe(401);
	expect(refused.text).toContain('this key has expired');
	expect(refused.headers['www-authenticate']).toBe(
		'Bearer realm="trapgate", error="invalid_token", error_description="this key has expired"',
	);
});
