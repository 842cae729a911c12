// Long results as an agent meets them: 4,000 tokens of 40,000, and the rest in pages, for the one who called.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterEach, describe, expect, test } from 'vitest';
import { connectHttp, startHttp } from '../support/http-kernel.ts';
import { connectThrough, makeSite, runArguments, type Site, serverEntry } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';

const chatty = fileURLToPath(new URL('../fixtures/servers/chatty.mjs', import.meta.url));
const ends: (() => Promise<unknown>)[] = [];
const sites: Site[] = [];
afterEach(async () => {
	for (const end of ends.splice(0)) await end();
	for (const site of sites.splice(0)) site.remove();
});

const cap = (more: object = {}) => ({
	id: 'cap',
	match: { tool: '*' },
	then: { truncate: { max_tokens: 4000, ...more } },
});
const allowAll = { id: 'all', match: { tool: ['chatty/*', 'shell/*', 'filesystem/*', 'everything/*'] }, then: 'allow' };

function siteWith(rules: readonly object[], more: object = {}): Site {
	const site = makeSite({
		workspace: './work',
		drivers: { chatty: { command: process.execPath, args: [chatty] }, shell: { builtin: 'shell' } },
		rules: [...rules, allowAll],
		...more,
	});
	sites.push(site);
	return site;
}

async function connectTo(site: Site, agent = 'reader'): Promise<Client> {
	const client = await connectThrough(site, { args: ['--agent', agent] });
	ends.push(() => client.close());
	return client;
}

interface Item {
	readonly type?: string;
	readonly uri?: string;
	readonly text: string;
}
const tokens = (result: unknown) => Math.ceil(JSON.stringify(result).length / 4);
const itemsOf = (result: unknown) => (result as { content: Item[] }).content;
const idIn = (text: string) => /trapgate:\/\/result\/(\w+)/.exec(text)?.[1] ?? '';
const call = (client: Client, name: string, args: object = {}) =>
	client.callTool({ name: `chatty__${name}`, arguments: { ...args } });
const linesOf = (count = 4000) =>
	Array.from({ length: count }, (_, line) => `line ${line} of a long answer\n`).join('');

async function readByTool(client: Client, id: string, most = 4_000): Promise<string> {
	const pages: string[] = [];
	for (let page = 1; ; page++) {
		const reply = await client.callTool({ name: 'trapgate__read_result', arguments: { id, page } });
		expect(tokens(reply)).toBeLessThanOrEqual(most);
		const [notice, text] = itemsOf(reply);
		pages.push(text?.text ?? '');
		expect(notice?.text).toMatch(/^\[policy\] Page /);
		if (notice?.text.endsWith('It is the last.')) return pages.join('');
	}
}

async function readAsResource(client: Client, id: string, most = 4_000): Promise<string> {
	const pages: string[] = [];
	for (let uri: string | undefined = `trapgate://result/${id}`; uri !== undefined; ) {
		const reply = await client.readResource({ uri });
		expect(tokens(reply)).toBeLessThanOrEqual(most);
		const [page, notice] = reply.contents as unknown as Item[];
		pages.push(page?.text ?? '');
		uri = /Next: (trapgate:\S+)\.$/.exec(notice?.text ?? '')?.[1];
	}
	return pages.join('');
}

/** A disk of 64 KB, where one may have it. */
function tryMount(directory: string): boolean {
	try {
		mkdirSync(directory, { recursive: true, mode: 0o700 });
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', directory], { stdio: 'ignore' });
		return true;
	} catch {
		rmSync(directory, { recursive: true, force: true });
		return false;
	}
}

const completed = (site: Site, tool: string) => {
	const decided = site.records().filter((record) => record['event'] === 'decided' && record['tool'] === tool);
	return site.records().find(({ event, id }) => event === 'completed' && id === decided.at(-1)?.['id']);
};

