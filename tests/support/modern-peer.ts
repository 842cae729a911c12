// The SDK's second line as a client of 2026-07-28: a peer that we did not write.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { HttpKernel } from './http-kernel.ts';
import { runArguments, type Site } from './kernel-process.ts';

type Options = ConstructorParameters<typeof Client>[1];

function modernClient(options: Options, prepare?: (client: Client) => void): Client {
	const client = new Client(
		{ name: 'modern-test', version: '2' },
		{ versionNegotiation: { mode: 'auto' }, ...options },
	);
	prepare?.(client);
	return client;
}

/** A client of the built kernel on its standard input and output. */
export async function modernStdio(
	site: Site,
	options: Options = {},
	prepare?: (client: Client) => void,
): Promise<Client> {
	const client = modernClient(options, prepare);
	const args = runArguments(site);
	await client.connect(new StdioClientTransport({ command: process.execPath, args, env: site.env, stderr: 'ignore' }));
	return client;
}

/** A client of the built kernel behind its HTTP front. */
export async function modernHttp(
	kernel: Pick<HttpKernel, 'url' | 'token'>,
	options: Options = {},
	prepare?: (client: Client) => void,
): Promise<Client> {
	const client = modernClient(options, prepare);
	const headers = { authorization: `Bearer ${kernel.token}` };
	await client.connect(new StreamableHTTPClientTransport(kernel.url, { requestInit: { headers } }));
	return client;
}
