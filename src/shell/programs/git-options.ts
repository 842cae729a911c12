// The options of git's commands that change something; what reads only is in git-options-reading.ts.
import { type CompiledGrammar, makeGrammar } from '../options.ts';
import { readingOptions } from './git-options-reading.ts';
import { split } from './subcommand-tool.ts';

const verifying = 'n|no-verify';
const signing = 'S|gpg-sign:s';
const strategy = 's|strategy=s X|strategy-option=s';
const pathspecFile = 'pathspec-from-file=s pathspec-file-nul';
const transfer = `upload-pack=s depth=s shallow-since=s shallow-exclude=s 4|ipv4 6|ipv6 o|server-option=s j|jobs=s`;
const fetching = `v|verbose q|quiet all a|append atomic f|force k|keep p|prune t|tags progress deepen=s unshallow update-shallow
	refmap=s negotiation-tip=s show-forced-updates set-upstream recurse-submodules:s dry-run ${transfer}`;
const conflicts = '2|ours 3|theirs m|merge conflict=s overlay p|patch ignore-skip-worktree-bits';
const listing = `contains=s no-contains=s merged=s no-merged=s sort=s points-at=s format=s color:s column:s i|ignore-case`;

/** As `git <command> -h` lists them; git adds `--no-` to most by itself, and so does `gitGrammar`. */
const changingOptions: Readonly<Record<string, string>> = {
	add: `n|dry-run v|verbose i|interactive p|patch e|edit f|force u|update renormalize N|intent-to-add A|all ignore-removal
		refresh ignore-errors ignore-missing sparse chmod=s auto-advance U|unified=s inter-hunk-context=s ${pathspecFile}`,
	am: `${verifying} i|interactive b|binary 3|3way q|quiet s|signoff u|utf8 k|keep keep-non-patch m|message-id keep-cr
		c|scissors quoted-cr=s whitespace=s ignore-space-change ignore-whitespace directory=s exclude=s include=s C=s p=s
		patch-format=s reject resolvemsg=s continue r|resolved skip abort quit show-current-patch:s retry allow-empty
		committer-date-is-author-date ignore-date rerere-autoupdate empty=s ${signing}`,
	apply: `exclude=s include=s p=s no-add stat numstat summary check index N|intent-to-add cached unsafe-paths apply 3|3way ours
		theirs union build-fake-ancestor=s z C=s whitespace=s ignore-space-change ignore-whitespace R|reverse unidiff-zero reject
		allow-overlap v|verbose q|quiet inaccurate-eof recount directory=s allow-empty allow-binary-replacement binary`,
	archive: `format=s prefix=s add-file=s add-virtual-file=s o|output=s worktree-attributes v|verbose l|list remote=s exec=s
		mtime=s 0 1 2 3 4 5 6 7 8 9`,
	branch: `v|verbose q|quiet t|track:s u|set-upstream-to=s unset-upstream r|remotes abbrev:s a|all d|delete D m|move M c|copy C
		l|list show-current create-reflog edit-description f|force recurse-submodules omit-empty ${listing}`,
	'bundle create': 'q|quiet progress all-progress all-progress-implied version=s all branches tags',
	checkout: `b=s B=s l guess q|quiet recurse-submodules:s progress d|detach t|track:s f|force orphan=s overwrite-ignore
		ignore-other-worktrees auto-advance U|unified=s inter-hunk-context=s ${conflicts} ${pathspecFile}`,
	'checkout-index': `a|all ignore-skip-worktree-bits f|force q|quiet n|no-create u|index z stdin temp prefix=s stage=s`,
	'cherry-pick': `quit continue abort skip cleanup=s n|no-commit e|edit s|signoff m|mainline=s rerere-autoupdate strategy=s
		X|strategy-option=s x ff allow-empty allow-empty-message keep-redundant-commits empty=s ${signing}`,
	clean: 'q|quiet n|dry-run f|force i|interactive d e|exclude=s x X',
	clone: `v|verbose q|quiet progress reject-shallow n|no-checkout bare mirror l|local no-hardlinks s|shared
		recurse-submodules:s recursive:s j|jobs=s template=s reference=s reference-if-able=s dissociate o|origin=s b|branch=s
		revision=s u|upload-pack=s depth=s shallow-since=s shallow-exclude=s single-branch tags shallow-submodules
		separate-git-dir=s ref-format=s c|config=s server-option=s 4|ipv4 6|ipv6 filter=s also-filter-submodules
		remote-submodules sparse bundle-uri=s`,
	commit: `${verifying} q|quiet v|verbose F|file=s author=s date=s m|message=s c|reedit-message=s C|reuse-message=s fixup=s
		squash=s reset-author trailer=s s|signoff t|template=s e|edit cleanup=s status a|all i|include interactive p|patch
		o|only dry-run short branch ahead-behind porcelain long z|null amend no-post-rewrite u|untracked-files:s allow-empty
		allow-empty-message U|unified=s inter-hunk-context=s ${signing} ${pathspecFile}`,
	'commit-tree': `p=s m=s F=s ${signing}`,
	config: `global system local worktree f|file=s blob=s get get-all get-regexp get-urlmatch replace-all add unset unset-all
		rename-section remove-section l|list fixed-value e|edit get-color get-colorbool t|type=s bool int bool-or-int bool-or-str
		path expiry-date z|null name-only show-names includes show-origin show-scope default=s all regexp value=s url=s append
		comment=s`,
	daemon: `verbose syslog log-destination=s detach informative-errors reuseaddr pid-file=s user=s group=s listen=s port=s
		inetd strict-paths base-path=s base-path-relaxed interpolated-path=s export-all init-timeout=s timeout=s
		max-connections=s user-path:s enable=s disable=s allow-override=s forbid-override=s access-hook=s`,
	fetch: `${fetching} m|multiple n prefetch P|prune-tags write-fetch-head u|update-head-ok refetch negotiate-only filter=s
		auto-maintenance auto-gc write-commit-graph stdin porcelain`,
	'fetch-pack': `all stdin q|quiet k|keep thin include-tag upload-pack=s exec=s depth=s shallow-since=s shallow-exclude=s
		deepen-relative refetch no-progress check-self-contained-and-connected v lock-pack filter=s`,
	'filter-branch': `setup=s subdirectory-filter=s env-filter=s tree-filter=s index-filter=s parent-filter=s msg-filter=s
		commit-filter=s tag-name-filter=s prune-empty original=s d=s f|force state-branch=s`,
	gc: 'q|quiet prune:s cruft max-cruft-size=s expire-to=s aggressive auto detach force keep-largest-pack',
	init: 'template=s bare shared:s q|quiet separate-git-dir=s b|initial-branch=s object-format=s ref-format=s',
	merge: `n stat summary compact-summary log:s squash commit e|edit cleanup=s ff ff-only rerere-autoupdate verify-signatures
		m|message=s F|file=s into-name=s v|verbose q|quiet abort quit continue allow-unrelated-histories progress autostash
		overwrite-ignore signoff no-verify ${signing} ${strategy}`,
	mv: 'v|verbose n|dry-run f|force k sparse',
	prune: 'n|dry-run v|verbose progress expire=s exclude-promisor-objects',
	pull: `j|jobs:s ${fetching} r|rebase:s n stat summary compact-summary log:s signoff squash commit edit cleanup=s ff ff-only verify
		verify-signatures autostash allow-unrelated-histories ${signing} ${strategy}`,
	push: `v|verbose q|quiet repo=s all branches mirror d|delete tags n|dry-run porcelain f|force force-with-lease:s
		force-if-includes recurse-submodules=s thin receive-pack=s exec=s u|set-upstream progress prune no-verify follow-tags
		signed:s atomic o|push-option=s 4|ipv4 6|ipv6`,
	'http-push': 'all dry-run force verbose d D',
	'read-tree': `index-output=s empty v|verbose m trivial aggressive reset prefix=s u exclude-per-directory=s i n|dry-run
		no-sparse-checkout debug-unpack recurse-submodules:s q|quiet`,
	rebase: `onto=s keep-base no-verify q|quiet v|verbose n|no-stat stat signoff committer-date-is-author-date
		reset-author-date ignore-date C=s ignore-whitespace whitespace=s f|force-rebase no-ff continue skip abort quit edit-todo
		show-current-patch apply m|merge i|interactive p|preserve-merges rerere-autoupdate empty=s keep-empty allow-empty-message
		autosquash update-refs autostash x|exec=s r|rebase-merges:s fork-point root reschedule-failed-exec reapply-cherry-picks
		trailer=s ${signing} ${strategy}`,
	'reflog delete': 'n|dry-run rewrite updateref verbose',
	'reflog expire': `n|dry-run rewrite updateref verbose expire=s expire-unreachable=s stale-fix all single-worktree`,
	'remote add': 'f|fetch tags t|track=s m|master=s mirror:s',
	'remote prune': 'n|dry-run',
	'remote set-url': 'push add delete',
	repack: `a A cruft cruft-expiration=s combine-cruft-below-size=s max-cruft-size=s d f F n q|quiet l|local
		b|write-bitmap-index i|delta-islands name-hash-version=s path-walk unpack-unreachable=s k|keep-unreachable window=s
		window-memory=s depth=s threads=s max-pack-size=s filter=s pack-kept-objects keep-pack=s g|geometric=s m|write-midx
		expire-to=s filter-to=s`,
	replace: 'l|list d|delete e|edit g|graft convert-graft-file f|force raw format=s',
	reset: `q|quiet no-refresh mixed soft hard merge keep recurse-submodules:s p|patch N|intent-to-add auto-advance U|unified=s
		inter-hunk-context=s z stdin ${pathspecFile}`,
	restore: `s|source=s S|staged W|worktree ignore-unmerged q|quiet recurse-submodules:s progress auto-advance U|unified=s
		inter-hunk-context=s ${conflicts} ${pathspecFile}`,
	revert: `quit continue abort skip cleanup=s n|no-commit e|edit s|signoff m|mainline=s rerere-autoupdate strategy=s
		X|strategy-option=s reference ${signing}`,
	rm: `n|dry-run q|quiet cached f|force r ignore-unmatch sparse ${pathspecFile}`,
	'send-email': `from=s to=s cc=s bcc=s subject=s reply-to=s in-reply-to=s outlook-id-fix xmailer annotate compose
		compose-encoding=s 8bit-encoding=s transfer-encoding=s mailmap envelope-sender=s sendmail-cmd=s smtp-server=s
		smtp-server-option=s smtp-server-port=s smtp-user=s smtp-pass=s smtp-encryption=s smtp-ssl smtp-ssl-cert-path=s
		smtp-domain=s smtp-auth=s smtp-debug=s batch-size=s relogin-delay=s identity=s to-cmd=s cc-cmd=s header-cmd=s
		suppress-cc=s signed-off-by-cc signed-off-cc cc-cover to-cover suppress-from chain-reply-to thread confirm=s quiet
		dry-run format-patch validate force dump-aliases translate-aliases`,
	'send-pack': `v|verbose q|quiet receive-pack=s exec=s remote=s all n|dry-run mirror f|force signed:s push-option=s progress
		thin atomic stateless-rpc stdin helper-status force-with-lease:s force-if-includes`,
	'stash push': `k|keep-index S|staged p|patch q|quiet u|include-untracked a|all m|message=s U|unified=s
		inter-hunk-context=s ${pathspecFile}`,
	'stash pop': 'q|quiet index label-ours=s label-theirs=s label-base=s',
	'stash drop': 'q|quiet',
	'submodule add': 'q|quiet b|branch=s f|force name=s reference=s dissociate ref-format=s depth=s',
	'submodule deinit': 'q|quiet f|force all',
	'submodule foreach': 'q|quiet recursive',
	'submodule update': `q|quiet f|force init remote recursive N|no-fetch checkout m|merge r|rebase reference=s dissociate
		ref-format=s depth=s j|jobs=s recommend-shallow progress require-init single-branch filter=s`,
	'subtree push':
		'q|quiet d|debug P|prefix=s rejoin ignore-joins squash annotate=s b|branch=s onto=s m|message=s S|gpg-sign:s',
	switch: `c|create=s C|force-create=s guess discard-changes q|quiet recurse-submodules:s progress m|merge conflict=s d|detach
		t|track:s f|force orphan=s overwrite-ignore ignore-other-worktrees`,
	'symbolic-ref': 'q|quiet d|delete short recurse m=s',
	tag: `l|list n:s d|delete v|verify a|annotate m|message=s F|file=s trailer=s e|edit s|sign cleanup=s u|local-user=s f|force
		create-reflog omit-empty ${listing}`,
	'update-ref': 'm=s d no-deref z stdin create-reflog 0|batch-updates',
	'worktree add': `f|force b=s B=s orphan d|detach checkout lock reason=s q|quiet track guess-remote relative-paths`,
	'worktree move': 'f|force relative-paths',
	'worktree prune': 'n|dry-run v|verbose expire=s',
	'worktree remove': 'f|force',
};

