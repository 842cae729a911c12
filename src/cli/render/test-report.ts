// What a run of tests has found, for people and for machines.
import type { JsonObject } from '../../abi/json.ts';
import type { Problem } from '../../abi/problem.ts';
import { coverageOf, type TestRun, unexercised } from '../test-run.ts';
import { onOneLine } from './columns.ts';
import { type Paint, painter } from './paint.ts';
import { inFileOrder, problemsJson, problemsText } from './problems.ts';

export interface TestView {
	readonly cwd: string;
	readonly color: boolean;
	readonly quiet: boolean;
	/** List the rules that no test exercises. */
	readonly coverage: boolean;
	/** In percent. */
	readonly min: number | undefined;
}

const widestLine = 100;

/** Several lines, without a final line break; empty when there is nothing to say. */
export function testText(run: TestRun, view: TestView): string {
	const paint = painter(view.color);
	const texts = new Map(run.sources.map(({ file, text }) => [file, text]));
	const errors = inFileOrder(run.problems.filter(({ severity }) => severity === 'error'));
	const shown = problemsText(errors, { cwd: view.cwd, color: view.color, texts });
	if (!run.loads) return [shown, paint('bad', 'it does not load, so nothing counts')].join('\n\n');
	const lines = [...totals(run, paint), ...coverageLines(run, view, paint)];
	return [...(shown === '' ? [] : [shown, '']), ...(view.quiet ? [] : lines)].join('\n');
}

function totals({ examples, cases, problems }: TestRun, paint: Paint): string[] {
	if (examples.total + cases.total === 0) {
		return [paint('bad', 'no examples and no cases: write `examples:` on a rule, or a *.test.yaml file')];
	}
	const { total, heldAlone, heldMerged } = examples;
	const notes = problems.filter(({ severity }) => severity === 'note');
	const head = row('merged', heldMerged, total, notes.length === 0 ? 'examples hold' : '', paint);
	const margin = ' '.repeat(`merged  ${heldMerged}/${total}   `.length);
	// Several notes have the same advice: the last one that has it says it.
	const [first, ...others] = notes.map((problem, index) => {
		const isSaidLater = notes.slice(index + 1).some(({ help }) => help === problem.help);
		return noteText(isSaidLater ? { ...problem, help: undefined } : problem, margin, paint);
	});
	const merged = [first === undefined ? head : `${head}   ${first}`, ...others.map((note) => margin + note)];
	return [
		...(total === 0 ? [] : [row('alone', heldAlone, total, 'examples hold', paint), ...merged]),
		...(cases.total === 0 ? [] : [row('cases', cases.held, cases.total, 'hold', paint)]),
	];
}

function row(name: string, held: number, total: number, what: string, paint: Paint): string {
	const counted = paint(held === total ? 'good' : 'caution', `${held}/${total}`);
	return `${name.padEnd(7)} ${counted}${what === '' ? '' : ` ${what}`}`;
}

/** `note[P404]: …`, wrapped; its further lines begin behind `margin`. */
function noteText(
	{ code, message, help = '' }: Pick<Problem, 'code' | 'message'> & { readonly help?: string | undefined },
	margin: string,
	paint: Paint,
): string {
	const advice = help === '' ? '' : ` ${help.charAt(0).toUpperCase()}${help.slice(1)}.`;
	const [first = '', ...more] = wrap(`note[${code}]: ${onOneLine(`${message}.${advice}`)}`, widestLine - margin.length);
	return [first.replace(/^note\[\w+\]/, (label) => paint('changed', label)), ...more].join(`\n${margin}`);
}

function wrap(text: string, width: number): string[] {
	const lines: string[] = [];
	for (const word of text.split(' ')) {
		const line = lines.at(-1);
		if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
		else lines.push(word);
	}
	return lines;
}

function coverageLines(run: TestRun, { coverage, min }: TestView, paint: Paint): string[] {
	if (!coverage && min === undefined) return [];
	const missing = unexercised(run);
	const percent = coverageOf(run);
	const isShort = min !== undefined && percent < min;
	const counted = `${run.rules.length - missing.length}/${run.rules.length}`;
	const list = missing.length === 0 ? '' : `   not exercised: ${missing.map(({ id }) => id).join(', ')}`;
	const short = isShort ? `   ${paint('bad', `${Math.floor(percent * 10) / 10} %, and --min says ${min}`)}` : '';
	return [`rules exercised ${paint(isShort ? 'bad' : 'good', counted)}${short}${coverage ? list : ''}`];
}

export function testJson(run: TestRun, min: number | undefined): JsonObject {
	const { loads, examples, cases, rules, sources, problems } = run;
	const missing = unexercised(run);
	return {
		loads,
		examples: { total: examples.total, held_alone: examples.heldAlone, held_merged: examples.heldMerged },
		cases: { ...cases },
		coverage: {
			rules: rules.length,
			exercised: rules.length - missing.length,
			percent: Math.floor(coverageOf(run) * 10) / 10,
			...(min === undefined ? {} : { min }),
			not_exercised: missing.map(({ id, where }) => ({ id, file: where.file, line: where.line })),
		},
		problems: problemsJson(inFileOrder(problems)),
		files: sources.map(({ file }) => file),
	};
}
