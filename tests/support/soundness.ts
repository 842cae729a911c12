// Compares what real bash executes with what the analysis says, and a changed text with the one it comes from.
import type { Command } from '../../src/abi/command.ts';
import { analyse } from '../../src/shell/analyse.ts';
import { home, type Lab, type LabRun } from './bash-lab.ts';
import { bringUnderUv } from './rewriting.ts';

export interface Finding {
	readonly kind: 'thrown' | 'unseen' | 'misread' | 'different';
	readonly line: string;
	readonly detail: string;
}

export interface Comparison {
	readonly findings: readonly Finding[];
	readonly lines: number;
	/** Lines that executed a stub, had a gap, were rewritten and run again, held Python that could not be rewritten. */
	readonly ran: number;
	readonly gaps: number;
	readonly rewritten: number;
	readonly refused: number;
}

/** Runs every line, and every line that can be brought under uv a second time. */
export async function compare(lab: Lab, lines: readonly string[]): Promise<Comparison> {
	const findings: Finding[] = [];
	const counts = { ran: 0, gaps: 0, rewritten: 0, refused: 0 };
	const rewrites: { line: string; text: string; run: LabRun }[] = [];
	const runs = await lab.run(lines);
	for (const [at, line] of lines.entries()) {
		const run = runs[at];
		if (!run) throw new Error('the lab lost a line');
		if (run.ran.length > 0) counts.ran += 1;
		try {
			const analysis = analyse(line);
			if (analysis.gaps.length > 0) counts.gaps += 1;
			else {
				const miss = missedBy(analysis.commands, run.ran);
				if (miss) findings.push({ ...miss, line });
			}
			const rewriting = bringUnderUv(line);
			if (rewriting.kind === 'refused') counts.refused += 1;
			// A line that has to be ended may get further at the second try.
			if (rewriting.kind === 'rewritten' && !run.isLate) rewrites.push({ line, text: rewriting.text, run });
		} catch (error) {
			findings.push({ kind: 'thrown', line, detail: String(error) });
		}
	}
	counts.rewritten = rewrites.length;
	findings.push(...(await differences(lab, rewrites)));
	return { findings, lines: lines.length, ...counts };
}

/** The first thing that ran without being named, or named with other words. */
export function missedBy(commands: readonly Command[], ran: LabRun['ran']): Omit<Finding, 'line'> | undefined {
	for (const words of ran) {
		const named = commands.filter((command) => isNamed(command, words[0] ?? ''));
		const detail = JSON.stringify(words);
		if (named.length === 0) return { kind: 'unseen', detail };
		if (!named.some((command) => admits(command, words))) return { kind: 'misread', detail };
	}
	return undefined;
}

function isNamed({ program, spelled }: Command, name: string): boolean {
	return program === name || spelled.slice(spelled.lastIndexOf('/') + 1) === name;
}

/** Whether a command may have been executed with these words. */
function admits({ argv, isOpenEnded }: Command, words: readonly string[]): boolean {
	// What is unknown may be any number of words. The set of positions that the pattern may have reached.
	let reached = new Set([1]);
	for (const wanted of argv.slice(1)) {
		const next = new Set<number>();
		for (const at of reached) {
			if (wanted === null) for (let to = at; to <= words.length; to++) next.add(to);
			else if (words[at] === wanted || words[at] === atHome(wanted)) next.add(at + 1);
		}
		reached = next;
	}
	return isOpenEnded ? reached.size > 0 : reached.has(words.length);
}

/** A path below `~` is told as it is written. */
function atHome(wanted: string): string {
	return wanted.replace(/^~(?=\/|$)/, home);
}

async function differences(
	lab: Lab,
	rewrites: readonly { readonly line: string; readonly text: string; readonly run: LabRun }[],
): Promise<readonly Finding[]> {
	const findings: Finding[] = [];
	const runs = await lab.run(rewrites.map(({ text }) => text));
	for (const [at, { line, text, run }] of rewrites.entries()) {
		const changed = runs[at];
		if (!changed || isSameRun(run, changed)) continue;
		// What runs side by side may differ from one time to the next.
		const again = await lab.run([line, text, line, text]);
		if (again.some((one, index) => index % 2 === 0 && isSameRun(one, again[index + 1]))) continue;
		const detail = `${JSON.stringify(text)} ran ${essence(changed)} instead of ${essence(run)}`;
		findings.push({ kind: 'different', line, detail });
	}
	return findings;
}

function isSameRun(one: LabRun, other: LabRun | undefined): boolean {
	return other !== undefined && essence(one) === essence(other);
}

/** What ran, uv apart, in no order. Which number bash gives a substitution depends on what runs beside it at that moment. */
function essence({ ran }: LabRun): string {
	const programs = ran.filter(([name]) => name !== 'uv').map((words) => JSON.stringify(words));
	return programs
		.sort()
		.join(' ')
		.replaceAll(/\/dev\/fd\/6\d/g, '/dev/fd/N');
}

/** One line for a person, and the line of shell to try it with. */
export function described({ kind, line, detail }: Finding): string {
	return `${kind}: ${JSON.stringify(line)}\n    ${detail}`;
}
