// git: what a call does to branches, hooks, history and files, and the programs it starts.

import { flagsOf } from '../options.ts';
import type { Around, Program, ProgramGap, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic, literal } from '../word-parts.ts';
import { addFlags, finish, readArguments, startFindings } from './findings.ts';
import { aliasWords } from './git-alias.ts';
import { addHooks, readBranch, readCommit, readFetch, readReferences, readTag } from './git-branches.ts';
import { type GitCall, type GitStart, makeCall, readGlobals } from './git-call.ts';
import { clonedSettings, readConfig } from './git-config.ts';
import { readFiles } from './git-files.ts';
import { addLaunches } from './git-launches.ts';
import { hasSubcommands, isOwnCommand, isPlugin } from './git-names.ts';
import { readPush } from './git-push.ts';
import { launchesOf, settingOf } from './git-settings.ts';
import {
	readCheckout,
	readClean,
	readCollection,
	readMove,
	readPlumbing,
	readRemove,
	readReset,
	readRestore,
	readStash,
	readSwitch,
	readWorktree,
} from './git-work.ts';

const readers: Readonly<Record<string, (call: GitCall) => unknown>> = {
	am: readCommit,
	branch: readBranch,
	checkout: readCheckout,
	'checkout-index': readPlumbing,
	'cherry-pick': readCommit,
	clean: readClean,
	commit: readCommit,
	config: readConfig,
	'config set': readConfig,
	'config get': readConfig,
	'config list': readConfig,
	'config unset': readConfig,
	'config remove-section': readConfig,
	fetch: readFetch,
	'filter-branch': readRewriting,
	'filter-repo': readRewriting,
	gc: readCollection,
	'http-push': readPush,
	merge: readCommit,
	mv: readMove,
	prune: readCollection,
	pull: readCommit,
	push: readPush,
	'read-tree': readPlumbing,
	rebase: readCommit,
	'reflog delete': readCollection,
	'reflog expire': readCollection,
	replace: readFiles,
	reset: readReset,
	restore: readRestore,
	revert: readCommit,
	rm: readRemove,
	'send-pack': readPush,
	'stash clear': readStash,
	'stash drop': readStash,
	'submodule deinit': readPlumbing,
	'submodule update': readPlumbing,
	'subtree push': readPush,
	switch: readSwitch,
	'symbolic-ref': readReferences,
	tag: readTag,
	'update-ref': readReferences,
	'worktree add': readWorktree,
	'worktree remove': readWorktree,
};

/** Aliases may stand for aliases; git itself stops at a loop. */
const maxAliases = 8;

const git: Program = { names: ['git'], pattern: /^git-[a-z][a-z-]*$/, read: readProgram };

/** `hub` passes what it doesn't know itself to git. */
const hub: Program = {
	names: ['hub'],
	read: (argv) => ({ launches: [{ kind: 'argv', argv: [literal('git'), ...argv.slice(1)], isVirtual: true }] }),
};

export const gitPrograms: readonly Program[] = [git, hub];

/** `git-push`, as it lies in git's own directory, is `git push` by another name. */
function readProgram(argv: readonly Word[], around: Around): Reading {
	const name = baseName(argv[0]?.value ?? 'git');
	if (!name.startsWith('git-')) return readGit(argv, around, 0);
	const command = name.slice('git-'.length);
	if (!isOwnCommand(command) && !isPlugin(command)) return {};
	const words = [literal('git'), literal(command), ...argv.slice(1)];
	const { isOpenEnded } = around;
	return { launches: [{ kind: 'argv', argv: words, isVirtual: true, ...(isOpenEnded && { isOpenEnded }) }] };
}

function readGit(argv: readonly Word[], around: Around, depth: number): Reading {
	const start = readGlobals(argv, 1, around);
	const word = argv[start.options.rest];
	const settingLaunches = start.settings.all.flatMap((one) => launchesOf(one, placeOf(start)));
	const unknown = subcommandGap(start, word, around);
	if (unknown) {
		return {
			unsure: ['*'],
			launches: settingLaunches,
			gaps: [...start.settings.gaps, unknown],
			mayRunArguments: true,
		};
	}
	if (!word?.value) return { flags: flagsOf(start.options), launches: settingLaunches, gaps: start.settings.gaps };
	if (!isOwnCommand(word.value)) {
		const aliased = depth < maxAliases ? readAlias(argv, start, word.value, around, depth) : undefined;
		if (aliased) return aliased;
	}
	const reading = readCommand(argv.slice(start.options.rest), word.value, start);
	const isKnown = isOwnCommand(word.value) || isPlugin(word.value);
	return {
		...reading,
		launches: [...settingLaunches, ...(reading.launches ?? [])],
		gaps: [...start.settings.gaps, ...(reading.gaps ?? []), ...(isKnown ? [] : [strangeCommand(word.value)])],
		...(!isKnown && { mayRunArguments: true }),
	};
}

