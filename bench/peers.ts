// Trapgate with 100 rules and its log beside a Node process that only copies bytes and beside what npm has, in one run:
// `node bench/run.mjs peers [--peers DIR] [--rounds N] [--write]`, of the built program.
import os from 'node:os';
import { resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { barsOf, type Figures, type Measured, type Row, relayName, type Section, sections } from './beside/figures.ts';
import { installation, lackOf, type Peer, peers, wayThrough } from './beside/npm-peers.ts';
import { textOf, writeMeasured } from './beside/page.ts';
import { processorTimes, residentMb } from './beside/processes.ts';
import { speedOf } from './beside/speed.ts';
import { freePort, type Way, waysToADriver } from './beside/ways.ts';
import { median } from './median.ts';

const { values } = parseArgs({
	options: {
		peers: { type: 'string', default: '.tmp/peers' },
		rounds: { type: 'string', default: '7' },
		write: { type: 'boolean', default: false },
	},
});
const directory = resolve(values.peers);
const rounds = Number(values.rounds);
const mostWaitMs = 60_000;
/** A slow way makes fewer calls, so that the run ends in minutes. */
const plan = { warmUp: 1500, calls: 3000, largeCalls: 20, mostMs: 1200 };

interface Subject {
	readonly name: string;
	readonly version?: string;
	readonly is: Row['is'];
	readonly section: Section;
	/** Some are made anew for each start. Or why there is none. */
	readonly way: Way | (() => Way) | string;
	readonly seen: Map<number, Figures>;
	failure?: string;
}

const ways = waysToADriver();
const remotePort = await freePort();
const remote = `http://127.0.0.1:${remotePort}/mcp`;
const served = (port: number): Way => ({
	argv: [process.execPath, ways.server, `${port}`],
	speaks: { kind: 'http', url: `http://127.0.0.1:${port}/mcp` },
});
const [ownPort, alonePort, peerPort] = [await freePort(), await freePort(), await freePort()];
const subjects: readonly Subject[] = [
	other('stdio', 'the driver alone', ways.alone),
	other('stdio', relayName, ways.relay),
	ours('stdio', ways.trapgate()),
	other('stdio', 'Trapgate, `durability: fsync`', ways.trapgate({ durability: 'fsync' })),
	peer('stdio', peers.mcporter),
	other('http', 'the driver, serving HTTP itself', served(alonePort)),
	ours('http', ways.trapgate({ httpPort: ownPort })),
	peer('http', peers.mcpHub),
	peer('http', peers.supergateway),
	peer('http', peers.mcpProxy),
	ours('remote', ways.trapgate({ remote })),
	peer('remote', peers.mcpRemote),
];

const lacking = subjects.filter(({ way }) => typeof way === 'string');
if (lacking.length > 0) process.stderr.write(`to measure all peers: ${installation(values.peers)}\n`);

const before = { ...processorTimes(), atMs: performance.now() };
const server = ways.connect(served(remotePort));
try {
	await server.introduce();
	for (let round = 0; round < rounds; round++) {
		// Everybody comes at another time of each round, so that what else the machine does falls on all alike.
		const order = subjects.map((_, at) => subjects[(at + round) % subjects.length] as Subject);
		if (round % 2 === 1) order.reverse();
		for (const subject of order) await take(subject, round);
	}
} finally {
	await server.close();
	ways.remove();
}

const measured: Measured = {
	machine: {
		cores: os.availableParallelism(),
		node: process.version,
		system: `${os.type()} ${os.release().split('.').slice(0, 2).join('.')}`,
	},
	rounds,
	foreign: Number(foreignSince(before).toFixed(3)),
	sections: Object.fromEntries(sections.map((section) => [section, rowsOf(section)])) as Measured['sections'],
};
process.stdout.write(`${textOf(measured)}\n`);
if (values.write) writeMeasured(measured);
process.exitCode = barsOf(measured).every(({ verdict }) => verdict === 'reached') ? 0 : 1;

function other(section: Section, name: string, way: Way): Subject {
	return { name, is: 'other', section, way, seen: new Map() };
}

function ours(section: Section, way: Way): Subject {
	return { name: 'Trapgate', is: 'trapgate', section, way, seen: new Map() };
}

function peer(section: Section, one: Peer): Subject {
	const { name, version, nodeVersion } = one;
	const way = lackOf(one, directory) ?? (() => wayThrough(one, directory, { ...ways, port: peerPort, remote }));
	const on = nodeVersion === undefined ? version : `${version} on Node ${nodeVersion}`;
	return { name, version: on, is: 'peer', section, way, seen: new Map() };
}

/** One start and what follows it. A peer that fails is not tried again; when we fail, there is nothing to tell. */
async function take(subject: Subject, round: number): Promise<void> {
	if (typeof subject.way === 'string' || subject.failure !== undefined) return;
	const began = performance.now();
	try {
		const figures = await figuresOf(typeof subject.way === 'function' ? subject.way() : subject.way);
		subject.seen.set(round, figures);
		const said = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(0)}`);
		process.stderr.write(`${round} ${subject.section} ${subject.name}: ${said.join(', ')} (${seconds(began)} s)\n`);
	} catch (error) {
		if (subject.is !== 'peer') throw error;
		subject.failure = error instanceof Error ? error.message : String(error);
		process.stderr.write(`${round} ${subject.section} ${subject.name}: ${subject.failure}\n`);
	}
}

function seconds(began: number): string {
	return ((performance.now() - began) / 1000).toFixed(1);
}

async function figuresOf(way: Way): Promise<Figures> {
	const began = performance.now();
	const client = ways.connect(way);
	try {
		const names = await client.introduce();
		const startMs = performance.now() - began;
		const idleMb = residentMb(client, ways.server);
		const late = sleep(mostWaitMs, undefined, { ref: false }).then(() => {
			throw new Error(`calls were not answered within ${mostWaitMs / 1000} s`);
		});
		const speed = await Promise.race([speedOf(client, names, plan), late]);
		return { ...speed, startMs, idleMb, endMb: residentMb(client, ways.server) };
	} finally {
		await client.close();
	}
}

function foreignSince(start: typeof before): number {
	const { allMs, oursMs } = processorTimes();
	const ranMs = (performance.now() - start.atMs) * os.availableParallelism();
	return Math.max(0, allMs - start.allMs - (oursMs - start.oursMs)) / ranMs;
}

function rowsOf(section: Section): readonly Row[] {
	const here = subjects.filter((subject) => subject.section === section);
	const trapgate = here.find(({ is }) => is === 'trapgate')?.seen;
	return here.map(({ name, version, is, way, failure, seen }) => {
		const about = { name, ...(version === undefined ? {} : { version }), is };
		if (typeof way === 'string') return { ...about, outcome: { kind: 'lacking', why: way } };
		if (failure !== undefined) return { ...about, outcome: { kind: 'failed', why: failure } };
		const figures = [...seen.values()];
		const ratios = [...seen].map(([round, theirs]) =>
			mapped(theirs, (value, figure) => (value === 0 ? 0 : (trapgate?.get(round)?.[figure] ?? Number.NaN) / value)),
		);
		return { ...about, outcome: { kind: 'measured', figures: medians(figures), trapgate: medians(ratios) } };
	});
}

function medians(all: readonly Figures[]): Figures {
	const [first] = all;
	if (first === undefined) throw new Error('nothing was measured');
	return mapped(first, (_, figure) => Number(median(all.map((one) => one[figure])).toPrecision(4)));
}

function mapped(figures: Figures, change: (value: number, figure: keyof Figures) => number): Figures {
	const names = Object.keys(figures) as (keyof Figures)[];
	return Object.fromEntries(names.map((name) => [name, change(figures[name], name)])) as unknown as Figures;
}
