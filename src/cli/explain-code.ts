// What one code means and how to mend it: the reference page's entry, short of its example.
import { suggest } from '../text/suggest.ts';
import type { CommandInput } from './command.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { usageError } from './flags.ts';
import { writeDocument } from './output.ts';
import { errorsPage, problemPages, readCode, unlinked } from './problem-pages.ts';
import { painter } from './render/paint.ts';

/** Throws C101 for a code that does not exist. */
export function explainCode(text: string, { words, global, around }: CommandInput): ExitCode {
	if (words.length > 0) throw usageError('check', '`--explain` goes without policy files');
	if (global.format === 'sarif') throw usageError('check', '`--format sarif` is for problems, not for `--explain`');
	const code = readCode(text);
	if (code === undefined) {
		const near = suggest(text, Object.keys(problemPages));
		const help = near === undefined ? `all codes: ${errorsPage}` : `did you mean \`${near}\`?`;
		throw usageError('check', `\`--explain ${text}\`: no problem has this code`, help);
	}
	const { title, means, mend } = problemPages[code];
	if (global.format === 'json') {
		writeDocument(around, 'check', { code, title, means: unlinked(means), mend: unlinked(mend) });
	} else {
		const paint = painter(global.color);
		around.stdout.write(
			[
				`${paint('strong', `${code}:`)} ${title}`,
				unlinked(means),
				`${paint('good', 'What to do:')} ${unlinked(mend)}`,
				`With an example: ${errorsPage}#${code.toLowerCase()}`,
			].join('\n\n'),
		);
		around.stdout.write('\n');
	}
	return exitCodes.fine;
}
