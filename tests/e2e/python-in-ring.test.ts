// What people do with Python all day works in the ring, where each run of it becomes one of `uv run`, as it does without us.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFakePrograms } from '../support/fake-uv.ts';
import { connectThrough, makeSite } from '../support/kernel-process.ts';
import { mustTestRing, ringTrouble } from '../support/ring.ts';

const hasPython = existsSync('/usr/bin/python3');
if (!hasPython && mustTestRing) throw new Error('install python3: what runs through uv must be tested here');

const files: Readonly<Record<string, string>> = {
	'hello.py': 'import sys\nprint("hello", *sys.argv[1:])\nsys.exit(int(sys.argv[1]) if len(sys.argv) > 1 else 0)\n',
	'lines.py': 'import sys\nfor line in sys.stdin:\n    print("<" + line.strip() + ">", flush=True)\n',
	'wait.py': `import signal, sys, time
def stop(number, frame):
    print("got", signal.Signals(number).name, flush=True)
    sys.exit(5)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
open("ready", "w").close()
time.sleep(60)
`,
	'direct.py': '#!/usr/bin/python3\nimport sys\nprint("direct", sys.argv)\n',
	'env.py': '#!/usr/bin/env python3\nprint("by env")\n',
	Makefile:
		'all:\n\t@python3 hello.py\n\t@/usr/bin/python3 hello.py 3\njobs: one two\none two:\n\t+@python3 -c "print(1)"\n',
	'package.json': '{"name":"w","version":"1.0.0","scripts":{"test":"python3 hello.py 4"}}',
	'run.js': `const { execFileSync, spawnSync } = require('node:child_process');
process.stdout.write(execFileSync('python3', ['lines.py'], { input: 'a\\nb\\n' }));
console.log(spawnSync('python3', ['hello.py', '7'], { stdio: 'inherit' }).status);
`,
	'talk.js': `const child = require('node:child_process').spawn('python3', ['lines.py']);
child.stdout.on('data', (text) => { process.stdout.write(text); child.stdin.end(); });
child.stdin.write('one\\n');
child.on('close', (code) => console.log('closed', code));
`,
	'children.py': `import os, subprocess, sys
print(subprocess.run(["python3", "hello.py", "6"]).returncode, flush=True)
print(subprocess.run([sys.executable, "-c", "print('own')"]).returncode, flush=True)
os.execvp("python3", ["python3", "-c", "print('replaced')"])
`,
	'tools/pip': '#!/usr/bin/python3\nimport sys\nprint("pip", sys.argv[1:])\n',
	'tools/pip3': '#!/usr/bin/env python3\nimport sys\nprint("pip", sys.argv[1:])\n',
	'pip.mk': 'install list:\n\t@PATH="$(CURDIR)/tools:$$PATH" pip $@ $(if $(filter install,$@),x)\n',
	'pip.sh': './tools/pip3 install -q x\n',
	'pip.js': `require('node:child_process').spawnSync('/usr/bin/python3', ['-I', 'tools/pip', 'install', 'x'], { stdio: 'inherit' });\n`,
	'pool.py': `import multiprocessing
def double(number):
    return 2 * number
if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        print(pool.map(double, range(4)))
`,
};

