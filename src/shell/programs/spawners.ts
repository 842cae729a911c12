// Programs with work of their own that start another one when an option says so.

import { hasOption, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Around, Launch, Program, ProgramGap, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { attached, firstKnown, isStatic, literal } from '../word-parts.ts';
import { apart } from './apart.ts';
import { finish, readArguments, startFindings } from './findings.ts';
import { fromVariables, isPathGlob, launchTail, merged, scriptLaunch, splitLaunch } from './launching.ts';
import { addPaths } from './paths.ts';
import { readingOf, readWrapper, type Wrapper, wrapperGrammar } from './wrapper.ts';

/** A program that starts something only by these options. */
interface Spawner {
	readonly names: readonly string[];
	/** Options with a value, so that a value is not taken for an option; the launching ones are added. All others are flags. */
	readonly valued?: readonly string[];
	/** Options whose value is shell text, or is split at blanks. */
	readonly scripts?: readonly string[];
	readonly commands?: readonly string[];
	/** Options that start what can't be read, and why. */
	readonly gaps?: Readonly<Record<string, string>>;
	/** Variables that name programs, as shell text. */
	readonly variables?: readonly string[];
	/** Options whose value is text with macros of rpm, which may start programs. */
	readonly macros?: readonly string[];
	/** Its operands are files that it reads. */
	readonly reads?: boolean;
}

const spawners: readonly Spawner[] = [
	{
		names: ['delta', 'diff-so-fancy', 'icdiff', 'difft'],
		valued: ['width', 'w', 'syntax-theme', 'config'],
		scripts: ['pager'],
		variables: ['DELTA_PAGER', 'BAT_PAGER', 'PAGER'],
		reads: true,
	},
	{
		names: ['bat', 'batcat'],
		valued: [
			'l|language',
			'H|highlight-line',
			'file-name',
			'diff-context',
			'tabs',
			'wrap',
			'terminal-width',
			'color',
			'italic-text',
			'decorations',
			'paging',
			'm|map-syntax',
			'theme',
			'style',
			'r|line-range',
			'ignored-suffix',
		],
		scripts: ['pager'],
		variables: ['BAT_PAGER', 'PAGER'],
		reads: true,
	},
	{
		names: ['ftp', 'lftp', 'tnftp', 'ncftp'],
		valued: ['p', 'u', 'P', 'N', 'o', 'r', 'q', 's', 'T'],
		gaps: {
			e: 'its commands may start programs with `!`',
			c: 'its commands may start programs with `!`',
			f: 'its commands come from a file',
		},
	},
	{
		names: ['nc', 'netcat', 'ncat', 'nc.traditional', 'nc.openbsd'],
		valued: [
			'i|idle-timeout',
			'p|source-port',
			's|source',
			'w|wait',
			'x|proxy',
			'X|proxy-type',
			'q',
			'T',
			'O',
			'I',
			'g',
			'G',
			'o|output',
			'm|max-conns',
			'M',
			'd|delay',
			'proxy-auth',
			'allow',
			'deny',
			'ssl-cert',
			'ssl-key',
			'ssl-trustfile',
		],
		commands: ['e|exec'],
		scripts: ['c|sh-exec'],
		gaps: { 'lua-exec': 'a file of Lua is executed' },
	},
	{
		names: ['tcpdump'],
		valued: ['B', 'c', 'C', 'E', 'F', 'G', 'i|interface', 'j', 'm', 'M', 'Q', 'r', 's', 'T', 'V', 'w', 'W', 'y', 'Z'],
		commands: ['z'],
	},
	{
		names: ['nmap'],
		valued: ['p', 'o', 'e', 'T', 'iL', 'exclude', 'top-ports'],
		gaps: { script: 'a script of nmap is executed', interactive: 'its commands come from input' },
	},
	{
		names: ['wireshark', 'tshark', 'dumpcap'],
		valued: [
			'i',
			'r',
			'w',
			'f',
			'Y',
			'T',
			'e',
			'c',
			'a',
			'b',
			'o',
			'd',
			's',
			'R',
			'E',
			'z',
			'N',
			't',
			'u',
			'F',
			'j',
			'J',
		],
		gaps: { X: '`-X` executes a script' },
	},
	{
		names: ['openvpn'],
		valued: ['dev', 'remote', 'port', 'proto'],
		scripts: [
			'up',
			'down',
			'route-up',
			'route-pre-down',
			'ipchange',
			'tls-verify',
			'auth-user-pass-verify',
			'client-connect',
			'client-disconnect',
			'learn-address',
		],
		gaps: { config: 'its configuration may name programs', plugin: '`--plugin` loads code' },
	},
	{ names: ['dhclient', 'udhcpc'], valued: ['i', 'p', 'lf', 'pf', 'cf', 'e'], commands: ['sf', 's'] },
	{
		names: ['pppd', 'chat'],
		valued: ['t', 'r', 'E', 'f'],
		scripts: ['connect', 'disconnect', 'pty', 'init', 'welcome'],
	},
	{ names: ['logrotate'], valued: ['s|state', 'l|log'], commands: ['m|mail'], gaps: {} },
	{ names: ['cdrecord', 'wodim', 'genisoimage', 'mkisofs'], valued: ['o', 'V', 'dev', 'speed'], commands: ['rsh'] },
	{ names: ['dpkg-deb', 'dpkg-query'], valued: ['W', 'f', 'Z', 'z'] },
	{
		names: ['rpm', 'rpm2cpio', 'rpmquery'],
		valued: ['root', 'dbpath', 'qf|queryformat'],
		scripts: ['pipe'],
		macros: ['E|eval', 'D|define'],
	},
	{
		names: ['cpio'],
		valued: ['E|pattern-file', 'F|file', 'I', 'O', 'M|message', 'R|owner', 'H|format', 'C|io-size', 'D|directory'],
		commands: ['rsh-command'],
	},
	{
		names: ['mutt', 'neomutt'],
		valued: ['s', 'a', 'b', 'c', 'f', 'i', 'H', 'r', 'S', 'u', 'q', 'A', 'm', 'Q'],
		gaps: {
			e: 'its commands may start programs',
			F: 'its configuration may name programs',
			exec: 'its commands may start programs',
		},
	},
	{ names: ['dmsetup', 'lvm', 'vgs', 'lvs', 'pvs'], valued: ['o', 'C', 'U', 'G', 'M'], commands: ['exec'] },
	{ names: ['dosbox', 'dosbox-x'], gaps: { c: 'its commands come from an argument' } },
	{
		names: ['ctags', 'etags', 'universal-ctags'],
		valued: ['f|o', 'L', 'h', 'I', 'languages', 'options', 'fields', 'extras', 'kinds', 'sort', 'exclude'],
		commands: ['etags-filter'],
		gaps: { options: 'its options come from a file' },
	},
	{ names: ['scanimage', 'sane-find-scanner'], valued: ['d', 'o', 'p'] },
];

function spawner(table: Spawner): Program {
	const starting = [
		...(table.macros ?? []),
		...(table.scripts ?? []),
		...(table.commands ?? []),
		...Object.keys(table.gaps ?? {}),
	];
	const taken = new Set(starting.flatMap((spec) => spec.split('|')));
	const valued = (table.valued ?? []).filter((spec) => !spec.split('|').some((name) => taken.has(name)));
	const grammar = makeGrammar({ onUnknown: 'flag', options: [...starting, ...valued].map((spec) => `${spec}=s`) });
	const canonical = (spec: string) => {
		const long = spec.split('|').find((name) => name.length > 1);
		return long === undefined ? `-${spec}` : `--${long}`;
	};
	return {
		names: table.names,
		read(argv, around) {
			const options = readArguments(argv, grammar);
			const launches: Launch[] = [
				...valuesOf(options, ...(table.scripts ?? []).map(canonical)).map((text) => scriptLaunch(text)),
				...valuesOf(options, ...(table.commands ?? []).map(canonical)).map((text) => splitLaunch(text)),
			];
			for (const text of valuesOf(options, ...(table.macros ?? []).map(canonical)))
				launches.push({ kind: 'code', language: 'rpm-macro', from: [text] });
			const gaps: ProgramGap[] = Object.entries(table.gaps ?? {}).flatMap(([name, detail]) =>
				hasOption(options, canonical(name)) ? [{ kind: 'script', detail } as const] : [],
			);
			const findings = startFindings();
			if (table.reads) addPaths(findings, 'reads', options.operands, around);
			// An unquoted expansion may hold the option that starts something: then its arguments are no plain data.
			return merged(
				readingOf(options),
				finish(findings),
				{ launches, gaps, mayRunArguments: options.gap !== undefined },
				fromVariables(around, table.variables ?? []),
			);
		},
	};
}

const fdGrammar = makeGrammar({
	onUnknown: 'flag',
	stopAtOperand: false,
	options: `
		d|max-depth=s min-depth=s exact-depth=s t|type=s e|extension=s E|exclude=s S|size=s changed-within|newer=s
		changed-before|older=s o|owner=s c|color=s j|threads=s max-results=s C|base-directory=s path-separator=s
		search-path=s ignore-file=s and=s format=s batch-size=s strip-cwd-prefix:s hyperlink:s max-buffer-time=s
	`,
});
/** fd: `-x` and `-X` take the words up to `;` as a command; without `{}` the path is appended. */
const fd: Program = {
	names: ['fd', 'fdfind'],
	read(argv) {
		const at = argv.findIndex((word) => /^-[a-zA-Z]*[xX]$|^--exec(?:-batch)?$/.test(word.value ?? ''));
		const before = at < 0 ? argv : argv.slice(0, at);
		const base = readingOf(readOptions(before, fdGrammar));
		const glued = argv.flatMap((word) =>
			/^--exec(?:-batch)?=/.test(firstKnown(word)) ? attached(word, firstKnown(word).indexOf('=') + 1) : [],
		);
		const blind = before.some((word) => word.splits && !isPathGlob(word));
		const gaps: ProgramGap[] = blind ? [{ kind: 'arguments', detail: 'an unquoted expansion may hold `--exec`' }] : [];
		const [first] = glued;
		if (at < 0 && !first) return merged(base, { gaps });
		const end = argv.findIndex((word, index) => index > at && word.value === ';');
		const command = first ? [first] : argv.slice(at + 1, end < 0 ? argv.length : end);
		const templated = command.some((word) => /\{(?:[/.]|\/\/|\/\.)?\}/.test(word.value ?? ''));
		const words = command.map((word) =>
			/\{(?:[/.]|\/\/|\/\.)\}/.test(word.value ?? '') ? { value: undefined, pieces: [null], splits: false } : word,
		);
		return merged(base, {
			gaps,
			launches: [{ kind: 'argv', argv: words, placeholder: '{}', ...(!templated && { isOpenEnded: true }) }],
		});
	},
};

/** cmake: `-E env`, `-E time` and the like start a program; a build starts what the project says. */
const cmakeEnv: Wrapper = { names: ['env'], options: ['unset=s', 'modify=s'], assignments: true };
const cmakeEnvGrammar = wrapperGrammar(cmakeEnv);
type CmakeFiles = { readonly facts: readonly ('reads' | 'writes' | 'deletes')[]; readonly hasTarget?: true };
/** What `cmake -E` does with files, like the programs of these names. */
const cmakeFiles: Readonly<Record<string, CmakeFiles>> = {
	cat: { facts: ['reads'] },
	compare_files: { facts: ['reads'] },
	copy: { facts: ['reads'], hasTarget: true },
	copy_directory: { facts: ['reads'], hasTarget: true },
	copy_if_different: { facts: ['reads'], hasTarget: true },
	create_symlink: { facts: ['reads'], hasTarget: true },
	create_hardlink: { facts: ['reads'], hasTarget: true },
	make_directory: { facts: ['writes'] },
	md5sum: { facts: ['reads'] },
	sha256sum: { facts: ['reads'] },
	remove: { facts: ['deletes'] },
	remove_directory: { facts: ['deletes'] },
	rename: { facts: ['reads', 'deletes'], hasTarget: true },
	rm: { facts: ['deletes'] },
	touch: { facts: ['writes'] },
	touch_nocreate: { facts: ['writes'] },
};

function touchedBy({ facts, hasTarget }: CmakeFiles, words: readonly Word[], around: Around): Reading {
	const paths = words.filter((word) => !/^-/.test(firstKnown(word)));
	const findings = startFindings();
	for (const fact of facts) addPaths(findings, fact, hasTarget ? paths.slice(0, -1) : paths, around);
	if (hasTarget) addPaths(findings, 'writes', paths.slice(-1), around);
	return finish(findings);
}

const cmake: Program = {
	names: ['cmake'],
	read(argv, around) {
		const at = argv.findIndex((word) => word.value === '-E');
		const tool = argv[at + 1]?.value;
		if (at > 0 && tool === 'env')
			return readWrapper(cmakeEnv, cmakeEnvGrammar, argv, around, at + 2, { as: ['cmake', '-E', 'env'] });
		if (at > 0 && tool === 'chdir') {
			const cwd = argv[at + 2];
			return launchTail(argv, at + 3, around, { as: ['cmake', '-E', 'chdir'], ...(cwd && { cwd }) });
		}
		const touched = at > 0 ? cmakeFiles[tool ?? ''] : undefined;
		if (touched) return touchedBy(touched, argv.slice(at + 2), around);
		if (at > 0 && (tool === 'time' || tool === '__run_co_compile')) {
			const gap = { kind: 'arguments', detail: 'what `cmake -E` starts is not known' } as const;
			return tool === 'time'
				? launchTail(argv, at + 2, around, { as: ['cmake', '-E', 'time'] })
				: { gaps: [gap], mayRunArguments: true };
		}
		if (argv.some((word) => word.value === '-P'))
			return { flags: ['-P'], gaps: [{ kind: 'file', detail: '`cmake -P` executes a script file' }] };
		return { mayRunArguments: argv.some((word) => /LAUNCHER|EMULATOR|_COMPILER\b|PROGRAM/.test(firstKnown(word))) };
	},
};

const compilerGrammar = makeGrammar({
	onUnknown: 'flag',
	abbreviations: false,
	options: `
		-wrapper=s -specs=s -B=s -fplugin=s -o=s -I=s -L=s -D=s -x=s -include=s -isystem=s -MF=s -MT=s -T=s -Xlinker=s
		-Xpreprocessor=s -Xassembler=s
	`,
});
const compiler: Program = {
	names: ['gcc', 'cc', 'g++', 'c++', 'clang', 'clang++', 'gfortran', 'cpp'],
	pattern: /^(?:[a-z0-9_]+-)*(?:gcc|g\+\+|clang|clang\+\+|gfortran)-?\d*(?:\.\d+)?$/,
	read(argv, around) {
		const options = readOptions(argv, compilerGrammar);
		const wrappers = valuesOf(options, '-wrapper').map((word): Launch => {
			const names = word.value?.split(',') ?? [];
			const argvOf = names.map((text): Word => ({ value: text, pieces: [text], splits: false }));
			return argvOf.length > 0 ? { kind: 'argv', argv: argvOf, isOpenEnded: true } : splitLaunch(word);
		});
		const loads = argv.some(
			(word) =>
				/^-(?:-?specs|B|fplugin|fuse-ld|load|Xclang|Wl,-plugin)/.test(firstKnown(word)) ||
				/^--ld-path/.test(firstKnown(word)),
		);
		const blind = argv.slice(1).some((word) => word.splits && !isPathGlob(word)) || around.isOpenEnded;
		const gaps: ProgramGap[] = loads
			? [{ kind: 'code', detail: 'an option of the compiler loads code or names programs' }]
			: [];
		const outputs = valuesOf(options, '-o')
			.filter(isStatic)
			.map((word) => word.value);
		const facts: Reading['facts'] = outputs.length > 0 ? { writes: outputs } : {};
		return { flags: options.found.map((one) => one.name), facts, launches: wrappers, gaps, mayRunArguments: blind };
	},
};

/** socat: addresses `EXEC:`, `SYSTEM:` and `SHELL:` name programs. */
const socat: Program = {
	names: ['socat', 'socat1', 'filan', 'procan'],
	read(argv, around) {
		const readings = argv.slice(1).map((word): Reading => {
			const start = firstKnown(word);
			if (!isStatic(word) && !/^(?:[-A-Z0-9]+:)/i.test(start))
				return start.startsWith('-')
					? {}
					: { gaps: [{ kind: 'arguments', detail: 'an address of socat may start a program' }] };
			const parts = /[!]{2}/.test(start) ? start.split('!!') : [start];
			return merged(...parts.map((part) => readAddress(word, part)));
		});
		const findings = startFindings();
		for (const word of argv.slice(1)) {
			const address = /^(?:file|gopen|open|create):|^(?=[./~])/i.exec(firstKnown(word));
			if (!address) continue;
			const [path = ''] = firstKnown(word).slice(address[0].length).split(',');
			for (const fact of ['reads', 'writes'] as const) {
				addPaths(findings, fact, [isStatic(word) ? literal(path) : attached(word, address[0].length)], around);
			}
		}
		return merged(...readings, finish(findings));
	},
};

function readAddress(word: Word, part: string): Reading {
	const match = /^(exec|system|shell)(?::|$)/i.exec(part.trimStart());
	if (!match)
		return /^(?:exec|system|shell)\b/i.test(part)
			? { gaps: [{ kind: 'script', detail: 'an address of socat starts a program' }] }
			: {};
	const offset = part.length - part.trimStart().length + match[0].length;
	const isWhole = part === word.value;
	const rest = part.slice(offset);
	// Options stand behind a comma; a quoted or escaped comma belongs to the command.
	const text = /["'\\]/.test(rest) ? rest : (rest.split(',')[0] ?? '');
	const value: Word =
		isWhole && text === rest ? attached(word, offset) : { value: text, pieces: [text], splits: false };
	if (/[\\]/.test(rest)) return { gaps: [{ kind: 'script', detail: 'an address of socat starts a program' }] };
	return { launches: [match[1]?.toLowerCase() === 'exec' ? splitLaunch(value) : scriptLaunch(value)] };
}

const opensslGap: ProgramGap = { kind: 'code', detail: 'the option loads code' };
const openssl: Program = {
	names: ['openssl'],
	read(argv, around) {
		const at = argv.findIndex((word) => /^--?(?:engine|provider|provider-path|config)$/.test(word.value ?? ''));
		const verb = argv[1]?.value;
		const behind = (option: RegExp) =>
			argv.filter((_, index) => index > 1 && option.test(argv[index - 1]?.value ?? ''));
		const findings = startFindings();
		addPaths(findings, 'reads', behind(/^--?(?:in|inkey|certfile|CAfile|key|kfile|data|signature|cert)$/), around);
		addPaths(findings, 'writes', behind(/^--?(?:out|keyout|writerand)$/), around);
		// Digests, and the passwords of `-pass file:name`.
		const digested = /^(?:dgst|sha\d+|md5|prime|crl2pkcs7)$/.test(verb ?? '') ? argv.slice(2) : [];
		addPaths(
			findings,
			'reads',
			digested.filter((word) => !/^-/.test(firstKnown(word))),
			around,
		);
		const sources = argv.filter((word) => firstKnown(word).startsWith('file:'));
		addPaths(
			findings,
			'reads',
			sources.map((word) => attached(word, 5)),
			around,
		);
		const { facts = {}, unsure = [] } = finish(findings);
		return {
			subcommands: verb === undefined || verb.startsWith('-') ? [] : [verb],
			facts,
			unsure,
			gaps: at > 0 || verb === 'engine' ? [opensslGap] : [],
		};
	},
};

/** xdg-user-dir evaluates its argument within a shell text. */
const userDirectory: Program = {
	names: ['xdg-user-dir'],
	read(argv) {
		const isName = argv.slice(1).every((word) => /^\w*$/.test(word.value ?? '?'));
		return isName
			? {}
			: { gaps: [{ kind: 'script', detail: 'its argument becomes a part of a shell text' }], mayRunArguments: true };
	},
};

const mispipe: Program = {
	names: ['mispipe'],
	read: (argv) => ({ launches: argv.slice(1).map((text) => scriptLaunch(text)) }),
};

export const spawnerPrograms: readonly Program[] = [
	...spawners.map(spawner),
	fd,
	cmake,
	compiler,
	socat,
	openssl,
	userDirectory,
	mispipe,
].flatMap((one) => (one.pattern ? [one] : apart(one)));
