// Guesses which request a refused text was about, so that whoever waits for it is told instead of left waiting.
import type { MessageId } from './channel.ts';
import { readJson } from './json.ts';
import { messageId } from './message-id.ts';

/** What could be told from the edges of a text. */
export interface Salvaged {
	readonly id: MessageId | undefined;
	readonly about?: 'request' | 'response';
}

/** How much of each end is looked at, in UTF-16 units. */
export const salvageSpan = 2048;

const idPattern = '"(?:[^"\\\\]|\\\\.)*"|-?[0-9]+';
const versionPattern = '"jsonrpc"\\s*:\\s*"2\\.0"';
const headPattern = new RegExp(
	`^\\s*\\{\\s*(?<first>(?:(?:${versionPattern}|"id"\\s*:\\s*(?:${idPattern}))\\s*,\\s*)*)(?:"(?<key>method|result|error)"\\s*:)?`,
);
const firstPattern = new RegExp(`"id"\\s*:\\s*(?<id>${idPattern})`);
const tailPattern = new RegExp(`,\\s*"id"\\s*:\\s*(?<id>${idPattern})\\s*(?:,\\s*${versionPattern}\\s*)?\\}\\s*$`);

/**
 * Looks at both ends of a text, where every known writer puts `id`. The guess is used to answer, or to fail, one
 * request of the very peer that sent the text: a wrong one harms nobody else.
 */
export function salvage(head: string, tail: string): Salvaged {
	const start = headPattern.exec(head.slice(0, salvageSpan))?.groups ?? {};
	const source =
		firstPattern.exec(start.first ?? '')?.groups?.id ?? tailPattern.exec(tail.slice(-salvageSpan))?.groups?.id;
	const read = source === undefined ? undefined : readJson(source);
	const id = read?.ok ? messageId(read.value) : undefined;
	if (start.key === undefined) return { id };
	return { id, about: start.key === 'method' ? 'request' : 'response' };
}
