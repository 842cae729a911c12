// `trapgate schema`: the JSON Schema of a kind of file, for editors and other programs.
import { readFileSync } from 'node:fs';
import { TrapgateError } from '../../abi/problem.ts';
import { suggest } from '../../text/suggest.ts';
import { either, quote } from '../../text/words.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { usageError } from '../flags.ts';
import { installedFile } from '../installation.ts';

/** Kinds of file by the name of their schema, the commonest first. */
export const schemaNames = ['policy', 'trapgate', 'test'] as const;

export const schema: Command = {
	name: 'schema',
	usage: `[${schemaNames.join('|')}]`,
	summary: 'print the JSON Schema of policy files, of trapgate.yaml or of test files',
	details: [
		'policy     policy files and packs; this one without words',
		'trapgate   trapgate.yaml',
		'test       *.test.yaml',
		'',
		'Editors find it by the first line of a file:',
		'  # yaml-language-server: $schema=./node_modules/trapgate/schema/policy.schema.json',
		'  # yaml-language-server: $schema=./node_modules/trapgate/schema/trapgate.schema.json',
	],
	options: {},
	words: [0, 1],
	async run({ words: [name = schemaNames[0]], around }: CommandInput): Promise<ExitCode> {
		if (!schemaNames.some((known) => known === name)) throw noSuchSchema(name);
		const path = installedFile(`schema/${name}.schema.json`);
		try {
			around.stdout.write(readFileSync(path, 'utf8'));
		} catch (error) {
			throw new TrapgateError('C103', `the installed file \`${path}\` can't be read`, { cause: error });
		}
		return exitCodes.fine;
	},
};

function noSuchSchema(name: string): TrapgateError {
	const near = suggest(name, schemaNames);
	const help = near === undefined ? `write ${either(schemaNames.map(quote))}` : `did you mean ${quote(near)}?`;
	return usageError('schema', `there is no schema ${quote(name)}`, help);
}
