// What npm has that also stands between a client and a server: which versions are measured, and how each is started.
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Way } from './ways.ts';

export interface Peer {
	readonly name: string;
	readonly version: string;
	/** Its program, in its package. */
	readonly main: string;
	/** The version of the package `node` that runs it, where it wants a newer one than we. */
	readonly nodeVersion?: string;
	/** What comes after its main file. */
	readonly way: (given: Given) => { readonly args: readonly string[]; readonly speaks: Way['speaks'] };
}

export interface Given {
	/** For its files. */
	readonly folder: string;
	/** The driver to start. */
	readonly server: string;
	readonly port: number;
	/** The address of a driver that runs. */
	readonly remote: string;
}

const node = process.execPath;
const streamable = (port: number) => ({ kind: 'http', url: `http://127.0.0.1:${port}/mcp` }) as const;

export const peers = {
	mcporter: {
		name: 'mcporter',
		version: '0.12.3',
		main: 'dist/cli.js',
		nodeVersion: '24.21.0',
		way: ({ folder, server }) => {
			const echo = { command: node, args: [server], lifecycle: 'keep-alive' };
			const config = written(folder, 'mcporter.json', { imports: [], mcpServers: { echo } });
			return { args: ['--config', config, 'serve', '--stdio'], speaks: { kind: 'stdio' } };
		},
	},
	mcpHub: {
		name: 'mcp-hub',
		version: '4.2.1',
		main: 'dist/cli.js',
		way: ({ folder, server, port }) => {
			const config = written(folder, 'mcp-hub.json', { mcpServers: { echo: { command: node, args: [server] } } });
			const speaks = { kind: 'sse', url: `http://127.0.0.1:${port}/mcp` } as const;
			return { args: ['--port', `${port}`, '--config', config], speaks };
		},
	},
	mcpProxy: {
		name: 'mcp-proxy',
		version: '6.7.19',
		main: 'dist/bin/mcp-proxy.mjs',
		way: ({ server, port }) => ({
			args: ['--host', '127.0.0.1', '--port', `${port}`, '--server', 'stream', '--', node, server],
			speaks: streamable(port),
		}),
	},
	supergateway: {
		name: 'supergateway',
		version: '4.0.0',
		main: 'dist/index.js',
		way: ({ server, port }) => ({
			args: [
				...['--stdio', `${node} ${server}`, '--outputTransport', 'streamableHttp', '--stateful'],
				...['--port', `${port}`, '--logLevel', 'none'],
			],
			speaks: streamable(port),
		}),
	},
	mcpRemote: {
		name: 'mcp-remote',
		version: '0.15.1',
		main: 'dist/proxy.js',
		way: ({ remote }) => ({
			args: [remote, '--allow-http', '--transport', 'http-only'],
			speaks: { kind: 'stdio' },
		}),
	},
} as const satisfies Record<string, Peer>;

/** What to type so that all are there. */
export function installation(directory: string): string {
	const wanted = Object.values<Peer>(peers);
	const names = wanted.flatMap(({ name, version, nodeVersion }) => [
		`${name}@${version}`,
		...(nodeVersion === undefined ? [] : [`node@${nodeVersion}`]),
	]);
	return `npm install --save-exact --prefix ${directory} ${names.join(' ')}`;
}

/** Why it can't be measured; undefined when it can. */
export function lackOf({ name, version, nodeVersion }: Peer, directory: string): string | undefined {
	const lacks = [
		[name, version],
		['node', nodeVersion],
	] as const;
	for (const [packageName, wanted] of lacks) {
		if (wanted === undefined) continue;
		const found = versionOf(packageName, directory);
		if (found === undefined) return `${packageName} is not installed`;
		if (found !== wanted) return `${packageName} ${found} is installed, not ${wanted}`;
	}
	return undefined;
}

/** A new home each time: what one run keeps there must not make the next one faster, or be in its way. */
export function wayThrough(peer: Peer, directory: string, given: Given): Way {
	const { args, speaks } = peer.way(given);
	const program = peer.nodeVersion === undefined ? node : join(directory, 'node_modules/node/bin/node');
	const home = mkdtempSync(join(given.folder, 'home-'));
	return { argv: [program, join(directory, 'node_modules', peer.name, peer.main), ...args], speaks, home };
}

function versionOf(packageName: string, directory: string): string | undefined {
	const manifest = join(directory, 'node_modules', packageName, 'package.json');
	if (!existsSync(manifest)) return undefined;
	return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

function written(folder: string, name: string, value: object): string {
	const path = join(folder, name);
	writeFileSync(path, JSON.stringify(value));
	return path;
}
