// What the corpus calls benign does in the ring what it does outside: output, exit code, and the files that it leaves.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { constants, userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { childEnvironment } from '../../src/drivers/environment.ts';
import { type CorpusEntry, corpusEvery, layOut, readCorpus } from '../support/corpus-lab.ts';
import { type FakePrograms, makeFakePrograms } from '../support/fake-uv.ts';
import { connectThrough, makeSite, type Site } from '../support/kernel-process.ts';
import { ringTrouble } from '../support/ring.ts';

/** Each is a shell with folders of its own, where one entry runs after the other. */
const lanes = ['one', 'two', 'three'];
/** An entry that does not end on one side only is given this much longer there: what ends by itself does so in the end. */
const [timeoutMs, patientMs] = [10_000, 120_000];
const patienceMs = 1_800_000;

/** Where two runs may differ; `refused`: the policy did not let it run. */
type Part = 'refused' | 'exit' | 'stdout' | 'stderr' | 'files';

interface Side {
	readonly isRefused: boolean;
	/** It ran until its time was up. */
	readonly isEndless: boolean;
	readonly exit: string;
	readonly stdout: string;
	readonly stderr: string;
	readonly files: readonly string[];
}

interface Expected {
	readonly why: string;
	readonly parts: readonly Part[];
	readonly ids: readonly string[];
}

/** The same moment for all commits, and nobody who asks the network twice. */
const env = {
	GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
	GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
	GIT_TERMINAL_PROMPT: '0',
	npm_config_fetch_retries: '0',
	npm_config_update_notifier: 'false',
	npm_config_logs_max: '0',
	TZ: 'UTC',
};

