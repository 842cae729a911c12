// Clients of 2026-07-28: each request for itself, questions as results, and answers that count once.
import { afterEach, describe, expect, test } from 'vitest';
import { type JsonObject, member } from '../../src/abi/json.ts';
import type { MemoryScript } from '../../src/drivers/memory.ts';
import { resultReply } from '../../src/wire/message.ts';
import { ask, body, everything, type ModernKernel, modernKernel } from '../support/modern-kernel.ts';
import { until } from '../support/processes.ts';

const text = (said: string) => ({ content: [{ type: 'text', text: said }] });
const form = { mode: 'form', message: 'Who?', requestedSchema: { type: 'object', properties: {} } };

/** What a driver was told, and how its calls ended. */
let ended: string[] = [];
const script: MemoryScript = {
	tools: [
		'plain',
		'asks',
		'asks-twice',
		'asks-both',
		'asks-named',
		'smuggles',
		'talks',
		'secret',
		'guarded',
		'task',
	].map((name) => ({
		name,
		inputSchema: {
			type: 'object',
			properties: {
				region: { type: 'string', ...(name === 'plain' || name === 'secret' ? { 'x-mcp-header': 'Region' } : {}) },
			},
		},
	})),
	resources: [{ uri: 'mem:one', name: 'one' }],
	capabilities: { tools: { listChanged: true }, resources: { subscribe: true }, logging: {}, tasks: { list: {} } },
	answers: {
		plain: text('done'),
		secret: text('told'),
		guarded: text('ran'),
		asks: async (_, doing) => {
			const reply = await doing.ask('elicitation/create', form);
			ended.push(reply.ok ? 'answered' : doing.signal.aborted ? 'cancelled' : 'refused');
			return resultReply(text(reply.body.text));
		},
		'asks-twice': async (_, doing) => {
			const first = await doing.ask('elicitation/create', form);
			const second = await doing.ask('elicitation/create', { ...form, message: 'And?' });
			return resultReply(text(`${first.body.text} ${second.body.text}`));
		},
		'asks-both': async (_, doing) => {
			const both = await Promise.all([doing.ask('elicitation/create', form), doing.ask('roots/list')]);
			return resultReply(text(both.map((reply) => reply.body.text).join(' ')));
		},
		'asks-named': async ({ params }, doing) => {
			const keys = (member(params['arguments'], 'keys') ?? []) as string[];
			const all = await Promise.all(keys.map((key) => doing.ask('elicitation/create', form, key)));
			return resultReply(text(all.map((reply) => reply.body.text).join(' ')));
		},
		smuggles: {
			resultType: 'input_required',
			inputRequests: { x: { method: 'elicitation/create', params: form } },
			requestState: 'mine',
		},
		talks: async (_, doing) => {
			doing.note('notifications/message', { level: 'debug', data: 'low' });
			doing.note('notifications/message', { level: 'error', data: 'high' });
			doing.progress({ progress: 1 });
			return resultReply({ ...text('done'), _meta: { own: 1 } });
		},
	},
	otherwise: ({ method }) => (method === 'resources/read' ? resultReply({ contents: [] }) : resultReply({})),
};
const config = {
	defaults: { tool: 'allow', other: 'allow' },
	ask: { channels: ['elicitation'] },
	rules: [
		{ id: 'may-ask', match: { driver_asks: ['sampling', 'elicitation', 'roots'] }, then: 'allow' },
		{ id: 'hide-secret', match: { tool: 'files/secret' }, then: 'hide' },
		{ id: 'ask-first', match: { tool: 'files/guarded' }, then: 'ask', reason: 'a person decides' },
	],
};

let at: ModernKernel;
async function start(more: object = {}): Promise<ModernKernel> {
	ended = [];
	at = await modernKernel({ ...config, ...more }, script);
	return at;
}
afterEach(() => at.close());

const call = (name: string, more: JsonObject = {}) => ({
	name: `files__${name}`,
	arguments: { region: 'eu' },
	...more,
});
const calls = () => at.drivers.flatMap((driver) => driver.calls.filter(({ method }) => method === 'tools/call'));
const events = () =>
	at.site
		.records()
		.map((record) => record['event'])
		.filter((event) => event === 'decided' || event === 'completed');

