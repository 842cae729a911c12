// Tokens of an authorization server through the whole kernel, and that none of them goes on to a driver.
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectHttp, type HttpKernel, startHttp } from '../support/http-kernel.ts';
import { makeSite, runArguments, type Site } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { HttpPeer, initialize } from '../wire/http-peer.ts';

const issuer = 'https://login.example';
const resource = 'https://gate.example/mcp';
const seen: { headers: IncomingHttpHeaders; body: string }[] = [];
/** A remote server that notes everything it is sent. */
const remote = createServer(async (request, response) => {
	let body = '';
	for await (const chunk of request) body += chunk;
	seen.push({ headers: request.headers, body });
	const { id, method } = body === '' ? {} : JSON.parse(body);
	const results: Record<string, object> = {
		initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'r', version: '1' } },
		'tools/list': { tools: [{ name: 'whoami', inputSchema: { type: 'object' } }] },
		'tools/call': { content: [{ type: 'text', text: 'nobody' }] },
	};
	if (id === undefined) return void response.writeHead(request.method === 'POST' ? 202 : 405).end();
	response.setHeader('content-type', 'application/json');
	response.end(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }));
});

let site: Site;
let kernel: HttpKernel;
let sign: (more?: JWTPayload) => Promise<string>;
beforeAll(async () => {
	await new Promise<void>((done) => remote.listen(0, '127.0.0.1', done));
	const pair = await generateKeyPair('ES256', { extractable: true });
	const seconds = Math.floor(Date.now() / 1000);
	sign = (more = {}) =>
		new SignJWT({ iss: issuer, aud: resource, sub: 'alice', scope: 'tools', exp: seconds + 600, ...more })
			.setProtectedHeader({ alg: 'ES256' })
			.sign(pair.privateKey);
	site = makeSite({
		drivers: {
			remote: {
				url: `http://127.0.0.1:${(remote.address() as AddressInfo).port}/mcp`,
				headers: { Authorization: 'Bearer of-the-kernel' },
			},
		},
		defaults: { tool: 'allow', other: 'allow' },
		http: { oauth: { issuer, resource, jwks: './jwks.json', scopes: ['tools'], agentPrefix: 'sso/' } },
	});
	writeFileSync(join(site.directory, 'jwks.json'), JSON.stringify({ keys: [await exportJWK(pair.publicKey)] }));
	kernel = await startHttp(site);
});
afterAll(async () => {
	await kernel.stop();
	remote.close();
	site.remove();
});

const peer = (token: string) => new HttpPeer(Number(kernel.url.port), token);

test('whoever has no token, a bad one or too small a one is told where to get one', async () => {
	const where = 'resource_metadata="https://gate.example/.well-known/oauth-protected-resource/mcp", scope="tools"';
	const bare = await peer('').ask({ headers: { authorization: undefined }, body: initialize });
	expect([bare.status, bare.headers['www-authenticate']]).toEqual([401, `Bearer realm="trapgate", ${where}`]);
	const bad = await peer(`${await sign()}x`).ask({ body: initialize });
	expect([bad.status, bad.headers['www-authenticate']]).toEqual([
		401,
		`Bearer realm="trapgate", error="invalid_token", ${where}`,
	]);
	const small = await peer(await sign({ scope: 'other' })).ask({ body: initialize });
	expect([small.status, small.headers['www-authenticate']]).toEqual([
		403,
		`Bearer realm="trapgate", error="insufficient_scope", ${where}`,
	]);
});

test('the metadata is at its well-known path and at no other', async () => {
	const path = '/.well-known/oauth-protected-resource/mcp';
	const nobody = { method: 'GET', headers: { authorization: undefined } };
	const { status, json } = await peer('').ask({ ...nobody, path });
	expect(status).toBe(200);
	expect(json).toMatchObject({ resource, authorization_servers: [issuer], scopes_supported: ['tools'] });
	for (const other of [
		'/.well-known/oauth-protected-resource',
		`${path}/`,
		`/${path}`,
		`${path}/../../../mcp`,
		'/.well-known/oauth-protected-resource%2fmcp',
		'/.well-known/../mcp',
		'/.well-known/',
		path.toUpperCase(),
		`http://127.0.0.1${path}`,
	]) {
		expect((await peer('').ask({ ...nobody, path: other })).status, other).toBe(404);
	}
	expect((await peer('').ask({ ...nobody, path, method: 'POST' })).status).toBe(405);
});

test('a token makes its subject the agent, is in no log, and no driver ever sees it', async () => {
	const token = await sign();
	const client = await connectHttp({ url: kernel.url, token });
	await client.callTool({ name: 'remote__whoami', arguments: {} });
	await client.close();
	const decided = site.records().filter(({ event }) => event === 'decided');
	expect(decided.map(({ agent }) => (agent as { id: string }).id)).toContain('sso/alice');
	expect(seen.some(({ body }) => body.includes('whoami'))).toBe(true);
	const [, , signature = ''] = token.split('.');
	expect(JSON.stringify(seen)).not.toContain(signature);
	expect(JSON.stringify(site.records())).not.toContain(signature);
	expect(seen.every(({ headers }) => headers.authorization === 'Bearer of-the-kernel')).toBe(true);
});

test('the kernel’s own token and keys work beside it', async () => {
	expect((await peer(kernel.token).ask({ body: initialize })).status).toBe(200);
});

test('a kernel that lets everybody in and asks for tokens does not start', async () => {
	const open = new RawClient(
		[process.execPath, ...runArguments(site, '--http', '127.0.0.1:0', '--no-token')],
		site.env,
	);
	expect(await open.end()).toBe(4);
	expect(open.stderr).toMatch(/K104.*everybody is let in/);
});
