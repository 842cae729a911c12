// A grammar of shell scripts for tests: what an agent might write, and what one who wants to hide a program might.
import type { Random } from './random.ts';

type Rule = (draw: Random, depth: number) => string;

const programs: readonly string[] = 'foo bar baz python3 python3 python git npm uv'.split(' ');
const plainWords: readonly string[] = 'a b x.py -x --long=v 1 . ./a a/b - -- -c = a=b {} + é'.split(' ');

/** A script of a few commands. */
export function script(draw: Random): string {
	return list(draw, 1 + draw.below(3));
}

const list: Rule = (draw, depth) => {
	const joints = [';', '; ', '\n', ' && ', ' || ', ' | ', ' & ', '|', ' |& ', ' &\n', '\n\n'];
	let text = statement(draw, depth);
	for (let more = draw.below(depth > 1 ? 3 : 2); more > 0; more--) text += draw.pick(joints) + statement(draw, depth);
	return text;
};

const statement: Rule = (draw, depth) => {
	if (depth <= 0 || !draw.oneIn(3)) return simple(draw, depth);
	return compound(draw, depth - 1) + (draw.oneIn(4) ? ` ${redirection(draw, depth - 1)}` : '');
};

const compound: Rule = (draw, depth) => {
	const body = () => list(draw, depth);
	const end = draw.pick(['; ', '\n']);
	switch (draw.below(14)) {
		case 0:
			return `{ ${body()}${end}}`;
		case 1:
			return `(${body()})`;
		case 2:
			return `if ${body()}${end}then ${body()}${end}${draw.oneIn(2) ? `else ${body()}${end}` : ''}fi`;
		case 3:
			return `while ${body()}${end}do ${body()}${end}break${end}done`;
		case 4:
			return `for i in ${word(draw, depth)} ${word(draw, depth)}; do ${body()}${end}done`;
		case 5:
			return `case ${word(draw, depth)} in ${draw.pick(['', '('])}${word(draw, depth)}|*) ${body()};; esac`;
		case 6:
			return `${draw.pick(['f()', 'function f', 'f ()', 'function f()'])} { ${body()}${end}}; f ${word(draw, depth)}`;
		case 7:
			return `! ${simple(draw, depth)}`;
		case 8:
			return `time ${draw.oneIn(2) ? '-p ' : ''}${simple(draw, depth)}`;
		case 9:
			return `coproc ${simple(draw, depth)}; wait`;
		case 10:
			return `[[ ${word(draw, depth)} ${draw.pick(['=', '!=', '<', '=~', '-ef'])} ${word(draw, depth)} ]]`;
		case 11:
			return `((${draw.pick(['1', 'x=1', '1<<2', `$(${body()}; echo 1)`])}))`;
		case 12:
			return `until ${body()}${end}do ${body()}${end}break${end}done`;
		default:
			return `for ((i=0; i<1; i++)); do ${body()}${end}done`;
	}
};

const simple: Rule = (draw, depth) => {
	const parts: string[] = [];
	if (draw.oneIn(6)) parts.push(assignment(draw, depth));
	if (draw.oneIn(8)) parts.push(redirection(draw, depth));
	if (draw.oneIn(5) && depth > 0) parts.push(launcher(draw, depth));
	parts.push(disguised(draw, draw.pick(programs), depth));
	for (let more = draw.below(3); more > 0; more--) parts.push(word(draw, depth));
	if (draw.oneIn(5)) parts.push(redirection(draw, depth));
	if (draw.oneIn(25)) parts.push('# comment');
	return parts.join(draw.oneIn(12) ? draw.pick(['\t', '  ', ' \\\n', '\\\n ']) : ' ');
};

const launcher: Rule = (draw, depth) => {
	const inner = () => list(draw, depth - 1);
	const single = () => `'${inner().replaceAll("'", "'\\''")}'`;
	const double = () => `"${inner().replace(/[\\"$`]/g, '\\$&')}"`;
	return draw.pick([
		() => 'env',
		() => 'env -i PATH="$PATH" A=1',
		() => 'env -u A --',
		() => 'nice -n 5',
		() => 'timeout -k 1 5',
		() => 'nohup',
		() => 'command',
		() => 'command -p',
		() => 'exec',
		() => 'exec -a z',
		() => 'builtin command',
		() => 'stdbuf -oL',
		() => 'xargs',
		() => 'xargs -n1 -I{}',
		() => 'uv run',
		() => 'eval',
		() => `bash -c ${single()};`,
		() => `bash -c ${double()} a`,
		() => `sh -ec ${single()} &&`,
		() => `eval ${single()};`,
		() => `eval ${double()};`,
		() => `bash <<< ${single()};`,
		() => `echo ${single()} | bash;`,
		() => `trap ${single()} EXIT;`,
		() => `x=${single()}; eval "$x";`,
		() => `env -S ${double()};`,
		() => `find . -maxdepth 0 -exec`,
		() => `alias f=${single()};`,
	])();
};

