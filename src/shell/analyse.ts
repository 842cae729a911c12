// What a shell text, or an argv, would execute: the commands, and where that can't be known.
import type { Analysis, Command, CommandSource, Surroundings } from '../abi/command.ts';
import type { TracedCommand } from './machine.ts';
import { analyseWords } from './walk.ts';

/**
 * Everything that `source` would execute, in source order, a launcher right before what it launches.
 * With `gaps` empty that is complete. Every branch counts as taken. Never throws; time and memory are bounded.
 * Follows the Bash Reference Manual 5.2, and POSIX.1-2024 volume XCU chapter 2.
 */
export function analyse(source: CommandSource, around: Surroundings = {}): Analysis {
	const { commands, gaps } = analyseWords(source, around);
	return { commands: commands.map(withoutWords), gaps };
}

const virtually = { isVirtual: true } as const;

/** Written out: copying what is left of an object is slow. */
function withoutWords(command: TracedCommand): Command {
	return {
		kind: command.kind,
		program: command.program,
		spelled: command.spelled,
		argv: command.argv,
		isOpenEnded: command.isOpenEnded,
		subcommands: command.subcommands,
		flags: command.flags,
		facts: command.facts,
		unsure: command.unsure,
		under: command.under,
		mayRunArguments: command.mayRunArguments,
		cwd: command.cwd,
		span: command.span,
		...(command.isVirtual ? virtually : undefined),
	};
}
