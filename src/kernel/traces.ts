// Spans of calls for OpenTelemetry, named as its conventions for MCP are; whoever runs the kernel brings the SDK.
import type { Attributes, Context, Tracer } from '@opentelemetry/api';
import { member, stringMember } from '../abi/json.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { type Syscall, targetOf } from '../abi/syscall.ts';
import type { Decided, Observer } from './observer.ts';

type Api = typeof import('@opentelemetry/api');

/** Throws K105 when the package is not there: who asks for traces must not miss them unknowingly. */
export async function makeTraces(version: string, now: () => number): Promise<Observer> {
	let api: Api;
	try {
		api = await import('@opentelemetry/api');
	} catch (error) {
		throw new TrapgateError('K105', `\`telemetry: { traces: true }\` needs @opentelemetry/api: ${errorText(error)}`, {
			cause: error,
			help: 'npm install @opentelemetry/api',
		});
	}
	return observerOf(api, api.trace.getTracer('trapgate', version), now);
}

interface Begun extends Decided {
	readonly beganMs: number;
}

/** A client may make its ids of anything. */
const longestId = 100;

/** One span a call, written when it is over: of arguments and results nothing is in it. */
function observerOf(api: Api, tracer: Tracer, now: () => number): Observer {
	const begun = new WeakMap<object, Begun>();
	const write = (about: Begun, outcome: Attributes) => {
		const { asked, beganMs } = about;
		const target = targetOf(asked);
		const name = target.kind === 'tool' ? target.tool : target.kind === 'prompt' ? target.prompt : undefined;
		const span = tracer.startSpan(
			name === undefined ? asked.method : `${asked.method} ${name}`,
			{ kind: api.SpanKind.CLIENT, startTime: beganMs, attributes: { ...attributesOf(about), ...outcome } },
			parentOf(api, asked),
		);
		if (outcome['error.type'] !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR });
		span.end(now());
	};
	return {
		decided(key, about) {
			const begins = { ...about, beganMs: now() - (about.policyMs ?? 0) };
			if (!about.final) begun.set(key, begins);
			else write(begins, { 'error.type': about.decision.error === undefined ? 'policy_denied' : 'policy_error' });
		},
		completed(key, { finished, isError }) {
			const about = begun.get(key);
			if (about === undefined) return;
			begun.delete(key);
			const { reply } = finished;
			const code = reply.ok ? undefined : member(reply.body.value(), 'code');
			write(about, {
				...(isError
					? { 'error.type': reply.ok ? 'tool_error' : typeof code === 'number' ? String(code) : 'error' }
					: {}),
				...(typeof code === 'number' ? { 'rpc.response.status_code': String(code) } : {}),
				...(finished.error === undefined ? {} : { 'error.type': 'policy_error' }),
			});
		},
	};
}

function attributesOf({ asked, decision, revision }: Decided): Attributes {
	const target = targetOf(asked);
	const { agent, client, transport, protocol } = asked.caller;
	return {
		'mcp.method.name': asked.method,
		...(protocol === undefined ? {} : { 'mcp.protocol.version': protocol }),
		...(asked.requestId === undefined ? {} : { 'jsonrpc.request.id': idText(asked.requestId) }),
		...(transport === undefined ? {} : { 'network.transport': transport }),
		...(target.kind === 'tool'
			? { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': target.tool, 'gen_ai.tool.call.id': asked.id }
			: {}),
		...(target.kind === 'prompt' ? { 'gen_ai.prompt.name': target.prompt } : {}),
		'gen_ai.agent.id': agent,
		...(client === undefined ? {} : { 'gen_ai.agent.name': client.name, 'gen_ai.agent.version': client.version }),
		'trapgate.driver': asked.driver,
		'trapgate.decision': decision.verdict,
		'trapgate.rule.id': decision.because.map(({ id }) => id),
		'trapgate.policy.revision': revision,
	};
}

/** As the conventions want it: a text without its quotes. */
function idText(id: string): string {
	const value: unknown = id.startsWith('"') ? JSON.parse(id) : id;
	return String(value).slice(0, longestId);
}

/** The span of the client that `_meta.traceparent` names (W3C Trace Context, level 1); a garbled one is none. */
function parentOf(api: Api, { params }: Syscall): Context {
	const text = stringMember(member(params, '_meta'), 'traceparent') ?? '';
	const [, traceId, spanId, flags] =
		/^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/.exec(text) ?? [];
	if (traceId === undefined || spanId === undefined || flags === undefined) return api.ROOT_CONTEXT;
	const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
	return api.isSpanContextValid(context) ? api.trace.setSpanContext(api.ROOT_CONTEXT, context) : api.ROOT_CONTEXT;
}
