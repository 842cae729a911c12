// Where gated programs are found: by name, by link, by identity, and again when something has changed.
import {
	chmodSync,
	copyFileSync,
	linkSync,
	mkdirSync,
	mkdtempSync,
	realpathSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Confinement, Gates } from '../../src/abi/sandbox.ts';
import { Discovery } from '../../src/sandbox/discover.ts';

let root = '';
let ws = '';
beforeEach(() => {
	root = realpathSync(mkdtempSync(join(tmpdir(), 'discover-')));
	ws = join(root, 'ws');
	for (const name of ['ws', 'outside', 'sys', 'sys/bin', 'home']) mkdirSync(join(root, name));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const gates: Gates = {
	gatedAs: (name) =>
		/^(python|pypy)[\d.]*$/.test(name) ? 'python' : ['snek', 'fetcher', 'uvx'].includes(name) ? name : undefined,
	names: ['snek', 'python'],
	revision: '1',
};

/** A clock far enough ahead that every folder counts as settled: what is remembered must still notice changes. */
const discovery = (path: readonly string[] = [join(root, 'sys/bin')]) =>
	new Discovery({
		path,
		system: { trees: [join(root, 'sys')], home: join(root, 'home') },
		now: () => Date.now() + 60_000,
	});

const confinement = (given: Partial<Confinement> = {}): Confinement => ({
	read: [],
	write: [ws],
	network: 'none',
	exec: 'open',
	roExec: [],
	limits: { processes: 1, memoryBytes: 1, fileBytes: 1, openFiles: 1, tmpBytes: 1 },
	guarded: [],
	concealed: [],
	...given,
});

function program(path: string, text = `#!/bin/sh\n# ${path}\n`, mode = 0o755): string {
	const at = join(root, path);
	mkdirSync(join(at, '..'), { recursive: true });
	writeFileSync(at, text);
	chmodSync(at, mode);
	return at;
}

const find = (given: Partial<Confinement> = {}, by = discovery()) => by.find(gates, confinement(given));
const paths = (given: Partial<Confinement> = {}, by = discovery()) =>
	find(given, by)
		.files.map(({ path }) => path)
		.sort();

describe('by name', () => {
	test('in the workspace, at any depth, but not in .git', () => {
		const deep = program('ws/a/b/c/d/e/f/g/h/i/j/python3');
		program('ws/.git/python3');
		expect(paths()).toEqual([deep]);
	});

	test('in node_modules, and where packages put their programs', () => {
		const inside = program('ws/node_modules/x/lib/python3');
		const bin = program('ws/node_modules/.bin/fetcher');
		const by = discovery();
		expect(paths({}, by)).toEqual([bin, inside].sort());
		const later = program('ws/node_modules/.bin/snek');
		expect(paths({}, by)).toEqual([bin, inside, later].sort());
	});

	test('in trees that are only read', () => {
		const other = program('outside/bin/python3.12');
		expect(paths({ read: [join(root, 'outside')] })).toEqual([other]);
		expect(paths()).toEqual([]);
	});

	test.each([
		['a script without the bit', '#!/bin/sh\n', true],
		['a program without the bit', '\x7fELF', true],
		['a text without the bit', 'about snakes\n', false],
	])('%s is found: %s', (_, text, isFound) => {
		const at = program('ws/python', text, 0o644);
		expect(paths()).toEqual(isFound ? [at] : []);
	});

	test('a folder of that name is walked', () => {
		const inside = program('ws/python/snek');
		expect(paths()).toEqual([inside]);
	});

	test('a name that a shell would trip over', () => {
		const at = program('ws/a b\n$(x)/python3');
		expect(paths()).toEqual([at]);
	});
});

describe('by link', () => {
	test('to a file that the view does not show', () => {
		const real = program('outside/cpython/bin/python3.11');
		mkdirSync(join(ws, '.venv/bin'), { recursive: true });
		symlinkSync(real, join(ws, '.venv/bin/python'));
		expect(paths()).toEqual([real]);
	});

	test('a link in the workspace does not make the system’s shell a python', () => {
		program('sys/bin/bash');
		symlinkSync(join(root, 'sys/bin/bash'), join(ws, 'python3'));
		expect(paths()).toEqual([]);
	});

	test('a link in the system does', () => {
		const real = program('sys/bin/snek-nt');
		symlinkSync('snek-nt', join(root, 'sys/bin/snek'));
		expect(find().files).toEqual([{ path: real, program: 'snek' }]);
	});

	test('a file that is many programs is not covered, but its name traps', () => {
		program('sys/bin/busybox');
		symlinkSync('busybox', join(root, 'sys/bin/fetcher'));
		const found = find();
		expect(found.files).toEqual([]);
		expect(found.shared).toEqual([{ path: join(root, 'sys/bin/fetcher'), program: 'fetcher' }]);
		expect(found.stubs).toContainEqual({ name: 'fetcher', program: 'fetcher', real: join(root, 'sys/bin/busybox') });
	});

	test('links that dangle or go in circles are nothing', () => {
		symlinkSync('nowhere', join(ws, 'python3'));
		symlinkSync('python', join(ws, 'python'));
		expect(paths()).toEqual([]);
	});
});

describe('by identity', () => {
	test('another hard link, in the same folder or elsewhere, is covered', () => {
		const first = program('ws/bin/python3');
		mkdirSync(join(ws, 'deep/er'), { recursive: true });
		linkSync(first, join(ws, 'deep/er/notes'));
		linkSync(first, join(root, 'outside/hidden'));
		expect(paths()).toEqual([first, join(ws, 'deep/er/notes')].sort());
	});

	test('also when it is made, or the folder above it renamed, between two looks', () => {
		const first = program('ws/bin/python3');
		mkdirSync(join(ws, 'a'));
		const by = discovery();
		expect(paths({}, by)).toEqual([first]);
		linkSync(first, join(ws, 'a/other'));
		expect(paths({}, by)).toEqual([join(ws, 'a/other'), first].sort());
		renameSync(join(ws, 'a'), join(ws, 'b'));
		expect(paths({}, by)).toEqual([join(ws, 'b/other'), first].sort());
	});

	test('and is looked for in every tree that is given', () => {
		const first = program('ws/python3');
		linkSync(first, join(root, 'outside/other'));
		const by = discovery();
		expect(paths({}, by)).toEqual([first]);
		expect(paths({ read: [join(root, 'outside')] }, by)).toEqual([join(root, 'outside/other'), first].sort());
	});
});

describe('by content', () => {
	const big = `#!/bin/sh\n${'x'.repeat(5000)}\n`;

	test('a copy of the system’s program under another name is covered, and no longer when it is another program', () => {
		program('sys/bin/python3', big);
		const copy = program('ws/lib/notes', big, 0o755);
		program('ws/lib/other', big.replace('x', 'y'));
		const by = discovery();
		expect(find({}, by).files).toContainEqual({ path: copy, program: 'python' });
		expect(paths({}, by)).toHaveLength(2);
		writeFileSync(copy, big.replace('x', 'z'));
		expect(paths({}, by)).toHaveLength(1);
	});

	test('a file that anybody inside could have written is no original', () => {
		program('ws/python3', big);
		program('ws/package.json', big, 0o644);
		expect(paths()).toEqual([join(ws, 'python3')]);
	});

	test('short files are alike by chance', () => {
		program('sys/bin/python3', '#!/bin/sh\n');
		program('ws/x', '#!/bin/sh\n');
		expect(paths()).toHaveLength(1);
	});
});

describe('again', () => {
	test('a late copy is found', () => {
		const by = discovery();
		mkdirSync(join(ws, '.venv/bin'), { recursive: true });
		expect(paths({}, by)).toEqual([]);
		const real = program('outside/python3');
		copyFileSync(real, join(ws, '.venv/bin/python3'));
		expect(paths({}, by)).toEqual([join(ws, '.venv/bin/python3')]);
		rmSync(join(ws, '.venv'), { recursive: true });
		expect(paths({}, by)).toEqual([]);
	});

	test('other gates give another answer', () => {
		const at = program('ws/tool');
		const by = discovery();
		expect(paths({}, by)).toEqual([]);
		const other: Gates = { gatedAs: (name) => (name === 'tool' ? 'tool' : undefined), names: [], revision: '2' };
		expect(by.find(other, confinement()).files).toEqual([{ path: at, program: 'tool' }]);
	});
});

describe('names without a file', () => {
	test('trap by a stub; what lies out of view is known for when it is lifted', () => {
		const real = program('outside/bin/snek');
		const found = find({}, discovery([join(root, 'outside/bin'), join(root, 'sys/bin')]));
		expect(found.stubs).toEqual([
			{ name: 'snek', program: 'snek', real },
			{ name: 'python', program: 'python', real: undefined },
		]);
	});

	test('a program that lies out of view, which no rule names, has one too', () => {
		const real = program('outside/bin/fetcher');
		expect(find({}, discovery([join(root, 'outside/bin')])).stubs).toContainEqual({
			name: 'fetcher',
			program: 'fetcher',
			real,
		});
	});

	test('a program in view needs none', () => {
		program('sys/bin/snek');
		expect(find().stubs.map(({ name }) => name)).toEqual(['python']);
	});
});

describe('beside python', () => {
	test('its library and its own folder are found, site packages of a venv are not', () => {
		program('sys/py/bin/python3.11');
		const library = program('sys/py/lib/libpython3.11.so.1.0');
		program('sys/py/lib/python3.11/os.py');
		symlinkSync('../py/bin/python3.11', join(root, 'sys/bin/python3'));
		program('ws/.venv/bin/python3');
		program('ws/.venv/lib/python3.11/site-packages/x.py');
		expect(find().companions).toEqual([
			{ program: 'python', libraries: [library], trees: [join(root, 'sys/py/lib/python3.11')] },
		]);
	});
});

describe('a /tmp of its own', () => {
	const look = () =>
		discovery()
			.find(gates, confinement(), join(root, 'outside'))
			.files.map(({ path }) => path)
			.sort();

	test('is searched where it lies, and covered where it is shown', () => {
		const first = program('outside/x/python3');
		linkSync(first, join(root, 'outside/other'));
		expect(look()).toEqual(['/tmp/other', '/tmp/x/python3']);
	});

	test('links into it are followed there, and not in the host’s', () => {
		program('outside/own');
		symlinkSync('/tmp/own', join(ws, 'python3'));
		symlinkSync('/tmp/none', join(root, 'outside/pypy'));
		expect(look()).toEqual(['/tmp/own']);
	});
});

describe('what is refused', () => {
	test('a gated program below a name that can’t be given to bubblewrap', () => {
		const folder = Buffer.concat([Buffer.from(`${ws}/`), Buffer.from([0xff, 0xfe])]);
		mkdirSync(folder);
		expect(paths()).toEqual([]);
		mkdirSync(Buffer.concat([folder, Buffer.from('/bin')]));
		writeFileSync(Buffer.concat([folder, Buffer.from('/bin/python3')]), '');
		expect(() => find()).toThrow(/whose name is not UTF-8/);
	});

	test('a link in the place of a tree that stays executable; one that is missing is said', () => {
		mkdirSync(join(ws, 'node_modules'));
		symlinkSync(root, join(ws, 'link'));
		expect(() => find({ roExec: [join(ws, 'link')] })).toThrow(/is a link to/);
		expect(find({ roExec: [join(ws, 'node_modules'), join(ws, 'none')] }).missing).toEqual([join(ws, 'none')]);
	});

	test('a tree that has become a link, or is gone', () => {
		symlinkSync('ws', join(root, 'link'));
		expect(() => find({ read: [join(root, 'link')] })).toThrow(/is a link to/);
		expect(() => find({ read: [join(root, 'none')] })).toThrow(/does not exist/);
	});

	test('more files than can be covered', () => {
		for (let index = 0; index < 300; index += 1) program(`ws/${index}/python3`);
		expect(() => find()).toThrow(/300 files of gated programs are in view/);
	});
});

describe('seals', () => {
	const seals = (given: Partial<Confinement>) =>
		find(given).seals.map(({ at, state, hides }) => ({ at, state, hides }));

	test.each([
		['a file', '.mcp.json', 'file'],
		['a folder', '.vscode', 'folder'],
	] as const)('%s that is there', (_, name, state) => {
		if (state === 'file') writeFileSync(join(ws, name), '');
		else program(`ws/${name}/settings.json`);
		expect(seals({ guarded: [join(ws, name)] })).toEqual([{ at: join(ws, name), state, hides: false }]);
	});

	test('what is not there, by the first thing that is missing', () => {
		expect(seals({ guarded: [join(ws, '.git/hooks')] })).toEqual([
			{ at: join(ws, '.git'), state: 'absent', hides: false },
		]);
	});

	test('an empty folder counts as missing: it may be a placeholder', () => {
		mkdirSync(join(ws, '.git/hooks'), { recursive: true });
		writeFileSync(join(ws, '.git/HEAD'), '');
		expect(seals({ guarded: [join(ws, '.git/hooks')] })).toEqual([
			{ at: join(ws, '.git/hooks'), state: 'absent', hides: false },
		]);
	});

	test('an empty folder on the way does, too: what is below it would be made in what another takes away', () => {
		mkdirSync(join(ws, '.git'), { recursive: true });
		expect(seals({ guarded: [join(ws, '.git/hooks')] })).toEqual([
			{ at: join(ws, '.git'), state: 'absent', hides: false },
		]);
	});

	test('what lies below a file, by the file', () => {
		writeFileSync(join(ws, '.git'), 'gitdir: elsewhere\n');
		expect(seals({ guarded: [join(ws, '.git/hooks')] })).toEqual([
			{ at: join(ws, '.git'), state: 'file', hides: false },
		]);
	});

	test('what lies behind a link, by the link', () => {
		symlinkSync('elsewhere', join(ws, '.claude'));
		expect(seals({ concealed: [join(ws, '.claude/x')] })).toEqual([
			{ at: join(ws, '.claude'), state: 'link', hides: true },
		]);
	});

	test('nothing for what is out of view', () => {
		expect(seals({ guarded: [join(root, 'outside/x')], concealed: [join(root, 'outside')] })).toEqual([]);
	});

	test('a whole tree, when it or a folder above it is guarded', () => {
		expect(seals({ guarded: [ws] })).toEqual([{ at: ws, state: 'folder', hides: false }]);
		expect(seals({ guarded: [root] })).toEqual([{ at: ws, state: 'folder', hides: false }]);
	});
});
