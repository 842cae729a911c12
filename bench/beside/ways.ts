// What is measured beside each other: the fastest driver there can be, a Node process that only copies bytes, and the built
// program with 100 rules and its log.
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Client, connect } from './client.ts';

/** One way to the driver: a program to start, and what is spoken to it. */
export interface Way {
	/** The program and its arguments. */
	readonly argv: readonly string[];
	readonly speaks: Speech;
	/** Another home directory than the user's. */
	readonly home?: string;
}

export type Speech =
	| { readonly kind: 'stdio' }
	/** Streamable HTTP. The token, where there is one, stands in a file that the program writes. */
	| { readonly kind: 'http'; readonly url: string; readonly tokenFile?: string }
	/** HTTP+SSE of MCP 2024-11-05. */
	| { readonly kind: 'sse'; readonly url: string };

export interface Ways {
	/** The driver's file; `HTTP` makes it serve at a port, its one argument. */
	readonly server: string;
	/** For the files of one way. */
	readonly folder: string;
	readonly alone: Way;
	readonly relay: Way;
	/** With the driver that a configuration names. */
	trapgate(options?: TrapgateOptions): Way;
	connect(way: Way): Client;
	/** Takes everything away. */
	remove(): void;
}

export interface TrapgateOptions {
	readonly durability?: 'written' | 'fsync';
	/** Serves HTTP there instead of standard input. */
	readonly httpPort?: number;
	/** The address of a driver that is not started, instead of the one that is. */
	readonly remote?: string;
}

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const node = process.execPath;
const stdio = { kind: 'stdio' } as const;

/** Throws when the program is not built. */
export function waysToADriver(): Ways {
	if (!existsSync(program)) throw new Error('there is no dist: npm run build');
	const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bench-ways-')));
	const server = join(folder, 'server.mjs');
	writeFileSync(server, serverText);
	const relay = join(folder, 'relay.mjs');
	writeFileSync(relay, relayText(server));
	const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') };
	return {
		server,
		folder,
		alone: { argv: [node, server], speaks: stdio },
		relay: { argv: [node, relay], speaks: stdio },
		trapgate({ durability = 'written', httpPort, remote } = {}) {
			const name = [
				durability,
				httpPort === undefined ? 'stdio' : 'http',
				remote === undefined ? 'local' : 'remote',
			].join('-');
			const driver = remote === undefined ? { command: node, args: [server] } : { url: remote };
			const config = join(folder, `${name}.yaml`);
			writeFileSync(config, configText(driver, join(folder, `audit-${name}`), durability));
			const argv = [node, program, 'run', '--quiet', '--config', config];
			if (httpPort === undefined) return { argv, speaks: stdio };
			const tokenFile = join(env.XDG_STATE_HOME, 'trapgate/http-token');
			const url = `http://127.0.0.1:${httpPort}/mcp`;
			return { argv: [...argv, '--http', `127.0.0.1:${httpPort}`], speaks: { kind: 'http', url, tokenFile } };
		},
		connect: (way) => connect(way, { env, folder }),
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}

/** A port that was free just now. */
export async function freePort(): Promise<number> {
	const listener = createServer();
	await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
	const address = listener.address();
	await new Promise((resolve) => listener.close(resolve));
	return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Serves at the port that is its argument; without one, standard input. */
const serverText = `import { createServer } from 'node:http';
const tools = ['echo', 'blob'].map((name) => ({ name, inputSchema: { type: 'object' } }));
const answers = {
	initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'echo', version: '1' } }),
	ping: () => ({}),
	'tools/list': () => ({ tools }),
	'tools/call': ({ name, arguments: given }) => ({ content: [{ type: 'text', text: name === 'echo' ? given.message : 'x'.repeat(given.bytes) }] }),
};
function answered({ id, method, params }) {
	if (id === undefined || method === undefined) return undefined;
	const answer = answers[method];
	const outcome = answer === undefined ? { error: { code: -32601, message: 'unknown' } } : { result: answer(params) };
	return JSON.stringify({ jsonrpc: '2.0', id, ...outcome });
}
const port = process.argv[2];
if (port === undefined) {
	let rest = '';
	process.stdin.setEncoding('utf8').on('data', (chunk) => {
		const lines = (rest + chunk).split('\\n');
		rest = lines.pop();
		let out = '';
		for (const line of lines) {
			const answer = answered(JSON.parse(line));
			if (answer !== undefined) out += answer + '\\n';
		}
		if (out !== '') process.stdout.write(out);
	});
} else {
	createServer((request, response) => {
		if (request.method !== 'POST') return response.writeHead(405).end();
		let body = '';
		request.setEncoding('utf8').on('data', (chunk) => (body += chunk)).on('end', () => {
			const answer = answered(JSON.parse(body));
			if (answer === undefined) response.writeHead(202).end();
			else response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) }).end(answer);
		});
	}).listen(Number(port), '127.0.0.1');
}
`;

function relayText(server: string): string {
	return `import { spawn } from 'node:child_process';
const child = spawn(process.execPath, [${JSON.stringify(server)}], { stdio: ['pipe', 'pipe', 'inherit'] });
process.stdin.pipe(child.stdin);
child.stdout.pipe(process.stdout);
child.on('exit', (code) => process.exit(code ?? 1));
`;
}

function configText(driver: object, audit: string, durability: string): string {
	const rules = Array.from({ length: 99 }, (_, index) => {
		const match = `{ tool: "echo/*", args: { message: { glob: "*forbidden-${index}*" } } }`;
		return `  - { id: deny-${index}, match: ${match}, then: deny, reason: no, instead: ask }\n`;
	});
	return `version: 1
drivers: { echo: ${JSON.stringify(driver)} }
defaults: { tool: deny }
audit: { directory: ${JSON.stringify(audit)}, durability: ${durability} }
rules:
  - { id: allow-echo, match: { tool: "echo/*" }, then: allow }
${rules.join('')}`;
}
