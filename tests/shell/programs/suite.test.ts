// Programs read as the tables beside this file say: what each line launches, what it can't tell, which flags and facts it has.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { examplePrograms } from '../../../src/shell/programs/_template.ts';
import { launched, read, words } from './words.ts';

/** One line of shell words (`$x` unknown and unquoted, `"$x"` one unknown word) and what its program's reader says. */
interface Case {
	readonly run: string;
	/** `argv: …`, `script: …`, `file: …`, `input`; absent: nothing. */
	readonly launches?: readonly string[];
	/** Kinds of gaps; absent: none. */
	readonly gaps?: readonly string[];
	/** Whether everything launched runs elsewhere; absent: nothing does. */
	readonly elsewhere?: boolean;
	/** Whether words from input are appended to what is launched; absent: to nothing. */
	readonly open?: boolean;
	/** Words from input follow the line, as under xargs. */
	readonly input?: boolean;
	/** Compared only where they are given. */
	readonly flags?: readonly string[];
	readonly subcommands?: readonly string[];
	readonly facts?: Readonly<Record<string, unknown>>;
	readonly unsure?: readonly string[];
}

const here = fileURLToPath(new URL('.', import.meta.url));
const tables = readdirSync(here).filter((name) => name.endsWith('.yaml'));
const templateNames = examplePrograms.flatMap((program) => program.names);

test('there are tables, and none is empty', () => {
	expect(tables.length).toBeGreaterThan(3);
});

describe.each(tables)('%s', (table) => {
	const cases = parse(readFileSync(`${here}/${table}`, 'utf8')) as readonly Case[];
	test.each(cases.map((one) => [one.run, one] as const))('%s', (_, one) => {
		expect(seen(one)).toEqual(expected(one));
	});
});

function seen(one: Case): object {
	const reading = readLine(one);
	const launches = reading.launches ?? [];
	const { flags, subcommands, facts, unsure } = reading;
	return {
		launches: launched(reading),
		gaps: (reading.gaps ?? []).map((gap) => gap.kind),
		elsewhere: launches.length > 0 && launches.every((launch) => launch.elsewhere),
		open: launches.length > 0 && launches.every((launch) => launch.isOpenEnded),
		...(one.flags && { flags }),
		...(one.subcommands && { subcommands }),
		...(one.facts && { facts }),
		...(one.unsure && { unsure }),
	};
}

function expected(one: Case): object {
	const { run: _run, input: _input, ...rest } = one;
	return { launches: [], gaps: [], elsewhere: false, open: false, ...rest };
}

/** The template is in no registry: it is found here. */
function readLine(one: Case) {
	const around = { isOpenEnded: one.input ?? false, cwd: '', branch: undefined, env: new Map() };
	const argv = words(one.run);
	const name = argv[0]?.value ?? '';
	const template = examplePrograms.find((program) => program.names.includes(name));
	return template && templateNames.includes(name)
		? template.read(argv, around)
		: read(one.run, { isOpenEnded: around.isOpenEnded });
}
