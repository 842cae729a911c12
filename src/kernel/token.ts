// The bearer token of the HTTP front: made once, readable by its owner only.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { makeDirectory } from '../audit/make-directory.ts';

/** 256 bits, base64url. Made on first use with mode 0600; two kernels that start together agree on one. Throws K105. */
export function readOrMakeToken(path: string, random: (bytes: number) => Uint8Array): string {
	try {
		makeDirectory(dirname(path));
		const token = Buffer.from(random(32)).toString('base64url');
		// `wx` fails when somebody else made it first; then theirs is the token.
		writeFileSync(path, `${token}\n`, { mode: 0o600, flag: 'wx' });
		return token;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(path, error);
	}
	const token = readFileSync(path, 'utf8').trim();
	if (!/^[A-Za-z0-9_-]{43}$/.test(token)) throw unusable(path, 'it holds no token');
	return token;
}

function unusable(path: string, why: unknown): TrapgateError {
	return new TrapgateError('K105', `the token file \`${path}\` can't be used: ${errorText(why)}`, {
		cause: why,
		help: 'delete it to get a new token, or make its directory writable',
	});
}
