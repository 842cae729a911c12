// Shell texts made to exhaust or to fool whoever reads them, each in any size.

export interface Hostile {
	readonly name: string;
	/** A text that repeats its trick `times` times; `python3 x` runs somewhere in it, or the text is broken. */
	readonly make: (times: number) => string;
}

const times = (text: string, count: number) => text.repeat(count);
const lines = (count: number, line: (at: number) => string) =>
	Array.from({ length: count }, (_, at) => line(at)).join('\n');
const around = (open: string, core: string, close: string) => (count: number) =>
	times(open, count) + core + times(close, count);

/** A script quoted once more for each level: its length doubles with every few of them. */
function quotedDeep(count: number, wrap: (script: string) => string): string {
	let script = 'python3 x';
	for (let level = 0; level < Math.min(count, 40) && script.length < 2_000_000; level++) script = wrap(script);
	return script;
}

const single = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const double = (text: string) => `"${text.replace(/[\\"$`]/g, '\\$&')}"`;

function backquoted(count: number): string {
	let script = 'python3 x';
	for (let level = 0; level < count && script.length < 300_000; level++) {
		script = `echo \`${script.replace(/[\\`$]/g, '\\$&')}\``;
	}
	return script;
}

const simple: Readonly<Record<string, (count: number) => string>> = {
	'one long word': (count) => `${times('a', count)}; python3 x`,
	'many words': (count) => `foo ${times('a ', count)}; python3 x`,
	'many commands': (count) => `${times('foo;', count)}python3 x`,
	'many lines': (count) => `${times('foo\n', count)}python3 x`,
	'many pipes': (count) => `${times('foo|', count)}python3 x`,
	'many lists': (count) => `${times('foo&&', count)}python3 x`,
	'many in the background': (count) => `${times('foo&', count)}python3 x`,
	'many exclamation marks': (count) => `${times('! ', count)}python3 x`,
	'many times': (count) => `${times('time ', count)}python3 x`,
	'many assignments': (count) => `${times('a=b ', count)}python3 x`,
	'many redirections': (count) => `python3 x ${times('>a ', count)}`,
	'many descriptors': (count) => `python3 x ${times('2>&1 ', count)}`,
	'many continued lines': (count) => `${times('\\\n', count)}python3 x`,
	'many continued lines in a word': (count) => `py${times('\\\n', count)}thon3 x`,
	'many blank lines': (count) => `${times('\n', count)}python3 x`,
	'many comments': (count) => `${times('# a\n', count)}python3 x`,
	'many backslashes': (count) => `foo ${times('\\\\', count)}; python3 x`,
	'many quotes': (count) => `${times('""', count)}python3 x`,
	'many quotes by turns': (count) => `foo ${times(`'"'"'"`, count)}; python3 x`,
	'many dollars': (count) => `foo ${times('$', count)}; python3 x`,
	'many variables': (count) => `foo ${times('$a', count)}; python3 x`,
	'many variables in braces': (count) => `foo ${times('${a}', count)}; python3 x`,
	'many substitutions': (count) => `foo ${times('$(foo)', count)}; python3 x`,
	'many backquotes': (count) => `foo ${times('`foo`', count)}; python3 x`,
	'many process substitutions': (count) => `foo ${times('<(foo) ', count)}; python3 x`,
	'many arithmetic expansions': (count) => `foo ${times('$((1))', count)}; python3 x`,
	'many ANSI strings': (count) => `foo ${times("$'\\x41'", count)}; python3 x`,
	'many globs': (count) => `foo ${times('*', count)}; python3 x`,
	'many brackets of a glob': (count) => `foo ${times('[', count)}; python3 x`,
	'many tildes': (count) => `foo ${times('~ ', count)}; python3 x`,
	'many functions': (count) => `${lines(count, (at) => `f${at}() { foo; }`)}\npython3 x`,
	'functions that call each other': (count) =>
		`${lines(count, (at) => `f${at}() { f${at + 1}; f${at + 1}; }`)}\nf${count}() { python3 x; }; f0`,
	'a function that calls itself twice': (count) => `f() { python3 x; f a; f b; }; ${times('f;', count)}`,
	'many aliases': (count) =>
		`shopt -s expand_aliases\n${lines(count, (at) => `alias a${at}=a${at + 1}`)}\na0; python3 x`,
	'aliases in a circle': (count) => `shopt -s expand_aliases\nalias a='b b' b='a a'\n${times('a ', count)}\npython3 x`,
	'many cases': (count) => `case a in ${times('a) foo;; ', count)}esac; python3 x`,
	'many patterns': (count) => `case a in ${times('a|', count)}a) python3 x;; esac`,
	'many elifs': (count) => `if a; then b; ${times('elif a; then b; ', count)}fi; python3 x`,
	'many here-documents': (count) => `foo ${times('<<E ', count)}\n${times('a\nE\n', count)}python3 x`,
	'here-documents without an end': (count) => `python3 x; foo ${times('<<E ', count)}\nfoo`,
	'a long here-document': (count) => `bash <<E\n${times('foo\n', count)}python3 x\nE`,
	'substitutions in a here-document': (count) => `cat <<E\n${times('$(foo)`foo`\n', count)}$(python3 x)\nE`,
	'many here-strings': (count) => `python3 x ${times('<<<a ', count)}`,
	'a long array': (count) => `a=(${times('a ', count)}); python3 x`,
	'a long array that is expanded': (count) => `a=(${times('a ', count)}); foo ${times('"${a[@]}" ', 20)}; python3 x`,
	'a variable that doubles': (count) => `a=aa; ${times('a=$a$a;', count)} foo $a; python3 x`,
	'a variable that doubles in a loop': (count) =>
		`a=a; for i in ${times('a ', count)}; do a=$a$a; done; foo $a; python3 x`,
	'a script that doubles': (count) => `a='foo;'; ${times('a=$a$a;', count)} eval "$a python3 x"`,
	'a loop in a loop': (count) =>
		`${times('for i in 1 2 3 4 5 6 7 8 9; do ', count)}python3 x; ${times('done; ', count)}`,
	'variables with many values': (count) => `${times('if a; then b=$b.x; else b=$b.y; fi; ', count)}$b; python3 x`,
	'braces beside braces': (count) => `foo ${times('{a,b}', count)}; python3 x`,
	'braces with many words': (count) => `foo {${times('a,', count)}b}; python3 x`,
	'braces that make the program': (count) => `{${times(',', count)}python3} x`,
	'a range of braces': (count) => `foo {1..${times('9', count)}}; python3 x`,
	'ranges beside ranges': (count) => `foo ${times('{1..9}', count)}; python3 x`,
	'launchers in a row': (count) => `${times('env ', count)}python3 x`,
	'launchers with options': (count) => `${times('timeout -k 1 5 nice -n 1 ', count)}python3 x`,
	'xargs in a row': (count) => `${times('xargs -n1 ', count)}python3 x`,
	'eval in a row': (count) => `${times('eval ', count)}python3 x`,
	'command and builtin in a row': (count) => `${times('command builtin ', count)}exec python3 x`,
	'many commands of find': (count) => `find . ${times('-exec foo {} \\; ', count)}-exec python3 {} \\;`,
	'env -S in a row': (count) => `${times('env -S ', count)}"python3 x"`,
	'traps of traps': (count) => `${times("trap 'foo' EXIT; ", count)}python3 x`,
	NULs: (count) => `foo ${times('\0', count)}; python3 x`,
	'lone surrogates': (count) => `foo ${times('\ud800', count)}; python3 x`,
	'lines ended by CR LF': (count) => `${times('foo\r\n', count)}python3 x`,
	'characters that join and turn': (count) => `foo ${times('\u202e\u0301\u200d', count)}; python3 x`,
	'unpaired single quotes': (count) => `python3 x; ${times("' ", 2 * count + 1)}`,
	'unpaired double quotes': (count) => `python3 x; ${times('" ', 2 * count + 1)}`,
	'parentheses without an end': (count) => `python3 x; ${times('(', count)}`,
	'substitutions without an end': (count) => `python3 x; ${times('$(', count)}`,
	'expansions without an end': (count) => `python3 x; ${times('${a', count)}`,
	'backquotes without an end': (count) => `python3 x; ${times('`', 2 * count + 1)}`,
	'parentheses without a start': (count) => `python3 x; ${times(')', count)}`,
	'keywords without an end': (count) => `python3 x; ${times('if while until case for do { ', count)}`,
	'arithmetic with parentheses': (count) => `echo $((${times('(', count)}1${times(')', count)})); python3 x`,
	'a long test': (count) => `[[ a ${times('&& a ', count)}]]; python3 x`,
	'parentheses in a test': (count) => `[[ ${times('( ', count)}a ${times(') ', count)}]]; python3 x`,
	'a long chain of patterns removed': (count) => `a=${times('b', count)}; foo \${a//b/bb} \${a%%*}; python3 x`,
	'words for read': (count) => `read ${times('a ', count)}<<< "${times('b ', count)}"; python3 x`,
	'printf that repeats': (count) => `foo "$(printf '%s%s%s' ${times('a ', count)})"; python3 x`,
	'a huge width': (count) => `foo "$(printf '%${times('9', count)}d' 1)"; python3 x`,
	'many git options': (count) => `git ${times('-c a=b ', count)}push; python3 x`,
	'many flags in one word': (count) => `tar -${times('x', count)}; python3 x`,
	'positional words': (count) => `bash -c 'python3 "$@"' ${times('a ', count)}`,
	'set of positional words': (count) => `set -- ${times('a ', count)}; for i; do python3 "$i"; shift; done`,
};