/** A program's name, spelled in one of the ways in which a shell reads it. */
function disguised(draw: Random, name: string, depth: number): string {
	const at = 1 + draw.below(Math.max(1, name.length - 1));
	const [head, tail] = [name.slice(0, at), name.slice(at)];
	if (!draw.oneIn(4)) return name;
	switch (draw.below(12)) {
		case 0:
			return `"${name}"`;
		case 1:
			return `'${head}'${tail}`;
		case 2:
			return `${head}\\${tail}`;
		case 3:
			return `${head}""${tail}`;
		case 4:
			return `$'${head}\\x${(tail.codePointAt(0) ?? 97).toString(16)}'${tail.slice(1)}`;
		case 5:
			return `${head}\\\n${tail}`;
		case 6:
			return `$x${name}`;
		case 7:
			return `{${name},a}`;
		case 8:
			return depth > 0 ? `$(echo ${name})` : `\${x:-${name}}`;
		case 9:
			return `"$x"${name}`;
		case 10:
			return `$'\\${(name.codePointAt(0) ?? 97).toString(8)}'${name.slice(1)}`;
		default:
			return `$"${name}"`;
	}
}

const word: Rule = (draw, depth) => {
	const inner = () => (depth > 0 ? list(draw, depth - 1) : draw.pick(programs));
	switch (draw.below(depth > 0 && draw.oneIn(3) ? 22 : 12)) {
		case 0:
			return `'${draw.pick(programs)} ${draw.pick(plainWords)}'`;
		case 1:
			return `"${draw.pick(plainWords)} ${draw.pick(['$x', '$@', '\\"', "'", '\\$'])}"`;
		case 2:
			return draw.pick(['$x', '"$x"', '${x:-a}', '"${x#*/}"', '$1', '"$@"', '$#', '${#x}', '$?', '${x:+b c}']);
		case 3:
			return draw.pick(['{a,b}', '{1..3}', '{a,}', 'a{b,c}d', '{a}', '{,a}']);
		case 4:
			return draw.pick(['*', 'a*', '[ab]', '?', '~', '\\*']);
		case 5:
			return draw.pick(["$'a\\tb'", "$'\\''", "$'\\x41'", '\\"', "\\'", "''", '""', 'a\\ b']);
		case 12:
		case 13:
			return `$(${inner()})`;
		case 14:
			return `"$(${inner()})"`;
		case 15:
			return `\`${inner().replace(/[\\`$]/g, '\\$&')}\``;
		case 16:
			return `<(${inner()})`;
		case 17:
			return `"\${x:-$(${inner()})}"`;
		case 18:
			return `\${x:-\`${draw.pick(programs)}\`}`;
		case 19:
			return `$((1 + $(${inner()}; echo 1)))`;
		case 20:
			return `>(${inner()})`;
		case 21:
			return `"a $(${inner()}) \`${draw.pick(programs)} b\`"`;
		default:
			return draw.pick(plainWords);
	}
};

const assignment: Rule = (draw, depth) =>
	`${draw.pick(['x', 'A', 'y[1]', 'x+'])}=${draw.oneIn(6) ? `(${word(draw, depth)} ${word(draw, depth)})` : word(draw, depth)}`;

const redirection: Rule = (draw, depth) => {
	const body = () =>
		draw.pick(['a', '$x', `$(${draw.pick(programs)} h)`, `\`${draw.pick(programs)} h\``, '\\$(foo)', 'python3 x']);
	switch (draw.below(8)) {
		case 0:
			return '2>&1';
		case 1:
			return `> ${draw.pick(['o', '/dev/null', '"o p"'])}`;
		case 2:
			return `<<< ${word(draw, depth)}`;
		case 3:
			return `<<E\n${body()}\n${body()}\nE\n`;
		case 4:
			return `<<'E'\n${body()}\nE\n`;
		case 5:
			return `<<-E\n\t${body()}\n\tE\n`;
		case 6:
			return depth > 0 ? `< <(${list(draw, depth - 1)})` : '</dev/null';
		default:
			return draw.pick(['&>o', '>>o', '2>/dev/null', '3>&1', '<&-', '>|o', '{fd}>o']);
	}
};
