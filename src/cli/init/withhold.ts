// Keeps secrets out of the file that is written: `${env:NAME}` stands where a value looks like one.
import { redactText } from '../../audit/redact-text.ts';
import { secrecyOf } from '../../audit/secret-names.ts';
import { variableName } from './client-file.ts';
import type { NamedServer } from './driver-names.ts';

export interface Withheld {
	readonly servers: readonly NamedServer[];
	/** Name of the variable → its value; for starting the servers once, never for showing. */
	readonly values: Readonly<Record<string, string>>;
	/** Where each variable stands: `github: env GITHUB_TOKEN`. */
	readonly places: readonly { readonly variable: string; readonly driver: string; readonly place: string }[];
}

/** Rather too much than too little: a value that is no secret costs its author one `export`. */
export function withholdSecrets(servers: readonly NamedServer[]): Withheld {
	const values = new Map<string, string>();
	const places: { variable: string; driver: string; place: string }[] = [];
	/** One variable for one value: two servers with two tokens of one name need two. */
	const keep = (value: string, wanted: string, driver: string, place: string): string => {
		const names = [wanted, variableName(`${driver}_${wanted}`)];
		for (let more = 2; ; more++) {
			const name = names.shift() ?? variableName(`${driver}_${wanted}_${more}`);
			if (values.has(name) && values.get(name) !== value) continue;
			values.set(name, value);
			places.push({ variable: name, driver, place });
			return `\${env:${name}}`;
		}
	};
	const clean = servers.map((named): NamedServer => {
		const { driver, server } = named;
		if (server.kind === 'http') {
			const url = hidesInAddress(server.url)
				? keep(server.url, variableName(`${driver}_url`), driver, 'the address')
				: server.url;
			const headers = mapEntries(server.headers, (name, value) => {
				if (!isSecret(name, value)) return value;
				const [, scheme = '', rest = value] = /^((?:bearer|basic|token)\s+)(.+)$/is.exec(value) ?? [];
				const wanted = variableName(`${driver}_${scheme === '' ? name : 'token'}`);
				return `${scheme}${keep(rest, wanted, driver, `the header ${name}`)}`;
			});
			return { ...named, server: { ...server, url, headers } };
		}
		const env = mapEntries(server.env, (name, value) =>
			isSecret(name, value) ? keep(value, variableName(name), driver, `the variable ${name}`) : value,
		);
		const args = server.args.map((word, at) => {
			const place = `argument ${at + 1}`;
			const [, flag, name = '', value = ''] = /^((-{0,2}[A-Za-z][\w-]{0,60})=)(.+)$/s.exec(word) ?? [];
			if (flag !== undefined && isSecret(name, value))
				return `${flag}${keep(value, variableName(`${driver}_${name}`), driver, place)}`;
			const before = /^--?([A-Za-z][\w-]{0,60})$/.exec(server.args[at - 1] ?? '')?.[1];
			const isValue = before !== undefined && !word.startsWith('-') && saysSecret(before, word);
			if (isValue) return keep(word, variableName(`${driver}_${before}`), driver, place);
			const isTelling = literalOf(word) !== '' && (redactText(word).count > 0 || hidesInAddress(word));
			return isTelling ? keep(word, variableName(`${driver}_argument_${at + 1}`), driver, place) : word;
		});
		return { ...named, server: { ...server, args, env } };
	});
	return { servers: clean, values: Object.fromEntries(values), places };
}

function mapEntries(
	entries: Readonly<Record<string, string>>,
	change: (name: string, value: string) => string,
): Readonly<Record<string, string>> {
	return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, change(name, value)]));
}

function isSecret(name: string, value: string): boolean {
	const literal = literalOf(value);
	if (literal === '' || /^(?:true|false|yes|no|on|off)$/i.test(literal)) return false;
	return saysSecret(name, literal) || redactText(value).count > 0 || isRandom(literal) || hidesInAddress(value);
}

/** What stands in the value itself: variables are no secrets, what stands behind `:-` may be one. */
function literalOf(value: string): string {
	return value
		.replace(/\$\{[^{}]*?(?::-([^{}]*))?\}/g, (_, fallback = '') => fallback)
		.replace(/^(?:bearer|basic|token)(?:\s+|$)/i, '')
		.trim();
}

function saysSecret(name: string, value: string): boolean {
	if (literalOf(value) === '') return false;
	// `BRAVE_KEY` is one, `--ssl-key /etc/ssl/a.pem` is where one lies.
	return secrecyOf(name) !== undefined || (/(?:^|[_.-])key$/i.test(name) && !value.includes('/'));
}

/** Long, and neither words nor a version: hexadecimal, or digits among letters of both cases. */
function isRandom(text: string): boolean {
	if (!/^[\w+=.~-]{20,}$/.test(text)) return false;
	return /^[0-9a-f-]{32,}$/i.test(text) || (/\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text));
}

/** Some services hand out addresses that are a secret as a whole. */
function hidesInAddress(text: string): boolean {
	if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return false;
	if (redactText(text).count > 0) return true;
	const [, behind = ''] = /^[^:]+:\/\/[^/?#]*(.*)$/s.exec(text) ?? [];
	return behind.split(/[/?#&=]/).some((part) => isRandom(part.replace(/%3D/gi, '=')));
}
