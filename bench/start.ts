// How long an agent waits for its tools and what waits in memory meanwhile, beside a Node process that only copies bytes:
// `node bench/run.mjs start [rounds] [calls]`, of the built program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median } from './median.ts';

/** The bars: starts of the relay, and megabytes of all our processes together. */
const most = { start: 1.6, idleMb: 85 };

const rounds = Number(process.argv[2] ?? '15');
const calls = Number(process.argv[3] ?? '20000');
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bench-start-')));

/** The fastest driver that there can be, which a relay has behind it, too. */
const server = join(folder, 'server.mjs');
writeFileSync(
	server,
	`import { createInterface } from 'node:readline';
const tools = [{ name: 'echo', inputSchema: { type: 'object', properties: { message: { type: 'string' } } } }];
const answers = {
	initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'echo', version: '1' } }),
	'tools/list': () => ({ tools }),
	'tools/call': (params) => ({ content: [{ type: 'text', text: params.arguments.message }] }),
};
for await (const line of createInterface({ input: process.stdin })) {
	const { id, method, params } = JSON.parse(line);
	if (id === undefined) continue;
	const answer = answers[method];
	const outcome = answer === undefined ? { error: { code: -32601, message: 'unknown' } } : { result: answer(params) };
	process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }) + '\\n');
}
`,
);
const relay = join(folder, 'relay.mjs');
writeFileSync(
	relay,
	`import { spawn } from 'node:child_process';
const child = spawn(process.execPath, [${JSON.stringify(server)}], { stdio: ['pipe', 'pipe', 'inherit'] });
process.stdin.pipe(child.stdin);
child.stdout.pipe(process.stdout);
child.on('exit', (code) => process.exit(code ?? 1));
`,
);
const config = join(folder, 'trapgate.yaml');
const rules = Array.from({ length: 99 }, (_, index) => {
	const match = `{ tool: "echo/*", args: { message: { glob: "*forbidden-${index}*" } } }`;
	return `  - { id: deny-${index}, match: ${match}, then: deny, reason: no, instead: ask }\n`;
});
writeFileSync(
	config,
	`version: 1
drivers: { echo: { command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(server)}] } }
defaults: { tool: deny }
audit: { directory: ${JSON.stringify(join(folder, 'audit'))} }
rules:
  - { id: allow-echo, match: { tool: "echo/*" }, then: allow }
${rules.join('')}`,
);
const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') };

const rows: Readonly<Record<string, readonly string[]>> = {
	'the server alone': [server],
	'a Node relay': [relay],
	trapgate: [program, 'run', '--quiet', '--config', config],
};

interface Run {
	readonly startMs: number;
	readonly idleMb: number;
	/** After the calls. */
	readonly endMb: number;
}

const seen = new Map(Object.keys(rows).map((name) => [name, [] as Run[]]));
if (!existsSync(program)) throw new Error('there is no dist: npm run build');
try {
	for (let round = -1; round < rounds; round++) {
		for (const [name, argv] of Object.entries(rows)) {
			// Loading takes as long whatever comes after it: calls are made in the first round alone.
			const run = await measure(argv, round === 0 ? calls : 0);
			if (round >= 0) seen.get(name)?.push(run);
		}
	}
} finally {
	rmSync(folder, { recursive: true, force: true });
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

/** From the start of the process to the first list of tools that has one in it. */
async function measure(argv: readonly string[], mostCalls: number): Promise<Run> {
	const began = performance.now();
	const child = spawn(process.execPath, argv, { env, cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] });
	const ended = once(child, 'exit');
	const waiting = new Map<number, (message: { readonly result?: { readonly tools?: readonly unknown[] } }) => void>();
	createInterface({ input: child.stdout }).on('line', (line) => {
		const message = JSON.parse(line);
		waiting.get(message.id)?.(message);
		waiting.delete(message.id);
	});
	let last = 0;
	const ask = (method: string, params: object) => {
		const id = ++last;
		const answer = new Promise<{ readonly result?: { readonly tools?: readonly unknown[] } }>((resolve) =>
			waiting.set(id, resolve),
		);
		child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
		return answer;
	};
	await ask('initialize', {
		protocolVersion: '2025-11-25',
		capabilities: {},
		clientInfo: { name: 'bench', version: '1' },
	});
	child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
	while (((await ask('tools/list', {})).result?.tools?.length ?? 0) === 0);
	const startMs = performance.now() - began;
	const idleMb = ownMemory(child.pid ?? 0);
	const name = argv[0] === program ? 'echo__echo' : 'echo';
	for (let call = 0; call < mostCalls; call++)
		await ask('tools/call', { name, arguments: { message: `call ${call}` } });
	const endMb = ownMemory(child.pid ?? 0);
	child.stdin.end();
	await ended;
	return { startMs, idleMb, endMb };
}

/** Resident megabytes of a process and what it started, but for the server, which belongs to nobody who is measured. */
function ownMemory(pid: number): number {
	const below = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
	return residentMb(pid) + below.filter((name) => !isServer(name)).reduce((sum, name) => sum + residentMb(name), 0);
}

function parentOf(pid: string): number {
	return Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]);
}

function residentMb(pid: string | number): number {
	return Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

function isServer(pid: string): boolean {
	return read(`/proc/${pid}/cmdline`).includes(server);
}

function read(file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		// It has ended.
		return '';
	}
}
