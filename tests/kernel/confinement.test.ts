// What a driver's processes may see and use: its own lists, less what each rule takes away; what governs the agent is out of reach.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sandboxFor } from '../../src/kernel/confinement.ts';
import { loadOptions } from '../../src/kernel/load-options.ts';
import { loadRevision } from '../../src/kernel/revision.ts';
import { stateDirectories } from '../../src/kernel/state.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-confine-')));
const work = join(folder, 'work');
for (const name of ['work/src', 'work/node_modules', 'out', 'data/a', 'home'])
	mkdirSync(join(folder, name), { recursive: true });
symlinkSync(join(folder, 'data'), join(work, 'link'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let searchPath: string | undefined;

function sandboxOf(driver: string, ...rules: readonly string[]) {
	const file = join(work, 'trapgate.yaml');
	writeFileSync(
		file,
		`version: 1\nworkspace: .\ndrivers:\n  one: ${driver}\nrules: [${rules
			.map((rule, index) => `{ id: r${index}, ${rule} }`)
			.join(', ')}]\n`,
	);
	const env = { HOME: join(folder, 'home'), DATA: join(folder, 'data'), PATH: searchPath };
	const directories = stateDirectories(env);
	const load = loadOptions({ file, cwd: work, env }, directories);
	const { revision, problems } = loadRevision(load);
	if (revision === undefined) throw new Error(JSON.stringify(problems));
	const [config] = revision.config.drivers;
	if (config === undefined) throw new Error('no driver');
	const { workspace, directory } = revision.config;
	return sandboxFor(config, { revision, load, directories }, { ...load, workspace, directory });
}

const shell = '{ builtin: shell }';
const server = '{ command: server }';
const rule = (terms: string, tool = 'one/*') => `match: { tool: "${tool}" }, then: { sandbox: { ${terms} } }`;

function treesOf(driver: string, ...rules: readonly string[]) {
	const { read = [], write = [] } = sandboxOf(driver, ...rules)?.confinement ?? {};
	const short = (paths: readonly string[]) => paths.map((path) => path.replace(`${folder}/`, ''));
	return [short(read), short(write)];
}

describe('the shell has a sandbox without being told', () => {
	test('that it may do without, sees the workspace, and leaves the network as it is', () => {
		const sandbox = sandboxOf(shell);
		expect(sandbox).toMatchObject({
			backend: 'bwrap',
			isDemanded: false,
			confinement: {
				read: [],
				write: [work],
				network: 'all',
				exec: 'open',
				roExec: [],
				limits: {
					processes: 256,
					memoryBytes: 4 * 1024 ** 3,
					fileBytes: 1024 ** 3,
					openFiles: 4096,
					tmpBytes: 512 * 1024 ** 2,
				},
			},
		});
		expect(sandbox?.confinement.limits.cpuSeconds).toBeUndefined();
	});

	test('that a rule demands, and that is absent where the file says so', () => {
		expect(sandboxOf(shell, rule('network: none'))).toMatchObject({
			isDemanded: true,
			confinement: { network: 'none' },
		});
		expect(sandboxOf('{ builtin: shell, sandbox: { exec: strict } }')?.isDemanded).toBe(true);
		expect(sandboxOf('{ builtin: shell, sandbox: { backend: none } }')).toBeUndefined();
		expect(sandboxOf('{ builtin: shell, sandbox: { backend: landlock } }')).toMatchObject({
			backend: 'landlock',
			isDemanded: true,
		});
	});
});

test('a server has one where it says so or a rule is about one of its tools, and a remote one never', () => {
	expect(sandboxOf(server)).toBeUndefined();
	expect(sandboxOf('{ command: server, sandbox: {} }')?.isDemanded).toBe(true);
	expect(sandboxOf(server, rule('network: none', 'one/write_*'))?.confinement.network).toBe('none');
	expect(sandboxOf(server, rule('network: none', 'other/*'))).toBeUndefined();
	expect(sandboxOf(server, 'match: { from: "o*" }, then: { sandbox: { network: none } }')).toBeDefined();
	expect(sandboxOf(server, 'match: { from: two }, then: { sandbox: { network: none } }')).toBeUndefined();
	expect(sandboxOf('{ url: "https://example.com/mcp" }', rule('network: none'))).toBeUndefined();
	// Whoever the rule is about, and in every mode: one process serves all.
	expect(
		sandboxOf(
			server,
			'match: { tool: "one/*" }, when: { agent: x }, mode: observe, then: { sandbox: { network: none } }',
		),
	).toBeDefined();
});

describe('folders', () => {
	const lists = (members: string) => `{ command: server, sandbox: { ${members} } }`;
	test.each([
		['nothing said', treesOf(lists('')), [[], ['work']]],
		['only read', treesOf(lists(`read: ["${folder}/data"]`)), [['data'], ['work']]],
		['only write', treesOf(lists(`write: ["${folder}/out"]`)), [['work'], ['out']]],
		[
			'variables and relative paths',
			treesOf(lists('read: ["${env:DATA}", ../out], write: [src]')),
			[['data', 'out'], ['work/src']],
		],
		['a link', treesOf(lists('read: [link]')), [['data'], ['work']]],
		['what every sandbox has', treesOf(lists('read: [/usr/lib, /lib], write: ["${tmp}", .]')), [[], ['work']]],
		['one in another', treesOf(lists(`read: ["${folder}/data", "${folder}/data/a"]`)), [['data'], ['work']]],
		[
			'a rule that reads less',
			treesOf(lists(`read: ["${folder}/data"]`), rule(`read: ["${folder}/data/a", src]`)),
			[['data/a'], ['work/src']],
		],
		[
			'a rule that writes less',
			treesOf(server, rule('write: ["${workspace}/src", "${tmp}"]')),
			[['work'], ['work/src']],
		],
		['a rule that writes nothing else', treesOf(server, rule(`write: ["${folder}/out"]`)), [['work'], ['out']]],
		[
			'a rule as wide as the file',
			treesOf(shell, rule('read: ["${workspace}", /usr, /lib], write: ["${workspace}", "${tmp}"]')),
			[[], ['work']],
		],
		['a rule can not widen', treesOf(lists('write: [src]'), rule('write: ["${workspace}"]')), [['work'], ['work/src']]],
		[
			'rules that share nothing',
			treesOf(server, rule('write: ["${workspace}/src"]'), rule(`write: ["${folder}/out"]`)),
			[['work'], []],
		],
	])('%s', (_, found, wanted) => {
		expect(found).toEqual(wanted);
	});

	test('`ro_exec` lies in what is written', () => {
		const { confinement } = sandboxOf(lists(`exec: strict, ro_exec: [node_modules, "${folder}/out"]`)) ?? {};
		expect(confinement).toMatchObject({ exec: 'strict', roExec: [join(work, 'node_modules')] });
	});

	test('a variable that is not set is an error', () => {
		expect(() => sandboxOf(lists('read: ["${env:NOWHERE}"]'))).toThrow('NOWHERE');
	});
});

describe('the network', () => {
	const networkOf = (own: string, ...rules: readonly string[]) =>
		sandboxOf(`{ command: server, sandbox: { network: ${own} } }`, ...rules.map((terms) => rule(`network: ${terms}`)))
			?.confinement.network;
	test.each([
		['all', [], 'all'],
		['none', ['[a.com]'], 'none'],
		['all', ['[a.com]', 'none'], 'none'],
		['all', ['[a.com, b.com]', '[b.com, c.com]'], { hosts: ['b.com'] }],
		['["*.a.com"]', ['[x.a.com, a.com]'], { hosts: ['x.a.com'] }],
		['["A.com"]', ['["a.com:443"]'], { hosts: ['a.com:443'] }],
		['["a.com:80"]', ['["a.com:443"]'], 'none'],
		['["*.a.com:443"]', ['["*.b.a.com"]'], 'none'],
		['["*.a.com"]', ['["*.b.a.com:443"]'], { hosts: ['*.b.a.com:443'] }],
		['["a.com"]', ['["b.com"]'], 'none'],
	])('%s less %j is %j', (own, rules, wanted) => {
		expect(networkOf(own, ...rules)).toEqual(wanted);
	});
});

test('what governs the agent is read-only, and log and state are out of sight', () => {
	const { guarded = [], concealed = [] } = sandboxOf(shell)?.confinement ?? {};
	expect(guarded).toEqual(expect.arrayContaining([join(work, 'trapgate.yaml'), join(work, 'trapgate.lock')]));
	const clients = ['.claude', '.cursor', '.codex', '.gemini', '.vscode', '.opencode', 'opencode.json', '.mcp.json'];
	for (const name of [...clients, '.git/hooks', '.git/config']) expect(guarded).toContain(join(work, name));
	expect(guarded).toContain('/etc/trapgate');
	expect(concealed).toEqual([
		join(folder, 'home/.local/state/trapgate'),
		join(folder, 'home/.local/state/trapgate/audit'),
	]);
	expect(guarded.some((path) => concealed.includes(path))).toBe(false);
});

describe('where nobody says what the shell may read', () => {
	const home = join(folder, 'home');
	const git = ['~/.config/git/ignore', '~/.gitconfig'];
	const make = (name: string) => mkdirSync(join(home, name), { recursive: true });
	const shownWith = (path: readonly string[], driver = shell, ...rules: readonly string[]) => {
		searchPath = path.map((name) => (name.startsWith('/') ? name : join(home, name))).join(':');
		try {
			return treesOf(driver, ...rules)[0]?.map((tree) => tree.replace('home/', '~/'));
		} finally {
			searchPath = undefined;
		}
	};
	beforeAll(() => {
		for (const name of ['.local/bin', '.local/lib', '.cargo/bin', '.nvm/v20/bin', '.nvm/v20/lib', '.nvm/v20/libexec'])
			make(name);
		for (const name of ['.ssh/bin', '.aws/bin', '.tool', 'bin', '.config/git', '.claude/local']) make(name);
		for (const name of [
			'.cargo/credentials.toml',
			'.gitconfig',
			'.config/git/ignore',
			'.config/git/credentials',
			'file',
		])
			writeFileSync(join(home, name), '');
		symlinkSync('.nvm/v20/bin', join(home, 'current'));
		mkdirSync(join(work, 'bin'), { recursive: true });
	});

	test('it is shown how git is set up, and nothing else of the home directory', () => {
		expect(shownWith(['/usr/bin', '/bin', 'file', 'absent'])).toEqual(git);
	});

	test('programs in the folders of PATH are, with what lies beside them, where a link leads', () => {
		const found = shownWith(['.local/bin', '.cargo/bin', 'current', 'bin', '/usr/local/bin', join(work, 'bin')]);
		expect(found).toEqual(
			[
				...git,
				...['~/.local/bin', '~/.local/lib', '~/.cargo/bin', '~/bin'],
				...['~/.nvm/v20/bin', '~/.nvm/v20/lib', '~/.nvm/v20/libexec'],
			].sort(),
		);
	});

	test.each([
		['', '.'],
		['.cargo', '.tool'],
		['.ssh', '.ssh/bin', '.aws/bin'],
		['.claude/local'],
		['/', '/home', '/root', '/etc', '/run', '/proc/self/cwd', '/tmp'],
		[folder, tmpdir()],
	])('what holds more than programs is not: %s', (...path) => {
		expect(shownWith(path)).toEqual(git);
	});

	test('the PATH is the one that the commands have', () => {
		expect(shownWith(['bin'], `{ builtin: shell, env: { PATH: "\${home}/.cargo/bin:/usr/bin" } }`)).toEqual(
			['~/.cargo/bin', ...git].sort(),
		);
	});

	test('where somebody says it, that is all', () => {
		expect(shownWith(['bin'], '{ builtin: shell, sandbox: { read: ["${workspace}"] } }')).toEqual([]);
		expect(shownWith(['bin'], shell, rule(`read: ${work}`))).toEqual([]);
		expect(shownWith(['bin'], '{ command: server, sandbox: { network: none } }')).toEqual([]);
	});

	test('who only says what may be written, or what may be reached, has them', () => {
		const all = [...git, '~/bin'];
		expect(shownWith(['bin'], '{ builtin: shell, sandbox: { write: ["${workspace}/src"] } }')?.sort()).toEqual(
			['work', ...all].sort(),
		);
		expect(shownWith(['bin'], shell, rule('network: none'))).toEqual(all);
	});
});
