// JSON-RPC 2.0 messages as MCP uses them: one strict reader, and the only writers.
import type { Note, Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member, setOwn } from '../abi/json.ts';
import type { Malformed, Message, MessageId } from './channel.ts';
import { rawJson, rawOf, type Span, skimJson, writeJson } from './json.ts';
import { foldKey } from './json-keys.ts';
import { messageId } from './message-id.ts';
import { quickMessage } from './message-quick.ts';
import { salvage } from './salvage.ts';

/** The most messages one batch may hold. */
const maxBatch = 1000;
const envelopeKeys = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'] as const;
type EnvelopeKey = (typeof envelopeKeys)[number];

/**
 * Reads one message. What a client sends is read most strictly (no keys that differ in case only); the body of a
 * response keeps its text, checked but not parsed. Never throws.
 */
export function readMessage(text: string, from: 'client' | 'driver'): Message | Malformed {
	return quickMessage(text, from) ?? readWithCare(text, from);
}

/** As {@link readMessage}, whatever the text looks like. */
export function readWithCare(text: string, from: 'client' | 'driver'): Message | Malformed {
	const skimmed = skimJson(text, {
		foldKeys: from === 'client',
		build: (key) => key !== 'result' && key !== 'error',
	});
	if (!skimmed.ok) {
		const message = `not usable JSON at offset ${skimmed.offset}: ${skimmed.reason}`;
		return { ...malformed(-32700, message), ...salvage(text, text) };
	}
	if (skimmed.kind === 'array') return readBatch(text, skimmed.spans, from);
	if (skimmed.kind === 'scalar') return refuse('a JSON-RPC message is an object');
	return readEnvelope(text, skimmed.spans);
}

function readBatch(text: string, spans: readonly Span[], from: 'client' | 'driver'): Malformed {
	if (spans.length === 0) return refuse('an empty batch');
	if (spans.length > maxBatch) return refuse(`a batch of more than ${maxBatch} messages`);
	const batch = spans.map(({ start, end }) =>
		text[start] === '[' ? refuse('a batch in a batch') : readMessage(text.slice(start, end), from),
	);
	return { ...refuse('batches are not part of this protocol revision'), batch };
}

function readEnvelope(text: string, spans: readonly Span[]): Message | Malformed {
	const found = new Map<string, Span>();
	const extra: Record<string, Json> = {};
	for (const span of spans) {
		const key = span.key ?? '';
		if (isEnvelopeKey(key)) found.set(key, span);
		// `Result` beside `result`: a reader that ignores case would take it for the real one, unjudged.
		else if (isEnvelopeKey(foldKey(key)))
			return refuse(`the key ${shortened(JSON.stringify(key))} could be read as another`);
		else setOwn(extra, key, span.value ?? null);
	}
	const has = (key: EnvelopeKey) => found.has(key);
	const memberOf = (key: EnvelopeKey) => found.get(key)?.value;

	const id = messageId(memberOf('id'));
	const isAnswer = has('result') || has('error');
	const about = has('method') === isAnswer ? {} : ({ about: isAnswer ? 'response' : 'request' } as const);
	const no = (message: string): Malformed => ({ ...refuse(message), id, ...about });

	if (memberOf('jsonrpc') !== '2.0') return no('"jsonrpc" must be "2.0"');
	if (has('id') && id === undefined) return no('"id" must be a string or a number');
	if (has('method')) {
		const method = memberOf('method');
		const params = memberOf('params');
		if (isAnswer) return no('a message has either "method" or "result" or "error"');
		if (typeof method !== 'string' || method === '') return no('"method" must be a string');
		if (params !== undefined && !isJsonObject(params)) return no('"params" must be an object');
		if (id === undefined) return { kind: 'notification', method, params, extra };
		return { kind: 'request', id, method, params, extra };
	}
	if (has('result') === has('error')) return no('a message has either "method" or "result" or "error"');
	if (has('params')) return no('a response has no "params"');
	if (id === undefined) return no('a response needs the "id" of its request');
	const span = found.get(has('result') ? 'result' : 'error');
	const body = rawJson(oneLine(text.slice(span?.start, span?.end)));
	if (has('error') && !isErrorObject(body.value())) return no('"error" must be an object with a code and a message');
	return { kind: 'response', id, ok: has('result'), body, extra };
}

/** A request as text. Members of `extra` follow the envelope's own. */
export function requestText(
	id: MessageId,
	method: string,
	params: JsonObject | undefined,
	extra: JsonObject = {},
): string {
	return `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)}${paramsText(params)}${extraText(extra)}}`;
}

/** A notification as text. */
export function notificationText(note: Note): string {
	return `{"jsonrpc":"2.0","method":${JSON.stringify(note.method)}${paramsText(note.params)}${extraText(note.extra)}}`;
}

/** A response as text. The body crosses as it is written, but for line breaks between its tokens. */
export function replyText(id: MessageId | null, reply: Reply): string {
	const body = `"${reply.ok ? 'result' : 'error'}":${oneLine(reply.body.text)}`;
	return `{"jsonrpc":"2.0","id":${id},${body}${extraText(reply.extra)}}`;
}

/** Is this text, written by {@link replyText}, the response to that id (or an error that could not name its id)? */
export function isReplyTo(text: string, id: MessageId): boolean {
	const start = `{"jsonrpc":"2.0","id":${id},`;
	return (
		text.startsWith(`${start}"result":`) ||
		text.startsWith(`${start}"error":`) ||
		text.startsWith('{"jsonrpc":"2.0","id":null,"error":')
	);
}

/** Id and method of a text that {@link requestText} wrote; undefined for every other text. */
export function requestHead(text: string): { readonly id: MessageId; readonly method: string } | undefined {
	const head = /^\{"jsonrpc":"2\.0","id":("(?:[^"\\]|\\.)*"|[^",{}[\]]+),"method":("(?:[^"\\]|\\.)*")/.exec(text);
	if (head?.[1] === undefined || head[2] === undefined) return undefined;
	return { id: head[1] as MessageId, method: JSON.parse(head[2]) as string };
}

/** What a peer wrote, cut to what fits into a line of ours. */
export function shortened(text: string): string {
	return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

export function resultReply(value: Json): Reply {
	return { ok: true, body: rawOf(value), extra: {} };
}

export function errorReply(code: number, message: string, data?: Json): Reply {
	return { ok: false, body: rawOf(data === undefined ? { code, message } : { code, message, data }), extra: {} };
}

export function malformed(code: Malformed['code'], message: string): Malformed {
	return { kind: 'malformed', code, message, id: undefined };
}

const refuse = (message: string) => malformed(-32600, message);

function isEnvelopeKey(key: string): key is EnvelopeKey {
	return (envelopeKeys as readonly string[]).includes(key);
}

function isErrorObject(value: Json): boolean {
	return Number.isInteger(member(value, 'code')) && typeof member(value, 'message') === 'string';
}

function paramsText(params: JsonObject | undefined): string {
	return params === undefined ? '' : `,"params":${writeJson(params)}`;
}

function extraText(extra: JsonObject): string {
	let text = '';
	for (const [key, value] of Object.entries(extra)) {
		if (isEnvelopeKey(foldKey(key))) throw new TypeError(`${JSON.stringify(key)} is no extra member of a message`);
		text += `,${JSON.stringify(key)}:${writeJson(value)}`;
	}
	return text;
}

/** In JSON that was checked, a line break can only stand between tokens; in a line protocol it would cut the message. */
function oneLine(text: string): string {
	return text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, ' ') : text;
}
