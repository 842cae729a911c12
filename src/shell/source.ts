// The outermost text or argv: its layers, and what is too big or too odd to be read at all.
import type { CommandSource, Gap, Surroundings } from '../abi/command.ts';
import { limits } from './limits.ts';
import type { Layer } from './word.ts';

/** One layer for a text, one for each word of an argv. */
export function topLayers(source: CommandSource): readonly Layer[] {
	return typeof source === 'string' ? [{ text: source }] : source.map((text) => ({ text }));
}

/** Why a source is not even parsed, if it is not. */
export function checkSize(source: CommandSource, around: Surroundings): Gap | undefined {
	const texts = typeof source === 'string' ? [source] : source;
	let length = around.input?.length ?? 0;
	for (const text of texts) length += text.length + 1;
	if (length > limits.inputLength + 1) return { kind: 'limit', detail: 'it is too long to be read', span: undefined };
	// A text is looked at again when it is read as a script.
	if (typeof source === 'string') return undefined;
	for (const text of source) {
		// What reads such a word as a script finds it odd there.
		const detail = around.isExecution === true && !text.includes('\0') ? undefined : oddity(text);
		if (detail !== undefined) return { kind: 'syntax', detail, span: undefined };
	}
	return undefined;
}

/** A text that is not what it looks like: NUL ends it, a carriage return hides in it. */
export function oddity(text: string): string | undefined {
	if (!/[\0\r\ud800-\udfff]|<</.test(text)) return undefined;
	if (text.includes('\0')) return 'it holds a NUL';
	if (/\p{Surrogate}/u.test(text)) return 'it is no valid Unicode';
	if (text.split('<<').length > limits.heredocs) return 'it has too many here-documents';
	if (text.includes('\r')) return 'it holds a carriage return, which is a part of words';
	return undefined;
}
