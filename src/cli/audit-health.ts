// Whether the log could be written now: directory, key, free space. Changes nothing.
import { accessSync, constants, existsSync, lstatSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText } from '../abi/problem.ts';
import { readPublicKey } from '../audit/key.ts';
import { checkDirectory } from '../audit/layout.ts';

export interface AuditHealth {
	readonly directory: string;
	/** `missing`: it will be made at the first run. */
	readonly state: 'writable' | 'missing' | 'unusable';
	readonly why?: string;
	/** `missing`: it will be made at the first run. */
	readonly key: 'private' | 'missing' | 'unusable';
	readonly keyMode?: string;
	readonly keyWhy?: string;
	readonly freeBytes?: number;
}

export function lookAtAudit(directory: string, keyFile: string): AuditHealth {
	return { directory, ...directoryHealth(directory), ...keyHealth(keyFile), ...freeSpace(directory) };
}

function directoryHealth(directory: string): Pick<AuditHealth, 'state' | 'why'> {
	const isThere = existsSync(directory);
	try {
		if (isThere) checkDirectory(directory, lstatSync(directory));
		accessSync(isThere ? directory : nearestThatExists(directory), constants.W_OK | constants.X_OK);
		return { state: isThere ? 'writable' : 'missing' };
	} catch (error) {
		return { state: 'unusable', why: errorText(error) };
	}
}

function keyHealth(keyFile: string): Pick<AuditHealth, 'key' | 'keyMode' | 'keyWhy'> {
	try {
		if (readPublicKey(keyFile) === undefined) return { key: 'missing' };
		return { key: 'private', keyMode: (statSync(keyFile).mode & 0o777).toString(8).padStart(4, '0') };
	} catch (error) {
		return { key: 'unusable', keyWhy: errorText(error) };
	}
}

function freeSpace(directory: string): Pick<AuditHealth, 'freeBytes'> {
	try {
		const { bavail, bsize } = statfsSync(nearestThatExists(directory));
		return { freeBytes: bavail * bsize };
	} catch {
		// Some file systems do not say; then neither do we.
		return {};
	}
}

function nearestThatExists(path: string): string {
	return existsSync(path) || dirname(path) === path ? path : nearestThatExists(dirname(path));
}
