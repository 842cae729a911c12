// What one run of the peers' bench found, as it is kept in measured.json, and whether that is what was asked for.
import type { Speed } from './speed.ts';

export interface Figures extends Speed {
	/** From the start of the process to the first list of tools that has them in it. */
	readonly startMs: number;
	/** Of all processes but the driver's, before the calls. */
	readonly idleMb: number;
	/** The same after the calls. */
	readonly endMb: number;
}

export interface Row {
	readonly name: string;
	readonly version?: string;
	readonly is: 'trapgate' | 'peer' | 'other';
	readonly outcome:
		| {
				readonly kind: 'measured';
				/** Medians over the rounds. */
				readonly figures: Figures;
				/** Trapgate's figures, divided by these: medians over the rounds, each divided within its round. */
				readonly trapgate: Figures;
		  }
		| { readonly kind: 'lacking' | 'failed'; readonly why: string };
}

export const sections = ['stdio', 'http', 'remote'] as const;
export type Section = (typeof sections)[number];

export interface Measured {
	readonly machine: { readonly cores: number; readonly node: string; readonly system: string };
	readonly rounds: number;
	/** How much of the machine's processor time others used meanwhile: 0 to 1. */
	readonly foreign: number;
	readonly sections: Readonly<Record<Section, readonly Row[]>>;
}

export interface Bar {
	readonly asked: string;
	readonly measured: string;
	readonly verdict: 'reached' | 'not reached' | 'not known';
}

type Name = keyof Figures;

/** More is better of one figure only. */
const isMoreBetter = (name: Name) => name === 'perSecond';

export const relayName = 'a Node byte relay';

/** Each thing that was asked for, in order. */
export function barsOf({ sections: { stdio, http, remote } }: Measured): readonly Bar[] {
	const relay = stdio.find(({ name }) => name === relayName);
	const peers = [...stdio, ...http, ...remote].filter(({ is }) => is === 'peer');
	return [
		against(relay, 'aloneUs', 1.3, 'stdio: a call alone takes at most 1.3 of the relay’s time'),
		against(relay, 'perSecond', 0.5, 'stdio: 32 in flight, at least 0.5 of the relay’s calls a second'),
		against(relay, 'largeUs', 1.3, 'stdio: a result of 1 MiB takes at most 1.3 of the relay’s time'),
		nearest(
			http.filter(({ is }) => is === 'peer'),
			'aloneUs',
			0.6,
			'HTTP: a call alone takes at most 0.6 of the best peer’s time',
		),
		nearest(peers, 'aloneUs', 1, 'a call alone: ahead of every peer'),
		nearest(peers, 'perSecond', 1, 'calls a second: ahead of every peer'),
		nearest(peers, 'startMs', 1, 'start: ahead of every peer'),
		nearest(peers, 'idleMb', 1, 'memory before the calls: ahead of every peer'),
		nearest(peers, 'endMb', 1, 'memory after the calls: ahead of every peer'),
	];
}

function against(row: Row | undefined, name: Name, bar: number, asked: string): Bar {
	if (row?.outcome.kind !== 'measured') return { asked, measured: 'was not measured', verdict: 'not known' };
	return verdict(asked, name, bar, row.outcome.trapgate[name], '');
}

/** Against the peer that is the hardest to beat. One that is not there can't be called beaten. */
function nearest(peers: readonly Row[], name: Name, bar: number, asked: string): Bar {
	const ratios = peers.flatMap(({ name: whose, outcome }) =>
		outcome.kind === 'measured' ? [{ whose, ratio: outcome.trapgate[name] }] : [],
	);
	ratios.sort((one, other) => (isMoreBetter(name) ? one.ratio - other.ratio : other.ratio - one.ratio));
	const [hardest] = ratios;
	const missing = peers.filter(({ outcome }) => outcome.kind !== 'measured').map((row) => row.name);
	if (hardest === undefined) return { asked, measured: 'no peer was measured', verdict: 'not known' };
	const found = verdict(asked, name, bar, hardest.ratio, ` of ${hardest.whose}’s`);
	if (missing.length === 0) return found;
	const measured = `${found.measured}; not measured: ${missing.join(', ')}`;
	return { asked, measured, verdict: found.verdict === 'reached' ? 'not known' : found.verdict };
}

function verdict(asked: string, name: Name, bar: number, ratio: number, whose: string): Bar {
	// Rounded to our disadvantage, so that what is read never looks better than what was measured.
	const hundredths = Number((ratio * 100).toFixed(6));
	const shown = (isMoreBetter(name) ? Math.floor(hundredths) : Math.ceil(hundredths)) / 100;
	const isAhead = isMoreBetter(name) ? shown > bar : shown < bar;
	const holds = isAhead || (bar !== 1 && shown === bar);
	return { asked, measured: `${shown.toFixed(2)}${whose}`, verdict: holds ? 'reached' : 'not reached' };
}
