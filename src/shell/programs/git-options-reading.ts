// The options of git's commands that only look: log, diff, status, grep and their kin.

const diff = `
	p|patch u no-patch U|unified:s W|function-context raw patch-with-raw patch-with-stat numstat shortstat X|dirstat:s
	cumulative dirstat-by-file:s check summary name-only name-status stat:s stat-width=s stat-name-width=s stat-graph-width=s
	stat-count=s compact-summary binary full-index color:s ws-error-highlight=s z abbrev:s src-prefix=s dst-prefix=s
	line-prefix=s no-prefix default-prefix inter-hunk-context=s output-indicator-new=s output-indicator-old=s
	output-indicator-context=s B|break-rewrites:s M|find-renames:s D|irreversible-delete C|find-copies:s find-copies-harder
	no-renames rename-empty follow l=s minimal w|ignore-all-space b|ignore-space-change ignore-space-at-eol ignore-cr-at-eol
	ignore-blank-lines I|ignore-matching-lines=s indent-heuristic patience histogram diff-algorithm=s anchored=s word-diff:s
	word-diff-regex=s color-words:s color-moved:s color-moved-ws=s relative:s a|text R exit-code quiet ext-diff textconv
	ignore-submodules:s submodule:s ita-invisible-in-index ita-visible-in-index S=s G=s pickaxe-all pickaxe-regex O=s
	rotate-to=s skip-to=s find-object=s diff-filter=s output=s max-depth=s`;

const revisions = `
	n|max-count=s skip=s since=s after=s until=s before=s since-as-filter=s author=s committer=s grep=s all-match invert-grep
	i|regexp-ignore-case basic-regexp E|extended-regexp F|fixed-strings P|perl-regexp remove-empty merges no-merges
	min-parents=s max-parents=s no-min-parents no-max-parents first-parent exclude-first-parent-only not all branches:s tags:s
	remotes:s glob=s exclude=s exclude-hidden=s reflog single-worktree ignore-missing bisect stdin cherry-mark cherry-pick
	left-only right-only cherry g|walk-reflogs merge boundary simplify-by-decoration show-pulls full-history dense sparse
	simplify-merges ancestry-path:s date-order author-date-order topo-order reverse objects in-commit-order no-walk:s do-walk
	pretty:s format=s abbrev-commit oneline encoding=s expand-tabs:s notes:s show-notes:s standard-notes show-signature
	relative-date date=s parents children left-right graph show-linear-break:s count max-age=s min-age=s`;

const log = `${diff} ${revisions} q source use-mailmap mailmap clear-decorations decorate-refs=s decorate-refs-exclude=s
	decorate:s L=s full-diff log-size c cc dd m t diff-merges=s combined-all-paths remerge-diff no-diff-merges r root`;

const blame = `
	incremental b root show-stats progress score-debug f|show-name n|show-number p|porcelain line-porcelain c t l s
	e|show-email w ignore-rev=s ignore-revs-file=s color-lines color-by-age minimal diff-algorithm=s S=s contents=s C:s M:s L=s
	abbrev:s`;

const formatPatch = `
	n|numbered N|no-numbered s|signoff stdout cover-letter commit-list-format=s numbered-files suffix=s start-number=s
	v|reroll-count=s filename-max-length=s rfc:s cover-from-description=s description-file=s subject-prefix=s
	o|output-directory=s k|keep-subject zero-commit ignore-if-in-upstream add-header=s to=s cc=s from:s in-reply-to=s attach:s
	inline:s thread:s signature=s base=s signature-file=s progress interdiff=s range-diff=s creation-factor=s
	force-in-body-from always`;

