// Which names of keys, variables, flags and headers say that their value is a secret.
import { ownText } from './own-text.ts';

/** Anywhere in the name, written without separators. */
const stems =
	/passw(?:or)?d|passphrase|passcode|secret|credential|authorization|cookie|(?:api|access|private|signing|encryption|master|account|shared|ssh|deploy|session|service|auth)key|conn(?:ection)?str(?:ing)?|sessionid|mnemonic|seedphrase|recovery(?:code|phrase)|pincode|(?:key|store)pass|amzsignature|(?:api|access|auth|refresh|session|bearer|id)tokens|token$/;
/** As a whole word of the name. */
const words = new Set(['token', 'pwd', 'dsn', 'jwt', 'otp', 'totp', 'bearer', 'cvv', 'cvc', 'ssn']);
/** As a whole word too, but a plain number under such a name (`pass: 12`) is none. */
const weakWords = new Set(['pass', 'auth', 'sig']);
/** A last word that turns the name into something about a secret: `token_count`, `password-stdin`, `private_key_path`. */
const tails = new Set(['file', 'path', 'stdin', 'count', 'limit', 'type', 'policy', 'length', 'name']);

/** What a name says of its value; see {@link secrecyOf}. */
export type Secrecy = (name: string) => 'secret' | 'text' | undefined;

/** Names come from outside, so there is no end to them. */
const mostKept = 1_000;
const longestKept = 100;

/** As {@link secrecyOf}, for names that come again in call after call. */
export function rememberedSecrecy(): Secrecy {
	const known = new Map<string, ReturnType<Secrecy> | null>();
	return (name) => {
		const found = known.get(name);
		if (found !== undefined) return found ?? undefined;
		const secrecy = secrecyOf(name);
		if (name.length > longestKept) return secrecy;
		if (known.size >= mostKept) known.clear();
		known.set(ownText(name), secrecy ?? null);
		return secrecy;
	};
}

/** `secret`: every value is one; `text`: texts, lists and objects are, numbers are not; undefined: the name says nothing. */
export function secrecyOf(name: string): 'secret' | 'text' | undefined {
	const parts = name
		.normalize('NFKC')
		.slice(-200)
		.replace(/([a-z0-9])([A-Z])/g, '$1 $2')
		.toLowerCase()
		.split(/[^a-z0-9]+/)
		.filter((part) => part !== '');
	if (parts.length > 1 && tails.has(parts[parts.length - 1] ?? '')) return undefined;
	if (stems.test(parts.join('')) || parts.some((part) => words.has(part))) return 'secret';
	return parts.some((part) => weakWords.has(part)) ? 'text' : undefined;
}

/** True for names of headers whose value runs to the end of its line. */
export function isCredentialHeader(name: string): boolean {
	return /^(?:proxy-?authorization|authorization|(?:set-?)?cookie2?)$/i.test(name.replace(/^-+/, ''));
}
