// SIGKILL for a kernel with sandboxes: nothing in them outlives it, and the next one clears up.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, describe, expect, test } from 'vitest';
import { until } from '../drivers/support/until.ts';
import { connectThrough, makeSite } from '../support/kernel-process.ts';
import { landlockTrouble, ringTrouble } from '../support/ring.ts';

const entry = fileURLToPath(new URL('../../node_modules/mcp-server-commands/build/index.js', import.meta.url));
const site = makeSite({});
/** A time to sleep that no other process of the machine has. */
const mark = `86${process.pid}.5`;

const sleepers = () =>
	readdirSync('/proc').filter((pid) => {
		try {
			return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(mark);
		} catch {
			// It has ended.
			return false;
		}
	});

const pidOf = (client: Client) => (client.transport as StdioClientTransport).pid as number;
const ringsOf = (pid: number) => readdirSync(tmpdir()).filter((name) => name.startsWith(`trapgate-ring-${pid}-`));

/** Leaves its group, its session and its output. */
const daemon = `setsid -f sleep ${mark} < /dev/null > /dev/null 2>&1`;

describe.runIf(ringTrouble() === undefined)('when the kernel is killed', () => {
	afterAll(() => site.remove());

	test('no command, approved program, server or daemon of theirs is left, and its files go with the next start', async () => {
		const server = join(site.workspace, 'server.sh');
		writeFileSync(server, `#!/bin/bash\n${daemon}\nexec ${process.execPath} ${entry}\n`, { mode: 0o755 });
		writeFileSync(join(site.workspace, 'Makefile'), `all:\n\tenv sleep ${mark}\n`);
		site.configure({
			workspace: site.workspace,
			drivers: {
				shell: { builtin: 'shell' },
				daemon: {
					command: '/bin/bash',
					args: [server],
					sandbox: { read: [join(entry, '../../..')], write: ['${workspace}'] },
				},
			},
			rules: [
				{ id: 'allow-all', match: { tool: '*' }, then: 'allow' },
				{
					id: 'nice-env',
					match: { command: 'env' },
					except: { under: 'nice' },
					then: { rewrite: { prepend: ['nice'] } },
					reason: 'Gently.',
				},
			],
		});
		const first = await connectThrough(site);
		const pid = pidOf(first);
		void first
			.callTool({
				name: 'shell__run',
				arguments: { command: `${daemon}; make` },
			})
			.catch(() => undefined);
		// The daemons of server and command, and the approved one with its trap.
		await until('everybody sleeps', () => sleepers().length >= 4);
		expect(ringsOf(pid)).toHaveLength(1);
		process.kill(pid, 'SIGKILL');
		await until('nobody sleeps', () => sleepers().length === 0);

		const second = await connectThrough(site);
		await until('it has cleared up', () => ringsOf(pid).length === 0);
		expect(ringsOf(pidOf(second))).toHaveLength(1);
		const last = pidOf(second);
		await second.close();
		await until('it has gone, with all that was its own', () => ringsOf(last).length === 0 && sleepers().length === 0);
	});
});

test.runIf(landlockTrouble() === undefined)(
	'without namespaces, too, nothing outlives it',
	{ timeout: 60_000 },
	async () => {
		const alone = makeSite({});
		writeFileSync(join(alone.workspace, 's.sh'), `${daemon}; (setsid ${daemon} &); env sleep ${mark}\n`);
		const nice = { match: { command: 'env' }, except: { under: 'nice' }, then: { rewrite: { prepend: ['nice'] } } };
		alone.configure({
			workspace: alone.workspace,
			drivers: { shell: { builtin: 'shell', sandbox: { backend: 'landlock', network: 'none' } } },
			rules: [
				{ id: 'allow-all', match: { tool: '*' }, then: 'allow' },
				{ id: 'nice-env', ...nice, reason: 'Gently.' },
			],
		});
		const client = await connectThrough(alone);
		void client.callTool({ name: 'shell__run', arguments: { command: 'sh s.sh' } }).catch(() => undefined);
		// Two daemons, and the approved one with its shim.
		await until('everybody sleeps', () => sleepers().length >= 4);
		process.kill(pidOf(client), 'SIGKILL');
		await until('nobody sleeps', () => sleepers().length === 0);
		alone.remove();
	},
);
