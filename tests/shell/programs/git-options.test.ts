// A test of git's option tables against the git that is installed: `git <command> -h` lists what it takes.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { readOptions } from '../../../src/shell/options.ts';
import { grammarOf } from '../../../src/shell/programs/git-options.ts';
import { literal } from '../../../src/shell/word-parts.ts';

const commands = [
	'add',
	'am',
	'apply',
	'archive',
	'branch',
	'checkout',
	'checkout-index',
	'cherry-pick',
	'clean',
	'clone',
	'commit',
	'config',
	'fetch',
	'gc',
	'grep',
	'hash-object',
	'init',
	'ls-files',
	'ls-remote',
	'merge',
	'mv',
	'pull',
	'push',
	'read-tree',
	'rebase',
	'reset',
	'restore',
	'revert',
	'rm',
	'send-pack',
	'stash push',
	'stash drop',
	'status',
	'switch',
	'tag',
	'update-ref',
	'worktree add',
	'worktree remove',
	'blame',
	'describe',
	'show-ref',
	'repack',
	'prune',
	'remote add',
	'cat-file',
	'ls-tree',
];

/** The git whose lists the tables were written from. Another one may have more options, and write them in another way. */
const isSameGit = /\b2\.39\./.test(spawnSync('git', ['--version'], { encoding: 'utf8' }).stdout);
/** Of the options of another git, at least so many must be known. */
const leastKnown = 0.7;

/** Options with a value that `-h` writes in a way of its own. */
const oddlyListed = new Set(['--fixup', '--resolvemsg']);

/** Spellings like `-m` and `--message`, with whether a value has to follow. */
function listed(command: string): readonly { readonly spelled: string; readonly takesValue: boolean }[] {
	const { stdout, stderr } = spawnSync('git', [...command.split(' '), '-h'], { encoding: 'utf8' });
	return (stdout + stderr).split('\n').flatMap((line) => {
		const [, body = ''] = /^ {4}(-\S.*?)(?: {2,}.*)?$/.exec(line) ?? [];
		const spelled = body.match(/(?<![\w[<])--?(?:\[no-\])?[A-Za-z0-9][\w-]*/g) ?? [];
		const value = /[ ](?:<|\(|[a-z])[^[]*$/.test(body.replace(/^-\w, /, ''));
		const isOptional = body.includes('[=') || /\w\[/.test(body) || /^-\w\[/.test(body);
		return spelled
			.filter((one) => one.startsWith('--') || one.length === 2)
			.map((one) => ({
				spelled: one.replace('[no-]', ''),
				takesValue: oddlyListed.has(one) || (value && !isOptional),
			}));
	});
}

test.each(commands)('git %s takes the options that it lists', (command) => {
	const options = listed(command);
	expect(options.length).toBeGreaterThan(0);
	const wrong = options.filter(({ spelled, takesValue }) => {
		const { found, operands, gap } = readOptions(
			[literal(command), literal(spelled), literal('value')],
			grammarOf(command),
		);
		return gap !== undefined || found.length !== 1 || (operands.length === 0) !== takesValue;
	});
	if (isSameGit) expect(wrong).toEqual([]);
	else expect(1 - wrong.length / options.length).toBeGreaterThan(leastKnown);
});
