// What a URI says, however it is spelled: the readings a careful and a careless server may take from it.

/** A URL as rules see it. */
export interface UrlReading {
	/** Without the colon. */
	readonly scheme: string;
	/** Lowercase, punycode, without a trailing dot; empty when there is none. */
	readonly host: string;
	/** Empty when it is the scheme's own. */
	readonly port: string;
	/** Path and query as the server sees them: percent-encoded, and decoded. */
	readonly paths: readonly string[];
	readonly href: string;
}

const scheme = /^[a-z][a-z0-9+.-]*:/i;

/** True for text that some program would open as a URL. */
export function looksLikeUrl(text: string): boolean {
	const plain = stripped(text);
	return scheme.test(plain) || plain.startsWith('//') || plain.startsWith('\\\\');
}

export function isFileUrl(text: string): boolean {
	return /^file:/i.test(stripped(text));
}

/** Undefined when it is none. Text without a scheme is read as a browser's address bar would. */
export function readUrl(text: string): UrlReading | undefined {
	const plain = stripped(text);
	const full =
		scheme.test(plain) && !/^[\w.-]+:\d+(?:[/?#]|$)/.test(plain) ? plain : `https://${plain.replace(/^[/\\]{2}/, '')}`;
	if (!URL.canParse(full)) return undefined;
	const url = new URL(full);
	const path = url.pathname + url.search;
	return {
		scheme: url.protocol.slice(0, -1),
		host: url.hostname.toLowerCase().replace(/\.$/, ''),
		port: url.port,
		paths: [...new Set([path, ...decodings(path)])],
		href: url.href,
	};
}

/**
 * Every reading of a resource URI: normalised, with its escapes decoded once and twice, and without its fragment, which
 * names a part of the same resource (RFC 3986). The text itself comes first.
 */
export function uriReadings(uri: string): readonly string[] {
	const href = URL.canParse(uri) ? new URL(uri).href : uri;
	const hash = href.indexOf('#');
	const whole = hash === -1 ? href : href.slice(0, hash);
	return [uri, ...new Set([href, ...decodings(href), whole, ...decodings(whole)])];
}

/** Dot segments survive in schemes that a URL parser does not know, so a server may climb where a rule saw none. */
export function climbs(uri: string): boolean {
	return [uri, ...decodings(uri)].some((text) => /(?:^|[/\\:])\.{1,2}(?:$|[/\\?#])/.test(text));
}

function decodings(text: string): string[] {
	const found: string[] = [];
	let current = text;
	for (let depth = 0; depth < 2; depth++) {
		const next = decode(current);
		if (next === current) break;
		found.push(next);
		current = next;
	}
	return found;
}

function decode(text: string): string {
	return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
		try {
			return decodeURIComponent(escapes);
		} catch {
			// Not UTF-8: the escapes stay, as a strict server would leave them.
			return escapes;
		}
	});
}

/** What a URL parser (WHATWG) drops before it reads. */
function stripped(text: string): string {
	return text.replace(/[\t\n\r]/g, '').replace(/^[\0- ]+|[\0- ]+$/g, '');
}