const untilReady = 'until [ -e ready ]; do sleep 0.05; done';
const flows: readonly (readonly [string, string])[] = [
	['a script and its exit code', 'python3 hello.py 3; echo $?; /usr/bin/python3 hello.py'],
	['make', 'make -s; echo $?'],
	['make with a job server', 'make -s -j2 jobs'],
	['node, with input', 'node run.js'],
	['node, line by line', 'node talk.js'],
	['a first line', './direct.py a b; ./env.py'],
	['the interpreter of a virtual environment', '.venv/bin/python hello.py 2; echo $?'],
	['an activated virtual environment', '. .venv/bin/activate; python hello.py; python3 -c "print(1)"'],
	['a git hook', 'git commit -q --allow-empty -m x; echo $?; git log --oneline | wc -l'],
	['npm test', 'npm test --silent; echo $?'],
	['npm run with words', 'npm --silent run test -- x; echo $?'],
	['a loop over input', `printf 'a\\nb\\nc\\n' | while read -r l; do python3 hello.py 0 "$l"; done`],
	['a here-document', "python3 - <<'E'\nprint(6 * 7)\nE"],
	['a here-string', "python3 lines.py <<< 'x y'"],
	['a program from a pipe', "echo 'print(2)' | python3"],
	['a pipe of two', 'python3 hello.py 0 a | python3 lines.py'],
	[
		'a reader that leaves',
		'python3 -c \'for i in range(100000): print("x")\' 2>/dev/null | head -1; echo "${PIPESTATUS[1]}"',
	],
	['a time-out', 'timeout 1 python3 -c "import time; time.sleep(60)"; echo $?'],
	['an answer to TERM', `python3 wait.py & ${untilReady}; kill $!; wait $!; echo $?`],
	['an answer to INT', `set -m; python3 wait.py & ${untilReady}; kill -INT $!; wait $!; echo $?`],
	['a death by a signal', "python3 -c 'import os; os.kill(os.getpid(), 9)'; echo $?"],
	['jobs in the background', 'for i in 1 2 3 4; do python3 hello.py 0 $i > out$i & done; wait; cat out?'],
	[
		'a group of commands into one file',
		'(echo a; python3 hello.py; echo c) > out; cat out; python3 hello.py >> out; wc -l < out',
	],
	['its errors apart', "python3 -c 'import sys; print(1, file=sys.stderr); print(2)' 2> err; cat err"],
	['a terminal', `script -qec 'python3 -c "import sys; print(sys.stdin.isatty(), sys.stdout.isatty())"' /dev/null`],
	[
		'the size of a terminal',
		`script -qec 'stty cols 91 rows 33; python3 -c "import os; print(*os.get_terminal_size())"' /dev/null`,
	],
	[
		'Ctrl-C in a terminal',
		`(${untilReady}; printf '\\003'; for i in $(seq 200); do [ -e done ] && break; sleep 0.05; done) | script -qec 'trap : INT; python3 wait.py; echo "code $?"; touch done' /dev/null | tr -d '\\r' | grep -v '^$' | sed 's/\\^C//'`,
	],
	['children of its own', 'python3 children.py'],
	['a pool', 'python3 pool.py'],
	['a variable', 'GREETING=hi python3 -c \'import os; print(os.environ["GREETING"])\''],
	[
		'a folder and a umask',
		"mkdir -p sub; cd sub; umask 027; python3 -c 'import os; print(os.getcwd()[-4:], oct(os.umask(0)))'",
	],
	['exec', 'exec python3 hello.py 9'],
	['a substitution', 'echo "$(python3 hello.py 0 "$(python3 -c "print(5)")")"'],
	['a process substitution that it writes to', 'python3 hello.py > >(cat); wait $!'],
	['a file of descriptor 3', 'echo text > in; python3 -c "print(open(3).read().strip())" 3< in'],
	['find and xargs', 'find . -maxdepth 1 -name hello.py -exec python3 {} 0 +; echo 0 | xargs python3 hello.py'],
	['a module', 'echo "[1, 2]" | python3 -m json.tool --compact'],
	['text in other letters', "python3 -c 'import sys; print(sys.argv[1], len(sys.argv[1]))' 'grüß 日本'"],
	['coproc', 'coproc python3 lines.py; echo in >&"${COPROC[1]}"; read -r l <&"${COPROC[0]}"; echo "$l"'],
];

