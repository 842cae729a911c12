// What one call costs on its way through the built program, with 100 rules and the log, in calls through a Node process that
// only copies bytes: `node bench/run.mjs syscall [rounds] [calls]`.
import process from 'node:process';
import { atOnce, type Speed, speedOf } from './beside/speed.ts';
import { type Way, waysToADriver } from './beside/ways.ts';
import { median } from './median.ts';

/** The bars, in the relay's: the median time of a call alone, calls a second of 32 at once, the time of 1 MiB. */
const bars = { alone: 1.3, together: 0.5, large: 1.3 };

const rounds = Number(process.argv[2] ?? '9');
const calls = Number(process.argv[3] ?? '3000');
const plan = { warmUp: 1500, calls, largeCalls: 30 };

const ways = waysToADriver();
const rows: Readonly<Record<string, Way>> = {
	'the server alone': ways.alone,
	'a Node relay': ways.relay,
	trapgate: ways.trapgate(),
	'trapgate, fsync': ways.trapgate({ durability: 'fsync' }),
};
const seen = new Map(Object.keys(rows).map((name) => [name, [] as Speed[]]));
try {
	for (let round = 0; round < rounds; round++) {
		const names = Object.keys(rows);
		if (round % 2 === 1) names.reverse();
		for (const name of names) seen.get(name)?.push(await measure(rows[name] as Way));
	}
} finally {
	ways.remove();
}

for (const [name, runs] of seen) {
	const of = (pick: (run: Speed) => number) => median(runs.map(pick)).toFixed(0).padStart(7);
	process.stdout.write(
		`${name.padEnd(17)}${of((run) => run.aloneUs)} us alone ${of((run) => run.perSecond)} calls/s of ${atOnce} at once ${of((run) => run.largeUs)} us for 1 MiB\n`,
	);
}
const ratio = (pick: (run: Speed) => number) =>
	median((seen.get('trapgate') ?? []).map((run, at) => pick(run) / pick(seen.get('a Node relay')?.[at] ?? run)));
say(
	'a call alone, in calls through the relay',
	ratio((run) => run.aloneUs),
	(value) => value <= bars.alone,
	`at most ${bars.alone}`,
);
say(
	'calls a second, in those of the relay',
	ratio((run) => run.perSecond),
	(value) => value >= bars.together,
	`at least ${bars.together}`,
);
say(
	'a result of 1 MiB, in results through the relay',
	ratio((run) => run.largeUs),
	(value) => value <= bars.large,
	`at most ${bars.large}`,
);

function say(what: string, value: number, holds: (value: number) => boolean, bar: string): void {
	process.stdout.write(`${what}: ${value.toFixed(2)} (${bar}) ${holds(value) ? 'ok' : 'NOT REACHED'}\n`);
	if (!holds(value)) process.exitCode = 1;
}

/** Every process is new, so that none has an optimised moment that the others had not. */
async function measure(way: Way): Promise<Speed> {
	const client = ways.connect(way);
	const names = await client.introduce();
	const speed = await speedOf(client, names, plan);
	await client.close();
	return speed;
}
