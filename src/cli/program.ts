// The whole program as a function: arguments and surroundings in, an exit code out, every failure in words.

import { suggest } from '../text/suggest.ts';
import { type Invocation, mayColor, readCommandInput, readInvocation } from './args.ts';
import type { Surroundings } from './command.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { exitCodeOf, reportFailure } from './failure.ts';
import { usageError } from './flags.ts';
import { helpFor, overview } from './help.ts';
import { commands, isCommandName } from './registry.ts';

/** Runs one command line. Never rejects. */
export async function runProgram(argv: readonly string[], around: Surroundings): Promise<ExitCode> {
	let invocation: Invocation | undefined;
	try {
		invocation = readInvocation(argv);
		return await obey(invocation, around);
	} catch (thrown) {
		const command = invocation?.kind === 'command' ? invocation.name : undefined;
		reportFailure(thrown, { command, isJson: command !== 'run' && wantsJson(argv), around, color: mayColor(around) });
		return exitCodeOf(thrown);
	}
}

async function obey(invocation: Invocation, around: Surroundings): Promise<ExitCode> {
	switch (invocation.kind) {
		case 'version':
			around.stdout.write(`trapgate ${around.version}\n`);
			return exitCodes.fine;
		case 'help':
			around.stdout.write(invocation.about === undefined ? await overview() : helpFor(await find(invocation.about)));
			return exitCodes.fine;
		case 'command': {
			const command = await find(invocation.name);
			if (command.saysWhenStarted !== true) around.started?.();
			const input = readCommandInput(command, invocation.rest, around);
			if (input !== 'help') return command.run(input);
			around.stdout.write(helpFor(command));
			return exitCodes.fine;
		}
		default:
			return invocation satisfies never;
	}
}

async function find(name: string) {
	if (isCommandName(name)) return commands[name]();
	const near = suggest(name, Object.keys(commands));
	throw usageError(
		undefined,
		`unknown command \`${name}\``,
		near === undefined ? `commands: ${Object.keys(commands).join(', ')}` : `did you mean \`trapgate ${near}\`?`,
	);
}

/** By eye, because it also counts when the arguments could not be read. */
function wantsJson(argv: readonly string[]): boolean {
	return argv.some((word, at) => word === '--format=json' || (word === '--format' && argv[at + 1] === 'json'));
}
