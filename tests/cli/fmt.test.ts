// `trapgate fmt`: what would change, what is changed, and that no file is ever half of anything.
import { spawnSync } from 'node:child_process';
import {
	chmodSync,
	closeSync,
	lstatSync,
	openSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	statfsSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { replaceFile } from '../../src/cli/replace-file.ts';
import { TrustStore } from '../../src/kernel/trust.ts';
import { makePlace, type Place } from './support.ts';

const loose = `version: 1
name: team
rules:
- {id: allow-files,  match: {tool: "files/*"}, then: allow} # all of them
`;
const tidy = `version: 1
name: team
rules:
  - { id: allow-files, match: { tool: "files/*" }, then: allow } # all of them
`;
const root = 'version: 1\npolicies: [./team.yaml, pack:git-safety]\n';

let place: Place;
beforeEach(() => {
	place = makePlace({ 'trapgate.yaml': root, 'team.yaml': loose });
});
afterEach(() => place.remove());

const read = (name: string) => readFileSync(join(place.directory, name), 'utf8');

test('without flags it shows what would change, of the root file and what it names, and changes nothing', async () => {
	const { code, stdout, stderr } = await place.run(['fmt']);
	expect(stdout).toBe(`--- team.yaml
+++ team.yaml
@@ -1,4 +1,4 @@
 version: 1
 name: team
 rules:
-- {id: allow-files,  match: {tool: "files/*"}, then: allow} # all of them
+  - { id: allow-files, match: { tool: "files/*" }, then: allow } # all of them
2 files: 1 would change: trapgate fmt --write
`);
	expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
	expect(read('team.yaml')).toBe(loose);
});

test('--write changes it, and then there is nothing to change', async () => {
	const { code, stdout } = await place.run(['fmt', '--write']);
	expect({ code, stdout }).toEqual({ code: 0, stdout: 'formatted  team.yaml\n2 files: formatted\n' });
	expect(read('team.yaml')).toBe(tidy);
	expect((await place.run(['fmt', '--check'])).code).toBe(0);
});

test('--check names what differs, and fails', async () => {
	const { code, stdout } = await place.run(['fmt', '--check', 'team.yaml', 'trapgate.yaml', './team.yaml']);
	expect(code).toBe(1);
	expect(stdout).toBe('differs  team.yaml\n2 files: 1 would change: trapgate fmt --write\n');
	expect(read('team.yaml')).toBe(loose);
});

test('a file that is no YAML keeps every byte and shows its problem; the others are formatted all the same', async () => {
	const broken = 'version: 1\n\trules: [\n';
	place.write('broken.yaml', broken);
	const { code, stdout, stderr } = await place.run(['fmt', '--write', 'broken.yaml', 'team.yaml', 'missing.yaml']);
	expect(code).toBe(3);
	expect(stderr).toContain(' --> broken.yaml:2:1\n');
	expect(stderr).toContain("`missing.yaml` can't be read: there is no such file");
	expect(stdout).toBe('formatted  team.yaml\n3 files: formatted, 2 left alone\n');
	expect(read('broken.yaml')).toBe(broken);
	expect(read('team.yaml')).toBe(tidy);
});

test('a policy with other mistakes is formatted: they are easier to see then', async () => {
	place.write('team.yaml', 'version: 1\nrules: [{then: block, id: a}]\n');
	expect((await place.run(['fmt', '--write'])).code).toBe(0);
	expect(read('team.yaml')).toBe('version: 1\nrules: [{ id: a, then: block }]\n');
});

test('stdin to stdout, for editors', async () => {
	const { code, stdout, stderr } = await place.run(['fmt', '-'], { stdin: loose });
	expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: tidy, stderr: '' });
	const refused = await place.run(['fmt', '-'], { stdin: 'a: [' });
	expect(refused).toMatchObject({ code: 3, stdout: '' });
	expect(refused.stderr).toContain('error[P002]');
	expect((await place.run(['fmt', '-', '--check'], { stdin: loose })).code).toBe(1);
});