/** The sub-command itself can't be told: then git may do anything, an alias of a shell text included. */
function subcommandGap(start: GitStart, word: Word | undefined, around: Around): ProgramGap | undefined {
	if (start.options.gap) return start.options.gap;
	if (word && word.value === undefined) {
		return { kind: 'definition', detail: 'which command of git runs is not known; it may be an alias' };
	}
	if (!word && around.isOpenEnded) return { kind: 'input', detail: 'the command of git comes from input' };
	return undefined;
}

function strangeCommand(name: string) {
	return {
		kind: 'definition',
		detail: `git has no command \`${name}\`: it may be an alias that runs anything`,
	} as const;
}

function readAlias(
	argv: readonly Word[],
	start: GitStart,
	name: string,
	around: Around,
	depth: number,
): Reading | undefined {
	const setting = settingOf(start.settings, `alias.${name}`);
	if (!setting) return undefined;
	const rest = argv.slice(start.options.rest + 1);
	const alias = aliasWords(setting.value, rest, around, placeOf(start));
	if (alias.kind === 'launch') {
		const others = start.settings.all.flatMap((one) => launchesOf(one, placeOf(start)));
		return { subcommands: [name], launches: [...others, alias.launch], gaps: [...start.settings.gaps, ...alias.gaps] };
	}
	return readGit([...argv.slice(0, start.options.rest), ...alias.words, ...rest], around, depth + 1);
}

function placeOf({ directory }: GitStart): { readonly cwd?: Word } {
	return directory ? { cwd: directory } : {};
}

/** From the sub-command on. */
function readCommand(argv: readonly Word[], name: string, start: GitStart): Reading {
	const second = hasSubcommands(name) || name === 'config' ? nestedAt(argv, name) : undefined;
	const subcommands = second === undefined ? [name] : [name, argv[second]?.value ?? ''];
	const findings = startFindings(subcommands);
	if (name === 'stash' && second === undefined) findings.subcommands = ['stash', 'push'];
	const call = makeCall(findings.subcommands.join(' '), argv.slice(second ?? 0), start, findings);
	for (const flag of flagsOf(start.options)) findings.flags.add(flag);
	(readers[call.command] ?? readFiles)(call);
	// Taken back anywhere, it is not counted on.
	if (findings.flags.has('--dry-run') && !findings.flags.has('--no-dry-run')) findings.facts.set('dry_run', true);
	addHooks(call);
	addLaunches(call);
	if (call.command === 'clone') {
		for (const setting of clonedSettings(call)) findings.launches.push(...launchesOf(setting, placeOf(start)));
	}
	return finish(findings);
}

/** Where the second word of a sub-command stands: behind flags, and a word that can be one. */
function nestedAt(argv: readonly Word[], name: string): number | undefined {
	for (let at = 1; at < argv.length; at += 1) {
		const word = argv[at];
		if (!word || !isStatic(word)) return undefined;
		const takesValue = /^(?:--ref|--prefix|-P)$/.test(word.value);
		if (word.value.startsWith('-') && word.value !== '--') at += takesValue ? 1 : 0;
		else return isNested(name, word.value) ? at : undefined;
	}
	return undefined;
}

function isNested(name: string, word: string): boolean {
	if (name === 'config') return /^(?:get|set|unset|list|edit|remove-section|rename-section)$/.test(word);
	if (name === 'reflog') return /^(?:show|list|expire|delete|exists|drop|write)$/.test(word);
	if (name === 'stash' || name === 'notes') return /^[a-z]+$/.test(word);
	return /^[a-z][a-z-]*$/.test(word);
}

function readRewriting(call: GitCall): void {
	const options = readArguments(call.argv, call.grammar);
	addFlags(call.findings, options, call.around);
	call.findings.facts.set('rewrites_history', true);
}

function baseName(path: string): string {
	return path.slice(path.lastIndexOf('/') + 1);
}
