// How the shell tests write down an analysis.
import type { Surroundings } from '../../src/abi/command.ts';
import { analyse } from '../../src/shell/analyse.ts';

/** A program of which nothing is known but its words. */
export const plainProgram = {
	kind: 'program',
	isOpenEnded: false,
	subcommands: [],
	flags: [],
	facts: {},
	unsure: [],
	under: [],
	mayRunArguments: false,
	cwd: '',
	span: undefined,
} as const;

/** A text, the commands in it, and the kinds of its gaps. */
export type ShellRow = readonly [text: string, commands: readonly string[], gaps: readonly string[]];

/** Each command as its words, `?` for one that is not known, `…` where more may come; anything but a program with its kind. */
export function seen(text: string, around?: Surroundings): ShellRow {
	const { commands, gaps } = analyse(text, around);
	const lines = commands.map(({ kind, argv, isOpenEnded }) => {
		const words = argv.map((word) => word ?? '?').join(' ');
		return `${kind === 'program' ? '' : `${kind} `}${words}${isOpenEnded ? ' …' : ''}`;
	});
	return [text, lines, gaps.map((gap) => gap.kind)];
}
