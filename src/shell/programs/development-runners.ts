// Development tools that start a program with other versions, other variables or other supervision.
import { makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Around, Program, ProgramGap, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { attached, firstKnown, isStatic } from '../word-parts.ts';
import { apart } from './apart.ts';
import { fileReading } from './code-program.ts';
import { fromVariables, launchTail, merged, scriptLaunch } from './launching.ts';
import { readingOf, readWrapper, type Wrapper, wrapper, wrapperGrammar } from './wrapper.ts';

/** Wrappers without a sub-command. */
const tables: readonly Wrapper[] = [
	{ names: ['dumb-init'], options: 'c|single-child r|rewrite=s v|verbose h|help V|version' },
	{ names: ['tini', 'tini-static', 'catatonit'], options: 'version v s p=s w g e=s l h P F r L' },
	{
		names: ['wait-for-it', 'wait-for-it.sh', 'wait-for'],
		options: 'h|host=s p|port=s s|strict q|quiet t|timeout=s',
		operands: 1,
	},
	{ names: ['cross-env', 'cross-env-shell'], options: [], assignments: true },
	{
		names: ['env-cmd'],
		options:
			'f|file=s r|rc-file=s e|environments=s fallback no-override x|expand-envs silent verbose use-shell recursive',
	},
	{ names: ['envchain'], options: 'n|noecho s|set l|list', operands: 1 },
	{ names: ['xcrun'], options: 'sdk=s log verbose find run kill-cache no-cache toolchain=s l n f=s v' },
	{
		names: ['winpty', 'wine', 'wine64', 'box64', 'box86', 'qemu-x86_64', 'qemu-aarch64', 'qemu-arm', 'qemu-i386'],
		options: 'L=s g=s s=s cpu=s E=s U=s 0=s d=s D=s p=s B=s help version',
	},
];

/** A sub-command that starts a program. */
interface Verb {
	readonly options: string;
	readonly operands?: number;
	/** The program stands behind `--` only; what comes before belongs to the tool. */
	readonly behindDashes?: boolean;
	readonly elsewhere?: boolean;
	readonly assignments?: boolean;
}

const managed: Verb = { options: 'h|help q|quiet v|verbose' };
const secrets: Verb = { options: '', behindDashes: true };

const tools: Readonly<Record<string, Readonly<Record<string, Verb>>>> = {
	direnv: { exec: { options: '', operands: 1 } },
	mise: { exec: secrets, x: secrets },
	rtx: { exec: secrets, x: secrets },
	asdf: { exec: managed },
	pyenv: { exec: managed },
	rbenv: { exec: managed },
	nodenv: { exec: managed },
	goenv: { exec: managed },
	jenv: { exec: managed },
	plenv: { exec: managed },
	phpenv: { exec: managed },
	nvm: { exec: { options: 'silent', operands: 1 } },
	fnm: { exec: { options: 'using=s log-level=s' } },
	volta: { run: { options: 'node=s npm=s no-npm pnpm=s yarn=s no-yarn bundled-npm env=s' } },
	rustup: { run: { options: 'install', operands: 1 } },
	rvm: { do: managed },
	bundle: { exec: { options: 'keep-file-descriptors gemfile=s' } },
	bundler: { exec: { options: 'keep-file-descriptors gemfile=s' } },
	guix: { shell: secrets, environment: secrets, 'time-machine': secrets },
	devbox: { run: { options: 'c|config=s e|env=s env-file=s omit-nix-env pure q|quiet all-projects' } },
	op: { run: secrets },
	doppler: { run: secrets },
	infisical: { run: secrets },
	'aws-vault': { exec: secrets },
	chamber: { exec: secrets },
	'aws-okta': { exec: secrets },
	sops: { 'exec-env': { options: '', operands: 1 } },
	dotenv: { run: { options: 'e|export=s override no-override' } },
	dotenvx: { run: secrets },
	teller: { run: secrets },
	foreman: { run: { options: 'e|env=s d|root=s f|procfile=s' } },
	honcho: { run: { options: 'e|env=s d|app-root=s f|procfile=s' } },
	spack: { 'build-env': secrets },
	luarocks: { exec: managed },
	opam: { exec: { options: 'switch=s set-switch set-root root=s', behindDashes: true } },
	stack: { exec: { options: '', behindDashes: true } },
	cabal: { exec: { options: '', behindDashes: true } },
};

function tool(name: string, verbs: Readonly<Record<string, Verb>>): Program {
	const known = new Map(
		Object.entries(verbs).map(([verb, one]) => {
			const { options, operands = 0, elsewhere = false, assignments = false } = one;
			const table: Wrapper = { names: [verb], options, operands, elsewhere, assignments };
			return [verb, { one, table, grammar: wrapperGrammar(table) }] as const;
		}),
	);
	return {
		names: [name],
		read: (argv, around) => merged(readTool(argv, around), settingsOf(name, argv, around)),
	};

	function readTool(argv: readonly Word[], around: Around): Reading {
		// Global options before the sub-command: those with a value are told by the sub-command that follows.
		const at = argv.findIndex((word, index) => index > 0 && known.has(word.value ?? ''));
		const verb = argv[at]?.value ?? '';
		const found = known.get(verb);
		if (at < 0 || !found) {
			const first = argv[1]?.value;
			const blind = argv.slice(1).some((word) => !isStatic(word));
			return {
				subcommands: first === undefined || first.startsWith('-') ? [] : [first],
				mayRunArguments: blind || known.size === 0,
			};
		}
		const as = [name, verb];
		const dashes = argv.findIndex((word, index) => index > at && word.value === '--');
		if (dashes >= 0) return merged({ subcommands: [verb] }, launchTail(argv, dashes + 1, around, { as }));
		if (!found.one.behindDashes) return readWrapper(found.table, found.grammar, argv, around, at + 1, { as });
		// Many of them take the program without `--` too, behind options that nobody knows.
		return { subcommands: [verb], mayRunArguments: true, ...(argv.length > at + 1 && { gaps: [dashesGap] }) };
	}
}

/** Tools that hand the variables of a file to what they start. */
const readsSettings: ReadonlySet<string> = new Set(['dotenv', 'dotenvx', 'foreman', 'honcho', 'env-cmd']);

/** The files of variables named before the program: `dotenv -f .env run -- program`. */
function settingsOf(name: string, argv: readonly Word[], around: Around): Reading {
	if (!readsSettings.has(name)) return {};
	const end = argv.findIndex((word) => word.value === '--');
	const own = end < 0 ? argv : argv.slice(0, end);
	const files = own.flatMap((word, at) => {
		const start = firstKnown(word);
		if (/^(?:-[fe]|--(?:file|env|env-file|env-keys-file))$/.test(own[at - 1]?.value ?? '')) return [word];
		return /^--(?:file|env|env-file)=/.test(start) ? [attached(word, start.indexOf('=') + 1)] : [];
	});
	return fileReading('reads', files, around);
}

const dashesGap: ProgramGap = { kind: 'arguments', detail: 'where the program begins can be told only behind `--`' };

/** macOS: `arch -arm64 program`; elsewhere it prints the machine and takes nothing. */
const archTable: Wrapper = {
	names: ['arch'],
	options: '-arm64 -arm64e -x86_64 -i386 -32 -64 -arch=s e=s d=s c h help version',
	elsewhere: ['-c'],
};
const archGrammar = wrapperGrammar(archTable);
const arch: Program = { names: ['arch'], read: (argv, around) => readWrapper(archTable, archGrammar, argv, around) };

const concurrentlyGrammar = makeGrammar({
	onUnknown: 'flag',
	options:
		'n|names=s c|prefix-colors=s p|prefix=s k|kill-others m|max-processes=s l|prefix-length=s restart-tries=s restart-after=s success=s i|handle-input g|group r|raw timings hide=s t|timestamp-format=s name-separator=s default-input-target=s teardown=s P|passthrough-arguments cwd=s',
});
const concurrently: Program = {
	names: ['concurrently', 'conc'],
	read(argv) {
		const options = readOptions(argv, concurrentlyGrammar);
		const texts = [...valuesOf(options, '--teardown'), ...options.operands];
		return {
			...readingOf(options),
			launches: texts.map((text) => scriptLaunch(text)),
			gaps: options.gap ? [options.gap] : [],
		};
	},
};

/** Programs that open an editor, a pager or a browser which a variable names. */
const openers: Readonly<Record<string, readonly string[]>> = {
	visudo: ['SUDO_EDITOR', 'VISUAL', 'EDITOR'],
	vipw: ['VISUAL', 'EDITOR'],
	vigr: ['VISUAL', 'EDITOR'],
	'sensible-editor': ['VISUAL', 'EDITOR', 'SENSIBLE_EDITOR'],
	editor: ['VISUAL', 'EDITOR'],
	'sensible-pager': ['PAGER'],
	pager: ['PAGER'],
	'sensible-browser': ['BROWSER'],
	'xdg-open': ['BROWSER'],
	'xdg-email': ['BROWSER', 'MAILER'],
	'www-browser': ['BROWSER'],
	edquota: ['EDITOR', 'VISUAL'],
	cvs: ['CVSEDITOR', 'CVS_RSH', 'EDITOR', 'VISUAL'],
	aptitude: ['PAGER'],
	virsh: ['VISUAL', 'EDITOR'],
	ranger: ['EDITOR', 'PAGER'],
	nnn: ['EDITOR', 'PAGER', 'NNN_OPENER'],
	mc: ['EDITOR', 'VIEWER', 'PAGER'],
	fzf: ['FZF_DEFAULT_COMMAND'],
};

const fzfGrammar = makeGrammar({
	onUnknown: 'flag',
	options: 'preview=s bind=s q|query=s f|filter=s d|delimiter=s n|nth=s with-nth=s prompt=s header=s height=s',
});

const opening: readonly Program[] = Object.entries(openers).map(([name, variables]) => ({
	names: [name],
	read(argv, around) {
		const byVariable = fromVariables(around, variables);
		if (name !== 'fzf')
			return merged(byVariable, { mayRunArguments: !['visudo', 'vipw', 'vigr', 'xdg-open'].includes(name) });
		const options = readOptions(argv, fzfGrammar);
		// A preview holds `{}`, which is quoted for the shell; a binding may run anything.
		const launches = valuesOf(options, '--preview').map((text) => scriptLaunch(text, { placeholder: '{}' }));
		const binds = valuesOf(options, '--bind').filter((text) => !/^[\w,:+-]*$/.test(text.value ?? '?'));
		const gaps: ProgramGap[] = binds.map(() => ({ kind: 'script', detail: 'a key binding of fzf may start programs' }));
		return merged(byVariable, readingOf(options), { launches, gaps });
	},
}));

export const developmentRunnerPrograms: readonly Program[] = [
	...tables.map(wrapper).flatMap(apart),
	...Object.entries(tools).map(([name, verbs]) => tool(name, verbs)),
	arch,
	concurrently,
	...opening,
];
