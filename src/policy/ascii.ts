// Plain ASCII text has one Unicode spelling, so most comparisons need no thought about the others.

/** Character by character: most texts that a rule compares are shorter than a regex takes to start. */
export function isAscii(text: string): boolean {
	for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
	return true;
}

/**
 * True when plain ASCII tells the texts apart, so that no Unicode spelling of the rest makes one begin with the other.
 * The character after it counts too: it could be an accent.
 */
export function differInAscii(one: string, other: string): boolean {
	const end = Math.min(one.length, other.length);
	for (let at = 0; at < end; at++) {
		if (one.charCodeAt(at) === other.charCodeAt(at)) continue;
		return isPlain(one, at) && isPlain(one, at + 1) && isPlain(other, at) && isPlain(other, at + 1);
	}
	return false;
}

/** Beyond the end there is nothing that could be other than plain. */
function isPlain(text: string, at: number): boolean {
	return at >= text.length || text.charCodeAt(at) <= 0x7f;
}

/** The text in NFC. */
export function composed(text: string): string {
	return isAscii(text) ? text : text.normalize('NFC');
}
