// What was seen of each client, as the table of docs/clients.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Row {
	readonly name: string;
	readonly packageName: string;
	readonly version?: string;
	readonly outcome:
		| { readonly kind: 'absent' }
		| {
				readonly kind: 'passed' | 'failed';
				/** The method of its first message. */
				readonly opens: string;
				/** The revision of MCP in which it calls. */
				readonly protocol: string;
				readonly lists: boolean;
				/** An allowed call, a refusal, a notice: whether the model read it. */
				readonly reads: readonly boolean[];
				/** Tools that the model sees and Trapgate does not have. */
				readonly own: readonly string[];
				readonly code: number | null;
		  };
}

export function rowText({ name, version, outcome }: Row): string {
	if (outcome.kind === 'absent') return `${name}: not installed`;
	const { kind, opens, protocol, lists, reads, own, code } = outcome;
	return `${name} ${version}: ${kind}; opens with ${opens}, ${protocol}; lists ${lists}, reads ${reads}; exit ${code}\n  its own tools: ${own.join(' ')}`;
}

const page = fileURLToPath(new URL('../../docs/clients.md', import.meta.url));
const marks = ['<!-- seen: written by bench/run.mjs clients --write -->', '<!-- end of what was seen -->'] as const;

/** Replaces what stands between the marks in the page. */
export function writeTable(rows: readonly Row[]): void {
	const text = readFileSync(page, 'utf8');
	const [start, end] = [text.indexOf(marks[0]), text.indexOf(marks[1])];
	if (start === -1 || end < start) throw new Error('docs/clients.md has no place for the table');
	writeFileSync(page, `${text.slice(0, start)}${marks[0]}\n\n${tableText(rows)}\n\n${text.slice(end)}`);
}

function tableText(rows: readonly Row[]): string {
	const head = [
		'Client',
		'Version',
		'MCP',
		'Lists',
		'Calls',
		'Reads a refusal',
		'Reads a notice',
		'Its own tools that are left',
	];
	const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
	return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(cellsOf(row)))].join('\n');
}

function cellsOf({ name, packageName, version = '', outcome }: Row): readonly string[] {
	if (outcome.kind === 'absent') return [name, `${packageName} could not be installed`, '', '', '', '', '', ''];
	const { opens, protocol, lists, reads, own } = outcome;
	const yes = (is: boolean | undefined) => (is === true ? 'yes' : '**no**');
	const left = own.map((tool) => `\`${tool}\``).join(' ');
	return [
		name,
		version,
		`${protocol}, opens with \`${opens}\``,
		...[lists, ...reads].map(yes),
		left === '' ? 'none' : left,
	];
}
