// ed, vi, vim, nvim and emacs: commands in options and on input.
import { hasOption, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Launch, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic, literal } from '../word-parts.ts';
import { codeProgram, codeReading, fileReading } from './code-program.ts';
import { merged, scriptLaunch } from './launching.ts';
import { readingOf } from './wrapper.ts';

/** Source: ed(1). An operand `!text` is a command whose output is edited. */
const ed = codeProgram({
	names: ['ed', 'red', 'ged'],
	options:
		'E|extended-regexp G|traditional l|loose-exit-status p|prompt=s q|quiet r|restricted s|silent|script v|verbose h|help V|version',
	language: 'ed',
	more: (_options, argv, around) => {
		const operand = argv.slice(1).find((word) => !/^-./.test(word.value ?? ''));
		if (!operand?.value?.startsWith('!')) return fileReading('reads', operand ? [operand] : [], around);
		return { launches: [scriptLaunch(literal(operand.value.slice(1)))] };
	},
});

/** Source: vim(1), nvim(1). `+text` is a command, too. */
const vimGrammar = makeGrammar({
	options: `A b C d D e E f F g h|help H i=s L:s l m M N n o:s O:s p:s P=s q:s r:s R s S=s t=s T=s u=s U=s v V:s w=s W=s X x y Y Z
		c=s cmd=s clean noplugin nofork not-a-term ttyfail startuptime=s servername=s remote remote-silent remote-wait
		remote-send=s remote-expr=s serverlist socketid=s echo-wid literal log=s version role=s gui-dialog-file=s
		headless embed listen=s api-info server=s remote-ui luamod-dev es`,
	onUnknown: 'flag',
});

const vim: Program = {
	names: [
		'vim',
		'vi',
		'nvim',
		'ex',
		'view',
		'rvim',
		'rview',
		'gvim',
		'mvim',
		'vimx',
		'evim',
		'vimdiff',
		'vim.basic',
		'vim.tiny',
		'vim.nox',
		'nvi',
		'elvis',
		'vile',
	],
	read(argv, around) {
		const options = readOptions(argv, vimGrammar);
		const base = readingOf(options);
		if (options.gap) return { ...base, gaps: [{ ...options.gap, kind: 'code' }], mayRunArguments: true };
		if (hasOption(options, '--version', '--help')) return base;
		const plus = options.operands.filter((word) => word.value?.startsWith('+') && word.value.length > 1);
		const commands = [...valuesOf(options, '-c', '--cmd'), ...plus.map((word) => literal((word.value ?? '').slice(1)))];
		const readings: Reading[] = [base, codeReading('vim', commands, around)];
		if (hasOption(options, '--remote-send', '--remote-expr'))
			readings.push({ gaps: [{ kind: 'code', detail: 'vim executes keys in another vim' }] });
		const isLua = valuesOf(options, '-l').length > 0;
		const isSilent = hasOption(options, '-s', '-e', '-E', '--es');
		if (isSilent && !isLua) readings.push({ launches: [{ kind: 'code', language: 'vim', from: 'input' }] });
		const files = options.operands.filter((word) => !plus.includes(word) && word.value !== '-');
		return merged(...readings, fileReading('reads', files, around));
	},
};

/** Source: emacs --help. `-f name` calls a function without arguments. */
const emacsGrammar = makeGrammar({
	options: `Q|quick q|no-init-file batch script=s eval=s execute=s l|load=s f|funcall=s L|directory=s u|user=s x daemon:s
		nw|no-window-system t|terminal=s d|display=s version help kill insert=s chdir=s init-directory=s e|-eval=s -batch
		-script=s -Q -nw -l=s -f=s -q -no-site-file no-site-file no-splash no-x-resources debug-init -execute=s`,
	onUnknown: 'flag',
});

const emacs: Program = {
	names: ['emacs', 'emacs-nox', 'emacs-gtk', 'emacsclient', 'xemacs'],
	pattern: /^emacs-?\d+(?:\.\d+)*$/,
	read(argv, around) {
		// `emacsclient -e` has its code in the operands.
		const options = readOptions(argv, emacsGrammar);
		const base = readingOf(options);
		if (options.gap) return { ...base, gaps: [{ ...options.gap, kind: 'code' }], mayRunArguments: true };
		if (hasOption(options, '--version', '--help')) return base;
		const code = valuesOf(options, '--eval', '--execute', '-eval', '-execute', '--e');
		const called = valuesOf(options, '--funcall', '-f').filter((word) => !isHarmlessFunction(word));
		const gaps = called.map((word) => ({ kind: 'code', detail: `emacs calls \`${word.value ?? '…'}\`` }) as const);
		const readings: Reading[] = [base, codeReading('elisp', code, around), gaps.length > 0 ? { gaps } : {}];
		const scripts = valuesOf(options, '--script', '-script', '--load', '-l');
		if (scripts.some((word) => word.value === '-' || word.value === '/dev/stdin')) {
			readings.push({ launches: [{ kind: 'code', language: 'elisp', from: 'input' } satisfies Launch] });
		}
		return merged(
			...readings,
			fileReading(
				'reads',
				options.operands.filter((word) => !word.value?.startsWith('+')),
				around,
			),
		);
	},
};

function isHarmlessFunction(word: Word): boolean {
	return isStatic(word) && !/shell|term|compile|process|python|command|eval|ert/.test(word.value);
}

export const editorPrograms: readonly Program[] = [ed, vim, emacs];