describe.runIf(hasPython && ringTrouble() === undefined)('a rewritten Python has', () => {
	const site = makeSite({});
	const outside = join(site.directory, 'outside');
	let client: Client;

	beforeAll(async () => {
		const programs = makeFakePrograms(site.directory, randomBytes(8).toString('hex'));
		for (const folder of [outside, site.workspace]) layOut(folder);
		site.env['PATH'] = `${programs.folders[0]}:/usr/bin:/bin`;
		site.configure({
			workspace: site.workspace,
			// Nothing else is shown: a `uv` below /tmp would be one that could have been written inside.
			drivers: { shell: { builtin: 'shell', sandbox: { read: [site.workspace], network: 'none' } } },
			policies: ['pack:python-uv'],
			rules: [{ id: 'shell', match: { tool: 'shell/run' }, then: 'allow', reason: 'It is what is tried.' }],
			audit: { directory: site.audit, detail: 'full' },
		});
		client = await connectThrough(site);
	});
	afterAll(async () => {
		await client?.close();
		site.remove();
	});

	test.each(flows)('%s', async (_, command) => {
		for (const folder of [outside, site.workspace])
			writeFileSync(join(folder, 'w/line'), `rm -f ready done; ${command}`);
		const env = { PATH: '/usr/bin:/bin', HOME: outside, LANG: 'C.UTF-8' };
		const bash = ['--noprofile', '--norc', '-c', '. ./line'];
		const expected = spawnSync('/bin/bash', bash, {
			cwd: join(outside, 'w'),
			env,
			input: '',
			encoding: 'utf8',
			timeout: 30_000,
		});
		const before = site.records().length;
		const call = { name: 'shell__run', arguments: { command: '. ./line', cwd: 'w', timeoutMs: 30_000 } };
		const reply = await client.callTool(call, undefined, { timeout: 100_000 });
		expect(reply.structuredContent, JSON.stringify(reply.content)).toMatchObject({
			stdout: expected.stdout,
			exitCode: expected.status,
		});
		// It did become a run of uv.
		const nested = site
			.records()
			.slice(before)
			.filter((record) => record['parent'] !== undefined);
		expect(nested.map((record) => record['decision'])).toContain('rewritten');
	});

	test('no descriptor above 15, so that it reads no process substitution', async () => {
		const call = { name: 'shell__run', arguments: { command: "python3 <(echo 'print(8)')", cwd: 'w' } };
		const { structuredContent } = await client.callTool(call);
		expect(structuredContent).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('/dev/fd/63') });
	});

	test.each([
		['a Makefile', 'make -s -f pip.mk'],
		['a script that calls its file', 'sh pip.sh'],
		['a program', 'node pip.js'],
	])('no packages that pip installs for %s', async (_, command) => {
		const before = site.records().length;
		const { structuredContent } = await client.callTool({ name: 'shell__run', arguments: { command, cwd: 'w' } });
		expect(structuredContent).toMatchObject({
			stdout: '',
			stderr: expect.stringMatching(/^Blocked.*Rule: {4}no-pip-install\n.*Instead: uv add/is),
		});
		const nested = site.records().slice(before);
		expect(nested.filter(({ parent }) => parent !== undefined)).toMatchObject([
			{ event: 'decided', decision: 'denied', final: true, rules: expect.arrayContaining(['no-pip-install']) },
		]);
	});

	test('a pip that lists them', async () => {
		const call = { name: 'shell__run', arguments: { command: 'make -s -f pip.mk list', cwd: 'w' } };
		expect((await client.callTool(call)).structuredContent).toMatchObject({ stdout: "pip ['list']\n", exitCode: 0 });
	});

	function layOut(folder: string): void {
		const at = join(folder, 'w');
		mkdirSync(at, { recursive: true });
		for (const [name, text] of Object.entries(files)) {
			mkdirSync(dirname(join(at, name)), { recursive: true });
			writeFileSync(join(at, name), text);
			if (text.startsWith('#!')) chmodSync(join(at, name), 0o755);
		}
		const bash = `/usr/bin/python3 -m venv --without-pip .venv && git init -q . && git config user.name a && git config user.email a@b &&
			printf '#!/bin/sh\\npython3 hello.py >&2\\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit`;
		const done = spawnSync('/bin/bash', ['--norc', '-c', bash], { cwd: at, encoding: 'utf8' });
		if (done.status !== 0) throw new Error(done.stderr);
	}
});
