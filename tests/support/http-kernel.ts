// The built kernel behind its HTTP front, on a port of its own choosing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import { runArguments, type Site } from './kernel-process.ts';
import { until } from './processes.ts';
import { RawClient } from './raw-client.ts';

export interface HttpKernel {
	readonly url: URL;
	readonly token: string;
	/** Ends it in order; resolves when it is gone. */
	stop(): Promise<void>;
}

/** Starts `run --http` on a free port and waits until it says where it listens. */
export async function startHttp(site: Site, ...more: string[]): Promise<HttpKernel> {
	const kernel = new RawClient([process.execPath, ...runArguments(site, '--http', '127.0.0.1:0', ...more)], site.env);
	let url: string | undefined;
	await until(
		() => {
			url = /listens on (\S+)/.exec(kernel.stderr)?.[1];
			return url !== undefined || kernel.process.exitCode !== null;
		},
		() => kernel.stderr,
	);
	if (url === undefined) throw new Error(kernel.stderr);
	const token = more.includes('--no-token')
		? ''
		: readFileSync(join(site.env['XDG_STATE_HOME'] ?? '', 'trapgate/http-token'), 'utf8').trim();
	return { url: new URL(url), token, stop: () => kernel.kill('SIGTERM') };
}

export async function connectHttp(
	kernel: Pick<HttpKernel, 'url' | 'token'>,
	options: { capabilities?: ClientCapabilities; prepare?: (client: Client) => void } = {},
): Promise<Client> {
	const client = new Client({ name: 'http-test', version: '1' }, { capabilities: options.capabilities ?? {} });
	options.prepare?.(client);
	const headers: Record<string, string> = kernel.token === '' ? {} : { authorization: `Bearer ${kernel.token}` };
	await client.connect(new StreamableHTTPClientTransport(kernel.url, { requestInit: { headers } }));
	return client;
}
