// What changes while something runs in the ring: the policy in the middle of a command, a server that crashes, a disk that fills up.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../drivers/support/until.ts';
import { makeSite, runArguments, type Site } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { ringTrouble } from '../support/ring.ts';

const entry = fileURLToPath(new URL('../../node_modules/mcp-server-commands/build/index.js', import.meta.url));
const closing: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

const all = { id: 'all', match: { tool: '*' }, then: 'allow' };
const deny = (command: string) => ({ id: `no-${command}`, match: { command }, then: 'deny', reason: 'Not here.' });
const denyTac = deny('tac');
/** Gates it, and lets everything but this through. */
const narrow = {
	id: 'narrow',
	match: { command: 'od', flags: '-x' },
	ring: 'runtime',
	then: 'deny',
	reason: 'Not so.',
};

function newSite(rules: readonly object[]): Site & { edit(rules: readonly object[]): void } {
	const site = makeSite({});
	closing.push(() => site.remove());
	const edit = (next: readonly object[]) =>
		site.configure({
			workspace: site.workspace,
			drivers: {
				shell: { builtin: 'shell' },
				runner: {
					command: process.execPath,
					args: [entry],
					sandbox: { read: ['${workspace}', join(entry, '../../..')], write: ['${workspace}'] },
				},
			},
			rules: [all, ...next],
		});
	edit(rules);
	return { ...site, edit };
}

async function start(site: Site, env: Record<string, string> = {}): Promise<RawClient> {
	const client = new RawClient([process.execPath, ...runArguments(site)], { ...site.env, ...env });
	closing.push(() => client.end());
	await client.initialize();
	await until('the server has its tools', async () =>
		JSON.stringify(await client.request(++next, 'tools/list')).includes('runner__run_command'),
	);
	return client;
}

let next = 0;
async function run(client: RawClient, command: string, name = 'shell__run'): Promise<string> {
	const reply = await client.request(++next, 'tools/call', { name, arguments: { command } });
	return JSON.stringify(reply['result'] ?? reply['error']);
}

describe.runIf(ringTrouble() === undefined)('in the ring', () => {
	test('an edit of the policy is what judges the traps of a command that runs, and gates programs from the next one on', {
		timeout: 60_000,
	}, async () => {
		const site = newSite([deny('perl'), narrow]);
		const client = await start(site);
		const [begun, go] = ['begun', 'go'].map((name) => join(site.workspace, name)) as [string, string];
		writeFileSync(
			join(site.workspace, 'long.sh'),
			`perl -e 'print "perl ", 1, "\\n"'; echo A | od -An -tx1; : > begun; until [ -e go ]; do sleep 0.05; done
			perl -e 'print "perl ", 2, "\\n"'; echo B | od -An -tx1; echo ungated | tac; echo end`,
		);
		const answer = run(client, 'sh long.sh');
		await until('it runs', () => existsSync(begun));
		site.edit([deny('od'), denyTac]);
		await until('the edit is in force', () => site.records().some(({ event }) => event === 'reload'));
		expect(client.stderr).toContain('`runner` runs already, so `tac` will not trap in it: restart to apply');
		writeFileSync(go, '');
		const text = await answer;
		expect(text).toContain(' 41 0a');
		expect(text).not.toContain('perl 1');
		expect(text).toContain('perl 2');
		expect(text).not.toContain(' 42 0a');
		expect(text).toContain('ungated');
		const traps = site.records().filter(({ event, parent }) => event === 'decided' && parent !== undefined);
		expect(traps.map(({ decision, rules }) => [decision, rules])).toEqual([
			['denied', ['no-perl']],
			['allowed', ['all']],
			['allowed', ['all']],
			['denied', ['no-od']],
		]);
		writeFileSync(join(site.workspace, 'next.sh'), 'echo gated | tac');
		expect(await run(client, 'sh next.sh')).toContain('no-tac');
	});

	test('a server that crashes has its traps again when it is started again, and those of the policy in force by then', {
		timeout: 60_000,
	}, async () => {
		const site = newSite([deny('perl')]);
		const client = await start(site);
		writeFileSync(join(site.workspace, 'both.sh'), 'perl -e "print 6*7"; echo tacked | tac');
		const first = await run(client, 'sh both.sh', 'runner__run_command');
		expect(first).toContain('no-perl');
		expect(first).toContain('tacked');
		site.edit([deny('perl'), denyTac]);
		await until('the edit is in force', () => site.records().some(({ event }) => event === 'reload'));
		await run(client, 'kill -9 $PPID', 'runner__run_command');
		const again = await until('it is there again', async () => {
			const text = await run(client, 'sh both.sh', 'runner__run_command');
			return text.includes('BLOCKED') ? text : undefined;
		});
		expect(again).toContain('no-perl');
		expect(again).toContain('no-tac');
		expect(again).not.toContain('42');
		expect(again).not.toContain('tacked');
	});

	/** Needs root. */
	test.runIf(process.getuid?.() === 0)(
		'a full disk refuses what would start, says why, and serves again when there is room',
		{
			timeout: 60_000,
		},
		async () => {
			const disk = realpathSync(mkdtempSync(join(tmpdir(), 'full-')));
			execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'tmpfs', disk]);
			closing.push(() => {
				execFileSync('umount', ['-l', disk]);
				rmSync(disk, { recursive: true });
			});
			const site = newSite([deny('perl')]);
			const client = await start(site, { TMPDIR: disk });
			expect(await run(client, 'echo before')).toContain('before');
			try {
				writeFileSync(join(disk, 'ballast'), Buffer.alloc(2 ** 22));
			} catch {
				// It is full.
			}
			const refused = await run(client, 'touch ran');
			expect(existsSync(join(site.workspace, 'ran'))).toBe(false);
			expect(refused).toMatch(/no space left/);
			rmSync(join(disk, 'ballast'));
			expect(await run(client, 'echo after; perl -e 1')).toContain('no-perl');
		},
	);
});
