// Makes an argv for tests of program readers from a line: quotes keep together, `$x` is unknown and `"$x"` one unknown word.
import type { Around, Reading } from '../../../src/shell/program.ts';
import { findProgram } from '../../../src/shell/programs/registry.ts';
import type { Word } from '../../../src/shell/word.ts';

/** The words of a line without expansions other than `$name`; a glob is a word that splits. */
export function words(line: string): readonly Word[] {
	const found = line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g);
	return Array.from(found, (match) => word(match[0], line, match.index));
}

function word(raw: string, text: string, start: number): Word {
	const pieces: (string | null)[] = [];
	let splits = false;
	for (const [part] of raw.matchAll(/'[^']*'|"[^"]*"|\$\w+|[*?]|[^'"$*?]+/g)) {
		if (part.startsWith("'")) pieces.push(part.slice(1, -1));
		else if (part.startsWith('"')) pieces.push(...quoted(part.slice(1, -1)));
		else if (/^[$*?]/.test(part)) {
			pieces.push(null);
			splits = true;
		} else pieces.push(part);
	}
	const isKnown = pieces.every((piece) => piece !== null);
	const value = isKnown ? pieces.join('') : undefined;
	const place = { layer: { text }, start, end: start + raw.length };
	return { value, pieces: value === undefined ? joinKnown(pieces) : [value], splits, place };
}

function quoted(text: string): readonly (string | null)[] {
	return Array.from(text.matchAll(/\$\w+|[^$]+/g), ([part]) => (part.startsWith('$') ? null : part));
}

function joinKnown(pieces: readonly (string | null)[]): readonly (string | null)[] {
	const all: (string | null)[] = [];
	for (const piece of pieces) {
		const last = all.at(-1);
		if (piece !== null && typeof last === 'string') all[all.length - 1] = last + piece;
		else all.push(piece);
	}
	return all;
}

/** What the program's reader says of a line. `NAME=value` words at its start are its variables. */
export function read(line: string, around: Partial<Around> & { readonly on?: string } = {}): Reading {
	const all = words(line);
	const first = all.findIndex((one) => !/^\w+=/.test(one.pieces[0] ?? ''));
	const argv = all.slice(first);
	const env = new Map(
		all.slice(0, first).map((one) => {
			const [name = ''] = (one.pieces[0] ?? '').split('=');
			const value = one.value?.slice(name.length + 1);
			return [name, { value, pieces: [value ?? null], splits: false } satisfies Word] as const;
		}),
	);
	const name = argv[0]?.value ?? '';
	const program = findProgram(name.slice(name.lastIndexOf('/') + 1));
	const { on, ...given } = around;
	const branch = on === undefined ? undefined : () => on;
	return program?.read(argv, { isOpenEnded: false, cwd: '', branch, env, ...given }) ?? {};
}

/** What it launches, in short: `script: text`, `argv: words`. */
export function launched(reading: Reading): readonly string[] {
	return (reading.launches ?? []).map((launch) => {
		const text = (list: readonly Word[]) => list.map((one) => one.value ?? '…').join(' ');
		switch (launch.kind) {
			case 'argv':
				return `argv: ${text(launch.argv)}`;
			case 'script':
				return `script: ${text(launch.words)}`;
			case 'code':
				return `${launch.language}: ${launch.from === 'input' ? '<input>' : text(launch.from)}`;
			case 'file':
				return `file: ${launch.path.value ?? '…'}`;
			case 'input':
				return 'input';
			default:
				return launch satisfies never;
		}
	});
}
