// The runtime ring of one kernel: bubblewrap, our own programs on disk, and a private directory for every sandbox.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { companions } from './companions.ts';
import { Discovery } from './discover.ts';
import { Entries, readEtc } from './entries.ts';
import { type NativeProgram, programs } from './native/programs.ts';
import { Placeholders } from './placeholders.ts';
import type { Features } from './probe.ts';
import { type Alone, type SeccompArchitecture, seccompProgram } from './seccomp.ts';
import { Session } from './session.ts';
import { readSystem, type SystemLayout } from './system.ts';

export interface RingOptions {
	/** Where the ring keeps its sockets and programs; a path that is short, since sockets have at most 107 bytes. */
	readonly tmp: string;
	/** Where programs are looked for, as in the environment. */
	readonly searchPath: string;
	/** One line for the log. */
	readonly warn: (text: string) => void;
}

/** The path of a socket has at most 107 bytes (unix(7)): this, `/trapgate-ring-PID-RANDOM`, `/NUMBER` and `/egress.sock`. */
const longestTmpBytes = 107 - 29 - 8 - 12;
const natives = ['trap', 'runner', 'bridge', 'shim'] as const satisfies readonly NativeProgram[];

export class Ring {
	/** Nothing can be started before it is known. */
	#bwrap: { readonly path: string; readonly features: Features } | undefined;
	readonly natives: Readonly<Record<(typeof natives)[number], string>>;
	/** The file with the seccomp program. */
	readonly seccomp: string;
	readonly system: SystemLayout;
	readonly discovery: Discovery;
	/** For rules that name what lies in a folder. */
	readonly entries = new Entries(() => Date.now());
	/** What of the system's `/etc` may be read where there are no mounts. */
	readonly #etc: { value?: ReturnType<typeof readEtc> } = {};
	readonly #session: Session;
	readonly #placeholders: Placeholders;
	readonly warn: (text: string) => void;
	/** Nothing inside of a sandbox may see it but its own part. */
	readonly directory: string;
	readonly #architecture: SeccompArchitecture;
	#sandboxes = 0;

	/** Throws TrapgateError D108 on a machine that the ring has no programs for, or where it can't keep its files. */
	constructor({ tmp, searchPath, warn }: RingOptions) {
		const { arch } = process;
		if (arch !== 'x64' && arch !== 'arm64')
			throw new TrapgateError('D108', `the runtime ring has no programs for ${arch}`, {
				help: 'It holds on x64 and arm64; elsewhere rely on the call ring alone.',
			});
		this.warn = warn;
		this.#architecture = arch;
		this.#session = openSession(tmp);
		this.directory = this.#session.directory;
		this.#placeholders = new Placeholders({
			others: async () => (await this.#session.others()).filter(({ isAlive }) => isAlive).map(({ note }) => note),
			say: (note) => this.#session.writeNote(note),
			warn,
		});
		try {
			const paths = natives.map((name) => {
				const path = join(this.directory, name);
				writeFileSync(path, Buffer.from(programs[name][arch], 'base64'), { mode: 0o555 });
				return [name, path] as const;
			});
			this.natives = Object.fromEntries(paths) as Ring['natives'];
			this.seccomp = join(this.directory, 'seccomp');
			writeFileSync(this.seccomp, seccompProgram(arch), { mode: 0o400 });
			this.system = readSystem(join(this.directory, 'etc'));
			this.discovery = new Discovery({ path: searchPath.split(':'), system: this.system, now: () => Date.now() });
		} catch (error) {
			this.close();
			throw error;
		}
	}

	/** Takes the bubblewrap that a probe has found. */
	use(path: string, features: Features): void {
		this.#bwrap = { path, features };
	}

	/** Throws D108 while no probe has found one. */
	get bwrap(): { readonly path: string; readonly features: Features } {
		if (this.#bwrap === undefined) throw new TrapgateError('D108', 'no bubblewrap was found to work here');
		return this.#bwrap;
	}

	get etc(): ReturnType<typeof readEtc> {
		this.#etc.value ??= readEtc(this.system.etc);
		return this.#etc.value;
	}

	/** The filter for where there are no namespaces. */
	filterAlone(network: Alone['network']): Buffer {
		return seccompProgram(this.#architecture, { network });
	}

	/**
	 * Processes that count against the limit of a sandbox, and are none of it. A user namespace counts its own; elsewhere all of the
	 * account count, and that is no more than there are at all.
	 */
	othersCounted(backend: 'bwrap' | 'landlock'): number {
		if (backend === 'bwrap') return 0;
		const [, all] = /^(?:\S+ ){3}\d+\/(\d+) /.exec(readFileSync('/proc/loadavg', 'latin1')) ?? [];
		return Number(all ?? 0);
	}

	/** The bytes of the trap. */
	get trap(): Uint8Array {
		return readFileSync(this.natives.trap);
	}

	/** Before a launch, what stands on the host for its sake: written down, so that it goes even if this kernel is killed. */
	async holdPlaceholders(paths: readonly string[]): Promise<() => Promise<void>> {
		return paths.length === 0 ? async () => undefined : this.#placeholders.hold(paths);
	}

	/** An empty directory that nobody else can read. */
	newDirectory(): string {
		const path = join(this.directory, String(++this.#sandboxes));
		mkdirSync(path, { mode: 0o700 });
		return path;
	}

	/** A directory with a folder for each program that keeps a cache where it does not trap. */
	newCaches(): string {
		const path = this.newDirectory();
		for (const { program, lifted } of companions) if (lifted?.cache) mkdirSync(join(path, program), { mode: 0o700 });
		return path;
	}

	/** Never throws: what can't be taken away now is swept away by the next kernel. */
	dropDirectory(path: string): void {
		try {
			rmSync(path, { recursive: true, force: true });
		} catch (error) {
			this.warn(`\`${path}\` could not be removed: ${errorText(error)}`);
		}
	}

	/** Takes away what kernels left that were killed. Never rejects. */
	async sweep(): Promise<void> {
		try {
			const left = (await this.#session.others()).filter(({ isAlive }) => !isAlive);
			for (const { directory, note } of left) {
				await this.#placeholders.sweep(note?.made ?? []);
				this.dropDirectory(directory);
			}
		} catch (error) {
			this.warn(`what other kernels left could not be looked for: ${errorText(error)}`);
		}
	}

	/** Never throws. Sandboxes are ended before. */
	close(): void {
		try {
			this.#session.close();
		} catch (error) {
			this.warn(`\`${this.directory}\` could not be removed: ${errorText(error)}`);
		}
	}
}

function openSession(tmp: string): Session {
	// A longer path would be cut off without a word, and the socket be another file than the one that is shown inside.
	if (Buffer.byteLength(tmp) > longestTmpBytes)
		throw new TrapgateError('D108', `the path of the folder for temporary files is too long for sockets: \`${tmp}\``, {
			help: `Set TMPDIR to a folder whose path has at most ${longestTmpBytes} bytes, such as /tmp.`,
		});
	try {
		return new Session(tmp);
	} catch (cause) {
		throw new TrapgateError('D108', `temporary files can’t be written to \`${tmp}\`: ${errorText(cause)}`, {
			cause,
			help: 'Make the folder writable, or set TMPDIR to one that is.',
		});
	}
}