describe('160,000 characters of a shell', () => {
	const command = 'i=0; while [ $i -lt 5000 ]; do printf "%031d\\n" $i; i=$((i+1)); done';

	test('cost 4,000 tokens, and every one of them is read, both ways', async () => {
		const site = siteWith([cap({ keep: 'head+tail', spill: true })]);
		const client = await connectTo(site);
		const result = await client.callTool({ name: 'shell__run', arguments: { command } });
		expect(tokens(result)).toBeLessThanOrEqual(4_000);
		expect(tokens(result)).toBeGreaterThan(3_800);
		const [notice, head, , tail] = itemsOf(result).map(({ text }) => text);
		expect(notice).toMatch(
			/^\[policy\] \d\d,\d{3} tokens shortened to 4,000 \(first and last parts\)\. Full text: trapgate:\/\/result\/[0-9A-Z]{26}\. In \d+ pages: trapgate__read_result\.$/,
		);
		expect(head).toMatch(/^exit code: 0\n--- stdout ---\n0{31}\n/);
		expect(tail).toMatch(/0{27}4999\n--- stderr: empty ---$/);
		expect(result.structuredContent).toMatchObject({ exitCode: 0, stderr: '' });

		const id = idIn(notice ?? '');
		const whole = await readByTool(client, id);
		expect(await readAsResource(client, id)).toBe(whole);
		const stdout = Array.from({ length: 5_000 }, (_, line) => `${String(line).padStart(31, '0')}\n`).join('');
		expect(whole).toContain(stdout);

		expect(completed(site, 'shell/run')).toMatchObject({
			told_agent: true,
			result: { truncated: { to_tokens: expect.any(Number), spilled: true, rules: ['cap'] } },
		});
		const reads = site.records().filter(({ event, tool }) => event === 'decided' && tool === 'trapgate/read_result');
		expect(reads.length).toBeGreaterThan(10);
		expect(reads[0]).toMatchObject({ decision: 'allowed', args: { value: { id, page: 1 } } });
	});

	test('what is short stays as it is', async () => {
		const client = await connectTo(siteWith([cap()]));
		const result = await client.callTool({ name: 'shell__run', arguments: { command: 'echo short' } });
		expect(itemsOf(result)).toHaveLength(1);
	});
});

