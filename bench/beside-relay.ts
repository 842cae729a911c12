// What is measured beside each other in several benches: the fastest driver there can be, a Node process that only copies
// bytes, and the built program with 100 rules and its log, each spoken to by a client of a few lines.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** One way to the driver. */
export interface Way {
	readonly argv: readonly string[];
	/** What its tools are called on this way. */
	readonly toolName: (name: 'echo' | 'blob') => string;
}

export interface Ways {
	readonly server: string;
	readonly alone: Way;
	readonly relay: Way;
	readonly trapgate: (durability?: 'written' | 'fsync') => Way;
	connect(way: Way): Connected;
	/** Takes everything away. */
	remove(): void;
}

/** A client of one process. */
export interface Connected {
	readonly pid: number;
	ask(method: string, params: object): Promise<Answer>;
	/** Introduces itself, and waits until the list of tools has one in it. */
	introduce(): Promise<void>;
	/** Ends the input and waits for the process. */
	end(): Promise<void>;
}

export interface Answer {
	readonly result?: { readonly tools?: readonly unknown[]; readonly content?: readonly { readonly text: string }[] };
}

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

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
		alone: { argv: [server], toolName: (name) => name },
		relay: { argv: [relay], toolName: (name) => name },
		trapgate(durability = 'written') {
			const config = join(folder, `${durability}.yaml`);
			writeFileSync(config, configText(server, join(folder, `audit-${durability}`), durability));
			return { argv: [program, 'run', '--quiet', '--config', config], toolName: (name) => `echo__${name}` };
		},
		connect: ({ argv }) => connected(argv, env, folder),
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}

function connected(argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Connected {
	const child = spawn(process.execPath, argv, { env, cwd, stdio: ['pipe', 'pipe', 'ignore'] });
	const ended = once(child, 'exit');
	const waiting = new Map<number, (answer: Answer) => void>();
	createInterface({ input: child.stdout }).on('line', (line) => {
		const message = JSON.parse(line);
		waiting.get(message.id)?.(message);
		waiting.delete(message.id);
	});
	let last = 0;
	const ask = (method: string, params: object): Promise<Answer> => {
		const id = ++last;
		child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
		return new Promise((resolve) => waiting.set(id, resolve));
	};
	return {
		pid: child.pid ?? 0,
		ask,
		async introduce() {
			const clientInfo = { name: 'bench', version: '1' };
			await ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
			child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
			while (((await ask('tools/list', {})).result?.tools?.length ?? 0) === 0);
		},
		async end() {
			child.stdin.end();
			await ended;
		},
	};
}

const serverText = `let rest = '';
const tools = ['echo', 'blob'].map((name) => ({ name, inputSchema: { type: 'object' } }));
const answers = {
	initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'echo', version: '1' } }),
	'tools/list': () => ({ tools }),
	'tools/call': ({ name, arguments: given }) => ({ content: [{ type: 'text', text: name === 'echo' ? given.message : 'x'.repeat(given.bytes) }] }),
};
process.stdin.setEncoding('utf8').on('data', (chunk) => {
	const lines = (rest + chunk).split('\\n');
	rest = lines.pop();
	let out = '';
	for (const line of lines) {
		const { id, method, params } = JSON.parse(line);
		if (id === undefined) continue;
		const answer = answers[method];
		const outcome = answer === undefined ? { error: { code: -32601, message: 'unknown' } } : { result: answer(params) };
		out += JSON.stringify({ jsonrpc: '2.0', id, ...outcome }) + '\\n';
	}
	if (out !== '') process.stdout.write(out);
});
`;

function relayText(server: string): string {
	return `import { spawn } from 'node:child_process';
const child = spawn(process.execPath, [${JSON.stringify(server)}], { stdio: ['pipe', 'pipe', 'inherit'] });
process.stdin.pipe(child.stdin);
child.stdout.pipe(process.stdout);
child.on('exit', (code) => process.exit(code ?? 1));
`;
}

function configText(server: string, audit: string, durability: 'written' | 'fsync'): string {
	const rules = Array.from({ length: 99 }, (_, index) => {
		const match = `{ tool: "echo/*", args: { message: { glob: "*forbidden-${index}*" } } }`;
		return `  - { id: deny-${index}, match: ${match}, then: deny, reason: no, instead: ask }\n`;
	});
	return `version: 1
drivers: { echo: { command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(server)}] } }
defaults: { tool: deny }
audit: { directory: ${JSON.stringify(audit)}, durability: ${durability} }
rules:
  - { id: allow-echo, match: { tool: "echo/*" }, then: allow }
${rules.join('')}`;
}
