// Writes JSON values; numbers that a double would change keep their digits.
import { ExactNumber, isJsonObject, type Json } from '../abi/json.ts';

/** One line of JSON. Throws TypeError for a number JSON has no word for (NaN, Infinity). */
export function writeJson(value: Json): string {
	return needsOwnWriter(value) ? write(value) : JSON.stringify(value);
}

/** Recursive on purpose: a value that contains itself ends in a RangeError, not in a loop. */
function needsOwnWriter(value: Json): boolean {
	if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} is not JSON`);
	if (typeof value !== 'object' || value === null) return false;
	if (value instanceof ExactNumber) return true;
	// No early end: every number is looked at.
	let found = false;
	for (const child of Array.isArray(value) ? value : Object.values(value)) found = needsOwnWriter(child) || found;
	return found;
}

function write(value: Json): string {
	if (value instanceof ExactNumber) return value.source;
	if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
	if (!isJsonObject(value)) return JSON.stringify(value);
	const members = Object.entries(value).map(([key, child]) => `${JSON.stringify(key)}:${write(child)}`);
	return `{${members.join(',')}}`;
}
