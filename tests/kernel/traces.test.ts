// Spans: names and attributes as the conventions have them, the client's span above, and nothing of what was said.
import { type Attributes, type Context, type SpanOptions, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Decided } from '../../src/kernel/observer.ts';
import { makeTraces } from '../../src/kernel/traces.ts';
import { errorReply, resultReply } from '../../src/wire/message.ts';

interface Noted {
	readonly name: string;
	readonly options: SpanOptions;
	readonly parent: string | undefined;
	status?: number;
	ended?: unknown;
}

const spans: Noted[] = [];
beforeEach(() => {
	spans.length = 0;
	const tracer = {
		startSpan(name: string, options: SpanOptions, context: Context) {
			const noted: Noted = { name, options, parent: trace.getSpanContext(context)?.spanId };
			spans.push(noted);
			return {
				setStatus: ({ code }: { code: number }) => {
					noted.status = code;
				},
				end: (at: unknown) => {
					noted.ended = at;
				},
			};
		},
	};
	trace.setGlobalTracerProvider({ getTracer: () => tracer } as never);
});
afterEach(() => trace.disable());

const call = (more: Partial<Decided> = {}, traceparent?: string): Decided =>
	({
		asked: {
			id: '01K',
			driver: 'files',
			method: 'tools/call',
			params: { name: 'read', arguments: { path: '/s3cret' }, _meta: { traceparent } },
			requestId: '"req-7"',
			caller: {
				...{ agent: 'ci', principal: 'ci', session: 'capability', client: { name: 'c', version: '1' } },
				...{ transport: 'tcp', protocol: '2025-11-25' },
			},
		},
		decision: { verdict: 'allowed', acted: true, because: [{ id: 'r1' }] },
		final: false,
		revision: 'sha256:1',
		policyMs: 4,
		...more,
	}) as unknown as Decided;

const attributes = (): Attributes => spans[0]?.options.attributes ?? {};

test('a call that ran is one span, from the question to the answer', async () => {
	let time = 1000;
	const traces = await makeTraces('1', () => time);
	const key = {};
	traces.decided(key, call({}, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'));
	expect(spans).toEqual([]);
	time = 1500;
	const reply = resultReply({ content: [{ type: 'text', text: 's3cret' }] });
	traces.completed(key, { finished: { reply, redacted: 0 }, isError: false, driverMs: 500 });
	expect(spans).toMatchObject([
		{ name: 'tools/call read', parent: 'b7ad6b7169203331', options: { kind: 2, startTime: 996 }, ended: 1500 },
	]);
	expect(attributes()).toEqual({
		'mcp.method.name': 'tools/call',
		'mcp.protocol.version': '2025-11-25',
		'jsonrpc.request.id': 'req-7',
		'network.transport': 'tcp',
		'gen_ai.operation.name': 'execute_tool',
		'gen_ai.tool.name': 'read',
		'gen_ai.tool.call.id': '01K',
		'gen_ai.agent.id': 'ci',
		'gen_ai.agent.name': 'c',
		'gen_ai.agent.version': '1',
		'trapgate.driver': 'files',
		'trapgate.decision': 'allowed',
		'trapgate.rule.id': ['r1'],
		'trapgate.policy.revision': 'sha256:1',
	});
	expect(spans[0]?.status).toBeUndefined();
	expect(JSON.stringify(spans)).not.toMatch(/s3cret|capability/);
});

test.each([
	['0', '0'],
	['9007199254740993', '9007199254740993'],
	['"a\\"b"', 'a"b'],
	[JSON.stringify('x'.repeat(1000)), 'x'.repeat(100)],
	[undefined, undefined],
])('the id of a request is a text, and no longer than one needs: %j', async (id, written) => {
	const traces = await makeTraces('1', () => 0);
	const about = call({ final: true });
	traces.decided({}, { ...about, asked: { ...about.asked, requestId: id } });
	expect(attributes()['jsonrpc.request.id']).toBe(written);
});

test('a refusal, an error of a tool and one of the protocol say which they are', async () => {
	const traces = await makeTraces('1', () => 0);
	traces.decided({}, call({ final: true, decision: { verdict: 'denied', acted: true, because: [] } as never }));
	const outcomes = [
		{ finished: { reply: resultReply({ isError: true, content: [] }), redacted: 0 }, isError: true },
		{ finished: { reply: errorReply(-32602, 'no'), redacted: 0 }, isError: true },
		{ finished: { reply: resultReply({}), redacted: 0, error: 'too slow' }, isError: false },
	];
	for (const outcome of outcomes) {
		const key = {};
		traces.decided(key, call());
		traces.completed(key, outcome);
	}
	const types = spans.map(({ options }) => options.attributes?.['error.type']);
	expect(types).toEqual(['policy_denied', 'tool_error', '-32602', 'policy_error']);
	expect(spans.every(({ status }) => status === 2)).toBe(true);
	expect(spans[2]?.options.attributes?.['rpc.response.status_code']).toBe('-32602');
});

test.each([
	undefined,
	'',
	'00-00000000000000000000000000000000-b7ad6b7169203331-01',
	'00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
	'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
	'00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
	`00-${'0af7651916cd43dd8448eb211c80319c'.repeat(1000)}`,
])('a garbled parent is none: %j', async (traceparent) => {
	const traces = await makeTraces('1', () => 0);
	traces.decided({}, call({ final: true }, traceparent));
	expect(spans[0]?.parent).toBeUndefined();
});
