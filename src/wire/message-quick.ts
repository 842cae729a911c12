// Reads the messages that nearly everybody sends: what this machine would write in the very same way has one reading.
import { isJsonObject, type Json, type JsonObject } from '../abi/json.ts';
import type { Message, MessageId } from './channel.ts';
import { isFolded, KeySet } from './json-keys.ts';
import { messageId } from './message-id.ts';

/** Longer ones are not worth building only to be compared. */
const longest = 16_384;
const deepest = 200;
const none: JsonObject = Object.freeze({});

/**
 * The message, if it is a plain request or result and its text is what `JSON.stringify` makes of it: then no key stands
 * twice, no number loses a digit, and nothing stands between the tokens. Undefined for everything else, good or bad,
 * which {@link readMessage} reads with more care.
 */
export function quickMessage(text: string, from: 'client' | 'driver'): Message | undefined {
	if (text.length > longest || !text.startsWith('{"')) return undefined;
	const value = parsed(text);
	if (value === undefined || !isShallow(value, from === 'client', deepest)) return undefined;
	const [, idKey, third, fourth, more] = Object.keys(value);
	if (idKey !== 'id' || more !== undefined || value['jsonrpc'] !== '2.0') return undefined;
	const id = messageId(value['id']);
	if (id === undefined) return undefined;
	if (third === 'result' && fourth === undefined) return resultOf(text, id, value['result'] as Json);
	const { method, params } = value;
	if (third !== 'method' || typeof method !== 'string' || method === '') return undefined;
	if (fourth !== undefined && (fourth !== 'params' || !isJsonObject(params))) return undefined;
	return { kind: 'request', id, method, params: params as JsonObject | undefined, extra: none };
}

function parsed(text: string): JsonObject | undefined {
	try {
		const value = JSON.parse(text) as Json;
		return JSON.stringify(value) === text && isJsonObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

function resultOf(text: string, id: MessageId, result: Json): Message {
	const body = text.slice(`{"jsonrpc":"2.0","id":${id},"result":`.length, -1);
	return { kind: 'response', id, ok: true, body: { text: body, value: () => result }, extra: none };
}

/** Nothing nested deeper than that, and with `fold` no keys that some reader would take for one. */
function isShallow(value: Json, fold: boolean, room: number): boolean {
	if (typeof value !== 'object' || value === null) return true;
	if (room === 0) return false;
	if (Array.isArray(value)) {
		for (const item of value) if (!isShallow(item, fold, room - 1)) return false;
		return true;
	}
	const names = Object.keys(value);
	// No key stands twice: the text is what was written of the value.
	if (fold && names.length > 1 && !names.every(isFolded)) {
		const keys = new KeySet(true);
		for (const name of names) if (!keys.add(name)) return false;
	}
	for (const name of names) if (!isShallow((value as JsonObject)[name] as Json, fold, room - 1)) return false;
	return true;
}
