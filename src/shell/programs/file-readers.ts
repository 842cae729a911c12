// Programs that show what is in files: cat, head, grep, sort, diff, base64 and their kin.
import type { Program } from '../program.ts';
import { fileTool } from './file-tool.ts';

const reads = ['reads'] as const;

/** Names of those that treat every operand as a file to read; with the options that take a value. */
const plain: readonly (readonly [names: string, options?: string])[] = [
	[
		'cat tac gcat ccat nl gnl rev vis ul',
		'b|body-numbering=s d|section-delimiter=s f|footer-numbering=s h|header-numbering=s i|line-increment=s l|join-blank-lines=s n s|number-separator=s v w|number-width=s',
	],
	['base64 base32 basenc uuencode', 'w|wrap=s d|decode'],
	[
		'md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum shasum md5 crc32',
		'a|algorithm=s l|length=s c|check',
	],
	['fold gfold expand unexpand', 'w|width=s t|tabs=s b|bytes c'],
	['fmt', 'w|width=s g|goal=s p|prefix=s'],
	['paste', 'd|delimiters=s s|serial'],
	[
		'pr',
		'D|date-format=s e:s h|header=s i:s l|length=s n:s N|first-line-number=s o|indent=s s:s S:s w|width=s W|page-width=s',
	],
	['comm', 'output-delimiter=s'],
	['join', 'a=s e=s j=s o=s t=s v=s 1=s 2=s i|ignore-case'],
	['od', 'A|address-radix=s j|skip-bytes=s N|read-bytes=s S:s t|format=s w:s endian=s c b x'],
	['hexdump hd', 'e=s f=s n=s s=s C|canonical length=s'],
	['strings', 'n|bytes=s t|radix=s T|target=s e|encoding=s s|output-separator=s U=s a|all'],
	['column', 't|table s|separator=s o|output-separator=s c|output-width=s N|table-columns=s R=s H=s n=s'],
	['tsort zcat gzcat bzcat xzcat lzcat zstdcat lz4cat lv bzless xzless bzmore xzmore catdoc antiword lolcat'],
	['pdftotext', 'f=s l=s r=s x=s y=s W=s H=s enc=s opw=s upw=s'],
	['pygmentize glow mdcat highlight source-highlight bats-core', 'l=s s|style=s f=s w|width=s'],
	['look pv', 'b=s t=s N=s L=s'],
	['nano pico micro joe kak hx helix', 'c=s r=s T=s Y=s o=s'],
];

const grepOptions = `e|regexp=s f|file=s m|max-count=s A|after-context=s B|before-context=s C|context=s d|directories=s
	D|devices=s label=s binary-files=s color:s colour:s include=s exclude=s exclude-from=s exclude-dir=s r|recursive
	R|dereference-recursive i|ignore-case v|invert-match n|line-number l|files-with-matches L|files-without-match c|count
	o|only-matching q|quiet|silent h|no-filename H|with-filename w|word-regexp x|line-regexp E|extended-regexp
	F|fixed-strings P|perl-regexp G|basic-regexp s|no-messages a|text z|null-data Z|null`;

