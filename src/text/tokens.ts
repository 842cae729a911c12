// What a YAML text may not contain, seen in its tokens, before anything recursive touches it.
import { type CST, Lexer, Parser } from 'yaml';

/** A span of the text and what is wrong with it. */
export interface RefusedSpan {
	readonly start: number;
	readonly end: number;
	readonly message: string;
	readonly help: string;
}

const deepest = 64;
/** In keys, entries and commas: more than a megabyte of rules has. */
const mostParts = 300_000;

export type Tokens =
	| { readonly ok: true; readonly tokens: readonly CST.Token[] }
	| { readonly ok: false; readonly fault: { readonly start: number; readonly end: number; readonly message: string } }
	| { readonly ok: false; readonly refused: RefusedSpan };

/**
 * Reads the tokens, and stops at the first that stands nowhere or nests too deep: of those a hostile file has half a
 * million. The parser keeps its own stack; 2 KB of brackets can end a Node 20 process inside the composer, which doesn't.
 */
export function readTokens(text: string): Tokens {
	const parser = new Parser();
	const tokens: CST.Token[] = [];
	const keep = (found: Iterable<CST.Token>) => {
		for (const token of found) {
			tokens.push(token);
			if (token.type === 'error') return token;
		}
		return undefined;
	};
	for (const lexeme of new Lexer().lex(text)) {
		const stray = keep(parser.next(lexeme));
		if (stray !== undefined) return { ok: false, fault: faultOf(stray) };
		// The document and the scalar in the middle are no levels.
		if (parser.stack.length > deepest + 2) return { ok: false, refused: tooDeep(parser.offset) };
	}
	const stray = keep(parser.end());
	return stray === undefined ? { ok: true, tokens } : { ok: false, fault: faultOf(stray) };
}

function faultOf({ offset, source, message }: Extract<CST.Token, { type: 'error' }>) {
	return { start: offset, end: offset + source.length, message };
}

function tooDeep(offset: number): RefusedSpan {
	const message = `nested deeper than ${deepest} levels`;
	return {
		start: offset,
		end: offset + 1,
		message,
		help: 'a policy never needs this; look for stray brackets or dashes',
	};
}

/**
 * Finds every feature a policy has no use for (anchors, aliases, tags, directives, further documents), depth beyond 64,
 * and more parts than a policy can have. The walk keeps its own stack, too.
 */
export function findRefused(tokens: readonly CST.Token[]): RefusedSpan[] {
	const refused: RefusedSpan[] = [];
	let documents = 0;
	let parts = 0;
	const stack: { token: CST.Token; depth: number }[] = [];
	for (const token of tokens) {
		if (token.type === 'directive')
			refused.push(spanOf(token, 'YAML directives are not read here', 'delete this line'));
		if (token.type === 'document' && ++documents === 2) {
			refused.push(
				spanOf(token.start[0] ?? token, 'a second YAML document starts here', 'put it in a file of its own'),
			);
		}
		stack.push({ token, depth: 0 });
	}
	for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
		const { token, depth } = next;
		if (depth > deepest) return [tooDeep(token.offset)];
		if (token.type === 'alias') refused.push(refusalOf(token));
		if ('start' in token && Array.isArray(token.start)) refuseProperties(token.start, refused);
		if ('props' in token) refuseProperties(token.props, refused);
		if ('value' in token && token.value) stack.push({ token: token.value, depth: depth + 1 });
		if (!('items' in token)) continue;
		for (const { start } of token.items) parts += 1 + start.filter(({ type }) => type === 'comma').length;
		if (parts > mostParts)
			return [spanOf(token, 'too many keys and entries for one file', 'split it into several policy files')];
		for (const item of token.items) {
			refuseProperties(item.start, refused);
			if (item.sep) refuseProperties(item.sep, refused);
			if (item.key) stack.push({ token: item.key, depth: depth + 1 });
			if (item.value) stack.push({ token: item.value, depth: depth + 1 });
		}
	}
	return refused.sort((a, b) => a.start - b.start);
}

function refuseProperties(tokens: readonly CST.Token[], into: RefusedSpan[]): void {
	for (const token of tokens) if (token.type === 'anchor' || token.type === 'tag') into.push(refusalOf(token));
}

function refusalOf(token: CST.Token): RefusedSpan {
	const text = 'source' in token ? shorten(token.source) : '';
	if (token.type === 'tag') return spanOf(token, `tag \`${text}\` is not allowed`, 'write the plain value');
	const what = token.type === 'alias' ? 'alias' : 'anchor';
	return spanOf(token, `${what} \`${text}\` is not allowed`, 'write the value out, or name a list under `lists`');
}

function spanOf(token: CST.Token, message: string, help: string): RefusedSpan {
	const length = 'source' in token ? token.source.length : 1;
	return { start: token.offset, end: token.offset + Math.max(1, length), message, help };
}

function shorten(text: string): string {
	return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
