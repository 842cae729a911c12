// JavaScript under Node, Deno and Bun: what starts programs and touches files.
import type { Language, Uses } from '../language.ts';
import { javascript as lexis } from './lexes.ts';

/** Both `readFile` and `readFileSync`. */
function both(uses: Uses): Uses {
	return Object.fromEntries(
		Object.entries(uses).flatMap(([name, use]) => [
			[name, use],
			[`${name}Sync`, use],
		]),
	);
}

const processes: Uses = {
	...both({ exec: { does: 'shell' }, execFile: { does: 'argv' }, spawn: { does: 'argv' } }),
	fork: { does: 'hide' },
};

const others: Uses = {
	execa: { does: 'argv' },
	execaSync: { does: 'argv' },
	execaCommand: { does: 'split' },
	execaCommandSync: { does: 'split' },
	$: { does: 'shell' },
	exec: { does: 'shell' },
	sync: { does: 'argv' },
	spawn: { does: 'argv' },
	default: { does: 'hide' },
};

const files: Uses = both({
	readFile: { does: 'touch', reads: 0 },
	createReadStream: { does: 'touch', reads: 0 },
	open: { does: 'touch', reads: 0, mode: 1 },
	readdir: { does: 'touch' },
	writeFile: { does: 'touch', writes: 0 },
	appendFile: { does: 'touch', writes: 0 },
	createWriteStream: { does: 'touch', writes: 0 },
	truncate: { does: 'touch', writes: 0 },
	unlink: { does: 'touch', deletes: 0 },
	rm: { does: 'touch', deletes: 0 },
	rmdir: { does: 'touch', deletes: 0 },
	rename: { does: 'touch', deletes: 0, writes: 1 },
	copyFile: { does: 'touch', reads: 0, writes: 1 },
	cp: { does: 'touch', reads: 0, writes: 1 },
	symlink: { does: 'touch', writes: 1 },
	link: { does: 'touch', writes: 1 },
});

const globals: Uses = {
	require: { does: 'load' },
	import: { does: 'load' },
	eval: { does: 'eval' },
	Function: { does: 'eval' },
	'*.constructor': { does: 'hide' },
	'require.resolve': { does: 'touch' },
	'require.main': { does: 'touch' },
	'require.extensions': { does: 'hide' },
	'require.cache': { does: 'hide' },
	'process.binding': { does: 'hide' },
	'process.dlopen': { does: 'hide' },
	'process._linkedBinding': { does: 'hide' },
	'process.chdir': { does: 'move' },
	'process.getBuiltinModule': { does: 'load' },
	'*.require': { does: 'load' },
	'*._load': { does: 'load' },
	'*.createRequire': { does: 'hide' },
	createRequire: { does: 'hide' },
	'*._compile': { does: 'hide' },
	'Reflect.get': { does: 'hide' },
	'Reflect.apply': { does: 'hide' },
	'*.runInThisContext': { does: 'eval' },
	'*.runInNewContext': { does: 'eval' },
	'*.runInContext': { does: 'eval' },
	'vm.Script': { does: 'eval' },
	Worker: { does: 'hide' },
	'WebAssembly.instantiate': { does: 'hide' },
	'Deno.run': { does: 'argv' },
	'Deno.Command': { does: 'argv' },
	'Deno.dlopen': { does: 'hide' },
	'Deno.readTextFile': { does: 'touch', reads: 0 },
	'Deno.readTextFileSync': { does: 'touch', reads: 0 },
	'Deno.readFile': { does: 'touch', reads: 0 },
	'Deno.readFileSync': { does: 'touch', reads: 0 },
	'Deno.writeTextFile': { does: 'touch', writes: 0 },
	'Deno.writeTextFileSync': { does: 'touch', writes: 0 },
	'Deno.writeFile': { does: 'touch', writes: 0 },
	'Deno.writeFileSync': { does: 'touch', writes: 0 },
	'Deno.remove': { does: 'touch', deletes: 0 },
	'Deno.removeSync': { does: 'touch', deletes: 0 },
	'Deno.rename': { does: 'touch', deletes: 0, writes: 1 },
	'Deno.copyFile': { does: 'touch', reads: 0, writes: 1 },
	'Deno.open': { does: 'touch', reads: 0, writes: 0 },
	'Bun.spawn': { does: 'argv' },
	'Bun.spawnSync': { does: 'argv' },
	'Bun.$': { does: 'shell' },
	'Bun.file': { does: 'touch', reads: 0 },
	'Bun.write': { does: 'touch', writes: 0 },
};

export const javascript: Language = {
	lexis,
	uses: globals,
	modules: {
		child_process: processes,
		execa: others,
		'cross-spawn': { ...others },
		shelljs: others,
		zx: others,
		'zx/globals': others,
		bun: { $: { does: 'shell' }, spawn: { does: 'argv' }, spawnSync: { does: 'argv' }, dlopen: { does: 'hide' } },
		'bun:ffi': { dlopen: { does: 'hide' } },
		cluster: { fork: { does: 'hide' } },
		worker_threads: { Worker: { does: 'hide' } },
		vm: {},
		fs: files,
		'fs-extra': files,
	},
	calls: 'brackets',
	joins: ['+'],
	receivers: ['globalThis', 'global', 'window', 'self'],
	lists: ['Array'],
	callsByName: true,
	embeds: {
		pyodide: 'python',
		'python-shell': 'python',
		pythonia: 'python',
		'node-calls-python': 'python',
		pymport: 'python',
	},
};

/** JavaScript for Automation, as `osascript -l JavaScript` runs it. */
export const appleJavascript: Language = {
	...javascript,
	uses: { ...globals, '*.doShellScript': { does: 'shell' }, ObjC: { does: 'hide' } },
};
