// Further interpreters: statistics, Lisps, Java and its kin, Erlang, Haskell, PowerShell, calculators.
import { valuesOf } from '../options.ts';
import type { Program, Reading } from '../program.ts';
import { isStatic } from '../word-parts.ts';
import { type CodeProgram, codeProgram, codeReading, fileReading } from './code-program.ts';

/** Common terms: unknown options are flags, a file operand is run as any program in a file is. */
function interpreter(
	names: readonly string[],
	language: string,
	options: string,
	code: readonly string[],
	more: Partial<CodeProgram> = {},
): Program {
	return codeProgram({ names, language, options, code, operand: 'file', onUnknown: 'flag', ...more });
}

/** `name eval TEXT`, `name -e TEXT` and so on: the words after a sub-command are code. */
function afterSubcommand(command: string, language: string): NonNullable<CodeProgram['more']> {
	return (options, argv, around): Reading =>
		options.operands[0]?.value === command ? codeReading(language, argv.slice(options.rest + 1), around) : {};
}

export const codeInterpreterPrograms: readonly Program[] = [
	interpreter(['Rscript', 'littler'], 'r', 'e=s default-packages=s verbose version help', ['-e']),
	interpreter(
		['R'],
		'r',
		'e=s f|file=s g|gui=s d|debugger=s slave no-save no-restore vanilla q|quiet|silent s|no-echo args version help encoding=s',
		['-e'],
		{ files: ['--file'], operand: 'data' },
	),
	interpreter(
		['julia'],
		'julia',
		'e|eval=s E|print=s L|load=s p|procs=s t|threads=s J|sysimage=s O|optimize:s project:s m=s i q v|version h|help',
		['--eval', '--print'],
	),
	interpreter(
		['octave', 'octave-cli', 'matlab'],
		'octave',
		'eval=s path=s p=s persist no-gui q|quiet|silent H|no-history f|norc W|no-window-system r=s batch=s -batch=s -r=s -nosplash -nodesktop -nodisplay v|version h|help',
		['--eval', '-r', '-batch'],
	),
	interpreter(['gnuplot'], 'gnuplot', 'e=s c=s p|persist s|slow d|default-settings V|version h|help -persist', ['-e']),
	interpreter(
		['guile', 'guile-2.2', 'guile-3.0'],
		'scheme',
		'c=s e=s s=s l=s L=s x=s q ds use-srfi=s listen:s debug no-debug fresh-auto-compile auto-compile no-auto-compile v|version h|help',
		['-c'],
		{ files: ['-s'] },
	),
	interpreter(
		['racket', 'mzscheme', 'gracket'],
		'scheme',
		'e|eval=s f|load=s t|require=s l|lib=s p=s r|script=s u=s k=s{2} m=s n i v|version h|help',
		['--eval'],
	),
	interpreter(
		[
			'csi',
			'chicken-csi',
			'gsi',
			'gosh',
			'chibi-scheme',
			'mit-scheme',
			'scheme',
			'petite',
			'bigloo',
			'scm',
			'ikarus',
			'larceny',
			'kawa',
			'tinyscheme',
		],
		'scheme',
		'e|eval=s E=s p|print=s P=s R=s l|load=s s|script=s q|quiet v|version h|help',
		['--eval', '--print', '-P', '-E'],
	),
	interpreter(
		['sbcl', 'clisp', 'ccl', 'ecl', 'abcl', 'cmucl', 'alisp', 'ros'],
		'common-lisp',
		'eval=s e=s x=s l|load=s script:s -eval=s -load=s non-interactive noinform no-userinit no-sysinit quit core=s K=s M=s q norc version help',
		['--eval', '-x', '-e', '-eval'],
	),
	interpreter(
		['bb', 'clj', 'clojure', 'lein', 'nbb', 'joker'],
		'clojure',
		'e|eval=s f|file=s m|main=s M:s A:s X:s i|init=s r|repl version h|help',
		['--eval'],
	),
	interpreter(
		['jshell'],
		'java',
		's v q feedback=s R=s J=s C=s class-path=s module-path=s startup=s add-exports=s add-modules=s execution=s enable-preview version help',
		[],
	),
	interpreter(
		['groovy', 'groovysh'],
		'groovy',
		'e=s a|autosplit:s b|basescript=s c|encoding=s D=s cp|-cp=s classpath|-classpath=s d|debug i=s l:s n p q|quiet v|version h|help',
		['-e'],
	),
	interpreter(
		['scala', 'scala3', 'amm', 'scala-cli'],
		'scala',
		'e|execute=s c|code=s cp=s classpath=s e=s i=s nobootcp save -e=s -i=s version h|help'.replace(' e=s', ''),
		['--execute', '-e', '--code'],
	),
	interpreter(
		['kotlinc', 'kotlin'],
		'kotlin',
		'e|expression=s cp|-cp=s script -script -e=s version help',
		['--expression', '-e'],
		{ readsInput: false },
	),
	interpreter(
		['erl'],
		'erlang',
		'eval|-eval=s noshell|-noshell noinput|-noinput s|-s=s run|-run=s pa|-pa=s pz|-pz=s name|-name=s sname|-sname=s setcookie|-setcookie=s version',
		['--eval', '-eval'].flatMap((name) => [name]),
		{ operand: 'data', permutes: true },
	),
	interpreter(
		['elixir', 'iex'],
		'elixir',
		'e|eval=s r=s S=s pr=s pa=s pz=s sname=s name=s cookie=s rpc-eval=s{2} erl=s no-halt hidden version h|help',
		['--eval', '-e'],
	),
	interpreter(['mix'], 'elixir', 'version help', [], {
		readsInput: false,
		more: (options, argv, around) => {
			const at = argv.findIndex((word) => word.value === '-e' || word.value === '--eval');
			const isEval = options.operands[0]?.value === 'eval';
			if (isEval) return codeReading('elixir', argv.slice(options.rest + 1, options.rest + 2), around);
			return at > 0 ? codeReading('elixir', argv.slice(at + 1, at + 2), around) : {};
		},
	}),
	interpreter(
		['ghc', 'ghci', 'runghc', 'runhaskell', 'stack-ghc'],
		'haskell',
		'e=s package=s i:s O:s X=s v:s c S C E M o=s outputdir=s -package=s version help interactive make',
		['-e'],
		{ readsInput: false, more: afterColon },
	),
	interpreter(['swift'], 'swift', 'e=s -e=s I=s F=s L=s D=s version help', ['-e']),
	interpreter(['osascript'], 'applescript', 'e=s l=s s=s i', ['-e'], {
		more: (options, _argv, around) => {
			const isScript = valuesOf(options, '-l').some((word) => word.value !== 'AppleScript');
			return isScript ? codeReading('apple-javascript', valuesOf(options, '-e'), around) : {};
		},
	}),
	interpreter(
		['pwsh', 'powershell', 'pwsh.exe', 'powershell.exe', 'pwsh-preview'],
		'powershell',
		'-c -command -Command -noprofile -NoProfile -nop -noni -NonInteractive version help',
		[],
		{
			readsInput: false,
			more: readPowerShellArguments,
		},
	),
	interpreter(['nim', 'nimble'], 'nim', 'eval=s version help', ['--eval'], { readsInput: false }),
	interpreter(
		['csharprepl', 'csi.exe', 'csharp', 'dotnet-script'],
		'csharp',
		'e|eval=s i|interactive=s version help',
		['--eval'],
		{ more: afterSubcommand('eval', 'csharp') },
	),
	interpreter(['dc', 'gdc-calc'], 'dc', 'e|expression=s f|file=s i|interactive V|version h|help x', ['--expression'], {
		files: ['--file'],
	}),
	interpreter(
		['bc', 'gbc'],
		'bang',
		'l|mathlib i|interactive q|quiet s|standard w|warn e|expression=s f|file=s v|version h|help',
		['--expression'],
	),
	interpreter(['telnet', 'gftp'], 'bang', 'l=s a n=s e=s E K L x S=s', [], { operand: 'data' }),
	codeProgram({
		names: ['cpan', 'reply', 're.pl'],
		options: '',
		onUnknown: 'flag',
		language: 'bang',
		operand: 'data',
		permutes: true,
	}),
	codeProgram({
		names: ['groff', 'troff', 'nroff', 'gtroff', 'pic', 'grotty', 'psroff', 'eqn', 'tbl'],
		options:
			'U a b c C e E g G i j k l N p R s S t V X z Z v|version h|help d=s D=s f=s F=s I=s K=s L=s m=s M=s n=s o=s P=s r=s T=s w=s W=s',
		onUnknown: 'flag',
		permutes: true,
		language: 'roff',
		operand: 'file',
		more: (options, _argv, around) =>
			fileReading(
				'reads',
				options.operands.filter((word) => word.value !== '-'),
				around,
			),
	}),
	codeProgram({
		names: [
			'tex',
			'latex',
			'pdftex',
			'pdflatex',
			'xetex',
			'xelatex',
			'luatex-any',
			'lualatex',
			'luahbtex',
			'etex',
			'context',
			'mf',
			'mpost',
		],
		options:
			'-interaction=s -jobname=s -output-directory=s -output-format=s -halt-on-error -file-line-error -shell-escape -no-shell-escape -shell-restricted -enable-write18 -draftmode -ini -fmt=s -synctex=s shell-escape no-shell-escape interaction=s output-directory=s jobname=s halt-on-error enable-write18 version help',
		onUnknown: 'flag',
		permutes: true,
		language: 'tex',
		operand: 'text',
		more: (options, argv, around) => {
			// Without a backslash the operand is a file's name.
			const code = options.operands.filter((word) => !isStatic(word) || word.value.includes('\\'));
			const isCode = code.some((word) => isStatic(word) || (word.pieces[0] ?? '').startsWith('\\'));
			return isCode
				? codeReading('tex', code, around)
				: fileReading('reads', argv.slice(options.rest, options.rest + 1), around);
		},
	}),
];

