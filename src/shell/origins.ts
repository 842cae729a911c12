// Where each character of a decoded text stands: in a word, a here-document, backquotes.
import { decodeAnsi } from './ansi.ts';
import type { Origin, Quoting } from './word.ts';

interface Tracing {
	text: string;
	readonly origins: Origin[];
}

/**
 * One origin for each UTF-16 unit of `value`, which is what `raw` says once its quotes are removed;
 * undefined when it says something else (it holds expansions). `start` is where `raw` stands.
 */
export function wordOrigins(raw: string, start: number, value: string): readonly Origin[] | undefined {
	const tracing: Tracing = { text: '', origins: [] };
	const put = (text: string, from: number, to: number, quoting: Quoting) => {
		tracing.text += text;
		for (let unit = 0; unit < text.length; unit += 1)
			tracing.origins.push({ start: start + from, end: start + to, quoting });
	};
	let at = 0;
	while (at < raw.length) {
		const unit = raw.charAt(at);
		if (unit === '\\') {
			if (raw[at + 1] !== '\n' && at + 1 < raw.length) put(raw.charAt(at + 1), at, at + 2, 'bare');
			at += 2;
		} else if (unit === "'") {
			at = traceUntilQuote(raw, at + 1, put, 'single');
		} else if (unit === '"' || (unit === '$' && raw[at + 1] === '"')) {
			at = traceDouble(raw, unit === '"' ? at + 1 : at + 2, put);
		} else if (unit === '$' && raw[at + 1] === "'") {
			at = traceAnsi(raw, at + 2, put);
		} else {
			put(unit, at, at + 1, 'bare');
			at += 1;
		}
	}
	return tracing.text === value ? tracing.origins : undefined;
}

type Put = (text: string, from: number, to: number, quoting: Quoting) => void;

function traceUntilQuote(raw: string, from: number, put: Put, quoting: Quoting): number {
	let at = from;
	for (; at < raw.length && raw[at] !== "'"; at += 1) put(raw.charAt(at), at, at + 1, quoting);
	return at + 1;
}

function traceDouble(raw: string, from: number, put: Put): number {
	let at = from;
	while (at < raw.length && raw[at] !== '"') {
		const next = raw.charAt(at + 1);
		if (raw[at] === '\\' && next !== '' && '$`"\\\n'.includes(next)) {
			if (next !== '\n') put(next, at, at + 2, 'double');
			at += 2;
		} else {
			put(raw.charAt(at), at, at + 1, 'double');
			at += 1;
		}
	}
	return at + 1;
}

function traceAnsi(raw: string, from: number, put: Put): number {
	let at = from;
	while (at < raw.length && raw[at] !== "'") {
		const { text, length } = decodeAnsi(raw, at);
		put(text, at, at + length, 'ansi');
		at += length;
	}
	return at + 1;
}

/** The body of a here-document as its reader gets it, and where each unit of it stands. */
export function heredocText(
	raw: string,
	start: number,
	terms: { readonly stripsTabs: boolean; readonly isQuoted: boolean },
): { readonly text: string; readonly origins: () => readonly Origin[] } {
	const text = traceHeredoc(raw, start, terms, undefined);
	return {
		text,
		origins: () => {
			const origins: Origin[] = [];
			traceHeredoc(raw, start, terms, origins);
			return origins;
		},
	};
}

function traceHeredoc(
	raw: string,
	start: number,
	{ stripsTabs, isQuoted }: { readonly stripsTabs: boolean; readonly isQuoted: boolean },
	origins: Origin[] | undefined,
): string {
	const units: string[] = [];
	const quoting = isQuoted ? 'literal' : 'heredoc';
	let isAtStart = true;
	for (let at = 0; at < raw.length; at += 1) {
		const unit = raw.charAt(at);
		if (stripsTabs && isAtStart && unit === '\t') continue;
		isAtStart = unit === '\n';
		const next = raw.charAt(at + 1);
		const isEscape = !isQuoted && unit === '\\' && next !== '' && '$`\\\n'.includes(next);
		if (isEscape && next !== '\n') {
			units.push(next);
			origins?.push({ start: start + at, end: start + at + 2, quoting });
		} else if (!isEscape) {
			units.push(unit);
			origins?.push({ start: start + at, end: start + at + 1, quoting });
		}
		if (isEscape) at += 1;
	}
	return units.join('');
}

/** Where the text inside backquotes stands once its backslashes are removed; undefined when the parser read it otherwise. */
export function backquoteOrigins(raw: string, start: number, decoded: string): readonly Origin[] | undefined {
	const origins: Origin[] = [];
	let at = 0;
	for (let unit = 0; unit < decoded.length; unit += 1) {
		while (raw[at] === '\\' && raw[at + 1] === '\n' && decoded[unit] !== '\\') at += 2;
		const length = raw[at] === '\\' && raw[at + 1] === decoded[unit] && '$`\\"'.includes(raw.charAt(at + 1)) ? 2 : 1;
		if (raw[at + length - 1] !== decoded[unit]) return undefined;
		origins.push({ start: start + at, end: start + at + length, quoting: 'backquote' });
		at += length;
	}
	return origins;
}
