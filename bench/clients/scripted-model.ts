// A model on loopback that says what it was told to: it calls one tool with each of the given arguments, then ends.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedModel {
	readonly address: string;
	/** The tools that the client last offered, by the names that a model sees. */
	readonly tools: () => readonly string[];
	/** What came back of the calls, in the client's own words, the longest telling of each conversation. */
	readonly results: () => readonly string[];
	close(): void;
}

interface Turn {
	/** How many calls have been answered. */
	readonly answered: readonly string[];
	readonly tools: readonly Tool[];
}

interface Tool {
	readonly name: string;
	/** Codex groups the tools of a server. */
	readonly namespace?: string;
}

interface Call {
	readonly tool: Tool;
	readonly id: string;
	readonly args: string;
}

type Message = any;

/** Calls the tool whose name ends with `ending`. Speaks as Anthropic, OpenAI (both ways) and Google do. */
export async function startModel(ending: string, script: readonly object[]): Promise<ScriptedModel> {
	const seen = { tools: [] as readonly string[], results: [] as readonly string[] };
	let waits = 0;
	const next = ({ answered, tools }: Turn): Call | undefined => {
		// A client asks for titles and summaries without tools; those are no part of the conversation.
		if (tools.length > 0) seen.tools = tools.map(({ name, namespace }) => [namespace, name].filter(Boolean).join('.'));
		if (answered.length >= seen.results.length) seen.results = answered;
		const tool = tools.find(({ name }) => name.endsWith(ending));
		const args = script[answered.length];
		if (args === undefined) return undefined;
		if (tool !== undefined) return { tool, id: `call_${answered.length + 1}`, args: JSON.stringify(args) };
		// Claude Code does not wait for its servers, and gives the model a tool for that.
		const wait = tools.find(({ name }) => name === 'WaitForMcpServers');
		return wait === undefined || ++waits > 5 ? undefined : { tool: wait, id: `wait_${waits}`, args: '{}' };
	};
	const server = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const body = readBody(Buffer.concat(chunks).toString());
		const url = request.url ?? '';
		if (url.includes('count_tokens')) return sendJson(response, { input_tokens: 1 });
		if (url.includes('/messages')) return sayAnthropic(response, body, next(anthropicTurn(body)));
		if (url.includes('/responses')) return sayResponses(response, body, next(responsesTurn(body)));
		if (url.includes('/chat/completions')) return sayChat(response, body, next(chatTurn(body)));
		if (/generateContent/i.test(url)) return sayGoogle(response, url, next(googleTurn(body)));
		sendJson(response, { object: 'list', data: [], models: [] });
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		tools: () => seen.tools,
		results: () => seen.results,
		close: () => {
			server.close();
			server.closeAllConnections();
		},
	};
}

function readBody(text: string): Message {
	try {
		return JSON.parse(text);
	} catch {
		return {};
	}
}

const done = 'DONE';

function list(value: unknown): readonly Message[] {
	return Array.isArray(value) ? value : [];
}

function anthropicTurn(body: Message): Turn {
	const parts = list(body.messages).flatMap(({ content }) => list(content));
	return {
		answered: parts
			.filter(({ type, tool_use_id }) => type === 'tool_result' && tool_use_id.startsWith('call_'))
			.map((part) => JSON.stringify(part.content)),
		tools: list(body.tools).map(({ name }) => ({ name })),
	};
}

function sayAnthropic(response: ServerResponse, { model, stream }: Message, call: Call | undefined): void {
	const stop = call === undefined ? 'end_turn' : 'tool_use';
	const usage = { input_tokens: 1, output_tokens: 1 };
	const message = { id: 'msg_1', type: 'message', role: 'assistant', model, stop_sequence: null, usage };
	const block =
		call === undefined
			? { type: 'text', text: done }
			: { type: 'tool_use', id: call.id, name: call.tool.name, input: JSON.parse(call.args) };
	if (stream !== true) {
		sendJson(response, { ...message, content: [block], stop_reason: stop });
		return;
	}
	const empty = call === undefined ? { ...block, text: '' } : { ...block, input: {} };
	const delta =
		call === undefined ? { type: 'text_delta', text: done } : { type: 'input_json_delta', partial_json: call.args };
	sendEvents(response, [
		{ type: 'message_start', message: { ...message, content: [], stop_reason: null } },
		{ type: 'content_block_start', index: 0, content_block: empty },
		{ type: 'content_block_delta', index: 0, delta },
		{ type: 'content_block_stop', index: 0 },
		{ type: 'message_delta', delta: { stop_reason: stop, stop_sequence: null }, usage },
		{ type: 'message_stop' },
	]);
}