describe('every shape of an answer', () => {
	test('a tool: text, blocks, a structure, a picture, an error of the tool, an error of the protocol', async () => {
		const site = siteWith([cap()]);
		const client = await connectTo(site);
		// The client checks structures against their schemas, once it has listed them.
		await client.listTools();

		for (const name of ['text', 'blocks', 'structure', 'fails']) {
			const result = await call(client, name);
			expect(tokens(result), name).toBeLessThanOrEqual(4_000);
			const whole = await readByTool(client, idIn(itemsOf(result)[0]?.text ?? ''));
			expect(whole, name).toContain(linesOf());
			if (name === 'text') expect(whole).toBe(linesOf());
			expect(result.isError, name).toBe(name === 'fails' ? true : undefined);
		}
		const { structuredContent } = await call(client, 'structure');
		expect(structuredContent).toMatchObject({ n: 1, log: expect.stringContaining('Full text: trapgate://result/') });

		for (const name of ['pattern', 'rows']) {
			const result = await call(client, name);
			expect(tokens(result), name).toBeLessThanOrEqual(4_000);
			expect(result.structuredContent).toBeUndefined();
			expect(result.isError).toBe(true);
			expect(itemsOf(result)[0]?.text).toContain('the call itself ran. Do not repeat it.');
			expect(await readByTool(client, idIn(itemsOf(result)[0]?.text ?? ''))).toContain('3999');
		}

		const picture = itemsOf(await call(client, 'picture'));
		expect(picture.map(({ type }) => type)).toContain('image');
		await expect(call(client, 'error')).rejects.toThrow(/-32050.*\[policy\] [\d,]+ tokens shortened to 4,000/);
	});

	test('a prompt, a resource, the result of a task', async () => {
		const rules = [
			{ id: 'prompts', match: { prompt: '*', from: 'chatty' }, then: { truncate: { max_tokens: 1000 } } },
			{ id: 'resources', match: { resource: 'chatty://**' }, then: { truncate: { max_tokens: 1500, keep: 'head' } } },
			{ id: 'tasks', match: { method: 'tasks/result' }, then: { truncate: { max_tokens: 2000, keep: 'tail' } } },
		];
		const site = siteWith(rules);
		const client = await connectTo(site);
		const prompt = await client.getPrompt({ name: 'chatty__review' });
		expect(tokens(prompt)).toBeLessThanOrEqual(1_000);
		expect(prompt.messages[1]).toEqual({ role: 'user', content: { type: 'text', text: 'Review this.' } });
		const notice = prompt.messages[0]?.content as Item | undefined;
		expect(await readByTool(client, idIn(notice?.text ?? ''), 1_000)).toContain(linesOf());

		const resource = await client.readResource({ uri: 'chatty://log' });
		expect(tokens(resource)).toBeLessThanOrEqual(1_500);
		const [first, second] = resource.contents as unknown as Item[];
		expect(second).toMatchObject({ uri: 'chatty://log', text: expect.stringMatching(/^line 0 of/) });
		expect(await readAsResource(client, idIn(first?.text ?? ''), 1_500)).toBe(linesOf());

		const raw = new RawClient([process.execPath, ...runArguments(site, '--agent', 'reader')], site.env);
		ends.push(() => raw.end());
		await raw.initialize();
		await raw.request('t', 'tools/call', { name: 'chatty__task', arguments: {}, task: { ttl: 1000 } });
		const { result } = await raw.request('r', 'tasks/result', { taskId: 'task-1' });
		expect(tokens(result)).toBeLessThanOrEqual(2_000);
		expect(result.content[1].text).toMatch(/line 3999 of a long answer\n$/);
	});

	test('one long line, thousands of blocks, and every strange character', async () => {
		const client = await connectTo(siteWith([cap(), { ...cap({ keep: 'tail' }), id: 'twice' }]));
		const soup = '👩‍👩‍👧‍👦e\u0301\ud83d|\u0000\u001b"\\\r\n'.repeat(1_500);
		const blocks = Array.from({ length: 5_000 }, (_, index) => `--- content ${index + 1} ---\nblock ${index}`);
		const wholes = { line: '0123456789'.repeat(40_000), soup, many: blocks.join('\n') };
		for (const [name, whole] of Object.entries(wholes)) {
			const result = await call(client, name);
			expect(tokens(result), name).toBeLessThanOrEqual(4_000);
			expect(tokens(result), name).toBeGreaterThan(3_800);
			expect((await readByTool(client, idIn(itemsOf(result)[0]?.text ?? ''))) === whole, name).toBe(true);
		}
	});

	test('calls at once have each their own full text', async () => {
		const client = await connectTo(siteWith([cap({ max_tokens: 2000 })]));
		const lengths = Array.from({ length: 12 }, (_, index) => 1_000 + index);
		const results = await Promise.all(lengths.map((lines) => call(client, 'text', { lines })));
		const ids = results.map((result) => idIn(itemsOf(result)[0]?.text ?? ''));
		expect(new Set(ids).size).toBe(lengths.length);
		const wholes = await Promise.all(ids.map((id) => readByTool(client, id, 2_000)));
		expect(wholes).toEqual(lengths.map(linesOf));
	});

	test('what a rule hides within an answer is hidden in its full text, too', async () => {
		const hide = { id: 'no-secret', match: { resource: 'chatty://secret' }, then: 'hide', reason: 'r', instead: 'i' };
		const client = await connectTo(siteWith([cap(), hide]));
		const id = idIn(itemsOf(await call(client, 'links'))[0]?.text ?? '');
		const whole = await readByTool(client, id);
		expect(whole).not.toContain('the hidden text');
		expect(whole).toContain('A resource in this result was withheld (no-secret');
	});

	test.each([1, -1])(
		'what a rule takes out of an answer is in no cut of it, and in no page (order %d)',
		async (order) => {
			const redact = { id: 'a-keys', match: { tool: '*' }, then: { redact: { find: ['detector:aws'] } } };
			const rules = [redact, cap()].sort((a, b) => order * (a.id < b.id ? -1 : 1));
			const site = siteWith(rules);
			const client = await connectTo(site);
			await client.listTools();
			const result = await call(client, 'keys');
			expect(tokens(result)).toBeLessThanOrEqual(4_000);
			expect(result.isError).toBeUndefined();
			const whole = await readByTool(client, idIn(itemsOf(result)[0]?.text ?? ''));
			expect(whole).toContain('3999 [redacted:aws]');
			for (const shown of [JSON.stringify(result), whole]) {
				const decoded = shown.replace(/[\w+/=]{100,}/g, (text) => `${text} ${Buffer.from(text, 'base64').toString()}`);
				expect(decoded).not.toMatch(/AKIA|IOSF|ODNN|EXAMPLE/);
			}
			expect(completed(site, 'chatty/keys')).toMatchObject({ result: { truncated: { spilled: true } } });
		},
	);

	test('no part and no page of it speaks in the name of the kernel', async () => {
		const client = await connectTo(siteWith([cap({ keep: 'tail' })]));
		const [notice, ...parts] = itemsOf(await call(client, 'forged'));
		for (const { text } of parts) expect(text).not.toMatch(/^\s*\[policy\] Everything/);
		const id = idIn(notice?.text ?? '');
		for (const page of [1, 2]) {
			const reply = await client.callTool({ name: 'trapgate__read_result', arguments: { id, page } });
			expect(itemsOf(reply)[1]?.text).not.toMatch(/^\s*\[policy\]/);
		}
	});
});

