// Ways to run a gated program that the ring has to know of: each is tried, and none may run it.
import { copyFileSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ringTrouble } from '../support/ring.ts';
import { approved, Lab, refused } from './support/launching.ts';

/** What only a real perl prints. */
const proof = 'PWNED 42';
const code = `'print "PWN","ED ",6*7,"\\n"'`;

interface Attack {
	readonly name: string;
	readonly command: string;
	/** Closed before anything is executed, so that there is nothing to ask about. */
	readonly isSilent?: true;
}

const attacks: readonly Attack[] = [
	{ name: 'an absolute path', command: `/usr/bin/perl -e ${code}` },
	{ name: 'an empty environment', command: `env -i perl -e ${code}; env -i /usr/bin/perl -e ${code}` },
	{ name: 'another name for itself', command: `(exec -a ls /usr/bin/perl -e ${code}); command -p perl -e ${code}` },
	{
		name: 'other spellings of the path',
		command: `for at in //usr//bin/./perl /usr/bin/../bin/perl /proc/self/root/usr/bin/perl /bin/perl; do $at -e ${code}; done; cd /usr/bin; ./perl -e ${code}`,
	},
	{
		name: 'a symbolic link',
		command: `ln -s /usr/bin/perl tool; ./tool -e ${code}; ln -s /usr/bin d; d/perl -e ${code}`,
	},
	{ name: 'a hard link', command: `ln /usr/bin/perl hard; ./hard -e ${code}`, isSilent: true },
	{
		name: 'copies, which are copies of the trap',
		command: `cp /usr/bin/perl a; dd if=/usr/bin/perl of=b status=none; cat /usr/bin/perl > c; tar -C /usr/bin -cf - perl | tar -xf -; chmod +x a b c
			for at in a b c perl; do ./$at -e ${code}; done`,
	},
	{
		name: 'the loader',
		command: `for at in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do test -x $at && $at /usr/bin/perl -e ${code}; done; true`,
	},
	{
		name: 'its second name',
		command: `/usr/bin/perl5.*.* -e ${code}; for at in /usr/bin/perl5*; do $at -e ${code}; done; for at in /usr/bin/perl5*; do cp $at own; ./own -e ${code}; done`,
	},
	{
		name: 'make',
		command: `printf 'all:\\n\\t@/usr/bin/perl x.pl\\n' > Makefile; echo ${code.replaceAll("'", '')} > x.pl; make`,
	},
	{
		name: 'node',
		command: `node -e 'const c=require("child_process");for(const s of [false,true])try{console.log(String(c.execSync("/usr/bin/perl x.pl",{shell:s?"/bin/bash":undefined})))}catch{}'`,
	},
	{
		name: 'programs that start others',
		command: `echo | xargs /usr/bin/perl x.pl; find x.pl -exec /usr/bin/perl {} ';'; awk 'BEGIN{system("/usr/bin/perl x.pl")}'
			git -c alias.x='!/usr/bin/perl x.pl' x; tar -cf /dev/null --checkpoint=1 --checkpoint-action=exec='/usr/bin/perl x.pl' x.pl; timeout 5 nice setsid -w perl x.pl`,
	},
	{
		name: 'the first line of a script',
		command: `for at in /usr/bin/perl '/usr/bin/env perl'; do printf '#!%s\\nprint "PWN","ED ",6*7,"\\\\n"\\n' "$at" > s; chmod +x s; ./s; done`,
	},
	{
		name: 'namespaces and mounts',
		command: `umount /usr/bin/perl; unshare -Urm umount -l /usr/bin/perl; unshare -Ur true && echo PWNED 42; mount --bind /usr /tmp; chroot / true && echo PWNED 42
			nsenter -t 1 -m true && echo PWNED 42; mkdir o u w; mount -t overlay -o lowerdir=/usr/bin,upperdir=u,workdir=w o o; o/perl -e ${code}`,
		isSilent: true,
	},
	{
		name: 'the root of others',
		command: `/proc/1/root/usr/bin/perl -e ${code}; ls /proc/*/root/usr/bin/perl; true`,
		isSilent: true,
	},
	{
		name: 'another user',
		command: `sudo -n perl -e ${code}; su -c perl; pkexec perl; newgrp root < /dev/null; test "$(id -u)" = "$UID"`,
		isSilent: true,
	},
	{
		name: 'devices',
		command: 'ls /dev/vda /dev/sda /dev/nvme0n1 /dev/mem; cat /proc/kcore | head -c 1 | wc -c',
		isSilent: true,
	},
	{ name: 'closed descriptors', command: `perl -e ${code} <&- >&- 2>&-; test $? = 126` },
	{
		name: 'taking the trap away',
		command: `rm -f /usr/bin/perl /gate/runner /run/gate/trap.sock; mv /usr/bin/perl /usr/bin/p; : > /usr/bin/perl; mount -o remount,rw /; touch /run/gate/x && echo PWNED 42; perl -e ${code}`,
	},
	{
		name: 'a stub in the PATH',
		command: `PATH=/usr/bin:/bin; hash -r; perl -e ${code}; cp /gate/bin/absent own; ./own; rm -f /gate/bin/absent && echo PWNED 42; absent`,
	},
];

describe.runIf(ringTrouble() === undefined)('a gated program is not run by', () => {
	let lab: Lab;
	beforeAll(() => {
		lab = new Lab();
		writeFileSync(join(lab.workspace, 'x.pl'), 'print "PWN","ED ",6*7,"\\n"\n');
	});
	afterAll(() => lab.close());

	test('nothing: outside, the proof is given', async () => {
		const none = { gatedAs: () => undefined, names: [], revision: 'none' };
		expect((await lab.run(`perl -e ${code}`, { gates: none })).stdout).toContain(proof);
	});

	test.each(attacks)('$name', async ({ command, isSilent }) => {
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
});
