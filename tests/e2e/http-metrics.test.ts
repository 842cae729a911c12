// Health, metrics and traces of a kernel that runs: who may see them, and what they say.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectHttp, type HttpKernel, startHttp } from '../support/http-kernel.ts';
import { main, makeSite, serverEntry } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { HttpPeer } from '../wire/http-peer.ts';

const site = makeSite({
	drivers: { everything: { command: process.execPath, args: [serverEntry('everything')] } },
	defaults: { tool: 'allow', other: 'allow' },
	http: { metrics: { agents: ['prometheus'] } },
	telemetry: { traces: true },
});
let kernel: HttpKernel;
beforeAll(async () => {
	kernel = await startHttp(site, '--agent', 'prometheus');
});
afterAll(async () => {
	await kernel.stop();
	site.remove();
});

const ask = (path: string, token?: string) =>
	new HttpPeer(Number(kernel.url.port)).ask({
		method: 'GET',
		path,
		headers: { authorization: token === undefined ? undefined : `Bearer ${token}` },
	});

async function makeKey(agent: string): Promise<string> {
	const run = new RawClient([process.execPath, main, 'key', 'make', agent], site.env);
	await run.end();
	return run.lines.join('');
}

test('health needs no token and says nothing', async () => {
	expect(await ask('/healthz')).toMatchObject({ status: 200, text: '{"status":"ok"}' });
	expect(await ask('/readyz')).toMatchObject({ status: 200, text: '{"status":"ready"}' });
});

test('metrics are for keys of the agents that are named, and count what was called', async () => {
	const [reader, other] = [await makeKey('prometheus'), await makeKey('somebody')];
	const client = await connectHttp({ url: kernel.url, token: other });
	await client.callTool({ name: 'everything__echo', arguments: { message: 's3cret' } });
	expect((await ask('/metrics')).status).toBe(401);
	expect((await ask('/metrics', other)).status).toBe(403);
	// The kernel's own token is not that key, whatever --agent says.
	expect((await ask('/metrics', kernel.token)).status).toBe(403);
	const { status, text, headers } = await ask('/metrics', reader);
	expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
	expect(text).toContain(
		'trapgate_calls_total{method="tools/call",driver="everything",tool="echo",decision="allowed",acted="true"} 1\n',
	);
	expect(text).toContain('trapgate_http_sessions 1\n');
	expect(text).toContain('trapgate_http_turned_away_total{reason="none"} 1\n');
	expect(text).toContain('trapgate_driver_changes_total{driver="everything",state="up"}');
	for (const secret of ['s3cret', reader, other, 'somebody']) expect(text).not.toContain(secret);
	await client.close();
});

test('spans go to the SDK that is brought, and say by what way and in which revision each call came', async () => {
	const [sdk, log] = [join(site.directory, 'sdk.cjs'), join(site.directory, 'spans')];
	// The smallest SDK there is: it writes down names and attributes.
	writeFileSync(
		sdk,
		`const { trace } = require(${JSON.stringify(join(process.cwd(), 'node_modules/@opentelemetry/api'))});
		 const startSpan = (name, { attributes }) => { require('node:fs').appendFileSync(${JSON.stringify(log)}, JSON.stringify([name, attributes]) + '\\n'); return { setStatus() {}, end() {} }; };
		 trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) });`,
	);
	const env = { ...site.env, NODE_OPTIONS: `--require ${sdk}` };
	const echo = { name: 'everything__echo', arguments: { message: 'hi' } };
	const modern = {
		...echo,
		_meta: {
			'io.modelcontextprotocol/protocolVersion': '2026-07-28',
			'io.modelcontextprotocol/clientCapabilities': {},
		},
	};
	const traced = new RawClient([process.execPath, main, 'run', '--config', site.config], env);
	await traced.initialize();
	await traced.request(2, 'tools/call', echo);
	await traced.request('m-3', 'tools/call', modern);
	await traced.end();

	const overHttp = await startHttp({ ...site, env });
	const peer = await new HttpPeer(Number(overHttp.url.port), overHttp.token).introduced();
	await peer.ask({ body: { jsonrpc: '2.0', id: 4, method: 'tools/call', params: echo } });
	const headers = {
		'mcp-protocol-version': '2026-07-28',
		'mcp-method': 'tools/call',
		'mcp-name': echo.name,
		'mcp-session-id': undefined,
	};
	await peer.ask({ headers, body: { jsonrpc: '2.0', id: 'm-5', method: 'tools/call', params: modern } });
	await overHttp.stop();

	const spans = readFileSync(log, 'utf8')
		.trim()
		.split('\n')
		.map((line): [string, Record<string, unknown>] => JSON.parse(line));
	const names = ['mcp.protocol.version', 'jsonrpc.request.id', 'network.transport'];
	expect(spans.map(([name, attributes]) => [name, ...names.map((one) => attributes[one])])).toEqual([
		['tools/call echo', '2025-11-25', '2', 'pipe'],
		['tools/call echo', '2026-07-28', 'm-3', 'pipe'],
		['tools/call echo', '2025-11-25', '4', 'tcp'],
		['tools/call echo', '2026-07-28', 'm-5', 'tcp'],
	]);
});
