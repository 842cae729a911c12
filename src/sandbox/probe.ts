// Whether the runtime ring can hold on this machine, found out by trying.
import { spawn } from 'node:child_process';
import { closeSync, lstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import type { Confinement } from '../abi/sandbox.ts';
import { bwrapArguments } from './bwrap.ts';
import { type Natives, planView, type SessionFolders } from './profile.ts';
import { diagnose, installHint, type Surroundings } from './symptoms.ts';
import type { SystemLayout } from './system.ts';

/** What a version of bubblewrap can do; see {@link bwrapArguments}. */
export interface Features {
	readonly disableUserns: boolean;
	readonly size: boolean;
}

export type Probe =
	| { readonly state: 'holds'; readonly bwrap: string; readonly version: string; readonly features: Features }
	| {
			/** It holds, with a layer less. */
			readonly state: 'degraded';
			readonly bwrap: string;
			readonly version: string;
			readonly features: Features;
			readonly symptom: string;
			readonly hint: string;
	  }
	| {
			readonly state: 'absent';
			readonly bwrap: string | undefined;
			readonly version: string | undefined;
			/** In plain words. */
			readonly symptom: string;
			/** What bubblewrap said itself. */
			readonly said?: string;
			/** What to do, with commands, lines apart. */
			readonly hint: string;
	  };

export interface Ran {
	/** Undefined when it was ended by a signal, or by us because it took too long. */
	readonly code: number | undefined;
	readonly stdout: string;
	readonly stderr: string;
}

export type Place = { readonly path: string } | { readonly distrust: string };

/** The part of the machine that a probe looks at. */
export interface Machine {
	readonly platform: string;
	/** Where bubblewrap may be. Never a PATH: what the agent can write must not choose what confines it. */
	readonly places: readonly string[];
	readonly around: Surroundings;
	/** The realpath of a file, if nobody but root can have put it there; else why not. */
	trust(path: string): Place | undefined;
	/** With the file `seccomp` as descriptor 4, if it is given. */
	run(file: string, args: readonly string[], seccomp?: string): Promise<Ran>;
}

export interface ProbeRequest {
	readonly system: SystemLayout;
	readonly natives: Natives;
	readonly session: Pick<SessionFolders, 'gate'>;
	/** The file with the filter for system calls. */
	readonly seccomp?: string;
}

/** Finds bubblewrap, and starts it with the real profile. Never throws for what is wrong with the machine. */
export async function probe(request: ProbeRequest, machine: Machine = thisMachine()): Promise<Probe> {
	const absent = (symptom: string, hint: string, more: { bwrap?: string; version?: string; said?: string } = {}) =>
		({ state: 'absent', bwrap: undefined, version: undefined, symptom, hint, ...more }) satisfies Probe;
	if (machine.platform !== 'linux')
		return absent(
			`the runtime ring needs Linux; this is ${machine.platform}`,
			'Run Trapgate in a Linux machine or container, or rely on the call ring alone.',
		);
	const place = findBwrap(machine);
	if (place === undefined) return absent('bubblewrap is not installed', installHint);
	if ('distrust' in place)
		return absent(place.distrust, 'Give the file and the folders above it to root, and let no one else write to them.');
	const bwrap = place.path;
	const asked = await machine.run(bwrap, ['--version']);
	const version = /^bubblewrap (\d+\.\d+(?:\.\d+)*)/.exec(asked.stdout)?.[1];
	if (version === undefined) return absent(`\`${bwrap}\` does not say which bubblewrap it is`, installHint, { bwrap });
	const features = featuresOf(version);
	if (features === undefined) return absent(`bubblewrap ${version} is too old`, installHint, { bwrap, version });
	const ran = await tryBase(bwrap, features, request, machine);
	if (ran.code !== 0) {
		const said = ran.stderr.trim();
		const { symptom, hint } = diagnose(said, machine.around);
		return absent(symptom, hint, { bwrap, version, said });
	}
	if (features.disableUserns && features.size) return { state: 'holds', bwrap, version, features };
	return {
		state: 'degraded',
		bwrap,
		version,
		features,
		symptom: `bubblewrap ${version} can’t ${[
			...(features.disableUserns ? [] : ['forbid further namespaces (the filter for system calls does)']),
			...(features.size ? [] : ['limit folders in memory']),
		].join(', nor ')}`,
		hint: installHint,
	};
}

/** Undefined for one that lacks what we can't do without. */
export function featuresOf(version: string): Features | undefined {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	const is = (least: number) => major > 0 || minor >= least;
	return is(6) ? { disableUserns: is(8), size: is(7) } : undefined;
}

function findBwrap(machine: Machine): Place | undefined {
	let distrusted: { readonly distrust: string } | undefined;
	for (const path of machine.places) {
		const place = machine.trust(path);
		if (place === undefined) continue;
		if ('path' in place) return place;
		distrusted ??= place;
	}
	return distrusted;
}

function tryBase(bwrap: string, features: Features, request: ProbeRequest, machine: Machine): Promise<Ran> {
	const { system, natives, session, seccomp } = request;
	const view = planView({
		confinement: nothing,
		found: { files: [], stubs: [], companions: [], shared: [], seals: [], homeTrees: [] },
		lifted: new Set(),
		session,
		natives,
		system,
	});
	const options = { ...features, seccompFd: seccomp === undefined ? undefined : 4 };
	return machine.run(bwrap, [...bwrapArguments(view, options), '--', '/bin/sh', '-c', ':'], seccomp);
}

/** What may be tried anywhere: nothing of the host can be changed. */
export const nothing: Confinement = {
	read: [],
	write: [],
	network: 'none',
	exec: 'open',
	roExec: [],
	limits: { processes: 64, memoryBytes: 1 << 30, fileBytes: 1 << 20, openFiles: 256, tmpBytes: 1 << 20 },
	guarded: [],
	concealed: [],
};

const longestMs = 10_000;

export function thisMachine(): Machine {
	return {
		platform: process.platform,
		places: ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap', '/run/current-system/sw/bin/bwrap'],
		around: surroundings(),
		trust,
		run,
	};
}

function trust(path: string): Place | undefined {
	let real: string;
	try {
		real = realpathSync(path);
	} catch {
		return undefined;
	}
	if (!statSync(real).isFile()) return undefined;
	for (let at = real; ; at = dirname(at)) {
		const { uid, mode } = lstatSync(at);
		if (uid !== 0 || (mode & 0o022) !== 0)
			return { distrust: `\`${real}\` is not used, because \`${at}\` can be changed by others than root` };
		if (at === '/') break;
	}
	// With the bit it refuses half of our options.
	if ((statSync(real).mode & 0o4000) !== 0)
		return { distrust: `\`${real}\` has the setuid bit (sudo chmod u-s ${real} takes it away)` };
	return { path: real };
}

function run(file: string, args: readonly string[], seccomp?: string): Promise<Ran> {
	const descriptor = seccomp === undefined ? undefined : openSync(seccomp, 'r');
	return new Promise((resolve) => {
		const child = spawn(file, args, {
			cwd: '/',
			env: {},
			stdio: ['ignore', 'pipe', 'pipe', 'ignore', descriptor ?? 'ignore'],
			timeout: longestMs,
			killSignal: 'SIGKILL',
		});
		const said = { stdout: '', stderr: '' };
		child.stdout?.on('data', (chunk: Buffer) => (said.stdout += chunk.toString('utf8', 0, 4096)));
		child.stderr?.on('data', (chunk: Buffer) => (said.stderr += chunk.toString('utf8', 0, 4096)));
		child.once('error', (error) => resolve({ code: undefined, stdout: '', stderr: error.message }));
		child.once('close', (code) => resolve({ code: code ?? undefined, ...said }));
		if (descriptor !== undefined) closeSync(descriptor);
	});
}

function surroundings(): Surroundings {
	return {
		container: containerName(),
		apparmorRestricts: setting('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1',
		cloneIsOff: setting('/proc/sys/kernel/unprivileged_userns_clone') === '0',
		maxIsZero: setting('/proc/sys/user/max_user_namespaces') === '0',
	};
}

function containerName(): string | undefined {
	if (setting('/.dockerenv') !== undefined) return 'Docker container';
	if (setting('/run/.containerenv') !== undefined) return 'Podman container';
	return /kubepods/.test(setting('/proc/1/cgroup') ?? '') ? 'Kubernetes pod' : undefined;
}

/** The text of a small file; undefined when there is none. */
function setting(path: string): string | undefined {
	try {
		return readFileSync(path, 'utf8').trim();
	} catch {
		// Most kernels do not have most of these.
		return undefined;
	}
}
