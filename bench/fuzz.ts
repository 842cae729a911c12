// Compares the analysis with real bash on many made-up lines: `node bench/run.mjs fuzz [lines] [seed]`.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { openLab } from '../tests/support/bash-lab.ts';
import { isHarmless, shellLines } from '../tests/support/shell-generator.ts';
import { compare, described } from '../tests/support/soundness.ts';

const [count = 40_000, seed = 1] = process.argv.slice(2).map(Number);
const table = readFileSync(new URL('../tests/corpus/shell_cases.jsonl', import.meta.url), 'utf8')
	.trim()
	.split('\n')
	.map((row) => (JSON.parse(row) as { cmd: string }).cmd);

const lab = openLab();
const totals: Record<string, number> = { lines: 0, ran: 0, gaps: 0, rewritten: 0, refused: 0 };
const kinds: Record<string, number> = { thrown: 0, unseen: 0, misread: 0, different: 0 };
const batch = 1_000;
try {
	for (let done = 0; done < count; done += batch) {
		// Every batch has a seed of its own, so that one can be repeated alone.
		const lines = shellLines(seed * 1_000_003 + done, Math.min(batch, count - done), table);
		const { findings, ...counts } = await compare(
			lab,
			lines.filter((line) => lab.isIsolated || isHarmless(line)),
		);
		for (const [name, value] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + value;
		for (const finding of findings) {
			kinds[finding.kind] = (kinds[finding.kind] ?? 0) + 1;
			console.log(described(finding));
		}
		process.stderr.write(`${done + lines.length} of ${count}\r`);
	}
} finally {
	await lab.close();
}
console.log({ isolated: lab.isIsolated, ...totals, findings: kinds });
// Other arguments than told, or another run under uv, have known causes (see README.md); these two have no excuse.
process.exitCode = (kinds['thrown'] ?? 0) + (kinds['unseen'] ?? 0) > 0 ? 1 : 0;
