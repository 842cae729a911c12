// The table one agent sees: broken drivers are absent, policy shapes the rest, and every way to a driver is judged.
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { makeSite, runArguments, type Site } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/servers/${name}.mjs`, import.meta.url));
const driver = (name: string, ...args: string[]) => ({ command: process.execPath, args: [fixture(name), ...args] });

const open: { site: Site; client: RawClient }[] = [];
afterEach(async () => {
	for (const { site, client } of open.splice(0)) {
		await client.end();
		site.remove();
	}
});

async function serve(
	config: object,
	capabilities: object = {},
	...flags: string[]
): Promise<{ site: Site; client: RawClient; hello: Record<string, any> }> {
	const site = makeSite(config);
	const client = new RawClient([process.execPath, ...runArguments(site, ...flags)], site.env);
	open.push({ site, client });
	return { site, client, hello: await client.initialize(capabilities) };
}

let next = 0;
const ask = (client: RawClient, method: string, params: object = {}) => client.request(`t-${next++}`, method, params);
const call = (client: RawClient, name: string, args: object = {}) =>
	ask(client, 'tools/call', { name, arguments: args });
const toolNames = async (client: RawClient) =>
	((await ask(client, 'tools/list'))['result'].tools as { name: string }[]).map((tool) => tool.name);

describe('a broken driver takes down its own tools only, and the log says why', () => {
	test.each<[string, object, RegExp]>([
		['a program that does not exist', { command: 'no-such-program-anywhere' }, /no-such-program-anywhere/],
		['one that hangs', driver('hang'), /D102|did not answer/],
		['one that prints garbage', driver('garbage', '--once'), /D10[23]/],
		['one that ends at once', { command: '/bin/false' }, /D10[14]/],
		[
			'one whose variable is not set',
			{ ...driver('good'), env: { KEY: '${env:TRAPGATE_TEST_NOT_SET}' } },
			/TRAPGATE_TEST_NOT_SET/,
		],
	])('%s', async (_, broken, why) => {
		const { site, client } = await serve({
			drivers: { broken, good: driver('good') },
			defaults: { tool: 'allow' },
			startTimeoutMs: 1500,
		});
		const names = await toolNames(client);
		expect(names).toContain('good__echo');
		expect(names.filter((name) => name.startsWith('broken'))).toEqual([]);
		expect((await call(client, 'good__echo', { text: 'hi' }))['result'].content[0].text).toBe('hi');
		expect((await call(client, 'broken__echo'))['error'].code).toBe(-32602);
		const down = () => site.records().find((record) => record['event'] === 'driver' && record['state'] === 'down');
		// A driver that hangs is given more time than its client is kept waiting.
		if (down() !== undefined) expect(JSON.stringify(down())).toMatch(why);
		else expect(_).toMatch(/hangs|garbage/);
	});
});

test('two tools under one name stop the start, with both names in the message', async () => {
	const { client, hello } = await serve({
		prefix: 'never',
		drivers: { one: driver('good'), two: driver('good') },
		defaults: { tool: 'allow' },
	});
	expect(hello['error'].message).toMatch(/`one\/echo` and `two\/echo` would both be called `echo`/);
	expect(await client.end()).toBe(4);
});

test('by default nothing is there: a tool that no rule allows does not exist', async () => {
	const { client } = await serve({ drivers: { good: driver('good') } });
	expect(await toolNames(client)).toEqual([]);
	const [hidden, unknown] = [await call(client, 'good__echo'), await call(client, 'good__nothing')];
	expect(hidden['error'].code).toBe(-32602);
	expect(hidden['error'].message.replace('good__echo', 'X')).toBe(
		unknown['error'].message.replace('good__nothing', 'X'),
	);
	expect((await ask(client, 'prompts/list'))['result'].prompts).toEqual([]);
	expect((await ask(client, 'resources/list'))['result'].resources).toEqual([]);
	expect((await ask(client, 'resources/read', { uri: 'memo://a' }))['error'].code).toBe(-32002);
});

test('pins and bounds shape the schema the agent sees, and hold at the call', async () => {
	const { client } = await serve({
		drivers: { shell: { builtin: 'shell' } },
		rules: [
			{ id: 'a', match: { tool: 'shell/run' }, then: { pin: { params: { command: 'echo pinned' } } }, reason: 'r' },
			{
				id: 'b',
				match: { tool: 'shell/run' },
				then: { narrow: { params: { timeoutMs: { max: 5000 }, stdin: { drop: true } } } },
				reason: 'r',
			},
			{ id: 'c', match: { tool: 'shell/run' }, then: 'allow' },
		],
	});
	const [tool] = (await ask(client, 'tools/list'))['result'].tools;
	expect(Object.keys(tool.inputSchema.properties).sort()).toEqual(['cwd', 'timeoutMs']);
	expect(tool.inputSchema.properties.timeoutMs.maximum).toBe(5000);
	expect(tool.inputSchema.required ?? []).not.toContain('command');
	expect((await call(client, 'shell__run'))['result'].structuredContent.stdout).toBe('pinned\n');
	for (const args of [{ command: 'echo mine' }, { timeoutMs: 5001 }, { stdin: 'x' }]) {
		expect((await call(client, 'shell__run', args))['result'].isError).toBe(true);
	}
});

test('a command rule stops the command that it is about, however it is spelled', async () => {
	const { client } = await serve({
		drivers: { shell: { builtin: 'shell' } },
		defaults: { tool: 'allow' },
		rules: [{ id: 'no-push', match: { command: 'git push' }, then: 'deny', reason: 'r', instead: 'i' }],
	});
	const harmless = await call(client, 'shell__run', { command: 'echo git push' });
	expect(harmless['result'].structuredContent.stdout).toBe('git push\n');
	const refused = await call(client, 'shell__run', { command: 'bash -c \'echo ran; "git" -C . push\'' });
	expect(refused['result'].isError).toBe(true);
	expect(refused['result'].content[0].text).toContain('no-push');
	expect(refused['result'].structuredContent?.stdout).toBeUndefined();
});

test('a rule that must hold in the runtime ring leaves no shell, and the log and check say why', async () => {
	const config = {
		drivers: { shell: { builtin: 'shell', sandbox: { backend: 'none' } }, good: driver('good') },
		defaults: { tool: 'allow' },
		rules: [{ id: 'hold', match: { command: 'git push' }, ring: 'runtime', then: 'deny', reason: 'r', instead: 'i' }],
	};
	const { client } = await serve(config);
	const names = await toolNames(client);
	expect(names).toContain('good__echo');
	expect(names).not.toContain('shell__run');
	expect((await call(client, 'shell__run', { command: 'true' }))['error'].code).toBe(-32602);
	expect(client.stderr).toMatch(/rule `hold` must hold in the runtime ring.*the built-in shell is absent/);
});

describe('what a driver asks of the client', () => {
	const config = (rules: object[] = []) => ({ drivers: { good: driver('good') }, defaults: { tool: 'allow' }, rules });
	const capabilities = { sampling: {}, roots: {}, elicitation: {} };

	/** Answers every request of the server as a client would. */
	function answering(client: RawClient): void {
		client.process.stdout?.on('data', () => {
			for (const line of client.lines.splice(0)) {
				const message = JSON.parse(line);
				if (message.method !== undefined && message.id !== undefined) {
					client.send(
						JSON.stringify({
							jsonrpc: '2.0',
							id: message.id,
							result: { roots: [{ uri: 'file:///r' }], from: 'the client' },
						}),
					);
				} else client.lines.push(line);
			}
		});
	}

	test('sampling is refused by default, roots are not; a rule that names the driver opens it', async () => {
		const closed = await serve(config(), capabilities);
		answering(closed.client);
		expect(JSON.stringify(await call(closed.client, 'good__ask-sampling'))).toMatch(/Refused by policy/);
		expect(JSON.stringify(await call(closed.client, 'good__ask-roots'))).toContain('file:///r');
		expect(closed.site.records().find((record) => record['method'] === 'sampling/createMessage')).toMatchObject({
			decision: 'denied',
			driver: 'good',
		});

		const opened = await serve(
			config([{ id: 'may', match: { driver_asks: 'sampling', from: 'good' }, then: 'allow' }]),
			capabilities,
		);
		answering(opened.client);
		expect(JSON.stringify(await call(opened.client, 'good__ask-sampling'))).toContain('the client');
	});

	test('an ask rule puts it to the person first', async () => {
		const rules = [{ id: 'ask-first', match: { driver_asks: 'sampling' }, then: 'ask', reason: 'r', instead: 'i' }];
		const { site, client } = await serve({ ...config(rules), ask: { channels: ['elicitation'] } }, capabilities);
		let answer = 'decline';
		client.process.stdout?.on('data', () => {
			for (const line of client.lines.splice(0)) {
				const message = JSON.parse(line);
				if (message.method === undefined || message.id === undefined) client.lines.push(line);
				else {
					const result = message.method === 'elicitation/create' ? { action: answer } : { from: 'the client' };
					client.send(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
				}
			}
		});
		expect(JSON.stringify(await call(client, 'good__ask-sampling'))).toMatch(/Refused by policy \(ask-first\)/);
		answer = 'accept';
		expect(JSON.stringify(await call(client, 'good__ask-sampling'))).toContain('the client');
		expect(site.records().filter((record) => record['event'] === 'ask')).toHaveLength(2);
	});
});

test('vendor methods need a rule that names them', async () => {
	const drivers = { unusual: driver('unusual') };
	const closed = await serve({ drivers, defaults: { tool: 'allow' } });
	expect((await ask(closed.client, 'x-vendor/custom', { a: 1 }))['error']).toBeDefined();
	const opened = await serve({
		drivers,
		defaults: { tool: 'allow' },
		rules: [{ id: 'vendor', match: { method: 'x-vendor/*' }, then: 'allow' }],
	});
	expect((await ask(opened.client, 'x-vendor/custom', { a: 1 }))['result']).toEqual({ hello: { a: 1 } });
});

test('a slow call holds up no other, and many are in flight at once', async () => {
	const { client } = await serve({
		drivers: { good: driver('good'), shell: { builtin: 'shell' } },
		defaults: { tool: 'allow' },
	});
	client.send(
		JSON.stringify({ jsonrpc: '2.0', id: 'slow', method: 'tools/call', params: { name: 'good__slow', arguments: {} } }),
	);
	const answers = await Promise.all(
		Array.from({ length: 200 }, (_, turn) => call(client, 'good__echo', { text: `${turn}` })),
	);
	expect(answers.map((answer) => answer['result'].content[0].text)).toEqual(
		Array.from({ length: 200 }, (_, turn) => `${turn}`),
	);
	client.send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'slow' } }));
	expect((await call(client, 'good__seen'))['result'].content[0].text).toContain('slow was cancelled');
	expect(client.lines.some((line) => line.includes('"id":"slow"'))).toBe(false);
});

test('the kernel governs itself: its files can not be named in arguments, in any mode', async () => {
	const { site, client } = await serve({
		mode: 'observe',
		drivers: { good: driver('good') },
		defaults: { tool: 'allow' },
	});
	for (const text of [
		site.config,
		`${site.directory}/../${site.directory.split('/').at(-1)}/trapgate.yaml`,
		`file://${site.config}`,
		`${site.audit}/x`,
	]) {
		const refused = await call(client, 'good__echo', { text });
		expect(refused['result'].isError, text).toBe(true);
		expect(refused['result'].content[0].text).toContain('kernel/protected-files');
	}
});

