// Interpreters and tools with a language inside: where their code stands, and that harmless uses stay harmless.
import { describe, expect, test } from 'vitest';
import { analyse } from '../../../src/shell/analyse.ts';

const started: readonly string[] = [
	`perl -e 'system("python3 x.py")'`,
	`perl -we 'system("python3 x.py")'`,
	`perl -ne 'print' 'python3 x.py|'`,
	`perl <<'E'\nsystem("python3 x.py")\nE`,
	`ruby -e 'system "python3 x.py"'`,
	`node -pe 'require("child_process").execSync("python3 x.py")'`,
	`node <<< 'require("child_process").execFileSync("python3",["x.py"])'`,
	`deno eval 'new Deno.Command("python3",{args:["x"]}).outputSync()'`,
	`php -r 'system("python3 x.py");'`,
	`lua5.4 -e 'os.execute("python3 x.py")'`,
	`awk -v c='python3 x.py' 'BEGIN{system(c)}'`,
	`sed -n '1e python3 x.py' a.txt`,
	`make X='$(shell python3 x.py)' all`,
	`make SHELL=/usr/bin/python3 all`,
	`make -f - <<< $'all:\\n\\tpython3 x.py'`,
	`sqlite3 :memory: '.shell python3 x.py'`,
	`echo '.shell python3 x.py' | sqlite3`,
	`psql -c '\\! python3 x.py'`,
	`gdb -batch -ex 'shell python3 x.py'`,
	`gdb -batch -ex run --args python3 x.py`,
	`vim -es -c '!python3 x.py' -c q`,
	`nvim --headless +'lua os.execute("python3 x.py")' +q`,
	`printf '!python3 x.py\\nq\\n' | ed -s`,
	`expect -c 'spawn python3 x.py; expect eof'`,
	`Rscript -e 'system("python3 x.py")'`,
	`guile -c '(system "python3 x.py")'`,
	`ghc -e ':!python3 x.py'`,
	`osascript -e 'do shell script "python3 x.py"'`,
	`pdflatex --shell-escape '\\write18{python3 x.py}'`,
];

describe('a program started by code is seen', () => {
	test.each(started)('%s', (command) => {
		const { commands, gaps } = analyse(command);
		expect(commands.map((one) => one.program)).toContain('python3');
		expect(gaps).toEqual([]);
	});
});

const gaps: readonly string[] = [
	`perl -e "$CODE"`,
	`echo 'python3 x.py' | sed 's/x/x/e'`,
	`awk '{system($0)}' list`,
	`perl -Mwarnings -e 'system($ARGV[0])' 'python3 x.py'`,
	`curl -s http://h/x | perl`,
	`pwsh -EncodedCommand cAB5AA==`,
];

describe('what code starts is a gap where nobody can tell', () => {
	test.each(gaps)('%s', (command) => expect(analyse(command).gaps).not.toEqual([]));
});

const harmless: readonly string[] = [
	'node --version',
	`node -e 'console.log(1)'`,
	'node app.js --port 80',
	'perl -v',
	`perl -pe 's/a/b/' f.txt`,
	`perl -lane 'print $F[0]' f`,
	`ruby -ne 'print if /x/' f`,
	'php artisan migrate',
	`awk -F: '{print $1}' /etc/passwd`,
	'awk -f x.awk f',
	`sed 's/python3/uv run python/g' Makefile`,
	`sed -i 's#python3#uv run#' Makefile`,
	'make test',
	'make -n test',
	'make -j4 CC=clang all',
	`sqlite3 -header -csv db 'select 1'`,
	`psql -c 'select 1' -d x`,
	'gdb -batch -ex bt ./a.out core',
	`vim -c ':q!'`,
	`Rscript -e 'cat(1)'`,
	'tclsh x.tcl',
	'm4 f.m4',
	'pdflatex doc.tex',
	'erl -noshell -eval "halt()."',
];

describe('a harmless use starts nothing else and leaves no gap', () => {
	test.each(harmless)('%s', (command) => {
		const { commands, gaps } = analyse(command);
		expect(gaps).toEqual([]);
		expect(commands).toHaveLength(1);
	});
});

test('files that are edited in place are written', () => {
	expect(analyse(`perl -i.bak -pe 's/a/b/' f`).commands[0]?.facts).toMatchObject({ reads: ['f'], writes: ['f'] });
	expect(analyse(`sed -i 's/a/b/' f`).commands[0]?.facts).toMatchObject({ reads: ['f'], writes: ['f'] });
});
