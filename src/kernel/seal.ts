// Seals a text with a secret: who does not know the secret can neither read nor change it (AES-256-GCM, NIST SP 800-38D).
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const version = 'trapgate result v1';
const nonceBytes = 12;
const tagBytes = 16;

/** What a sealed text may be called where others can list names: it tells nothing of the secret. */
export function nameFor(secret: string): string {
	return createHash('sha256').update(version).update(secret).digest('hex');
}

/** Nonce, tag, ciphertext. */
export function seal(text: string, secret: string, random: (bytes: number) => Uint8Array): Buffer {
	const nonce = random(nonceBytes);
	const cipher = createCipheriv(algorithm, keyOf(secret), nonce, { authTagLength: tagBytes });
	const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
	return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** Undefined when the secret is another one, or the bytes are not those that were sealed. */
export function unseal(bytes: Uint8Array, secret: string): string | undefined {
	if (bytes.length < nonceBytes + tagBytes) return undefined;
	const nonce = bytes.subarray(0, nonceBytes);
	const cipher = createDecipheriv(algorithm, keyOf(secret), nonce, { authTagLength: tagBytes });
	cipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
	try {
		return Buffer.concat([cipher.update(bytes.subarray(nonceBytes + tagBytes)), cipher.final()]).toString('utf8');
	} catch {
		return undefined;
	}
}

function keyOf(secret: string): Uint8Array {
	return new Uint8Array(hkdfSync('sha256', secret, '', version, 32));
}
