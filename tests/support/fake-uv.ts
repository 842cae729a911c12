// A `uv` for tests: `uv run` starts a program as its child and stays its parent, as the real one does, and says so to it.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Options of `uv run` that take a word of their own. */
const withWord = [
	'-p',
	'--python',
	'--with',
	'--directory',
	'--project',
	'--extra',
	'--group',
	'--env-file',
	'--index',
];

/** Interpreters that a machine may lack, and programs that are written in Python. */
const standIns = [
	...['python', 'python3', 'python3.11', 'python3.12', 'python3.13t', 'python2.7', 'python3-dbg', 'pypy3', 'pypy3.10'],
	...['micropython', 'graalpy', 'py', 'pip', 'pip3', 'pip3.11', 'pytest', 'tox', 'coverage', 'ipython'],
];

export interface FakePrograms {
	/** To be first in PATH; `uv` is in the first of them, which nobody inside needs to read. */
	readonly folders: readonly [string, string];
	/** Python code that tells, in a file `ran` of the evidence folder that it sees, what it runs under. */
	readonly script: string;
	/** What a process has in the file that runs under `uv run`. */
	readonly token: string;
}

/**
 * Puts `uv` into a new folder, and interpreters that the machine lacks into another. Whatever runs of Python appends one line to `ran` in each
 * of the folders `evidence-*` of `base` that it can write to: the token, if it runs under `uv run`, or `raw`.
 */
export function makeFakePrograms(base: string, token: string): FakePrograms {
	const folders = [join(base, 'uv-bin'), join(base, 'bin')] as const;
	for (const folder of folders) mkdirSync(folder);
	const install = (name: string, text: string, folder: string = folders[1]) => {
		writeFileSync(join(folder, name), text);
		chmodSync(join(folder, name), 0o755);
	};
	install('uv', uv(token), folders[0]);
	for (const name of standIns) {
		if (['/usr/bin', '/usr/local/bin', '/bin'].some((place) => existsSync(join(place, name)))) continue;
		install(name, standIn(base));
	}
	return { folders, token, script: telling(base) };
}

const uv = (token: string) => `#!/usr/bin/perl
use strict;
use Cwd ();
my %withWord = map { $_ => 1 } qw(${withWord.join(' ')});
exit 0 if ($ARGV[0] // '') ne 'run';
shift @ARGV;
while (@ARGV and $ARGV[0] =~ /^-/) {
	my $option = shift @ARGV;
	last if $option eq '--';
	chdir $ARGV[0] if $option eq '--directory';
	shift @ARGV if $withWord{$option};
	if ($option eq '-m') { unshift @ARGV, 'python3', '-m'; last }
}
unshift @ARGV, 'python3' if ($ARGV[0] // '') =~ /[.]py$/ or ($ARGV[0] // '') eq '-';
exit 2 unless @ARGV;
$ENV{UNDER_UV} = '${token}';
my $environment = Cwd::getcwd() . '/.venv/bin';
$ENV{PATH} = "$environment:$ENV{PATH}" if -e "$environment/python";
my $child = fork // die;
if ($child == 0) { exec { $ARGV[0] } @ARGV or do { print STDERR "error: Failed to spawn: \`$ARGV[0]\`\\n"; exit 2 } }
$SIG{TERM} = sub { kill TERM => $child };
# A terminal sends these to the child, too.
$SIG{INT} = $SIG{QUIT} = sub { };
1 until waitpid($child, 0) == $child;
if (my $signal = $? & 127) { $SIG{$_} = 'DEFAULT' for qw(INT QUIT TERM); exit 128 + $signal }
exit $? >> 8;
`;

const standIn = (base: string) => `#!/bin/bash
for folder in ${base}/evidence-*; do
	[ -w "$folder" ] && echo "\${UNDER_UV:-raw} $0 $*" >> "$folder/ran"
done
echo PYMARK
`;

const telling = (base: string) => `import glob, os, sys
for folder in glob.glob("${base}/evidence-*"):
    if os.access(folder, os.W_OK):
        with open(folder + "/ran", "a") as ran:
            ran.write(os.environ.get("UNDER_UV", "raw") + " " + " ".join(sys.argv) + "\\n")
print("PY" + "MARK")
`;