describe('what a client is told', () => {
	test('server/discover says what there is, and nothing of what ended', async () => {
		const client = (await start()).client();
		const found = await body(ask(client, 'server/discover'));
		expect(found).toMatchObject({
			resultType: 'complete',
			ttlMs: 0,
			cacheScope: 'private',
			supportedVersions: ['2026-07-28'],
			capabilities: { tools: { listChanged: true }, resources: {} },
			_meta: { 'io.modelcontextprotocol/serverInfo': { name: 'trapgate' } },
		});
		expect(found.capabilities.tasks).toBeUndefined();
	});

	test.each([
		'initialize',
		'ping',
		'logging/setLevel',
		'resources/subscribe',
		'resources/unsubscribe',
		'tasks/list',
		'tasks/result',
		'tasks/get',
	])('%s is no method any more', async (method) => {
		const client = (await start()).client();
		expect(await body(ask(client, method, { taskId: 'x', uri: 'mem:one' }))).toMatchObject({ code: -32601 });
		expect(at.drivers.flatMap((driver) => driver.calls)).toEqual([]);
	});

	test('lists and results have what the revision adds, and keep what the driver said', async () => {
		const client = (await start()).client();
		expect(await body(ask(client, 'tools/list'))).toMatchObject({
			resultType: 'complete',
			ttlMs: 0,
			cacheScope: 'private',
		});
		const result = await body(ask(client, 'tools/call', call('talks')));
		expect(result).toMatchObject({ ...text('done'), resultType: 'complete', _meta: { own: 1 } });
		expect(result.ttlMs).toBeUndefined();
		expect(await body(ask(client, 'resources/read', { uri: 'mem:one' }))).toMatchObject({ ttlMs: 0, contents: [] });
	});

	test('the envelope stays here, and what else is in _meta crosses', async () => {
		const client = (await start()).client();
		await body(ask(client, 'tools/call', call('plain'), { meta: { 'vendor/key': 1 } }));
		expect(calls()[0]?.params['_meta']).toEqual({ 'vendor/key': 1 });
		expect(at.site.records().find(({ event }) => event === 'decided')).toMatchObject({ tool: 'files/plain' });
	});

	test('a hidden tool and one that nobody has are answered alike, whatever the headers say', async () => {
		const client = (await start()).client();
		const headers = new Map([['region', 'us']]) as never;
		const hidden = await body(ask(client, 'tools/call', call('secret'), { headers }));
		const unknown = await body(ask(client, 'tools/call', call('nobody'), { headers }));
		expect(JSON.stringify(hidden).replace('secret', 'nobody')).toBe(JSON.stringify(unknown));
		expect(hidden.code).toBe(-32602);
		expect(await body(ask(client, 'tools/call', call('plain'), { headers }))).toMatchObject({ code: -32020 });
		expect(calls()).toEqual([]);
	});

	test('a task of 2025-11-25 is refused', async () => {
		const client = (await start()).client();
		expect(await body(ask(client, 'tools/call', call('plain', { task: { ttl: 1 } })))).toMatchObject({ code: -32602 });
		expect(calls()).toEqual([]);
	});

	test('a question that a driver hides in its result is withheld', async () => {
		const client = (await start()).client();
		const answer = await body(ask(client, 'tools/call', call('smuggles')));
		expect(answer).toMatchObject({ code: -32603 });
		expect(JSON.stringify(answer)).not.toContain('Who?');
	});

	test('log lines come as far as the request wants them', async () => {
		const client = (await start()).client();
		const levels = async (meta: JsonObject) => {
			const asked = ask(client, 'tools/call', call('talks'), { meta });
			await asked.reply;
			return asked.notes.map(
				({ method, params }) => `${method.slice(14)} ${params?.['level'] ?? params?.['progressToken']}`,
			);
		};
		expect(await levels({})).toEqual([]);
		expect(await levels({ progressToken: 't' })).toEqual(['progress t']);
		expect(await levels({ 'io.modelcontextprotocol/logLevel': 'warning' })).toEqual(['message error']);
		expect(await levels({ 'io.modelcontextprotocol/logLevel': 'debug' })).toEqual(['message debug', 'message error']);
		const asked = at.drivers[0]?.calls
			.filter(({ method }) => method === 'logging/setLevel')
			.map(({ params }) => params['level']);
		expect(asked).toEqual(['warning', 'debug']);
	});

	test('a driver that never takes note of a log level holds up no call', async () => {
		at = await modernKernel(config, { ...script, otherwise: () => new Promise<never>(() => undefined) });
		const asked = ask(at.client(), 'tools/call', call('plain'), {
			meta: { 'io.modelcontextprotocol/logLevel': 'debug' },
		});
		expect(await body(asked)).toMatchObject(text('done'));
	});
});

