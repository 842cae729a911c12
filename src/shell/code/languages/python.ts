// Python: what starts programs and touches files.
import type { Language, Uses } from '../language.ts';
import { python as lexis } from './lexes.ts';

function named(names: string, use: Uses[string]): Uses {
	return Object.fromEntries(names.split(' ').map((name) => [name, use]));
}

const system: Uses = {
	system: { does: 'shell' },
	popen: { does: 'shell' },
	...named('execv execve execvp execvpe', { does: 'exec' }),
	...named('execl execle execlp execlpe', { does: 'exec' }),
	...named('spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe', { does: 'exec', at: 1 }),
	...named('posix_spawn posix_spawnp', { does: 'exec' }),
	startfile: { does: 'hide' },
	chdir: { does: 'move' },
	...named('remove unlink rmdir removedirs', { does: 'touch', deletes: 0 }),
	...named('rename replace renames', { does: 'touch', deletes: 0, writes: 1 }),
	truncate: { does: 'touch', writes: 0 },
	...named('symlink link', { does: 'touch', writes: 1 }),
};

export const python: Language = {
	lexis,
	uses: {
		eval: { does: 'eval' },
		exec: { does: 'eval' },
		compile: { does: 'eval' },
		__import__: { does: 'load' },
		'*.import_module': { does: 'load' },
		import_module: { does: 'load' },
		getattr: { does: 'reach', at: 1 },
		attrgetter: { does: 'reach' },
		methodcaller: { does: 'reach' },
		'*.attrgetter': { does: 'reach' },
		'*.methodcaller': { does: 'reach' },
		globals: { does: 'hide' },
		vars: { does: 'hide' },
		__builtins__: { does: 'hide' },
		'*.__dict__': { does: 'hide' },
		'*.__subclasses__': { does: 'hide' },
		'*.__globals__': { does: 'hide' },
		'*.__getattribute__': { does: 'hide' },
		'sys.modules': { does: 'hide' },
		ctypes: { does: 'hide' },
		cffi: { does: 'hide' },
		'pickle.loads': { does: 'hide' },
		'marshal.loads': { does: 'hide' },
		open: { does: 'touch', reads: 0, mode: 1 },
		'*.read_text': { does: 'touch', receiver: 'reads' },
		'*.read_bytes': { does: 'touch', receiver: 'reads' },
		'*.write_text': { does: 'touch', receiver: 'writes' },
		'*.write_bytes': { does: 'touch', receiver: 'writes' },
		...named('dotenv_values load_dotenv *.dotenv_values *.load_dotenv', { does: 'touch', reads: 0 }),
		'io.open': { does: 'touch', reads: 0, mode: 1 },
		'shutil.rmtree': { does: 'touch', deletes: 0 },
		'shutil.move': { does: 'touch', deletes: 0, writes: 1 },
		'shutil.copy': { does: 'touch', reads: 0, writes: 1 },
		'shutil.copy2': { does: 'touch', reads: 0, writes: 1 },
		'shutil.copyfile': { does: 'touch', reads: 0, writes: 1 },
		'shutil.copytree': { does: 'touch', reads: 0, writes: 1 },
	},
	modules: {
		os: system,
		posix: system,
		subprocess: {
			...named('run call check_call check_output Popen', { does: 'argv' }),
			...named('getoutput getstatusoutput', { does: 'shell' }),
		},
		pty: { spawn: { does: 'argv' } },
		commands: named('getoutput getstatusoutput', { does: 'shell' }),
		asyncio: { create_subprocess_shell: { does: 'shell' }, create_subprocess_exec: { does: 'argv' } },
		pexpect: { spawn: { does: 'split' }, run: { does: 'split' } },
		pip: named('main _main pip_main', { does: 'program', program: 'pip' }),
		runpy: named('run_module', { does: 'program', at: 0 }),
		sh: { Command: { does: 'hide' } },
		plumbum: { local: { does: 'hide' } },
	},
	calls: 'brackets',
	joins: ['+', ''],
	receivers: ['builtins', '__builtin__'],
};
