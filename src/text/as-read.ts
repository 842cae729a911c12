// A text as its reader takes it: escapes undone and what nobody sees left out, with the way back to where it stood.

export interface Reading {
	readonly text: string;
	/** Where a part of the reading stands in the text that was written, what nobody sees within it included. */
	origin(start: number, end: number): { readonly start: number; readonly end: number };
}

/** What is read as something else than it is written. */
const written = new RegExp(
	[
		// terminal sequences: colours, links, cursor moves
		'\\u001b(?:\\[[0-?]{0,64}[ -/]{0,8}[@-~]|\\][^\\u0007\\u001b]{0,2048}(?:\\u0007|\\u001b\\\\)|[ -~])',
		// control and invisible characters
		'(?:[^\\P{Cc}\\t\\n\\r\\u001b]|\\p{Cf}|\\p{Default_Ignorable_Code_Point})+|\\u001b',
		// escapes of JSON and of programs, within one another too
		'\\\\{1,8}(?:u00[0-7][0-9A-Fa-f]|x[0-7][0-9A-Fa-f]|[nrt"\'`/])',
		// percent encoding
		'%(?:25){0,4}[2-7][0-9A-Fa-f]',
	].join('|'),
	'gu',
);

const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Undefined when the text is read as it is written. */
export function asRead(text: string): Reading | undefined {
	if (text.search(written) < 0) return undefined;
	const pieces: string[] = [];
	// Where each piece begins in the reading and in the text; a piece that was read otherwise is one character or none.
	const readAt: number[] = [];
	const writtenAt: number[] = [];
	const lengths: number[] = [];
	let length = 0;
	const add = (piece: string, at: number, writtenLength: number) => {
		if (piece === '') return;
		pieces.push(piece);
		readAt.push(length);
		writtenAt.push(at);
		lengths.push(writtenLength);
		length += piece.length;
	};
	let done = 0;
	for (const { 0: whole, index } of text.matchAll(written)) {
		add(text.slice(done, index), done, index - done);
		add(meantBy(whole), index, whole.length);
		done = index + whole.length;
	}
	add(text.slice(done), done, text.length - done);
	const pieceAt = (position: number) => lastNotAfter(readAt, position);
	return {
		text: pieces.join(''),
		origin(start, end) {
			const [first, last] = [pieceAt(start), pieceAt(end - 1)];
			const place = (piece: number, position: number) => {
				const isAsWritten = lengths[piece] === pieces[piece]?.length;
				return (writtenAt[piece] ?? 0) + (isAsWritten ? position - (readAt[piece] ?? 0) : 0);
			};
			const isAsWritten = lengths[last] === pieces[last]?.length;
			const lastEnd = isAsWritten ? place(last, end - 1) + 1 : (writtenAt[last] ?? 0) + (lengths[last] ?? 0);
			return { start: place(first, start), end: lastEnd };
		},
	};
}

/** The character that an escape stands for; nothing for what nobody sees. */
function meantBy(whole: string): string {
	if (!whole.startsWith('\\') && !whole.startsWith('%')) return '';
	const code = /(?:u00|x|%(?:25){0,4})([0-7][0-9A-Fa-f])$/.exec(whole)?.[1];
	if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
	const letter = whole.at(-1) ?? '';
	return letters[letter] ?? letter;
}

/** The index of the last entry of a rising list that is at most `value`. */
function lastNotAfter(rising: readonly number[], value: number): number {
	let low = 0;
	let high = rising.length - 1;
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if ((rising[middle] ?? 0) <= value) low = middle;
		else high = middle - 1;
	}
	return low;
}