describe('a call that waits for its client', () => {
	const accept = { action: 'accept', content: { name: 'Ada' } };

	test('is asked for what it needs, and goes on with the answer; it ran once and its records are whole', async () => {
		const client = (await start()).client();
		const first = await body(ask(client, 'tools/call', call('asks')));
		expect(first).toMatchObject({
			resultType: 'input_required',
			inputRequests: { 'ask-1': { method: 'elicitation/create', params: { message: '[files] Who?' } } },
		});
		const { requestState } = first;
		const second = await body(
			ask(client, 'tools/call', call('asks', { requestState, inputResponses: { 'ask-1': accept } })),
		);
		expect(second).toMatchObject({ resultType: 'complete', content: [{ text: expect.stringContaining('Ada') }] });
		expect(calls()).toHaveLength(1);
		expect(calls()[0]?.params).not.toHaveProperty('inputResponses');
		expect(events().filter((event) => event === 'completed')).toHaveLength(1);
	});

	test('may ask again, and each time with another state', async () => {
		const client = (await start()).client();
		const one = await body(ask(client, 'tools/call', call('asks-twice')));
		const two = await body(
			ask(
				client,
				'tools/call',
				call('asks-twice', { requestState: one.requestState, inputResponses: { 'ask-1': accept } }),
			),
		);
		expect(Object.keys(two.inputRequests)).toEqual(['ask-2']);
		expect(two.requestState).not.toBe(one.requestState);
		const again = {
			requestState: two.requestState,
			inputResponses: { 'ask-2': { action: 'decline' }, 'ask-1': accept },
		};
		const three = await body(ask(client, 'tools/call', call('asks-twice', again)));
		expect(three.content[0].text).toMatch(/Ada.*decline/);
		expect(calls()).toHaveLength(1);
	});

	test('asks everything at once, and again for what is missing', async () => {
		const client = (await start()).client();
		const one = await body(ask(client, 'tools/call', call('asks-both')));
		expect(Object.values(one.inputRequests as Record<string, { method: string }>).map(({ method }) => method)).toEqual([
			'elicitation/create',
			'roots/list',
		]);
		const two = await body(
			ask(
				client,
				'tools/call',
				call('asks-both', { requestState: one.requestState, inputResponses: { 'ask-2': { roots: [] } } }),
			),
		);
		expect(Object.keys(two.inputRequests)).toEqual(['ask-1']);
		const three = await body(
			ask(
				client,
				'tools/call',
				call('asks-both', { requestState: two.requestState, inputResponses: { 'ask-1': accept } }),
			),
		);
		expect(three.resultType).toBe('complete');
	});

	test.each<[string, string[], string[]]>([
		['the names that the server gave', ['user_name', 'step-2.b'], ['step-2.b', 'user_name']],
		['a name once', ['same', 'same'], ['ask-1', 'same']],
		['never the name of a question of ours', ['ask-1', 'ask-1'], ['ask-1', 'ask-2']],
		['no name that is no plain word', ['', '__proto__', 'a b', 'x'.repeat(65)], ['ask-1', 'ask-2', 'ask-3', 'ask-4']],
		['no name that looks like a secret', [`AKIA${'IOSFODNN7EXAMPLE'}`], ['ask-1']],
	])('its questions have %s', async (_, keys, told) => {
		const rules = [
			...config.rules,
			{ id: 'no-keys', match: { from: 'files' }, then: { redact: { find: ['detector:aws'] } } },
		];
		const client = (await start({ rules })).client();
		const asked = (more: JsonObject = {}) =>
			ask(client, 'tools/call', { ...call('asks-named', more), arguments: { region: 'eu', keys } });
		const { inputRequests, requestState } = await body(asked());
		expect(Object.keys(inputRequests).sort()).toEqual(told);
		const given = Object.fromEntries(told.map((key) => [key, accept]));
		expect((await body(asked({ requestState, inputResponses: given }))).resultType).toBe('complete');
	});

	type Retry = { readonly params: JsonObject; readonly capabilities?: JsonObject; readonly method?: string };
	const answers = { inputResponses: { 'ask-1': accept } };
	test.each<[string, (state: string) => Retry]>([
		['without its state', () => ({ params: call('asks', answers) })],
		[
			'with a forged one',
			(state) => ({ params: call('asks', { ...answers, requestState: `${state.slice(0, -2)}xx` }) }),
		],
		['with one of nobody', () => ({ params: call('asks', { ...answers, requestState: 'v1.e30.e30' }) })],
		['with no text', () => ({ params: call('asks', { ...answers, requestState: 7 }) })],
		[
			'with other arguments',
			(requestState) => ({ params: { ...call('asks'), arguments: {}, ...answers, requestState } }),
		],
		['with more parameters', (requestState) => ({ params: call('asks', { ...answers, requestState, more: 1 }) })],
		['of another tool', (requestState) => ({ params: call('plain', { ...answers, requestState }) })],
		[
			'of another method',
			(requestState) => ({ method: 'prompts/get', params: call('asks', { ...answers, requestState }) }),
		],
		[
			'that says it can do less',
			(requestState) => ({ params: call('asks', { ...answers, requestState }), capabilities: { elicitation: {} } }),
		],
	])('refuses a retry %s, and nothing runs twice; the right one still counts', async (_, retry) => {
		const client = (await start()).client();
		const { requestState } = await body(ask(client, 'tools/call', call('asks')));
		const { params, capabilities = everything, method = 'tools/call' } = retry(requestState);
		expect(await body(ask(client, method, params, { capabilities }))).toMatchObject({ code: -32602 });
		expect(calls()).toHaveLength(1);
		expect(ended).toEqual([]);
		const right = await body(ask(client, 'tools/call', call('asks', { ...answers, requestState })));
		expect(right.resultType).toBe('complete');
		expect(await body(ask(client, 'tools/call', call('asks', { ...answers, requestState })))).toMatchObject({
			code: -32602,
		});
		expect(calls()).toHaveLength(1);
	});

	test.each([[null], ['x'], [{ action: 'yes' }], [{}]])(
		'answers that are none are refused, and may be given again: %j',
		async (wrong) => {
			const client = (await start()).client();
			const { requestState } = await body(ask(client, 'tools/call', call('asks')));
			const given = (response: unknown) =>
				call('asks', { requestState, inputResponses: { 'ask-1': response } as JsonObject });
			expect(await body(ask(client, 'tools/call', given(wrong)))).toMatchObject({ code: -32602 });
			expect((await body(ask(client, 'tools/call', given(accept)))).resultType).toBe('complete');
		},
	);

	test('two retries at the same time: one of them counts', async () => {
		const client = (await start()).client();
		const { requestState } = await body(ask(client, 'tools/call', call('asks')));
		const params = call('asks', { ...answers, requestState });
		const both = await Promise.all([body(ask(client, 'tools/call', params)), body(ask(client, 'tools/call', params))]);
		expect(both.map(({ code }) => code ?? 'complete').sort()).toEqual([-32602, 'complete']);
		expect(ended).toEqual(['answered']);
	});

	test("is nobody else's to answer", async () => {
		const { client } = await start();
		const { requestState } = await body(ask(client({}, 'one'), 'tools/call', call('asks')));
		const stranger = await body(ask(client({}, 'two'), 'tools/call', call('asks', { ...answers, requestState })));
		expect(stranger).toMatchObject({ code: -32602 });
		expect(ended).toEqual([]);
	});

	test('ends when nobody comes back: cancelled in the driver, recorded, and its state is worth nothing', async () => {
		const client = (await start()).client({ longestWaitMs: 20 });
		const { requestState } = await body(ask(client, 'tools/call', call('asks')));
		await until(
			() => events().includes('completed'),
			() => JSON.stringify(events()),
		);
		expect(ended).toEqual(['cancelled']);
		expect(await body(ask(client, 'tools/call', call('asks', { ...answers, requestState })))).toMatchObject({
			code: -32602,
		});
		expect(calls()).toHaveLength(1);
	});

	test('ends with the request that waits for it', async () => {
		const client = (await start()).client();
		await body(ask(client, 'tools/call', call('plain')));
		at.drivers[0]?.hold();
		const held = ask(client, 'tools/call', call('plain'));
		await until(
			() => calls().length === 2,
			() => '',
		);
		held.cancel();
		expect(await body(held)).toMatchObject({ code: -32000 });
		expect(events()).toEqual(['decided', 'completed', 'decided', 'completed']);
	});

	test('tells that its driver died meanwhile, whatever was answered, and asks no more', async () => {
		const client = (await start()).client();
		const first = await body(ask(client, 'tools/call', call('asks-both')));
		at.drivers[0]?.die();
		const inputResponses = Object.fromEntries(
			Object.entries<{ method: string }>(first.inputRequests)
				.filter(([, { method }]) => method === 'elicitation/create')
				.map(([key]) => [key, accept]),
		);
		const { requestState } = first;
		const second = await body(ask(client, 'tools/call', call('asks-both', { requestState, inputResponses })));
		expect(second).toMatchObject({ code: -32000, message: 'the server ended' });
		expect(events()).toEqual(['decided', 'decided', 'decided', 'completed']);
	});

	test('only so many wait for one caller', async () => {
		const client = (await start()).client({ maxWaiting: 1 });
		expect((await body(ask(client, 'tools/call', call('asks')))).resultType).toBe('input_required');
		const second = await body(ask(client, 'tools/call', call('asks')));
		expect(second.resultType).toBe('complete');
		expect(ended).toEqual(['refused']);
	});

	/** A caller who may have so many bytes waiting. */
	function room(maxBytes: number) {
		const lost: string[] = [];
		let held = 0;
		let bodies = 0;
		const memory = {
			take: (bytes: number) => {
				if (held + bytes > maxBytes) return false;
				held += bytes;
				return true;
			},
			give: (bytes: number) => {
				held -= bytes;
			},
			lost: (_: string, what: string) => void lost.push(what),
		};
		const keepBody = () => {
			bodies += 1;
			return () => {
				bodies -= 1;
			};
		};
		return { carrier: { memory, keepBody }, lost, counted: () => ({ held, bodies }) };
	}

	test('counts with its arguments and questions against its caller until it is over, however it ends', async () => {
		const { carrier, counted } = room(1000);
		const client = (await start()).client();
		const { requestState } = await body(ask(client, 'tools/call', call('asks'), { carrier }));
		expect(counted()).toEqual({ held: JSON.stringify({ ...form, message: '[files] Who?' }).length, bodies: 1 });
		const { carrier: other } = room(0);
		await body(ask(client, 'tools/call', call('asks', { ...answers, requestState }), { carrier: other }));
		expect(counted()).toEqual({ held: 0, bodies: 0 });
		await body(ask(client, 'tools/call', call('asks'), { carrier }));
		await client.close();
		await until(
			() => counted().bodies === 0,
			() => JSON.stringify(counted()),
		);
		expect(counted()).toEqual({ held: 0, bodies: 0 });
	});

	test('counts what its client says of itself, if that is long, as long as it is remembered', async () => {
		const { carrier, counted } = room(100_000);
		const client = (await start()).client();
		const said = (name: string) => ({ 'io.modelcontextprotocol/clientInfo': { name, version: '0' } });
		const tell = (name: string) => body(ask(client, 'tools/call', call('plain'), { carrier, meta: said(name) }));
		for (const name of ['one', 'two']) expect(await tell(name)).toMatchObject(text('done'));
		expect(counted().held).toBe(0);
		const long = 'x'.repeat(30_000);
		for (const _ of ['at first', 'again']) expect(await tell(long)).toMatchObject(text('done'));
		expect(counted().held).toBeGreaterThan(50_000);
		expect(await tell(`${long}y`)).toMatchObject({ code: -32603, message: expect.stringContaining('busy') });
		await client.close();
		expect(counted().held).toBe(0);
	});

	test('asks nothing for which its caller has no room, and goes on', async () => {
		const { carrier, lost, counted } = room(10);
		const client = (await start()).client();
		const reply = await body(ask(client, 'tools/call', call('asks'), { carrier }));
		expect(reply).toMatchObject({ resultType: 'complete' });
		expect(JSON.stringify(reply)).toContain('too much waits for it');
		expect(ended).toEqual(['refused']);
		expect(lost).toEqual([expect.stringContaining('elicitation/create')]);
		expect(counted()).toEqual({ held: 0, bodies: 0 });
	});

	test('asks a client nothing that it did not say it can do', async () => {
		const client = (await start()).client();
		expect((await body(ask(client, 'tools/call', call('asks'), { capabilities: {} }))).resultType).toBe('complete');
		expect(ended).toEqual(['refused']);
	});
});

