// Archivers and compressors: what they pack, unpack and remove, and the programs they start.

import { hasOption, makeGrammar, type Options, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { attached, firstKnown, isStatic, literal } from '../word-parts.ts';
import { fileTool, isFile } from './file-tool.ts';
import { addFlags, type Findings, finish, readArguments, startFindings } from './findings.ts';
import { fromVariables, scriptLaunch } from './launching.ts';
import { addPaths, joinPath, rawText } from './paths.ts';
import { split } from './subcommand-tool.ts';

/** Source: `tar --help` of GNU tar 1.35; what bsdtar has besides. */
const tarOptions = `A|catenate|concatenate c|create delete d|diff|compare r|append t|list test-label u|update x|extract|get
	f|file=s C|directory=s T|files-from=s X|exclude-from=s I|use-compress-program=s to-command=s checkpoint:s checkpoint-action=s
	F|info-script|new-volume-script=s rsh-command=s rmt-command=s O|to-stdout remove-files one-top-level:s transform|xform=s
	strip-components=s exclude=s g|listed-incremental=s G|incremental L|tape-length=s N|newer|after-date=s newer-mtime=s b|blocking-factor=s
	H|format=s K|starting-file=s V|label=s group=s owner=s mode=s mtime=s index-file=s level=s sparse-version=s suffix=s
	volno-file=s record-size=s quoting-style=s occurrence:s add-file=s sort=s totals:s warning=s hole-detection=s
	exclude-tag=s exclude-ignore=s group-map=s owner-map=s set-mtime-command=s a|auto-compress z|gzip j|bzip2 J|xz Z|compress
	zstd lzma lzip lzop v|verbose p|preserve-permissions h|dereference k|keep-old-files overwrite U|unlink-first m|touch
	S|sparse W|verify w|interactive l P|absolute-names backup:s n M o R i B s null no-recursion wildcards utc options=s`;

const tarGrammar = makeGrammar({ options: split(tarOptions) });
const tarScripts = [
	'--use-compress-program',
	'--to-command',
	'--info-script',
	'--rsh-command',
	'--rmt-command',
	'--set-mtime-command',
];

const zipGrammar = makeGrammar({
	options:
		split(`b|temp-path=s d|delete f|freshen i=s x=s j|junk-paths m|move n|suffixes=s o|latest-time P|password=s e|encrypt q|quiet
		r|recurse-paths R|recurse-patterns s|split-size=s t=s tt=s T|test unzip-command|TT=s u|update y|symlinks @|names-stdin
		O|output-file=s out=s z l D X v 0 1 2 3 4 5 6 7 8 9`),
	onUnknown: 'flag',
});

const packing = `d|decompress|uncompress k|keep c|stdout|to-stdout f|force l|list t|test S|suffix=s r|recursive v|verbose q|quiet n N
	T|threads=s o=s D=s M|memlimit=s F|format=s B=s rm fast best ultra`;

export const archivePrograms: readonly Program[] = [
	{ names: ['tar', 'gtar', 'bsdtar', 'star'], read: readTar },
	{ names: ['zip'], read: readZip },
	{ names: ['unzip', 'unrar', 'unar', 'bsdunzip'], read: readUnzip },
	packer('gzip ggzip pigz bzip2 pbzip2 lbzip2 xz pxz lzma lzip lzop compress', true),
	packer('gunzip bunzip2 unxz unlzma uncompress unpigz', true),
	packer('zstd lz4 brotli unzstd unlz4', false),
	fileTool({ names: '7z 7za 7zr 7zz rar', operands: ['reads'], skip: 1, last: ['reads'] }),
	fileTool({ names: 'ar gar', operands: ['reads'], skip: 1 }),
	fileTool({
		names: 'gcpio pax',
		options:
			'F|file=s I=s O=s D|directory=s E|pattern-file=s M|message=s R|owner=s H|format=s rsh-command=s rmt-command=s o|create i|extract p|pass-through',
		reads: ['-I', '--pattern-file'],
		writes: ['-O', '--file', '--directory'],
		commands: ['--rsh-command', '--rmt-command'],
	}),
];

function readTar(given: readonly Word[], around: Around): Reading {
	const argv = dashed(given);
	const options = readArguments(argv, tarGrammar);
	const findings = startFindings();
	addFlags(findings, options, around);
	const archive = valuesOf(options, '--file').filter((word) => isFile(word) && !/^[^/]+:/.test(word.value ?? ''));
	const directories = valuesOf(options, '--directory');
	const inside = { ...around, cwd: directories.reduce<string | null>((cwd, word) => knownPath(cwd, word), around.cwd) };
	for (const text of valuesOf(options, ...tarScripts)) findings.launches.push(scriptLaunch(text));
	addCheckpoints(findings, options);
	findings.launches.push(...(fromVariables(around, ['TAPE_RSH', 'TAR_RSH']).launches ?? []));
	if (around.env.has('TAR_OPTIONS'))
		findings.gaps.push({ kind: 'arguments', detail: 'TAR_OPTIONS holds more options of tar' });
	if (hidesOptions(argv, options)) {
		findings.gaps.push({ kind: 'arguments', detail: 'options of tar may start programs, and not all are known' });
	}
	addPaths(findings, 'reads', valuesOf(options, '--files-from', '--exclude-from', '--add-file'), around);
	if (hasOption(options, '--extract')) {
		addPaths(findings, 'reads', archive, around);
		if (!hasOption(options, '--to-stdout', '--to-command')) addPaths(findings, 'writes', [literal('.')], inside);
	} else if (hasOption(options, '--list', '--diff', '--test-label')) addPaths(findings, 'reads', archive, around);
	else {
		addPaths(findings, 'writes', archive, around);
		addPaths(findings, 'reads', options.operands.filter(isFile), inside);
		if (hasOption(options, '--remove-files')) addPaths(findings, 'deletes', options.operands, inside);
		if (around.isOpenEnded) findings.unsure.add('reads');
	}
	return finish(findings);
}

/** A glob may become an option too, but only by a file that somebody gave such a name; that makes flags unsure, no more. */
function hidesOptions(argv: readonly Word[], options: Options): boolean {
	if (!options.gap) return false;
	const isKnown = (name: string) => tarGrammar.long.has(name.slice(2)) || tarGrammar.short.has(name.slice(1));
	return (
		argv.some((word) => word.splits && /[$`]/.test(rawText(word) || '$')) ||
		!options.found.every(({ name }) => isKnown(name))
	);
}

/** `tar czf a.tar x` is `tar -c -z -f a.tar x`: letters without a dash take their values in order from the words behind. */
function dashed(argv: readonly Word[]): readonly Word[] {
	const [program, first, ...rest] = argv;
	if (!program || !first || !isStatic(first) || first.value.startsWith('-') || !/^[A-Za-z]+$/.test(first.value))
		return argv;
	const words: Word[] = [program];
	let next = 0;
	for (const letter of first.value) {
		words.push(literal(`-${letter}`));
		const value = rest[next];
		if (!'fCTXIFgLNbHKV'.includes(letter) || !value) continue;
		words.push(value);
		next += 1;
	}
	return [...words, ...rest.slice(next)];
}

/** `--checkpoint-action=exec=command`; other actions only print. */
function addCheckpoints(findings: Findings, options: Options): void {
	for (const action of valuesOf(options, '--checkpoint-action')) {
		const start = firstKnown(action);
		if (start.startsWith('exec=')) findings.launches.push(scriptLaunch(attached(action, 'exec='.length)));
		else if (!isStatic(action))
			findings.gaps.push({ kind: 'script', detail: 'what tar does at a checkpoint is not known' });
	}
}

function readZip(argv: readonly Word[], around: Around): Reading {
	const options = readArguments(argv.map(separateLetters), zipGrammar);
	const findings = startFindings();
	addFlags(findings, options, around);
	for (const text of valuesOf(options, '--unzip-command')) findings.launches.push(scriptLaunch(text));
	const [archive, ...files] = options.operands;
	addPaths(
		findings,
		'writes',
		[...(archive ? [archive] : []), ...valuesOf(options, '--output-file')].filter(isFile),
		around,
	);
	addPaths(findings, 'reads', files.filter(isFile), around);
	if (hasOption(options, '--move')) addPaths(findings, 'deletes', files, around);
	if (around.isOpenEnded) findings.unsure.add('reads');
	return finish(findings);
}

/** zip has options of two letters behind one dash: `-TT command`. */
function separateLetters(word: Word): Word {
	return word.value === '-TT' ? literal('--unzip-command') : word;
}

function readUnzip(argv: readonly Word[], around: Around): Reading {
	const options = readArguments(argv, unzipGrammar);
	const findings = startFindings();
	addFlags(findings, options, around);
	addPaths(findings, 'reads', options.operands.slice(0, 1), around);
	if (hasOption(options, '-p', '-c', '-l', '-t', '-v', '-Z')) return finish(findings);
	const directory = valuesOf(options, '-d', '-o:dir');
	addPaths(findings, 'writes', directory.length > 0 ? directory : [literal('.')], around);
	return finish(findings);
}

const unzipGrammar = makeGrammar({ options: split('d=s x P=s p c l t v Z o n q j u f a C L'), onUnknown: 'flag' });

/** `gzip a` reads a, writes `a.gz` and deletes a. */
function packer(names: string, deletes: boolean): Program {
	const grammar = makeGrammar({ options: split(packing), onUnknown: 'flag', numeric: true });
	return {
		names: split(names),
		read(argv, around) {
			const options = readArguments(argv, grammar);
			const findings = startFindings();
			addFlags(findings, options, around);
			const files = options.operands.filter(isFile);
			addPaths(findings, 'reads', files, around);
			addPaths(findings, 'writes', valuesOf(options, '-o'), around);
			if (around.isOpenEnded) findings.unsure.add('reads');
			if (hasOption(options, '--stdout', '--list', '--test')) return finish(findings);
			addPaths(findings, 'writes', files, around);
			if (hasOption(options, '--rm') || (deletes && !hasOption(options, '--keep')))
				addPaths(findings, 'deletes', files, around);
			return finish(findings);
		},
	};
}

function knownPath(cwd: string | null, word: Word): string | null {
	const path = joinPath(cwd, word);
	return path.isKnown ? path.text : null;
}
