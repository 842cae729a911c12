// What a confined process sees, as steps and as bubblewrap's arguments.
import { describe, expect, test } from 'vitest';
import type { Confinement } from '../../src/abi/sandbox.ts';
import { bwrapArguments } from '../../src/sandbox/bwrap.ts';
import type { Found } from '../../src/sandbox/discover.ts';
import { planView, type Step, type View, type ViewRequest } from '../../src/sandbox/profile.ts';
import type { Seal } from '../../src/sandbox/seals.ts';

const home = '/home/ada';
const ws = '/home/ada/src/app';

const confinement = (given: Partial<Confinement> = {}): Confinement => ({
	read: [],
	write: [ws],
	network: 'none',
	exec: 'open',
	roExec: [],
	limits: { processes: 256, memoryBytes: 4e9, fileBytes: 1e9, openFiles: 4096, tmpBytes: 512 << 20 },
	guarded: [],
	concealed: [],
	...given,
});

const found = (given: Partial<Found> = {}): Found => ({
	files: [],
	stubs: [],
	companions: [],
	shared: [],
	seals: [],
	homeTrees: [],
	...given,
});

const request = (given: Partial<ViewRequest> = {}): ViewRequest => ({
	confinement: confinement(),
	found: found(),
	lifted: new Set(),
	session: { gate: '/run/session/gate' },
	natives: { trap: '/opt/tg/trap', runner: '/opt/tg/runner', bridge: '/opt/tg/bridge' },
	system: {
		links: [{ path: '/bin', target: 'usr/bin' }],
		trees: ['/usr'],
		etc: '/run/session/etc',
		home,
		uid: 1000,
		gid: 1000,
	},
	...given,
});

const seal = (path: string, state: Seal['state'], given: Partial<Seal> = {}): Seal => ({
	path,
	at: path,
	state,
	hides: false,
	root: ws,
	writable: true,
	...given,
});

const python: Found['files'][number] = { path: '/usr/bin/python3.11', program: 'python' };
const spell = (step: Step) =>
	[step.kind, 'source' in step && step.source !== step.target ? step.source : '', step.target]
		.filter(Boolean)
		.join(' ');
const spelled = (view: View) => view.steps.map(spell);
const positions = (view: View, ...wanted: string[]) => wanted.map((step) => spelled(view).indexOf(step));

