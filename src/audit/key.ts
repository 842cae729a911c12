// The signing key: made on first use, readable by its owner only, the same for every kernel of this user.

import {
	createHash,
	createPrivateKey,
	createPublicKey,
	generateKeyPairSync,
	hkdfSync,
	type KeyObject,
	sign,
	verify,
} from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { checkDirectory, isOurs, openRegular, syncDirectory } from './layout.ts';
import { makeDirectory } from './make-directory.ts';

/** The public half, enough to verify. */
export interface PublicKey {
	/** The first 16 hex digits of the SHA-256 of the public key (SPKI, DER). */
	readonly id: string;
	verify(text: string, signature: string): boolean;
}

export interface SigningKey {
	readonly public: PublicKey;
	/** Ed25519, base64. */
	sign(text: string): string;
	/** Derived from the private key: without it nobody can test guesses against hashed arguments. */
	readonly argsKey: Uint8Array;
}

/** Reads the key, or makes it when there is none. Throws A102 when it can't be used or others may read it. */
export function openKey(path: string, random: (size: number) => Uint8Array): SigningKey {
	try {
		makeDirectory(dirname(path));
		checkDirectory(dirname(path), statSync(dirname(path)));
		const key = readPrivateKey(path) ?? makeKey(path, random);
		return {
			public: publicKey(createPublicKey(key)),
			sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
			argsKey: deriveArgsKey(key),
		};
	} catch (thrown) {
		if (thrown instanceof TrapgateError) throw thrown;
		throw new TrapgateError('A102', `the audit key \`${path}\` can't be used: ${errorText(thrown)}`, { cause: thrown });
	}
}

/** The public half of the key in that file, or undefined when there is no file. Throws A102 when it can't be used. */
export function readPublicKey(path: string): PublicKey | undefined {
	const key = readPrivateKey(path);
	return key && publicKey(createPublicKey(key));
}

/** From PEM text (SPKI). Throws A102 when it is no Ed25519 key. */
export function parsePublicKey(pem: string): PublicKey {
	try {
		const key = createPublicKey(pem);
		if (key.asymmetricKeyType === 'ed25519') return publicKey(key);
	} catch (thrown) {
		throw new TrapgateError('A102', `the public key can't be read: ${errorText(thrown)}`, { cause: thrown });
	}
	throw new TrapgateError('A102', 'the public key is not an Ed25519 key');
}

/** The public half as PEM, to keep elsewhere. Throws A102 when there is no usable key. */
export function exportPublicKey(path: string): string {
	const key = readPrivateKey(path);
	if (key === undefined) throw new TrapgateError('A102', `the audit key \`${path}\` does not exist`);
	return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
}

function publicKey(key: KeyObject): PublicKey {
	const der = key.export({ type: 'spki', format: 'der' });
	return {
		id: createHash('sha256').update(der).digest('hex').slice(0, 16),
		verify: (text, signature) => verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64')),
	};
}

function deriveArgsKey(key: KeyObject): Uint8Array {
	const secret = key.export({ type: 'pkcs8', format: 'der' });
	return new Uint8Array(hkdfSync('sha256', secret, '', 'trapgate audit arguments v1', 32));
}

function readPrivateKey(path: string): KeyObject | undefined {
	let file: ReturnType<typeof openRegular>;
	try {
		file = openRegular(path);
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw new TrapgateError('A102', `the audit key \`${path}\` can't be read: ${errorText(thrown)}`, { cause: thrown });
	}
	try {
		if (!isOurs(file.found)) throw new TrapgateError('A102', `the audit key \`${path}\` belongs to another user`);
		if ((file.found.mode & 0o077) !== 0) {
			throw new TrapgateError('A102', `others may read the audit key \`${path}\``, { help: `chmod 600 ${path}` });
		}
		const key = parsePrivateKey(path, readFileSync(file.fd, 'utf8'));
		if (key.asymmetricKeyType !== 'ed25519') throw new TrapgateError('A102', `\`${path}\` is not an Ed25519 key`);
		return key;
	} finally {
		closeSync(file.fd);
	}
}

// The parser's own message may quote the file, which is why it is not passed on.
function parsePrivateKey(path: string, pem: string): KeyObject {
	try {
		return createPrivateKey(pem);
	} catch {
		throw new TrapgateError('A102', `\`${path}\` is not a private key in PEM form`);
	}
}

/**
 * Two kernels may start at once: the whole key is written under another name first and then linked into place, which
 * only one of them can do; both read what stands there afterwards.
 */
function makeKey(path: string, random: (size: number) => Uint8Array): KeyObject {
	const { privateKey } = generateKeyPairSync('ed25519');
	const draft = `${path}.${Buffer.from(random(8)).toString('hex')}`;
	const fd = openSync(draft, 'wx', 0o600);
	try {
		try {
			const pem = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
			if (writeSync(fd, pem) !== pem.length) throw new Error('no space left for it');
			fsyncSync(fd);
		} finally {
			closeSync(fd);
		}
		linkUnlessThere(draft, path);
	} finally {
		unlinkSync(draft);
	}
	syncDirectory(dirname(path));
	const key = readPrivateKey(path);
	if (key === undefined) throw new TrapgateError('A102', `the audit key \`${path}\` vanished while it was made`);
	return key;
}

function linkUnlessThere(from: string, to: string): void {
	try {
		linkSync(from, to);
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
	}
}
