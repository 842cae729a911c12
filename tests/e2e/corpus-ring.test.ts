// The corpus, run for real: through the shell driver, and as a script whose text nobody judges. No Python runs but under `uv run`.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CorpusEntry, corpusEvery, layOut, readCorpus } from '../support/corpus-lab.ts';
import { type FakePrograms, makeFakePrograms } from '../support/fake-uv.ts';
import { connectThrough, makeSite, type Site } from '../support/kernel-process.ts';
import { ringTrouble } from '../support/ring.ts';

/** Each is a shell with folders of its own, where one entry runs after the other. */
const lanes = ['one', 'two', 'three'];
const timeoutMs = 6_000;
const patienceMs = 1_800_000;

interface Outcome {
	readonly id: string;
	readonly command: string;
	readonly text: string;
	/** What of Python ran, and what it ran under. */
	readonly ran: readonly string[];
	/** What the log says of the call, and of what it started. */
	readonly records: readonly AuditRecord[];
}

interface AuditRecord {
	readonly id: string;
	readonly parent?: string;
	readonly event: string;
	readonly driver: string;
	readonly decision: string;
	readonly args: { readonly value: { readonly command: string | readonly string[] } };
	readonly changed?: readonly { readonly to: unknown }[];
}

describe.runIf(ringTrouble() === undefined)('the corpus in the ring', () => {
	let site: Site;
	let programs: FakePrograms;
	let client: Client;
	const entries = readCorpus()
		.filter(({ intent }) => intent === 'runs_python' || intent === 'runs_pip')
		.filter((_, at) => at % corpusEvery === 0);

	beforeAll(async () => {
		site = makeSite({});
		programs = makeFakePrograms(site.directory, randomBytes(8).toString('hex'));
		site.env['PATH'] = `${programs.folders.join(':')}:/usr/local/bin:/usr/bin:/bin`;
		const drivers = lanes.map((lane) => {
			mkdirSync(join(site.workspace, lane));
			mkdirSync(join(site.directory, `evidence-${lane}`));
			const write = [join(site.workspace, lane), `./evidence-${lane}`];
			return [lane, { builtin: 'shell', sandbox: { read: [programs.folders[1]], write, network: 'none' } }] as const;
		});
		site.configure({
			workspace: site.workspace,
			drivers: Object.fromEntries(drivers),
			policies: ['pack:python-uv'],
			rules: [{ id: 'shells', match: { tool: '*/run' }, then: 'allow', reason: 'It is what is tried.' }],
			audit: { directory: site.audit, detail: 'full' },
		});
		client = await connectThrough(site);
	});
	afterAll(async () => {
		await client?.close();
		site?.remove();
	});

	async function run(entry: CorpusEntry, lane: string, command: string): Promise<Omit<Outcome, 'records'>> {
		const folder = join(site.workspace, lane, 'w');
		const evidence = join(site.directory, `evidence-${lane}`, 'ran');
		rmSync(evidence, { force: true });
		rmSync(folder, { recursive: true, force: true });
		mkdirSync(folder);
		layOut(folder, entry, programs.script);
		const call = { name: `${lane}__run`, arguments: { command, cwd: `${lane}/w`, timeoutMs } };
		const { content } = await client.callTool(call, undefined, { timeout: 60_000 });
		const text = (content as { text?: string }[]).map((one) => one.text ?? '').join('\n');
		const ran = existsSync(evidence) ? readFileSync(evidence, 'utf8').split('\n').filter(Boolean) : [];
		return { id: entry.id, command: entry.command, text, ran };
	}

	async function runAll(commandOf: (entry: CorpusEntry) => string): Promise<readonly Outcome[]> {
		const before = site.records().length;
		const open = [...entries];
		const byLane = await Promise.all(
			lanes.map(async (lane) => {
				const outcomes: Omit<Outcome, 'records'>[] = [];
				for (let entry = open.shift(); entry !== undefined; entry = open.shift())
					outcomes.push(await run(entry, lane, commandOf(entry)));
				return outcomes;
			}),
		);
		const log = (site.records() as unknown as AuditRecord[]).slice(before).filter(({ event }) => event === 'decided');
		const childrenOf = (id: string | undefined) => log.filter(({ parent }) => parent === id);
		const below = (record: AuditRecord): readonly AuditRecord[] => [record, ...childrenOf(record.id).flatMap(below)];
		return byLane.flatMap((outcomes, index) => {
			// One call after the other.
			const calls = childrenOf(undefined).filter(({ driver }) => driver === lanes[index]);
			expect(calls).toHaveLength(outcomes.length);
			return outcomes.map((outcome, at) => ({ ...outcome, records: below(calls[at] as AuditRecord) }));
		});
	}

	function expectNoRawRun(outcomes: readonly Outcome[]): void {
		const isThroughUv = (line: string) => line.startsWith(`${programs.token} `);
		expect(outcomes.filter(({ ran }) => !ran.every(isThroughUv))).toEqual([]);
		const reached = outcomes.filter(({ ran }) => ran.length > 0);
		expect(reached.filter(({ records }) => !records.some(isUvRun))).toEqual([]);
		expect(reached.length).toBeGreaterThan(outcomes.length / 3);
		// Who was stopped by a trap finds itself in the log, too.
		const stopped = outcomes.filter(({ text }) => /Nothing ran|stands in for a gated program/.test(text));
		expect(stopped.filter(({ records }) => !records.some(({ decision }) => decision === 'denied'))).toEqual([]);
		const none = outcomes.filter(({ ran, records }) => ran.length === 0 && !records.some(isAttempt));
		console.info(
			`${outcomes.length} entries: Python ran through uv in ${reached.length}, was refused in ${outcomes.length - reached.length - none.length}, and was never reached in ${none.length}, mostly for want of a program: ${none.map(({ id }) => id).join(' ')}`,
		);
	}

	test('would tell a raw run: outside, there is one', () => {
		const [lane = ''] = lanes;
		layOut(join(site.workspace, lane), { id: '', command: '', intent: '' }, programs.script);
		const env = { PATH: site.env['PATH'] };
		execFileSync('/bin/bash', ['--norc', '-c', 'python3 x.py; python3.12 x.py'], {
			cwd: join(site.workspace, lane),
			env,
		});
		const ran = readFileSync(join(site.directory, `evidence-${lane}`, 'ran'), 'utf8');
		expect(ran.match(/^raw /gm)).toHaveLength(2);
	});

	test('no entry runs Python raw through the shell driver', { timeout: patienceMs }, async () => {
		expectNoRawRun(await runAll(({ command }) => command));
	});

	test('no entry runs Python raw where nobody judges its text', { timeout: patienceMs }, async () => {
		expectNoRawRun(await runAll(() => '. ./line'));
	});
});

/** A program that ran as `uv run …`, as it was asked for or after a change. */
function isUvRun({ decision, args, changed, parent }: AuditRecord): boolean {
	const { command } = args.value;
	const argv = (changed?.at(-1)?.to ?? command) as typeof command;
	return (
		parent !== undefined && decision !== 'denied' && typeof argv !== 'string' && argv.slice(0, 2).join(' ') === 'uv run'
	);
}

/** Something was judged that was about to run, or refused. */
function isAttempt({ parent, decision }: AuditRecord): boolean {
	return parent !== undefined || decision === 'denied';
}
