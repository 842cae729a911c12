// Reads one line of a log file as a record.
import { isJsonObject, type Json } from '../abi/json.ts';
import { hashOf } from './chain.ts';
import type { AuditRecord } from './record.ts';

/**
 * The record, or what is wrong with the line. Only the frame is checked: the hash vouches for the rest, and a reader
 * has to get by with records whose hash does not hold.
 */
export function asRecord(text: string | undefined): AuditRecord | string {
	if (text === undefined) return 'it is not UTF-8, or too long';
	try {
		const value: Json = JSON.parse(text);
		if (!isJsonObject(value)) return 'it is not an object';
		const { v, seq, time, run, event, prev, hash } = value;
		if (v !== 1) return `its version \`${String(v).slice(0, 20)}\` is not known`;
		const isNumbered = typeof seq === 'number' && Number.isSafeInteger(seq) && seq >= 1;
		const texts = [time, run, event, prev, hash];
		if (!isNumbered || texts.some((member) => typeof member !== 'string'))
			return 'a member every record has is missing';
		// One record has one spelling: spaces, doubled members and other escapes would let two readers see two things.
		if (JSON.stringify(value) !== text) return 'it is not spelled as the log spells records';
		return value as unknown as AuditRecord;
	} catch {
		return 'it is not JSON';
	}
}

/** True when the record's content is what its hash says. */
export function hashHolds(record: AuditRecord): boolean {
	try {
		return hashOf(record) === record.hash;
	} catch {
		// Nested deeper than anything the log writes: not ours, whatever its hash would be.
		return false;
	}
}
