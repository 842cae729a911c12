// Finds secrets of one kind in a text: one we know, or an author's own pattern.
import { secretKinds } from '../abi/secrets.ts';
import type { Regex } from './regex.ts';

/** UTF-16 offsets, end exclusive. */
export interface Found {
	readonly start: number;
	readonly end: number;
}

export interface Finder {
	/** The name of the kind, `custom` for an author's own pattern. */
	readonly kind: string;
	/** In no order; an empty one is none. */
	find(text: string): Iterable<Found>;
}

export const ownKind = 'custom';

/** What `detector:` may name, in the order of the reference page. */
export const detectorNames: readonly string[] = secretKinds.map(({ name }) => name);

const shortText = 1_000;

/** True where one of these kinds may be in the text. */
export function detectorGate(names: readonly string[]): (text: string) => boolean {
	const patterns = secretKinds.filter(({ name }) => names.includes(name)).flatMap((kind) => kind.patterns);
	// An engine skips to where one pattern may begin, and not to where one of many may; each look has its price, too.
	const single = patterns.map(({ source, caseless }) => new RegExp(source, caseless ? 'i' : ''));
	const joined = ['', 'i'].flatMap((flags) => {
		const sources = single.filter((pattern) => pattern.flags === flags).map(({ source }) => `(?:${source})`);
		return sources.length === 0 ? [] : [new RegExp(sources.join('|'), flags)];
	});
	return (text) => (text.length < shortText ? joined : single).some((pattern) => pattern.test(text));
}

/** Undefined when there is no detector of that name. */
export function detector(name: string): Finder | undefined {
	const kind = secretKinds.find((known) => known.name === name);
	if (kind === undefined) return undefined;
	// `d`: where a group stands.
	const patterns = kind.patterns.map(({ source, caseless, grouped }) => {
		return new RegExp(source, `g${caseless ? 'i' : ''}${grouped ? 'd' : ''}`);
	});
	return {
		kind: name,
		*find(text) {
			for (const pattern of patterns) {
				for (const match of text.matchAll(pattern)) {
					const whole: [number, number] = [match.index, match.index + match[0].length];
					const [start, end] = match.indices === undefined ? whole : (match.indices[1] ?? [0, 0]);
					if (start < end) yield { start, end };
				}
			}
		},
	};
}

/** Characters times the size of the program: some seconds. Nothing can stop a search within. */
const mostWork = 30_000_000;

/** Its search throws where the text is too long for it. */
export function ownFinder(regex: Regex): Finder {
	return {
		kind: ownKind,
		find(text) {
			// Whether there is anything to find costs little, and where it stands a lot.
			if (text.length * regex.size <= mostWork) return regex.findAll(text);
			if (!regex.matches(text)) return [];
			throw new Error(`a text of ${text.length} characters is too long to be searched for \`${regex.source}\``);
		},
	};
}
