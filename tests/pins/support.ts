// One kernel with one driver and one policy, for what the pins freeze.
import { fileURLToPath } from 'node:url';
import { makeSite, runArguments, type Site } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';

const server = fileURLToPath(new URL('../fixtures/servers/good.mjs', import.meta.url));

const config = {
	drivers: { good: { command: process.execPath, args: [server] } },
	rules: [
		{ id: 'allow-all', match: { tool: 'good/*' }, then: 'allow' },
		{ id: 'hide-slow', match: { tool: 'good/slow' }, then: 'hide', reason: 'Too slow.', instead: 'be quick' },
		{
			id: 'no-shouting',
			match: { tool: 'good/echo', args: { text: { is: 'LOUD' } } },
			then: 'deny',
			reason: 'Nobody likes it.',
			instead: 'say it quietly',
		},
		{
			id: 'new-words',
			match: { tool: 'good/echo', args: { text: { is: 'old' } } },
			then: { rewrite: { params: { text: 'new' } } },
			reason: 'Old words are out of use.',
		},
		{ id: 'ask-first', match: { tool: 'good/seen' }, then: 'ask', reason: 'A person decides.', instead: 'go on' },
		{
			id: 'no-secrets',
			match: { resource: 'memo://b', from: 'good' },
			then: 'deny',
			reason: 'It is secret.',
			instead: 'read memo://a',
		},
		{ id: 'no-c', match: { resource: 'memo://c', from: 'good' }, then: 'hide', reason: 'Not here.', instead: 'go on' },
		{ id: 'no-leaving', match: { prompt: 'leave', from: 'good' }, then: 'hide', reason: 'Stay.', instead: 'stay' },
	],
};

export interface Pinned {
	readonly site: Site;
	/** The response without its envelope. */
	ask(method: string, params?: object): Promise<Record<string, unknown>>;
	call(name: string, args?: object): Promise<Record<string, unknown>>;
	end(): Promise<void>;
}

/** Starts the built kernel and says hello to it. */
export async function startPinned(): Promise<Pinned> {
	const site = makeSite(config);
	const client = new RawClient([process.execPath, ...runArguments(site, '--agent', 'pin')], site.env);
	await client.initialize();
	let next = 0;
	const ask = async (method: string, params: object = {}) => {
		const { jsonrpc: _, id: __, ...rest } = await client.request(`p-${next++}`, method, params);
		return rest;
	};
	return {
		site,
		ask,
		call: (name, args = {}) => ask('tools/call', { name, arguments: args }),
		async end() {
			await client.end();
			site.remove();
		},
	};
}
