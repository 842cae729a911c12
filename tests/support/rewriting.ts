// Bringing every Python of a text under `uv run`, as a policy would, and what may be expected of the result.
import type { Command, CommandSource, Launcher } from '../../src/abi/command.ts';
import { analyse } from '../../src/shell/analyse.ts';
import { edit } from '../../src/shell/edit.ts';

export type Rewriting =
	| { readonly kind: 'unchanged' | 'rewritten'; readonly text: string }
	| { readonly kind: 'refused'; readonly reason: string };

const python = /^python(?:\d+(?:\.\d+)*)?$/;

function isUvRun({ command }: Launcher): boolean {
	return command.join(' ') === 'uv run';
}

/** A Python that is not brought by uv. */
export function isLoose({ kind, program, under }: Command): boolean {
	return kind === 'program' && python.test(program) && !under.some(isUvRun);
}

/** Puts `uv run` before every loose Python, one after the other, until there is none. */
export function bringUnderUv(source: string): Rewriting {
	let text: CommandSource = source;
	for (let rounds = 0; rounds < 200; rounds++) {
		const { commands } = analyse(text);
		const index = commands.findIndex(isLoose);
		const command = commands[index];
		if (!command) return { kind: text === source ? 'unchanged' : 'rewritten', text: text as string };
		if (command.under.some(({ elsewhere }) => elsewhere)) return { kind: 'refused', reason: 'uv may not be there' };
		const keep = command.argv.map((_, at) => ({ keep: at }));
		const outcome = edit(text, index, [{ put: 'uv' }, { put: 'run' }, ...keep]);
		if (outcome.kind === 'refused') return outcome;
		text = outcome.source;
	}
	throw new Error(`rewriting does not end: ${JSON.stringify(source)}`);
}

/** The text without the `uv run ` that were put into it, however they are quoted there. */
export function withoutUv(text: string): string {
	return text.replace(/uv\\* run\\* /g, '');
}