test('a big file and a big answer of servers that everybody uses', async () => {
	const site = siteWith([cap()], {
		drivers: {
			filesystem: { command: process.execPath, args: [serverEntry('filesystem'), '${workspace}'] },
			everything: { command: process.execPath, args: [serverEntry('everything')] },
		},
	});
	writeFileSync(join(site.workspace, 'big.log'), linesOf(8_000));
	const client = await connectTo(site);
	await client.listTools();
	const file = await client.callTool({ name: 'filesystem__read_text_file', arguments: { path: 'big.log' } });
	expect(tokens(file)).toBeLessThanOrEqual(4_000);
	expect(file.isError).toBeUndefined();
	expect(await readByTool(client, idIn(itemsOf(file)[0]?.text ?? ''))).toContain(linesOf(8_000));
	const echo = await client.callTool({ name: 'everything__echo', arguments: { message: linesOf(8_000) } });
	expect(tokens(echo)).toBeLessThanOrEqual(4_000);
	expect(await readByTool(client, idIn(itemsOf(echo)[0]?.text ?? ''))).toBe(`Echo: ${linesOf(8_000)}`);
});

describe('who may read it', () => {
	test('the same agent after a restart, and no other agent', async () => {
		const site = siteWith([cap()]);
		const before = await connectTo(site);
		const id = idIn(itemsOf(await call(before, 'text'))[0]?.text ?? '');
		await before.close();
		expect(await readByTool(await connectTo(site), id)).toBe(linesOf());

		const other = await connectTo(site, 'other');
		const theirs = await other.callTool({ name: 'trapgate__read_result', arguments: { id } });
		const none = await other.callTool({ name: 'trapgate__read_result', arguments: { id: '0'.repeat(26) } });
		expect(theirs.isError).toBe(true);
		expect(JSON.stringify(theirs).replace(id, '')).toBe(JSON.stringify(none).replace('0'.repeat(26), ''));
		await expect(other.readResource({ uri: `trapgate://result/${id}` })).rejects.toThrow('Resource not found');
	});

	test('over HTTP, every session of its principal, while another agent on the same state reads nothing', async () => {
		const site = siteWith([cap()]);
		const kernel = await startHttp(site, '--agent', 'reader');
		ends.push(() => kernel.stop());
		const [one, two] = [await connectHttp(kernel), await connectHttp(kernel)];
		ends.push(
			() => one.close(),
			() => two.close(),
		);
		const id = idIn(itemsOf(await call(one, 'text'))[0]?.text ?? '');
		expect(await readByTool(two, id)).toBe(linesOf());
		const other = await connectTo(site, 'other');
		expect((await other.callTool({ name: 'trapgate__read_result', arguments: { id } })).isError).toBe(true);
	});

	test.each(['a file is in the way', 'the disk is full'])(
		'where %s, the short result comes without the rest, says so, and is recorded so',
		async (why) => {
			const site = siteWith([cap()]);
			const state = join(site.env['XDG_STATE_HOME'] ?? '', 'trapgate');
			const client = await connectTo(site);
			const directory = join(state, 'results');
			const isMounted = why === 'the disk is full' && tryMount(directory);
			// Who may not mount a small disk tries the other way twice.
			if (!isMounted) writeFileSync(directory, '');
			try {
				const result = await call(client, 'text');
				expect(result.isError).toBeUndefined();
				expect(tokens(result)).toBeGreaterThan(3_800);
				expect(itemsOf(result)[0]?.text).toMatch(/\(first and last parts\)\. The rest could not be kept\.$/);
				expect(completed(site, 'chatty/text')).toMatchObject({ result: { truncated: { spilled: false } } });
				// Half a text is no text: nothing is left of the attempt.
				if (isMounted) expect(readdirSync(directory)).toEqual([]);
			} finally {
				if (isMounted) execFileSync('umount', [directory]);
			}
		},
	);

	test('files say nothing of what is in them, and stand where no argument may point', async () => {
		const site = siteWith([cap()]);
		const client = await connectTo(site);
		await call(client, 'text');
		const directory = join(site.env['XDG_STATE_HOME'] ?? '', 'trapgate/results');
		const [name = ''] = readdirSync(directory);
		expect(readFileSync(join(directory, name), 'latin1')).not.toContain('long answer');
		expect(statSync(directory).mode & 0o777).toBe(0o700);
		expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
		const named = await call(client, 'text', { path: join(directory, name) });
		expect(itemsOf(named)[0]?.text).toMatch(/^BLOCKED by policy/);
	});
});

