// What loading 10,000 rules costs beside the YAML parser alone, in one run: `node bench/run.mjs load [rules] [rounds]`.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { LineCounter, parseDocument } from 'yaml';
import { type LoadOptions, loadRevision } from '../src/kernel/revision.ts';
import { median } from './median.ts';
import { policyText } from './rules.ts';

/** The bar: everything that `run` does before it serves, in parser times. */
const most = 4;
const count = Number(process.argv[2] ?? 10_000);
const rounds = Number(process.argv[3] ?? 9);
const directory = mkdtempSync(join(tmpdir(), 'trapgate-load-'));

try {
	const options = written(directory);
	const text = readFileSync(join(directory, 'many.yaml'), 'utf8');
	const ratios: number[] = [];
	const times = { parser: [] as number[], load: [] as number[] };
	for (let round = 0; round < rounds; round++) {
		const parser = timed(() => parse(text));
		const load = timed(() => loaded(options));
		times.parser.push(parser);
		times.load.push(load);
		ratios.push(load / parser);
	}
	const ratio = median(ratios);
	process.stdout.write(
		`${count} rules, ${Math.round(text.length / 1024)} KiB: parser ${median(times.parser).toFixed(0)} ms, load ${median(times.load).toFixed(0)} ms\n` +
			`load is ${ratio.toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}) times the parser; at most ${most}\n`,
	);
	process.exitCode = ratio <= most ? 0 : 1;
} finally {
	rmSync(directory, { recursive: true, force: true });
}

function written(home: string): LoadOptions {
	const file = join(home, 'trapgate.yaml');
	writeFileSync(join(home, 'many.yaml'), policyText(count));
	writeFileSync(file, 'version: 1\nworkspace: .\npolicies: [./many.yaml]\nask: { channels: [elicitation] }\n');
	const packs = join(home, 'packs');
	mkdirSync(packs);
	return { file, roots: { packs, user: packs, organisation: packs }, cwd: home, home, tmp: tmpdir(), env: {} };
}

/** With the positions that any message needs, as an ordinary user of the parser would call it. */
function parse(text: string): void {
	const { errors } = parseDocument(text, { lineCounter: new LineCounter(), version: '1.2' });
	if (errors.length > 0) throw errors[0];
}

function loaded(options: LoadOptions): void {
	const { revision, problems } = loadRevision(options);
	if (revision?.set.rules.length !== count) throw new Error(JSON.stringify(problems[0]));
}

function timed(run: () => void): number {
	const start = performance.now();
	run();
	return performance.now() - start;
}
