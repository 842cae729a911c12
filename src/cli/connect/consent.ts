// Shows what would change in a client's files, and asks.
import type { CommandInput } from '../command.ts';
import { isSet } from '../flags.ts';
import { diffText } from '../render/diff.ts';
import { painter } from '../render/paint.ts';
import { hasPerson, isYes, sayPersonNeeded, Terminal } from '../terminal.ts';
import type { Change } from './plan.ts';

/** On stdout; machines that ask for JSON get a document instead. */
export function showChanges(changes: readonly Change[], { global, around, flags }: CommandInput): void {
	if (global.format === 'json' || (global.quiet && !isSet(flags, 'diff') && isSet(flags, 'yes'))) return;
	for (const { path, now, next } of changes) {
		const diff = diffText(path, now ?? '', next ?? '', painter(global.color));
		if (diff !== '') around.stdout.write(`${diff}\n`);
	}
}

/** `--yes`, or a yes at the terminal; the end of the input is a no. Where nobody is there, it says so. */
export async function agreed(
	question: string,
	{ flags, around, global }: CommandInput,
): Promise<'yes' | 'no' | 'nobody'> {
	if (isSet(flags, 'yes')) return 'yes';
	if (!hasPerson(around) || global.format === 'json') {
		sayPersonNeeded(around);
		return 'nobody';
	}
	const terminal = new Terminal(around);
	try {
		const isAgreed = isYes(await terminal.ask(question));
		around.signal.throwIfAborted();
		if (!isAgreed) terminal.say('nothing was changed');
		return isAgreed ? 'yes' : 'no';
	} finally {
		terminal.close();
	}
}