describe('a call that a person decides about', () => {
	const retry = (requestState: string, action: string) =>
		call('guarded', { requestState, inputResponses: { 'ask-1': { action, content: {} } } });

	test('runs after consent, once', async () => {
		const client = (await start()).client();
		const { requestState, inputRequests } = await body(ask(client, 'tools/call', call('guarded')));
		expect(inputRequests['ask-1'].params.message).toContain('a person decides');
		expect(calls()).toEqual([]);
		expect(await body(ask(client, 'tools/call', retry(requestState, 'accept')))).toMatchObject(text('ran'));
		expect(await body(ask(client, 'tools/call', retry(requestState, 'accept')))).toMatchObject({ code: -32602 });
		expect(calls()).toHaveLength(1);
	});

	test.each(['decline', 'cancel'])('does not run after %s', async (action) => {
		const client = (await start()).client();
		const { requestState } = await body(ask(client, 'tools/call', call('guarded')));
		expect(await body(ask(client, 'tools/call', retry(requestState, action)))).toMatchObject({ isError: true });
		expect(calls()).toEqual([]);
	});

	test('does not run because the client says that somebody agreed', async () => {
		const client = (await start()).client();
		const said = await body(
			ask(client, 'tools/call', call('guarded', { inputResponses: { 'ask-1': { action: 'accept' } } })),
		);
		expect(said).toMatchObject({ code: -32602 });
		expect(calls()).toEqual([]);
	});

	test('does not run when nobody comes back, and the log says so', async () => {
		const rules = config.rules.map((rule) =>
			rule.id === 'ask-first' ? { ...rule, then: { ask: { timeout: '1s' } } } : rule,
		);
		const client = (await start({ rules })).client();
		await body(ask(client, 'tools/call', call('guarded')));
		const refusal = () => at.site.records().find(({ final }) => final === true);
		await until(
			() => refusal() !== undefined,
			() => '',
		);
		expect(JSON.stringify(refusal())).toContain('unanswered');
		expect(calls()).toEqual([]);
	});
});

