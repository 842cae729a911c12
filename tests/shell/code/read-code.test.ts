// What code of other languages starts: seen where it says so, a gap where it computes it, nothing where it is harmless.
import { describe, expect, test } from 'vitest';
import { readCode } from '../../../src/shell/code/read-code.ts';

/** Launches as text: shell text as it is, an argv in brackets. */
function started(language: string, code: string): readonly string[] {
	return (readCode(language, code).launches ?? []).map((launch) => {
		if (launch.kind === 'argv') return `[${launch.argv.map((word) => word.value ?? '?').join(' ')}]`;
		return launch.kind === 'script'
			? launch.words
					.map((word) => word.value ?? '?')
					.join(' ')
					.trim()
			: launch.kind;
	});
}

const shell = 'tool a';
const argv = '[tool a]';

const seen: readonly (readonly [language: string, code: string, ...launches: string[]])[] = [
	['perl', 'system("tool a")', shell],
	['perl', 'system "tool", "a"', argv],
	['perl', 'exec {"tool"} "ls","a"', argv],
	['perl', 'print `tool a`', shell],
	['perl', 'print qx{tool a}', shell],
	['perl', '$c = join q//, qw(t o o l); system $c, q(a)', argv],
	['perl', '$c="tool"; system($c." a");', shell],
	['perl', 'open(F,"tool a|"); print <F>', shell],
	['perl', 'open my $f, "-|", "tool", "a" or die', argv],
	['perl', 'system(<<"E");\ntool a\nE\n', shell],
	['perl', 's/.*/`tool a`/e', shell],
	['perl', 'print "x@{[ system(q(tool a)) ]}"', shell],
	['perl', 'eval "sys"."tem(\\"tool a\\")"', shell],
	['ruby', 'puts %x(tool a)', shell],
	['ruby', 'IO.popen(%w[tool a]) { |f| puts f.read }', argv],
	['ruby', 'puts "#{`tool a`}"', shell],
	['ruby', 'exec "tool", "a"', argv],
	['ruby', 'open("|tool a").read', shell],
	['javascript', 'require("child_process").spawn("to"+"ol",["a"],{stdio:"inherit"})', argv],
	['javascript', 'const {execSync: r} = require("node:child_process"); r("tool a")', shell],
	['javascript', 'import("child_process").then(c => c.execSync("tool a"))', shell],
	['javascript', 'console.log(`${require("child_process").execSync("tool a")}`)', shell],
	['javascript', 'new Deno.Command("tool",{args:["a"]}).outputSync()', argv],
	['javascript', 'Bun.spawnSync(["tool","a"])', argv],
	['python', 'import os; os.system("tool a")', shell],
	['python', 'from os import system as r; r("tool a")', shell],
	['python', 'import subprocess as s\ns.run(["tool","a"])', argv],
	['python', '__import__("os").system("tool a")', shell],
	['python', 'exec(\'import os\\nos.system("tool a")\')', shell],
	['python', 'import pip; pip.main(["a"])', '[pip a]'],
	['python', 'from pip._internal import main as m; m(["a"])', '[pip a]'],
	['python', 'import runpy; runpy.run_module("pip")', '[pip]'],
	['php', 'echo `tool a`;', shell],
	['lua', 'print(io.popen("tool a"):read("*a"))', shell],
	['awk', 'BEGIN { c="tool " "a"; while ((c | getline l) > 0) print l }', shell],
	['awk', '{ print | "tool a" }', shell],
	['sed', '1e tool a', shell],
	['sed', 's/[/]e/x/g;s/.*/tool a/e', shell],
	['tcl', 'puts [exec tool a]', argv],
	['tcl', 'spawn -noecho tool a', argv],
	['r', 'system2("tool", c("a"))', argv],
	['julia', 'run(`tool a`)', shell],
	['scheme', '(system* "tool" "a")', argv],
	['elisp', '(shell-command "tool a")', shell],
	['haskell', 'System.Process.callProcess "tool" ["a"]', argv],
	['groovy', 'println "tool a".execute().text', argv],
	['scala', 'Seq("tool","a").!!', argv],
	['java', 'Runtime.getRuntime().exec(new String[]{"tool","a"});', argv],
	['elixir', 'System.cmd("tool", ["a"])', argv],
	['erlang', 'os:cmd("tool a").', shell],
	['applescript', 'do shell script "tool a"', shell],
	['m4', "esyscmd(`tool a')", shell],
	['tex', '\\input{|"tool a"}', shell],
	['make', 'P=tool\nall: ; @$(P) a', shell],
	['make', '$(info $(shell tool a))', shell],
	['vim', 'silent !tool a', shell],
	['vim', 'call system("tool a")', shell],
	['ed', 'a\n!no\n.\n1,$w !tool a', shell],
	['sqlite', '.shell tool a', shell],
	['psql', '\\! tool a', shell],
	['mysql', 'system tool a', shell],
	['debugger', 'python\nimport os\nos.system("tool a")\nend', shell],
	['debugger', 'call (int)system("tool a")', shell],
	['dc', '!tool a', shell],
	['gnuplot', 'plot "< tool a"', shell],
];

describe('code that says what it starts is seen through', () => {
	test.each(seen)('%s: %s', (language, code, ...launches) => {
		expect(started(language, code)).toEqual(launches);
		expect(readCode(language, code).gaps).toEqual([]);
	});
});

