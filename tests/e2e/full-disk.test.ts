// A full disk: calls are refused with a message that says so, and served again when there is room.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main, makeSite, runArguments, type Site } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';

const server = fileURLToPath(new URL('../fixtures/servers/unusual.mjs', import.meta.url));
const disk = mkdtempSync(join(tmpdir(), 'trapgate-disk-'));
let site: Site;
let client: RawClient;

// A tmpfs needs root; `.ci/run` has it. Elsewhere the same is tested in tests/audit with a disk that says it is full.
const canMount = process.getuid?.() === 0 && tryMount();

function tryMount(): boolean {
	try {
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=700', 'tmpfs', disk], { stdio: 'ignore' });
		return true;
	} catch {
		return false;
	}
}

beforeAll(async () => {
	site = makeSite(
		{
			prefix: 'never',
			drivers: { unusual: { command: process.execPath, args: [server] } },
			defaults: { tool: 'allow' },
		},
		join(disk, 'audit'),
	);
	client = new RawClient([process.execPath, ...runArguments(site, '--log-level', 'error')], site.env);
	await client.initialize();
});

afterAll(async () => {
	await client.end();
	site.remove();
	if (canMount) execFileSync('umount', [disk]);
	rmSync(disk, { recursive: true, force: true });
});

const call = (id: string) => client.request(id, 'tools/call', { name: 'unusual', arguments: { case: 'echo', id } });

test.runIf(canMount)('refuses while the disk is full, tells why, and serves again when there is room', async () => {
	expect((await call('before'))['result'].isError).toBeUndefined();
	fill(join(disk, 'ballast'));

	// The last page of the log may have room for a few records more.
	let served = 1;
	let refused = await call('full');
	for (; refused['result'].isError === undefined && served < 50; served++) refused = await call(`filling-${served}`);
	expect(refused['result'].isError).toBe(true);
	// The last call that began may have run without its second record; from then on none begins.
	refused = await call('full-for-good');
	expect(refused['result'].content[0].text).toMatch(/audit log.*no space left.*Nothing ran/is);
	for (let turn = 0; turn < 20; turn++) expect((await call(`full-${turn}`))['result'].isError).toBe(true);

	rmSync(join(disk, 'ballast'));
	expect((await call('after'))['result'].isError).toBeUndefined();
	const verified = JSON.parse(
		execFileSync(process.execPath, [main, 'audit', 'verify', '--config', site.config, '--format', 'json'], {
			env: site.env,
			encoding: 'utf8',
		}),
	);
	expect(verified.ok).toBe(true);
	const decided = site.records().filter((record) => record['event'] === 'decided');
	expect(decided.length).toBeGreaterThanOrEqual(served);
	expect(decided.length).toBeLessThanOrEqual(served + 2);
});

/** Writes until the disk takes no more, down to the last block. */
function fill(file: string): void {
	for (const size of [16_384, 4096]) {
		for (;;) {
			try {
				writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code === 'ENOSPC') break;
				throw error;
			}
		}
	}
}
