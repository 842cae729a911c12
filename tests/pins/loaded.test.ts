// What `trapgate run` reads before it knows what it needs: the parts of the built program that no configuration can do without.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../support/kernel-process.ts';

/** Everything these files import, and what that imports; nothing of what is loaded later. */
function loadedWith(files: readonly string[]): ReadonlySet<string> {
	const loaded = new Set<string>();
	const visit = (file: string) => {
		if (loaded.has(file)) return;
		loaded.add(file);
		for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b[^;]*?"(\.[^"]+)";$/gm))
			visit(join(dirname(file), path));
	};
	for (const file of files) visit(file);
	return loaded;
}

const textOf = (files: Iterable<string>) => [...files].map((file) => readFileSync(file, 'utf8')).join('\n');
const parts = join(dirname(main), '../parts');
const all = textOf(readdirSync(parts).map((name) => join(parts, name)));
const first = loadedWith([main]);
const [, run = ''] = /import\("\.\/(run\.js)"\)/.exec(textOf(first)) ?? [];
const needed = new Set([...first, ...loadedWith([join(parts, run)])]);

test('the program is in a few files, and the closure is all of `run`', () => {
	expect(needed.size).toBeGreaterThan(3);
	expect(needed.size).toBeLessThan(8);
	expect(textOf(needed)).toContain('async function bootWith(');
});

test('what no command can do without is little', () => {
	expect(first.size).toBeLessThan(needed.size);
	expect(textOf(first).length).toBeLessThan(100_000);
});

test('every character is one byte', () => {
	expect(all.length).toBeGreaterThan(1_000_000);
	expect(Buffer.byteLength(all)).toBe(all.length);
});

test.each([
	['the reader of commands', 'function gitGrammar('],
	['unbash', 'ProcessSubstitutionImpl = class'],
	['execa', 'subprocess.kill'],
	['the runtime ring', 'var Ring = class'],
	['the HTTP front', 'createServer('],
	['counting', 'class RateLimiterAbstract'],
	['the demo', '@modelcontextprotocol/sdk'],
	['pages about problems', 'problemPages ='],
	['regular expressions', 'programSize() {'],
	['the reader of conditions', 'registerFunctionOverload('],
])('%s comes only when it is asked for', (_, mark) => {
	expect(all).toContain(mark);
	expect(textOf(needed)).not.toContain(mark);
});

describe('what few policies need is there when one does', () => {
	let folder: string;
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), 'trapgate-loaded-'));
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	const check = (condition: string, pattern: string) => {
		const file = join(folder, 'trapgate.yaml');
		const rules = [
			`{ id: much, match: { tool: 'pay/*' }, when: { cel: '${condition}' }, then: deny, reason: r, instead: i,
    examples: [{ call: pay/send, args: { amount: 101 }, is: denied }] }`,
			`{ id: all-a, match: { tool: 'echo/*', args: { message: { matches: '${pattern}' } } }, then: deny, reason: r, instead: i,
    examples: [{ call: echo/send, args: { message: aaa }, is: denied }] }`,
		];
		writeFileSync(file, `version: 1\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`);
		const { status, stdout } = spawnSync(process.execPath, [main, 'check', '--config', file], { encoding: 'utf8' });
		return { status, stdout };
	};

	test('to judge with', () => {
		expect(check('args.amount > 100', '^a+$')).toMatchObject({
			status: 0,
			stdout: expect.stringContaining('2/2 hold alone'),
		});
	});

	test('to say what is wrong', () => {
		expect(check('args.amount > > 100', '^a+$').stdout).toContain('P502');
		expect(check('args.amount > 100', '^a(+$').stdout).toContain('P501');
	});
});