const deep: Readonly<Record<string, (count: number) => string>> = {
	'subshells that look like arithmetic': around('(', 'python3 x', ' )'),
	'subshells with blanks': around('( ', 'python3 x', ' )'),
	groups: around('{ ', 'python3 x', '; }'),
	substitutions: around('echo $(', 'python3 x', ')'),
	'substitutions in double quotes': around('echo "$(', 'python3 x', ')"'),
	'process substitutions': around('cat <(', 'python3 x', ')'),
	defaults: around('${a:-', '$(python3 x)', '}'),
	'arithmetic expansions': around('echo $((1+', '$(python3 x)', '))'),
	'old arithmetic': around('echo $[1+', '$(python3 x)', ']'),
	ifs: around('if ', 'python3 x', '; then a; fi'),
	'then branches': around('if a; then ', 'python3 x', '; fi'),
	loops: around('while ', 'python3 x', '; do break; done'),
	'for loops': around('for i in a; do ', 'python3 x', '; done'),
	cases: around('case a in a) ', 'python3 x', ';; esac'),
	functions: around('f() { ', 'python3 x', '; }; f'),
	'nested braces': (count) => `foo ${times('{a,', count)}b${times('}', count)}; python3 x`,
	'nested extended globs': (count) => `shopt -s extglob\nfoo ${times('@(a|', count)}b${times(')', count)}; python3 x`,
	'nested arrays': (count) => `foo ${times('${a[', count)}0${times(']}', count)}; python3 x`,
	coprocesses: around('coproc { ', 'python3 x', '; }'),
	'here-documents in substitutions': around('echo $(cat <<E\n$(', 'python3 x', ')\nE\n)'),
	backquotes: backquoted,
	'sh -c': (count) => quotedDeep(count, (script) => `sh -c ${single(script)}`),
	'bash -c in double quotes': (count) => quotedDeep(count, (script) => `bash -c ${double(script)}`),
	eval: (count) => quotedDeep(count, (script) => `eval ${single(script)}`),
	'env -S': (count) => quotedDeep(count, (script) => `env -S ${double(script)}`),
	'ssh and sudo': (count) => quotedDeep(count, (script) => `sudo ssh h ${single(script)}`),
	'here-strings': (count) => quotedDeep(count, (script) => `bash <<< ${single(script)}`),
	'here-documents': (count) => {
		let script = 'python3 x';
		for (let level = 0; level < count && script.length < 2_000_000; level++)
			script = `bash <<E${level}\n${script}\nE${level}`;
		return script;
	},
};

export const hostile: readonly Hostile[] = [
	...Object.entries(simple).map(([name, make]) => ({ name, make })),
	...Object.entries(deep).map(([name, make]) => ({ name: `${name} in each other`, make })),
];

/** The trick repeated so often that the text has about `length` characters, but at most `most` times. */
export function ofLength({ make }: Hostile, length: number, most = 100_000): string {
	const each = Math.max(1, make(2).length - make(1).length);
	return make(Math.max(1, Math.min(most, Math.ceil(length / each))));
}
