// The hosts that a sandbox may reach, and whether one that is asked for is among them.
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { TrapgateError } from '../abi/problem.ts';

/** A host and port as they are compared: lower case, punycode, no final dot; an address in its one spelling, without brackets. */
export interface Endpoint {
	readonly host: string;
	readonly port: number;
}

export interface AllowedHosts {
	has(endpoint: Endpoint): boolean;
}

/** Without a port in the list, these two. */
const usualPorts: readonly number[] = [80, 443];

/**
 * `api.example.com`, `*.example.com` (every name below it, at any depth, not itself), an address, each with or without
 * `:port`. Throws a TrapgateError that names the first entry that is none of these.
 */
export function allowedHosts(entries: readonly string[]): AllowedHosts {
	const parsed = entries.map(parseEntry);
	return {
		has: ({ host, port }) =>
			parsed.some(({ name, suffix, ports }) => {
				if (!ports.includes(port)) return false;
				return suffix === undefined ? host === name : host.endsWith(suffix) && host.length > suffix.length;
			}),
	};
}

interface Entry {
	readonly name: string | undefined;
	/** `.example.com` */
	readonly suffix: string | undefined;
	readonly ports: readonly number[];
}

function parseEntry(text: string): Entry {
	const isWildcard = text.startsWith('*.');
	// What a person writes in other letters is written in punycode on the wire.
	const plain = isWildcard ? text.slice(2) : text;
	const [, name = plain, port] = /^([^[\]:]*)(:\d+)?$/.exec(plain) ?? [];
	const ascii = /^[^[\]:]+$/.test(name) && !/^[\x20-\x7e]+$/.test(name) ? domainToASCII(name) + (port ?? '') : plain;
	const endpoint = parseEndpoint(ascii);
	if (endpoint === undefined || (isWildcard && isIP(endpoint.host) !== 0)) {
		throw new TrapgateError('D101', `\`${text}\` is no host that a sandbox can be allowed to reach`, {
			help: 'write a name (`api.example.com`), all names below one (`*.example.com`) or an address, with or without `:port`',
		});
	}
	return {
		name: isWildcard ? undefined : endpoint.host,
		suffix: isWildcard ? `.${endpoint.host}` : undefined,
		ports: endpoint.port === undefined ? usualPorts : [endpoint.port],
	};
}

/**
 * Reads `host`, `host:port`, `[::1]:port`. Undefined for anything that could be read in two ways: userinfo, a zone, percent
 * signs, other letters than ASCII, empty labels, a port of 0.
 */
export function parseEndpoint(text: string): { readonly host: string; readonly port: number | undefined } | undefined {
	const found = /^(?:\[(?<ipv6>[0-9a-f:.]{2,45})\]|(?<name>[a-z0-9._-]{1,254}))(?::(?<port>\d{1,5}))?$/i.exec(text);
	if (found === null) return undefined;
	const { ipv6, name = '', port } = found.groups ?? {};
	const number = port === undefined ? undefined : Number(port);
	if (number === 0 || (number !== undefined && number > 65535)) return undefined;
	const host = ipv6 === undefined ? canonicalName(name.toLowerCase()) : canonicalIpv6(ipv6);
	return host === undefined ? undefined : { host, port: number };
}

function canonicalName(name: string): string | undefined {
	const bare = name.endsWith('.') ? name.slice(0, -1) : name;
	if (!bare.split('.').every((label) => label.length >= 1 && label.length <= 63)) return undefined;
	if (isIP(bare) === 4) return bare;
	// `2130706433` and `0x7f.1` are addresses, too, for whoever resolves them.
	return /^(\d+|0x[0-9a-f]*)$/.test(bare.slice(bare.lastIndexOf('.') + 1)) ? undefined : bare;
}

function canonicalIpv6(text: string): string | undefined {
	return isIP(text) === 6 ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : undefined;
}
