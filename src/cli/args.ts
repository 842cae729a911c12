// Reads the command line: which command, which flags, which words; a mistake is a usage error with a suggestion.
import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { errorText } from '../abi/problem.ts';
import { suggest } from '../text/suggest.ts';
import { either } from '../text/words.ts';
import type { Command, CommandInput, Format, Surroundings } from './command.ts';
import { usageError } from './flags.ts';

/** What the first look at the command line says. */
export type Invocation =
	| { readonly kind: 'version' }
	| { readonly kind: 'help'; readonly about: string | undefined }
	/** `rest` is everything but the command's name, global flags before it included. */
	| { readonly kind: 'command'; readonly name: string; readonly rest: readonly string[] };

type Options = NonNullable<ParseArgsConfig['options']>;

export const globalOptions = {
	format: { type: 'string' },
	config: { type: 'string' },
	cwd: { type: 'string' },
	quiet: { type: 'boolean' },
	'no-color': { type: 'boolean' },
	help: { type: 'boolean', short: 'h' },
} as const satisfies Options;

export const globalDetails: readonly string[] = [
	'--format text|json   json: one document on stdout, for machines; check also has sarif',
	'--config FILE        the root file; default: trapgate.yaml in the working directory',
	'--cwd DIR            work there',
	'--quiet              less beside the result',
	'--no-color           plain text; also NO_COLOR, and whenever stdout is no terminal',
];

/** Finds the command among the flags that may stand before it. Throws C101. */
export function readInvocation(argv: readonly string[]): Invocation {
	for (let at = 0; at < argv.length; at++) {
		const word = argv[at] ?? '';
		if (word === '--help' || word === '-h') return { kind: 'help', about: undefined };
		if (word === '--version' || word === '-V') return { kind: 'version' };
		if (!word.startsWith('-')) return named(word, argv.toSpliced(at, 1));
		const [name = '', value] = word.replace(/^--/, '').split('=', 2);
		if (!word.startsWith('--') || !Object.hasOwn(globalOptions, name))
			throw unknownFlag(word, undefined, globalOptions);
		if (value === undefined && globalOptions[name as keyof typeof globalOptions].type === 'string') at++;
	}
	throw usageError(undefined, 'no command was given');
}

function named(name: string, rest: readonly string[]): Invocation {
	if (name !== 'help') return { kind: 'command', name, rest };
	return { kind: 'help', about: rest.find((word) => !word.startsWith('-')) };
}

/** Everything a command runs with; `help` when its help was asked for instead. Throws C101. */
export function readCommandInput(
	command: Command,
	rest: readonly string[],
	around: Surroundings,
): CommandInput | 'help' {
	const options: Options = { ...command.options, ...globalOptions };
	const { values, positionals } = parse(command, rest, options);
	if (values['help'] === true) return 'help';
	const [least, most] = command.words;
	if (positionals.length < least)
		throw usageError(command.name, `something is missing: trapgate ${command.name} ${command.usage}`);
	if (positionals.length > most) throw usageError(command.name, `\`${positionals[most]}\` is one word too many`);
	const { format = 'text', config, cwd } = values;
	if (!isFormat(format, command)) throw badFormat(String(format), command);
	const inside = typeof cwd === 'string' ? { ...around, cwd: directory(command, around.cwd, cwd) } : around;
	const { help: _, format: __, config: ___, cwd: ____, quiet, 'no-color': noColor, ...flags } = values;
	return {
		flags: flags as CommandInput['flags'],
		words: positionals,
		global: {
			format,
			config: realOr(resolve(inside.cwd, typeof config === 'string' ? config : 'trapgate.yaml')),
			quiet: quiet === true,
			color: noColor !== true && mayColor(around),
		},
		around: inside,
	};
}

/** Colours are for a terminal whose user did not turn them off (https://no-color.org). */
export function mayColor({ stdout, env }: Pick<Surroundings, 'stdout' | 'env'>): boolean {
	return stdout.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

function parse(command: Command, rest: readonly string[], options: Options) {
	try {
		return parseArgs({ args: [...rest], options, allowPositionals: true, strict: true });
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		const text = errorText(error);
		const [, flag] = /'(-{1,2}[^' ]*)/.exec(text) ?? [];
		if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && flag !== undefined) throw unknownFlag(flag, command, options);
		if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && flag !== undefined) throw badValue(flag, command, options);
		throw usageError(command.name, text);
	}
}

function unknownFlag(flag: string, command: Command | undefined, options: Options) {
	const [name = ''] = flag.replace(/^-+/, '').split('=', 1);
	const near = suggest(name, Object.keys(options));
	const quoted = command !== undefined && command.words[1] > 1 ? `put the words in quotes, or after \`--\`; ` : '';
	return usageError(
		command?.name,
		`unknown flag \`${flag}\``,
		near === undefined
			? `${quoted}trapgate help${command === undefined ? '' : ` ${command.name}`}`
			: `did you mean \`--${near}\`?`,
	);
}

function badValue(flag: string, command: Command, options: Options) {
	const name = flag.replace(/^-+/, '');
	return options[name]?.type === 'boolean'
		? usageError(command.name, `\`${flag}\` takes no value`)
		: usageError(command.name, `\`${flag}\` needs a value`, `if the value begins with a dash: ${flag}=VALUE`);
}

function isFormat(text: unknown, { formats = ['text', 'json'] }: Command): text is Format {
	return formats.some((format) => format === text);
}

function badFormat(text: string, { name, formats = ['text', 'json'] }: Command) {
	const elsewhere = text === 'sarif' ? 'only `trapgate check` writes SARIF; ' : '';
	return usageError(name, `\`--format ${text}\`: ${elsewhere}${either(formats)}`);
}

function directory(command: Command, from: string, path: string): string {
	const full = resolve(from, path);
	if (!statSync(full, { throwIfNoEntry: false })?.isDirectory()) {
		throw usageError(command.name, `\`--cwd ${path}\` is no directory`);
	}
	return full;
}

/** A file that is not there keeps its name: whoever reads it will say so. */
function realOr(path: string): string {
	try {
		return realpathSync.native(path);
	} catch {
		return path;
	}
}
