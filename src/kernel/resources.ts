// Which driver a resource URI belongs to.
import { stringMember } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import type { Bank } from './bank.ts';

/**
 * The driver that lists the URI; else one with a template it fits (RFC 6570, its literal parts only); else the one
 * that lists other URIs of that scheme; else the only one that has resources. Undefined when none of this names
 * exactly one driver: a URI is never tried on several servers, or one would learn what was asked of another.
 */
export async function ownerOf(bank: Bank, uri: string): Promise<DriverName | undefined> {
	const holders = bank.ready().filter((driver) => bank.offers(driver, 'resources'));
	const resources = await bank.listed('resources');
	for (const [driver, entries] of resources) {
		if (entries.some((entry) => stringMember(entry, 'uri') === uri)) return driver;
	}
	const templates = await bank.listed('resourceTemplates');
	for (const [driver, entries] of templates) {
		if (entries.some((entry) => fits(stringMember(entry, 'uriTemplate') ?? '', uri))) return driver;
	}
	const scheme = schemeOf(uri);
	const sameScheme = holders.filter((driver) => {
		const listed = (resources.get(driver) ?? []).map((entry) => stringMember(entry, 'uri') ?? '');
		const offered = (templates.get(driver) ?? []).map((entry) => stringMember(entry, 'uriTemplate') ?? '');
		return [...listed, ...offered].some((known) => schemeOf(known) === scheme);
	});
	if (sameScheme.length === 1) return sameScheme[0];
	return holders.length === 1 ? holders[0] : undefined;
}

/** Does the address belong to the kernel, whatever it leads to? Readers of addresses drop what stands invisibly before them. */
export function isOwnUri(uri: string): boolean {
	return /^[\s\p{Cc}\p{Cf}]*trapgate:/iu.test(uri);
}

function schemeOf(uri: string): string {
	return /^[a-z][a-z0-9+.-]*(?=:)/i.exec(uri)?.[0].toLowerCase() ?? '';
}

/** True when the literal parts of the template occur in the URI in order, the first at its start and the last at its end. */
function fits(template: string, uri: string): boolean {
	if (uri === template) return true;
	const literals = template.split(/\{[^{}]*\}/);
	if (literals.length < 2) return false;
	const first = literals[0] ?? '';
	const last = literals.at(-1) ?? '';
	if (!uri.startsWith(first) || !uri.endsWith(last) || uri.length < first.length + last.length) return false;
	let position = first.length;
	for (const literal of literals.slice(1, -1)) {
		const found = uri.indexOf(literal, position);
		if (found < 0) return false;
		position = found + literal.length;
	}
	return position <= uri.length - last.length;
}
