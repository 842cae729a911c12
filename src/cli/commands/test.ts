// `trapgate test`: do the examples and the cases hold, alone and merged, and which rules does no test exercise?

import { relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { isSet, textFlag, usageError } from '../flags.ts';
import { writeDocument } from '../output.ts';
import { count, onOneLine } from '../render/columns.ts';
import { painter } from '../render/paint.ts';
import { testJson, testText } from '../render/test-report.ts';
import { coverageOf, runTests, type TestRun } from '../test-run.ts';
import { keepRunning } from '../watching.ts';

/** How long a person may wait for a run after an edit. */
const lookEveryMs = 200;

export const test: Command = {
	name: 'test',
	usage: '[FILE…] [--coverage] [--min PERCENT] [--watch]',
	summary: 'do the examples and the cases in *.test.yaml files hold?',
	details: [
		'Without words: every `examples:` of the root file and of what it names, alone and merged, and the cases of the',
		'*.test.yaml files beside those files and in `tests`. With words: these policy files and test files.',
		'Exit code: 0 all hold, 1 one does not, 3 something does not load.',
		'',
		'--coverage      which rules no example or case exercises: no outcome was theirs',
		'--min PERCENT   fail when fewer of the rules are exercised',
		'--watch         again whenever a file changes that has a say; Ctrl-C ends it',
	],
	options: { coverage: { type: 'boolean' }, min: { type: 'string' }, watch: { type: 'boolean' } },
	words: [0, Number.POSITIVE_INFINITY],
	async run(input: CommandInput): Promise<ExitCode> {
		const { flags, around, global } = input;
		const min = readMin(textFlag(flags, 'min'));
		const once = () => {
			const run = runTests(input, Date.now());
			write(run, min, input);
			return run;
		};
		if (!isSet(flags, 'watch')) return exitCodeOf(once(), min);
		const { signal } = around;
		const say = (text: string) => {
			if (!global.quiet && global.format === 'text') around.stderr.write(`${painter(global.color)('quiet', text)}\n`);
		};
		const last = await keepRunning({
			signal,
			pause: () => setTimeout(lookEveryMs, undefined, { signal }).catch(() => undefined),
			run: async (changed) => {
				if (changed.length > 0) say(`\n${changed.map((path) => named(path, around.cwd)).join(', ')}`);
				const run = once();
				say(`watching ${count(run.seen.files.size, 'file')}; Ctrl-C ends it`);
				return run;
			},
		});
		return exitCodeOf(last, min);
	},
};

function named(path: string, cwd: string): string {
	const shorter = relative(cwd, path);
	return onOneLine(shorter.startsWith('..') ? path : shorter);
}

function write(run: TestRun, min: number | undefined, { flags, global, around }: CommandInput): void {
	if (global.format === 'json') {
		writeDocument(around, 'test', testJson(run, min));
		return;
	}
	const { color, quiet } = global;
	const text = testText(run, { cwd: around.cwd, color, quiet, coverage: isSet(flags, 'coverage'), min });
	if (text !== '') around.stdout.write(`${text}\n`);
}

/** Where nothing is tested nothing is right: a test that was not found must not look like one that holds. */
function exitCodeOf(run: TestRun, min: number | undefined): ExitCode {
	if (!run.loads) return exitCodes.policy;
	const isEmpty = run.examples.total + run.cases.total === 0;
	const isShort = min !== undefined && coverageOf(run) < min;
	const isWrong = run.problems.some(({ severity }) => severity === 'error');
	return isEmpty || isShort || isWrong ? exitCodes.findings : exitCodes.fine;
}

function readMin(text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	const min = /^\d{1,3}(?:\.\d{1,3})?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
	if (min >= 0 && min <= 100) return min;
	throw usageError('test', `\`--min ${text}\` is no percentage`, 'write it as --min 80');
}