const computed: readonly (readonly [language: string, code: string])[] = [
	['perl', 'print `$_`'],
	['perl', 'system(pack("H*", "746f6f6c"))'],
	['perl', 's/.*/"x"/ee'],
	['perl', '&{"main::x"}("tool")'],
	['perl', 'my $c = "ls"; $c =~ s/ls/tool/; system($c)'],
	['perl', '$c = "ls"; foreach $c ("tool") { system($c) }'],
	['perl', '$c="ls"; ${"c"}="tool"; system($c)'],
	['ruby', 'send(:system, "tool")'],
	['ruby', 'c="ls"; ["tool"].each{|c| system(c)}'],
	['javascript', 'require("child_"+process.argv[1]).execSync("tool")'],
	['javascript', 'const cp=require("child_process"); cp["ex"+"ec"]("tool")'],
	['javascript', 'const cp=require("child_process"); Object.values(cp)[3]("tool")'],
	['javascript', 'const c="ls"; ["tool"].map((a,c)=>require("child_process").execSync(c))'],
	['javascript', 'process["main"+"Module"].require("child_"+"process").execSync("tool")'],
	['javascript', '[]["constructor"]["constructor"]("return process")()'],
	['javascript', 'if(1)/"/.test("");require("child_process").execSync("tool")//"'],
	['javascript', `if(1)/'/.test("");Bun.spawnSync(["tool"])//'`],
	['javascript', '\\u0065val("x")'],
	['python', 'getattr(__import__("os"),"sys"+"tem")("tool")'],
	['python', 'import os; x=os; x.system("tool")'],
	['python', 'import os\nc="ls"\nfor c in ["tool"]: os.system(c)'],
	['php', '$f="sys"."tem"; $f("tool");'],
	['php', 'array_map("system", ["tool"]);'],
	['lua', 'os["exec".."ute"]("tool")'],
	['awk', '{ system($0) }'],
	['awk', 'BEGIN { f="system"; @f("tool") }'],
	['sed', 's/x/x/e'],
	['tcl', 'eval $x'],
	['m4', "define(`e',`esys$1')e(`cmd')(`tool')"],
	['vim', 'exe x'],
	['klingon', 'nuqneH'],
];

describe('code that computes what it starts is a gap', () => {
	test.each(computed)('%s: %s', (language, code) => {
		expect(readCode(language, code).gaps).not.toEqual([]);
	});
});

const harmless: readonly (readonly [language: string, code: string])[] = [
	['perl', 's/(\\w+)/uc $1/e'],
	['perl', 'print if /exec/; tr/a-z/A-Z/; # system("x")'],
	['perl', '$x{system} = 1; my %h = (exec => 1); eval { die "x" }; print $@'],
	['ruby', 'puts ARGF.read.gsub(/a/, "b").split(",").map(&:to_i).sum'],
	['javascript', 'const p=require("./package.json"); console.log(p.scripts["test"], /exec/.exec("x"))'],
	['javascript', 'const a=[1]; console.log(a[a.length-1], process.env["HOME"], process.argv[2])'],
	['python', "import os,json,sys; print(os.environ['A'], json.load(sys.stdin)['a'])"],
	['php', 'echo json_encode(["a"=>1]);'],
	['awk', '$3 > 5 && /foo/ { a[$1]++ } END { for (k in a) print k, a[k]/2 }'],
	['sed', ':a;N;$!ba;s/\\n/ /g;/^e/p'],
	['sed', 's/python3/uv run python/g'],
	['tcl', 'foreach a {1 2 3} {puts [expr {$a*2}]}'],
	['vim', '%s/a/b/g | wq!'],
	['sqlite', '.mode csv\nselect 1;'],
	['psql', '\\dt'],
	['debugger', 'info registers\nbreak main'],
	['make', 'X = 1\n.PHONY: all'],
	['dc', '2 3 + p'],
];

describe('code that starts nothing has no launch and no gap', () => {
	test.each(harmless)('%s: %s', (language, code) => {
		expect(readCode(language, code)).toMatchObject({ launches: [], gaps: [] });
	});
});

describe('files that code names are facts', () => {
	test.each([
		['javascript', 'require("fs").readFileSync(".env")+""', { reads: ['.env'] }],
		['perl', 'unlink "../x/f"', { deletes: ['../x/f'] }],
		['python', "print(open('.env').read())", { reads: ['.env'] }],
		['python', "open('out', 'w').write('')", { writes: ['out'] }],
		['ruby', 'File.rename("a", "b")', { deletes: ['a'], writes: ['b'] }],
		['awk', 'BEGIN { print 1 > "out" }', { writes: ['out'] }],
		['sed', '/a/,/b/w out.txt', { writes: ['out.txt'] }],
	])('%s: %s', (language, code, facts) => {
		expect(readCode(language, code).facts).toEqual(facts);
	});

	test('relative ones are seen from where the text starts, and unsure once the code moves', () => {
		expect(readCode('perl', 'unlink "f"', { cwd: 'api' }).facts).toEqual({ deletes: ['api/f'] });
		expect(readCode('perl', 'chdir ".."; unlink "f"').unsure).toContain('deletes');
	});
});
