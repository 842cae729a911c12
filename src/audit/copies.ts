// Reads the copied checkpoints: what the chains are held against.
import { isSignedBy } from './checkpoint.ts';
import type { Findings } from './findings.ts';
import type { PublicKey } from './key.ts';
import { type Line, LineSource } from './lines.ts';
import { asRecord, hashHolds } from './parse.ts';
import type { AuditRecord } from './record.ts';

/** For each run, which hash the record with that number must have. */
export type Copies = Map<string, Map<number, string>>;

export interface LastCopy {
	readonly run: string;
	readonly seq: number;
	readonly time: string;
}

/** Adds the trustworthy lines of a file to `copies`; the others become findings. A file that is not there adds none. */
export async function readCopies(
	path: string,
	key: PublicKey | undefined,
	copies: Copies,
	findings: Findings,
): Promise<LastCopy | undefined> {
	const lines = new LineSource(path);
	let last: LastCopy | undefined;
	try {
		for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
			const copy = line.text === '' ? undefined : trusted(line, path, key, findings);
			if (copy === undefined) continue;
			const { run, seq, hash, time } = copy;
			const ofRun = copies.get(run) ?? new Map<number, string>();
			copies.set(run, ofRun.set(seq, hash));
			last = { run, seq, time };
		}
		if (lines.restBytes > 0) findings.add('torn', 'warning', 'the last copied checkpoint is not whole', { file: path });
	} catch (thrown) {
		findings.unreadable(path, thrown);
	}
	return last;
}

/** The checkpoint on a line, or undefined with a finding. */
function trusted(line: Line, path: string, key: PublicKey | undefined, findings: Findings): AuditRecord | undefined {
	const record = asRecord(line.text);
	if (typeof record === 'string') {
		// A kernel that was stopped leaves half a line; a line somebody changed shows in what later runs say of this file.
		findings.add('torn', 'warning', `a copied checkpoint is not whole: ${record}`, { file: path, line: line.number });
		return undefined;
	}
	const about = { file: path, line: line.number, run: record.run, seq: record.seq };
	if (record.event !== 'checkpoint' || !hashHolds(record)) {
		findings.add('edited', 'error', 'a copied checkpoint was changed', about);
	} else if (key !== undefined && record.key !== key.id) {
		const by = String(record.key).slice(0, 40);
		findings.add('unknown_key', 'error', `a copied checkpoint is signed with another key (${by})`, about);
	} else if (key !== undefined && !isSignedBy(record, key)) {
		findings.add('bad_signature', 'error', 'a copied checkpoint has a signature that does not hold', about);
	} else {
		return record;
	}
	return undefined;
}
