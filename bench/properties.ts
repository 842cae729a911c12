// Tries the properties of edits on many arbitrary scripts: `node bench/run.mjs properties [runs] [seed]`.
import process from 'node:process';
import fc from 'fast-check';
import { editProperties } from '../tests/support/edit-properties.ts';
import { nestedScript } from '../tests/support/nested-scripts.ts';
import { bringUnderUv } from '../tests/support/rewriting.ts';

const [runs = 10_000, seed = 20_261_120] = process.argv.slice(2).map(Number);
const counts: Record<string, number> = {};
for (const script of fc.sample(nestedScript, { numRuns: runs, seed })) {
	const { kind } = bringUnderUv(script);
	counts[kind] = (counts[kind] ?? 0) + 1;
}
console.log({ runs, seed, ...counts });
for (const { name, holds } of editProperties) {
	const result = fc.check(fc.property(nestedScript, holds), { numRuns: runs, seed });
	console.log(`${result.failed ? 'fails' : 'holds'}: ${name} (${result.numRuns} runs)`);
	if (!result.failed) continue;
	console.log(`    ${JSON.stringify(result.counterexample)}\n    ${String(result.errorInstance).slice(0, 2_000)}`);
	process.exitCode = 1;
}