export const fileReaderPrograms: readonly Program[] = [
	...plain.map(([names, options = '']) => fileTool({ names, options, operands: reads, numeric: true })),
	fileTool({ names: 'head ghead tail gtail', options: tailOptions(), operands: reads, numeric: true }),
	fileTool({
		names: 'uniq guniq',
		options: 'f|skip-fields=s s|skip-chars=s w|check-chars=s group:s D:s',
		operands: reads,
		last: ['writes'],
	}),
	fileTool({
		names: 'xxd',
		options: 'c|cols=s g|groupsize=s l|len=s n|name=s o=s s|seek=s R=s r|revert p|ps|postscript|plain',
		operands: reads,
		last: ['writes'],
	}),
	fileTool({
		names: 'wc gwc',
		options: 'files0-from=s c|bytes m|chars l|lines w|words',
		operands: reads,
		reads: ['--files0-from'],
	}),
	fileTool({
		names: 'cut gcut',
		options: 'b|bytes=s c|characters=s d|delimiter=s f|fields=s output-delimiter=s s|only-delimited',
		operands: reads,
	}),
	fileTool({
		names: 'grep egrep fgrep rgrep ggrep zgrep bzgrep xzgrep pcregrep pcre2grep',
		options: grepOptions,
		operands: reads,
		skip: 1,
		instead: ['--regexp', '--file'],
		reads: ['--file', '--exclude-from'],
		within: ['--include'],
		numeric: true,
	}),
	fileTool({
		names: 'rg ripgrep rga',
		options: `A|after-context=s B|before-context=s C|context=s e|regexp=s f|file=s g|glob=s iglob=s t|type=s T|type-not=s
			type-add=s type-clear=s m|max-count=s d|max-depth|maxdepth=s M|max-columns=s E|encoding=s engine=s j|threads=s
			r|replace=s color=s colors=s sort=s sortr=s pre=s pre-glob=s max-filesize=s path-separator=s dfa-size-limit=s
			regex-size-limit=s ignore-file=s hyperlink-format=s field-match-separator=s field-context-separator=s
			context-separator=s generate=s hostname-bin=s files type-list n|line-number i|ignore-case S|smart-case
			l|files-with-matches c|count F|fixed-strings w|word-regexp v|invert-match u|unrestricted hidden no-ignore o|only-matching`,
		operands: reads,
		skip: 1,
		instead: ['--regexp', '--file', '--files', '--type-list'],
		reads: ['--file'],
		within: ['--glob', '--iglob'],
		programs: ['--pre', '--hostname-bin'],
	}),
	fileTool({
		names: 'ag ack ack-grep pt ugrep ug sift',
		options: `A|after=s B|before=s C|context=s G|file-search-regex=s m|max-count=s p|path-to-ignore=s W|width=s depth=s
			ignore=s ignore-dir=s ignore-file=s workers=s type=s T=s t|file-type=s O|file-extension=s M|file-magic=s
			e|regexp=s f|file=s include=s exclude=s include-dir=s exclude-dir=s match=s pager=s filter=s view=s
			format-open=s format=s color:s colour:s sort:s n i l c r R w v Q o h H`,
		operands: reads,
		skip: 1,
		instead: ['--regexp', '--file', '--match'],
		reads: ['--file'],
		within: ['--include'],
		scripts: ['--pager', '--filter', '--view', '--format-open'],
		numeric: true,
	}),
	fileTool({
		names: 'sort gsort',
		options: `k|key=s t|field-separator=s S|buffer-size=s T|temporary-directory=s o|output=s parallel=s batch-size=s
			compress-program=s files0-from=s random-source=s sort=s c|check:s n|numeric-sort r|reverse u|unique m|merge`,
		operands: reads,
		reads: ['--files0-from', '--random-source'],
		writes: ['--output'],
		programs: ['--compress-program'],
	}),
	fileTool({
		names: 'shuf gshuf',
		options: 'e|echo i|input-range=s n|head-count=s o|output=s random-source=s r|repeat z',
		operands: reads,
		not: ['--echo', '--input-range'],
		reads: ['--random-source'],
		writes: ['--output'],
	}),
	fileTool({
		names: 'split gsplit',
		options:
			'a|suffix-length=s b|bytes=s C|line-bytes=s l|lines=s n|number=s filter=s additional-suffix=s t|separator=s d x',
		operands: reads,
		last: ['writes'],
		scripts: ['--filter'],
	}),
	fileTool({
		names: 'csplit gcsplit',
		options: 'b|suffix-format=s f|prefix=s n|digits=s',
		operands: reads,
		writes: ['--prefix'],
	}),
	fileTool({ names: 'iconv', options: 'f|from-code=s t|to-code=s o|output=s', operands: reads, writes: ['--output'] }),
	fileTool({
		names: 'diff gdiff diff3 colordiff sdiff wdiff zdiff bzdiff xzdiff zcmp',
		options: `C|context:s U|unified=s c u label=s L=s F|show-function-line=s I|ignore-matching-lines=s x|exclude=s X|exclude-from=s
			S|starting-file=s from-file=s to-file=s W|width=s tabsize=s horizon-lines=s line-format=s D|ifdef=s o|output=s
			diff-program=s palette=s color:s r|recursive q|brief m`,
		operands: reads,
		reads: ['--from-file', '--to-file', '--exclude-from'],
		writes: ['--output'],
		programs: ['--diff-program'],
		numeric: true,
	}),
	fileTool({ names: 'cmp gcmp', options: 'i|ignore-initial=s n|bytes=s l|verbose s|quiet', operands: reads }),
	fileTool({
		names: 'jq gojq jaq',
		options: `f|from-file=s L|library-path=s arg=s{2} argjson=s{2} slurpfile=s{2} rawfile=s{2} argfile=s{2} args jsonargs indent=s
			tab n|null-input r|raw-output R|raw-input s|slurp c|compact-output e|exit-status S|sort-keys j|join-output a|ascii-output`,
		operands: reads,
		skip: 1,
		instead: ['--from-file'],
		reads: ['--from-file'],
		readsSecond: ['--slurpfile', '--rawfile', '--argfile'],
		not: ['--args', '--jsonargs'],
	}),
	fileTool({
		names: 'yq dasel tomlq xq fx',
		options:
			'f|file=s i|inplace o|output-format=s p|input-format=s r|read=s I|indent=s s=s from-file=s e|exit-status P n|null-input',
		operands: reads,
		skip: 1,
		instead: ['--from-file'],
		reads: ['--from-file'],
		writesWith: ['--inplace'],
	}),
	fileTool({
		names: 'xmllint xsltproc',
		options: 'xpath=s o|output=s schema=s encode=s path=s param=s{2} stringparam=s{2} format noout',
		operands: reads,
		writes: ['--output'],
	}),
	fileTool({
		names: 'pandoc',
		options:
			'o|output=s f|from|r|read=s t|to|w|write=s F|filter=s L|lua-filter=s template=s d|defaults=s V|variable=s M|metadata=s pdf-engine=s s|standalone',
		operands: reads,
		writes: ['--output'],
		programs: ['--filter', '--pdf-engine'],
	}),
	fileTool({
		names: 'ssh-keygen',
		options: 'b=s t=s C=s f=s N=s P=s m=s I=s n=s O=s V=s s=s D=s F=s R=s E=s w=s Y=s z=s a=s y e i p l',
		reads: ['-f', '-s'],
	}),
	fileTool({
		names: 'gpg gpg2 age',
		options:
			'o|output=s r|recipient=s u|local-user=s homedir=s passphrase=s passphrase-file=s R=s i|identity=s d|decrypt e|encrypt s|sign c|symmetric a|armor batch',
		operands: reads,
		reads: ['--passphrase-file', '--identity'],
		writes: ['--output'],
	}),
	fileTool({
		names: 'uudecode enscript a2ps',
		options: 'o|output-file|output=s p=s',
		operands: reads,
		writes: ['--output-file', '-p'],
	}),
];

function tailOptions(): string {
	return `c|bytes=s n|lines=s f|follow:s F s|sleep-interval=s pid=s max-unchanged-stats=s q|quiet|silent v|verbose z|zero-terminated`;
}
