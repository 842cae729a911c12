// How one scalar is spelled, so that it can be moved to another column, or to one line, and still say the same.
import { CST } from 'yaml';

/** The lines hold no indentation of their own. */
export type ScalarText = {
	readonly value: string;
	/** On one line, whatever it was before. */
	readonly flat: string;
} & (
	| { readonly kind: 'line' }
	/** Plain or quoted, over several lines. */
	| { readonly kind: 'wrapped'; readonly lines: readonly string[] }
	/** `|` or `>`. */
	| {
			readonly kind: 'block';
			/** `|`, `>-`, `|+` … without an indentation indicator. */
			readonly header: string;
			readonly lines: readonly string[];
			readonly isFollowedByBlank: boolean;
	  }
);

/** Throws for what is no scalar. */
export function readScalarText(token: CST.Token): ScalarText {
	if (token.type === 'block-scalar') return readBlock(token);
	if (!CST.isScalar(token)) throw new TypeError(`a ${token.type} is no scalar`);
	const value = CST.resolveAsScalar(token)?.value ?? '';
	const { source } = token;
	if (!source.includes('\n')) return { kind: 'line', value, flat: inDoubleQuotes(source) };
	const lines = source.split('\n').map((line, index) => strip(line, index === 0));
	const isPlain = token.type === 'scalar' && !value.includes('\n');
	return { kind: 'wrapped', value, flat: isPlain ? value : quoted(value), lines };
}

/** Double quotes are the house's, wherever they say the same. */
function inDoubleQuotes(source: string): string {
	if (!source.startsWith("'")) return source;
	const inner = source.slice(1, -1);
	return /["\\]/.test(inner) ? source : `"${inner.replaceAll("''", "'")}"`;
}

/** Blanks around a line break are no part of the value; but a blank behind a backslash is. */
function strip(line: string, isFirst: boolean): string {
	const start = isFirst ? line : line.trimStart();
	const end = start.trimEnd();
	const isEscaped = end.length < start.length && /(?:^|[^\\])(?:\\\\)*\\$/.test(end);
	return isEscaped ? start.slice(0, end.length + 1) : end;
}

/** Text in double quotes, on one line, with nothing in it that could be read as something else. */
export function quoted(text: string): string {
	return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
	return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function readBlock(token: CST.BlockScalar): ScalarText {
	// Its faults were found when the document was read; here a block that is the whole document would look like one.
	const value = CST.resolveAsScalar(token, true, () => undefined)?.value ?? '';
	const written = token.props.find(({ type }) => type === 'block-scalar-header');
	const source = written !== undefined && 'source' in written ? written.source : '|';
	const [, digit] = /([1-9])/.exec(source) ?? [];
	const header = source.replace(/[1-9]/, '');
	const lines = token.source.split('\n');
	// The last line break ends the last line.
	if (lines.at(-1)?.trim() === '') lines.pop();
	const first = lines.find((line) => line.trim() !== '') ?? '';
	const indent = digit === undefined ? first.length - first.trimStart().length : token.indent + Number(digit);
	const content = lines.map((line) => (/^ *$/.test(line) && line.length <= indent ? '' : line.slice(indent)));
	const isKept = header.includes('+');
	let end = content.length;
	while (!isKept && end > 0 && content[end - 1] === '') end--;
	return {
		kind: 'block',
		value,
		flat: quoted(value),
		header,
		lines: content.slice(0, end),
		isFollowedByBlank: end < content.length,
	};
}