test('observe mode changes nothing and records what it would have done', async () => {
	const { site, client } = await serve({
		mode: 'observe',
		drivers: { good: driver('good') },
		rules: [{ id: 'no-echo', match: { tool: 'good/echo' }, then: 'hide', reason: 'r', instead: 'i' }],
	});
	expect(await toolNames(client)).toContain('good__echo');
	expect((await call(client, 'good__echo', { text: 'hi' }))['result'].content).toEqual([{ type: 'text', text: 'hi' }]);
	expect(site.records().find((record) => record['tool'] === 'good/echo')).toMatchObject({
		decision: 'hidden',
		acted: false,
		rules: ['no-echo'],
	});
});

test('a shared driver serves with no capabilities, and still dies with the kernel', async () => {
	const { client } = await serve(
		{ drivers: { good: { ...driver('good'), shared: true } }, defaults: { tool: 'allow' } },
		{ sampling: {} },
	);
	const seen = JSON.parse((await call(client, 'good__seen'))['result'].content[0].text) as string[];
	expect(seen.find((line) => line.startsWith('initialize'))).toContain('"capabilities":{}');
});

test('--prefix and --mode on the command line', async () => {
	const { client } = await serve(
		{ drivers: { good: driver('good') }, mode: 'observe' },
		{},
		'--prefix',
		'never',
		'--mode',
		'enforce',
	);
	expect(await toolNames(client)).toEqual([]);
	expect((await call(client, 'echo'))['error'].code).toBe(-32602);
});
