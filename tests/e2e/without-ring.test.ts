// Where the runtime ring can't hold, everything starts all the same, says so, and what must have the ring is absent; where it
// breaks later, nothing runs without it. The machines are mount namespaces of this one, so root is needed to make them.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, test } from 'vitest';
import { seccompProgram } from '../../src/sandbox/seccomp.ts';
import { main, makeSite, type Site, serverEntry } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { ringTrouble } from '../support/ring.ts';

const isHere = process.getuid?.() === 0 && ringTrouble() === undefined;

const lab = realpathSync(mkdtempSync(join(tmpdir(), 'without-ring-')));
afterAll(() => rmSync(lab, { recursive: true, force: true }));

/** Where kernels of these tests alone keep temporary files. */
const own = join(lab, 'tmp');
mkdirSync(own);

/** An executable of root's own, in a folder that the kernel of the test has to itself. */
function script(name: string, text: string): string {
	const path = join(lab, name);
	writeFileSync(path, `#!/bin/sh\n${text}\n`);
	chmodSync(path, 0o755);
	return path;
}

/** A command that runs another where bubblewrap is something else, or other mounts are different. */
const inNamespace = (mounts: string) => ['unshare', '-m', 'sh', '-c', `${mounts}\nexec "$@"`, '-'];
const asBwrap = (path: string) => inNamespace(`mount --bind ${path} /usr/bin/bwrap`);

interface World {
	readonly command: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
	readonly why: RegExp;
	readonly hint: RegExp;
}

const longFolder = join(lab, 'x'.repeat(100));
const filter = join(lab, 'filter');
const worlds: Readonly<Record<string, () => World>> = {
	'no bubblewrap': () => ({
		command: asBwrap('/dev/null'),
		why: /bubblewrap is not installed/,
		hint: /apt-get install bubblewrap/,
	}),
	'an old bubblewrap': () => ({
		command: asBwrap(script('old', 'echo bubblewrap 0.5.0')),
		why: /bubblewrap 0\.5\.0 is too old/,
		hint: /0\.8 or later/,
	}),
	'a setuid bubblewrap': () => ({
		command: inNamespace(
			'mount -t tmpfs t /mnt && cp /usr/bin/bwrap /mnt/b && chmod 4755 /mnt/b && mount --bind /mnt/b /usr/bin/bwrap',
		),
		why: /setuid bit/,
		hint: /root/,
	}),
	'no namespace in a namespace': () => ({
		command: ['bwrap', '--unshare-user', '--disable-userns', '--dev-bind', '/', '/', '--'],
		why: /no more namespaces/,
		hint: /start Trapgate outside of it/,
	}),
	'a filter of calls, as containers have it': () => {
		writeFileSync(filter, seccompProgram(process.arch === 'arm64' ? 'arm64' : 'x64'));
		return {
			command: ['sh', '-c', `exec bwrap --dev-bind / / --seccomp 9 -- "$@" 9<${filter}`, '-'],
			why: /does not let/,
			hint: /namespaces|Start Trapgate|start Trapgate/,
		};
	},
	'temporary files that can not be written': () => ({
		command: inNamespace('mount -t tmpfs t /mnt && mount -o remount,ro /mnt'),
		env: { TMPDIR: '/mnt' },
		why: /temporary files can’t be written to `\/mnt`/,
		hint: /TMPDIR/,
	}),
	'a folder for temporary files that is not there': () => ({
		command: [],
		env: { TMPDIR: join(lab, 'absent') },
		why: /temporary files can’t be written/,
		hint: /TMPDIR/,
	}),
	'a path that is too long for a socket': () => {
		mkdirSync(longFolder, { recursive: true });
		return { command: [], env: { TMPDIR: longFolder }, why: /too long for sockets/, hint: /at most 58 bytes/ };
	},
	'an architecture without programs': () => ({
		command: [],
		env: {
			NODE_OPTIONS: "--import=data:text/javascript,Object.defineProperty(process,'arch',{value:'riscv64'})",
		},
		why: /no programs for riscv64/,
		hint: /x64 and arm64/,
	}),
};

