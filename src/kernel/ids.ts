// Ids: of calls, which sort by time, and of what only its owner may find.

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Ids whose randomness is fetched at once: asking the system for it costs more than all the rest of an id. */
const idsPerDraw = 256;
/** Of 16 bytes five bits each: 80 bits. */
const randomDigits = 16;

/** Returns a maker of ULIDs (github.com/ulid/spec), 48 bits of milliseconds and 80 of randomness; `random` fills that many bytes. */
export function idMaker(now: () => number, random: (bytes: number) => Uint8Array): () => string {
	let drawn: Uint8Array = new Uint8Array();
	let used = 0;
	let time = { at: Number.NaN, text: '' };
	return () => {
		const at = now();
		if (at !== time.at) time = { at, text: spelled(BigInt(at), 10) };
		if (used >= drawn.length) [drawn, used] = [random(idsPerDraw * randomDigits), 0];
		let text = time.text;
		for (const end = used + randomDigits; used < end; used++) text += alphabet[(drawn[used] ?? 0) & 31];
		return text;
	};
}

/** 128 bits of randomness in the same letters: who has not been told such an id does not find it. */
export function secretId(random: (bytes: number) => Uint8Array): string {
	return spelled(bitsOf(random(16)), 26);
}

/** Is this text spelled as an id is? */
export function isId(text: string): boolean {
	return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text);
}

function bitsOf(bytes: Uint8Array): bigint {
	let bits = 0n;
	for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
	return bits;
}

function spelled(value: bigint, digits: number): string {
	let bits = value;
	let text = '';
	for (let digit = 0; digit < digits; digit++) {
		text = alphabet.charAt(Number(bits & 31n)) + text;
		bits >>= 5n;
	}
	return text;
}
