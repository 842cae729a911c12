// ruby, node, deno, php, lua, tcl and the like: code in an option, in a file, or on input.
import { hasOption, type Options, valuesOf } from '../options.ts';
import type { Program } from '../program.ts';
import { codeProgram, codeReading, fileReading } from './code-program.ts';
import { merged } from './launching.ts';

const ruby = codeProgram({
	names: ['ruby', 'jruby', 'truffleruby', 'rbx', 'mruby'],
	pattern: /^ruby\d+(?:\.\d+)*$/,
	options: `a c l n p s S:s v V version h|help w x:s y d|debug U e=s E=s F=s i:s I=s r=s K=s T:s W:s 0:s C=s X=s encoding=s
		external-encoding=s internal-encoding=s enable=s disable=s jit:s yjit:s rjit:s copyright verbose yydebug dump=s backtrace-limit=s parser=s`,
	language: 'ruby',
	code: ['-e'],
	operand: 'file',
	abbreviations: false,
	// `-n` and `-p` read the files behind the code; so does code that asks for them.
	more: (options, argv, around) => {
		const code = valuesOf(options, '-e');
		const loops =
			hasOption(options, '-n', '-p') || code.some((one) => /\b(?:ARGF|gets|readlines?)\b/.test(one.value ?? ''));
		if (code.length === 0 || !loops) return {};
		const files = argv.slice(options.rest);
		const changes = hasOption(options, '-i') ? fileReading('writes', files, around) : {};
		return merged(fileReading('reads', files, around), changes);
	},
	idle: ['-V'],
});

/** Source: irb --help. Its input is code. */
const irb = codeProgram({
	names: ['irb', 'pry'],
	options:
		'f d|debug w W:s E=s U I=s r=s e|exec=s v|version h|help noecho echo inspect noinspect simple-prompt sample-book-mode',
	onUnknown: 'flag',
	language: 'ruby',
	code: ['--exec'],
	operand: 'file',
});

const crystal = codeProgram({
	names: ['crystal'],
	options: 'v|version h|help',
	onUnknown: 'flag',
	language: 'ruby',
	readsInput: false,
	more: (options, argv, around) => {
		const words = argv.slice(options.rest + 1).filter((word) => !word.value?.startsWith('-'));
		return options.operands[0]?.value === 'eval' ? codeReading('ruby', words, around) : {};
	},
});

const node = codeProgram({
	names: ['node', 'nodejs', 'iojs'],
	pattern: /^node(?:js)?-?v?\d+(?:\.\d+)*$/,
	options: `v|version h|help e|eval=s p|print:s c|check i|interactive r|require=s import=s C|conditions=s loader=s
		experimental-loader=s test inspect:s inspect-brk:s env-file=s env-file-if-exists=s input-type=s icu-data-dir=s
		max-old-space-size=s stack-trace-limit=s title=s watch-path=s run=s openssl-config=s tls-cipher-list=s
		test-name-pattern=s test-reporter=s test-reporter-destination=s disable-warning=s unhandled-rejections=s
		experimental-default-type=s redirect-warnings=s heapsnapshot-signal=s diagnostic-dir=s dns-result-order=s v8-options
		completion-bash build-snapshot-config=s snapshot-blob=s trace-event-categories=s secure-heap=s`,
	onUnknown: 'flag',
	abbreviations: false,
	language: 'javascript',
	code: ['--eval'],
	operand: printsOperand,
	idle: ['--check', '--v8-options', '--completion-bash', '--run', '--test'],
	more: (options, _argv, around) => {
		const texts = valuesOf(options, '--print').filter((word) => word.value !== 'e');
		const settings = fileReading('reads', valuesOf(options, '--env-file', '--env-file-if-exists'), around);
		return merged(settings, hasOption(options, '--eval') ? {} : codeReading('javascript', texts, around));
	},
});

/** `-p text` prints what its operand says; with `--print=text` or `-e text` the operand is a file as always. */
function printsOperand(options: Options): 'code' | 'file' {
	const prints = options.found.filter((one) => one.name === '--print');
	const isAttached = prints.some((one) => one.value !== undefined && one.value.value !== 'e');
	return prints.length > 0 && !isAttached && !hasOption(options, '--eval') ? 'code' : 'file';
}

const deno = codeProgram({
	names: ['deno'],
	options: 'V|version h|help',
	onUnknown: 'flag',
	language: 'javascript',
	readsInput: false,
	more: (options, argv, around) => {
		const command = options.operands[0]?.value;
		const words = argv.slice(options.rest + 1).filter((word) => !word.value?.startsWith('-'));
		if (command === 'eval') return codeReading('javascript', words.slice(0, 1), around);
		const isInput = command === 'run' && argv.slice(options.rest + 1).some((word) => word.value === '-');
		return isInput ? { launches: [{ kind: 'code', language: 'javascript', from: 'input' }] } : {};
	},
});

const php = codeProgram({
	names: ['php', 'php-cli', 'hhvm'],
	pattern: /^php\d+(?:\.\d+)?$/,
	options: `a|interactive c|php-ini=s n|no-php-ini d|define=s e|profile-info f|file=s h|help i|info l|syntax-check m|modules
		r|run=s B|process-begin=s R|process-code=s E|process-end=s F|process-file=s H|hide-args S|server=s t|docroot=s
		s|syntax-highlight v|version w|strip z|zend-extension=s ini:s rf=s rc=s re=s rz=s ri=s`,
	language: 'php',
	code: ['--run', '--process-begin', '--process-code', '--process-end'],
	operand: 'file',
	files: ['--file', '--process-file'],
	// What stands outside of its marks is printed, and a file without marks is printed whole.
	more: (options, argv, around) =>
		hasOption(options, '--run', '--process-begin', '--process-code', '--process-end')
			? {}
			: fileReading('reads', argv.slice(options.rest, options.rest + 1), around),
	idle: ['--info', '--modules', '--syntax-check', '--ini', '--server', '--rf', '--rc', '--re', '--rz', '--ri'],
});

const lua = codeProgram({
	names: ['lua', 'luajit', 'texlua', 'luatex', 'resty', 'luvit', 'tarantool', 'lua-any'],
	pattern: /^(?:lua|luajit)-?\d+(?:\.\d+)*$/,
	options: 'e=s l=s i v E W j=s b:s O:s',
	language: 'lua',
	code: ['-e'],
	operand: 'file',
	idle: ['-b'],
});

const tcl = codeProgram({
	names: ['tclsh', 'wish', 'jimsh', 'tixwish', 'itclsh'],
	pattern: /^(?:tclsh|wish)\d+(?:\.\d+)*$/,
	options: 'encoding=s e=s',
	onUnknown: 'flag',
	language: 'tcl',
	code: ['-e'],
	operand: 'file',
});

const expect = codeProgram({
	names: ['expect', 'expectk'],
	options: 'c=s d D=s i n N v b f=s',
	language: 'tcl',
	code: ['-c'],
	operand: 'file',
	files: ['-f'],
});

export const scriptInterpreterPrograms: readonly Program[] = [ruby, irb, crystal, node, deno, php, lua, tcl, expect];
