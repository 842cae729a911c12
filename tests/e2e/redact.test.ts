// A server that says a secret wherever it can: none of it reaches the client, the diagnostics or the log.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectThrough, makeSite, runArguments, type Site, serverEntry } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';

const server = fileURLToPath(new URL('../fixtures/servers/leaky.mjs', import.meta.url));
const key = `AKIA${'IOSFODNN7EXAMPLE'}`;
const pemLine = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';
const mark = '[redacted:aws]';

const config = (rules: object[]) => ({
	drivers: { leaky: { command: process.execPath, args: [server] } },
	defaults: { tool: 'allow', other: 'allow' },
	audit: { detail: 'full' },
	rules: [
		{ id: 'may-ask', match: { driver_asks: ['sampling', 'elicitation'], from: 'leaky' }, then: 'allow' },
		...rules,
	],
});

/** Everything in the log, as it stands in the files. */
const logOf = (site: Site) =>
	readdirSync(site.audit, { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.jsonl'))
		.map((name) => readFileSync(join(site.audit, name), 'utf8'))
		.join('');

async function start(rules: object[], more: object = {}): Promise<{ site: Site; client: RawClient }> {
	const site = makeSite({});
	site.configure({ ...config(rules), audit: { directory: site.audit, detail: 'full' }, ...more });
	const client = new RawClient([process.execPath, ...runArguments(site)], site.env);
	return { site, client };
}

async function stop({ site, client }: { site: Site; client: RawClient }): Promise<void> {
	await client.end();
	site.remove();
}

describe('a rule about everything of a driver', () => {
	let world: { site: Site; client: RawClient };
	let introduction: Record<string, any>;
	beforeAll(async () => {
		const find = ['detector:aws', 'detector:private-key'];
		world = await start([{ id: 'no-keys', match: { from: 'leaky' }, then: { redact: { find } } }]);
		introduction = await world.client.initialize({ elicitation: {}, sampling: {}, tasks: {} });
	});
	afterAll(() => stop(world));

	let id = 0;
	const request = (method: string, params: object = {}) => {
		id += 1;
		return world.client.request(id, method, params);
	};
	const call = (how: string, name = 'say', more: object = {}) =>
		request('tools/call', { name: `leaky__${name}`, arguments: { how }, ...more });
	const completed = () => world.site.records().filter(({ event }) => event === 'completed');

	test('the introduction and every list', async () => {
		expect(introduction['result'].instructions).toBe(`use ${mark}`);
		expect(introduction['result'].capabilities.experimental).toEqual({ [mark]: { key: mark } });
		const { tools } = (await request('tools/list'))['result'];
		expect(tools).toHaveLength(5);
		expect(tools[0]).toMatchObject({ name: 'leaky__say', description: `says ${mark}` });
		expect(tools[0].inputSchema.properties.how.default).toBe(mark);
		expect((await request('prompts/list'))['result'].prompts[0].arguments[0].description).toBe(mark);
		expect((await request('resources/list'))['result'].resources[0]).toMatchObject({ uri: 'leaky://a', name: mark });
		expect((await request('resources/templates/list'))['result'].resourceTemplates[0].description).toBe(mark);
	});

	test('results: text, split, escaped, in JSON in JSON, in resources, in names', async () => {
		expect((await call('text'))['result'].content[0].text).toBe(`key = ${mark}`);
		expect((await call('split'))['result'].content).toEqual([
			{ type: 'text', text: `key = ${mark}` },
			{ type: 'text', text: '.' },
		]);
		expect((await call('escaped'))['result'].content[0].text).toBe(mark);
		const inner = JSON.parse(JSON.parse((await call('json'))['result'].content[0].text).inner);
		expect(inner).toEqual({ [mark]: `line\n${mark}`, pem: '[redacted:private-key]' });
		const { content } = (await call('resource'))['result'];
		expect(content[0].resource.text).toBe(mark);
		expect(Buffer.from(content[1].resource.blob, 'base64').toString()).toBe(`x ${mark}`);
		expect(content[2]).toMatchObject({ uri: `leaky://${mark}`, name: mark });
		expect((await call('meta'))['result']).toEqual({
			content: [],
			_meta: { 'x/y': mark },
			[mark]: 1,
			vendor: [{ deep: [mark] }],
		});
		expect((await call('error'))['result']).toEqual({
			isError: true,
			content: [{ type: 'text', text: `failed with ${mark}` }],
		});
		expect(JSON.stringify((await call('wide'))['result'])).not.toContain('A\\u0000K');
	});

	test('an answer without a secret keeps its bytes', async () => {
		await call('clean');
		const line = await world.client.answerTo(id);
		expect(line).toContain('{"content" : [ {"type":"text","text":"nothing"} ], "n" : 1.0 }');
		expect(completed().at(-1)).toMatchObject({ result: { redacted: 0, is_error: false } });
	});

	test('errors, with what stands beside them', async () => {
		expect(await call('fail')).toMatchObject({
			error: { code: -32000, message: `no ${mark}`, data: { key: mark } },
			'x-extra': mark,
		});
		expect((await request('acme/unknown'))['error'].message).toBe(`no acme/unknown for ${mark}`);
	});

	test('a structure that fits with the mark is sent; one that may not is withheld, and says so', async () => {
		const plain = (await call('', 'plain'))['result'];
		expect(plain).toEqual({ content: [{ type: 'text', text: mark }], structuredContent: { key: mark } });
		const strict = (await call('', 'strict'))['result'];
		expect(strict.structuredContent).toBeUndefined();
		expect(strict.isError).toBe(true);
		expect(strict.content[0].text).toMatch(/^\[policy\] The call ran\. The structured part of its result is withheld/);
		expect(strict.content[1].text).toBe(mark);
		expect(completed().at(-1)).toMatchObject({ result: { redacted: 2 } });
	});

	test('prompts, contents of resources, completions', async () => {
		const { messages } = (await request('prompts/get', { name: 'leaky__p' }))['result'];
		expect(messages.map(({ content }: any) => content.text)).toEqual([mark, '']);
		const { contents } = (await request('resources/read', { uri: 'leaky://a' }))['result'];
		expect(contents[0].text).toBe(mark);
		expect(Buffer.from(contents[1].blob, 'base64').toString()).toBe(`é ${mark}`);
		expect(Buffer.from(contents[2].blob, 'base64').toString('latin1')).toBe(`ÿ${mark}`);
		const ref = { type: 'ref/prompt', name: 'leaky__p' };
		const completion = await request('completion/complete', { ref, argument: { name: 'a', value: '' } });
		expect(completion['result'].completion.values).toEqual([mark, 'a']);
	});

	test('tasks: what is said of them, and their results', async () => {
		const created = await call('', 'task', { task: { ttl: 1000 } });
		expect(created['result'].task).toMatchObject({ taskId: 'task-1', statusMessage: mark });
		expect((await request('tasks/get', { taskId: 'task-1' }))['result'].statusMessage).toBe(mark);
		expect((await request('tasks/result', { taskId: 'task-1' }))['result']).toMatchObject({
			content: [{ type: 'text', text: mark }],
			structuredContent: { key: mark },
		});
		expect((await request('tasks/list'))['result'].tasks[0].statusMessage).toBe(mark);
	});

	test('progress and notifications', async () => {
		await call('progress', 'say', { _meta: { progressToken: key } });
		// The token is the client's own.
		await world.client.line((line) => line.includes(`"progressToken":"${key}"`) && line.includes(`at ${mark}`));
		world.client.lines.splice(0);
		await call('log');
		await world.client.line((line) => line.includes(`"data":{"key":"${mark}"}`));
		await world.client.line((line) => line.includes(`"${mark}":"${mark}"`));
		await world.client.line((line) => line.includes('tasks/status') && line.includes(mark));
	});

	test('what it asks of the client', async () => {
		const answered = call('ask');
		const elicitation = await world.client.line((line) => line.includes('elicitation/create'));
		expect(JSON.parse(elicitation).params).toMatchObject({
			message: `[leaky] give me ${mark}`,
			requestedSchema: { properties: { [mark]: { description: mark } } },
		});
		world.client.send(
			JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(elicitation).id, result: { action: 'accept', content: {} } }),
		);
		const sampling = await world.client.line((line) => line.includes('sampling/createMessage'));
		expect(JSON.parse(sampling).params).toMatchObject({ systemPrompt: mark, messages: [{ content: { text: mark } }] });
		world.client.send(
			JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(sampling).id, error: { code: -1, message: 'no' } }),
		);
		await answered;
		const asks = world.site.records().filter(({ target }) => target === 'sampling');
		expect(asks[0]).toMatchObject({ decision: 'allowed', args: { level: 'full', value: { systemPrompt: mark } } });
	});

	test('a flood of beginnings is searched to its end', async () => {
		const { text } = (await call('flood'))['result'].content[0];
		expect(text.endsWith(`AKIA ${mark}`)).toBe(true);
	});

	test('what it prints, line by line', async () => {
		await call('stderr');
		await expect.poll(() => world.client.stderr).toContain('"ready"');
		expect(world.client.stderr).toContain(`started with ${mark}`);
		expect(world.client.stderr).not.toContain(pemLine);
		await call('die');
		await expect.poll(() => world.client.stderr).toContain(`dying with ${mark}`);
	});

	test('nothing of it was ever said', () => {
		expect(world.client.stderr).not.toContain(key);
		expect(world.client.stderr).not.toContain(pemLine);
		expect(world.client.lines.filter((line) => line.includes(key) || line.includes(pemLine))).toEqual([]);
		expect(logOf(world.site).length).toBeGreaterThan(1000);
		expect(logOf(world.site)).not.toContain(key);
		expect(logOf(world.site)).not.toContain(pemLine);
	});
});

