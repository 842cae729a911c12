// Puts the program and the library into a few files: Node finds, reads and links them much faster than eight hundred small ones.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = resolve(fileURLToPath(import.meta.url), '../..');

/** These stay packages of their own: one is for the demo only, one finds its WebAssembly beside itself, one is shared with the SDK that an operator brings. */
const external = [/^node:/, /^@opentelemetry\/api$/, /^@modelcontextprotocol\/sdk(\/|$)/, /^libpg-query(\/|$)/];

const plain = { comments: { legal: false, annotation: false, jsdoc: false } };

/** What a file needs before it runs becomes one part, less what the parts before it have: every command's needs, then those of serving. */
const wholes = [
	{ name: 'start', of: 'src/cli/main.ts' },
	{ name: 'serving', of: 'src/cli/commands/run.ts' },
];

/**
 * Packages that few policies need, with the one name that is imported from each. A policy is compiled in one go, by functions that
 * load nothing: so the name stands for what it means from its first use on, and the package is CommonJS, which is loaded in one go, too.
 */
const later = { re2js: 'RE2JS', '@marcbachmann/cel-js': 'Environment' };

/**
 * Writes everything that `inputs` (name → file) need below `directory`: `<name>.js` for each, and what they share or load
 * later in `parts`. Names stay as they are, so a stack trace can be read. Returns what third parties want said of their code.
 * INVARIANT: every file that asks where it lies is two folders below the root of the installation, as it is in `src`.
 */
export async function bundle(inputs, directory) {
	const imports = new Map();
	const build = await rolldown({
		cwd: root,
		input: inputs,
		platform: 'node',
		external,
		plugins: [
			{ name: 'imports', moduleParsed: ({ id, importedIds }) => void imports.set(id, importedIds) },
			standIns,
			ascii,
		],
	});
	const { output } = await build.write({
		dir: directory,
		format: 'esm',
		...plain,
		entryFileNames: '[name].js',
		chunkFileNames: 'parts/[name].js',
		codeSplitting: { groups: wholes.map((whole, at) => groupOf(whole, wholes.length - at, imports)) },
	});
	await build.close();
	const chunks = [...output.filter(({ type }) => type === 'chunk'), ...(await bundleLater(directory))];
	const lost = chunks.find(({ code, fileName }) => fileName.split('/').length !== 2 && code.includes('import.meta.'));
	if (lost !== undefined) throw new Error(`${lost.fileName} asks where it lies, and is not where it believes to be`);
	return notices(chunks.flatMap(({ modules }) => Object.keys(modules)));
}

/** Asked only when every file was read, so `imports` is complete. */
function groupOf({ name, of }, priority, imports) {
	const first = join(root, of);
	const needed = new Set();
	const need = (id) => {
		if (needed.has(id) || !imports.has(id)) return;
		needed.add(id);
		imports.get(id).forEach(need);
	};
	return {
		name,
		priority,
		test(id) {
			if (needed.size === 0) need(first);
			return needed.has(id) && !(id === first && id.endsWith('/main.ts'));
		},
	};
}

const standIns = {
	name: 'stand-ins',
	resolveId: (id) => (Object.hasOwn(later, id) ? `\0later:${id}` : undefined),
	load(id) {
		if (!id.startsWith('\0later:')) return undefined;
		const of = id.slice('\0later:'.length);
		return `import { createRequire } from 'node:module';
const load = () => createRequire(import.meta.url)('./${laterFile(of)}').${later[of]};
export const ${later[of]} = new Proxy(class {}, {
	get: (_, key) => Reflect.get(load(), key),
	construct: (_, given) => Reflect.construct(load(), given),
});`;
	},
};

async function bundleLater(directory) {
	const written = Object.keys(later).map(async (of) => {
		const build = await rolldown({ cwd: root, input: of, platform: 'node', plugins: [ascii] });
		const file = join(directory, 'parts', laterFile(of));
		const { output } = await build.write({ ...plain, file, format: 'cjs', exports: 'named' });
		await build.close();
		return output;
	});
	return (await Promise.all(written)).flat();
}

function laterFile(of) {
	return `${of.replace(/^.*\//, '')}.cjs`;
}

const ascii = { name: 'ascii', generateBundle: (_, files) => Object.values(files).forEach(putInAscii) };

/** One character beyond Latin-1, and V8 keeps the whole file in two bytes a character, as long as the program runs. */
function putInAscii(file) {
	if (file.type !== 'chunk') return;
	// There an escape would be six characters.
	if (/\braw`[^`]*[^\0-\x7f]/.test(file.code)) throw new Error(`${file.fileName}: raw text beyond ASCII`);
	file.code = file.code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Every package that a part was taken from, with its licence in full. */
function notices(files) {
	const packages = new Set(
		files.flatMap((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.slice(0, 1) ?? []),
	);
	const texts = [...packages].sort().map((folder) => {
		const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
		const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
		if (file === undefined && license === undefined) throw new Error(`${name} has no licence in ${dirname(folder)}`);
		const text = file === undefined ? license : readFileSync(join(folder, file), 'utf8').trim();
		return `## ${name} ${version} (${license})\n\n${text}\n`;
	});
	return `# Code of others in this folder\n\n${texts.join('\n')}`;
}
