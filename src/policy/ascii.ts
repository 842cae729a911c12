// Plain ASCII text has one Unicode spelling, so most comparisons need no thought about the others.

/** Character by character: most texts that a rule compares are shorter than a regex takes to start. */
export function isAscii(text: string): boolean {
	for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
	return true;
}

/** The text in NFC. */
export function composed(text: string): string {
	return isAscii(text) ? text : text.normalize('NFC');
}
