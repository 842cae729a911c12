// Arguments and paths are bytes; texts stand for them one to one, so that what is judged is what runs (PEP 383).
import { isUtf8 } from 'node:buffer';

/** A byte that is no UTF-8 becomes a lone surrogate, U+DC80 to U+DCFF. */
const escapeBase = 0xdc00;
/** Half of a pair, alone. */
const surrogate = /\p{Surrogate}/u;

/** As Python's `surrogateescape` decodes it; two different byte strings never give the same text. */
export function decodeBytes(bytes: Buffer): string {
	if (isUtf8(bytes)) return bytes.toString('utf8');
	let text = '';
	for (let at = 0; at < bytes.length; ) {
		const length = characterAt(bytes, at);
		text +=
			length === 0
				? String.fromCharCode(escapeBase + (bytes[at] as number))
				: bytes.subarray(at, at + length).toString('utf8');
		at += Math.max(length, 1);
	}
	return text;
}

/** The bytes that the text stands for. Throws TypeError for NUL and for surrogates that stand for no byte. */
export function encodeBytes(text: string): Buffer {
	if (text.includes('\0')) throw new TypeError('a text with NUL can be no argument');
	if (!surrogate.test(text)) return Buffer.from(text, 'utf8');
	const parts = text.split(/([\udc80-\udcff]+)/).map((part, index) => {
		// A high surrogate before it would have made a pair of it.
		if (index % 2 === 1) return Buffer.from(part, 'utf16le').filter((_, at) => at % 2 === 0);
		if (surrogate.test(part)) throw new TypeError('a text with half a surrogate pair can be no argument');
		return Buffer.from(part, 'utf8');
	});
	const bytes = Buffer.concat(parts);
	if (decodeBytes(bytes) !== text) throw new TypeError('the text stands for no bytes');
	return bytes;
}

/** How many bytes the character at `at` has; 0 when none begins there. */
function characterAt(bytes: Buffer, at: number): number {
	for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
		if (isUtf8(bytes.subarray(at, at + length))) return length;
	}
	return 0;
}
