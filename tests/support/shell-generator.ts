// Shell lines made up by a grammar, by mutation and by crossover; every program in them is a stub of the lab.
import { type Random, random } from './random.ts';
import { script } from './shell-grammar.ts';

/**
 * `count` lines, the same for the same seed: a third from the grammar alone, the rest mutated or crossed with lines of `table`.
 * All of them are harmless, and more so in the lab.
 */
export function shellLines(seed: number, count: number, table: readonly string[]): readonly string[] {
	const draw = random(seed);
	const parents = table.filter(isHarmless);
	const lines: string[] = [];
	while (lines.length < count) {
		const line = oneLine(draw, parents);
		if (isHarmless(line)) lines.push(line);
	}
	return lines;
}

function oneLine(draw: Random, parents: readonly string[]): string {
	const parent = () => (parents.length > 0 && !draw.oneIn(3) ? draw.pick(parents) : script(draw));
	switch (draw.below(6)) {
		case 0:
		case 1:
			return script(draw);
		case 2:
			return mutated(draw, parent());
		case 3:
			return crossed(draw, parent(), parent());
		case 4:
			return mutated(draw, crossed(draw, parent(), parent()));
		default:
			return nested(draw, parent());
	}
}

/** Fragments that change how the text around them is read. */
const fragments: readonly string[] = [
	...'\' " ` $ \\ ( ) { } [ ] < > ; & | # ! ~ * ? , = \n'.split(' '),
	...'$( $(( )) ${ }} "$( )" `` \\` \\" $\' $" << <<E <<- <<< >( <( 3< 2>&1 &> >| && || ;; ;& |& (( [[ ]]'.split(' '),
	...'\\\n \nE\n \t $x "$x" ${x} ${x:-y} $@ "$@" {a,b} a=b x=( esac fi done then do if case in time coproc'.split(' '),
	...'eval exec command foo python3 "python3 x" \'python3 x\' $(foo) `foo` f() function é \r'.split(' '),
	'\n',
	' ',
	'; foo',
	' # ',
	'\\\n',
	'\nEOF\n',
];

function mutated(draw: Random, line: string): string {
	let text = line;
	for (let rounds = 1 + draw.below(3); rounds > 0; rounds--) {
		const at = draw.below(text.length + 1);
		const length = draw.below(4);
		switch (draw.below(5)) {
			case 0:
				text = text.slice(0, at) + text.slice(at + 1 + length);
				break;
			case 1:
				text = text.slice(0, at) + draw.pick(fragments) + text.slice(at);
				break;
			case 2:
				text = text.slice(0, at) + draw.pick(fragments) + text.slice(at + 1 + length);
				break;
			case 3:
				text = text.slice(0, at) + text.slice(draw.below(at + 1), at) + text.slice(at);
				break;
			default:
				text = swapped(text, at, draw.below(text.length + 1));
		}
	}
	return text;
}

function swapped(text: string, one: number, other: number): string {
	const [low, high] = one < other ? [one, other] : [other, one];
	const [left, right] = [text[low], text[high]];
	if (left === undefined || right === undefined || low === high) return text;
	return text.slice(0, low) + right + text.slice(low + 1, high) + left + text.slice(high + 1);
}

function crossed(draw: Random, one: string, other: string): string {
	const joint = draw.pick(['', '', ' ', ';', '\n', ' | ', ' && ', '$(']);
	return one.slice(0, draw.below(one.length + 1)) + joint + other.slice(draw.below(other.length + 1));
}

function nested(draw: Random, line: string): string {
	const single = `'${line.replaceAll("'", "'\\''")}'`;
	const double = `"${line.replace(/[\\"$`]/g, '\\$&')}"`;
	const open = `"${line.replaceAll('"', '')}"`;
	return draw.pick([
		`bash -c ${single}`,
		`sh -c ${double}`,
		`bash -c ${open}`,
		`eval ${single}`,
		`eval ${double}`,
		`eval ${line}`,
		`x=${single}; eval "$x"`,
		`bash <<'EOF'\n${line}\nEOF`,
		`bash <<EOF\n${line}\nEOF`,
		`bash <<< ${single}`,
		`echo ${single} | sh`,
		`env bash -c ${single}`,
		`echo "$(${line})"`,
		`echo \`${line.replace(/[\\`$]/g, '\\$&')}\``,
		`( ${line}\n)`,
		`{ ${line}\n}`,
		`if ${line}\nthen foo; fi`,
		`f() { ${line}\n}; f a b`,
		`for i in a 'b c'; do ${line}\ndone`,
		`case a in a) ${line}\n;; esac`,
		`cat <<EOF\n$(${line})\nEOF`,
		`trap ${single} EXIT`,
		`timeout 5 nice bash -c ${single} a b`,
		`env -S ${double}`,
		`xargs -n1 bash -c ${single} <<< 'a b'`,
	]);
}

/** Words that reach for something else than stubs, and paths that lead out of the lab. */
const harmful =
	/\b(?:rm|mv|kill|dd|suspend|unshare|mount|chroot|ulimit|prlimit|tcp|udp|history|fc|logout|sleep|yes)\b|(?:^|[^\w.~)}"'$*])\/(?!dev\/(?:null|stdin|fd)\b|usr\/bin\/(?:env|python3)\b|bin\/(?:ba)?sh\b)/;

/** Whether a line may run in the lab: short, no jobs of ours to end, no path from the root but a few. */
export function isHarmless(line: string): boolean {
	return line.length <= 2_000 && !/[\0\p{Surrogate}]/u.test(line) && !harmful.test(line);
}