describe('subscriptions', () => {
	const subscriptionOf = (params: JsonObject | undefined) =>
		member(member(params, '_meta'), 'io.modelcontextprotocol/subscriptionId');

	test('say what they honour first, carry their id, and end with an answer', async () => {
		const client = (await start()).client();
		const listening = ask(client, 'subscriptions/listen', {
			notifications: {
				toolsListChanged: true,
				promptsListChanged: true,
				resourceSubscriptions: ['mem:one', 'nobody:x'],
			},
		});
		await until(
			() => listening.notes.length > 0,
			() => '',
		);
		const id = subscriptionOf(listening.notes[0]?.params);
		expect(id).toEqual(expect.any(Number));
		expect(listening.notes[0]).toMatchObject({
			method: 'notifications/subscriptions/acknowledged',
			params: { notifications: { toolsListChanged: true } },
		});
		expect(listening.notes[0]?.params?.['notifications']).not.toHaveProperty('promptsListChanged');
		at.drivers[0]?.emit('notifications/tools/list_changed');
		at.drivers[0]?.emit('notifications/resources/updated', { uri: 'mem:one' });
		at.drivers[0]?.emit('notifications/resources/updated', { uri: 'mem:two' });
		await until(
			() => listening.notes.length >= 3,
			() => JSON.stringify(listening.notes),
		);
		expect(
			listening.notes
				.slice(1)
				.map(({ method }) => method)
				.sort(),
		).toEqual(['notifications/resources/updated', 'notifications/tools/list_changed']);
		for (const { params } of listening.notes) expect(subscriptionOf(params)).toBe(id);
		await client.close();
		expect(await body(listening)).toMatchObject({
			resultType: 'complete',
			_meta: { 'io.modelcontextprotocol/subscriptionId': id },
		});
	});

	test('are counted before they are acknowledged', async () => {
		const client = (await start()).client();
		const all = Array.from({ length: 101 }, () => ask(client, 'subscriptions/listen', { notifications: {} }));
		await expect(Promise.race(all.map(body))).resolves.toMatchObject({
			code: -32603,
			message: 'too many subscriptions at once',
		});
		await until(
			() => all.filter(({ notes }) => notes.length > 0).length === 100,
			() => '',
		);
		for (const listening of all) listening.cancel();
		await Promise.all(all.map(body));
		const next = ask(client, 'subscriptions/listen', { notifications: {} });
		await until(
			() => next.notes.length > 0,
			() => '',
		);
		next.cancel();
	});

	test('hear of an edited policy', async () => {
		const client = (await start()).client();
		const listening = ask(client, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
		await until(
			() => listening.notes.length > 0,
			() => '',
		);
		at.site.configure({ drivers: { files: { command: '/bin/false' } }, ...config, rules: config.rules.slice(0, 2) });
		at.kernel.revisions.reload();
		await until(
			() => listening.notes.length > 1,
			() => '',
		);
		expect(listening.notes[1]?.method).toBe('notifications/tools/list_changed');
		listening.cancel();
		await listening.reply;
	});
});
