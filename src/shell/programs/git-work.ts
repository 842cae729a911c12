// Which commands of git lose uncommitted work, and which files they write or delete.
import { hasOption, type Options } from '../options.ts';
import type { Word } from '../word.ts';
import { firstKnown, literal } from '../word-parts.ts';
import { addFlags, mayBeOption, readArguments } from './findings.ts';
import type { GitCall } from './git-call.ts';
import { settingOf } from './git-settings.ts';
import { addPaths } from './paths.ts';

const losing = ['discards_work'];

/** `git reset`: `--hard` and `--merge` throw changes away; with a mode and a commit the branch moves. */
export function readReset(call: GitCall): void {
	const options = read(call, [...losing, 'rewrites_history']);
	if (hasOption(options, '--hard', '--merge')) overwrite(call, [literal('.')]);
	const [commit] = options.operands;
	const hasMode = hasOption(options, '--hard', '--soft', '--mixed', '--keep', '--merge');
	if (hasMode && commit && !/^(?:HEAD|@)$/.test(firstKnown(commit))) call.findings.facts.set('rewrites_history', true);
}

export function readClean(call: GitCall): void {
	const options = read(call, [...losing, 'dry_run']);
	const mayWithoutForce = settingOf(call.settings, 'clean.requireforce')?.value?.value === 'false';
	if (hasOption(options, '--dry-run')) return;
	if (!hasOption(options, '--force', '--interactive') && !mayWithoutForce) return;
	lose(call);
	addPaths(call.findings, 'deletes', options.operands.length > 0 ? options.operands : [literal('.')], call.around);
}

/** `git checkout` switches branches or overwrites files, depending on its operands. */
export function readCheckout(call: GitCall): void {
	const options = read(call, [...losing, 'rewrites_history']);
	const { operands } = options;
	if (hasOption(options, '-B')) call.findings.facts.set('rewrites_history', true);
	if (hasOption(options, '--force', '--patch', '--ours', '--theirs', '--pathspec-from-file')) lose(call);
	if (hasOption(options, '-b', '-B', '--orphan', '--detach', '--track')) return;
	const dashes = call.argv.findIndex((word) => word.value === '--');
	const paths = dashes >= 0 ? call.argv.slice(dashes + 1) : operands.length > 1 ? operands.slice(1) : [];
	const [only] = operands;
	if (paths.length > 0) overwrite(call, paths);
	else if (hasOption(options, '--force')) overwrite(call, [literal('.')]);
	else if (only && operands.length === 1 && dashes < 0) {
		if (isPathOnly(only)) overwrite(call, operands);
		else if (mayBePath(only)) call.findings.unsure.add('discards_work');
	}
}

export function readSwitch(call: GitCall): void {
	const options = read(call, [...losing, 'rewrites_history']);
	if (hasOption(options, '--force', '--discard-changes')) overwrite(call, [literal('.')]);
	if (hasOption(options, '--force-create')) call.findings.facts.set('rewrites_history', true);
}

export function readRestore(call: GitCall): void {
	const options = read(call, losing);
	if (hasOption(options, '--staged') && !hasOption(options, '--worktree')) return;
	lose(call);
	addPaths(call.findings, 'writes', options.operands, call.around);
}

export function readStash(call: GitCall): void {
	read(call, []);
	if (call.command === 'stash drop' || call.command === 'stash clear') lose(call);
}

export function readRemove(call: GitCall): void {
	const options = read(call, [...losing, 'dry_run']);
	if (hasOption(options, '-r')) call.findings.facts.set('recursive', true);
	if (hasOption(options, '--cached', '--dry-run')) return;
	if (hasOption(options, '--force')) lose(call);
	addPaths(call.findings, 'deletes', options.operands, call.around);
}

export function readMove(call: GitCall): void {
	const { operands } = read(call, []);
	addPaths(call.findings, 'reads', operands.slice(0, -1), call.around);
	addPaths(call.findings, 'deletes', operands.slice(0, -1), call.around);
	addPaths(call.findings, 'writes', operands.slice(-1), call.around);
}

export function readWorktree(call: GitCall): void {
	const options = read(call, losing);
	const [path] = options.operands;
	if (!path) return;
	if (call.command === 'worktree add') addPaths(call.findings, 'writes', [path], call.around);
	if (call.command !== 'worktree remove') return;
	addPaths(call.findings, 'deletes', [path], call.around);
	if (hasOption(options, '--force')) lose(call);
}

/** Plumbing that overwrites files of the working tree when it is told to. */
export function readPlumbing(call: GitCall): void {
	const options = read(call, losing);
	const isForced = hasOption(options, '--force') || (hasOption(options, '--reset') && hasOption(options, '-u'));
	if (isForced) lose(call);
}

/** Commits that nothing points to are the last copy of what a reset or an amend removed. */
export function readCollection(call: GitCall): void {
	const options = read(call, [...losing, 'dry_run']);
	if (hasOption(options, '--dry-run')) return;
	const prunes = options.found.some(({ name, value }) => name === '--prune' && value && value.value !== 'never');
	if (call.command !== 'gc' || prunes) lose(call);
}

function read(call: GitCall, affected: readonly string[]): Options {
	const options = readArguments(call.argv, call.grammar);
	addFlags(call.findings, options, call.around, affected);
	return options;
}

function lose(call: GitCall): void {
	call.findings.facts.set('discards_work', true);
}

function overwrite(call: GitCall, paths: readonly Word[]): void {
	lose(call);
	addPaths(call.findings, 'writes', paths, call.around);
}

/** No branch can be named like this. */
function isPathOnly(word: Word): boolean {
	const start = firstKnown(word);
	return /^(?:\.|\/|:)/.test(start) || /[*?[\\]/.test(start) || (word.value?.endsWith('/') ?? false);
}

/** `app.py` is rather a file than a branch; `v1.2` and `release/2.0` are not. */
function mayBePath(word: Word): boolean {
	return mayBeOption(word) || /\.[A-Za-z]\w{0,9}$/.test(word.value ?? '');
}
