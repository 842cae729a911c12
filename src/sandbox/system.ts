// What the host's own directories look like, as far as a view shows them.
import {
	copyFileSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readlinkSync,
	realpathSync,
	statSync,
	symlinkSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

export interface SystemLayout {
	/** Top-level links such as `/bin` → `usr/bin`. */
	readonly links: readonly { readonly path: string; readonly target: string }[];
	/** Top-level folders of programs and libraries that are no links. Always has `/usr`. */
	readonly trees: readonly string[];
	/** A host folder, shown read-only as `/etc`. */
	readonly etc: string;
	/** The user's home, shown as an empty folder in memory. A realpath. */
	readonly home: string;
	readonly uid: number;
	readonly gid: number;
}

/** What programs need of `/etc`. Anything else is not there: no shadow, no ssh, no keys, no service's configuration. */
const shown: readonly string[] = [
	...[
		'passwd',
		'group',
		'nsswitch.conf',
		'hosts',
		'resolv.conf',
		'host.conf',
		'gai.conf',
		'protocols',
		'services',
		'networks',
		'netconfig',
	],
	...['localtime', 'timezone', 'locale.alias', 'locale.conf', 'os-release', 'debian_version', 'alpine-release'],
	...['ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'ld-musl-x86_64.path', 'ld-musl-aarch64.path', 'alternatives'],
	...[
		'ca-certificates',
		'ca-certificates.conf',
		'ssl/certs',
		'ssl/cert.pem',
		'ssl/openssl.cnf',
		'pki/tls/certs',
		'pki/ca-trust',
	],
	...[
		'crypto-policies',
		'gitconfig',
		'inputrc',
		'terminfo',
		'mime.types',
		'magic',
		'magic.mime',
		'shells',
		'login.defs',
	],
	...['bash.bashrc', 'bashrc', 'profile', 'DIR_COLORS', 'perl', 'fonts', 'manpath.config', 'groff', 'vim'],
	// Not its settings.xml, which may have passwords in it.
	...['maven/m2.conf', 'maven/logging'],
];

const largestFileBytes = 4 * 1024 * 1024;
const mostEntries = 5_000;

/**
 * Reads the layout, and copies what a view shows of `/etc` to the new folder `etc`: one mount instead of thirty, and a
 * file that the host's administrator keeps from others can't be among them.
 */
export function readSystem(etc: string, from: { readonly root?: string } = {}): SystemLayout {
	const root = from.root ?? '/';
	const links: { path: string; target: string }[] = [];
	const trees = ['/usr'];
	for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']) {
		const found = lstatSync(join(root, name), { throwIfNoEntry: false });
		if (found?.isSymbolicLink()) links.push({ path: `/${name}`, target: readlinkSync(join(root, name)) });
		else if (found?.isDirectory()) trees.push(`/${name}`);
	}
	mkdirSync(etc, { mode: 0o755 });
	const left = { entries: mostEntries };
	const java = entriesOf(join(root, 'etc')).filter((name) => /^java(-\d+-openjdk)?$/.test(name));
	for (const name of [...shown, ...java]) {
		if (name.includes('/')) mkdirSync(join(etc, name, '..'), { recursive: true, mode: 0o755 });
		copy(join(root, 'etc', name), join(etc, name), left);
	}
	const { uid, gid, homedir } = userInfo();
	return { links, trees, etc, home: resolved(homedir), uid, gid };
}

function resolved(path: string): string {
	try {
		return realpathSync(path);
	} catch {
		// A user without a home has nothing there to hide.
		return path;
	}
}

function copy(from: string, to: string, left: { entries: number }): void {
	const found = lstatSync(from, { throwIfNoEntry: false });
	if (found === undefined || left.entries <= 0) return;
	left.entries -= 1;
	if (found.isSymbolicLink()) {
		const target = readlinkSync(from);
		// Links to the system's files stay links; others (`../run/…`) point out of the view, so that what they name is copied.
		if (
			/^(\/|(\.\.\/)+)usr\//.test(target) ||
			(!target.startsWith('/') && !target.startsWith('..')) ||
			target.startsWith('/etc/')
		) {
			symlinkSync(target, to);
			return;
		}
		const file = statSync(from, { throwIfNoEntry: false });
		if (file?.isFile()) copyFile(from, to, file);
		return;
	}
	if (found.isFile()) {
		copyFile(from, to, found);
		return;
	}
	if (!found.isDirectory() || (found.mode & 0o005) !== 0o005) return;
	mkdirSync(to, { recursive: true, mode: 0o755 });
	for (const name of entriesOf(from)) copy(join(from, name), join(to, name), left);
}

function copyFile(from: string, to: string, { mode, size }: { readonly mode: number; readonly size: number }): void {
	if ((mode & 0o004) !== 0 && size <= largestFileBytes) copyFileSync(from, to);
}

function entriesOf(folder: string): readonly string[] {
	try {
		return readdirSync(folder);
	} catch {
		// Not there, or not for us.
		return [];
	}
}
