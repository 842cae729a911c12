// Which files other commands of git show or write: diffs, archives, patches, clones.
import { hasOption, type Options, valuesOf } from '../options.ts';
import type { Word } from '../word.ts';
import { firstKnown, isStatic, literal } from '../word-parts.ts';
import { addFlags, addWords, mayBeOption, readArguments, setWord } from './findings.ts';
import type { GitCall } from './git-call.ts';
import { addPaths } from './paths.ts';

/** Options that name a file which git reads. */
const reading = [
	'--contents',
	'--ignore-revs-file',
	'--signature-file',
	'--description-file',
	'--exclude-from',
	'--add-file',
];
/** Options that name a file or directory which git writes. */
const writing = ['--output', '--output-directory', '--separate-git-dir'];

/** What a command shows may be a secret, whether it comes from a file or from an older version of it. */
export function readFiles(call: GitCall): void {
	const { findings, around, command } = call;
	const options = readArguments(call.argv, call.grammar);
	addFlags(findings, options, around);
	addPaths(findings, 'reads', [...valuesOf(options, ...reading), ...shown(command, options, call.argv)], around);
	const targets = valuesOf(options, ...writing);
	addPaths(findings, 'writes', [...targets, ...made(command, options)], around);
	const [first, second] = options.operands;
	if (command === 'clone' && first && !mayBeOption(first)) addWords(findings, 'urls', [first]);
	// A remote that mirrors: a bare push to it forces, and is judged now, because the later one doesn't show it.
	if (command === 'remote add' && first && options.found.some(isPushMirror)) {
		const argv = [literal('git'), literal('push'), literal('--mirror'), first];
		findings.launches.push({ kind: 'argv', argv, isVirtual: true, as: ['git', 'remote', 'add'] });
	}
	if (/^remote (?:add|set-url)$/.test(command) && second) addWords(findings, 'urls', [second]);
	if (command === 'ls-remote' && first) setWord(findings, 'remote', first);
}

function shown(command: string, options: Options, argv: readonly Word[]): readonly Word[] {
	const { operands } = options;
	switch (command) {
		case 'diff':
		case 'difftool':
			return hasOption(options, '--no-index') ? operands : named(operands, argv);
		case 'blame':
		case 'annotate':
			return operands.slice(-1);
		case 'show':
		case 'cat-file':
		case 'log':
			return named(operands, argv);
		case 'archive':
			return operands.slice(1);
		case 'stash show':
			return named(operands, argv);
		case 'grep':
			return hasOption(options, '-e', '-f') ? operands : operands.slice(1);
		case 'apply':
		case 'hash-object':
			return operands.filter((word) => word.value !== '-');
		default:
			return [];
	}
}

/** What comes after `--`, the file in `commit:file`, and operands that look like a file rather than a commit. */
function named(operands: readonly Word[], argv: readonly Word[]): readonly Word[] {
	const dashes = argv.findIndex((word) => word.value === '--');
	const after = dashes >= 0 ? argv.length - dashes - 1 : 0;
	const before = operands.slice(0, operands.length - after);
	return [
		...before.flatMap((word) => {
			const start = firstKnown(word);
			const colon = start.indexOf(':');
			if (colon >= 0 && isStatic(word)) return [literal(start.slice(colon + 1))];
			return isStatic(word) && looksLikeFile(start) ? [word] : [];
		}),
		...operands.slice(operands.length - after),
	];
}

function looksLikeFile(text: string): boolean {
	return /^\.{0,2}\/|^\.[A-Za-z]|[^.]\.[A-Za-z]\w{0,9}$/.test(text) && !/\.\.(?!\/)/.test(text);
}

function made(command: string, options: Options): readonly Word[] {
	const [first, second] = options.operands;
	if (command === 'clone') return second ? [second] : [];
	if (command === 'init' || command === 'init-db' || command === 'bundle create') return first ? [first] : [];
	return [];
}

function isPushMirror({ name, value }: Options['found'][number]): boolean {
	return name === '--mirror' && value?.value !== 'fetch';
}
