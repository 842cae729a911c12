// The programs of the ring are what their source says, for both architectures.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { programs } from '../../src/sandbox/native/programs.ts';
import { compilerTrouble, crossTrouble } from '../support/ring.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const trouble = compilerTrouble() ?? crossTrouble();

function check(folder: string) {
	return spawnSync(process.execPath, [join(folder, 'scripts/native.mjs'), '--check'], { encoding: 'utf8' });
}

test.runIf(trouble === undefined)(`they are rebuilt, run and compared ${trouble ?? ''}`, () => {
	const done = check(root);
	expect(done.stderr).toBe('');
	expect(done.status).toBe(0);
	expect(done.stdout).not.toContain('skipped');
	for (const architecture of ['arm64', 'x64'])
		expect(done.stdout).toMatch(new RegExp(`^native: ${architecture}: (the same bytes|rebuilt, not compared)`, 'm'));
});

test('they are small static programs of their architecture', () => {
	for (const [name, bytes] of Object.entries(programs)) {
		for (const [architecture, machine] of [['arm64', 183] as const, ['x64', 62] as const]) {
			const file = Buffer.from(bytes[architecture], 'base64');
			expect(file.toString('latin1', 0, 4)).toBe('\x7fELF');
			expect(file.readUInt16LE(16), `${name}: an executable at a fixed address`).toBe(2);
			expect(file.readUInt16LE(18)).toBe(machine);
			expect(file.length).toBeLessThan(12_000);
			// No program interpreter: the loader and its variables have no part in it.
			const types = Array.from({ length: file.readUInt16LE(56) }, (_, index) =>
				file.readUInt32LE(Number(file.readBigUInt64LE(32)) + index * 56),
			);
			expect(types).toContain(1);
			expect(types).not.toContain(3);
		}
	}
});

describe('the check itself', () => {
	const folder = mkdtempSync(join(tmpdir(), 'trapgate-native-check-'));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	const native = join(folder, 'src/sandbox/native');
	const reset = () => {
		cpSync(join(root, 'src/sandbox/native'), native, { recursive: true });
		cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
	};

	test('finds C that has changed since, even where there is no compiler', () => {
		reset();
		writeFileSync(join(native, 'trap.c'), `${readFileSync(join(native, 'trap.c'), 'utf8')}\n`);
		const done = check(folder);
		expect(done.status).toBe(1);
		expect(done.stderr).toContain('the C files have changed');
	});

	test.runIf(trouble === undefined)('finds bytes that are not what the source says', () => {
		reset();
		copyFileSync(join(root, 'src/sandbox/native/programs.ts'), join(native, 'programs.ts'));
		const text = readFileSync(join(native, 'programs.ts'), 'utf8');
		const at = text.lastIndexOf("'") - 40;
		writeFileSync(
			join(native, 'programs.ts'),
			`${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`,
		);
		const done = check(folder);
		if (done.stdout.includes('x64: rebuilt, not compared')) return;
		expect(done.status).toBe(1);
		expect(done.stderr).toContain('trap is not what its source says');
	});
});
