// A laboratory: lines run in real bash, where every program is a stub that only notes how it was executed.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	linkSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What happened when a line ran. */
export interface LabRun {
	/** The exit status, or the signal that ended bash. */
	readonly status: number | string | null;
	/** It did not end in time; what ran until then is in `ran`. */
	readonly isLate: boolean;
	/** The stubs that were executed: name of the file, then the arguments. */
	readonly ran: readonly (readonly string[])[];
	/** The first part of what it printed. */
	readonly output: string;
}

export interface Lab {
	/** True when lines run in namespaces with a root of their own, so that not even an absolute path leads out. */
	readonly isIsolated: boolean;
	run(lines: readonly string[]): Promise<readonly LabRun[]>;
	close(): Promise<void>;
}

/** Names that are stubs in the lab. */
export const stubNames: readonly string[] =
	'foo bar baz qux prog python python2 python3 python3.11 python3.12 pip uv git npm node make producer c d'.split(' ');

/** The home directory of the lines, which does not exist. */
export const home = '/nowhere';

/** Real programs, which run what they are told. */
const realNames = 'env xargs nice nohup timeout cat find head tr sh bash dash stdbuf setsid printf test'.split(' ');
const isolatedNames = 'sed awk time taskset ionice chrt setarch flock watch script tee sort mkdir touch cp ln'.split(
	' ',
);

const kitSources = fileURLToPath(new URL('./bash-lab/', import.meta.url));
const slots = ['0', '1'];
const lineTimeoutMs = 2_500;

/** Opens a lab in a directory of its own. */
export function openLab(): Lab {
	const directory = mkdtempSync(join(tmpdir(), 'trapgate-lab-'));
	mkdirSync(join(directory, 'root'));
	const isIsolated = canIsolate(directory);
	const inside = isIsolated ? '/lab' : directory;
	for (const slot of slots) makeKit(join(directory, 'kit', slot), join(inside, 'kit', slot, 'log'), isIsolated);
	const child = isIsolated ? startIsolated(directory) : startHere(directory);
	return { isIsolated, ...conversation(child, directory) };
}

function makeKit(kit: string, log: string, isIsolated: boolean): void {
	const [bin, real] = [join(kit, 'bin'), join(kit, 'real')];
	mkdirSync(bin, { recursive: true });
	mkdirSync(real);
	const stub = join(kit, 'stub');
	const compiled = spawnSync('cc', ['-O1', `-DLOG="${log}"`, '-o', stub, join(kitSources, 'stub.c')]);
	if (compiled.status !== 0) {
		writeFileSync(stub, readFileSync(join(kitSources, 'stub.sh'), 'utf8').replace('@LOG@', log));
		chmodSync(stub, 0o755);
	}
	for (const name of stubNames) linkSync(stub, join(bin, name));
	for (const name of isIsolated ? [...realNames, ...isolatedNames] : realNames) {
		const file = ['/usr/bin', '/bin'].map((folder) => join(folder, name)).find((path) => existsSync(path));
		if (file !== undefined) symlinkSync(file, join(real, name));
	}
}

const namespaces = [
	'--user',
	'--map-root-user',
	'--mount',
	'--pid',
	'--fork',
	'--net',
	'--ipc',
	'--uts',
	'--kill-child',
];

function canIsolate(directory: string): boolean {
	const enter = ['/bin/bash', join(kitSources, 'enter.sh'), directory, '/bin/true', '/dev/null'];
	mkdirSync(join(directory, 'kit'));
	// `/bin/true` in the place of Node: it enters, and leaves at once.
	return spawnSync('unshare', [...namespaces, ...enter], { timeout: 20_000 }).status === 0;
}

function startIsolated(directory: string): ChildProcess {
	const runner = join(kitSources, 'runner.mjs');
	const enter = ['/bin/bash', join(kitSources, 'enter.sh'), directory, process.execPath, runner];
	return spawn('unshare', [...namespaces, ...enter], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, stdio: 'pipe' });
}

function startHere(directory: string): ChildProcess {
	return spawn(process.execPath, [join(kitSources, 'runner.mjs'), directory], {
		env: { PATH: '/usr/bin:/bin' },
		stdio: 'pipe',
	});
}

function conversation(child: ChildProcess, directory: string): Pick<Lab, 'run' | 'close'> {
	const open = new Map<number, { resolve: (run: LabRun) => void; reject: (error: Error) => void }>();
	let last = 0;
	let complaint = '';
	child.stderr?.on('data', (chunk: Buffer) => {
		complaint += chunk.toString('utf8');
	});
	const gone = new Promise<void>((resolve) => {
		child.on('close', () => {
			for (const { reject } of open.values()) reject(new Error(`the lab ended: ${complaint.slice(0, 500)}`));
			resolve();
		});
	});
	if (child.stdout) {
		createInterface({ input: child.stdout }).on('line', (line) => {
			const { id, ...run } = JSON.parse(line) as LabRun & { id: number };
			open.get(id)?.resolve(run);
			open.delete(id);
		});
	}
	const runOne = (line: string) =>
		new Promise<LabRun>((resolve, reject) => {
			const id = ++last;
			open.set(id, { resolve, reject });
			child.stdin?.write(`${JSON.stringify({ id, line, home, timeoutMs: lineTimeoutMs })}\n`);
		});
	return {
		run: (lines) => Promise.all(lines.map(runOne)),
		close: async () => {
			child.stdin?.end();
			await gone;
			rmSync(directory, { recursive: true, force: true });
		},
	};
}
