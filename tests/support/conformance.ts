// Runs the conformance tool of MCP against a server, and says of each scenario what became of it.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { startHttp } from './http-kernel.ts';
import { makeSite } from './kernel-process.ts';
import { until } from './processes.ts';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const newerNode = at('inspector/node_modules/node/bin/node');
const tool = at('inspector/node_modules/@modelcontextprotocol/conformance');
const fixture = at('fixtures/servers/conformance.mjs');
const client = at('fixtures/clients/conformance-client.mjs');

export const revisions = ['2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof revisions)[number];

/** What a set of requirements asks of servers. */
export interface Requirements {
	readonly scored: readonly string[];
	/** What is scored of clients. */
	readonly client: readonly string[];
	/** Run and reported only, each with the tool's own reason. */
	readonly unscored: ReadonlyMap<string, string>;
}

export function requirements(revision: Revision): Requirements {
	const read = parse(readFileSync(join(tool, `requirements/${revision}.yaml`), 'utf8')) as {
		server: string[];
		client: string[];
		not_scored: { scenario: string; leg: string; reason: string }[];
	};
	const unscored = read.not_scored.filter(({ leg }) => leg === 'server');
	return {
		scored: read.server,
		client: read.client,
		unscored: new Map(unscored.map(({ scenario, reason }) => [scenario, reason])),
	};
}

/** How a scenario ended: `silent` is one that checked nothing. */
export type Outcome = 'passed' | 'warned' | 'failed' | 'silent';

export interface Ended {
	readonly outcome: Outcome;
	/** What was wrong, check by check. */
	readonly complaints: readonly string[];
}
export type Run = ReadonlyMap<string, Ended>;

interface Check {
	readonly id: string;
	readonly status: string;
	readonly errorMessage?: string;
}

/** Runs every scenario of the revision, or one. A scenario that is not among the results did not run. */
export async function run(url: string, revision: Revision, scenario?: string): Promise<Run> {
	const folder = mkdtempSync(join(tmpdir(), 'trapgate-conformance-'));
	const which =
		scenario === undefined ? ['--requirements', revision] : ['--scenario', scenario, '--spec-version', revision];
	try {
		// It ends with 1 where something failed, which its results say more exactly.
		await runTool(['server', '--url', url, ...which, '-o', folder]);
		const ended = readdirSync(folder).map((name): [string, Ended] => {
			const [, found = name] = /^server-(.*)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name) ?? [];
			return [found, judge(JSON.parse(readFileSync(join(folder, name, 'checks.json'), 'utf8')) as Check[])];
		});
		return new Map(ended);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Lets the tool be a server, and a client of the SDK use it through Trapgate. */
export async function runAsClient(revision: Revision, scenario: string): Promise<Ended> {
	const folder = mkdtempSync(join(tmpdir(), 'trapgate-conformance-'));
	const command = `${process.execPath} ${client}`;
	const args = ['--command', command, '--scenario', scenario, '--spec-version', revision, '-o', folder];
	try {
		const wasFine = await runTool(['client', ...args]);
		const [name = ''] = readdirSync(folder);
		const ended = judge(JSON.parse(readFileSync(join(folder, name, 'checks.json'), 'utf8')) as Check[]);
		// The tool also fails a client that ends with an error.
		return wasFine ? ended : { outcome: 'failed', complaints: [...ended.complaints, 'the tool ended with an error'] };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Resolves when it has ended, with whether it found nothing wrong. */
function runTool(args: readonly string[]): Promise<boolean> {
	const limits = { timeout: 240_000, maxBuffer: 1 << 26 };
	return new Promise((resolve) => {
		execFile(newerNode, [join(tool, 'dist/index.js'), ...args], limits, (error) => resolve(error === null));
	});
}

function judge(checks: readonly Check[]): Ended {
	const bad = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
	const complaints = bad.map(({ id, status, errorMessage = '' }) => `${status} ${id}: ${errorMessage}`);
	const has = (wanted: string) => checks.some(({ status }) => status === wanted);
	if (has('FAILURE')) return { outcome: 'failed', complaints };
	if (has('WARNING')) return { outcome: 'warned', complaints };
	return { outcome: has('SUCCESS') ? 'passed' : 'silent', complaints };
}

/** Did the scenario pass, as the tool itself counts? */
export function passes(ended: Ended | undefined): boolean {
	return ended?.outcome === 'passed' || ended?.outcome === 'warned';
}

export interface Server {
	readonly url: string;
	close(): Promise<void>;
}

/** The server that everything is measured with, over HTTP in a process of its own. */
export async function startFixture(): Promise<Server> {
	const child = spawn(process.execPath, [fixture, '--http'], { stdio: ['ignore', 'pipe', 'inherit'] });
	const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
	let said = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		said += text;
	});
	await until(
		() => said.includes('\n') || child.exitCode !== null,
		() => 'the fixture said no address',
	);
	if (child.exitCode !== null) throw new Error(`the fixture ended with ${child.exitCode}`);
	return {
		url: said.trim(),
		close: async () => {
			child.kill();
			await gone;
		},
	};
}

/** How Trapgate reaches the fixture. */
export interface Way {
	readonly name: string;
	readonly driver: 'stdio' | 'HTTP';
	/** What `protocol:` says. */
	readonly protocol: 'auto' | Revision;
}

/** The built kernel behind its HTTP front, with nothing forbidden and every name as it is. */
export async function startThrough({ driver, protocol }: Way): Promise<Server> {
	const remote = driver === 'HTTP' ? await startFixture() : undefined;
	const address = remote === undefined ? { command: process.execPath, args: [fixture] } : { url: remote.url };
	const site = makeSite({
		prefix: 'never',
		drivers: { fixture: { ...address, protocol } },
		defaults: { tool: 'allow', other: 'allow' },
		rules: [{ id: 'may-ask', match: { driver_asks: ['sampling', 'elicitation', 'roots'] }, then: 'allow' }],
	});
	const kernel = await startHttp(site, '--no-token', '--log-level', 'warn');
	return {
		url: kernel.url.href,
		close: async () => {
			await kernel.stop();
			await remote?.close();
			site.remove();
		},
	};
}

/**
 * Makes the acquaintance of a client that shows forms. A local server is started for each kind of client, and the tool
 * gives one check of `server-stateless`, which is that client, 600 ms with all that has to start.
 */
export async function warmUp(url: string): Promise<void> {
	const _meta = {
		'io.modelcontextprotocol/protocolVersion': '2026-07-28',
		'io.modelcontextprotocol/clientInfo': { name: 'conformance-client', version: '1.0.0' },
		'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
	};
	const response = await fetch(url, {
		method: 'POST',
		headers: {
			'content-type': 'application/json',
			accept: 'application/json, text/event-stream',
			'mcp-protocol-version': '2026-07-28',
			'mcp-method': 'tools/list',
		},
		body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta } }),
	});
	const said = await response.text();
	if (!response.ok || !said.includes('test_simple_text')) throw new Error(`the fixture is not there: ${said}`);
}

/** Runs everything; what did not end as expected is tried twice more: the tool has time limits that a busy machine misses. */
export async function runPatiently(
	url: string,
	revision: Revision,
	isExpected: (scenario: string, ended: Ended | undefined) => boolean,
): Promise<Run> {
	const ended = new Map(await run(url, revision));
	const { scored, unscored } = requirements(revision);
	for (let attempt = 2; attempt <= 3; attempt += 1) {
		for (const scenario of [...scored, ...unscored.keys()].filter((name) => !isExpected(name, ended.get(name)))) {
			const [again] = (await run(url, revision, scenario)).values();
			if (again !== undefined) ended.set(scenario, again);
		}
	}
	return ended;
}

export function versions(): { readonly tool: string; readonly node: string; readonly sdk: string } {
	const versionOf = (path: string) => (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
	return {
		tool: versionOf(join(tool, 'package.json')),
		node: versionOf(at('inspector/node_modules/node/package.json')),
		sdk: versionOf(at('../node_modules/@modelcontextprotocol/server/package.json')),
	};
}
