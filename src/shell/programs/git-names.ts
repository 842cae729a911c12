// The sub-commands of git by name: its own, which no alias can replace, and well-known plugins.

/** Commands of git itself up to 2.52, helpers included. Source: `git --list-cmds=main`, the release notes since 2.39. */
const own = `
	add add--interactive am annotate apply archive backfill bisect bisect--helper blame branch bugreport bundle cat-file
	check-attr check-ignore check-mailmap check-ref-format checkout checkout--worker checkout-index cherry cherry-pick citool
	clean clone column commit commit-graph commit-tree config count-objects credential credential-cache
	credential-cache--daemon credential-store cvsexportcommit cvsimport cvsserver daemon describe diagnose diff diff-files
	diff-index diff-pairs diff-tree difftool difftool--helper env--helper fast-export fast-import fetch fetch-pack filter-branch
	fmt-merge-msg for-each-ref for-each-repo format-patch fsck fsck-objects fsmonitor--daemon gc get-tar-commit-id grep gui
	hash-object help history hook http-backend http-fetch http-push imap-send index-pack init init-db instaweb interpret-trailers
	last-modified log ls-files ls-remote ls-tree mailinfo mailsplit maintenance merge merge-base merge-file merge-index
	merge-octopus merge-one-file merge-ours merge-recursive merge-recursive-ours merge-recursive-theirs merge-resolve
	merge-subtree merge-tree mergetool mktag mktree multi-pack-index mv name-rev notes p4 pack-objects pack-redundant pack-refs
	patch-id pickaxe prune prune-packed pull push quiltimport range-diff read-tree rebase receive-pack reflog refs remote
	remote-ext remote-fd remote-ftp remote-ftps remote-http remote-https repack replace replay repo request-pull rerere reset
	restore rev-list rev-parse revert rm send-email send-pack sh-i18n--envsubst shell shortlog show show-branch show-index
	show-ref sparse-checkout stage stash status stripspace submodule submodule--helper subtree svn switch symbolic-ref tag
	unpack-file unpack-objects update-index update-ref update-server-info upload-archive upload-archive--writer upload-pack
	var verify-commit verify-pack verify-tag version web--browse whatchanged worktree write-tree`;

const plugins = `
	absorb annex branchless bug cinnabar cliff crypt delta extras fame filter-repo flow ftp gtr imerge interactive-rebase-tool
	latexdiff lfs machete open quick-stats recent review revise secret secrets sizer standup stack subrepo summary town trim up
	when-merged`;

/** Commands that have commands of their own: `git stash drop`, `git remote add`. */
const groups = `
	bisect bundle commit-graph credential flow fsmonitor--daemon hook lfs maintenance multi-pack-index notes p4 reflog refs
	remote repo rerere secret sparse-checkout stash submodule subrepo subtree svn worktree`;

const ownNames: ReadonlySet<string> = new Set(own.trim().split(/\s+/));
const pluginNames: ReadonlySet<string> = new Set(plugins.trim().split(/\s+/));
const groupNames: ReadonlySet<string> = new Set(groups.trim().split(/\s+/));

/** What may follow `git`; beside it there are the user's own aliases and plugins. */
export const gitSubcommands: readonly string[] = [...ownNames, ...pluginNames];

/** A command of git itself: an alias of this name is ignored. */
export function isOwnCommand(name: string): boolean {
	return ownNames.has(name);
}

/** A program `git-<name>` that is commonly installed; also every credential and remote helper. */
export function isPlugin(name: string): boolean {
	return pluginNames.has(name) || /^(?:credential|remote|merge|diff)-[\w-]+$/.test(name);
}

export function hasSubcommands(name: string): boolean {
	return groupNames.has(name);
}