test.each([[['--write', '--check']], [['-', 'a.yaml']], [['-', '--write']]])('usage: %j', async (words) => {
	expect((await place.run(['fmt', ...words])).code).toBe(2);
});

test('for machines', async () => {
	place.write('broken.yaml', 'a: [\n');
	const { code, document } = await place.run(['fmt', 'team.yaml', 'trapgate.yaml', 'broken.yaml', '--format', 'json']);
	expect(code).toBe(3);
	expect(document()).toMatchObject({
		command: 'fmt',
		files: [
			{ file: 'team.yaml', formatted: false, written: false },
			{ file: 'trapgate.yaml', formatted: true, written: false },
			{ file: 'broken.yaml', formatted: null, written: false },
		],
		problems: [{ code: 'P002', where: { file: 'broken.yaml' } }],
	});
});

test('trust is in bytes: who has trusted the policy hears that it must be trusted again', async () => {
	place.write('trapgate.yaml', `${root}workspace: .\n`);
	const store = new TrustStore(join(place.env['XDG_STATE_HOME'] ?? '', 'trapgate'));
	store.accept(join(place.directory, 'trapgate.yaml'), 'sha256:before', new Date(0));
	expect((await place.run(['fmt', '--check'])).stderr).toBe('');
	const { stderr } = await place.run(['fmt', '--write']);
	expect(stderr).toBe('the policy that was trusted has other bytes now: run trapgate trust again\n');
	expect((await place.run(['fmt', '--write'])).stderr).toBe('');
});

describe('replacing a file', () => {
	test('keeps its mode, and a link stays a link', async () => {
		chmodSync(join(place.directory, 'team.yaml'), 0o640);
		symlinkSync('team.yaml', join(place.directory, 'link.yaml'));
		expect((await place.run(['fmt', '--write', 'link.yaml'])).code).toBe(0);
		expect(lstatSync(join(place.directory, 'link.yaml')).isSymbolicLink()).toBe(true);
		expect(readlinkSync(join(place.directory, 'link.yaml'))).toBe('team.yaml');
		expect(read('team.yaml')).toBe(tidy);
		expect(statSync(join(place.directory, 'team.yaml')).mode & 0o7777).toBe(0o640);
		expect(readdirSync(place.directory).sort()).toEqual(['link.yaml', 'team.yaml', 'trapgate.yaml']);
	});

	test('never writes into it: who has it open goes on reading what was there', () => {
		const path = join(place.directory, 'team.yaml');
		const open = openSync(path, 'r');
		replaceFile(path, Buffer.from(loose), tidy);
		expect(readFileSync(open, 'utf8')).toBe(loose);
		closeSync(open);
		expect(readFileSync(path, 'utf8')).toBe(tidy);
	});

	test('gives way to who changed it meanwhile', () => {
		const path = place.write('team.yaml', 'theirs: 1\n');
		expect(() => replaceFile(path, Buffer.from(loose), tidy)).toThrow('somebody else changed it meanwhile');
		expect(read('team.yaml')).toBe('theirs: 1\n');
		expect(readdirSync(place.directory)).toHaveLength(2);
	});

	test('a full disk leaves it as it was, and nothing beside it', async (context) => {
		const disk = join(place.directory, '..', 'disk');
		spawnSync('mkdir', [disk]);
		const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'trapgate-test', disk], { encoding: 'utf8' });
		if (mount.status !== 0) return context.skip(`no tmpfs can be mounted here: ${mount.stderr}`);
		try {
			const path = join(disk, 'team.yaml');
			writeFileSync(path, loose);
			const { bavail, bsize } = statfsSync(disk);
			writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize));
			const { code, stderr } = await place.run(['fmt', '--write', path]);
			expect(code).toBe(4);
			expect(stderr).toContain('error[C105]');
			expect(stderr).toContain('ENOSPC');
			expect(readFileSync(path, 'utf8')).toBe(loose);
			expect(readdirSync(disk).sort()).toEqual(['ballast', 'team.yaml']);
		} finally {
			spawnSync('umount', ['-l', disk]);
		}
	});
});
