// What a push does to the branches of a remote: which ones, by force, or by deleting them.

import { hasOption, type Options } from '../options.ts';
import type { Word } from '../word.ts';
import { firstKnown, isStatic } from '../word-parts.ts';
import {
	addFlags,
	addToList,
	type Findings,
	mayBeOption,
	mayHoldMoreFlags,
	readArguments,
	setWord,
} from './findings.ts';
import type { GitCall } from './git-call.ts';
import { settingOf, settingsOf } from './git-settings.ts';

const forcing = ['--force', '--force-with-lease', '--force-if-includes', '--mirror'];
const branchFacts = ['force', 'to_branch', 'deletes_branch'];

/** Facts of `git push`; also of `send-pack` and `http-push`, which do its work. Source: git-push(1). */
export function readPush(call: GitCall): Options {
	const { findings, around } = call;
	const options = readArguments(call.argv, call.grammar);
	addFlags(findings, options, around, [...branchFacts, 'skips_hooks', 'dry_run']);
	const [remote, ...refspecs] = options.operands;
	if (remote && !mayBeOption(remote)) setWord(findings, 'remote', remote);
	if (hasOption(options, ...forcing)) findings.facts.set('force', true);
	if (hasOption(options, '--delete', '--prune', '-d', '-D')) findings.facts.set('deletes_branch', true);
	if (hasOption(options, '--all', '--branches', '--mirror', '--prune')) findings.unsure.add('to_branch');
	if (around.isOpenEnded) for (const fact of branchFacts) findings.unsure.add(fact);
	readPushSettings(call);
	if (refspecs.length > 0) readRefspecs(call, refspecs, hasOption(options, '--delete'));
	else if (pushesCurrent(call, options)) addCurrentBranch(call);
	return options;
}

/** Without a refspec and without settings, git pushes the current branch to one of the same name. */
function pushesCurrent({ settings, around }: GitCall, options: Options): boolean {
	if (hasOption(options, '--all', '--branches', '--mirror', '--tags', '--delete')) return false;
	if (settingsOf(settings, 'remote.push').length > 0 || mayHoldMoreFlags(options, around)) return false;
	return true;
}

function readPushSettings({ settings, findings }: GitCall): void {
	for (const { value } of settingsOf(settings, 'remote.push')) {
		if (value) readRefspec(findings, value, undefined);
		else for (const fact of branchFacts) findings.unsure.add(fact);
	}
	for (const { value } of settingsOf(settings, 'remote.mirror')) {
		if (/^(?:false|no|off|0|)$/i.test(value?.value ?? 'true')) continue;
		findings.facts.set('force', true);
		findings.unsure.add('to_branch');
	}
	const where = settingOf(settings, 'push.default');
	if (where && !/^(?:current|simple|nothing)$/.test(where.value?.value ?? '')) findings.unsure.add('to_branch');
}

function readRefspecs(call: GitCall, refspecs: readonly Word[], deletes: boolean): void {
	const { findings } = call;
	const current = call.around.branch?.();
	for (let at = 0; at < refspecs.length; at += 1) {
		const refspec = refspecs[at];
		if (!refspec) continue;
		// `tag v1` is short for `refs/tags/v1:refs/tags/v1`.
		if (refspec.value === 'tag' && at + 1 < refspecs.length) at += 1;
		else if (deletes) addBranch(findings, refspec, 0);
		else readRefspec(findings, refspec, current);
	}
}

/** `+source:destination`; either side may be missing. */
function readRefspec(findings: Findings, refspec: Word, current: string | undefined): void {
	if (mayBeOption(refspec)) {
		for (const fact of branchFacts) findings.unsure.add(fact);
		if (refspec.splits) return;
	}
	const start = firstKnown(refspec);
	const from = start.startsWith('+') ? 1 : 0;
	if (from === 1) findings.facts.set('force', true);
	const colon = start.indexOf(':', from);
	if (colon < 0) {
		const source = start.slice(from);
		if (isStatic(refspec) && (source === 'HEAD' || source === '@')) addKnown(findings, current);
		else addBranch(findings, refspec, from);
		return;
	}
	// `:` alone pushes every branch that both sides have.
	if (isStatic(refspec) && colon + 1 === refspec.value.length) findings.unsure.add('to_branch');
	else if (colon === from) findings.facts.set('deletes_branch', true);
	if (!isStatic(refspec) || colon + 1 < refspec.value.length) addBranch(findings, refspec, colon + 1);
}

function addBranch(findings: Findings, word: Word, from: number): void {
	if (!isStatic(word)) {
		findings.unsure.add('to_branch');
		return;
	}
	const name = word.value.slice(from);
	if (name.includes('*')) findings.unsure.add('to_branch');
	else if (!/^(?:refs\/)?tags\//.test(name)) addToList(findings, 'to_branch', shortName(name));
}

function addCurrentBranch({ findings, around, settings }: GitCall): void {
	const where = settingOf(settings, 'push.default')?.value?.value;
	if (where === 'nothing') return;
	addKnown(findings, around.branch?.());
}

function addKnown(findings: Findings, branch: string | undefined): void {
	if (branch === undefined) findings.unsure.add('to_branch');
	else addToList(findings, 'to_branch', branch);
}

/** `main` for `refs/heads/main` and `heads/main`. */
export function shortName(ref: string): string {
	return ref.replace(/^(?:refs\/)?heads\//, '');
}
