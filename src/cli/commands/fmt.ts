// `trapgate fmt`: policy files in one layout; nothing they say changes, and no comment gets lost.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { errorText, type Problem, TrapgateError } from '../../abi/problem.ts';
import { liesIn, readSource } from '../../kernel/sources.ts';
import { TrustStore } from '../../kernel/trust.ts';
import { keyOrder } from '../../policy/key-order.ts';
import { formatYaml } from '../../text/format.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { isSet, usageError } from '../flags.ts';
import { writeDocument } from '../output.ts';
import { count } from '../render/columns.ts';
import { diffText } from '../render/diff.ts';
import { painter } from '../render/paint.ts';
import { problemsJson, problemsText } from '../render/problems.ts';
import { replaceFile } from '../replace-file.ts';
import { readSetting } from '../setting.ts';

export const fmt: Command = {
	name: 'fmt',
	usage: '[FILE…|-] [--write | --check]',
	summary: 'policy files in one layout, comments kept',
	details: [
		'Without words: the root file and the policy files it names, packs aside. With words: these files.',
		'Shows what would change. `-` formats stdin to stdout, for editors.',
		'A file that is no YAML is left alone and its problems are shown: exit code 3.',
		'',
		'--write   change the files, each whole or not at all',
		'--check   say which files would change: exit code 1 if any would',
	],
	options: { write: { type: 'boolean' }, check: { type: 'boolean' } },
	words: [0, Number.POSITIVE_INFINITY],
	async run(input: CommandInput): Promise<ExitCode> {
		const { words, flags } = input;
		if (isSet(flags, 'write') && isSet(flags, 'check'))
			throw usageError('fmt', '`--write` changes files, and `--check` changes none', 'take one of them');
		if (words.includes('-')) {
			if (words.length > 1) throw usageError('fmt', '`-` stands alone');
			if (isSet(flags, 'write')) throw usageError('fmt', '`--write` needs a file, and stdin is none');
			return formatStdin(input);
		}
		return formatFiles(input);
	},
};

async function formatStdin({ flags, around, global }: CommandInput): Promise<ExitCode> {
	const text = await readAll(around.stdin);
	const formatted = formatYaml(text, '(stdin)', keyOrder);
	if (!formatted.ok) throw unreadable(formatted.problems);
	if (isSet(flags, 'check')) return formatted.text === text ? exitCodes.fine : exitCodes.findings;
	if (global.format === 'json') writeDocument(around, 'fmt', { text: formatted.text });
	else around.stdout.write(formatted.text);
	return exitCodes.fine;
}

function unreadable(problems: readonly Problem[]): TrapgateError {
	return new TrapgateError('K105', 'it was not formatted', { problems });
}

/** One file, and what became of it. */
interface Outcome {
	readonly file: string;
	readonly path: string;
	readonly before: string;
	/** What it should hold; undefined when it can't be formatted. */
	readonly after: string | undefined;
	readonly problems: readonly Problem[];
	readonly isWritten: boolean;
}

function formatFiles(input: CommandInput): ExitCode {
	const { flags, global, around } = input;
	const isWriting = isSet(flags, 'write');
	const outcomes = pathsOf(input).map((path) => formatFile(path, isWriting, around.cwd));
	const changing = outcomes.filter(({ after, before }) => after !== undefined && after !== before);
	const problems = outcomes.flatMap((outcome) => outcome.problems);
	const stale = changing.some(({ isWritten }) => isWritten) ? staleTrust(input) : undefined;
	if (global.format === 'json') {
		writeDocument(around, 'fmt', {
			files: outcomes.map(({ file, before, after, isWritten, problems: own }) => ({
				file,
				formatted: own.length > 0 ? null : after === before || isWritten,
				written: isWritten,
			})),
			problems: problemsJson(problems),
		});
	} else {
		say(input, outcomes, changing);
		if (stale !== undefined) around.stderr.write(`${stale}\n`);
	}
	if (problems.length > 0)
		return problems.some(({ code }) => code === 'C105') ? exitCodes.connection : exitCodes.policy;
	return isSet(flags, 'check') && changing.length > 0 ? exitCodes.findings : exitCodes.fine;
}

