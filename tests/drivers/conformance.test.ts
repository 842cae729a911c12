// The one suite, against every driver there is.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { JsonObject } from '../../src/abi/json.ts';
import { httpDriver } from '../../src/drivers/http.ts';
import { type Answer, memoryDriver } from '../../src/drivers/memory.ts';
import { Reaper } from '../../src/drivers/reaper.ts';
import { shellDriver } from '../../src/drivers/shell.ts';
import { stdioDriver } from '../../src/drivers/stdio.ts';
import { errorReply, resultReply } from '../../src/wire/message.ts';
import { startGoodHttp } from '../fixtures/servers/good-http.mjs';
import { permitForTool } from '../support/permits.ts';
import { type Device, describeConformance } from './conformance.ts';
import { driverName, exchange } from './support/hosts.ts';
import { withVariable } from './support/processes.ts';

const name = driverName('device');
const workspace = mkdtempSync(join(tmpdir(), 'trapgate-conformance-'));
const reaper = new Reaper({ env: process.env, warn: () => undefined });
afterAll(async () => {
	await reaper.close();
	rmSync(workspace, { recursive: true, force: true });
});

let count = 0;
/** A value no other process has in its environment. */
function mark(): string {
	count += 1;
	return `conformance-${process.pid}-${count}`;
}

const fixtureTools = [
	...['echo', 'slow', 'progress', 'ask-sampling', 'ask-roots', 'bigint', 'fail', 'notify', 'seen', 'environment'],
	...['crash', 'exit'],
];
const fixture = {
	echo: ['echo', { text: 'ok' }],
	slow: ['slow'],
	failing: { method: 'tools/call', params: { name: 'fail', arguments: {} }, code: -32050 },
	progress: ['progress'],
	asking: ['ask-roots'],
	notes: ['notify'],
	toolNames: fixtureTools,
} as const;

const stdio: Device = {
	...fixture,
	title: 'a stdio driver',
	make() {
		const value = mark();
		const driver = stdioDriver(
			{
				name,
				command: process.execPath,
				args: [fileURLToPath(new URL('../fixtures/servers/good.mjs', import.meta.url))],
				env: { MARK: value },
				cwd: workspace,
			},
			{ reaper, env: process.env },
		);
		const seen = async (what: string) => {
			const reply = await driver.call(permitForTool(name, 'seen'), exchange());
			return reply.body.text.includes(what);
		};
		return {
			driver,
			slowHasBegun: () => seen('slow began'),
			slowHasStopped: () => seen('slow was cancelled'),
			kill() {
				for (const pid of withVariable('MARK', value)) process.kill(pid, 'SIGKILL');
			},
		};
	},
	skips: {},
};

const http: Device = {
	...fixture,
	title: 'an HTTP driver',
	async make() {
		const server = await startGoodHttp();
		const driver = httpDriver({ name, url: server.url, headers: {} }, {});
		return {
			driver,
			slowHasBegun: () => server.seen().includes('slow began'),
			slowHasStopped: () => server.seen().includes('slow was cancelled'),
			kill: () => server.close(),
			dispose: () => server.close(),
		};
	},
	skips: {},
};

const shell: Device = {
	title: 'the shell',
	make() {
		const value = mark();
		return {
			driver: shellDriver({ name, workspace, env: { MARK: value } }, { reaper, env: process.env }),
			slowHasBegun: () => withVariable('MARK', value).length > 0,
			slowHasStopped: () => withVariable('MARK', value).length === 0,
		};
	},
	echo: ['run', { command: 'echo ok' }],
	slow: ['run', { command: 'sleep 300; true' }],
	failing: { method: 'prompts/get', params: { name: 'none' }, code: -32601 },
	skips: {
		progress: 'commands have no way to report progress, and their output comes when they end',
		asking: 'a command has no way to ask the client anything',
		notes: 'the shell has one tool that never changes, and nothing else to announce',
		death: 'there is no server that could die: each call is a process of its own (shell.test.ts kills those)',
		pages: 'a list of one tool has one page, and there are no prompts and resources',
		'vendor fields': 'the tool is defined here, there is no vendor',
	},
};

const memory: Device = {
	...fixture,
	title: 'the memory driver',
	make() {
		const did: string[] = [];
		const text = (value: string): JsonObject => ({ content: [{ type: 'text', text: value }] });
		const answers: Record<string, Answer> = {
			echo: text('ok'),
			slow: (_, { signal }) => {
				did.push('began');
				return new Promise((_resolve, reject) => {
					signal.addEventListener('abort', () => {
						did.push('stopped');
						reject(new Error('cancelled'));
					});
				});
			},
			fail: () => errorReply(-32050, 'as asked'),
			progress: async (_, { progress }) => {
				for (const step of [1, 2]) progress({ progress: step, total: 2 });
				return resultReply(text('done'));
			},
			'ask-roots': async (_, { ask }) => resultReply(text((await ask('roots/list')).body.text)),
			notify: (_, { note }) => {
				note('notifications/tools/list_changed');
				note('notifications/vendor/news', { n: 1 });
				return resultReply(text('notified'));
			},
		};
		const driver = memoryDriver(name, {
			tools: fixtureTools.map((tool) => ({ name: tool, inputSchema: { type: 'object' }, 'x-vendor': { kept: true } })),
			prompts: [{ name: 'greet' }, { name: 'leave' }],
			resources: ['a', 'b', 'c'].map((one) => ({ uri: `memo://${one}`, name: one })),
			resourceTemplates: [{ uriTemplate: 'memo://{name}', name: 'memo' }],
			answers,
		});
		return {
			driver,
			slowHasBegun: () => did.includes('began'),
			slowHasStopped: () => did.includes('stopped'),
			kill: () => driver.die(),
		};
	},
	skips: {},
};

for (const device of [stdio, http, shell, memory]) describeConformance(device);
