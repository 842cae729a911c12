// Requests in rounds: what a server may need before it answers, and where its needs end.
import { describe, expect, test } from 'vitest';
import type { Reply } from '../../src/abi/driver.ts';
import type { Json, JsonObject } from '../../src/abi/json.ts';
import { inRounds } from '../../src/drivers/rounds.ts';
import { rawJson } from '../../src/wire/json.ts';
import { errorReply, resultReply } from '../../src/wire/message.ts';

interface World {
	readonly method?: string;
	readonly isExtended?: boolean;
	readonly signal?: AbortSignal;
	/** What the server answers, round by round; the last one again and again. */
	readonly answers: readonly (Reply | JsonObject)[];
	readonly client?: (method: string, params: JsonObject | undefined) => Reply;
}

async function run({ method = 'tools/call', isExtended = false, signal, answers, client }: World) {
	const retries: JsonObject[] = [];
	const questions: string[] = [];
	const reply = await inRounds({
		method,
		isExtended,
		signal,
		pauseMs: 0,
		async ask(given) {
			retries.push(given);
			const answer = answers[Math.min(retries.length, answers.length) - 1] as Reply | JsonObject;
			return 'ok' in answer && 'body' in answer ? (answer as Reply) : resultReply(answer);
		},
		async question(asked, params) {
			questions.push(asked);
			return client?.(asked, params) ?? resultReply({ roots: [] });
		},
	});
	return { reply, retries, questions };
}

const needs = (more: JsonObject = {}): JsonObject => ({ resultType: 'input_required', ...more });
const roots = { method: 'roots/list' };
const done: JsonObject = { resultType: 'complete', content: [] };

test('what is complete keeps its bytes, and so does what says nothing of it, and an error', async () => {
	for (const text of ['{"resultType" : "complete","n":1.0}', '{"content":[]  }', '[]', '"text"']) {
		const { reply, retries } = await run({ answers: [{ ok: true, body: rawJson(text), extra: {} }] });
		expect(reply).toMatchObject({ ok: true, body: { text } });
		expect(retries).toEqual([{}]);
	}
	const error = errorReply(-1, 'no', { resultType: 'input_required' });
	expect((await run({ answers: [error] })).reply).toBe(error);
});

test('each round has the state and the answers of the one before, and nothing of earlier ones', async () => {
	const { reply, retries, questions } = await run({
		answers: [
			needs({
				inputRequests: { a: roots, b: { method: 'elicitation/create', params: { message: 'm' } } },
				requestState: 's',
			}),
			needs({ inputRequests: { c: roots } }),
			needs({ requestState: 't' }),
			done,
		],
		client: (method) => resultReply({ method }),
	});
	expect(reply.body.value()).toEqual(done);
	expect(questions).toEqual(['roots/list', 'elicitation/create', 'roots/list']);
	expect(retries).toEqual([
		{},
		{ inputResponses: { a: { method: 'roots/list' }, b: { method: 'elicitation/create' } }, requestState: 's' },
		{ inputResponses: { c: { method: 'roots/list' } } },
		{ requestState: 't' },
	]);
});

test('a key that is no ordinary one is a key like any other', async () => {
	const { retries } = await run({
		answers: [
			{
				ok: true,
				body: rawJson('{"resultType":"input_required","inputRequests":{"__proto__":{"method":"roots/list"}}}'),
				extra: {},
			},
			done,
		],
	});
	expect(Object.keys(retries[1]?.['inputResponses'] as JsonObject)).toEqual(['__proto__']);
});

