// Call ids that sort by time: ULIDs (github.com/ulid/spec), 48 bits of milliseconds and 80 of randomness.

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Returns a maker of ids; `random` fills that many bytes. */
export function idMaker(now: () => number, random: (bytes: number) => Uint8Array): () => string {
	return () => {
		let bits = BigInt(now());
		for (const byte of random(10)) bits = (bits << 8n) | BigInt(byte);
		let text = '';
		for (let digit = 0; digit < 26; digit++) {
			text = alphabet.charAt(Number(bits & 31n)) + text;
			bits >>= 5n;
		}
		return text;
	};
}