function responsesTurn(body: Message): Turn {
	const tools = list(body.tools).flatMap((tool): readonly Tool[] =>
		tool.type === 'namespace'
			? list(tool.tools).map(({ name }) => ({ name, namespace: tool.name }))
			: [{ name: tool.name ?? tool.type }],
	);
	const answers = list(body.input).filter(({ type }) => type === 'function_call_output');
	return { answered: answers.map(({ output }) => JSON.stringify(output)), tools };
}

function sayResponses(response: ServerResponse, { model }: Message, call: Call | undefined): void {
	const item =
		call === undefined
			? { type: 'message', id: 'm', role: 'assistant', content: [{ type: 'output_text', text: done, annotations: [] }] }
			: {
					type: 'function_call',
					id: `f_${call.id}`,
					call_id: call.id,
					name: call.tool.name,
					...(call.tool.namespace === undefined ? {} : { namespace: call.tool.namespace }),
					arguments: call.args,
				};
	const usage = {
		...{ input_tokens: 1, output_tokens: 1, total_tokens: 2 },
		...{ input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } },
	};
	const whole = { id: 'resp_1', object: 'response', model, usage };
	sendEvents(response, [
		{ type: 'response.created', response: { ...whole, status: 'in_progress', output: [] } },
		{ type: 'response.output_item.done', output_index: 0, item: { ...item, status: 'completed' } },
		{ type: 'response.completed', response: { ...whole, status: 'completed', output: [item] } },
	]);
}

function chatTurn(body: Message): Turn {
	const answers = list(body.messages).filter(({ role }) => role === 'tool');
	return {
		answered: answers.map(({ content }) => JSON.stringify(content)),
		tools: list(body.tools).flatMap((tool) => (tool.function === undefined ? [] : [{ name: tool.function.name }])),
	};
}

function sayChat(response: ServerResponse, { model, stream }: Message, call: Call | undefined): void {
	const said =
		call === undefined
			? { content: done }
			: {
					tool_calls: [
						{ index: 0, id: call.id, type: 'function', function: { name: call.tool.name, arguments: call.args } },
					],
				};
	const finish = call === undefined ? 'stop' : 'tool_calls';
	const whole = { id: 'c1', created: 1, model };
	if (stream !== true) {
		const message = { role: 'assistant', content: null, ...said };
		const choices = [{ index: 0, message, finish_reason: finish }];
		sendJson(response, { ...whole, object: 'chat.completion', choices });
		return;
	}
	const chunk = (delta: object, reason: string | null) => ({
		...{ ...whole, object: 'chat.completion.chunk' },
		choices: [{ index: 0, delta, finish_reason: reason }],
	});
	sendEvents(response, [chunk({ role: 'assistant', ...said }, null), chunk({}, finish), '[DONE]']);
}

function googleTurn(body: Message): Turn {
	const parts = list(body.contents).flatMap((content) => list(content.parts));
	return {
		answered: parts.flatMap((part) => (part.functionResponse ? [JSON.stringify(part.functionResponse)] : [])),
		tools: list(body.tools)
			.flatMap((tool) => list(tool.functionDeclarations))
			.map(({ name }) => ({ name })),
	};
}

function sayGoogle(response: ServerResponse, url: string, call: Call | undefined): void {
	const part =
		call === undefined ? { text: done } : { functionCall: { name: call.tool.name, args: JSON.parse(call.args) } };
	const candidate = { content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 };
	const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 };
	const answer = { candidates: [candidate], usageMetadata, modelVersion: 'scripted' };
	if (url.includes('stream')) sendEvents(response, [answer]);
	else sendJson(response, answer);
}

function sendJson(response: ServerResponse, value: object): void {
	response.writeHead(200, { 'content-type': 'application/json' });
	response.end(JSON.stringify(value));
}

/** Server-sent events; what has a `type` is named after it, as two of the four dialects want. */
function sendEvents(response: ServerResponse, events: readonly (Message | string)[]): void {
	response.writeHead(200, { 'content-type': 'text/event-stream' });
	for (const event of events) {
		const name = typeof event === 'string' || event.type === undefined ? '' : `event: ${event.type}\n`;
		response.write(`${name}data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
	}
	response.end();
}