describe('a server is given up that', () => {
	const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`q${index}`, roots]));
	test.each<[string, JsonObject | Reply, string]>([
		['never has enough', needs({ inputRequests: { a: roots } }), 'after 10 rounds'],
		['never has enough, and asks nobody', needs({ requestState: 's' }), 'after 10 rounds'],
		['needs nothing in particular', needs(), 'does not say which'],
		['has a list of no needs', needs({ inputRequests: {} }), 'does not say which'],
		['asks in no way that is one', needs({ inputRequests: [roots] }), 'none that can be read'],
		['asks too much at once', needs({ inputRequests: many(33) }), 'more than 32 questions'],
		['asks too much over time', needs({ inputRequests: many(8) }), 'more than 32 questions'],
		[
			'asks for what no client has',
			needs({ inputRequests: { a: { method: 'tools/call', params: {} } } }),
			'"tools/call"',
		],
		['asks for a method that is none', needs({ inputRequests: { a: { method: 7 } } }), "can't answer"],
		['asks nothing', needs({ inputRequests: { a: null } }), "can't answer"],
		[
			'asks with params that are none',
			needs({ inputRequests: { a: { method: 'roots/list', params: [] } } }),
			"can't answer",
		],
		['has a state that is no text', needs({ inputRequests: { a: roots }, requestState: { a: 1 } }), 'no text'],
		['has a state without end', needs({ requestState: 'x'.repeat(1024 * 1024 + 1) }), 'too long'],
		[
			'asks at great length',
			needs({ inputRequests: { a: { ...roots, x: 'x'.repeat(16 * 1024 * 1024) } } }),
			'too great a length',
		],
		['answers in a way nobody knows', { resultType: 'maybe', content: [] }, 'not known'],
		['answers in a way that is none', { resultType: ['complete'] as Json, content: [] }, 'not known'],
		[
			'hides what it needs',
			{
				ok: true,
				body: rawJson('{"result\\u0054ype":"input\\u005frequired","inputRequests":{"a":{"method":"x"}}}'),
				extra: {},
			},
			'"x"',
		],
	])('%s', async (_, answer, why) => {
		const { reply } = await run({ answers: [answer] });
		expect(reply.ok).toBe(false);
		expect(reply.body.value()).toMatchObject({ code: -32603, message: expect.stringContaining(why) });
	});

	test('needs input where no server may', async () => {
		const { reply, questions } = await run({
			method: 'tools/list',
			answers: [needs({ inputRequests: { a: roots } }), done],
		});
		expect(reply.body.value()).toMatchObject({ code: -32603 });
		expect(questions).toEqual([]);
	});
});

test('one bad question, and none of its neighbours is put', async () => {
	const { questions } = await run({ answers: [needs({ inputRequests: { a: roots, b: { method: 'x' } } })] });
	expect(questions).toEqual([]);
});

test('a kind of result that nobody here knows is for a client with extensions', async () => {
	const task = { resultType: 'task', taskId: 't' };
	expect((await run({ isExtended: true, answers: [task] })).reply.body.value()).toEqual(task);
	expect((await run({ isExtended: true, answers: [{ resultType: 7 }] })).reply.ok).toBe(false);
});

test('all questions of a round are asked at once, by the names that the server gave them', async () => {
	const open: { readonly key: string | undefined; answer(reply: Reply): void }[] = [];
	const reply = inRounds({
		method: 'tools/call',
		isExtended: false,
		signal: undefined,
		ask: async (given) =>
			resultReply('inputResponses' in given ? { ...done, given } : needs({ inputRequests: { a: roots, b: roots } })),
		question: (_method, _params, _extra, _signal, key) => new Promise((answer) => open.push({ key, answer })),
	});
	await Promise.resolve();
	await Promise.resolve();
	await Promise.resolve();
	expect(open.map(({ key }) => key)).toEqual(['a', 'b']);
	// The answers keep their places, whichever comes first.
	for (const { key, answer } of open.reverse()) answer(resultReply({ roots: [], key: key ?? '' }));
	expect((await reply).body.value()).toMatchObject({
		given: { inputResponses: { a: { key: 'a' }, b: { key: 'b' } } },
	});
});

test('a question without an answer withdraws the others, and the server is not asked again', async () => {
	let withdrawn = false;
	let asked = 0;
	const reply = await inRounds({
		method: 'tools/call',
		isExtended: false,
		signal: undefined,
		ask: async () => {
			asked += 1;
			return resultReply(needs({ inputRequests: { a: roots, b: roots } }));
		},
		question: (_method, _params, _extra, signal, key) =>
			key === 'b'
				? Promise.resolve(errorReply(-32603, 'Refused by policy'))
				: new Promise((resolve) => {
						signal.addEventListener('abort', () => {
							withdrawn = true;
							resolve(errorReply(-32000, 'the request was cancelled'));
						});
					}),
	});
	expect(withdrawn).toBe(true);
	expect(asked).toBe(1);
	expect(reply.body.value()).toMatchObject({ message: expect.stringContaining('Refused by policy') });
});

test('what is said of a question that was refused is short', async () => {
	const { reply, retries } = await run({
		answers: [needs({ inputRequests: { a: roots } }), done],
		client: () => errorReply(-32603, `Refused by policy: ${'x'.repeat(10_000)}`),
	});
	expect(reply.body.value()).toMatchObject({ code: -32603, message: expect.stringContaining('Refused by policy') });
	expect(reply.body.text.length).toBeLessThan(1000);
	expect(retries).toHaveLength(1);
});
