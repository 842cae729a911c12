// Who may knock: Host, Origin and the headers every request needs, judged before anything else is read.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

export interface GuardOptions {
	/** The address we listen on. */
	readonly host: string;
	/** Further names clients reach us by, with or without a port. */
	readonly allowedHosts?: readonly string[];
	/** Web origins that may call us although they are not on an allowed host: `https://app.example`. */
	readonly allowedOrigins?: readonly string[];
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** What is wrong with Host or Origin; undefined when nothing is. */
export function checkOrigin(
	{ host: named, origin }: IncomingHttpHeaders,
	isAllowedHost: (header: string) => boolean,
	options: GuardOptions,
): string | undefined {
	// A web page whose own name was made to point at us (DNS rebinding) arrives with that name in Host.
	if (!isAllowedHost(named ?? '')) return 'this Host is not allowed';
	// Programs send no Origin; browsers do, and `null` is what they send for pages they do not trust themselves.
	if (origin === undefined || options.allowedOrigins?.includes(origin)) return undefined;
	const host = /^https?:\/\/([^/]+)$/.exec(origin)?.[1];
	return isAllowedHost(host ?? '') ? undefined : 'this Origin is not allowed';
}

/** Is this Host, or the host of an Origin, one of ours? */
export function isAllowedHost(header: string, { host, allowedHosts = [] }: GuardOptions): boolean {
	const name = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?$/.exec(header.toLowerCase())?.[1];
	if (name === undefined) return false;
	const allowed = allowedHosts.map((each) => each.toLowerCase());
	if (allowed.includes(name) || allowed.includes(header.toLowerCase())) return true;
	if (isLoopback(host)) return loopbackNames.includes(name);
	// An address is not a name: it can't be rebound.
	return isIP(name.replace(/^\[|\]$/g, '')) !== 0;
}

function isLoopback(host: string): boolean {
	return host === 'localhost' || host === '::1' || /^127(?:\.[0-9]{1,3}){3}$/.test(host);
}

/** Headers of which a proxy before us could take another one than we do. */
const singleHeaders: ReadonlySet<string> = new Set([
	...['host', 'origin', 'authorization', 'content-type', 'content-length', 'content-encoding', 'last-event-id'],
]);

/** The first header that stands twice and has one reading only when it stands once; `rawHeaders` is name, value, name, value … */
export function repeatedHeader({ rawHeaders: raw, headers }: IncomingMessage): string | undefined {
	// Here every name stands once, whatever came.
	if (Object.keys(headers).length * 2 === raw.length) return undefined;
	const seen = new Set<string>();
	for (let at = 0; at < raw.length; at += 2) {
		const name = (raw[at] ?? '').toLowerCase();
		// MCP's own are compared with the body, `Mcp-Param-*` too: whoever routes by them may take the first, or the last.
		if (!singleHeaders.has(name) && !name.startsWith('mcp-')) continue;
		if (seen.has(name)) return name;
		seen.add(name);
	}
	return undefined;
}

/** How many verdicts over headers are remembered, and of how long ones. */
const mostRemembered = 64;
const longestRemembered = 256;

/** Answers as `judge` does, and remembers it: one client sends the same headers each time. */
export function remembering<Verdict>(judge: (header: string) => Verdict): (header: string) => Verdict {
	const known = new Map<string, Verdict>();
	return (header) => {
		const before = known.get(header);
		if (before !== undefined) return before;
		const verdict = judge(header);
		if (known.size >= mostRemembered) known.clear();
		if (header.length <= longestRemembered) known.set(header, verdict);
		return verdict;
	};
}

/** The token of `Authorization: Bearer …`. */
export function bearerToken(authorization: string | undefined): string | undefined {
	return /^bearer +([^\s]+) *$/i.exec(authorization ?? '')?.[1];
}

/** Does an Accept header allow this media type? */
export function accepts(header: string, type: string): boolean {
	const [family] = type.split('/');
	return header.split(',').some((range) => {
		const [name, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
		const isRefused = parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
		return !isRefused && (name === type || name === `${family}/*` || name === '*/*');
	});
}

/** Does this Content-Type say JSON in UTF-8? */
export function isPlainJson(header: string): boolean {
	const [type, ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
	const charset = parameters.find((parameter) => parameter.startsWith('charset='));
	return type === 'application/json' && (charset === undefined || /^charset="?utf-8"?$/.test(charset));
}

/** Is a body sent as it is? */
export function isUnencoded({ 'content-encoding': encoding = 'identity' }: IncomingHttpHeaders): boolean {
	return encoding.toLowerCase() === 'identity';
}
