// The ring's own directory, and what it takes away of kernels that were killed.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Ring } from '../../src/sandbox/ring.ts';
import { ringTrouble } from '../support/ring.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let tmp: string;
beforeEach(() => {
	tmp = realpathSync(mkdtempSync(join(tmpdir(), 'ring-home-')));
});
afterEach(() => rmSync(tmp, { recursive: true, force: true }));

const open = () => new Ring({ tmp, searchPath: '/usr/bin:/bin', warn: () => undefined });

test('it is nobody else’s, and gone when the ring is closed', () => {
	const ring = open();
	expect(statSync(ring.directory).mode & 0o777).toBe(0o700);
	const first = ring.newDirectory();
	expect(ring.newDirectory()).not.toBe(first);
	expect(() => ring.bwrap).toThrow('no bubblewrap was found');
	ring.close();
	expect(readdirSync(tmp)).toEqual([]);
});

test('what a killed kernel left is taken away, with the placeholders that it wrote down, and nothing of one that lives', async () => {
	const workspace = join(tmp, 'workspace');
	const [empty, used] = [join(workspace, '.vscode'), join(workspace, '.git')];
	for (const folder of [empty, used]) mkdirSync(folder, { recursive: true });
	writeFileSync(join(used, 'config'), '');
	const [dead, broken] = [join(tmp, 'trapgate-ring-1-abcdef'), join(tmp, 'trapgate-ring-1-ghijkl')];
	for (const folder of [dead, broken]) mkdirSync(folder);
	writeFileSync(join(dead, 'placeholders.json'), JSON.stringify({ held: [], made: [empty, used, 7] }));
	writeFileSync(join(broken, 'placeholders.json'), '{"made":["/');
	symlinkSync(workspace, join(tmp, 'trapgate-ring-1-linked'));
	const living = open();
	const other = open();
	await other.sweep();
	const left = readdirSync(tmp).filter((name) => name.startsWith('trapgate-ring-'));
	expect(left.sort()).toEqual(['trapgate-ring-1-linked', basename(living.directory), basename(other.directory)].sort());
	expect([existsSync(empty), existsSync(used)]).toEqual([false, true]);
	other.close();
	living.close();
});

test('what it holds on the host is written down while it is there', async () => {
	const ring = open();
	const path = join(tmp, 'held');
	const note = () => JSON.parse(readFileSync(join(ring.directory, 'placeholders.json'), 'utf8'));
	const letGo = await ring.holdPlaceholders([path]);
	mkdirSync(path);
	expect(note()).toEqual({ held: [path], made: [path], removing: [] });
	await letGo();
	expect(existsSync(path)).toBe(false);
	expect(note()).toEqual({ held: [], made: [], removing: [] });
	ring.close();
});

/** Speaks of a ring of its own, in a namespace of processes of its own. */
const elsewhere = `
	const { Ring } = await import(process.argv[1]);
	const [, , tmp, path] = process.argv;
	const ring = new Ring({ tmp, searchPath: '/usr/bin:/bin', warn: () => undefined });
	const fs = await import('node:fs');
	let letGo;
	const acts = {
		sweep: () => ring.sweep(),
		hold: async () => { letGo = await ring.holdPlaceholders([path]); fs.mkdirSync(path, { recursive: true }); },
		letGo: () => letGo(),
	};
	console.log(ring.directory);
	for await (const line of (await import('node:readline')).createInterface({ input: process.stdin })) {
		await acts[line]();
		console.log('done');
	}
`;

describe.runIf(ringTrouble() === undefined)('kernels that do not see each other’s processes', () => {
	async function start() {
		const namespace = ['--dev-bind', '/', '/', '--proc', '/proc', '--unshare-pid', '--die-with-parent', '--'];
		// Its number is one that nothing has in the namespace of another.
		const late = ['/bin/sh', '-c', 'for i in 1 2 3 4 5 6 7 8; do /bin/true; done; "$@"; :', 'sh'];
		const argv = [
			process.execPath,
			'--input-type=module',
			'-e',
			elsewhere,
			join(tmp, 'built/ring.js'),
			tmp,
			join(tmp, 'workspace/.git'),
		];
		const child = spawn('bwrap', [...namespace, ...late, ...argv], { stdio: ['pipe', 'pipe', 'inherit'] });
		const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
		const say = async () => String((await lines.next()).value);
		return {
			directory: await say(),
			act(word: string) {
				child.stdin.write(`${word}\n`);
				return say();
			},
			async kill() {
				const gone = once(child, 'close');
				child.kill('SIGKILL');
				await gone;
			},
		};
	}

	test('leave each other’s folders, take away those of one that was killed, and remove no placeholder that another needs', {
		timeout: 60_000,
	}, async () => {
		const code = `import { bundle } from './scripts/bundle.mjs'; await bundle({ ring: 'src/sandbox/ring.ts' }, process.argv[1]);`;
		execFileSync(process.execPath, ['--input-type=module', '-e', code, join(tmp, 'built')], { cwd: root });
		const [first, second] = [await start(), await start()];
		const placeholder = join(tmp, 'workspace/.git');
		await second.act('sweep');
		expect(existsSync(first.directory)).toBe(true);
		await first.act('hold');
		await second.act('hold');
		await first.act('letGo');
		expect(existsSync(placeholder)).toBe(true);
		await first.act('hold');
		await second.kill();
		await first.act('sweep');
		expect([existsSync(second.directory), existsSync(placeholder)]).toEqual([false, true]);
		await first.act('letGo');
		expect([existsSync(first.directory), existsSync(placeholder)]).toEqual([true, false]);
		await first.kill();
	});
});