const sameAs: Readonly<Record<string, string>> = {
	'init-db': 'init',
	stage: 'add',
	'stash save': 'stash push',
	'stash apply': 'stash pop',
	'subtree split': 'subtree push',
	'subtree add': 'subtree push',
	'subtree merge': 'subtree push',
	'subtree pull': 'subtree push',
};

const grammars: ReadonlyMap<string, CompiledGrammar> = new Map([
	...Object.entries(changingOptions).map(([name, text]) => [name, gitGrammar(text, false)] as const),
	// `-20` is `--max-count=20`, or so many lines of context.
	...Object.entries(readingOptions).map(([name, text]) => [name, gitGrammar(text, true)] as const),
]);

const noOptions = makeGrammar({ options: [], onUnknown: 'flag' });

/** The grammar of `push`, of `stash drop`; one without options for what is not listed. */
export function grammarOf(command: string): CompiledGrammar {
	return grammars.get(sameAs[command] ?? command) ?? noOptions;
}

/**
 * Git's parse-options reads `--no-x` for every `--x`, and `--x` for an option that is itself named `no-x`.
 * Lists are put together from shared parts: of two options with one name the first one counts.
 */
function gitGrammar(text: string, numeric: boolean): CompiledGrammar {
	return makeGrammar(() => {
		const options = split(text);
		const taken = new Set(options.flatMap((option) => option.replace(/[=:].*/, '').split('|')));
		const longs = [...taken].filter((name) => name.length > 1);
		const negated = longs.map((name) => (name.startsWith('no-') ? name.slice(3) : `no-${name}`));
		return { numeric, options: [...options, ...negated.filter((name) => name.length > 1 && !taken.has(name))] };
	});
}
