// Whether the runtime ring can be tested on this machine; where it must be, it says so by throwing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';

/** Where set-up installs what is missing, and where the tests of others rely on it, nothing may be left out. */
export const mustTestRing =
	process.env['CI'] === 'true' || (process.getuid?.() === 0 && existsSync('/etc/debian_version'));

/**
 * Undefined when namespaces and bubblewrap work here; else why they don't, for the name of a test that is left out:
 * `test.runIf(ringTrouble() === undefined)`. Throws where the ring must be tested.
 */
export function ringTrouble(): string | undefined {
	return tell(firstTrouble('bwrap', ['--unshare-user', '--unshare-pid', '--ro-bind', '/', '/', 'true'], 'bubblewrap'));
}

/** Undefined where Landlock can hold a sandbox alone, in its sixth version. Nobody installs a newer Linux for a test. */
export function landlockTrouble(): string | undefined {
	const version = ['-e', 'exit(syscall(444, 0, 0, 1) >= 6 ? 0 : 1)'];
	return spawnSync('perl', version).status === 0 ? undefined : 'no Landlock, or an old one';
}

/** The same for the compiler of the programs of the ring. */
export function compilerTrouble(): string | undefined {
	return tell(firstTrouble('gcc', ['--version'], 'gcc'));
}

/** The same for building and running the programs of the other architecture. */
export function crossTrouble(): string | undefined {
	return tell(
		firstTrouble('aarch64-linux-gnu-gcc', ['--version'], 'gcc-aarch64-linux-gnu') ??
			firstTrouble('qemu-aarch64-static', ['--version'], 'qemu-user-static'),
	);
}

function firstTrouble(command: string, args: readonly string[], packageName: string): string | undefined {
	const done = spawnSync(command, args, { encoding: 'utf8' });
	if (done.status === 0) return undefined;
	const said = done.error === undefined ? done.stderr.trim() : `no ${command}`;
	return `${said}: install ${packageName} (apt-get install ${packageName})`;
}

function tell(trouble: string | undefined): string | undefined {
	if (trouble !== undefined && mustTestRing) throw new Error(`the runtime ring must be tested here: ${trouble}`);
	return trouble;
}