test('a rule decides by the call: other calls are as they were, and it acts in every mode', async () => {
	const rule = {
		id: 'split',
		match: { tool: 'leaky/say', args: { how: 'split' } },
		then: { redact: { find: 'detector:aws' } },
	};
	const world = await start([rule], { mode: 'observe' });
	const say = (id: number, how: string) =>
		world.client.request(id, 'tools/call', { name: 'leaky__say', arguments: { how } });
	await world.client.initialize();
	expect((await say(1, 'split'))['result'].content[0].text).toBe(`key = ${mark}`);
	expect((await say(2, 'text'))['result'].content[0].text).toBe(`key = ${key}`);
	await stop(world);
});

test('a pattern beyond its bounds withholds the result, and says so to the agent and in the log', async () => {
	const world = await start([
		{ id: 'letters', match: { tool: 'leaky/say' }, then: { redact: { find: 'regex:(?:(?:b?){50}){20}a' } } },
	]);
	await world.client.initialize();
	const reply = await world.client.request(1, 'tools/call', { name: 'leaky__say', arguments: { how: 'long' } });
	expect(reply['result'].isError).toBe(true);
	expect(reply['result'].content).toHaveLength(1);
	expect(reply['result'].content[0].text).toMatch(
		/^The action RAN, but a rule about its result could not be applied: a text of \d+ characters is too long to be searched for .+\. The result is withheld\./,
	);
	expect(world.site.records().at(-1)).toMatchObject({
		event: 'completed',
		error: { type: 'policy_error', effect: 'withheld', message: expect.stringContaining('too long') },
	});
	await stop(world);
});