// A new object each time: YAML would write the same one as an alias.
const memory = () => ({ command: process.execPath, args: [serverEntry('memory')] });
const allowAll = { id: 'all', match: { tool: '*' }, then: 'allow' };
/** `free` needs no ring; the others do, each for another reason. */
const demanding = (site: Site) => ({
	workspace: site.workspace,
	drivers: {
		free: memory(),
		ruled: memory(),
		boxed: { ...memory(), sandbox: { network: 'none' } },
		shell: { builtin: 'shell' },
	},
	rules: [
		allowAll,
		{ id: 'no-perl', match: { command: 'perl' }, then: 'deny', ring: 'runtime' },
		{ id: 'box', match: { tool: 'ruled/*' }, then: { sandbox: { network: 'none' } } },
	],
});
const content = (site: Site) => ({
	workspace: site.workspace,
	drivers: { shell: { builtin: 'shell' } },
	defaults: { unparsed: 'contain' },
	rules: [allowAll, { id: 'no-perl', match: { command: 'perl' }, then: 'deny' }],
});

/** Whoever looks for what was left must know what was there before. */
const ringFolders = () =>
	[own, lab].flatMap((folder) => readdirSync(folder).filter((name) => /^trapgate-ring-|^x{20,}./.test(name)));

function runOn(site: Site, { command, env }: Pick<World, 'command' | 'env'>, ...args: readonly string[]) {
	const [program = '', ...rest] = [...command, process.execPath, main, ...args, '--config', site.config];
	const done = spawnSync(program, rest, {
		env: { ...site.env, TMPDIR: own, ...env },
		encoding: 'utf8',
		cwd: site.directory,
	});
	return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

async function serveOn(site: Site, { command, env }: Pick<World, 'command' | 'env'>): Promise<RawClient> {
	const client = new RawClient([...command, process.execPath, main, 'run', '--config', site.config], {
		...site.env,
		TMPDIR: own,
		...env,
	});
	await client.initialize();
	return client;
}

async function call(client: RawClient, id: number, command: string): Promise<{ text: string; isError: boolean }> {
	const reply = await client.request(id, 'tools/call', { name: 'shell__run', arguments: { command } });
	return { text: JSON.stringify(reply), isError: reply['error'] !== undefined || reply['result']?.isError === true };
}

const asLine = (text: string) => text.replace(/\s+/g, ' ');

describe.runIf(isHere)('where the ring can not hold', () => {
	test.each(Object.keys(worlds))(
		'%s: what needs it is absent, and everybody says why',
		async (name) => {
			const world = worlds[name]?.();
			if (world === undefined) throw new Error(name);
			const before = ringFolders();
			const site = makeSite({});
			try {
				site.configure(demanding(site));
				const client = await serveOn(site, world);
				const { result } = await client.request('list', 'tools/list');
				const drivers = new Set(result.tools.map((tool: { name: string }) => tool.name.split('__')[0]));
				expect([...drivers]).toEqual(['free']);
				expect((await call(client, 1, 'echo here')).text).toContain('Unknown tool');
				expect(await client.end()).toBe(0);
				expect(client.stderr).toMatch(world.why);

				const doctor = runOn(site, world, 'doctor');
				expect(doctor.code).toBe(4);
				expect(doctor.stdout).toMatch(world.why);
				expect(doctor.stdout).toMatch(world.hint);
				expect(doctor.stdout).toMatch(/✗ +boxed +down +D101/);
				expect(doctor.stdout).toMatch(/✗ +shell +up +0 tools, 1 absent for want of the runtime ring: no-perl/);
				expect(doctor.stdout).toContain('The runtime ring does not hold here');
				// All commands try the same way; they need not all be asked everywhere.
				if (!['no bubblewrap', 'an architecture without programs'].includes(name)) return;
				const check = runOn(site, world, 'check');
				expect(asLine(check.stdout).match(/P310/g)).toHaveLength(3);
				expect(check.stdout).toMatch(world.why);
				expect(check.stdout).toMatch(world.hint);
				const explain = runOn(site, world, 'explain', 'echo here');
				expect(explain.stdout).toMatch(world.why);
				expect(explain.stdout).toMatch(/verdict +hidden/);
			} finally {
				site.remove();
				expect(ringFolders()).toEqual(before);
			}
		},
		120_000,
	);

	test.each(['no bubblewrap', 'no namespace in a namespace'])(
		'%s: a shell that nothing asks to confine runs, says that it is not confined, and contains nothing',
		async (name) => {
			const world = worlds[name]?.();
			if (world === undefined) throw new Error(name);
			const site = makeSite({});
			try {
				site.configure(content(site));
				const client = await serveOn(site, world);
				expect(await call(client, 1, `test -d ${site.directory}/audit && echo unconfined`)).toMatchObject({
					text: expect.stringContaining('unconfined'),
					isError: false,
				});
				const unread = await call(client, 2, 'eval "$UNKNOWN"; echo ran');
				expect(unread.isError).toBe(true);
				expect(await client.end()).toBe(0);
				const warning = client.stderr.split('\n').find((line) => line.includes('does not hold ('));
				expect(JSON.parse(warning ?? '{}')).toMatchObject({ level: 40, msg: expect.stringMatching(world.why) });
				const doctor = runOn(site, world, 'doctor');
				expect(doctor.code).toBe(0);
				expect(doctor.stdout).toMatch(/! shell +no runtime ring: /);
			} finally {
				site.remove();
			}
		},
		120_000,
	);
});

describe.runIf(isHere)('where the ring breaks while the kernel runs', () => {
	const breaks: readonly (readonly [what: string, mount: () => string, why: RegExp])[] = [
		['bubblewrap is taken away', () => 'mount --bind /dev/null /usr/bin/bwrap', /sandbox could not be started/],
		[
			'namespaces are forbidden',
			() =>
				`mount --bind ${script('forbidden', 'echo "bwrap: No permissions to create new namespace" >&2; exit 1')} /usr/bin/bwrap`,
			/sandbox could not be started: bwrap: No permissions/,
		],
		['nothing can be written any more', () => 'mount -o remount,ro /mnt', /sandbox can’t be made any more/],
		['the disk is full', () => 'cat /dev/zero >/mnt/fill 2>/dev/null; true', /sandbox can’t be made any more/],
		['its folder is gone', () => 'rm -rf /mnt/trapgate-ring-*', /trapgate-ring-.*does not exist/],
	];
	test.each(breaks)(
		'%s: a command does not run',
		async (_, breakIt, why) => {
			const site = makeSite({});
			try {
				site.configure(content(site));
				const command = inNamespace('mount -t tmpfs -o size=4m t /mnt');
				const client = await serveOn(site, { command, env: { TMPDIR: '/mnt' } });
				const before = await call(client, 1, `test -e ${site.config} || echo confined`);
				expect(before).toMatchObject({ text: expect.stringContaining('confined'), isError: false });
				const { pid } = client.process;
				const done = spawnSync('nsenter', ['-t', String(pid), '-m', 'sh', '-c', breakIt()], { encoding: 'utf8' });
				expect([done.status, done.stderr]).toEqual([0, '']);
				for (const id of [2, 3]) {
					const after = await call(client, id, 'touch ran');
					expect(after.isError).toBe(true);
					expect(after.text).toMatch(why);
				}
				expect(readdirSync(site.workspace)).toEqual([]);
				expect(await client.end()).toBe(0);
			} finally {
				site.remove();
			}
		},
		60_000,
	);
});
