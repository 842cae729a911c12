// Self-protection: nobody's arguments may name what governs the kernel, in any spelling.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Json } from '../../src/abi/json.ts';
import type { DriverName } from '../../src/abi/names.ts';
import { existsAt, resolvePath } from '../../src/kernel/paths.ts';
import { makeProtection } from '../../src/kernel/protect.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-protect-')));
const workspace = join(top, 'work');
mkdirSync(join(workspace, '.git/hooks'), { recursive: true });
mkdirSync(join(workspace, 'src'));
mkdirSync(join(top, 'state/audit'), { recursive: true });
writeFileSync(join(top, 'policy.yaml'), '');
symlinkSync(join(top, 'policy.yaml'), join(workspace, 'innocent.txt'));
symlinkSync(join(top, 'policy.yaml'), join(workspace, 'an innocent one'));
symlinkSync(top, join(workspace, 'up'));
mkdirSync(join(top, 'odd folder'));
symlinkSync(join(top, 'odd folder'), join(top, 'link'));
symlinkSync(join(workspace, 'trapgate.lock'), join(workspace, 'to-the-lock'));
mkdirSync(join(workspace, 'modules'));
symlinkSync(join(workspace, 'src'), join(workspace, 'modules/linked'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const governed = [
	...['policy.yaml', 'state', 'odd folder'].map((name) => join(top, name)),
	...['to-come', 'to come (later)'].map((name) => join(workspace, name)),
];
const protection = makeProtection({
	workspace,
	home: join(top, 'home'),
	governed: () => governed,
	resolvePath,
	exists: existsAt,
	elapsed: () => 0,
});
const check = (args: Record<string, Json>) =>
	protection.check({ kind: 'tool', driver: 'files' as DriverName, tool: 'write', args }, workspace);

describe('refused', () => {
	test.each<[string, Record<string, Json>]>([
		['the policy, absolute', { path: join(top, 'policy.yaml') }],
		['the policy, relative', { path: '../policy.yaml' }],
		['the policy behind a symlink', { path: 'innocent.txt' }],
		['the policy through a symlinked directory', { path: 'up/policy.yaml' }],
		['behind a link and up again, as the system takes it', { path: 'modules/linked/../trapgate.yaml' }],
		['below the state directory', { path: join(top, 'state/audit/x.jsonl') }],
		['the state directory itself', { directory: join(top, 'state') }],
		['a root file that does not exist yet', { path: 'trapgate.yaml' }],
		['a plain word that is not there yet', { path: 'to-come' }],
		['plain words that are not there yet', { path: 'to come (later)' }],
		['plain words that are a symlink', { path: 'an innocent one' }],
		['the lock through a dangling symlink', { path: 'to-the-lock' }],
		['client configuration', { path: '.claude/settings.json' }],
		['the configuration of OpenCode', { path: 'opencode.json' }],
		['the same, with comments', { path: './opencode.jsonc' }],
		['a plugin of OpenCode, which it executes', { path: '.opencode/plugin/new.js' }],
		['a hook', { path: './.git/hooks/pre-commit' }],
		['git configuration', { path: 'src/../.git/config' }],
		['home client configuration', { path: join(top, 'home/.claude.json') }],
		['in a list', { paths: ['a', 'b', '.mcp.json'] }],
		['deep', { edits: [{ file: { name: '.mcp.json' } }] }],
		['a file URL', { uri: `file://${top}/policy.yaml` }],
		['longer than any path, until its dots are gone', { path: `${top}/${'./'.repeat(3000)}policy.yaml` }],
		['over two lines, until its dots are gone', { path: `${workspace}/a\n/../trapgate.yaml` }],
		['relative, over two lines', { path: 'a\n/../.claude/settings.json' }],
		['a name with a line break, below', { path: join(workspace, '.claude/commands/a\nb.md') }],
		['with blanks around it', { path: ` ${top}/policy.yaml\n` }],
		['with more after a NUL', { path: `${top}/policy.yaml\0.txt` }],
		['by the name of the home', { path: '~root/.claude.json' }],
		['by a variable', { path: '$HOME/.codex/config.toml' }],
		['by another variable', { path: '${PWD}/trapgate.yaml' }],
		['by the working directory of whoever reads it', { path: '/proc/self/cwd/trapgate.yaml' }],
		['a file URL with an escaped slash', { uri: `file://${top}%2Fpolicy.yaml` }],
		['a file URL with a host', { uri: `file://host${top}/policy.yaml` }],
		['a URL of another scheme', { uri: `vscode-remote://host${top}/policy%2Eyaml?x#y` }],
		['as the name of a member', { files: { [join(top, 'policy.yaml')]: 'version: 1' } }],
		['as the name of a parameter', { 'trapgate.yaml': 'version: 1' }],
		['moving away the directory of the hooks', { source: '.git', destination: 'elsewhere' }],
		['moving away the directory of a client', { source: join(top, 'home/.config'), destination: 'elsewhere' }],
		['under a parameter nobody knows', { whatever: 'trapgate.yaml' }],
	])('%s', (_, args) => {
		expect(check(args)).toMatchObject({ verdict: 'denied', acted: true, because: [{ id: 'kernel/protected-files' }] });
	});

	test('as a resource', () => {
		const target = {
			kind: 'resource',
			driver: 'files' as DriverName,
			uri: `file://${top}/policy.yaml`,
			method: 'resources/read',
		} as const;
		expect(protection.check(target, workspace)?.verdict).toBe('denied');
	});

	test('plain words where everything is guarded, by the place or behind a link', () => {
		for (const place of ['odd folder', 'link']) {
			const target = { kind: 'tool', driver: 'files' as DriverName, tool: 'write', args: { path: 'new one' } } as const;
			expect(protection.check(target, join(top, place))?.verdict).toBe('denied');
		}
	});

	test('plain words that are a symlink, longer than a name on most file systems', () => {
		const long = 'word '.repeat(80).trim();
		const path = join(workspace, long);
		// As a file system in user space may have it.
		const onFuse = makeProtection({
			...{ workspace, home: join(top, 'home'), governed: () => governed, elapsed: () => 0 },
			resolvePath: (text, cwd) =>
				text === long ? { lexical: path, real: join(top, 'policy.yaml') } : resolvePath(text, cwd),
			exists: (name) => name === path || existsAt(name),
		});
		const target = { kind: 'tool', driver: 'files' as DriverName, tool: 'write', args: { path: long } } as const;
		expect(onFuse.check(target, workspace)?.verdict).toBe('denied');
	});

	test('more values than can be looked at', () => {
		expect(check({ many: Array.from({ length: 20_001 }, () => 'x') })?.verdict).toBe('denied');
	});
});

describe('not its business', () => {
	test.each<[string, Record<string, Json>]>([
		['an ordinary file', { path: 'src/a.ts' }],
		['the workspace', { path: workspace }],
		['text that names a policy', { text: 'edit\ntrapgate.yaml' }],
		['what else is beside the hooks', { path: '.git/HEAD' }],
		['what else is beside a client', { path: join(top, 'home/.config/git/ignore') }],
		['a directory around the workspace', { path: top }],
		['the home', { path: join(top, 'home') }],
		['a list of names to ignore', { text: '.vscode/\nnode_modules/\n' }],
		['code with comments', { text: '// one\n// two\nimport x from "../a.ts";\n' }],
		['a web address', { url: 'https://example.org/trapgate.yaml' }],
		['a name that only begins alike', { path: 'trapgate.yaml.md' }],
		['plain words, longer than any name', { text: 'word '.repeat(300).trim() }],
		['plain words, longer than any path', { text: 'word '.repeat(3000).trim() }],
		['numbers and flags', { n: 1, b: true, x: null }],
	])('%s', (_, args) => {
		expect(check(args)).toBeUndefined();
	});
});
