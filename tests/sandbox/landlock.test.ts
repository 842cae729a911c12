// The rules of a sandbox without namespaces, for file systems that are only written down.
import { expect, test } from 'vitest';
import type { Confinement } from '../../src/abi/sandbox.ts';
import type { Entry } from '../../src/sandbox/entries.ts';
import { planRules, type RulesRequest, right } from '../../src/sandbox/landlock.ts';
import type { Seal } from '../../src/sandbox/seals.ts';
import { confinementOf } from './support/launching.ts';

/** Folders with what lies in them: `/` after a folder, `@` after a link. */
const disk: Readonly<Record<string, string>> = {
	'/usr': 'bin/ lib/ share/',
	'/usr/bin': 'python3.11 python3@ make X11@ env',
	'/usr/lib': 'python3.11/ x86/ os-release',
	'/usr/lib/x86': 'libc.so.6 libpython3.11.so.1.0 libpython3.11.so.1@',
	'/proj': 'src/ .git/ trapgate.yaml README.md link@',
	'/proj/.git': 'hooks/ config objects/ HEAD',
	'/proj/src': 'a.c',
	'/t': '',
	'/c/uv': '',
	'/home/u/.local/share/uv/python': '',
};

function list(folder: string): readonly Entry[] | undefined {
	const entries = disk[folder]?.split(' ').filter((entry) => entry !== '');
	return entries?.map((entry) => ({
		name: entry.replace(/[@/]$/, ''),
		kind: entry.endsWith('/') ? 'folder' : entry.endsWith('@') ? 'link' : 'file',
	}));
}

const python = {
	files: [{ path: '/usr/bin/python3.11', program: 'python' }],
	companions: [{ program: 'python', libraries: ['/usr/lib/x86/libpython3.11.so.1.0'], trees: ['/usr/lib/python3.11'] }],
	stubs: [],
	shared: [],
	seals: [],
	homeTrees: [],
};

function request(changes: Partial<RulesRequest> = {}, confinement: Partial<Confinement> = {}): RulesRequest {
	return {
		confinement: confinementOf('/proj', confinement),
		found: python,
		called: [{ name: 'python3', program: 'python', real: '/usr/bin/python3.11' }],
		lifted: new Set(),
		folders: { bin: '/s/bin', calls: '/s/calls', home: '/s/home', tmp: '/t', caches: '/c' },
		system: { trees: ['/usr'], home: '/home/u' },
		etc: { files: ['/etc/passwd'], folders: ['/etc/ssl'] },
		list,
		...changes,
	};
}

const letters: Readonly<Record<string, number>> = {
	x: right.execute,
	r: right.readFile,
	l: right.readFolder,
	w: right.writeFile,
	t: right.truncate,
	m: right.makeFile,
	d: right.removeFile,
	f: right.refer,
};

/** The rights in letters: execute, read, list, write, truncate, make, delete, refer. */
function rules(plan: RulesRequest): Record<string, string> {
	return Object.fromEntries(
		planRules(plan).grants.map(({ path, access }) => [
			path,
			Object.entries(letters)
				.filter(([, bit]) => (access & bit) !== 0)
				.map(([letter]) => letter)
				.join(''),
		]),
	);
}

const seal = (at: string, more: Partial<Seal> = {}): Seal => ({
	...{ path: at, at, state: 'file', hides: false, root: '/proj', writable: true },
	...more,
});
const sealed = (...seals: readonly Seal[]) => ({ found: { ...python, seals } });

test('what is gated gets no rule, nor does what is worth as much; what lies beside it gets one each, and links none', () => {
	expect(rules(request())).toEqual({
		'/usr': 'l',
		'/usr/bin': 'l',
		'/usr/bin/make': 'xr',
		'/usr/bin/env': 'xr',
		'/usr/lib': 'l',
		'/usr/lib/x86': 'l',
		'/usr/lib/x86/libc.so.6': 'xr',
		'/usr/lib/os-release': 'xr',
		'/usr/share': 'xrl',
		'/proj': 'xrlwtmdf',
		'/t': 'xrlwtmdf',
		'/etc/passwd': 'r',
		'/etc/ssl': 'l',
		'/proc': 'rl',
		'/dev/null': 'rw',
		'/dev/zero': 'rw',
		'/dev/full': 'rw',
		'/dev/random': 'r',
		'/dev/urandom': 'r',
		'/s/bin': 'xrl',
		'/s/calls': 'rwd',
		'/s/home': 'xrlwtmdf',
	});
});

test('what does not trap any more is whole again, also where nothing else is shown', () => {
	const found = rules(
		request({
			lifted: new Set(['python', 'uv']),
			called: [{ name: 'uv', program: 'uv', real: '/home/u/.local/bin/uv' }],
			found: { ...python, homeTrees: ['/home/u/.local/share/uv/python'] },
		}),
	);
	expect(found).toMatchObject({
		'/usr': 'xrl',
		'/home/u/.local/bin/uv': 'xr',
		'/home/u/.local/share/uv/python': 'xrl',
		'/c/uv': 'xrlwtmdf',
	});
	expect(found['/usr/bin']).toBeUndefined();
});

test('a folder with something guarded in it is frozen, and the rest of it is not', () => {
	const found = rules(
		request(sealed(seal('/proj/trapgate.yaml'), seal('/proj/.git/config'), seal('/proj/.git/hooks'))),
	);
	expect(Object.fromEntries(Object.entries(found).filter(([path]) => path.startsWith('/proj')))).toEqual({
		'/proj': 'xrl',
		'/proj/src': 'xrlwtmdf',
		'/proj/.git': 'xrl',
		'/proj/.git/hooks': 'xrl',
		'/proj/.git/config': 'xr',
		'/proj/.git/objects': 'xrlwtmdf',
		'/proj/.git/HEAD': 'xrwt',
		'/proj/trapgate.yaml': 'xr',
		'/proj/README.md': 'xrwt',
	});
});

test('what is guarded and not there can not be made', () => {
	expect(rules(request(sealed(seal('/proj/.mcp.json', { state: 'absent' }))))['/proj']).toBe('xrl');
	expect(rules(request(sealed(seal('/proj/link', { state: 'link' }))))['/proj']).toBe('xrl');
});

test('what is concealed is not even named', () => {
	const found = rules(request(sealed(seal('/proj/src', { hides: true, state: 'folder' }))));
	expect(found['/proj']).toBeUndefined();
	expect(found['/proj/src']).toBeUndefined();
	expect(found['/proj/README.md']).toBe('xrwt');
});

test('under `exec: strict` what can be written can not be executed, but for trees that can not be written for it', () => {
	const strict = { exec: 'strict', roExec: ['/proj/src'] } as const;
	const found = rules(request({}, strict));
	expect([found['/proj'], found['/proj/src'], found['/proj/.git'], found['/t']]).toEqual([
		'rl',
		'xrl',
		'rlwtmdf',
		'rlwtmdf',
	]);
});

test('what may be read only lies in what may be written', () => {
	const found = rules(request({}, { read: ['/proj/src', '/opt/tool'] }));
	expect([found['/proj'], found['/proj/src'], found['/proj/README.md']]).toEqual(['xrl', 'xrl', 'xrwt']);
	// It is not on our disk: no folder, so that it gets the rights of a file.
	expect(found['/opt/tool']).toBe('xr');
});

test('a list of hosts is refused', () => {
	expect(() => planRules(request({}, { network: { hosts: ['a.test'] } }))).toThrow(/some hosts and no others/);
});

test('a folder that is never shown is refused', () => {
	expect(() => planRules(request({}, { write: ['/home'] }))).toThrow(/can't be given to a confined process/);
});
