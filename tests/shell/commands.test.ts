// Every command of a text is found, in the order of the source.
import { describe, expect, test } from 'vitest';
import { type ShellRow, seen } from '../support/shell-rows.ts';

const rows: readonly ShellRow[] = [
	['python3 x', ['python3 x'], []],
	['/usr/bin/python3 x', ['/usr/bin/python3 x'], []],
	['a; b & c\nd', ['a', 'b', 'c', 'd'], []],
	['a && b || c', ['a', 'b', 'c'], []],
	['! a | b |& c', ['a', 'b', 'c'], []],
	['(a; { b; })', ['a', 'b'], []],
	['if a; then b; elif c; then d; else e; fi', ['a', 'b', 'c', 'd', 'e'], []],
	['while a; do b; done', ['a', 'b'], []],
	['until a; do b; done < c', ['redirection ', 'a', 'b'], []],
	['for i in 1 2; do a; done', ['a'], []],
	['for ((i=0; i<$(a); i++)); do b; done', ['a', 'b'], []],
	['select i in x; do a; done', ['a'], []],
	['case $(a) in $(b)) c;; *) d;; esac', ['a', 'b', 'c', 'd'], []],
	['f() { a; }; b; f x', ['b', 'function f x', 'a'], []],
	['f() { a; }; b', ['a', 'b'], []],
	['a "$(b `c`)" <(d) > >(e)', ['a ? ?', 'b ? …', 'c', 'd', 'e'], []],
	['x=$(a) b', ['a', 'b'], []],
	['x=(1 $(a)) y[$(b)]=2', ['a', 'b'], []],
	['[[ $(a) == $(b) && -f $(c) ]]', ['a', 'b', 'c'], []],
	['(( $(a) + 1 ))', ['a'], []],
	['cat <<E\n$(a) `b`\nE', ['cat', 'a', 'b'], []],
	["cat <<'E'\n$(a)\nE", ['cat'], []],
	['cat <<< "$(a)"', ['cat', 'a'], []],
	['> a', ['redirection '], []],
	['echo $(<f)', ['builtin echo ? …', 'redirection '], []],
	['coproc a b', ['a b'], []],
	['time -p a', ['a'], []],
	['a # b', ['a'], []],
	["echo 'a; b'", ['builtin echo a; b'], []],
	[
		'sudo -u root env A=1 nice python3 x',
		['sudo -u root env A=1 nice python3 x', 'env A=1 nice python3 x', 'nice python3 x', 'python3 x'],
		[],
	],
	['bash -c \'a; bash -c "b"\'', ['bash -c a; bash -c "b"', 'a', 'bash -c b', 'b'], []],
	['bash -n f', ['bash -n f'], []],
	['eval a "\'b c\'"', ["builtin eval a 'b c'", 'a b c'], []],
	['command -p a b', ['builtin command -p a b', 'a b'], []],
	['builtin echo a', ['builtin builtin echo a', 'builtin echo a'], []],
	['exec -a z a b', ['builtin exec -a z a b', 'a b'], []],
	['command -v a', ['builtin command -v a'], []],
	["trap 'a' EXIT", ['builtin trap a EXIT', 'a'], []],
	['source /dev/stdin <<< a', ['builtin source /dev/stdin', 'a'], []],
	['xargs -I{} a {} b', ['xargs -I{} a {} b', 'a ? b'], []],
	['find . -exec a {} \\;', ['find . -exec a {} ;', 'a ?'], []],
	['alias g=a; g', ['builtin alias g=a', 'g'], []],
	[
		"shopt -s expand_aliases\nalias g='a b'\ng c",
		['builtin shopt -s expand_aliases', 'builtin alias g=a b', 'a b c', 'g c'],
		[],
	],
	[
		'shopt -s expand_aliases\nalias a=b b=c\na x',
		['builtin shopt -s expand_aliases', 'builtin alias a=b b=c', 'c x', 'b x', 'a x'],
		[],
	],
	['mapfile -C a x', ['builtin mapfile -C a x', 'a ?'], []],
	['complete -C a b', ['builtin complete -C a b', 'a ?'], []],
	['jobs -x a b', ['builtin jobs -x a b', 'a b'], []],
	['a=1 b=2', [], []],
	["''", [], []],
	['"a b" c', ['a b c'], []],
];

describe('the commands of a text', () => {
	test.each(rows)('%s', (...row) => {
		expect(seen(row[0])).toEqual(row);
	});
});
