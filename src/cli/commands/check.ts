// `trapgate check`: every problem in every file at once, likely mistakes, and examples that do not hold.
import type { Problem } from '../../abi/problem.ts';
import { loadOptions } from '../../kernel/load-options.ts';
import { stateDirectories } from '../../kernel/state.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { explainCode } from '../explain-code.ts';
import { isSet, textFlag } from '../flags.ts';
import { type Inspection, inspect } from '../inspection.ts';
import { writeDocument, writeLine } from '../output.ts';
import { count } from '../render/columns.ts';
import { painter } from '../render/paint.ts';
import { inFileOrder, problemsJson, problemsText } from '../render/problems.ts';
import { sarifOf } from '../render/sarif.ts';
import { readSettingHere, textsOf } from '../setting.ts';
import { type Trial, trialOfFiles, trialOfRoot } from '../trial.ts';

export const check: Command = {
	name: 'check',
	usage: '[POLICY FILE…] [--strict] | --explain CODE',
	summary: 'find every mistake in the policy, at its line and column',
	details: [
		'Without words: the root file and everything it names. With words: these policy files on their own.',
		'Exit code: 0 no problems (notes may be there), 1 findings, 3 it does not load.',
		'',
		'--strict         notes count as findings too',
		'--explain CODE   what a code means and how to mend it: --explain P303',
		'--format sarif   for code scanning: SARIF 2.1.0, files relative to the working directory',
	],
	options: { strict: { type: 'boolean' }, explain: { type: 'string' } },
	words: [0, Number.POSITIVE_INFINITY],
	formats: ['text', 'json', 'sarif'],
	async run(input: CommandInput): Promise<ExitCode> {
		const { flags } = input;
		const code = textFlag(flags, 'explain');
		if (code !== undefined) return explainCode(code, input);
		const now = Date.now();
		const inspection = inspect(await trialOf(input, now), now);
		const problems = inFileOrder(inspection.problems);
		write(inspection, problems, input);
		if (!inspection.loads) return exitCodes.policy;
		const findings = problems.filter(({ severity }) => severity !== 'note' || isSet(flags, 'strict'));
		return findings.length === 0 ? exitCodes.fine : exitCodes.findings;
	},
};

function write(inspection: Inspection, problems: readonly Problem[], { words, global, around }: CommandInput): void {
	const { loads, sources, rules, layers, examples } = inspection;
	switch (global.format) {
		case 'json': {
			const files = sources.map(({ file }) => file);
			const found = { loads, problems: problemsJson(problems), files, rules, layers, examples: { ...examples } };
			writeDocument(around, 'check', found);
			return;
		}
		case 'sarif': {
			const { version, cwd } = around;
			writeLine(around, sarifOf(problems, { version, cwd, root: global.config, loads }));
			return;
		}
		case 'text': {
			const shown = problemsText(problems, { cwd: around.cwd, color: global.color, texts: textsOf(inspection) });
			if (shown !== '') around.stdout.write(`${shown}\n\n`);
			if (!global.quiet || shown === '')
				around.stdout.write(`${summary(inspection, words.length > 0, global.color)}\n`);
			return;
		}
		default:
			global.format satisfies never;
	}
}

async function trialOf(input: CommandInput, now: number): Promise<Trial> {
	const { words, global, around } = input;
	if (words.length === 0) return trialOfRoot(await readSettingHere(input), now);
	const directories = stateDirectories(around.env);
	return trialOfFiles(words, loadOptions({ file: global.config, cwd: around.cwd, env: around.env }, directories), now);
}

/** `13 files, 35 rules, 3 layers: no problems`; a file that was named has no layer. */
function summary(
	{ loads, problems, sources, rules, layers, examples }: Inspection,
	isNamed: boolean,
	color: boolean,
): string {
	const paint = painter(color);
	const counted = (severity: 'error' | 'warning' | 'note') => {
		const found = problems.filter((problem) => problem.severity === severity).length;
		return found === 0 ? [] : [count(found, severity)];
	};
	const bad = [...counted('error'), ...counted('warning')];
	const verdict = [
		bad.length === 0 ? paint('good', 'no problems') : paint('bad', bad.join(', ')),
		...counted('note'),
	].join(', ');
	if (!loads) return `${count(sources.length, 'file')}: ${verdict}; ${paint('bad', 'it does not load')}`;
	const subject = [
		count(sources.length, 'file'),
		count(rules, 'rule'),
		...(isNamed ? [] : [count(layers, 'layer')]),
	].join(', ');
	const { total, heldAlone, heldMerged } = examples;
	const held =
		total === 0 ? [] : [paint('quiet', `examples: ${heldAlone}/${total} hold alone, ${heldMerged}/${total} merged`)];
	return [...held, `${subject}: ${verdict}`].join('\n');
}
