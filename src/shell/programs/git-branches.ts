// Which commands of git move or delete branches, rewrite commits, or leave hooks out.

import { hasOption, valuesOf } from '../options.ts';
import type { Word } from '../word.ts';
import { firstKnown } from '../word-parts.ts';
import { addFlags, addToList, mayBeOption, readArguments, setWord } from './findings.ts';
import type { GitCall } from './git-call.ts';
import { shortName } from './git-push.ts';
import { settingOf } from './git-settings.ts';
import { addPaths } from './paths.ts';

export function readBranch(call: GitCall): void {
	const { findings, around } = call;
	const options = readArguments(call.argv, call.grammar);
	addFlags(findings, options, around, ['deletes_branch', 'discards_work', 'rewrites_history']);
	const deletes = hasOption(options, '--delete', '-D');
	const forces = hasOption(options, '--force');
	if (deletes) findings.facts.set('deletes_branch', true);
	if (hasOption(options, '-D') || (deletes && forces)) findings.facts.set('discards_work', true);
	if (hasOption(options, '-M', '-C') || (forces && !deletes)) findings.facts.set('rewrites_history', true);
}

export function readTag(call: GitCall): void {
	const options = readArguments(call.argv, call.grammar);
	addFlags(call.findings, options, call.around, ['deletes_tag']);
	if (hasOption(options, '--delete')) call.findings.facts.set('deletes_tag', true);
	addPaths(call.findings, 'reads', valuesOf(options, '--file'), call.around);
}

/** `git update-ref refs/heads/main <commit>` puts a branch elsewhere without asking anyone. */
export function readReferences(call: GitCall): void {
	const { findings } = call;
	const options = readArguments(call.argv, call.grammar);
	addFlags(findings, options, call.around, ['deletes_branch', 'rewrites_history', 'discards_work']);
	const [ref] = options.operands;
	if (hasOption(options, '--stdin'))
		for (const fact of ['deletes_branch', 'rewrites_history']) findings.unsure.add(fact);
	if (hasOption(options, '-d', '--delete')) {
		findings.facts.set('deletes_branch', true);
		findings.facts.set('discards_work', true);
	} else if (ref && call.command === 'update-ref') findings.facts.set('rewrites_history', true);
	if (ref?.value !== undefined) addToList(findings, 'to_branch', shortName(ref.value));
	else if (ref) findings.unsure.add('to_branch');
}

/** Commands that make commits: `skips_hooks`, `rewrites_history`, the files a message comes from. */
export function readCommit(call: GitCall): void {
	const { findings, settings, command } = call;
	const options = readArguments(call.argv, call.grammar);
	addFlags(findings, options, call.around, ['skips_hooks', 'rewrites_history', 'dry_run']);
	const rebases =
		hasOption(options, '--rebase') ||
		/^(?:true|merges|interactive)$/.test(settingOf(settings, 'pull.rebase')?.value?.value ?? '');
	const isRebase = command === 'rebase' && !hasOption(options, '--abort', '--quit', '--show-current-patch');
	if (isRebase || hasOption(options, '--amend') || (command === 'pull' && rebases)) {
		findings.facts.set('rewrites_history', true);
	}
	addPaths(findings, 'reads', valuesOf(options, '--file', '--template', '--pathspec-from-file', '-F'), call.around);
}

/** `git fetch src:dst` writes branches of this repository; with `-f` or `+` also where that loses commits. */
export function readFetch(call: GitCall): void {
	const { findings } = call;
	const options = readArguments(call.argv, call.grammar);
	addFlags(findings, options, call.around, ['force', 'to_branch', 'dry_run']);
	const [remote, ...refspecs] = options.operands;
	if (remote && !mayBeOption(remote)) setWord(findings, 'remote', remote);
	for (const refspec of refspecs) addFetched(call, refspec, hasOption(options, '--force'));
}

/** Whether what was read so far, or what surrounds the call, keeps hooks from running. */
export function addHooks({ findings, settings, around }: GitCall): void {
	if (findings.flags.has('--no-verify') || settingOf(settings, 'core.hookspath'))
		findings.facts.set('skips_hooks', true);
	for (const [name, value] of around.env) {
		if (hookSwitches.get(name)?.test(value?.value ?? '0')) findings.facts.set('skips_hooks', true);
	}
}

/** Variables by which hook managers are told to do nothing: husky, lefthook, pre-commit, overcommit, simple-git-hooks. */
const hookSwitches: ReadonlyMap<string, RegExp> = new Map([
	['HUSKY', /^(?:0|false)$/],
	['HUSKY_SKIP_HOOKS', /^(?!0$|false$|$)/],
	['LEFTHOOK', /^(?:0|false)$/],
	['LEFTHOOK_EXCLUDE', /./],
	['SKIP', /./],
	['OVERCOMMIT_DISABLE', /^(?!0$|$)/],
	['SKIP_SIMPLE_GIT_HOOKS', /^(?!0$|$)/],
]);

function addFetched({ findings }: GitCall, refspec: Word, forces: boolean): void {
	const start = firstKnown(refspec);
	const colon = start.indexOf(':');
	if (refspec.value === undefined) findings.unsure.add('to_branch');
	if (refspec.value === undefined && (colon < 0 || forces)) findings.unsure.add('force');
	if (colon < 0 || refspec.value === undefined) return;
	const destination = refspec.value.slice(colon + 1);
	// Remote-tracking branches are git's own notes; they are meant to be overwritten.
	if (destination === '' || /^refs\/(?:remotes|tags)\//.test(destination)) return;
	if (forces || start.startsWith('+')) findings.facts.set('force', true);
	addToList(findings, 'to_branch', shortName(destination));
}
