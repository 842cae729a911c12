// Which files a text may name to one server or another, and in which spelling.
import { resolve } from 'node:path';

const longestPath = 4096;

/** Holds a `.`, a `..` or an empty segment. */
const canShrink = /\/\.{0,2}(?:\/|$)/;

export interface Places {
	readonly cwd: string;
	readonly home: string;
}

/**
 * Every way in which some server would read the text as a file's name: blanks trimmed, cut at a NUL, `~name` and `$HOME`
 * put in, the path of a URL decoded. Empty for text that is no file's name to anybody.
 */
export function fileReadings(text: string, { cwd, home }: Places): readonly string[] {
	const plain = text.trim();
	const end = plain.indexOf('\0');
	const whole = end === -1 ? plain : plain.slice(0, end);
	const readings = new Set([text, plain, whole, ...ownForms(whole, { cwd, home }), ...urlForms(whole)]);
	return [...readings].filter((reading) => reading !== '' && couldBePath(reading, cwd));
}

/** What a shell or a library that knows variables puts in. Another user's `~name` is taken for ours: nobody here knows it. */
function ownForms(text: string, { cwd, home }: Places): string[] {
	const forms = [
		text.replace(/^~[^/]*/, () => home),
		text.replace(/^\$(?:HOME\b|\{HOME\})/, () => home),
		text.replace(/^\$(?:PWD\b|\{PWD\})/, () => cwd),
		text.replace(/^\/proc\/(?:thread-)?self\/cwd(?=\/|$)/, () => cwd),
	];
	return forms.filter((form) => form !== text);
}

/** The path of a URL, whatever its scheme and host: as it stands, and with its escapes decoded. */
function urlForms(text: string): string[] {
	if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) return [];
	// What a URL parser (WHATWG) drops before it reads.
	const plain = text.replace(/[\t\n\r]/g, '');
	const path = /^[^/:]*:(?:\/\/[^/]*)?(\/[^?#]*)/.exec(plain)?.[1];
	return path === undefined ? [] : [path, decoded(path)];
}

function decoded(path: string): string {
	return path.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
		try {
			return decodeURIComponent(escapes);
		} catch {
			// Not UTF-8: no server gets a name out of it.
			return escapes;
		}
	});
}

/**
 * Anything short on one line could be a relative name; longer or broken text is content. But `.`, `..` and doubled
 * slashes are taken out first, since a server does the same before it opens anything; and a file's own name may hold a
 * line break, so an absolute path may too.
 */
function couldBePath(text: string, cwd: string): boolean {
	if (isShort(text) && (isOneLine(text) || isRooted(text))) return true;
	if (!canShrink.test(text)) return false;
	const collapsed = resolve(cwd, text);
	return isShort(collapsed) && (isOneLine(collapsed) || isRooted(text));
}

function isRooted(text: string): boolean {
	return text.startsWith('/') || text.startsWith('~');
}

function isShort(text: string): boolean {
	return text.length <= longestPath;
}

function isOneLine(text: string): boolean {
	return !/[\n\r]/.test(text);
}