/** As `git <command> -h` and git-log(1) list them; where a name stands twice, the first one counts. */
export const readingOptions: Readonly<Record<string, string>> = {
	annotate: blame,
	blame,
	'cat-file': `e p t s allow-unknown-type use-mailmap mailmap batch:s batch-check:s z Z batch-command:s batch-all-objects
		buffer follow-symlinks unordered textconv filters path=s filter=s`,
	describe: `contains debug all tags long first-parent abbrev:s exact-match candidates=s match=s exclude=s always dirty:s
		broken:s`,
	diff: `${diff} no-index cached staged merge-base 0 1|base 2|ours 3|theirs c cc r root diff-merges=s q`,
	'diff-index': `${diff} m cached merge-base r root`,
	'diff-tree': `${diff} ${revisions} m c cc r t s v root no-commit-id stdin combined-all-paths always`,
	'diff-files': `${diff} 0 1|base 2|ours 3|theirs q c cc`,
	difftool: `${diff} g|gui y|no-prompt prompt symlinks tool=s t=s tool-help trust-exit-code x|extcmd=s no-index dir-diff d
		cached staged merge-base`,
	'for-each-ref': `s|shell p|perl python tcl count=s format=s color:s sort=s points-at=s merged=s no-merged=s contains=s
		no-contains=s ignore-case omit-empty include-root-refs stdin exclude=s start-after=s`,
	'for-each-repo': 'config=s keep-going',
	'format-patch': `${formatPatch} ${diff} ${revisions}`,
	grep: `cached no-index untracked exclude-standard recurse-submodules v|invert-match i|ignore-case w|word-regexp a|text I
		textconv r|recursive max-depth=s E|extended-regexp G|basic-regexp F|fixed-strings P|perl-regexp n|line-number column h H
		full-name l|files-with-matches name-only L|files-without-match z|null o|only-matching c|count color:s break heading
		C|context=s B|before-context=s A|after-context=s threads=s p|show-function W|function-context f=s e=s and or not q|quiet
		all-match O|open-files-in-pager:s ext-grep m|max-count=s 0 1 2 3 4 5 6 7 8 9`,
	'hash-object': 't=s w stdin stdin-paths no-filters literally path=s',
	log: log,
	'ls-files': `z t v f c|cached d|deleted m|modified o|others i|ignored s|stage k|killed directory eol empty-directory
		u|unmerged resolve-undo x|exclude=s X|exclude-from=s exclude-per-directory=s exclude-standard full-name
		recurse-submodules error-unmatch with-tree=s abbrev:s debug deduplicate sparse format=s`,
	'ls-remote': `q|quiet upload-pack=s exec=s t|tags h|heads branches refs get-url sort=s exit-code symref o|server-option=s`,
	'ls-tree': 'd r t z l|long name-only name-status object-only full-name full-tree format=s abbrev:s',
	'merge-base': 'a|all octopus independent is-ancestor fork-point',
	mergetool: 't|tool=s tool-help y|no-prompt prompt g|gui O=s',
	'range-diff': `${diff} creation-factor=s no-dual-color notes:s left-only right-only
		diff-merges=s remerge-diff`,
	reflog: log,
	'rev-list': `${revisions} disk-usage:s unpacked header object-names abbrev:s quiet bisect-vars
		bisect-all filter=s filter-provided-objects filter-print-omitted missing=s use-bitmap-index progress=s timestamp
		objects-edge indexed-objects no-object-names commit-header maximal-only z`,
	shortlog: `c|committer n|numbered s|summary e|email w:s group=s ${revisions}`,
	show: log,
	'show-branch': `a|all r|remotes color:s more:s list no-name current sha1-name merge-base independent topo-order topics
		sparse date-order g|reflog:s`,
	'show-ref': `tags heads branches verify exists head d|dereference s|hash:s abbrev:s q|quiet exclude-existing:s`,
	'stash list': log,
	'stash show': `${diff} include-untracked only-untracked`,
	status: `v|verbose s|short b|branch show-stash ahead-behind porcelain:s long z|null u|untracked-files:s ignored:s
		ignore-submodules:s column:s no-renames renames M|find-renames:s`,
	'submodule status': 'q|quiet cached recursive',
	whatchanged: log,
	'worktree list': 'porcelain v|verbose expire=s z',
};
