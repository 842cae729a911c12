// Which keys of an object were already read, so that no key is read twice.

/** Above this many keys a hash beats comparing them one by one. */
const fewKeys = 16;

/** The keys of one object. With `fold`, keys that some reader would take for the same one count as the same. */
export class KeySet {
	readonly #fold: boolean;
	readonly #few: string[] = [];
	#many: Set<string> | undefined;

	constructor(fold: boolean) {
		this.#fold = fold;
	}

	/** Adds a key; false when it, or one that folds to the same text, is there already. */
	add(key: string): boolean {
		const name = this.#fold ? foldKey(key) : key;
		if (this.#many !== undefined) {
			const before = this.#many.size;
			return this.#many.add(name).size > before;
		}
		if (this.#few.includes(name)) return false;
		this.#few.push(name);
		if (this.#few.length > fewKeys) this.#many = new Set(this.#few);
		return true;
	}
}

/**
 * One text for all keys that are equal under Unicode case folding or NFC.
 *
 * Readers exist that take `Name` for `name` (Go's `encoding/json`, also `ſ` for `s` and the Kelvin sign for `k`), so
 * two such keys in one object have two readings. Lower, upper, lower covers what full case folding covers (`ẞ ß ss`).
 */
export function foldKey(key: string): string {
	if (/^[ -~]*$/.test(key)) return key.toLowerCase();
	return key.normalize('NFC').toLowerCase().toUpperCase().toLowerCase().normalize('NFC');
}

/** True only for a key that {@link foldKey} leaves as it is: plain ASCII without a capital, as nearly all keys are. */
export function isFolded(key: string): boolean {
	for (let at = 0; at < key.length; at++) {
		const code = key.charCodeAt(at);
		if (code < 0x20 || code > 0x7e || (code >= 0x41 && code <= 0x5a)) return false;
	}
	return true;
}
