// Cuts a text where it hurts least: behind a line, else between two characters; lengths are those it has inside JSON.

/** How long `text` is between the quotes of a JSON string, in UTF-16 units. */
export function lengthInJson(text: string): number {
	return JSON.stringify(text).length - 2;
}

/** Where the longest beginning of `text` ends that takes at most `room` in JSON, counted from `start`. */
export function endOfHead(text: string, room: number, start = 0): number {
	let end = start;
	for (let left = room; end < text.length; end++) {
		left -= lengthAt(text, end);
		if (left < 0) break;
	}
	if (end === text.length || end === start) return end;
	// A line's end gives up a quarter of the room at most.
	// Only that quarter is searched: in a long text of one line, each page would look through all before it.
	const least = start + Math.ceil((end - start) * 0.75);
	const line = text.slice(least - 1, end).lastIndexOf('\n');
	if (line >= 0) return least + line;
	while (end > start && splits(text, end)) end--;
	return end;
}

/** Where the longest end of `text` begins that takes at most `room` in JSON. */
export function startOfTail(text: string, room: number): number {
	let start = text.length;
	for (let left = room; start > 0; start--) {
		left -= lengthAt(text, start - 1);
		if (left < 0) break;
	}
	if (start === 0) return start;
	const most = text.length - Math.ceil((text.length - start) * 0.75);
	const line = text.slice(start, most).indexOf('\n');
	if (line >= 0) return start + line + 1;
	while (start < text.length && splits(text, start)) start++;
	return start;
}

/**
 * The text in pages of at most `room` in JSON each; joined, they are the text. `room` is 64 at least, which takes
 * everything that may not be parted. `partAt` says where a page must end early because of how it begins.
 */
export function pagesOf(text: string, room: number, partAt?: (page: string) => number | undefined): readonly string[] {
	const pages: string[] = [];
	for (let start = 0; start < text.length; ) {
		const page = text.slice(start, Math.max(endOfHead(text, room, start), start + 1));
		const whole = page.slice(0, partAt?.(page));
		pages.push(whole);
		start += whole.length;
	}
	return pages.length === 0 ? [''] : pages;
}

/** `\u001b` */
const longestUnit = 6;

/** What one UTF-16 unit takes in JSON, as `JSON.stringify` writes it. */
function lengthAt(text: string, index: number): number {
	const code = text.charCodeAt(index);
	if (code === 0x22 || code === 0x5c) return 2;
	if (code < 0x20) return code === 0x0b || code < 0x08 || code > 0x0d ? longestUnit : 2;
	return isSurrogate(code) && !isPaired(text, index, code) ? longestUnit : 1;
}

function isSurrogate(code: number): boolean {
	return code >= 0xd800 && code <= 0xdfff;
}

function isHigh(code: number): boolean {
	return code >= 0xd800 && code <= 0xdbff;
}

function isLow(code: number): boolean {
	return code >= 0xdc00 && code <= 0xdfff;
}

function isPaired(text: string, index: number, code: number): boolean {
	return isHigh(code) ? isLow(text.charCodeAt(index + 1)) : isHigh(text.charCodeAt(index - 1));
}

/** Would a cut before `index` part what belongs together: a surrogate pair, CR LF, or an escape of JSON that the text quotes? */
function splits(text: string, index: number): boolean {
	const [before, after] = [text.charCodeAt(index - 1), text.charCodeAt(index)];
	if (isHigh(before) && isLow(after)) return true;
	if (before === 0x0d && after === 0x0a) return true;
	const begun = /\\+(?:u[0-9a-fA-F]{0,3})?$/.exec(text.slice(Math.max(0, index - longestBackslashes), index))?.[0];
	return begun !== undefined && (begun.lastIndexOf('\\') + 1) % 2 === 1;
}

/** More backslashes in a row than this are no escape of anything. */
const longestBackslashes = 40;
