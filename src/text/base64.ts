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
 * stays the same bytes. `loose`: what is said to be base64 is read as careless readers do, who skip what does not belong.
 */
export function readBase64(source: string, { loose = false } = {}): Base64Text | undefined {
	const packed = /\s/.test(source) ? source.replace(/\s+/g, '') : source;
	if (packed.length < 8 || !(loose || form.test(packed))) return undefined;
	const bytes = bytesFrom(packed);
	if (!loose && packed.replace(/=+$/, '').length % 4 === 1) return undefined;
	const text = utf8(bytes);
	return text === undefined
		? { text: characters(bytes), encode: (changed) => btoa(latin1(changed)) }
		: { text, encode: (changed) => btoa(bytesOf(changed)) };
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = Uint8Array.from({ length: 128 }, (_, code) => {
	const character = String.fromCharCode(code);
	const value = alphabet.indexOf(character === '-' ? '+' : character === '_' ? '/' : character);
	return value < 0 ? 255 : value;
});
const padding = 61;

/** By hand: `atob` takes a second for some megabytes. Behind a padding the next text begins. */
function bytesFrom(source: string): Uint8Array {
	const bytes = new Uint8Array(Math.ceil((source.length * 3) / 4));
	let length = 0;
	let bits = 0;
	let held = 0;
	for (let index = 0; index < source.length; index += 1) {
		const code = source.charCodeAt(index);
		const value = code < 128 ? (values[code] as number) : 255;
		if (code === padding) bits = 0;
		if (value === 255) continue;
		held = ((held << 6) | value) & 0xffff;
		bits += 6;
		if (bits < 8) continue;
		bits -= 8;
		bytes[length] = (held >> bits) & 0xff;
		length += 1;
	}
	return bytes.subarray(0, length);
}

function utf8(bytes: Uint8Array): string | undefined {
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return undefined;
	}
}

/** One for each byte. */
function characters(bytes: Uint8Array): string {
	const parts: string[] = [];
	for (let at = 0; at < bytes.length; at += 8192) parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
	return parts.join('');
}

/** What was put into a text of bytes may hold characters that are no byte. */
function latin1(text: string): string {
	return /[^\0-\xff]/.test(text) ? text.replace(/[^\0-\xff]/gu, (character) => bytesOf(character)) : text;
}

function bytesOf(text: string): string {
	return characters(new TextEncoder().encode(text));
}
