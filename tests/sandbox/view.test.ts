// The view for real: what bubblewrap makes of it, and what can't be done in it.
import { spawnSync } from 'node:child_process';
import {
	chmodSync,
	copyFileSync,
	existsSync,
	linkSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Confinement, Gates } from '../../src/abi/sandbox.ts';
import { bwrapArguments } from '../../src/sandbox/bwrap.ts';
import { Discovery } from '../../src/sandbox/discover.ts';
import { planView } from '../../src/sandbox/profile.ts';
import { launchCommand } from '../../src/sandbox/strict.ts';
import { readSystem, type SystemLayout } from '../../src/sandbox/system.ts';
import { ringTrouble } from '../support/ring.ts';

const bwrap = '/usr/bin/bwrap';
const isRoot = process.getuid?.() === 0;
const holds = ringTrouble() === undefined;
/** As root, everything is tried as an unprivileged user as well. */
const users = isRoot ? ['as root', 'as a user'] : ['as a user'];

describe.runIf(holds).each(users)('%s', (who) => {
	const as = isRoot && who === 'as a user' ? 65534 : (process.getuid?.() ?? 0);
	let shared = '';
	let system: SystemLayout;
	let root = '';
	let ws = '';
	beforeAll(() => {
		shared = realpathSync(mkdtempSync(join(tmpdir(), 'view-etc-')));
		chmodSync(shared, 0o755);
		system = { ...readSystem(join(shared, 'etc')), home: '/home/ada', uid: as, gid: as };
	});
	afterAll(() => rmSync(shared, { recursive: true, force: true }));

	beforeEach(() => {
		root = realpathSync(mkdtempSync(join(tmpdir(), 'view-')));
		chmodSync(root, 0o755);
		ws = join(root, 'ws');
		for (const name of ['ws', 'gate', 'stage']) mkdirSync(join(root, name));
		give();
	});
	afterEach(() => rmSync(root, { recursive: true, force: true }));

	/** To the user that the command runs as. */
	function give(at = root): void {
		if (!isRoot) return;
		spawnSync('chown', ['-hR', `${as}:${as}`, '--', at]);
	}

	const gates: Gates = {
		gatedAs: (name) => (/^(perl)[\d.]*$/.test(name) ? 'perl' : name === 'snek' ? 'snek' : undefined),
		names: ['perl', 'snek'],
		revision: '1',
	};

	function run(command: string, given: Partial<Confinement> = {}) {
		give();
		const confinement: Confinement = {
			read: [],
			write: [ws],
			network: 'none',
			exec: 'open',
			roExec: [],
			limits: { processes: 256, memoryBytes: 4e9, fileBytes: 1e9, openFiles: 4096, tmpBytes: 8 << 20 },
			guarded: [],
			concealed: [],
			...given,
		};
		const path = ['/usr/local/bin', '/usr/bin', '/bin'];
		const found = new Discovery({ path, system, now: Date.now }).find(gates, confinement);
		const view = planView({
			confinement,
			found,
			lifted: new Set(),
			session: { gate: join(root, 'gate'), stage: join(root, 'stage') },
			// What it prints says that it ran in the place of the program.
			natives: { trap: '/usr/bin/echo', runner: '/usr/bin/env', bridge: '/usr/bin/env' },
			system,
		});
		const set = Object.entries({ ...view.environment, PATH: `/gate/bin:${path.join(':')}`, WS: ws }).flatMap(
			([name, value]) => ['--setenv', name, value],
		);
		const inside = ['--', '/bin/bash', '-c', command];
		const [program, ...args] = launchCommand(view, [
			bwrap,
			...bwrapArguments(view, { seccompFd: undefined }),
			...set,
			...inside,
		]);
		const user = isRoot && as !== 0 ? { uid: as, gid: as } : {};
		const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: {}, cwd: '/', ...user });
		return { status, stdout, stderr, placeholders: view.placeholders };
	}

	const put = (path: string, text = '') => {
		mkdirSync(join(ws, path, '..'), { recursive: true });
		writeFileSync(join(ws, path), text);
		return join(ws, path);
	};

	test('gated programs are covered by any path, link and copy; their bytes are gone', () => {
		const real = join(root, 'outside');
		copyFileSync('/usr/bin/perl', real);
		symlinkSync(real, join(ws, 'perl'));
		copyFileSync('/usr/bin/perl', join(ws, 'snek'));
		linkSync(join(ws, 'snek'), join(ws, 'notes'));
		const { stdout, status } = run(`cd "$WS"; /usr/bin/perl A; perl B; ./perl C; ./snek D; ./notes E
			cp /usr/bin/perl own; ./own F; cmp /usr/bin/perl /usr/bin/echo && echo SAME; mv perl q; ./q G`);
		expect(stdout.trim().split(/\s+/)).toEqual(['A', 'B', 'C', 'D', 'E', 'F', 'SAME', 'G']);
		expect(status).toBe(0);
	});

	test('a mask can’t be moved, removed or replaced, nor can the root be written', () => {
		put('sub/snek', '#!/bin/sh\necho RAW\n');
		chmodSync(join(ws, 'sub/snek'), 0o755);
		const { stdout } = run(`cd "$WS"; mv sub/snek x; rm -f sub/snek; ln sub/snek y; mv sub other; other/snek TRAPPED
			for at in / /run /var /dev /gate /gate/bin /etc /usr/bin; do touch $at/x && echo WROTE $at; done
			umount sub/snek other/snek /usr/bin/perl; other/snek TRAPPED; touch /tmp/ok /var/tmp/ok "$HOME/ok" /dev/shm/ok && echo OK`);
		expect(stdout.trim().split('\n')).toEqual(['TRAPPED', 'TRAPPED', 'OK']);
	});

	test('guarded things can’t be changed, replaced or made, and nothing but empty folders stays behind', () => {
		put('.git/config', '[core]\n');
		put('deep/er/.mcp.json', '{}\n');
		const guarded = ['.git/config', '.git/hooks', 'deep/er/.mcp.json', '.vscode/settings.json', 'a b\n$(x)'].map(
			(name) => join(ws, name),
		);
		const { stdout, placeholders } = run(
			`cd "$WS"
			echo X >> .git/config && echo CHANGED; echo X > .git/n && mv .git/n .git/config && echo REPLACED
			mv .git g && echo MOVED; mv deep d && echo MOVED; mv deep/er d && echo MOVED; rm -rf deep && echo REMOVED
			mkdir -p .git/hooks/x .vscode/x && echo MADE; echo X > .vscode/settings.json && echo MADE
			rmdir .vscode && echo REMOVED; mv .vscode v && echo MOVED; echo X > $'a b\\n$(x)' && echo MADE; echo fine > free; cat free`,
			{ guarded },
		);
		expect(stdout).toBe('fine\n');
		expect(placeholders.map((path) => readdirSync(path))).toEqual([[], [], []]);
		expect(readFileSync(join(ws, '.git/config'), 'utf8')).toBe('[core]\n');
	});

	test('concealed things can’t be read, in no tree and by no name', () => {
		put('.tg/audit/log', 'SECRET\n');
		put('key', 'SECRET\n');
		const concealed = [join(ws, '.tg/audit'), join(ws, 'key')];
		const { stdout } = run(
			`cd "$WS"; cat key .tg/audit/*; grep -r SECRET .; ls .tg/audit; mv .tg t && echo MOVED; touch .tg/audit/x && echo MADE
			rm -f key && echo REMOVED; ln key k && echo LINKED; echo end`,
			{ concealed },
		);
		expect(stdout).toBe('end\n');
		expect(readFileSync(join(ws, 'key'), 'utf8')).toBe('SECRET\n');
	});

	test('nothing else of the host is there', () => {
		const { stdout } =
			run(`cat /etc/shadow /etc/ssh/* /etc/ssl/private/*; ls -A /home /root /var/lib /srv /opt /mnt "${root}"
			ls /sys; ls /proc | grep -c '^[0-9]'; ls -A /tmp; cat /etc/passwd | grep -c root; id -u`);
		expect(stdout).not.toMatch(/\bstage\b|:\$|BEGIN|lost\+found/);
		expect(stdout.trim().split('\n').at(-1)).toBe(String(as));
	});

	test('folders in memory have their limit', () => {
		const { stdout } = run(
			'for at in /tmp "$HOME" /dev/shm; do head -c 9000000 /dev/zero > $at/x && echo FULL; done; ls -la /tmp/x; echo end',
		);
		expect(stdout).toMatch(/ 8388608 .*\/tmp\/x\nend\n$/);
		expect(stdout).not.toContain('FULL');
	});

	test.each(['tree with spaces', 'tree\nwith "more" $(x) \\ é', '-rf', '--'])('a tree may be called %j', (name) => {
		const tree = join(root, name);
		mkdirSync(tree);
		const { stdout, status } = run('cd "$TREE" 2>/dev/null || cd "${WS%/ws}"/*; echo x > f; echo done', {
			write: [ws, tree],
		});
		expect([stdout, status]).toEqual(['done\n', 0]);
	});

	describe('strict', () => {
		const attack = `cd "$D" || exit
			cp /usr/bin/true own; ./own && echo RAN own
			/lib64/ld-linux-x86-64.so.2 ./own && echo RAN loader
			printf '#!/bin/sh\\necho RAN script\\n' > s; chmod +x s; ./s
			cp /usr/lib/*-linux-gnu/libm.so.6 lib.so; LD_PRELOAD=$PWD/lib.so /usr/bin/true 2>&1 | grep -q 'cannot be preloaded' || echo RAN preload
			echo end`;

		test.each(['$WS', '/tmp', '/dev/shm', '$HOME', '/var/tmp'])('nothing in %s can be executed or mapped', (at) => {
			const { stdout, stderr } = run(`D="${at}"; ${attack}`, { exec: 'strict' });
			expect(stdout, stderr).toBe('end\n');
		});

		test('the same attack works where it is not strict', () => {
			const { stdout } = run(`D=$WS; ${attack}`);
			expect(stdout).toBe('RAN own\nRAN loader\nRAN script\nRAN preload\nend\n');
		});

		test('no other folder can be written', () => {
			const { stdout } = run(
				'find / -xdev -type d -writable 2>/dev/null | grep -v ^/proc; for at in /dev /run /gate /run/gate; do touch $at/x && echo WROTE; done; echo end',
				{ exec: 'strict' },
			);
			expect(stdout).not.toContain('WROTE');
		});

		test('a tree in `roExec` can be executed and not be written', () => {
			mkdirSync(join(ws, 'node_modules/.bin'), { recursive: true });
			copyFileSync('/usr/bin/echo', join(ws, 'node_modules/.bin/tool'));
			const { stdout } = run(
				`cd "$WS/node_modules/.bin"; ./tool RAN; touch x && echo WROTE; cp tool ../../t; ../../t RAN; mv "$WS/node_modules" "$WS/n" && echo MOVED; echo end`,
				{ exec: 'strict', roExec: [join(ws, 'node_modules')] },
			);
			expect(stdout).toBe('RAN\nend\n');
		});

		test('it holds for a tree with any name, and can’t be undone inside', () => {
			const tree = join(root, 'a b\n"$(touch x)\' -- ');
			mkdirSync(tree);
			const { stdout, stderr } = run(
				`cd "\${WS%/ws}"/a*; cp /usr/bin/true own && ./own && echo RAN; mount -o remount,exec "$PWD"; unshare -Ur true && echo NS; ./own && echo RAN; echo end`,
				{ exec: 'strict', write: [ws, tree] },
			);
			expect(stdout, stderr).toBe('end\n');
			expect(existsSync(join(tree, 'x'))).toBe(false);
		});
	});
});
