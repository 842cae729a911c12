// How long an agent waits for its tools and what waits in memory meanwhile, beside a Node process that only copies bytes:
// `node bench/run.mjs start [rounds] [calls]`, of the built program.
import process from 'node:process';
import { residentMb } from './beside/processes.ts';
import { type Way, waysToADriver } from './beside/ways.ts';
import { median } from './median.ts';

/** The bars: starts of the relay, and megabytes of all our processes together. */
const most = { start: 1.6, idleMb: 85 };

const rounds = Number(process.argv[2] ?? '15');
const calls = Number(process.argv[3] ?? '20000');
const ways = waysToADriver();
const rows: Readonly<Record<string, Way>> = {
	'the server alone': ways.alone,
	'a Node relay': ways.relay,
	trapgate: ways.trapgate(),
};

interface Run {
	readonly startMs: number;
	readonly idleMb: number;
	/** After the calls. */
	readonly endMb: number;
}

const seen = new Map(Object.keys(rows).map((name) => [name, [] as Run[]]));
try {
	for (let round = -1; round < rounds; round++) {
		for (const [name, way] of Object.entries(rows)) {
			// Loading takes as long whatever comes after it: calls are made in the first round alone.
			const run = await measure(way, round === 0 ? calls : 0);
			if (round >= 0) seen.get(name)?.push(run);
		}
	}
} finally {
	ways.remove();
}

const startOf = (name: string) => median((seen.get(name) ?? []).map(({ startMs }) => startMs));
const ratio = median((seen.get('trapgate') ?? []).map(({ startMs }, at) => startMs / startIn('a Node relay', at)));
for (const [name, runs] of seen) {
	const [first] = runs;
	const memory =
		name === 'the server alone'
			? ''
			: `  ${first?.idleMb.toFixed(0)} MB idle, ${first?.endMb.toFixed(0)} MB after ${calls} calls`;
	process.stdout.write(`${name.padEnd(17)} ${startOf(name).toFixed(0).padStart(6)} ms${memory}\n`);
}
const idleMb = median((seen.get('trapgate') ?? []).map((run) => run.idleMb));
say('a start, in starts of the relay', ratio, most.start);
say('memory of all our processes, MB', idleMb, most.idleMb);

function say(what: string, value: number, bar: number): void {
	const holds = value <= bar;
	process.stdout.write(`${what}: ${value.toFixed(2)} (at most ${bar}) ${holds ? 'ok' : 'TOO MUCH'}\n`);
	if (!holds) process.exitCode = 1;
}

function startIn(name: string, at: number): number {
	return seen.get(name)?.[at]?.startMs ?? Number.NaN;
}

/** From the start of the process to the first list of tools that has them in it. */
async function measure(way: Way, mostCalls: number): Promise<Run> {
	const began = performance.now();
	const client = ways.connect(way);
	const { echo } = await client.introduce();
	const startMs = performance.now() - began;
	const idleMb = residentMb(client, ways.server);
	for (let call = 0; call < mostCalls; call++)
		await client.ask('tools/call', { name: echo, arguments: { message: `call ${call}` } });
	const endMb = residentMb(client, ways.server);
	await client.close();
	return { startMs, idleMb, endMb };
}
