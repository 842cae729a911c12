// Where a program is that a driver names.
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { TrapgateError } from '../abi/problem.ts';

/** The absolute path of `command`, found as a shell would find it. Throws D101 that says where it was looked for. */
export async function findProgram(command: string, path: string, cwd: string): Promise<string> {
	if (command === '' || command.includes('\0'))
		throw new TrapgateError('D101', 'the command is empty or contains a NUL byte');
	if (command.includes('/')) {
		const file = resolve(cwd, command);
		if (await isProgram(file)) return file;
		throw new TrapgateError('D101', `\`${file}\` is not an executable file`, {
			help: 'correct the `command`, or make the file executable',
		});
	}
	for (const directory of path.split(delimiter)) {
		const file = join(directory, command);
		if (await isProgram(file)) return file;
	}
	throw new TrapgateError('D101', `\`${command}\` was not found in PATH (${path})`, {
		help: 'install it, give its full path as `command`, or set PATH in the driver’s `env`',
	});
}

async function isProgram(file: string): Promise<boolean> {
	try {
		await access(file, constants.X_OK);
		return (await stat(file)).isFile();
	} catch {
		// Not there, or not for us: either way it is no program that can be started.
		return false;
	}
}
