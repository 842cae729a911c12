// Real clients from npm, offline, driven by a scripted model: do they list and call through Trapgate, and what do they read?
// `node bench/run.mjs clients [--agents DIR] [--node DIR] [--only ID,ID] [--write]`, of the built program.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type RealClient, realClients } from './clients/real-clients.ts';
import { startModel } from './clients/scripted-model.ts';
import { type Row, rowText, writeTable } from './clients/table.ts';

const { values } = parseArgs({
	options: {
		agents: { type: 'string', default: '.tmp/clients' },
		only: { type: 'string' },
		node: { type: 'string' },
		write: { type: 'boolean', default: false },
		verbose: { type: 'boolean', default: false },
	},
});
const agents = resolve(values.agents);
const node = resolve(values.node ?? join(agents, 'node24/node_modules/node/bin'));
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const policy = fileURLToPath(new URL('../examples/clients/trapgate.yaml', import.meta.url));

/** What the model calls, and what must be read of it. */
const script = [
	{ command: 'echo from-agent', reads: 'from-agent' },
	{ command: 'git push --force origin main', reads: 'BLOCKED by policy' },
	{ command: 'egrep -c gate notes.md', reads: '[policy] Ran `grep -E -c gate notes.md` instead' },
];

const rows: Row[] = [];
for (const client of realClients) {
	if (values.only !== undefined && !values.only.split(',').includes(client.id)) continue;
	const row = await tryClient(client);
	process.stdout.write(`${rowText(row)}\n`);
	rows.push(row);
}
if (values.write) writeTable(rows);
process.exitCode = rows.every(({ outcome }) => outcome.kind !== 'failed') ? 0 : 1;

async function tryClient(client: RealClient): Promise<Row> {
	const about = { name: client.name, packageName: client.packageName };
	const installed = join(agents, client.id, 'node_modules');
	const manifest = join(installed, client.packageName, 'package.json');
	if (!existsSync(join(installed, client.program)) || !existsSync(manifest))
		return { ...about, outcome: { kind: 'absent' } };
	const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
	const folder = realpathSync(mkdtempSync(join(tmpdir(), `real-${client.id}-`)));
	const model = await startModel(
		'shell__run',
		script.map(({ command }) => ({ command })),
	);
	try {
		const { project, env } = prepare(client, folder, model.address);
		const { output, code } = await runOnce(join(installed, client.program), client, project, env);
		const lines = readLines(join(folder, 'lines.log'));
		if (values.verbose)
			process.stdout.write(`${output.slice(-3000)}\n${model.tools().join(' ')}\n${model.results().join('\n')}\n`);
		const results = model.results();
		return {
			...about,
			version,
			outcome: {
				kind: script.every(({ reads }, at) => results[at]?.includes(reads)) ? 'passed' : 'failed',
				...protocolOf(lines),
				lists: model.tools().some((tool) => tool.endsWith('shell__run')),
				reads: script.map(({ reads }, at) => results[at]?.includes(reads) ?? false),
				own: model.tools().filter((tool) => !/trapgate/.test(tool)),
				code,
			},
		};
	} finally {
		model.close();
		if (!values.verbose) rmSync(folder, { recursive: true, force: true });
	}
}

/** A home and a project of their own, with the client's configuration in them. */
function prepare(client: RealClient, folder: string, model: string) {
	const home = join(folder, 'home');
	const project = join(folder, 'project');
	for (const path of [home, project]) mkdirSync(path);
	// Beside the project: there it is the operator's own, and nobody has to trust it at a terminal.
	const config = join(folder, 'trapgate.yaml');
	writeFileSync(config, readFileSync(policy, 'utf8').replace('workspace: .', `workspace: ${project}`));
	writeFileSync(join(project, 'notes.md'), 'the gate\n');
	const own = { HOME: home, PATH: `${node}${delimiter}${process.env['PATH']}`, TERM: 'dumb' };
	const tee = writeTee(folder);
	const place = (path: string) => (path.startsWith('~/') ? join(home, path.slice(2)) : join(project, path));
	for (const [path, text] of client.files(model)) {
		mkdirSync(dirname(place(path)), { recursive: true });
		writeFileSync(place(path), pointed(text, config, tee));
	}
	if (client.isConnected) {
		trapgate(['connect', client.id, '--yes', '--config', config], project, own);
		for (const path of ['.mcp.json', '~/.codex/config.toml']) {
			if (!existsSync(place(path))) continue;
			writeFileSync(place(path), readFileSync(place(path), 'utf8').replaceAll(program, tee));
		}
	}
	return { project, env: { ...own, ...client.env(model) } };
}

function pointed(text: string, config: string, tee: string): string {
	return text
		.replaceAll('/path/to/trapgate/dist/cli/main.js', tee)
		.replaceAll('/path/to/project/trapgate.yaml', config)
		.replaceAll('"node"', JSON.stringify(process.execPath));
}

function trapgate(args: readonly string[], cwd: string, env: Record<string, string>): void {
	const { status, stderr, stdout } = spawnSync(process.execPath, [program, ...args], { cwd, env, encoding: 'utf8' });
	if (status !== 0) throw new Error(`trapgate ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
}

/** A program that stands before Trapgate and writes down what the client says. */
function writeTee(folder: string): string {
	const path = join(folder, 'tee.mjs');
	const log = join(folder, 'lines.log');
	writeFileSync(
		path,
		`import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
const child = spawn(process.execPath, [${JSON.stringify(program)}, ...process.argv.slice(2)], { stdio: ['pipe', 'pipe', 'inherit'] });
process.stdin.on('data', (chunk) => appendFileSync(${JSON.stringify(log)}, chunk));
process.stdin.pipe(child.stdin);
child.stdout.pipe(process.stdout);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
`,
	);
	return path;
}

async function runOnce(file: string, client: RealClient, cwd: string, env: Record<string, string>) {
	const child = spawn(file, client.args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
	const kill = () => {
		try {
			process.kill(-(child.pid ?? 0), 'SIGKILL');
		} catch {}
	};
	const timer = setTimeout(kill, 120_000);
	const [code] = (await once(child, 'close')) as [number | null];
	clearTimeout(timer);
	kill();
	return { output, code };
}

function readLines(path: string): readonly any[] {
	if (!existsSync(path)) return [];
	return readFileSync(path, 'utf8')
		.split('\n')
		.filter(Boolean)
		.map((line) => JSON.parse(line));
}

/** What it says first, and the revision in which it calls. */
function protocolOf(lines: readonly any[]): { opens: string; protocol: string } {
	const call = lines.find(({ method }) => method === 'tools/call');
	const inEnvelope = call?.params?._meta?.['io.modelcontextprotocol/protocolVersion'];
	const introduced = lines.find(({ method }) => method === 'initialize')?.params?.protocolVersion;
	return { opens: lines[0]?.method ?? 'nothing', protocol: inEnvelope ?? introduced ?? 'none' };
}
