// Whether the ring can hold here is found out by trying, and what is in its way is said in plain words.
import { spawnSync } from 'node:child_process';
import {
	chmodSync,
	chownSync,
	mkdirSync,
	mkdtempSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { featuresOf, type Machine, type Place, type Probe, probe, thisMachine } from '../../src/sandbox/probe.ts';
import { diagnose, type Surroundings } from '../../src/sandbox/symptoms.ts';
import { readSystem } from '../../src/sandbox/system.ts';
import { ringTrouble } from '../support/ring.ts';

const plain: Surroundings = { container: undefined, apparmorRestricts: false, cloneIsOff: false, maxIsZero: false };

describe('symptoms', () => {
	const cases: readonly (readonly [said: string, around: Partial<Surroundings>, symptom: RegExp, hint: RegExp])[] = [
		[
			'bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.',
			{ container: 'Docker container' },
			/Docker container around us/,
			/--security-opt seccomp=unconfined --security-opt apparmor=unconfined/,
		],
		[
			"bwrap: No permissions to creating new namespace, likely because the kernel does not allow non-privileged user namespaces. On e.g. debian this can be enabled with 'sysctl kernel.unprivileged_userns_clone=1'.",
			{ cloneIsOff: true },
			/does not let an ordinary program/,
			/sysctl -w kernel\.unprivileged_userns_clone=1/,
		],
		[
			'bwrap: No permissions to create new namespace',
			{ apparmorRestricts: true },
			/ordinary program/,
			/apparmor\.d\/bwrap/,
		],
		[
			'bwrap: No permissions to create new namespace',
			{ maxIsZero: true },
			/ordinary/,
			/user\.max_user_namespaces=15000/,
		],
		['bwrap: Creating new namespace failed: Operation not permitted', {}, /ordinary program/, /RestrictNamespaces/],
		[
			'bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)',
			{},
			/no more namespaces/,
			/inside another sandbox/,
		],
		[
			"bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
			{},
			/parts of \/proc are hidden/,
			/procMount/,
		],
		['bwrap: setting up uid map: Permission denied', {}, /AppArmor/, /userns, include if exists/],
		[
			'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted',
			{ apparmorRestricts: true, container: 'Docker container' },
			/AppArmor/,
			/apparmor_restrict_unprivileged_userns=0/,
		],
		['bwrap: setting up uid map: Permission denied', { container: 'Podman container' }, /Podman/, /unmask=ALL/],
		['bwrap: Unknown option --size', {}, /too old/, /apt-get install bubblewrap/],
		['bwrap: The --size option is not permitted in setuid mode', {}, /setuid/, /chmod u-s/],
		['bwrap: Unexpected capabilities but not setuid, old file caps config?', {}, /capabilities/, /setcap -r/],
		['bwrap: prctl(PR_SET_SECCOMP): Invalid argument', {}, /filter for system calls/, /CONFIG_SECCOMP_FILTER/],
		["bwrap: Can't find source path /usr: No such file or directory", {}, /is not there/, /\/usr and \/bin\/sh/],
		['mount: /ws: wrong fs type, bad option, bad superblock on /ws', {}, /something is mounted inside/, /exec: open/],
		['bwrap: something new', {}, /not known to us/, /by hand/],
		['', {}, /without a word/, /by hand/],
	];
	test.each(cases)('%j', (said, around, symptom, hint) => {
		const told = diagnose(said, { ...plain, ...around });
		expect(told.symptom).toMatch(symptom);
		expect(told.hint).toMatch(hint);
	});
});

test.each([
	['0.5.0', undefined],
	['0.6.1', { disableUserns: false, size: false }],
	['0.7.0', { disableUserns: false, size: true }],
	['0.8.0', { disableUserns: true, size: true }],
	['0.12.1', { disableUserns: true, size: true }],
	['1.0', { disableUserns: true, size: true }],
] as const)('bubblewrap %s', (version, features) => {
	expect(featuresOf(version)).toEqual(features);
});

let root = '';
let request: Parameters<typeof probe>[0];
beforeAll(() => {
	root = realpathSync(mkdtempSync(join(tmpdir(), 'probe-')));
	mkdirSync(join(root, 'gate'));
	const natives = { trap: '/usr/bin/env', runner: '/usr/bin/env', bridge: '/usr/bin/env' };
	request = { system: readSystem(join(root, 'etc')), natives, session: { gate: join(root, 'gate') } };
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** One that answers `--version` with this, and everything else with that. */
const machine = (version: string, stderr: string, given: Partial<Machine> = {}): Machine => ({
	platform: 'linux',
	places: ['/usr/bin/bwrap'],
	around: plain,
	trust: (path) => ({ path }),
	run: async (_, [first]) =>
		first === '--version'
			? { code: 0, stdout: `bubblewrap ${version}\n`, stderr: '' }
			: { code: stderr === '' ? 0 : 1, stdout: '', stderr },
	...given,
});
const stateOf = async (on: Machine): Promise<Partial<Probe> & { readonly symptom?: string }> => probe(request, on);

describe('the probe', () => {
	test('says what an old one lacks, and refuses one that lacks too much', async () => {
		expect(await stateOf(machine('0.8.0', ''))).toMatchObject({ state: 'holds', version: '0.8.0' });
		expect(await stateOf(machine('0.7.0', ''))).toMatchObject({ state: 'degraded', features: { size: true } });
		expect(await stateOf(machine('0.4.1', ''))).toMatchObject({
			state: 'absent',
			symptom: 'bubblewrap 0.4.1 is too old',
		});
	});

	test('does not ask an old one for what it lacks', async () => {
		const asked: string[] = [];
		const on = machine('0.6.1', '');
		await stateOf({
			...on,
			run: (file, args) => {
				asked.push(...args);
				return on.run(file, args);
			},
		});
		expect(asked).toContain('--cap-drop');
		expect(asked).not.toContain('--size');
		expect(asked).not.toContain('--disable-userns');
	});

	test('keeps what was said', async () => {
		const said = 'bwrap: setting up uid map: Permission denied';
		expect(await stateOf(machine('0.8.0', said))).toMatchObject({ state: 'absent', said, bwrap: '/usr/bin/bwrap' });
	});

	const nowhere = (): undefined => undefined;
	const distrusted = (): Place => ({ distrust: 'no' });
	const others: readonly (readonly [string, Partial<Machine>, RegExp])[] = [
		['another system', { platform: 'darwin' }, /needs Linux; this is darwin/],
		['nothing installed', { trust: nowhere }, /not installed/],
		['one that others can change', { trust: distrusted }, /^no$/],
	];
	test.each(others)('%s', async (_, given, symptom) => {
		const found = await stateOf(machine('0.8.0', '', given));
		expect(found.state).toBe('absent');
		expect(found.symptom).toMatch(symptom);
	});

	test('a file that is no bubblewrap is none', async () => {
		const found = await stateOf({ ...thisMachine(), trust: () => ({ path: '/usr/bin/env' }) });
		expect(found).toMatchObject({ state: 'absent', symptom: '`/usr/bin/env` does not say which bubblewrap it is' });
	});
});

describe('trust', () => {
	test.runIf(process.getuid?.() === 0)('is not given to what others could have put there', () => {
		const { trust } = thisMachine();
		const folder = join('/usr/local/share', `trust-${process.pid}`);
		mkdirSync(folder);
		try {
			const file = join(folder, 'bwrap');
			writeFileSync(file, '');
			expect(trust(file)).toEqual({ path: file });
			symlinkSync(file, join(folder, 'link'));
			expect(trust(join(folder, 'link'))).toEqual({ path: file });
			chmodSync(file, 0o4755);
			expect(trust(file)).toMatchObject({ distrust: expect.stringContaining('setuid') });
			chmodSync(file, 0o775);
			expect(trust(file)).toMatchObject({ distrust: expect.stringContaining(`\`${file}\` can be changed`) });
			chmodSync(file, 0o755);
			chmodSync(folder, 0o777);
			expect(trust(file)).toMatchObject({ distrust: expect.stringContaining(`\`${folder}\` can be changed`) });
			chmodSync(folder, 0o755);
			chownSync(file, 65534, 65534);
			expect(trust(file)).toHaveProperty('distrust');
		} finally {
			rmSync(folder, { recursive: true });
		}
	});

	test('is not given to a file in a shared folder, nor to a folder', () => {
		writeFileSync(join(root, 'bwrap'), '');
		expect(thisMachine().trust(join(root, 'bwrap'))).toHaveProperty('distrust');
		expect(thisMachine().trust('/usr')).toBeUndefined();
		expect(thisMachine().trust(join(root, 'none'))).toBeUndefined();
	});
});

describe.runIf(ringTrouble() === undefined)('for real', () => {
	/** This machine, but for a program around bubblewrap that takes something away. */
	const within = (...outer: string[]): Machine => {
		const here = thisMachine();
		return {
			...here,
			around: plain,
			run: async (file, args) => {
				if (args[0] === '--version') return here.run(file, args);
				const [program = '', ...rest] = outer;
				const { status, stdout, stderr } = spawnSync(program, [...rest, file, ...args], { encoding: 'utf8' });
				return { code: status ?? undefined, stdout, stderr };
			},
		};
	};

	test('it holds here', async () => {
		expect(await stateOf(thisMachine())).toMatchObject({
			bwrap: '/usr/bin/bwrap',
			state: expect.stringMatching(/holds|degraded/),
		});
	});

	test('inside another sandbox it does not', async () => {
		const outer = ['/usr/bin/bwrap', '--unshare-user', '--disable-userns', '--dev-bind', '/', '/', '--'];
		expect(await stateOf(within(...outer))).toMatchObject({
			state: 'absent',
			symptom: 'no more namespaces may be made here',
		});
	});

	test('where parts of /proc are hidden, it does not', async () => {
		const hide = 'mount --bind /dev/null /proc/version && exec "$@"';
		const outer = ['/usr/bin/unshare', '-Urmpf', '--mount-proc', '--', '/bin/sh', '-c', hide, 'sh'];
		expect(await stateOf(within(...outer))).toMatchObject({
			state: 'absent',
			symptom: expect.stringContaining('/proc'),
		});
	});
});
