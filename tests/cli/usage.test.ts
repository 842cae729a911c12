// The command line itself: help, version, and every way to type it wrong.
import { afterAll, describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/registry.ts';
import { makePlace } from './support.ts';

const place = makePlace();
afterAll(() => place.remove());

test('the version is one line', async () => {
	expect(await place.run(['--version'])).toMatchObject({ code: 0, stdout: 'trapgate 9.9.9\n', stderr: '' });
});

test('help names every command with its summary', async () => {
	const { code, stdout } = await place.run(['help']);
	expect(code).toBe(0);
	for (const [name, load] of Object.entries(commands)) {
		const command = await load();
		expect(command.name).toBe(name);
		expect(stdout).toContain(`  ${name.padEnd(10)}  ${command.summary}`);
	}
	expect((await place.run(['--help'])).stdout).toBe(stdout);
});

test('help for one command names each of its flags', async () => {
	for (const [name, load] of Object.entries(commands)) {
		const { options } = await load();
		const { code, stdout } = await place.run(['help', name]);
		expect(code).toBe(0);
		for (const flag of Object.keys(options)) expect(stdout).toContain(`--${flag}`);
		expect((await place.run([name, '--help'])).stdout).toBe(stdout);
		expect((await place.run([name, '-h'])).stdout).toBe(stdout);
	}
});

const mistakes: readonly (readonly [argv: string[], message: string, help: string])[] = [
	[[], 'no command was given', 'trapgate help'],
	[['chek'], 'unknown command `chek`', 'did you mean `trapgate check`?'],
	[['xyzzy'], 'unknown command `xyzzy`', 'commands: init, run, check'],
	[['help', 'explian'], 'unknown command `explian`', 'did you mean `trapgate explain`?'],
	[['toString'], 'unknown command `toString`', 'commands: init, run'],
	[['--bogus'], 'unknown flag `--bogus`', 'trapgate help'],
	[['--fromat', 'json', 'check'], 'unknown flag `--fromat`', 'did you mean `--format`?'],
	[['-x', 'check'], 'unknown flag `-x`', 'trapgate help'],
	[['check', '--srict'], 'unknown flag `--srict`', 'did you mean `--strict`?'],
	[['doctor', 'now'], '`now` is one word too many', 'trapgate help doctor'],
	[['audit'], 'something is missing: trapgate audit tail', 'trapgate help audit'],
	[['explain', 'git', 'push', '--force'], 'unknown flag `--force`', 'put the words in quotes, or after `--`'],
	[['explain', '--call'], '`--call` needs a value', '--call=VALUE'],
	[['check', '--quiet=yes'], '`--quiet` takes no value', 'trapgate help check'],
	[['check', '--format', 'xml'], '`--format xml`: text, json or sarif', 'trapgate help check'],
	[['tools', '--format', 'xml'], '`--format xml`: text or json', 'trapgate help tools'],
	[
		['tools', '--format', 'sarif'],
		'`--format sarif`: only `trapgate check` writes SARIF; text or json',
		'trapgate help tools',
	],
	[['explain', 'ls', '--format=sarif'], 'only `trapgate check` writes SARIF', 'trapgate help explain'],
	[['check', '--explain', 'P999'], '`--explain P999`: no problem has this code', 'did you mean'],
	[['check', '--explain', 'toString'], 'no problem has this code', 'docs/reference/errors.md'],
	[['check', '--explain', 'P303', 'a.yaml'], '`--explain` goes without policy files', 'trapgate help check'],
	[['check', '--explain', 'P303', '--format', 'sarif'], 'not for `--explain`', 'trapgate help check'],
	[['schema', 'polcy'], 'there is no schema `polcy`', 'did you mean `policy`?'],
	[['schema', '../package'], 'there is no schema `../package`', 'write `policy`, `trapgate` or `test`'],
	[['check', '--cwd', 'nowhere'], '`--cwd nowhere` is no directory', 'trapgate help check'],
	[['tools', '--agent', 'a b'], '`--agent a b`: letters, digits', 'trapgate help tools'],
	[['explain'], 'there is nothing to explain', "trapgate explain 'git push --force'"],
	[['explain', 'ls', '--call', 'a/b'], 'exclude each other', 'trapgate help explain'],
	[['explain', 'ls', '--args', '{}'], '`--args` goes with `--call`', 'trapgate help explain'],
	[['explain', '--at', 'noon', 'ls'], '`--at noon` is no time', '2026-11-20T15:00:00Z'],
	[['explain', '--call', 'tool'], '`--call tool` names no tool', 'driver/tool'],
	[['explain', '--call', 'a/b', '--args', '{'], '`--args` is not JSON', '--args'],
	[['explain', '--call', 'a/b', '--args', '{"x":1,"x":2}'], 'appears twice', '--args'],
	[['explain', '--call', 'a/b', '--args', '[]'], '`--args` must be a JSON object', '--args'],
	[['audit', 'follow'], '`audit follow`: one of tail, show, verify', 'trapgate help audit'],
	[['audit', 'show'], '`audit show` needs the id of a call', 'trapgate audit tail'],
	[['audit', 'tail', 'x'], '`x` is one word too many', 'trapgate help audit'],
	[['audit', 'tail', '--since', 'soon'], '`--since soon` is no time', '10m, 2h'],
	[['audit', 'tail', '--decision', 'maybe'], '`--decision maybe`: one of allowed', 'trapgate help audit'],
	[['audit', 'tail', '--lines', 'few'], '`--lines few` is no number', 'trapgate help audit'],
	[['run', '--http', '4070', '--stdio'], '`--stdio` and `--http` exclude each other', 'trapgate help run'],
];

describe('a mistake on the command line is exit code 2, one sentence, and what to type', () => {
	test.each(mistakes)('%j', async (argv, message, help) => {
		const { code, stdout, stderr } = await place.run(argv);
		expect(stderr).toContain('error[C101]: ');
		expect(stderr).toContain(message);
		expect(stderr).toContain(help);
		expect(stderr).not.toContain('    at ');
		expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
	});
});

test('machines get the same mistake as one document', async () => {
	const { code, stderr, document } = await place.run(['check', '--srict', '--format', 'json']);
	expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
	expect(document()).toEqual({
		schema_version: '1.0',
		command: 'check',
		error: 'unknown flag `--srict`',
		problems: [
			{ code: 'C101', severity: 'error', message: 'unknown flag `--srict`', help: 'did you mean `--strict`?' },
		],
	});
});

test('`run` never writes a failure to stdout, which belongs to MCP', async () => {
	const { code, stdout, stderr } = await place.run(['run', '--format', 'json', '--config', 'nowhere.yaml']);
	expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
	expect(stderr).toContain('nowhere.yaml');
});

test('global flags may stand before and after the command', async () => {
	place.write('other/trapgate.yaml', 'version: 1\n');
	const wanted = await place.run(['check', '--cwd', 'other', '--format', 'json']);
	expect(wanted.code).toBe(0);
	expect((await place.run(['--cwd', 'other', '--format=json', 'check'])).stdout).toBe(wanted.stdout);
	expect((await place.run(['check', '--config', 'other/trapgate.yaml'])).code).toBe(0);
});

test('a stack trace is shown to those who ask for it', async () => {
	expect((await place.run(['xyzzy'])).stderr).not.toContain('usage.test');
	expect((await place.run(['xyzzy'], { env: { TRAPGATE_DEBUG: '1' } })).stderr).toContain('    at ');
});
