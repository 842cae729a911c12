// The built program as people start it: exit codes, pipes that close, signals, and errors nobody foresaw.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { main } from '../support/kernel-process.ts';
import { makePlace, type Place } from './support.ts';

let place: Place;
beforeEach(() => {
	place = makePlace();
});
afterEach(() => place.remove());

function run(argv: readonly string[], input = '') {
	const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], {
		cwd: place.directory,
		env: place.env,
		input,
		encoding: 'utf8',
		maxBuffer: 64 * 1024 * 1024,
	});
	return { status, stdout, stderr };
}

test('the program can be started by its name', () => {
	expect(readFileSync(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
	expect(statSync(main).mode & 0o111).not.toBe(0);
	const { version } = JSON.parse(readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8'));
	expect(run(['--version'])).toEqual({ status: 0, stdout: `trapgate ${version}\n`, stderr: '' });
});

test('exit codes reach the shell', () => {
	expect(run(['chek']).status).toBe(2);
	expect(run(['check']).status).toBe(3);
	place.write('trapgate.yaml', 'version: 1\nrules:\n  - { id: a, match: { tool: x/y }, then: deny }\n');
	expect(run(['check']).status).toBe(1);
	place.write('trapgate.yaml', 'version: 1\ndrivers:\n  a: { command: no-such-program }\n');
	expect(run(['doctor']).status).toBe(4);
	expect(run(['audit', 'verify']).status).toBe(5);
	place.write('trapgate.yaml', 'version: 1\nworkspace: .\n');
	expect(run(['trust']).status).toBe(6);
	expect(run(['explain', 'ls']).status).toBe(0);
});

test('many answers go through a pipe whole', () => {
	place.write('trapgate.yaml', 'version: 1\ndefaults: { tool: allow }\n');
	const text = 'x'.repeat(200);
	const lines = Array.from({ length: 5_000 }, (_, id) => `{"id":${id},"call":"a/b","args":{"text":"${text}"}}`);
	const { status, stdout } = run(['explain', '--batch', '-'], lines.join('\n'));
	const answers = stdout.trimEnd().split('\n');
	expect(status).toBe(0);
	expect(answers).toHaveLength(lines.length);
	expect(JSON.parse(answers.at(-1) ?? '')).toMatchObject({ id: 4_999, verdict: 'allowed' });
});

test('a reader that goes away ends it without a word', async () => {
	place.write('trapgate.yaml', 'version: 1\ndefaults: { tool: allow }\n');
	const child = spawn(process.execPath, [main, 'explain', '--batch', '-'], { cwd: place.directory, env: place.env });
	let stderr = '';
	child.stderr.on('data', (chunk) => {
		stderr += chunk;
	});
	child.stdin.on('error', () => undefined);
	child.stdout.once('data', () => child.stdout.destroy());
	const feed = setInterval(() => child.stdin.write(`${'{"run":"ls"}\n'.repeat(500)}`), 5);
	const [code, signal] = await once(child, 'exit');
	clearInterval(feed);
	expect({ code, signal, stderr }).toEqual({ code: 4, signal: null, stderr: '' });
});

test('a signal ends a command that would go on', async () => {
	const child = spawn(process.execPath, [main, 'audit', 'tail', '--follow'], {
		cwd: place.directory,
		env: place.env,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const exited = once(child, 'exit');
	// It may come at any moment: before our handler stands, the signal itself ends the process.
	await once(child, 'spawn');
	child.kill('SIGTERM');
	const [code, signal] = await exited;
	expect([
		[0, null],
		[null, 'SIGTERM'],
	]).toContainEqual([code, signal]);
});

test('an error nobody foresaw is one message, and a stack trace only for those who ask', () => {
	const preload = place.write(
		'broken.cjs',
		`require('node:os').tmpdir = () => { throw new Error('the disk melted'); };
		require('node:module').syncBuiltinESMExports();`,
	);
	const broken = (env: Record<string, string>) =>
		spawnSync(process.execPath, ['--require', preload, main, 'check', 'x.yaml'], {
			cwd: place.directory,
			env: { ...place.env, ...env },
			encoding: 'utf8',
		});
	const { status, stdout, stderr } = broken({});
	expect(status).toBe(4);
	expect(stdout).toBe('');
	expect(stderr).toContain('error[C104]: unexpected: the disk melted\n');
	expect(stderr).toContain('TRAPGATE_DEBUG=1');
	expect(stderr).not.toContain('    at ');
	expect(broken({ TRAPGATE_DEBUG: '1' }).stderr).toContain('    at ');
});

test('explain answers while its input is still open', async () => {
	place.write('trapgate.yaml', 'version: 1\ndefaults: { tool: allow }\n');
	const child = spawn(process.execPath, [main, 'explain', '--batch', '-'], { cwd: place.directory, env: place.env });
	const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	for (const id of [1, 2, 3]) {
		child.stdin.write(`{"id":${id},"call":"a/b"}\n`);
		const { value } = await answers.next();
		expect(JSON.parse(value)).toMatchObject({ id, verdict: 'allowed' });
	}
	child.stdin.end();
	await once(child, 'exit');
	expect(child.exitCode).toBe(0);
});
