// Many callers at once while their drivers are being killed: every call is answered once, every answer has its records, and
// nothing is left. In full: TRAPGATE_CROWD=200x100000 npx vitest run tests/e2e/crowd.test.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type HttpKernel, startHttp } from '../support/http-kernel.ts';
import { main, makeSite } from '../support/kernel-process.ts';
import { processesWith, untilGone } from '../support/processes.ts';
import { RawClient } from '../support/raw-client.ts';
import { HttpPeer } from '../wire/http-peer.ts';

const [clientCount = 16, callCount = 800] = (process.env['TRAPGATE_CROWD'] ?? '')
	.split('x')
	.filter(Boolean)
	.map(Number);
const principals = ['ann', 'bob', 'cy', 'dee', 'eve', 'fay', 'gus', 'hal'];
/** A driver is killed after so many answers. */
const answersPerKill = Math.max(80, callCount / 50);
/** Below this many calls the heap has not settled, and its size says nothing. */
const settledCalls = 20_000;

const server = `import { createInterface } from 'node:readline';
const answers = {
	initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'crowd', version: '1' } }),
	'tools/list': () => ({ tools: ['echo', 'count', 'secret'].map((name) => ({ name, inputSchema: { type: 'object', properties: { message: { type: 'string' }, loud: { type: 'boolean' } } } })) }),
	'tools/call': ({ arguments: given }) => ({ content: [{ type: 'text', text: JSON.stringify(given) }] }),
};
for await (const line of createInterface({ input: process.stdin })) {
	const { id, method, params } = JSON.parse(line);
	if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method](params) }) + '\\n');
}
`;

/** What is called, and what must come of it while its driver lives. */
const kinds = ['allowed', 'denied', 'hidden', 'pinned', 'unknown'] as const;
type Kind = (typeof kinds)[number];

interface Outcome {
	readonly kind: Kind;
	readonly message: string;
	readonly answer: { readonly result?: { readonly isError?: boolean }; readonly error?: { readonly code: number } };
}

test(`${clientCount} callers of ${principals.length} principals, ${callCount} calls, drivers that are killed`, {
	timeout: 1_800_000,
}, async () => {
	const site = makeSite({});
	const program = join(site.directory, 'crowd-server.mjs');
	writeFileSync(program, server);
	const refused = { reason: 'not this', instead: 'stop' };
	site.configure({
		drivers: { crowd: { command: process.execPath, args: [program] } },
		defaults: { tool: 'deny' },
		http: { maxConnections: 5_000, maxRequestsPerCaller: 5_000, maxSessionsPerCaller: 500 },
		rules: [
			{ id: 'all', match: { tool: 'crowd/*' }, then: 'allow' },
			{ id: 'no', match: { tool: 'crowd/echo', args: { message: { glob: '*denied*' } } }, then: 'deny', ...refused },
			{ id: 'unseen', match: { tool: 'crowd/secret' }, then: 'hide', reason: 'nobody needs it' },
			{
				id: 'quiet',
				match: { tool: 'crowd/count' },
				then: { pin: { params: { loud: false } } },
				reason: 'quiet hours',
			},
		],
	});
	const tokens = await Promise.all(principals.map((agent) => makeKey(agent, site.env)));
	const kernel = await startHttp(site);
	const port = Number(kernel.url.port);
	const pid = processesWith(site.config).find(({ command }) => command.includes(' run '))?.pid ?? 0;
	const peers = await Promise.all(
		Array.from({ length: clientCount }, (_, index) => introduced(port, tokens[index % tokens.length] ?? '')),
	);

	const outcomes: Outcome[] = [];
	let given = 0;
	let kills = 0;
	const heaps: number[] = [];
	const work = async (peer: HttpPeer) => {
		while (given < callCount) {
			const call = given++;
			outcomes.push(await make(peer, call));
			if (outcomes.length % Math.ceil(callCount / 10) === 0) heaps.push(residentMb(pid));
			if (outcomes.length % answersPerKill !== 0) continue;
			const drivers = processesWith(program).filter(({ command }) => command.includes('crowd-server'));
			const victim = drivers[kills % Math.max(1, drivers.length)];
			if (victim === undefined) continue;
			kills += 1;
			process.kill(victim.pid, 'SIGKILL');
		}
	};
	await Promise.all(peers.map(work));
	await stopped(kernel);
	await untilGone(site.directory);

	expect(kills).toBeGreaterThan(3);
	expect(outcomes).toHaveLength(callCount);
	checkRecords(outcomes, site.records());
	for (const kind of kinds)
		expect(outcomes.some((outcome) => outcome.kind === kind && isAsExpected(outcome))).toBe(true);
	// A driver that was killed answers with an error; nothing else may have gone otherwise.
	for (const outcome of outcomes) {
		const isOfDriver = [-32000, -32602].includes(outcome.answer.error?.code ?? 0);
		expect(isAsExpected(outcome) || isOfDriver, JSON.stringify(outcome)).toBe(true);
	}
	if (callCount >= settledCalls) expect(heaps.at(-1)).toBeLessThan(1.25 * (heaps[3] ?? 0));
	const verified = new RawClient([process.execPath, main, 'audit', 'verify', '--config', site.config], site.env);
	await verified.end();
	expect(verified.process.exitCode, verified.lines.join('\n')).toBe(0);
	site.remove();
});

