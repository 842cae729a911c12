// Ids: of calls, which sort by time, and of what only its owner may find.

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Returns a maker of ULIDs (github.com/ulid/spec), 48 bits of milliseconds and 80 of randomness; `random` fills that many bytes. */
export function idMaker(now: () => number, random: (bytes: number) => Uint8Array): () => string {
	return () => spelled(bitsOf(random(10), BigInt(now())));
}

/** 128 bits of randomness in the same letters: who has not been told such an id does not find it. */
export function secretId(random: (bytes: number) => Uint8Array): string {
	return spelled(bitsOf(random(16)));
}

/** Is this text spelled as an id is? */
export function isId(text: string): boolean {
	return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text);
}

function bitsOf(bytes: Uint8Array, first = 0n): bigint {
	let bits = first;
	for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
	return bits;
}

function spelled(value: bigint): string {
	let bits = value;
	let text = '';
	for (let digit = 0; digit < 26; digit++) {
		text = alphabet.charAt(Number(bits & 31n)) + text;
		bits >>= 5n;
	}
	return text;
}
