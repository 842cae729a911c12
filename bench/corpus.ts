// Measures the packs on lines that try to get round them: node bench/run.mjs corpus [--write] [--failures FILE]
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { makeJudge, readCorpus, type Verdict } from './corpus-judge.ts';
import { failureOf, render } from './corpus-table.ts';

export const corpora = {
	bypass: new URL('../tests/corpus/bypass.jsonl', import.meta.url),
	more: new URL('../tests/corpus/more.jsonl', import.meta.url),
} as const;

/** The committed tables. */
export const tableFile = new URL('corpus.md', import.meta.url);

/** Every line of both corpora, judged. */
export function judgeAll(): Record<keyof typeof corpora, Verdict[]> {
	const judge = makeJudge();
	return { bypass: readCorpus(corpora.bypass).map(judge), more: readCorpus(corpora.more).map(judge) };
}

if (process.argv[1]?.endsWith('bench/corpus.ts')) {
	const all = judgeAll();
	const text = render(all);
	process.stdout.write(text);
	if (process.argv.includes('--write')) writeFileSync(tableFile, text);
	const failures = process.argv[process.argv.indexOf('--failures') + 1];
	if (process.argv.includes('--failures') && failures !== undefined) writeFileSync(failures, listFailures(all));
}

/** One line for everything that went wrong: id, level, what happened and through which rules, command. */
function listFailures(all: Readonly<Record<string, readonly Verdict[]>>): string {
	return Object.values(all)
		.flat()
		.flatMap((verdict) => {
			const failure = failureOf(verdict);
			if (failure === undefined) return [];
			const { line, decision } = verdict;
			const rules = decision.because.map(({ id }) => id).join(',');
			const why = decision.error ?? decision.reason ?? '';
			return [
				[
					line.id,
					line.category,
					line.static_level,
					failure,
					rules,
					JSON.stringify(line.command).slice(0, 300),
					why,
				].join('\t'),
			];
		})
		.map((text) => `${text}\n`)
		.join('');
}
