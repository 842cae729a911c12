// xargs and its kin: a command whose further words come from input.
import { hasOption, lastValue, makeGrammar, type Options, readOptions, valuesOf } from '../options.ts';
import type { Launch, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic, literal } from '../word-parts.ts';
import { fileReading } from './code-program.ts';
import { fromInput, merged, scriptLaunch, splitAtBlanks, wordsFromInput } from './launching.ts';
import { readingOf } from './wrapper.ts';

const xargsGrammar = makeGrammar({
	options: [
		// GNU's `-i`, `-l` and `-e` take a value only when it is attached; `-J`, `-R` and `-S` are BSD's.
		...[
			'0|null',
			'a|arg-file=s',
			'd|delimiter=s',
			'E=s',
			'e|eof:s',
			'I=s',
			'i|replace:s',
			'L=s',
			'l|max-lines:s',
			'n|max-args=s',
		],
		...[
			'o|open-tty',
			'P|max-procs=s',
			'p|interactive',
			'process-slot-var=s',
			'r|no-run-if-empty',
			's|max-chars=s',
			'show-limits',
		],
		...['t|verbose', 'x|exit', 'help', 'version', 'J=s', 'R=s', 'S=s'],
	],
	stopAtOperand: true,
});

const xargs: Program = {
	names: ['xargs', 'gxargs'],
	read(argv, around) {
		const options = readOptions(argv, xargsGrammar);
		const lists = fileReading(
			'reads',
			valuesOf(options, '--arg-file').filter((word) => word.value !== '-'),
			around,
		);
		const base = merged(readingOf(options), lists);
		if (options.gap) return { ...base, gaps: [options.gap], mayRunArguments: true };
		const tail = argv.slice(options.rest);
		// Alone it runs `echo`.
		if (tail.length === 0) return around.isOpenEnded ? { ...base, gaps: [fromInput] } : base;
		const replace = options.found.findLast((one) => ['-I', '--replace', '-J'].includes(one.name));
		if (replace?.value && !isStatic(replace.value)) {
			const gap = { kind: 'script', detail: 'the text that `xargs` replaces is not known' } as const;
			return { ...base, gaps: [gap], mayRunArguments: true };
		}
		const placeholder = replace && (replace.value?.value || '{}');
		// Where `-I` and `-n` or `-L` meet, the last one wins: taken for both.
		const appends = !replace || replace.name === '-J' || hasOption(options, '-L', '--max-lines', '--max-args');
		const isOpenEnded = appends || around.isOpenEnded;
		return {
			...base,
			launches: [
				{ kind: 'argv', argv: tail, ...(isOpenEnded && { isOpenEnded }), ...(placeholder && { placeholder }) },
			],
		};
	},
};

const parallelGrammar = makeGrammar({
	options: `
		0|null a|arg-file=s arg-file-sep=s arg-sep=s bar basefile|bf=s bg bibtex|citation block|block-size=s
		block-timeout|bt=s cat cleanup C|colsep=s color colour color-failed|cf compress compress-program=s csv ctag
		ctagstring=s d|delimiter=s delay=s delete dryrun|dry-run E=s e|eof:s embed env=s eta fg fifo filter=s
		filter-hosts|fh gnu group group-by=s header=s hostgroups|hgrp I=s i|replace:s joblog=s j|P|jobs|max-procs=s
		k|keep-order L=s l|max-lines:s limit=s latest-line|ll line-buffer|lb|u1 link xapply load=s M|controlmaster m
		memfree=s memsuspend=s minversion=s max-args|n=s max-chars|s=s max-replace-args|N=s max-line-length-allowed
		number-of-cpus number-of-cores no-notice nice=s interactive|p onall nonall output-as-files|files files0
		parens=s pipe|spreadstdin pipepart|pipe-part plain plus progress profile|J=s q|quote r|no-run-if-empty noswap
		record-env recstart=s recend=s regexp|regex rrs|remove-rec-sep results|res=s resume resume-failed retry-failed
		retries=s return=s round-robin|round rpl=s sshlogin|S=s sshloginfile|slf=s semaphore semaphorename|id=s
		semaphoretimeout|st=s seqreplace=s session shard=s shebang|hashbang shebang-wrap shell-completion=s
		shell-quote|shellquote shuf skip-first-line sql=s sql-master|sqlmaster=s sql-and-worker=s
		sql-worker|sqlworker=s ssh=s ssh-delay|sshdelay=s tag tag-string|tagstring=s tee tempdir|tmpdir=s termseq=s
		template|tmpl=s timeout=s t|verbose transfer transferfile|transfer-file|tf=s trc=s tmux tmuxpane trim=s
		u|ungroup unsafe use-cores-instead-of-threads v version|V wait wd|workdir=s will-cite x|exit X|xargs h|help
		halt-on-error|halt=s hostfile=s D=s
	`,
	stopAtOperand: true,
});

