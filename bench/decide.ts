// Decisions a second beside Cedar, on the same rules, and what thousands of other rules cost: `node bench/run.mjs decide [rounds]`.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Engine, engines } from './engines.ts';
import { answerOf, matches, type PlainCall, plainCalls, plainRules, strangers } from './equal-policies.ts';
import { median } from './median.ts';

/** The bars. */
const leastTimesCedar = { rules: 1_000, times: 1_000 };
const mostForStrangers = { rules: 10_000, times: 2 };

const sizes = [10, 100, 1_000, 10_000];
const settleMs = 1_500;
const measureMs = 800;

const peers = new URL('./peers/package.json', import.meta.url);
const [first = '5', ...rest] = process.argv.slice(2);
if (first === '--one') measureOne(rest);
else compare(Number(first));

/** Every engine and size in a process of its own, taking turns: no engine runs on what another has left behind. */
function compare(rounds: number): void {
	const names = hasPeers() ? ['trapgate', 'cedar'] : ['trapgate'];
	if (names.length === 1) process.stdout.write('Cedar is not installed: npm ci --prefix bench/peers\n');
	const speeds = new Map<string, number[]>();
	const put = (key: string, speed: number) => speeds.set(key, [...(speeds.get(key) ?? []), speed]);
	for (let round = 0; round < rounds; round++) {
		for (const size of sizes) for (const name of names) put(`${name} ${size}`, inOwnProcess([name, String(size)]));
		put('few', inOwnProcess(['trapgate', '10', '0']));
		put('many', inOwnProcess(['trapgate', '10', String(mostForStrangers.rules - 10)]));
	}
	const ratios = (one: string, other: string) =>
		(speeds.get(one) ?? []).map((speed, round) => speed / (speeds.get(other)?.[round] ?? Number.NaN));

	process.stdout.write('decisions a second (median of rounds), and how many times Cedar (median, least to most)\n');
	for (const size of sizes) {
		const cells = names.map((name) => `${name} ${count(median(speeds.get(`${name} ${size}`) ?? []))}`);
		const times = names.length === 1 ? '' : `   ${spread(ratios(`trapgate ${size}`, `cedar ${size}`))} times`;
		process.stdout.write(`${count(size).padStart(7)} rules   ${cells.join('   ')}${times}\n`);
	}
	const strange = ratios('few', 'many');
	process.stdout.write(
		`the same ten rules among ${count(mostForStrangers.rules)}: a decision costs ${spread(strange)} times as much; at most ${mostForStrangers.times}\n`,
	);
	const beside = ratios(`trapgate ${leastTimesCedar.rules}`, `cedar ${leastTimesCedar.rules}`);
	const isFastEnough = names.length === 1 || median(beside) >= leastTimesCedar.times;
	process.exitCode = isFastEnough && median(strange) <= mostForStrangers.times ? 0 : 1;
}

function inOwnProcess(args: readonly string[]): number {
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		[...process.execArgv, fileURLToPath(import.meta.url), '--one', ...args],
		{ encoding: 'utf8' },
	);
	if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
	return Number(stdout);
}

/**
 * Prints decisions a second of one engine, which must first answer right. With `strange`, so many rules stand beside that
 * are about none of the calls, and only calls are made that one of the others is about.
 */
function measureOne([name = '', size = '', strange]: readonly string[]): void {
	const rules = plainRules(Number(size));
	const calls = plainCalls(2_000, rules.length).filter(
		(call) => strange === undefined || rules.some((rule) => matches(rule.tool, `${call.driver}/${call.tool}`)),
	);
	const engine = engines[name]?.([...rules, ...strangers(Number(strange ?? 0))], createRequire(peers));
	if (engine === undefined) throw new Error(`no engine ${name}`);
	for (const call of calls.slice(0, rules.length > 1_000 ? 100 : 500)) {
		const [said, wanted] = [engine(call), answerOf(rules, call)];
		if (said !== wanted) throw new Error(`${name} says ${said} of ${JSON.stringify(call)}: it is ${wanted}`);
	}
	run(engine, calls, settleMs);
	process.stdout.write(`${run(engine, calls, measureMs)}\n`);
}

/** Decisions a second, over at least `ms` milliseconds. */
function run(engine: Engine, calls: readonly PlainCall[], ms: number): number {
	const start = performance.now();
	let [made, allowed, passed] = [0, 0, 0];
	while (passed < ms) {
		for (let one = 0; one < 20; one++, made++) {
			if (engine(calls[made % calls.length] as PlainCall) === 'allow') allowed++;
		}
		passed = performance.now() - start;
	}
	if (allowed === 0 || allowed === made) throw new Error('the calls do not tell one answer from the other');
	return (made / passed) * 1_000;
}

function hasPeers(): boolean {
	return existsSync(new URL('./node_modules/@cedar-policy/cedar-wasm', peers));
}

function count(value: number): string {
	return Math.round(value).toLocaleString('en');
}

function spread(ratios: readonly number[]): string {
	const text = (value: number) => (value < 10 ? value.toFixed(2) : count(value));
	return `${text(median(ratios))} (${text(Math.min(...ratios))} to ${text(Math.max(...ratios))})`;
}
