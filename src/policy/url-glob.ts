// Globs over URLs (`any_url`, `url`) part by part, and over resource URIs as one text.
import { matchesTextGlob } from './text-glob.ts';
import { agree, anyOf, type Truth, truthOf } from './truth.ts';
import { climbs, isFileUrl, looksLikeUrl, readUrl, type UrlReading, uriReadings } from './uri.ts';

/**
 * `https://*.acme.com/api/*`, `*.acme.com`, `localhost:8080`, `acme.com/private/*`. A part that is left out matches
 * anything: scheme, port, path.
 */
export interface UrlGlob {
	readonly scheme: string;
	readonly host: string;
	readonly port: string | undefined;
	readonly path: string | undefined;
	/** For `mailto:*` and other schemes without a host. */
	readonly whole: string | undefined;
}

export function parseUrlGlob(pattern: string): UrlGlob {
	const [, scheme, rest = pattern] = /^([a-z*?][a-z0-9+.*?-]*):\/\/(.*)$/is.exec(pattern) ?? [];
	const isOpaque = /^(?:about|blob|data|javascript|mailto|news|sms|tel|urn):/i.test(pattern);
	const slash = rest.indexOf('/');
	const authority = slash === -1 ? rest : rest.slice(0, slash);
	const [, host = authority, port] = /^(.*?):(\d+|\*)$/.exec(authority) ?? [];
	return {
		scheme: (scheme ?? '*').toLowerCase(),
		host: host.toLowerCase().replace(/(.)\.$/, '$1'),
		port,
		path: slash === -1 ? undefined : rest.slice(slash),
		whole: isOpaque ? pattern : undefined,
	};
}

/**
 * Parts are compared one by one, so that `https://*.acme.com` never takes `https://evil.com/x.acme.com` for its own.
 * `unsure` when the text is a URL to somebody but can't be read, or its escapes can be read in two ways.
 */
export function urlGlobTruth(globs: readonly UrlGlob[], text: string): Truth {
	const url = readUrl(text);
	if (url === undefined) return looksLikeUrl(text) ? 'unsure' : 'no';
	return anyOf(globs, (glob) => urlTruth(glob, url));
}

function urlTruth(glob: UrlGlob, url: UrlReading): Truth {
	if (glob.whole !== undefined) return truthOf(matchesTextGlob(glob.whole, url.href));
	const { path } = glob;
	if (!matchesTextGlob(glob.scheme, url.scheme) || !matchesTextGlob(glob.host, url.host)) return 'no';
	if (glob.port !== undefined && !matchesTextGlob(glob.port, portOf(url))) return 'no';
	return path === undefined ? 'yes' : agree(url.paths, (reading) => uriGlobMatches(path, reading));
}

/**
 * A resource's URI: `*` is any run of characters, `/` included. `fileForms` are the paths a `file:` URI resolves to;
 * undefined when it can't be resolved.
 */
export function uriGlobTruth(globs: readonly string[], uri: string, fileForms: readonly string[] | undefined): Truth {
	const [text = uri, ...others] = uriReadings(uri);
	const isFile = isFileUrl(uri);
	const isLost = isFile && fileForms === undefined;
	const readings = [...(others.length > 0 ? others : [text]), ...(isFile ? (fileForms ?? []) : []).map(fileUrl)];
	const isSlippery = climbs(uri);
	return anyOf(globs, (glob) => {
		const truth = agree(readings, (reading) => uriGlobMatches(glob, reading));
		if (truth === 'yes') return isSlippery || isLost ? 'unsure' : 'yes';
		const mayMatch = uriGlobMatches(glob, text) === 'yes' || (isLost && /^(?:[*?]|file:)/i.test(glob));
		return truth === 'no' && mayMatch ? 'unsure' : truth;
	});
}

/** `/**` at the end also matches nothing, and between slashes also none: what an author of path globs expects. */
function uriGlobMatches(glob: string, text: string): Truth {
	const variants = [glob, glob.replaceAll('/**/', '/')];
	return truthOf(
		variants.some(
			(variant) =>
				matchesTextGlob(variant, text) || (variant.endsWith('/**') && matchesTextGlob(variant.slice(0, -3), text)),
		),
	);
}

function fileUrl(path: string): string {
	return `file://${path}`;
}

const ownPorts: Readonly<Record<string, string>> = { http: '80', https: '443', ws: '80', wss: '443', ftp: '21' };

function portOf(url: UrlReading): string {
	return url.port !== '' ? url.port : (ownPorts[url.scheme] ?? '');
}
