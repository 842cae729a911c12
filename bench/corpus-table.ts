// Counts what became of the lines of a corpus, and writes the counts as Markdown.
import { levels, type Outcome, type Verdict } from './corpus-judge.ts';

const outcomes = ['rewritten', 'seen', 'opaque', 'mention', 'allowed'] as const satisfies readonly Outcome[];

/** What went wrong with a line, in a word; undefined when it is as it should be. */
export function failureOf({ line, outcome, decision }: Verdict): string | undefined {
	switch (outcome) {
		case 'seen':
		case 'opaque':
			return line.expect === 'must_be_allowed' && !isDryRun(line.command) ? decision.verdict : undefined;
		case 'rewritten':
			// Code that is never reached may be changed; what runs may not.
			return line.expect === 'must_be_allowed' && line.category !== 'benign-not-executed' ? 'rewritten' : undefined;
		case 'mention':
		case 'allowed':
			return line.expect === 'must_be_allowed' ? undefined : outcome;
		default:
			return outcome satisfies never;
	}
}

/** A force push that only shows what it would do may be refused. */
function isDryRun(command: string): boolean {
	return /\bpush\b.*--dry-run/.test(command);
}

/** The tables of every corpus by name. */
export function render(all: Readonly<Record<string, readonly Verdict[]>>): string {
	return [
		'# What the packs make of lines that try to get round them',
		'',
		'Written by `node bench/run.mjs corpus --write`; what the words mean stands in',
		'[corpus-judge.ts](corpus-judge.ts), what the corpora are in [tests/corpus](../tests/corpus/README.md).',
		'The packs of each intent, `unparsed: deny`, `mention: allow`, text alone: no file is looked at.',
		'',
		...Object.entries(all).flatMap(([name, verdicts]) => section(name, verdicts)),
	].join('\n');
}

function section(name: string, verdicts: readonly Verdict[]): string[] {
	const harmful = verdicts.filter(({ line }) => line.expect === 'must_not_run_raw');
	const benign = verdicts.filter(({ line }) => line.expect === 'must_be_allowed');
	return [
		`## ${name}: ${harmful.length} lines that must not run as they are`,
		'',
		...table(harmful, ['intent'], ({ line }) => [line.intent]),
		...table(harmful, ['intent', 'level'], ({ line }) => [line.intent, line.static_level]),
		...table(harmful, ['category', 'level'], ({ line }) => [line.category, line.static_level]),
		`## ${name}: ${benign.length} harmless lines`,
		'',
		...table(benign, ['category'], ({ line }) => [line.category]),
	];
}

/** Groups in the order of their labels; levels from the easiest to the impossible. */
function table(
	verdicts: readonly Verdict[],
	heads: readonly string[],
	labels: (verdict: Verdict) => readonly string[],
): string[] {
	const groups = new Map<string, Verdict[]>();
	for (const verdict of verdicts) {
		const key = labels(verdict).join(' | ');
		groups.set(key, [...(groups.get(key) ?? []), verdict]);
	}
	const rank = (key: string) =>
		key
			.split(' | ')
			.map((label) => `${levels.indexOf(label as never) + 1}${label}`)
			.join();
	return [
		`| ${heads.join(' | ')} | lines | ${outcomes.join(' | ')} |`,
		`|${heads.map(() => '---|').join('')}--:|${outcomes.map(() => '--:|').join('')}`,
		...[...groups]
			.sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1))
			.map(([key, members]) => {
				const counts = outcomes.map((outcome) => members.filter((member) => member.outcome === outcome).length);
				return `| ${key} | ${members.length} | ${counts.join(' | ')} |`;
			}),
		'',
	];
}