describe.runIf(ringTrouble() === undefined)('benign commands in the ring', () => {
	let site: Site;
	let programs: FakePrograms;
	let client: Client;
	const entries = readCorpus()
		.filter(({ intent }) => intent === 'benign')
		.filter((_, at) => at % corpusEvery === 0);
	const { expected } = parse(readFileSync(new URL('../corpus/benign-in-ring.yaml', import.meta.url), 'utf8')) as {
		readonly expected: readonly Expected[];
	};

	beforeAll(async () => {
		site = makeSite({});
		programs = makeFakePrograms(site.directory, randomBytes(8).toString('hex'));
		site.env['PATH'] = `${programs.folders.join(':')}:/usr/local/bin:/usr/bin:/bin`;
		const drivers = lanes.map((lane) => {
			for (const place of [site.workspace, join(site.directory, 'outside')])
				mkdirSync(join(place, lane), { recursive: true });
			const write = [join(site.workspace, lane)];
			const sandbox = { read: [programs.folders[1]], write, network: 'none' };
			return [lane, { builtin: 'shell', env: { ...env }, sandbox }] as const;
		});
		site.configure({
			workspace: site.workspace,
			drivers: Object.fromEntries(drivers),
			policies: ['pack:python-uv'],
			rules: [{ id: 'shells', match: { tool: '*/run' }, then: 'allow', reason: 'It is what is tried.' }],
			audit: { directory: site.audit },
		});
		client = await connectThrough(site);
	});
	afterAll(async () => {
		await client?.close();
		site?.remove();
	});

	/** Empty folders with what the entry needs, inside and outside, the same to the last byte. */
	function prepare(entry: CorpusEntry, lane: string): { readonly inside: string; readonly outside: string } {
		const inside = join(site.workspace, lane, 'w');
		const outside = join(site.directory, 'outside', lane, 'w');
		for (const folder of [inside, outside]) rmSync(folder, { recursive: true, force: true });
		mkdirSync(inside);
		layOut(inside, entry, programs.script);
		cpSync(inside, outside, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
		return { inside, outside };
	}

	async function runInside({ command }: CorpusEntry, lane: string, folder: string, ms: number): Promise<Side> {
		const call = { name: `${lane}__run`, arguments: { command, cwd: `${lane}/w`, timeoutMs: ms } };
		const { content, structuredContent } = await client.callTool(call, undefined, { timeout: ms + 60_000 });
		const said = structuredContent as Record<string, unknown> | undefined;
		const answer = (content as { text?: string }[]).map((one) => one.text ?? '').join('\n');
		const signal = said?.['signal'];
		return {
			isRefused: said === undefined,
			isEndless: said?.['timedOut'] === true,
			exit: String(typeof signal === 'string' ? 128 + constants.signals[signal as NodeJS.Signals] : said?.['exitCode']),
			stdout: said === undefined ? '' : String(said['stdout']),
			stderr: said === undefined ? answer : String(said['stderr']),
			files: treeOf(folder),
		};
	}

	/** With bare bubblewrap around it, in which there is nothing to break: no network, no processes of others. */
	async function runOutside({ command }: CorpusEntry, lane: string, folder: string, ms: number): Promise<Side> {
		const { homedir } = userInfo();
		const bound = join(site.workspace, lane);
		const view = [
			...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
			...['/tmp', '/run', '/var/tmp', homedir].flatMap((path) => ['--tmpfs', path]),
			...programs.folders.flatMap((path) => ['--ro-bind', path, path]),
			...['--bind', join(folder, '..'), bound],
			...['--unshare-net', '--unshare-pid', '--unshare-ipc', '--die-with-parent', '--chdir', join(bound, 'w')],
		];
		const argv = ['/bin/bash', '--noprofile', '--norc', '-c', '--', command];
		const child = spawn('bwrap', [...view, '--', ...argv], {
			env: childEnvironment({ ...site.env, HOME: homedir }, env),
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		let isEndless = false;
		const timer = setTimeout(() => {
			isEndless = true;
			child.kill('SIGKILL');
		}, ms);
		const [stdout, stderr, exit] = await Promise.all([text(child.stdout), text(child.stderr), exitOf(child)]);
		clearTimeout(timer);
		return { isRefused: false, isEndless, exit, stdout, stderr, files: treeOf(folder) };
	}

	async function compare(entry: CorpusEntry, lane: string): Promise<readonly Difference[]> {
		for (const ms of [timeoutMs, patientMs]) {
			const { inside: inner, outside: outer } = prepare(entry, lane);
			const inside = await runInside(entry, lane, inner, ms);
			const outside = await runOutside(entry, lane, outer, ms);
			// What of it comes in that time is a matter of luck.
			if (inside.isEndless && outside.isEndless) return [];
			if (!inside.isEndless && !outside.isEndless) return differencesOf(inside, outside);
		}
		return [{ part: 'exit', inside: 'one of the two does not end', outside: '' }];
	}

	test('they do what they do outside', { timeout: patienceMs }, async () => {
		const open = [...entries];
		const found: { readonly id: string; readonly command: string; readonly differences: readonly Difference[] }[] = [];
		await Promise.all(
			lanes.map(async (lane) => {
				for (let entry = open.shift(); entry !== undefined; entry = open.shift()) {
					const differences = await compare(entry, lane);
					if (differences.length > 0) found.push({ id: entry.id, command: entry.command, differences });
				}
			}),
		);
		const known = new Set(entries.map(({ id }) => id));
		const isComplete = expected.every(({ why, parts, ids }) => why.length > 0 && parts.length > 0 && ids.length > 0);
		expect([
			isComplete,
			expected.flatMap(({ ids }) => ids).filter((id) => corpusEvery === 1 && !known.has(id)),
		]).toEqual([true, []]);
		const partsOf = (id: string) => expected.flatMap(({ ids, parts }) => (ids.includes(id) ? parts : []));
		const unexpected = found.flatMap(({ id, command, differences }) => {
			const left = differences.filter(({ part }) => !partsOf(id).includes(part));
			return left.length === 0 ? [] : [{ id, command, left }];
		});
		console.info(`${entries.length} entries: ${entries.length - found.length} alike, ${found.length} not`);
		expect(unexpected).toEqual([]);
		expect(entries.length).toBeGreaterThan(30);
	});
});

interface Difference {
	readonly part: Part;
	readonly inside: unknown;
	readonly outside: unknown;
}

function differencesOf(inside: Side, outside: Side): readonly Difference[] {
	if (inside.isRefused) return [{ part: 'refused', inside: inside.stderr, outside: '' }];
	const parts: readonly (readonly [Part, unknown, unknown])[] = [
		['exit', inside.exit, outside.exit],
		['stdout', settled(inside.stdout), settled(outside.stdout)],
		['stderr', settled(withoutNotices(inside.stderr)), settled(outside.stderr)],
		[
			'files',
			inside.files.filter((one) => !outside.files.includes(one)),
			outside.files.filter((one) => !inside.files.includes(one)),
		],
	];
	return parts
		.filter(([, left, right]) => JSON.stringify(left) !== JSON.stringify(right))
		.map(([part, left, right]) => ({ part, inside: left, outside: right }));
}

function withoutNotices(stderr: string): string {
	return stderr.replace(/^trapgate: .*\n?/gm, '');
}

/** Without what differs between two runs anywhere: moments, numbers of processes, names that are drawn by lot. */
function settled(output: string): string {
	return output
		.replace(/\d{4}-\d\d-\d\d[T ]\d\d[:_]\d\d[:_]\d\d[.\d_]*(?:Z| [+-]\d{4})?/g, '<moment>')
		.replace(/\b[A-Z][a-z]{2} +\d+ \d\d:\d\d\b/g, '<moment>')
		.replace(/\b[EIW]\d{4} \d\d:\d\d:\d\d\.\d+/g, '<moment>')
		.replace(/\b\d+m?[.]?\d*m?s\b/g, '<time>')
		.replace(/\bInode: \d+/g, 'Inode: <number>')
		.replace(/\bDevice: \S+/g, 'Device: <number>')
		.replace(/tmp\.\w{10}\b/g, 'tmp.<name>')
		.replace(/\[\d+\] \d+/g, '[1] <pid>');
}

function exitOf(child: ChildProcess): Promise<string> {
	return new Promise((resolve) => child.once('close', (code, signal) => resolve(String(signal ?? code))));
}

/** A line for everything in the folder: what it is, its rights, and what is in it. Git's index has inodes and moments. */
function treeOf(folder: string, below = ''): readonly string[] {
	return readdirSync(join(folder, below))
		.flatMap((name): readonly string[] => {
			const path = join(below, name);
			if (path === '.git/index') return [];
			const found = lstatSync(join(folder, path));
			const rights = (found.mode & 0o7777).toString(8);
			if (found.isDirectory()) return [`${path}/ ${rights}`, ...treeOf(folder, path)];
			if (found.isSymbolicLink()) return [`${path} -> ${readlinkSync(join(folder, path))}`];
			if (!found.isFile()) return [`${path} is something else`];
			const content = settled(readFileSync(join(folder, path), 'latin1'));
			return [`${path} ${rights} ${createHash('sha256').update(content).digest('hex').slice(0, 16)}`];
		})
		.sort();
}