/** `ghc -e ':!text'` is a command of ghci. */
function afterColon(options: Parameters<NonNullable<CodeProgram['more']>>[0]): Reading {
	const shells = valuesOf(options, '-e').flatMap((word) => /^\s*:!(.*)$/s.exec(word.value ?? '')?.[1] ?? []);
	return shells.length > 0
		? {
				launches: shells.map(
					(text) => ({ kind: 'script', words: [{ value: text, pieces: [text], splits: false }] }) as const,
				),
			}
		: {};
}

/** `-c` takes all that follows; its names may be shortened, in any case. Anything else without `-File` is code, too. */
function readPowerShellArguments(...[, argv, around]: Parameters<NonNullable<CodeProgram['more']>>): Reading {
	for (let at = 1; at < argv.length; at++) {
		const text = argv[at]?.value?.toLowerCase();
		if (text === undefined)
			return { gaps: [{ kind: 'code', detail: 'what PowerShell runs is known only at run time' }] };
		if (/^[-/]{1,2}c(?:o(?:m(?:m(?:a(?:n(?:d)?)?)?)?)?)?$/.test(text)) {
			const code = argv.slice(at + 1);
			if (code.some((word) => word.value === '-'))
				return { launches: [{ kind: 'code', language: 'powershell', from: 'input' }] };
			return joinedCode(code, around);
		}
		if (/^[-/]{1,2}(?:e|ec|en\w*)$/.test(text))
			return { gaps: [{ kind: 'code', detail: 'PowerShell runs an encoded text' }] };
		if (/^[-/]{1,2}f(?:i(?:l(?:e)?)?)?$/.test(text)) return {};
		if (
			/^[-/]{1,2}(?:ex|ep|w|wi|wd|o|if|in|config|custom|set|v|ver|version|outputformat|inputformat|executionpolicy|windowstyle|workingdirectory)/.test(
				text,
			)
		)
			at++;
		else if (!/^[-/]/.test(text)) return text.endsWith('.ps1') ? {} : joinedCode(argv.slice(at), around);
	}
	return { launches: [{ kind: 'code', language: 'powershell', from: 'input' }] };
}

function joinedCode(words: Parameters<typeof codeReading>[1], around: Parameters<typeof codeReading>[2]): Reading {
	if (!words.every(isStatic)) return codeReading('powershell', words, around);
	const text = words.map((word) => word.value).join(' ');
	return codeReading('powershell', [{ value: text, pieces: [text], splits: false }], around);
}