test('through the SDK: the built-in shell and a real server', async () => {
	const site = makeSite({});
	writeFileSync(join(site.workspace, 'settings'), `region=eu\nkey=${key}\n`);
	site.configure({
		workspace: site.workspace,
		drivers: {
			shell: { builtin: 'shell' },
			everything: { command: process.execPath, args: [serverEntry('everything')] },
		},
		defaults: { tool: 'allow' },
		rules: [{ id: 'no-keys', match: { tool: '*' }, then: { redact: { find: 'detector:aws' } } }],
	});
	const client = await connectThrough(site);
	const shown: any = await client.callTool({
		name: 'shell__run',
		arguments: { command: `cat settings; echo ${key.slice(0, 6)}; printf '%s' '${key.slice(0, 10)}' >&2` },
	});
	expect(shown.content[0].text).toContain(`region=eu\nkey=${mark}\n`);
	expect(shown.structuredContent.stdout).toBe(`region=eu\nkey=${mark}\n${key.slice(0, 6)}\n`);
	const echoed: any = await client.callTool({ name: 'everything__echo', arguments: { message: `x ${key}` } });
	expect(echoed.content).toEqual([{ type: 'text', text: `Echo: x ${mark}` }]);
	await client.close();
	const results = site.records().filter(({ event }) => event === 'completed');
	expect(results.map(({ result }: any) => result.redacted)).toEqual([2, 1]);
	site.remove();
});