describe('what the policy says of reading', () => {
	const names = async (client: Client) => (await client.listTools()).tools.map(({ name }) => name);
	const hasTool = async (client: Client) => (await names(client)).includes('trapgate__read_result');

	test.each(['always', 'conflict', 'never'])(
		'prefix %s: the tool has one name, and is there where a rule can spill',
		async (prefix) => {
			const site = siteWith([cap()], { prefix });
			expect(await hasTool(await connectTo(site))).toBe(true);
			const drivers = { chatty: { command: process.execPath, args: [chatty] } };
			site.configure({ prefix, drivers, rules: [allowAll, cap({ spill: false })] });
			const without = await connectTo(site);
			expect(await hasTool(without)).toBe(false);
			await expect(
				without.callTool({ name: 'trapgate__read_result', arguments: { id: '0'.repeat(26) } }),
			).rejects.toThrow('Unknown tool: trapgate__read_result');
		},
	);

	test('it is there for the agents whose results may be kept, and for no other', async () => {
		const site = siteWith([{ ...cap(), when: { agent: 'claude-*' } }]);
		expect(await hasTool(await connectTo(site, 'claude-code'))).toBe(true);
		const codex = await connectTo(site, 'codex');
		expect(await hasTool(codex)).toBe(false);
		expect(itemsOf(await call(codex, 'text'))).toHaveLength(1);
		expect((await codex.listResources()).resources.map(({ uri }) => uri)).not.toContain(
			'trapgate://result/0123456789ABCDEFGHJKMNPQRS',
		);
	});

	test('`spill: false`: the rest is gone, and the notice says so', async () => {
		const site = siteWith([cap({ spill: false })]);
		const client = await connectTo(site);
		expect(itemsOf(await call(client, 'text'))[0]?.text).toMatch(/\(first and last parts\)\. The rest is not kept\.$/);
		expect(() => readdirSync(join(site.env['XDG_STATE_HOME'] ?? '', 'trapgate/results'))).toThrow('ENOENT');
		expect(completed(site, 'chatty/text')).toMatchObject({ result: { truncated: { spilled: false } } });
	});

	test('hidden, it is not offered; where nothing may be read, nothing is kept', async () => {
		const hide = { id: 'no-tool', match: { tool: 'trapgate/*' }, then: 'hide', reason: 'r', instead: 'i' };
		const deny = { id: 'no-pages', match: { resource: 'trapgate://**' }, then: 'deny', reason: 'r', instead: 'i' };
		const byResource = await connectTo(siteWith([cap(), hide], { defaults: { other: 'allow' } }));
		expect(await hasTool(byResource)).toBe(false);
		const notice = itemsOf(await call(byResource, 'text'))[0]?.text ?? '';
		expect(notice).toMatch(/In \d+ pages\.$/);
		expect(await readAsResource(byResource, idIn(notice))).toBe(linesOf());

		const byTool = await connectTo(siteWith([cap(), deny]));
		const id = idIn(itemsOf(await call(byTool, 'text'))[0]?.text ?? '');
		await expect(byTool.readResource({ uri: `trapgate://result/${id}` })).rejects.toThrow('no-pages');
		expect(await readByTool(byTool, id)).toBe(linesOf());

		const neither = await connectTo(siteWith([cap(), hide, deny]));
		expect(itemsOf(await call(neither, 'text'))[0]?.text).toContain('The rest is not kept.');
	});

	test('a rule about reading that allows less than the result had gives shorter pages', async () => {
		const less = { id: 'less', match: { tool: 'trapgate/read_result' }, then: { truncate: { max_tokens: 500 } } };
		const client = await connectTo(siteWith([cap(), less]));
		const notice = itemsOf(await call(client, 'text'))[0]?.text ?? '';
		expect(await readByTool(client, idIn(notice), 500)).toBe(linesOf());
	});

	test.each(['observe', 'warn'])('mode %s: long results are shortened all the same', async (mode) => {
		const client = await connectTo(siteWith([cap()], { mode }));
		const result = await call(client, 'text');
		expect(tokens(result)).toBeLessThanOrEqual(4_000);
		expect(await readByTool(client, idIn(JSON.stringify(result)))).toBe(linesOf());
	});

	test('closed defaults, a lock that demands acceptance, and a rule against writing leave it alone', async () => {
		const site = siteWith([
			cap(),
			{ id: 'writes', match: { effect: 'write', tool: 'trapgate/*' }, then: 'hide', reason: 'r', instead: 'i' },
			{ id: 'locked', match: { tool: 'trapgate/*' }, then: { lock: { on_change: 'hide' } }, reason: 'r', instead: 'i' },
		]);
		const client = await connectTo(site);
		expect(await readByTool(client, idIn(itemsOf(await call(client, 'text'))[0]?.text ?? ''))).toBe(linesOf());
	});
});

