// Text inside base64: blobs of resources, the data of images, `data:` addresses.

/** What base64 stands for, as text, and how a changed text is written back. */
export interface Base64Text {
	readonly text: string;
	/** The same kind of base64 for another text. */
	encode(text: string): string;
}

const form = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * Undefined when `source` is no base64. Bytes that are no UTF-8 are read one character each, so that what is not changed
 * stays the same bytes.
 */
export function readBase64(source: string): Base64Text | undefined {
	const packed = /\s/.test(source) ? source.replace(/\s+/g, '') : source;
	if (packed.length < 8 || !form.test(packed)) return undefined;
	const plain = packed.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
	if (plain.length % 4 === 1) return undefined;
	const bytes = atob(plain);
	const text = utf8(bytes);
	return text === undefined
		? { text: bytes, encode: (changed) => btoa(latin1(changed)) }
		: { text, encode: (changed) => btoa(bytesOf(changed)) };
}

/** The text of bytes given as one character each; undefined when they are no UTF-8. */
function utf8(bytes: string): string | undefined {
	try {
		const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
		return decoder.decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
	} catch {
		return undefined;
	}
}

/** What was put into a text of bytes may hold characters that are no byte. */
function latin1(text: string): string {
	return /[^\0-\xff]/.test(text) ? text.replace(/[^\0-\xff]/gu, (character) => bytesOf(character)) : text;
}

function bytesOf(text: string): string {
	const parts: string[] = [];
	const bytes = new TextEncoder().encode(text);
	for (let at = 0; at < bytes.length; at += 8192) parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
	return parts.join('');
}
