// A server of an older revision that asks its client without end, within one call.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeSite, runArguments } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';

/** Asks so many times, one after the other or all at once, and says how it was answered. */
const server = `
import { createInterface } from 'node:readline';
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const waiting = new Map();
let ids = 0;
const ask = () => new Promise((resolve) => {
	ids += 1;
	waiting.set('q' + ids, resolve);
	const requestedSchema = { type: 'object', properties: {} };
	send({ id: 'q' + ids, method: 'elicitation/create', params: { message: 'Again?', requestedSchema } });
});
async function call({ times, atOnce }) {
	const answers = [];
	if (atOnce) answers.push(...await Promise.all(Array.from({ length: times }, ask)));
	else for (let at = 0; at < times; at += 1) answers.push(await ask());
	const refused = answers.filter(({ error }) => error !== undefined);
	const said = { answered: answers.length - refused.length, refused: refused.length, why: refused[0]?.error };
	return { content: [{ type: 'text', text: JSON.stringify(said) }] };
}
const answers = {
	initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '0' } }),
	'tools/list': () => ({ tools: [{ name: 'nags', inputSchema: { type: 'object' } }] }),
	'tools/call': ({ arguments: given }) => call(given),
};
createInterface({ input: process.stdin }).on('line', async (line) => {
	const { id, method, params, result, error } = JSON.parse(line);
	if (method === undefined) return waiting.get(id)?.({ result, error });
	if (id === undefined) return;
	if (answers[method] === undefined) send({ id, error: { code: -32601, message: 'no' } });
	else send({ id, result: await answers[method](params) });
});
`;

test.each([true, false])(
	'is refused beyond 32 (at once: %s), its call goes on, and the log says so',
	async (atOnce) => {
		const site = makeSite({});
		const program = join(site.directory, 'nags.mjs');
		writeFileSync(program, server);
		site.configure({
			drivers: { old: { command: process.execPath, args: [program], protocol: '2025-11-25' } },
			defaults: { tool: 'allow' },
			rules: [{ id: 'may-ask', match: { driver_asks: 'elicitation' }, then: 'allow' }],
		});
		const client = new RawClient([process.execPath, ...runArguments(site)], site.env);
		try {
			await client.initialize({ elicitation: {} });
			let rest = '';
			client.process.stdout?.on('data', (text: string) => {
				const lines = (rest + text).split('\n');
				rest = lines.pop() ?? '';
				for (const line of lines) {
					const { id, method } = JSON.parse(line);
					if (method !== 'elicitation/create') continue;
					client.send(JSON.stringify({ jsonrpc: '2.0', id, result: { action: 'accept', content: {} } }));
				}
			});
			for (const id of [1, 2]) {
				const { result } = await client.request(id, 'tools/call', {
					name: 'old__nags',
					arguments: { times: 40, atOnce },
				});
				expect(JSON.parse(result.content[0].text)).toEqual({
					...{ answered: 32, refused: 8 },
					why: { code: -32603, message: 'Refused: a call may ask its client at most 32 times' },
				});
			}
			expect(client.stderr.match(/asked its client more than 32 times/g)).toHaveLength(2);
		} finally {
			await client.end();
			site.remove();
		}
	},
);