function problemOf(given: Partial<ViewRequest>): string {
	try {
		planView(request(given));
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
	return 'it was planned';
}

describe('the plain view', () => {
	test('is what bubblewrap is asked for', () => {
		const view = planView(
			request({
				found: found({
					files: [python, { path: `${ws}/.venv/bin/python3`, program: 'python' }],
					stubs: [{ name: 'uv', program: 'uv', real: '/home/ada/.local/bin/uv' }],
					companions: [
						{ program: 'python', libraries: ['/usr/lib/libpython3.11.so.1.0'], trees: ['/usr/lib/python3.11'] },
					],
					seals: [seal(`${ws}/.git/hooks`, 'folder'), seal(`${ws}/.mcp.json`, 'absent')],
				}),
			}),
		);
		expect(bwrapArguments(view, { seccompFd: 4 }).join(' ').replaceAll(' --', '\n--')).toMatchSnapshot();
		expect(view.placeholders).toEqual([`${ws}/.mcp.json`]);
		expect(view.environment).toEqual({ HOME: home });
	});

	test('leaves out what an older bubblewrap does not know', () => {
		const old = bwrapArguments(planView(request()), { seccompFd: undefined, disableUserns: false, size: false });
		expect(old.filter((word) => ['--disable-userns', '--size', '--seccomp'].includes(word))).toEqual([]);
		expect(old).toContain('--cap-drop');
	});
});

describe('trees', () => {
	test('the inner of two decides, in both directions', () => {
		const view = planView(
			request({ confinement: confinement({ read: ['/opt/data', `${ws}/vendor`], write: [ws, '/opt/data/out'] }) }),
		);
		const at = positions(view, 'roBind /opt/data', 'bind /opt/data/out', `bind ${ws}`, `roBind ${ws}/vendor`);
		expect(at.every((index) => index > 0)).toBe(true);
		expect(at[0]).toBeLessThan(at[1] ?? 0);
		expect(at[2]).toBeLessThan(at[3] ?? 0);
	});

	test('a tree in a tree of the same kind is no mount of its own', () => {
		const view = planView(request({ confinement: confinement({ read: ['/opt/a', '/opt/a/b'] }) }));
		expect(spelled(view)).not.toContain('roBind /opt/a/b');
	});

	test('folders in memory come before what lies in them', () => {
		const view = planView(request({ confinement: confinement({ write: ['/tmp/x', ws] }) }));
		const [tmp, x, own, app] = positions(view, 'tmpfs /tmp', 'bind /tmp/x', `tmpfs ${home}`, `bind ${ws}`);
		expect(tmp).toBeLessThan(x ?? 0);
		expect(own).toBeLessThan(app ?? 0);
		expect(x).toBeGreaterThan(0);
	});

	test.each([
		['/', 'holds your home directory'],
		['/home', 'holds your home directory'],
		[home, 'holds your home directory'],
		['/usr', 'holds the programs of this system'],
		['/usr/local', 'holds the programs of this system'],
		['/usr/bin', 'holds the programs of this system'],
		['/tmp', 'holds other programs’ files and sockets'],
		['/run', 'holds other programs’ files and sockets'],
		['/etc/app', 'the sandbox has its own files there'],
		['/proc/1/root', 'the sandbox has its own files there'],
		['/run/gate', 'the sandbox has its own files there'],
		['relative', 'not a resolved absolute path'],
		['/a/../b', 'not a resolved absolute path'],
		['/a/', 'not a resolved absolute path'],
		['/a//b', 'not a resolved absolute path'],
		['/a\0b', 'not a resolved absolute path'],
	])('%j is refused as a tree to write', (tree, why) => {
		expect(problemOf({ confinement: confinement({ write: [tree] }) })).toContain(why);
	});

	test.each(['/usr/src/app', '/opt/x y', '/a\nb', '/srv/www', '/var/tmp/x', '/a/..b', '/a/.b'])(
		'%j may be written',
		(tree) => {
			expect(spelled(planView(request({ confinement: confinement({ write: [tree] }) })))).toContain(`bind ${tree}`);
		},
	);

	test('a tree in a concealed folder is refused', () => {
		expect(problemOf({ confinement: confinement({ concealed: ['/home/ada/src'] }) })).toContain(
			'is kept from confined',
		);
	});
});

describe('what is guarded and concealed', () => {
	test('the folders above it can’t be renamed away', () => {
		const view = planView(request({ found: found({ seals: [seal(`${ws}/a/b/c.json`, 'file')] }) }));
		const at = positions(view, `bind ${ws}`, `bind ${ws}/a`, `bind ${ws}/a/b`, `roBind ${ws}/a/b/c.json`);
		expect(at).toEqual([...at].sort((left, right) => left - right));
		expect(at[0]).toBeGreaterThan(0);
	});

	test('a folder above another one is held before either', () => {
		const seals = [seal(`${ws}/a/x`, 'file'), seal(`${ws}/a/b/c/y`, 'file')];
		const view = planView(request({ found: found({ seals }) }));
		const at = positions(view, `bind ${ws}/a`, `bind ${ws}/a/b`, `bind ${ws}/a/b/c`, `roBind ${ws}/a/x`);
		expect(at).toEqual([...at].sort((left, right) => left - right));
	});

	test('what is absent is an empty folder, and is said to be left on the host', () => {
		const view = planView(
			request({ found: found({ seals: [seal(`${ws}/.vscode/s.json`, 'absent', { at: `${ws}/.vscode` })] }) }),
		);
		expect(spelled(view)).toEqual(expect.arrayContaining([`tmpfs ${ws}/.vscode`, `remountRo ${ws}/.vscode`]));
		expect(view.placeholders).toEqual([`${ws}/.vscode`]);
	});

	test('a link that could be replaced stops the launch', () => {
		expect(
			problemOf({ found: found({ seals: [seal(`${ws}/.claude/s.json`, 'link', { at: `${ws}/.claude` })] }) }),
		).toContain(`\`${ws}/.claude\` is a symbolic link`);
	});

	test('what is concealed inside of what is guarded is not shown either', () => {
		const seals = [seal(`${ws}/.tg/key`, 'file', { hides: true }), seal(`${ws}/.tg`, 'folder')];
		const view = planView(request({ found: found({ seals }) }));
		const [guard, key] = positions(view, `roBind ${ws}/.tg`, `roBind /dev/null ${ws}/.tg/key`);
		expect(guard).toBeGreaterThan(0);
		expect(guard).toBeLessThan(key ?? 0);
	});

	test('a read-only tree hides what is concealed, and needs nothing for what is guarded', () => {
		const seals = [
			seal('/opt/a/log', 'folder', { hides: true, root: '/opt/a', writable: false }),
			seal('/opt/a/p.yaml', 'file', { root: '/opt/a', writable: false }),
			seal('/opt/a/none', 'absent', { hides: true, root: '/opt/a', writable: false }),
		];
		const steps = spelled(
			planView(request({ confinement: confinement({ read: ['/opt/a'] }), found: found({ seals }) })),
		);
		expect(steps).toContain('tmpfs /opt/a/log');
		expect(steps.filter((step) => /p\.yaml|none/.test(step))).toEqual([]);
	});
});

describe('masks', () => {
	const all = found({
		files: [python, { path: '/usr/bin/perl', program: 'perl' }, { path: `${ws}/.state/python3`, program: 'python' }],
		stubs: [
			{ name: 'uv', program: 'uv', real: '/home/ada/.local/bin/uv' },
			{ name: 'poetry', program: 'poetry', real: undefined },
		],
		companions: [{ program: 'python', libraries: ['/usr/lib/libpython3.so'], trees: ['/usr/lib/python3.11'] }],
		seals: [seal(`${ws}/.state`, 'folder', { hides: true })],
		homeTrees: [`${home}/.local/share/uv/python`],
	});

	test('come last, and the root is sealed after them', () => {
		const view = planView(request({ found: all }));
		const [state, mask] = positions(view, `tmpfs ${ws}/.state`, 'roBind /opt/tg/trap /usr/bin/python3.11');
		expect(state).toBeLessThan(mask ?? 0);
		expect(spelled(view).at(-1)).toBe('remountRo /');
	});

	test('where nothing is shown there is none, for bubblewrap could not make it', () => {
		expect(spelled(planView(request({ found: all }))).join('\n')).not.toContain('.state/python3');
	});

	test('a lifted program is shown, with its companions and what it needs', () => {
		const lifted = new Set(['python', 'uv']);
		const view = planView(request({ found: all, lifted, session: { gate: '/g', caches: '/c' } }));
		const steps = spelled(view);
		expect(steps.filter((step) => step.includes('python3'))).toEqual([]);
		expect(steps).toEqual(
			expect.arrayContaining([
				'roBind /opt/tg/trap /usr/bin/perl',
				'roBind /home/ada/.local/bin/uv /gate/bin/uv',
				'roBind /opt/tg/trap /gate/bin/poetry',
				`roBind ${home}/.local/share/uv/python`,
				'bind /c/uv /run/cache/uv',
			]),
		);
		expect(view.environment).toMatchObject({ UV_OFFLINE: '1', UV_CACHE_DIR: '/run/cache/uv' });
	});

	test('one file that could be written is shown with what lies beside it, and no other of that program', () => {
		const own = `${ws}/conda/bin/python3`;
		const ours = [`${ws}/conda/lib/libpython3.so`, `${ws}/conda/lib/python3.11`] as const;
		const seen = found({
			files: [...all.files, { path: own, program: 'python' }],
			companions: [
				{
					program: 'python',
					libraries: ['/usr/lib/libpython3.so', ours[0]],
					trees: ['/usr/lib/python3.11', ours[1]],
				},
			],
		});
		const hidden = (path: string | undefined) =>
			spelled(planView(request({ found: seen, own: path }))).filter((step) =>
				/^(roBind \/(opt|dev)|tmpfs).*python/.test(step),
			);
		expect(hidden(undefined)).toHaveLength(7);
		expect(hidden(own)).toEqual(
			hidden(undefined).filter((step) => !step.endsWith(own) && !ours.some((path) => step.endsWith(path))),
		);
		// Directly in a workspace, everything on the machine would lie beside it.
		expect(hidden(`${ws}/python3`)).toContain('tmpfs /usr/lib/python3.11');
	});

	test('what only uv may do does not lift python', () => {
		const steps = spelled(planView(request({ found: all, lifted: new Set(['uv']) })));
		expect(steps).toContain('roBind /opt/tg/trap /usr/bin/python3.11');
		expect(steps).toContain('tmpfs /usr/lib/python3.11');
	});
});

describe('strict', () => {
	test('without a folder to prepare in, nothing is planned', () => {
		expect(problemOf({ confinement: confinement({ exec: 'strict' }) })).toContain('`exec: strict`');
	});

	test('what can be written is prepared outside, and folders in memory come from there', () => {
		const view = planView(
			request({
				confinement: confinement({ exec: 'strict', roExec: [`${ws}/node_modules`] }),
				session: { gate: '/g', stage: '/s', exchange: '/x' },
			}),
		);
		expect(view.stage).toEqual({
			folder: '/s',
			bytes: 512 << 20,
			folders: ['shm', 'tmp', 'home'],
			noExec: ['/g', '/x', ws],
			keepExec: [`${ws}/node_modules`],
		});
		const steps = spelled(view);
		expect(steps).toEqual(
			expect.arrayContaining(['bind /s/tmp /tmp', 'bind /s/shm /dev/shm', `roBind ${ws}/node_modules`]),
		);
		// Memory that bubblewrap makes itself can be executed, unless it is read-only.
		const memory = view.steps.filter(({ kind }) => kind === 'tmpfs').map(({ target }) => target);
		expect(memory.every((target) => steps.includes(`remountRo ${target}`))).toBe(true);
		expect(bwrapArguments(view, { seccompFd: undefined })).toEqual(
			expect.arrayContaining(['--uid', '1000', '--gid', '1000']),
		);
	});
});
