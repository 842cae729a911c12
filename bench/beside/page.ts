// What was measured, as the generated part of docs/performance.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { barsOf, type Figures, type Measured, type Row, type Section, sections } from './figures.ts';
import { atOnce } from './speed.ts';

const marks = [
	'<!-- measured: written by bench/run.mjs peers --write -->',
	'<!-- end of what was measured -->',
] as const;

const titles: Record<Section, string> = {
	stdio: 'On standard input',
	http: 'Over HTTP',
	remote: 'From standard input to a server over HTTP',
};

const page = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
/** Kept, so that the page can be compared with what it was written from. */
const kept = fileURLToPath(new URL('measured.json', import.meta.url));

export function writeMeasured(measured: Measured): void {
	const text = withMeasured(readFileSync(page, 'utf8'), measured);
	writeFileSync(kept, `${JSON.stringify(measured, undefined, '\t')}\n`);
	writeFileSync(page, text);
}

/** Replaces what stands between the marks. Throws when the page has no place for it. */
export function withMeasured(text: string, measured: Measured): string {
	const [start, end] = [text.indexOf(marks[0]), text.indexOf(marks[1])];
	if (start === -1 || end < start) throw new Error('docs/performance.md has no place for what was measured');
	return `${text.slice(0, start)}${marks[0]}\n\n${textOf(measured)}\n\n${text.slice(end)}`;
}

export function textOf(measured: Measured): string {
	const { machine, rounds, foreign } = measured;
	const bars = barsOf(measured).map(({ asked, measured: found, verdict }) => [
		asked,
		found,
		verdict === 'reached' ? verdict : `**${verdict}**`,
	]);
	return [
		`${machine.cores} cores, ${machine.system}, Node ${machine.node}; ${rounds === 1 ? '1 round' : `${rounds} rounds`}. Meanwhile other processes used ${(foreign * 100).toFixed(0)} % of the machine; above a few, distrust the rest.`,
		'## What was asked for',
		tableText(['asked for', 'measured', ''], bars),
		...sections.flatMap((section) => [
			`## ${titles[section]}`,
			tableText(
				[
					'',
					'version',
					'alone, µs',
					`calls/s, ${atOnce} in flight`,
					'1 MiB, ms',
					'start, ms',
					'memory before, MB',
					'memory after, MB',
				],
				measured.sections[section].map(cellsOf),
			),
		]),
	].join('\n\n');
}

function cellsOf({ name, version = '', is, outcome }: Row): readonly string[] {
	const named = is === 'trapgate' ? `**${name}**` : name;
	if (outcome.kind !== 'measured') {
		const what = outcome.kind === 'lacking' ? 'not measured' : 'failed';
		return [named, version, `${what}: ${outcome.why.replaceAll(/[|\n]/g, ' ')}`, '', '', '', '', ''];
	}
	const { figures, trapgate } = outcome;
	const cell = (figure: keyof Figures, divisor = 1) => {
		const value = figures[figure] / divisor;
		// Who starts nothing has no memory to speak of.
		if (value === 0) return '';
		const text = divisor === 1 ? grouped(value) : value.toFixed(1);
		return is === 'trapgate' ? text : `${text} (${trapgate[figure].toFixed(2)})`;
	};
	return [
		named,
		version,
		cell('aloneUs'),
		cell('perSecond'),
		cell('largeUs', 1000),
		cell('startMs'),
		cell('idleMb'),
		cell('endMb'),
	];
}

function grouped(value: number): string {
	return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');
}

function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
	return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
