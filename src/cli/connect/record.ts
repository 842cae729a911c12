// What `connect` wrote, and what stood there before: kept where an agent can't write, so that the undo is exact.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorText, TrapgateError } from '../../abi/problem.ts';
import { makeDirectory } from '../../audit/make-directory.ts';
import { createFile } from '../create-file.ts';
import { replaceFile } from '../replace-file.ts';
import type { ClientId } from './clients.ts';
import type { Done } from './parts.ts';

export interface FileRecord {
	readonly path: string;
	/** The whole text from before; null where there was no file. */
	readonly before: string | null;
	/** The whole text that was written. */
	readonly after: string;
	readonly done: readonly Done[];
	/** Directories that were made for it, the outermost first. */
	readonly made: readonly string[];
}

export interface ClientRecord {
	readonly version: 1;
	readonly client: ClientId;
	readonly files: readonly FileRecord[];
}

/** One for each client and place. */
export function recordFile(state: string, client: ClientId, files: readonly string[]): string {
	const hash = createHash('sha256').update(files.join('\0')).digest('hex').slice(0, 16);
	return join(state, 'clients', `${client}-${hash}.json`);
}

/** Undefined where there is none. Throws C106 for one that can't be read. */
export function readRecord(file: string): ClientRecord | undefined {
	try {
		const record = JSON.parse(readFileSync(file, 'utf8')) as ClientRecord;
		if (record.version === 1 && Array.isArray(record.files)) return record;
		throw new Error('it is of another version');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw new TrapgateError('C106', `what was connected can't be read in \`${file}\`: ${errorText(error)}`, {
			help: 'its texts are the backups; put them back by hand, then delete it',
		});
	}
}

/** Before anything is written elsewhere. Throws C105; then what was there is there. */
export function saveRecord(file: string, record: ClientRecord, old: ClientRecord | undefined): void {
	const text = recordText(record);
	try {
		makeDirectory(join(file, '..'));
	} catch (error) {
		throw new TrapgateError('C105', `\`${file}\` can't be written: ${errorText(error)}`, {
			cause: error,
			help: 'nothing was changed',
		});
	}
	if (old !== undefined) replaceFile(file, Buffer.from(recordText(old)), text);
	// A client's settings hold tokens as often as not.
	else if (!createFile(file, text, 0o600))
		throw new TrapgateError('C105', `\`${file}\` was just written by somebody else`, {
			help: 'nothing was changed; try again',
		});
}

export function dropRecord(file: string): void {
	rmSync(file, { force: true });
}

function recordText(record: ClientRecord): string {
	return `${JSON.stringify(record, null, '\t')}\n`;
}
