// Installs what the first two commands of the README need, and nothing when all of it is there already.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const inspector = join(root, 'tests/inspector');

/** What the runtime ring stands on, and how its absence is seen. */
const ringPackages = [{ name: 'bubblewrap', file: 'bwrap' }];
/** What builds the ring's own programs again, for both architectures, and runs them. */
const ringTestPackages = [
	{ name: 'gcc', file: 'gcc' },
	{ name: 'libc6-dev', file: '/usr/include/stdio.h' },
	{ name: 'gcc-aarch64-linux-gnu', file: 'aarch64-linux-gnu-gcc' },
	{ name: 'qemu-user-static', file: 'qemu-aarch64-static' },
];

requireNode(process.versions.node, [20, 19], 'Trapgate');
install(root);
installSystemPackages(process.argv.includes('--tests') ? [...ringPackages, ...ringTestPackages] : ringPackages);
if (process.argv.includes('--tests')) {
	install(inspector);
	checkNewerNode();
}

/** Runs `npm ci` in `folder` unless its lock file, this platform and this Node line are those of the last one that finished. */
function install(folder) {
	const name = relative(root, folder) || 'trapgate';
	const stamp = stampOf(folder);
	const wanted = fingerprint(folder);
	if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) {
		say(`${name}: dependencies are those of package-lock.json`);
		return;
	}
	say(`${name}: running npm ci`);
	// Development dependencies build and check the project, an optional one is what the demo fronts, whatever is set here.
	npm(
		['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error', `--prefix=${folder}`],
		folder,
	);
	writeFileSync(stamp, wanted);
	say(`${name}: dependencies installed`);
}

/**
 * Installs what is missing where we may: as root on a Debian-like system. Elsewhere says how. Without it Trapgate works, with
 * one ring less, and says so itself; so nothing here is a failure.
 */
function installSystemPackages(packages) {
	if (process.platform !== 'linux') return;
	const missing = packages.filter(({ file }) => !isPresent(file)).map(({ name }) => name);
	if (missing.length === 0) return;
	const command = `apt-get install ${missing.join(' ')}`;
	if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
		say(`the runtime ring needs ${missing.join(', ')}; to have it: ${command} (or your system's own packages)`);
		return;
	}
	say(`installing ${missing.join(', ')} for the runtime ring`);
	if (aptGet('install', '--no-install-recommends', ...missing)) return;
	if (aptGet('update') && aptGet('install', '--no-install-recommends', ...missing)) return;
	say(`${missing.join(', ')} could not be installed, so the runtime ring may not hold here; to try again: ${command}`);
}

/** A program on PATH, or a file. */
function isPresent(file) {
	const folders = file.startsWith('/') ? [''] : (process.env.PATH ?? '').split(':').filter((folder) => folder !== '');
	return folders.some((folder) => existsSync(join(folder, file)));
}

function aptGet(...args) {
	const options = ['-qq', '--yes', '-o', 'DPkg::Lock::Timeout=60'];
	const done = spawnSync('apt-get', [...options, ...args], {
		stdio: ['ignore', 'ignore', 'ignore'],
		timeout: 300_000,
		env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
	});
	return done.status === 0;
}

function stampOf(folder) {
	return join(folder, 'node_modules/.trapgate-setup');
}

function fingerprint(folder) {
	const hash = createHash('sha256')
		.update(readFileSync(join(folder, 'package-lock.json')))
		.digest('hex');
	return `${hash} ${process.platform}-${process.arch} node${process.versions.node.split('.')[0]}\n`;
}

function npm(args, cwd) {
	const running = process.env.npm_execpath;
	const [command, first] = running?.endsWith('.js') ? [process.execPath, [running]] : ['npm', []];
	const done = spawnSync(command, [...first, ...args], { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
	if (done.error) fail(`npm could not be started: ${done.error.message}`);
	if (done.status !== 0)
		fail(`npm ${args[0]} failed in ${relative(root, cwd) || '.'} (${done.signal ?? `exit ${done.status}`})`);
}

/** The `node` package gets its binary in an install script; where scripts are off it leaves nothing and says nothing. */
function checkNewerNode() {
	const binary = join(inspector, 'node_modules/node/bin/node');
	const asked = spawnSync(binary, ['--version'], { encoding: 'utf8' });
	if (asked.status !== 0) {
		rmSync(stampOf(inspector), { force: true });
		fail(
			'tests/inspector: the newer Node is missing, because npm did not run its install script; ' +
				'allow install scripts (npm config delete ignore-scripts) and run this again',
		);
	}
	requireNode(asked.stdout.trim().slice(1), [22, 19], 'the MCP Inspector');
	say(`tests/inspector: Node ${asked.stdout.trim()} for the MCP Inspector and the conformance tool`);
}

function requireNode(version, [major, minor], who) {
	const [hasMajor, hasMinor] = version.split('.').map(Number);
	if (hasMajor > major || (hasMajor === major && hasMinor >= minor)) return;
	fail(`${who} needs Node ${major}.${minor} or newer; this is ${version}`);
}

function say(line) {
	process.stdout.write(`setup: ${line}\n`);
}

function fail(line) {
	process.stderr.write(`setup: ${line}\n`);
	process.exit(1);
}
