// A limit as an agent meets it: calls run until it is used up, whatever is tried at once, and the log tells the same.
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { makeSite, runArguments, type Site } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';

const server = fileURLToPath(new URL('../fixtures/servers/unusual.mjs', import.meta.url));
const open: { site: Site; client: RawClient }[] = [];
afterEach(async () => {
	for (const { site, client } of open.splice(0)) {
		await client.end();
		site.remove();
	}
});

async function start(rule: object, more: object = {}): Promise<{ site: Site; client: RawClient }> {
	const site = makeSite({
		drivers: { unusual: { command: process.execPath, args: [server] } },
		rules: [
			{ id: 'all', match: { tool: 'unusual/*' }, then: 'allow' },
			{ id: 'few', match: { tool: 'unusual/unusual' }, reason: 'It is dear.', instead: 'do without', ...rule },
		],
		...more,
	});
	const client = new RawClient([process.execPath, ...runArguments(site)], site.env);
	open.push({ site, client });
	await client.initialize();
	return { site, client };
}

const call = { name: 'unusual__unusual', arguments: { case: 'extra-fields' } };
const decisions = (site: Site) =>
	site
		.records()
		.filter(({ event, method }) => event === 'decided' && method === 'tools/call')
		.map(({ decision, acted, rules }) => [decision, acted, rules]);

test('ten calls at once: three run, seven are refused with the reason and the way on', async () => {
	const { site, client } = await start({ then: { limit: { calls: 3, per: '1h' } } });
	const ids = Array.from({ length: 10 }, (_, index) => index + 1);
	const replies = await Promise.all(ids.map((id) => client.request(id, 'tools/call', call)));
	const refused = replies.filter(({ result }) => result.isError === true);
	expect(refused).toHaveLength(7);
	expect(refused[0]?.['result'].content[0].text).toMatch(
		/^BLOCKED by policy\. Nothing ran\.\nCall: .*\nRule: {4}few\nWhy: {5}It is dear\. The limit of 3 calls in 1h for this agent is used up; the next can be made in (?:1h|59m \d+s)\.\nInstead: do without$/,
	);
	expect(decisions(site).filter(([decision]) => decision === 'denied')).toHaveLength(7);
	expect(site.records().filter(({ event }) => event === 'completed')).toHaveLength(3);
});

test('a limit on trial stops nothing and says so in the log', async () => {
	const { site, client } = await start({ then: { limit: { calls: 1, per: '1h' } } }, { mode: 'observe' });
	for (const id of [1, 2]) expect((await client.request(id, 'tools/call', call))['result'].isError).toBeUndefined();
	expect(decisions(site)).toEqual([
		['allowed', true, ['all']],
		['denied', false, ['few', 'all']],
	]);
});

test('a call that waits for a person in vain counts against nothing', async () => {
	const { client } = await start(
		{ then: { limit: { calls: 1, per: '1h' } } },
		{
			rules: [
				{ id: 'all', match: { tool: 'unusual/*' }, then: 'allow' },
				{ id: 'ask', match: { tool: 'unusual/*', args: { case: 'error' } }, then: 'ask' },
				{ id: 'few', match: { tool: 'unusual/unusual' }, then: { limit: { calls: 1, per: '1h' } } },
			],
		},
	);
	const asked = { name: 'unusual__unusual', arguments: { case: 'error' } };
	for (const id of [1, 2]) {
		expect((await client.request(id, 'tools/call', asked))['result'].content[0].text).toContain('no_channel');
	}
	expect((await client.request(3, 'tools/call', call))['result'].isError).toBeUndefined();
	// Used up comes before being asked.
	expect((await client.request(4, 'tools/call', asked))['result'].content[0].text).toContain('is used up');
});
