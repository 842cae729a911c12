// The escapes of `$'…'`, of `echo -e` and of printf formats.

const simple: ReadonlyMap<string, string> = new Map([
	['a', '\x07'],
	['b', '\b'],
	['e', '\x1b'],
	['E', '\x1b'],
	['f', '\f'],
	['n', '\n'],
	['r', '\r'],
	['t', '\t'],
	['v', '\v'],
	['\\', '\\'],
	["'", "'"],
	['"', '"'],
	['?', '?'],
]);

/** The character or escape that starts at `at`: what it stands for, and how long it is in the source. Bash Reference Manual 3.1.2.4. */
export function decodeAnsi(source: string, at: number): { readonly text: string; readonly length: number } {
	if (source[at] !== '\\' || at + 1 >= source.length) return { text: source.charAt(at), length: 1 };
	const next = source.charAt(at + 1);
	const plain = simple.get(next);
	if (plain !== undefined) return { text: plain, length: 2 };
	const match = /^(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8}))/.exec(
		source.slice(at + 1, at + 10),
	);
	if (!match) return { text: '\\', length: 1 };
	const [all, octal, hex, short, long] = match;
	const code = octal === undefined ? Number.parseInt(hex ?? short ?? long ?? '0', 16) : Number.parseInt(octal, 8) & 255;
	return { text: code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd', length: 1 + all.length };
}

/** A whole text with its escapes decoded; undefined where the result can't be told (NUL, `\c`, bytes beyond ASCII, `\x{`). */
export function decodeEscapes(source: string): string | undefined {
	let text = '';
	for (let at = 0; at < source.length; ) {
		const next = source[at] === '\\' ? source.charAt(at + 1) : '';
		if (next === 'c' || (next === 'x' && source[at + 2] === '{')) return undefined;
		// `\0101` of echo and `%b` has one digit more than `\101`.
		const isLongOctal = next === '0' && /^[0-7]{3}/.test(source.slice(at + 2, at + 5));
		const { text: unit, length } = decodeAnsi(source, isLongOctal ? at + 1 : at);
		if (isLongOctal) {
			const code = Number.parseInt(source.slice(at + 2, at + 5), 8) & 255;
			if (code === 0 || code > 127) return undefined;
			text += String.fromCharCode(code);
			at += 5;
			continue;
		}
		if (length > 1 && (unit === '\0' || unit > '\x7f')) return undefined;
		text += unit;
		at += length;
	}
	return text;
}