/** GNU parallel: a template that a shell reads, once for every argument behind `:::` or from input. */
const parallel: Program = {
	names: ['parallel', 'env_parallel', 'parallel.gnu'],
	read(argv, around) {
		const cut = argv.findIndex((word) => /^::::?\+?$/.test(word.value ?? ''));
		const before = cut < 0 ? argv : argv.slice(0, cut);
		const options = readOptions(before, parallelGrammar);
		const isListed = cut >= 0 && (argv[cut]?.value ?? '').startsWith('::::');
		const lists = [...valuesOf(options, '--arg-file'), ...(isListed ? argv.slice(cut + 1) : [])];
		const base: Reading = merged(readingOf(options), fileReading('reads', lists, around), { mayRunArguments: true });
		if (options.gap) return { ...base, gaps: [options.gap] };
		if (hasOption(options, '--citation', '--bibtex', '--version', '--help')) return base;
		const remote = hasOption(options, '--sshlogin', '--sshloginfile') ? ({ elsewhere: true } as const) : {};
		const others = valuesOf(options, '--compress-program', '--filter', '--ssh').map((text) => scriptLaunch(text));
		const template = before.slice(options.rest);
		if (template.length === 0) {
			const isFile = cut >= 0 && (argv[cut]?.value ?? '').startsWith('::::');
			const texts = cut < 0 || isFile ? [] : argv.slice(cut + 1).filter((word) => !/^::::?\+?$/.test(word.value ?? ''));
			const gaps = cut < 0 || isFile || around.isOpenEnded ? [fromInput] : [];
			return { ...base, launches: [...others, ...texts.map((text) => scriptLaunch(text, remote))], gaps };
		}
		return { ...base, launches: [...others, { ...templateLaunch(template, options), ...remote }] };
	},
};

/** The template as an argv where a shell would read it word for word, else as a script in which the arguments are unknown. */
function templateLaunch(template: readonly Word[], options: Options): Launch {
	const replacement = lastValue(options, '-I', '--replace')?.value || '{}';
	const isQuoted = hasOption(options, '--quote');
	const isPiped = hasOption(options, '--pipe', '--pipepart');
	const isPlain = template.every((word) => isStatic(word) && /^[\w./:,@%+ {}-]*$/.test(word.value));
	if (isQuoted || isPlain) {
		const words = isQuoted ? template : template.flatMap(splitAtBlanks);
		const argv = words.map((word) => (hasReplacement(word, replacement) ? argumentIn(word) : word));
		return { kind: 'argv', argv, ...(!isPiped && { isOpenEnded: true }) };
	}
	const text = template.map((word) => word.value ?? '').join(' ');
	// The arguments are quoted for the shell before they are put in, so outside of quotes each is one word.
	const isSafe = template.every(isStatic) && !/['"\\`]/.test(text);
	if (!isSafe) return { kind: 'script', words: [...template, wordsFromInput] };
	const variable = '"$PARALLEL_ARGUMENT"';
	const filled = text
		.split(replacement)
		.join(variable)
		.replace(/\{[^{}\s]{1,40}\}/g, variable);
	return { kind: 'script', words: [literal(filled === text && !isPiped ? `${text} ${variable}` : filled)] };
}

function hasReplacement(word: Word, replacement: string): boolean {
	return word.value === undefined || word.value.includes(replacement) || /\{[^{}\s]{0,40}\}/.test(word.value);
}

function argumentIn(word: Word): Word {
	const [before = ''] = (word.value ?? '').split('{', 1);
	return { value: undefined, pieces: before === '' ? [null] : [before, null], splits: false };
}

export const xargsPrograms: readonly Program[] = [xargs, parallel];