/** The files that were named; else the root file and what it names of its own, which packs are not. */
function pathsOf(input: CommandInput): readonly string[] {
	const { words, around } = input;
	if (words.length > 0) return [...new Set(words.map((word) => resolve(around.cwd, word)))];
	const { load, loaded } = readSetting(input);
	const { packs, user, organisation } = load.roots;
	if (loaded.sources.length === 0) throw new TrapgateError('K105', 'there is nothing to format', loaded);
	const isOwn = (path: string) => ![packs, user, organisation].some((root) => liesIn(path, root));
	const paths = loaded.sources.map(({ path }) => path).filter((path) => path === load.file || isOwn(path));
	return [...new Set(paths)];
}

function formatFile(path: string, isWriting: boolean, cwd: string): Outcome {
	const source = readSource(path, 'run', cwd);
	if ('code' in source) return { file: path, path, before: '', after: undefined, problems: [source], isWritten: false };
	const { file, text } = source;
	const formatted = formatYaml(text, file, keyOrder);
	const outcome = { file, path, before: text, after: undefined, problems: [], isWritten: false };
	if (!formatted.ok) return { ...outcome, problems: formatted.problems };
	const done = { ...outcome, after: formatted.text };
	if (!isWriting || formatted.text === text) return done;
	try {
		const bytes = readFileSync(path);
		if (new TextDecoder().decode(bytes) !== text) throw new Error('somebody else changed it meanwhile');
		replaceFile(path, bytes, formatted.text);
		return { ...done, isWritten: true };
	} catch (thrown) {
		const failure: Problem = { code: 'C105', severity: 'error', message: `\`${file}\`: ${errorText(thrown)}` };
		return { ...done, problems: thrown instanceof TrapgateError ? thrown.problems : [failure] };
	}
}

function say(
	{ flags, global, around }: CommandInput,
	outcomes: readonly Outcome[],
	changing: readonly Outcome[],
): void {
	const paint = painter(global.color);
	const problems = outcomes.flatMap((outcome) => outcome.problems);
	if (problems.length > 0) {
		const texts = new Map(outcomes.map(({ file, before }) => [file, before]));
		around.stderr.write(`${problemsText(problems, { cwd: around.cwd, color: global.color, texts })}\n\n`);
	}
	for (const { file, before, after = before, isWritten } of changing) {
		if (isWritten) around.stdout.write(`${paint('changed', 'formatted')}  ${file}\n`);
		else if (isSet(flags, 'check')) around.stdout.write(`${paint('caution', 'differs')}  ${file}\n`);
		else if (!isSet(flags, 'write')) around.stdout.write(`${diffText(file, before, after, paint)}\n`);
	}
	if (global.quiet) return;
	const left = outcomes.filter(({ after }) => after === undefined).length;
	const waiting = changing.filter(({ isWritten }) => !isWritten).length;
	const isWriting = isSet(flags, 'write');
	const todo = isWriting ? `${waiting} not written` : `${waiting} would change: trapgate fmt --write`;
	const verdict = waiting > 0 ? paint('caution', todo) : paint('good', 'formatted');
	const unread = left === 0 ? '' : `, ${paint('bad', `${left} left alone`)}`;
	around.stdout.write(
		`${count(outcomes.length, 'file')}: ${left === outcomes.length ? 'none formatted' : verdict}${unread}\n`,
	);
}

/** A person has accepted the bytes, not what they mean. */
function staleTrust(input: CommandInput): string | undefined {
	const { load, directories, loaded } = readSetting(input);
	const hash = loaded.revision?.projectHash;
	const store = new TrustStore(directories.state);
	if (hash === undefined || !store.knows(load.file) || store.accepted(load.file) === hash) return undefined;
	return 'the policy that was trusted has other bytes now: run trapgate trust again';
}
