// Ids of requests: what is one, and how it is kept.
import { ExactNumber, type Json } from '../abi/json.ts';
import type { MessageId } from './channel.ts';

/** The id as canonical JSON text; undefined for what is no id (`null` included: MCP forbids it). */
export function messageId(value: Json | undefined): MessageId | undefined {
	if (typeof value === 'string') return JSON.stringify(value) as MessageId;
	if (typeof value === 'number' || value instanceof ExactNumber) return String(value) as MessageId;
	return undefined;
}