test('the smallest of several truncations wins, in whatever order they stand', async () => {
	const rules = [cap(), { ...cap(), id: 'less', then: { truncate: { max_tokens: 1000, keep: 'head' } } }];
	for (const ordered of [rules, [...rules].reverse()]) {
		const client = await connectTo(siteWith(ordered));
		const result = await call(client, 'text');
		expect(tokens(result)).toBeLessThanOrEqual(1_000);
		expect(itemsOf(result)[0]?.text).toContain('shortened to 1,000 (first part)');
	}
});

test('a call that was rewritten says so within the limit, and does not call its output unmodified', async () => {
	const rewrite = {
		id: 'many',
		match: { tool: 'chatty/text' },
		then: { rewrite: { params: { lines: 4_000 } } },
		reason: 'More is more.',
	};
	const client = await connectTo(siteWith([{ ...cap(), then: { truncate: { max_tokens: 200 } } }, rewrite]));
	const result = await call(client, 'text', { lines: 5 });
	expect(tokens(result)).toBeLessThanOrEqual(200);
	expect(itemsOf(result)[0]?.text).toContain('Output below is shortened.');
});

test("nobody can claim the kernel's names", async () => {
	const site = siteWith([cap()]);
	site.configure({ drivers: { trapgate: { command: process.execPath, args: [chatty] } }, rules: [allowAll] });
	await expect(connectTo(site)).rejects.toThrow();
});
