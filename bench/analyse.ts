// What an analysis costs beside the bare parser with all of its lazy parts, in one run: `node bench/run.mjs analyse [rounds]`.
import process from 'node:process';
import { forEachChild, parse } from 'unbash';
import { analyse } from '../src/shell/analyse.ts';
import { bringUnderUv } from '../tests/support/rewriting.ts';

const commands: readonly string[] = [
	'ls -la',
	'git status --short',
	'git add -A && git commit -m "fix: handle empty input"',
	'cd packages/core && npm test -- --run parser',
	'grep -rn "TODO" src | head -20',
	'cat package.json | jq .version',
	"sed -n '1,80p' src/index.ts",
	'find . -name "*.ts" -not -path "./node_modules/*" | xargs wc -l',
	'python3 -m pytest tests -q 2>&1 | tail -5',
	'for f in src/*.ts; do echo "$f"; done',
	'curl -s https://example.com/api | head -c 200',
	'mkdir -p build && cp -r assets build/ && rm -rf build/tmp',
	'docker compose up -d && docker compose logs -f web',
	'export NODE_ENV=test; if [ -f .env ]; then . ./.env; fi; node scripts/run.js "$@"',
];

const rounds = Number(process.argv[2] ?? 400);

/** The parser resolves words and nested scripts when they are asked for: this asks for all of them. */
function force(text: string): number {
	let nodes = 0;
	const visit = (node: Parameters<typeof forEachChild>[0]) => {
		nodes += 1;
		forEachChild(node, visit);
	};
	visit(parse(text));
	return nodes;
}

const contenders: Readonly<Record<string, (text: string) => unknown>> = {
	'parser, lazy parts forced': force,
	analysis: analyse,
	'rewrite under uv': bringUnderUv,
};

/** The median over rounds of the time for all commands, in microseconds a command; the contenders take turns. */
function measure(): Record<string, number> {
	const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, [] as number[]]));
	for (let round = 0; round < rounds; round++) {
		for (const [name, run] of Object.entries(contenders)) {
			const start = process.hrtime.bigint();
			for (const command of commands) run(command);
			times[name]?.push(Number(process.hrtime.bigint() - start) / 1_000 / commands.length);
		}
	}
	const medians = Object.entries(times).map(([name, all]) => {
		const warm = all.slice(Math.floor(all.length / 2)).sort((one, other) => one - other);
		return [name, warm[Math.floor(warm.length / 2)] ?? Number.NaN] as const;
	});
	return Object.fromEntries(medians);
}

const result = measure();
for (const [name, time] of Object.entries(result)) console.log(`${name.padEnd(28)}${time.toFixed(2)} µs a command`);
const ratio = (result['analysis'] ?? Number.NaN) / (result['parser, lazy parts forced'] ?? Number.NaN);
console.log(`${'ratio'.padEnd(28)}${ratio.toFixed(1)} (at most 10 is wanted)`);
process.exitCode = ratio <= 10 ? 0 : 1;
