// Builds the programs of the ring, src/sandbox/native/*.c, for both architectures, and keeps them in programs.ts beside them.
//
//   node scripts/native.mjs                      builds, and writes programs.ts
//   node scripts/native.mjs --check              builds, runs, and compares with programs.ts where the compiler is the same
//   node scripts/native.mjs --into FOLDER [--arch ARCH] [--trap-folder PATH/]     builds into a folder, for tests
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const source = resolve(fileURLToPath(import.meta.url), '../../src/sandbox/native');
const home = join(source, 'programs.ts');
const names = ['bridge', 'runner', 'shim', 'trap'];
const architectures = { arm64: 'aarch64', x64: 'x86_64' };
/** What each exits with when it is started without anything it needs. */
const bareExit = { bridge: 125, runner: 125, shim: 126, trap: 126 };

const flags = [
	...['-std=gnu11', '-Os', '-Wall', '-Wextra', '-Werror', '-Wno-main'],
	// Nothing but our own code: no libc, no unwinding, no stack protector that would need one, no calls of memset in memset.
	...['-ffreestanding', '-nostdlib', '-static', '-fno-pie', '-no-pie', '-fno-stack-protector', '-fno-builtin'],
	...['-fno-asynchronous-unwind-tables', '-fno-tree-loop-distribute-patterns'],
	// The same source and compiler give the same bytes.
	...['-fno-ident', '-Wl,--build-id=none,-s,-z,noexecstack,-z,norelro,-z,noseparate-code'],
];

const asked = process.argv.slice(2);
const option = (name) => (asked.includes(name) ? asked[asked.indexOf(name) + 1] : undefined);
const into = option('--into');
if (into !== undefined) buildInto(into, option('--arch') ?? process.arch, option('--trap-folder'));
else if (asked.includes('--check')) check();
else write();

/** The compiler for an architecture: the system's own, or a cross compiler. */
function compilerOf(architecture) {
	return architecture === process.arch ? 'gcc' : `${architectures[architecture]}-linux-gnu-gcc`;
}

/** Compiler and linker, as they name themselves; undefined when there is none. */
function versionOf(architecture) {
	const firstLine = (command, args) => spawnSync(command, args, { encoding: 'utf8' }).stdout?.split('\n')[0];
	const compiler = compilerOf(architecture);
	const version = firstLine(compiler, ['--version']);
	return version ? `${version}; ${firstLine(compiler, ['-Wl,--version'])}` : undefined;
}

function build(name, architecture, folder, trapFolder) {
	const file = join(folder, `${name}-${architecture}`);
	const defines = trapFolder === undefined ? [] : [`-DTRAP_FOLDER="${trapFolder}"`];
	const done = spawnSync(compilerOf(architecture), [...flags, ...defines, '-o', file, join(source, `${name}.c`)], {
		encoding: 'utf8',
	});
	if (done.status !== 0) throw new Error(`${name} for ${architecture} was not built: ${done.error ?? done.stderr}`);
	return file;
}

function buildInto(folder, architecture, trapFolder) {
	for (const name of names) build(name, architecture, folder, trapFolder);
}

/** Of every C file, so that a change without a new build is found where no compiler is. */
function fingerprint() {
	const hash = createHash('sha256');
	const files = readdirSync(source).filter((file) => /\.[ch]$/.test(file));
	for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(join(source, file)));
	return hash.digest('hex');
}

function inFolder(work) {
	const folder = mkdtempSync(join(tmpdir(), 'trapgate-native-'));
	try {
		return work(folder);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

function write() {
	const built = inFolder((folder) =>
		names.map((name) => {
			const bytes = (architecture) => readFileSync(build(name, architecture, folder)).toString('base64');
			return `\t${name}: {\n\t\tarm64:\n\t\t\t'${bytes('arm64')}',\n\t\tx64: '${bytes('x64')}',\n\t},\n`;
		}),
	);
	const compilers = Object.keys(architectures).map((name) => `\t${name}: '${versionOf(name)}',\n`);
	writeFileSync(
		home,
		`// The programs of the ring in base64, written by scripts/native.mjs from the C beside this file. Not to be edited.

export type NativeProgram = ${names.map((name) => `'${name}'`).join(' | ')};
export type NativeArchitecture = ${Object.keys(architectures)
			.map((name) => `'${name}'`)
			.join(' | ')};

/** SHA-256 over the C files they were built from. */
export const sources = '${fingerprint()}';

/** What built them: the same gives the same bytes. */
export const compilers: Readonly<Record<NativeArchitecture, string>> = {
${compilers.join('')}};

export const programs: Readonly<Record<NativeProgram, Readonly<Record<NativeArchitecture, string>>>> = {
${built.join('')}};
`,
	);
	say('programs.ts is written');
}

function check() {
	const kept = readKept(readFileSync(home, 'utf8'));
	if (kept.sources !== fingerprint())
		fail('the C files have changed since programs.ts was written; run node scripts/native.mjs');
	for (const architecture of Object.keys(architectures)) inFolder((folder) => checkOne(architecture, folder, kept));
}

/** What programs.ts says, by its layout: this Node may not know TypeScript. */
function readKept(text) {
	const constants = [...text.matchAll(/^\t*(?:export const )?(\w+)(?::| =)\s*'([^']*)'[;,]$/gm)].map(
		([, name, value]) => [name, value],
	);
	const [sources, arm64, x64, ...bytes] = constants;
	const programs = names.map((name, index) => [name, Object.fromEntries(bytes.slice(2 * index, 2 * index + 2))]);
	return {
		sources: Object.fromEntries([sources]).sources,
		compilers: Object.fromEntries([arm64, x64]),
		programs: Object.fromEntries(programs),
	};
}

function checkOne(architecture, folder, kept) {
	const version = versionOf(architecture);
	if (version === undefined) return say(`${architecture}: skipped, there is no ${compilerOf(architecture)} here`);
	const isSame = version === kept.compilers[architecture];
	for (const name of names) {
		const file = build(name, architecture, folder);
		if (isSame && readFileSync(file).toString('base64') !== kept.programs[name][architecture])
			fail(`${architecture}: ${name} is not what its source says; run node scripts/native.mjs`);
		runBare(file, name, architecture);
	}
	say(`${architecture}: ${isSame ? 'the same bytes' : `rebuilt, not compared: this is ${version}`}`);
}

/** Starts a program without anything it needs: it must say so in one line. */
function runBare(file, name, architecture) {
	const emulator = architecture === process.arch ? [] : [`qemu-${architectures[architecture]}-static`];
	const [command, ...args] = [...emulator, file];
	const done = spawnSync(command, args, { encoding: 'utf8', env: {} });
	if (done.error?.code === 'ENOENT' && emulator.length > 0)
		return say(`${architecture}: ${name} not run, there is no ${command} here`);
	if (done.status !== bareExit[name] || !/^trapgate: [^\n]+\n$/.test(done.stderr))
		fail(`${architecture}: ${name} exits with ${done.status ?? done.signal} and says ${JSON.stringify(done.stderr)}`);
}

function say(line) {
	process.stdout.write(`native: ${line}\n`);
}

function fail(line) {
	process.stderr.write(`native: ${line}\n`);
	process.exit(1);
}