async function makeKey(agent: string, env: Record<string, string>): Promise<string> {
	const run = new RawClient([process.execPath, main, 'key', 'make', agent], env);
	await run.end();
	return run.lines.join('').trim();
}

async function introduced(port: number, token: string): Promise<HttpPeer> {
	const peer = await new HttpPeer(port, token).introduced();
	await peer.ask({ body: { jsonrpc: '2.0', method: 'notifications/initialized' } });
	return peer;
}

async function make(peer: HttpPeer, call: number): Promise<Outcome> {
	const kind = kinds[call % kinds.length] ?? 'allowed';
	const message = `call ${call} ${kind}`;
	const tools = { allowed: 'echo', denied: 'echo', hidden: 'secret', pinned: 'count', unknown: 'nothing' };
	const params = { name: `crowd__${tools[kind]}`, arguments: { message } };
	const { status, text } = await peer.ask({ body: { jsonrpc: '2.0', id: call, method: 'tools/call', params } });
	expect(status, text).toBe(200);
	const messages = text.startsWith('{') ? [text] : [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => data ?? '');
	const answers = messages.map((one) => JSON.parse(one)).filter(({ id }) => id === call);
	expect(answers, text).toHaveLength(1);
	return { kind, message, answer: answers[0] };
}

function isAsExpected({ kind, message, answer }: Outcome): boolean {
	const text = JSON.stringify(answer);
	switch (kind) {
		case 'allowed':
			return answer.result !== undefined && answer.result.isError !== true && text.includes(message);
		case 'pinned':
			return answer.result !== undefined && text.includes('\\"loud\\":false');
		case 'denied':
			return answer.result?.isError === true && /blocked/i.test(text);
		case 'hidden':
		case 'unknown':
			return answer.error?.code === -32602;
		default:
			return kind satisfies never;
	}
}

/** Every call has one decision; whatever went through has one end. */
function checkRecords(outcomes: readonly Outcome[], records: readonly Record<string, unknown>[]): void {
	const decided = new Map<string, Record<string, unknown>[]>();
	const completed = new Map<unknown, number>();
	for (const record of records) {
		if (record['event'] === 'completed') completed.set(record['id'], (completed.get(record['id']) ?? 0) + 1);
		const { value } = (record['args'] ?? {}) as { value?: { message?: string } };
		if (record['event'] !== 'decided' || value?.message === undefined) continue;
		decided.set(value.message, [...(decided.get(value.message) ?? []), record]);
	}
	let unnamed = 0;
	for (const { kind, message, answer } of outcomes) {
		const found = decided.get(message) ?? [];
		const isNameless = answer.error?.code === -32602 && found.length === 0;
		if (isNameless) unnamed += 1;
		else expect(found.length, message).toBe(1);
		expect(isNameless || kind !== 'unknown', message).toBe(true);
		for (const record of found)
			expect(completed.get(record['id']) ?? 0, message).toBe(record['final'] === true ? 0 : 1);
	}
	// A name that nobody has just then is recorded, too, without its arguments.
	const nameless = records.filter(
		({ event, driver, decision }) => event === 'decided' && driver === '' && decision === 'hidden',
	);
	expect(nameless).toHaveLength(unnamed);
}

function residentMb(pid: number): number {
	return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

async function stopped(kernel: HttpKernel): Promise<void> {
	await kernel.stop();
}
