// Ways to run a gated program that the ring has to know of: each is tried, and none may run it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compilerTrouble, ringTrouble } from '../support/ring.ts';
import { attacks, becomeNobody, code, proof, sources } from './support/attacks.ts';
import { approved, Lab, refused } from './support/launching.ts';

const isRoot = process.getuid?.() === 0;

describe.runIf(ringTrouble() === undefined).each(isRoot ? ['root', 'an ordinary user'] : ['an ordinary user'])(
	'as %s, a gated program is not run by',
	(who) => {
		let lab: Lab;
		beforeAll(() => {
			if (isRoot && who !== 'root') becomeNobody();
			lab = new Lab();
			for (const [name, text] of Object.entries(sources)) writeFileSync(join(lab.workspace, name), text);
			writeFileSync(join(lab.workspace, 'x.pl'), 'print "PWN","ED ",6*7,"\\n"\n');
		});
		afterAll(() => lab.close());

		test('nothing: outside, the proof is given', async () => {
			const none = { gatedAs: () => undefined, names: [], revision: 'none' };
			expect((await lab.run(`perl -e ${code}`, { gates: none })).stdout).toContain(proof);
		});

		test.runIf(compilerTrouble() === undefined)(
			'nothing: the programs that try can be built inside, and outside they succeed',
			async () => {
				const built = await lab.run('for at in l m p k; do gcc -w -o $at $at.c -ldl && test -x $at && echo $at; done');
				expect(built.stdout, built.stderr).toBe('l\nm\np\nk\n');
				for (const at of ['m', 'p', 'k'])
					expect(spawnSync(join(lab.workspace, at), { encoding: 'utf8' }).stdout, at).toContain(proof);
			},
		);

		test.each(attacks)('$name ($number)', async ({ command, isSilent }) => {
			const { stdout, requests } = await lab.run(command, { answer: () => refused });
			expect(stdout).not.toContain(proof);
			if (isSilent !== true) expect(requests.length).toBeGreaterThan(0);
			for (const { argv } of requests) expect(argv.length).toBeGreaterThan(0);
		});

		test('a copy that came between two commands, in the workspace, /tmp or node_modules, by any name', async () => {
			const folders = [
				lab.workspace,
				lab.tmp,
				join(lab.workspace, 'node_modules/.bin'),
				join(lab.workspace, '.venv/bin'),
			];
			const run = () =>
				lab.run(
					`for at in . /tmp node_modules/.bin .venv/bin; do for name in perl5.99 notes link alias; do $at/$name -e ${code}; done; done 2>/dev/null`,
					{ answer: () => refused },
				);
			expect((await run()).requests).toEqual([]);
			for (const folder of folders) {
				mkdirSync(folder, { recursive: true });
				copyFileSync('/usr/bin/perl', join(folder, 'perl5.99'));
				copyFileSync('/usr/bin/perl', join(folder, 'notes'));
				linkSync(join(folder, 'perl5.99'), join(folder, 'alias'));
				symlinkSync('perl5.99', join(folder, 'link'));
			}
			const { stdout, requests } = await run();
			expect(stdout).not.toContain(proof);
			expect(requests).toHaveLength(4 * folders.length);
		});

		test('a link that one command leaves in /tmp where the next one’s workspace is mounted', async () => {
			const folder = join(lab.workspace, 'deep/er');
			mkdirSync(folder, { recursive: true });
			const confinement = { write: [folder] };
			const [top = ''] = folder.split('/').slice(2);
			const move = `cd /; mv /tmp/${top} /tmp/other && ln -s /oldroot/tmp /tmp/${top} && echo MOVED; mv ${folder} /tmp/x && echo MOVED; echo end`;
			expect((await lab.run(move, { confinement, cwd: folder })).stdout).toBe('end\n');
			rmSync(join(lab.tmp, top), { recursive: true });
			symlinkSync('/oldroot/tmp', join(lab.tmp, top));
			await expect(lab.run('true', { confinement, cwd: folder })).rejects.toThrow(/put something else in the place/);
			rmSync(join(lab.tmp, top));
		});

		test('an approved one, through /proc (42)', async () => {
			const wait = 'print "up\\n"; close STDOUT; <STDIN>';
			const { stdout } = await lab.run(
				`mkfifo end; (perl -e '${wait}' < end | (read up; echo $up; for at in /proc/[0-9]*; do readlink $at/exe; test -r $at/root/usr/bin/perl && cmp -s $at/root/usr/bin/perl /usr/bin/perl || echo OTHER $at; done | grep -E 'perl|gate/runner' ; echo > end)) 3<> end; rm end`,
			);
			expect(stdout.split('\n').filter((line) => !line.startsWith('OTHER'))).toEqual(['up', '/usr/bin/perl', '']);
		});

		test('a program that was approved and left a copy behind', async () => {
			const leave = `/usr/bin/perl -e 'for my $to ("/tmp/perl5.1", "/tmp/left", "left") { system("cp", "/usr/bin/perl", $to) }'`;
			await lab.run(leave, { answer: approved });
			expect(readFileSync(join(lab.tmp, 'left')).equals(readFileSync('/usr/bin/perl'))).toBe(true);
			const { stdout, requests } = await lab.run(`for at in /tmp/perl5.1 /tmp/left ./left; do $at -e ${code}; done`, {
				answer: () => refused,
			});
			expect(stdout).not.toContain(proof);
			expect(requests).toHaveLength(3);
		});
	},
);
