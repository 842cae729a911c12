// Runs lines in real bash, one after the other in each slot, and says which stubs they executed. Reads and writes JSON lines.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';

const lab = process.argv[2];
const waiting = [];
const idle = readdirSync(join(lab, 'kit')).map((slot) => makeSlot(slot));
let isEnded = false;
let busy = 0;

for await (const line of createInterface({ input: process.stdin })) {
	waiting.push(JSON.parse(line));
	next();
}
isEnded = true;
next();

function makeSlot(name) {
	const kit = join(lab, 'kit', name);
	const top = join(lab, 'work', name);
	// Lines start a few directories down, so that `..` stays inside.
	const work = join(top, 'a/b/c');
	mkdirSync(work, { recursive: true });
	return { kit, top, work, log: join(kit, 'log') };
}

function next() {
	while (idle.length > 0 && waiting.length > 0) {
		const slot = idle.pop();
		busy++;
		run(slot, waiting.shift()).then((result) => {
			process.stdout.write(`${JSON.stringify(result)}\n`);
			busy--;
			idle.push(slot);
			next();
		});
	}
	if (isEnded && busy === 0 && waiting.length === 0) process.exit(0);
}

function run(slot, { id, line, home, timeoutMs }) {
	return new Promise((resolve) => {
		const limits = 'ulimit -t 5 -v 2000000 -f 4000 2>/dev/null; exec "$@"';
		const child = spawn(
			'/bin/sh',
			['-c', limits, 'sh', '/bin/bash', '--noprofile', '--norc', '-c', line],
			// The last pipe is written by nobody: it closes when the last process of the line is gone.
			{
				cwd: slot.work,
				detached: true,
				env: { PATH: `${slot.kit}/bin:${slot.kit}/real`, HOME: home, FUNCNEST: '12', LC_ALL: 'C.UTF-8' },
				stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
			},
		);
		let output = '';
		let isLate = false;
		let status;
		const take = (chunk) => {
			if (output.length < 4096) output += chunk.toString('utf8').slice(0, 4096);
		};
		child.stdout.on('data', take);
		child.stderr.on('data', take);
		child.stdio[3].on('error', () => {});
		child.stdio[3].resume();
		const timer = setTimeout(() => {
			isLate = true;
			end(child.pid);
			grace = setTimeout(settle, 300);
		}, timeoutMs);
		let grace;
		child.on('error', () => settle());
		child.on('exit', (code, signal) => {
			status = code ?? signal;
		});
		child.on('close', () => settle());
		let isSettled = false;
		function settle() {
			if (isSettled) return;
			isSettled = true;
			clearTimeout(timer);
			clearTimeout(grace);
			const ran = takeLog(slot.log);
			if (readdirSync(slot.work).length > 0 || readdirSync(join(slot.top, 'a/b')).length > 1) clear(slot);
			resolve({ id, status: status ?? null, isLate, ran, output });
		}
	});
}

function end(pid) {
	try {
		process.kill(-pid, 'SIGKILL');
	} catch {
		// It ended by itself.
	}
}

/** The records of the stubs: how many words, then the words, each ended by a NUL. */
function takeLog(log) {
	let text;
	try {
		text = readFileSync(log, 'utf8');
	} catch {
		return [];
	}
	rmSync(log, { force: true });
	const fields = text.split('\0');
	const ran = [];
	for (let at = 0; at < fields.length - 1; ) {
		const count = Number(fields[at]);
		if (!Number.isInteger(count) || count < 1) break;
		ran.push(fields.slice(at + 1, at + 1 + count));
		at += 1 + count;
	}
	return ran;
}

function clear(slot) {
	try {
		rmSync(slot.top, { recursive: true, force: true });
	} catch {
		// A process that is still ending writes there; the next line finds what it left.
	}
	mkdirSync(slot.work, { recursive: true });
}
