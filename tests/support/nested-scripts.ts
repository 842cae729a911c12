// Arbitrary scripts that hold Python behind many layers of quoting, for properties; they shrink.
import fc from 'fast-check';

const argument = fc.constantFrom(
	'x',
	'-c',
	"'a b'",
	'"$A"',
	'-m',
	'a.b',
	'""',
	'$(foo)',
	'`bar`',
	'\\;',
	'*.py',
	'--x=1',
);
const program = fc.constantFrom(
	'python3',
	'python',
	'python3.12',
	'foo',
	'bar',
	'"python3"',
	'pyth\\on',
	'/usr/bin/python3',
);

const simple = fc
	.tuple(fc.constantFrom('', 'A=1 ', '>o ', 'A=$(foo) '), program, fc.array(argument, { maxLength: 3 }))
	.map(([head, name, words]) => `${head}${[name, ...words].join(' ')}`);

const single = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const double = (text: string) => `"${text.replace(/[\\"$`]/g, '\\$&')}"`;
const ansi = (text: string) => `$'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`;
const bare = (text: string) => text.replace(/[^A-Za-z0-9_@%+=:,./\n-]/g, '\\$&').replaceAll('\n', "'\n'");
const mixed = (text: string) => {
	const middle = Math.floor(text.length / 2);
	return single(text.slice(0, middle)) + double(text.slice(middle));
};

const quoting = fc.constantFrom(single, double, ansi, bare, mixed);

const carriers: readonly ((word: string) => string)[] = [
	(word) => `bash -c ${word}`,
	(word) => `sh -ec ${word} _ a`,
	(word) => `eval ${word}`,
	(word) => `bash <<< ${word}`,
	(word) => `trap ${word} EXIT`,
	(word) => `timeout 5 bash -c ${word}`,
	(word) => `find . -exec sh -c ${word} _ {} \\;`,
	(word) => `xargs -n1 sh -c ${word}`,
	(word) => `ssh h ${word}`,
	(word) => `sudo bash -c ${word}`,
	(word) => `su -c ${word}`,
	(word) => `docker exec c sh -c ${word}`,
];

const frames: readonly ((script: string) => string)[] = [
	(script) => `echo $(${script}\n)`,
	(script) => `echo "$(${script}\n)"`,
	(script) => `(${script}\n)`,
	(script) => `{ ${script}\n}`,
	(script) => `f() { ${script}\n}; f`,
	(script) => `if ${script}\nthen foo; else bar; fi`,
	(script) => `for i in a b; do ${script}\ndone`,
	(script) => `case x in x) ${script}\n;; esac`,
	(script) => `cat <(${script}\n)`,
	(script) => `echo \`${script.replace(/[\\`$]/g, '\\$&')}\``,
	(script) => `bash <<'END'\n${script}\nEND`,
	(script) => `bash <<END\n${script.replace(/[\\`$]/g, '\\$&')}\nEND`,
	(script) => `cat <<END\n$(${script}\n)\nEND`,
	(script) => `timeout 5 ${script}`,
	(script) => `A=1 nice -n 5 ${script}`,
	(script) => `foo && ${script} # a`,
];

/** Up to five layers. */
export const nestedScript: fc.Arbitrary<string> = fc.letrec<{ script: string }>((tie) => ({
	script: fc.oneof(
		{ maxDepth: 5, depthSize: 'large' },
		simple,
		fc
			.tuple(fc.constantFrom(...carriers), quoting, tie('script'))
			.map(([carry, quote, script]) => carry(quote(script))),
		fc.tuple(fc.constantFrom(...frames), tie('script')).map(([frame, script]) => frame(script)),
		fc
			.tuple(tie('script'), fc.constantFrom('; ', ' | ', ' && ', '\n', ' & '), tie('script'))
			.map((parts) => parts.join('')),
	),
})).script;
