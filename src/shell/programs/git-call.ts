// One call of git, taken apart: the options before the sub-command, the settings they make, and where it works.

import { type CompiledGrammar, makeGrammar, type Options, readOptions, valuesOf } from '../options.ts';
import type { Around } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic, literal } from '../word-parts.ts';
import type { Findings } from './findings.ts';
import { grammarOf } from './git-options.ts';
import { readSettings, type Settings } from './git-settings.ts';
import { joinPath, rawText } from './paths.ts';

/** A sub-command of git with its arguments, and all that was said before it. */
export interface GitCall {
	/** `push`, `stash drop`. */
	readonly command: string;
	/** From the last word of the sub-command on, so that index 0 is no option. */
	readonly argv: readonly Word[];
	/** With the directory that `-C` and `--work-tree` lead to, and without a branch where that is another repository. */
	readonly around: Around;
	readonly settings: Settings;
	/** Where `-C` leads, for what git starts. */
	readonly directory: Word | undefined;
	readonly grammar: CompiledGrammar;
	readonly findings: Findings;
}

/** Source: git(1). */
const globalGrammar = makeGrammar({
	options: `v|version h|help C=s c=s exec-path:s html-path man-path info-path p|paginate P|no-pager no-replace-objects
		no-lazy-fetch no-optional-locks no-advice bare git-dir=s work-tree=s namespace=s super-prefix=s config-env=s
		literal-pathspecs glob-pathspecs noglob-pathspecs icase-pathspecs list-cmds=s attr-source=s`
		.trim()
		.split(/\s+/),
	stopAtOperand: true,
	abbreviations: false,
});

export interface GitStart {
	readonly options: Options;
	readonly around: Around;
	readonly settings: Settings;
	readonly directory: Word | undefined;
}

/** The options before the sub-command; `from` is where they begin. */
export function readGlobals(argv: readonly Word[], from: number, around: Around): GitStart {
	const options = readOptions(argv, globalGrammar, from);
	const directories = valuesOf(options, '-C');
	const [directory] = directories;
	const tree = valuesOf(options, '--work-tree').at(-1) ?? around.env.get('GIT_WORK_TREE');
	const paths = tree ? [...directories, tree] : directories;
	const isElsewhere = !paths.every(isHere) || valuesOf(options, '--git-dir').length > 0 || around.env.has('GIT_DIR');
	return {
		options,
		settings: readSettings(options, around),
		directory: directories.length > 1 ? paths.at(-1) : directory,
		around: {
			...around,
			cwd: paths.reduce<string | null>(enter, around.cwd),
			branch: isElsewhere ? undefined : around.branch,
		},
	};
}

export function makeCall(
	command: string,
	argv: readonly Word[],
	start: Omit<GitStart, 'options'>,
	findings: Findings,
): GitCall {
	const { around, settings, directory } = start;
	return {
		command,
		argv: argv.map((word) => currentBranch(word, around)),
		around,
		settings,
		directory,
		grammar: grammarOf(command),
		findings,
	};
}

/** The output of these is a branch, or `HEAD`: no option, and no `+`. */
const branchCommands =
	/^"?\$\(\s*git (?:branch --show-current|rev-parse --abbrev-ref HEAD|symbolic-ref --short HEAD)\s*\)"?$/;

function currentBranch(word: Word, around: Around): Word {
	if (word.value !== undefined || !branchCommands.test(rawText(word))) return word;
	const branch = around.branch?.();
	return branch === undefined ? { value: undefined, pieces: ['refs/heads/', null], splits: false } : literal(branch);
}

function enter(cwd: string | null, path: Word): string | null {
	const joined = joinPath(cwd, path);
	return joined.isKnown ? joined.text : null;
}

function isHere(path: Word): boolean {
	return isStatic(path) && path.value === '.';
}
