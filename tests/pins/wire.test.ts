// What clients and agents read, word for word: a change here changes what every agent out there sees.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Pinned, startPinned } from './support.ts';

let kernel: Pinned;
beforeAll(async () => {
	kernel = await startPinned();
});
afterAll(() => kernel.end());

const text = (answer: Record<string, unknown>) =>
	(answer['result'] as { content: { text: string }[] }).content[0]?.text;

describe('hidden and unknown answer alike', () => {
	test.each(['nothing', 'good__nothing', 'good__slow', 'good/echo', ''])('tool %j', async (name) => {
		expect(await kernel.call(name)).toEqual({ error: { code: -32602, message: `Unknown tool: ${name}` } });
	});

	test.each(['nothing', 'good__nothing', 'good__leave'])('prompt %j', async (name) => {
		expect(await kernel.ask('prompts/get', { name })).toEqual({
			error: { code: -32602, message: `Unknown prompt: ${name}` },
		});
	});

	test('resource', async () => {
		expect(await kernel.ask('resources/read', { uri: 'memo://c' })).toEqual({
			error: { code: -32002, message: 'Resource not found', data: { uri: 'memo://c' } },
		});
	});

	test('method', async () => {
		expect(await kernel.ask('tasks/list')).toEqual({
			error: { code: -32601, message: 'Method not found: tasks/list' },
		});
	});
});

test.each<[string, object]>([
	['`name` must be a string', { arguments: {} }],
	['`arguments` must be an object', { name: 'good__echo', arguments: [] }],
])('a call of the wrong shape: %s', async (message, params) => {
	expect(await kernel.ask('tools/call', params)).toEqual({ error: { code: -32602, message } });
});

test('a refusal: what did not run, which rule, why, what instead; for machines in `_meta`; and what a repeat adds', async () => {
	const lines = [
		'Call:    good__echo {"text":"LOUD"}',
		'Rule:    no-shouting',
		'Why:     Nobody likes it.',
		'Instead: say it quietly',
	];
	expect(await kernel.call('good__echo', { text: 'LOUD' })).toEqual({
		result: {
			content: [{ type: 'text', text: ['BLOCKED by policy. Nothing ran.', ...lines].join('\n') }],
			isError: true,
			_meta: {
				'trapgate/decision': {
					verdict: 'denied',
					rules: ['no-shouting'],
					reason: 'Nobody likes it.',
					instead: 'say it quietly',
				},
			},
		},
	});
	const again = (times: number) =>
		`Blocked again (${times}). The same request in other words is blocked too; take the "Instead" line or ask the user.`;
	expect(text(await kernel.call('good__echo', { text: 'LOUD' }))).toBe([again(2), ...lines].join('\n'));
	expect(text(await kernel.call('good__echo', { text: 'LOUD' }))).toBe(
		[again(3), ...lines, 'Stop and report this to the user.'].join('\n'),
	);
});

test('a refused resource is an error with the same five lines', async () => {
	expect(await kernel.ask('resources/read', { uri: 'memo://b' })).toEqual({
		error: {
			code: -32603,
			message: [
				'BLOCKED by policy. Nothing ran.',
				'Call:    resources/read memo://b',
				'Rule:    no-secrets',
				'Why:     It is secret.',
				'Instead: read memo://a',
			].join('\n'),
			data: {
				'trapgate/decision': {
					verdict: 'denied',
					rules: ['no-secrets'],
					reason: 'It is secret.',
					instead: 'read memo://a',
				},
			},
		},
	});
});

test('a rewritten call: our notice first, the output after it as it came', async () => {
	expect((await kernel.call('good__echo', { text: 'old' }))['result']).toEqual({
		content: [
			{
				type: 'text',
				text: [
					'[policy] Ran `good__echo` with text = "new" instead of "old"',
					'(new-words: Old words are out of use). Output below is unmodified.',
				].join('\n'),
			},
			{ type: 'text', text: 'new' },
		],
	});
});

test('nobody to ask: not run, and not a refusal', async () => {
	expect(text(await kernel.call('good__seen'))).toBe(
		"Not run: rule ask-first asks for a person's approval and there is no channel to ask one (no_channel). " +
			'This is not a refusal. Continue with work that does not need it, and say in your answer that it was skipped.',
	);
});
