// Tests of what git's reader says: pushes, hooks, lost work, rewritten history, and what git starts.
import { describe, expect, test } from 'vitest';
import { analyse } from '../../../src/shell/analyse.ts';
import { launched, read } from './words.ts';

const facts = (line: string, on?: string) => read(line, on === undefined ? {} : { on }).facts ?? {};

describe('a push', () => {
	test.each([
		'git push --force origin main',
		'git push -f',
		'git push -uf origin topic',
		'git -C api push -f',
		'git push origin +topic',
		'git push origin "+$x"',
		'git push --force-with-lease',
		'git push --force-with-lease=main:abc origin',
		'git push --force-wi',
		'git push --force-if-includes',
		'git push --mirror',
		'git push origin -f',
		"git push origin 'refs/heads/a' '+refs/heads/*:refs/heads/*'",
		'git -c push.default=current push -f',
		'git -c remote.origin.push=+main push',
		'git -c remote.origin.mirror=true push',
		"git -c alias.yolo='push -f' yolo",
		"git -c alias.a='b -f' -c alias.b=push a",
		'git send-pack --force origin main',
		'git --no-pager push -vf',
	])('is forced: %s', (line) => {
		expect(facts(line)).toMatchObject({ force: true });
	});

	test.each([
		'git push',
		'git push -u origin topic',
		'git push -n origin topic',
		'git push -o f origin topic',
		'git push --push-option -f origin topic',
		'git push origin -- topic',
		'git push origin a+b',
		'git commit -m "push -f"',
		'git push origin "feature-$x"',
	])('is not forced: %s', (line) => {
		const { facts, unsure } = read(line);
		expect(facts).not.toHaveProperty('force');
		expect(unsure).not.toContain('force');
	});

	test.each<[string, readonly string[]]>([
		['git push origin main', ['main']],
		['git push origin HEAD:refs/heads/release/2.0', ['release/2.0']],
		['git push origin a b:c', ['a', 'c']],
		['git push origin :gone', ['gone']],
		['git push --delete origin gone', ['gone']],
		['git push origin heads/main', ['main']],
		['git push origin tag v1 main', ['main']],
		['git push origin refs/tags/v1:refs/tags/v1 x', ['x']],
		['git push', ['topic']],
		['git push origin', ['topic']],
		['git push origin HEAD', ['topic']],
		['git push origin +HEAD', ['topic']],
		['git -C . push', ['topic']],
		['git push . HEAD:main', ['main']],
	])('goes to the branches it names, or to the current one: %s', (line, branches) => {
		const { facts, unsure } = read(line, { on: 'topic' });
		expect(facts?.['to_branch']).toEqual(branches);
		expect(unsure).not.toContain('to_branch');
	});

	test.each([
		'git push --all',
		'git push origin :',
		"git push origin 'refs/heads/*'",
		'git push origin "feature-$x"',
		'git push origin "HEAD:$x"',
		'git -C other push',
		'git --git-dir=x/.git push',
		'GIT_DIR=x/.git git push',
		'git -c push.default=matching push',
		'git push "$x"',
		'git push $x',
	])('may go anywhere: %s', (line) => {
		expect(read(line, { on: 'topic' }).unsure).toContain('to_branch');
	});

	test('goes to no known branch where none is known', () => {
		expect(read('git push').unsure).toContain('to_branch');
	});

	test.each(['git push "$x"', 'git push $x', 'git push origin $x', 'git push --froce', 'git push $flags origin main'])(
		'may be forced: %s',
		(line) => {
			expect(read(line).unsure).toEqual(expect.arrayContaining(['flags', 'force', 'skips_hooks']));
		},
	);

	test('may be forced by words from input', () => {
		expect(read('git push origin', { isOpenEnded: true }).unsure).toEqual(
			expect.arrayContaining(['flags', 'force', 'to_branch']),
		);
		expect(read('git push origin --', { isOpenEnded: true }).unsure).toContain('force');
	});

	test.each(['git push origin :x', 'git push -d origin x', 'git push --delete origin x', 'git push --prune'])(
		'deletes: %s',
		(line) => {
			expect(facts(line)).toMatchObject({ deletes_branch: true });
		},
	);

	test('has canonical flags, where -n is --dry-run', () => {
		expect(read('git push -nu origin x').flags).toEqual(['--dry-run', '--set-upstream']);
		expect(facts('git push -n')).toMatchObject({ dry_run: true });
		expect(facts('git push -n --no-dry-run')).not.toHaveProperty('dry_run');
	});
});

describe('a fetch', () => {
	test('with + or -f may lose commits of the branch it writes', () => {
		expect(facts('git --git-dir=../remote.git fetch -qf ../ws main:main')).toMatchObject({
			force: true,
			to_branch: ['main'],
		});
		expect(facts('git fetch origin +a:b')).toMatchObject({ force: true });
	});

	test('into remote-tracking branches is no matter', () => {
		expect(facts("git fetch origin '+refs/heads/*:refs/remotes/origin/*'")).not.toHaveProperty('force');
		expect(facts('git fetch -f origin main')).not.toHaveProperty('force');
	});
});

describe('hooks', () => {
	test.each([
		'git commit --no-verify -m "wip"',
		'git commit -n -m "wip"',
		'git commit -nm "wip"',
		'git commit --no-veri -m x',
		'git commit -anm "$msg"',
		'git push --no-verify',
		'git merge --no-verify topic',
		'git rebase --no-verify main',
		'git am --no-verify x.patch',
		'git pull --no-verify',
		'git -c core.hooksPath=/dev/null commit -m "wip"',
		'git -c core.hookspath=/dev/null commit -m "wip"',
		'git -c "core.hooksPath=$d" commit -m "wip"',
		'git config core.hooksPath /dev/null',
		'git config set --local core.hooksPath /dev/null',
		'git --config-env=core.hooksPath=X commit',
		'GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/dev/null git commit',
		'HUSKY=0 git commit -m x',
		'SKIP=flake8 git commit -m x',
	])('are skipped: %s', (line) => {
		expect(facts(line)).toMatchObject({ skips_hooks: true });
	});

	test.each([
		'git commit -m "$msg"',
		'git commit -m "-n"',
		'git commit -mn',
		'git commit --message "$msg" -- -n',
		'git push -n origin topic',
		'git merge -n topic',
		'git config --get core.hooksPath',
		'git config core.hooksPath',
		'git add -n "$f"',
		'git rebase -n main',
		'HUSKY=1 git commit -m x',
	])('are not skipped: %s', (line) => {
		const { facts, unsure } = read(line);
		expect(facts).not.toHaveProperty('skips_hooks');
		expect(unsure).not.toContain('skips_hooks');
	});

	test('may be skipped where a word may be an option', () => {
		expect(read('git commit $args').unsure).toContain('skips_hooks');
		expect(read('git commit -m $msg').unsure).toContain('skips_hooks');
		expect(read('git commit "$x"').unsure).toContain('skips_hooks');
	});

	test('of a message that is one word nothing is unsure', () => {
		expect(read('git commit -am "fix: $x"').unsure).toEqual([]);
	});
});

describe('work', () => {
	test.each([
		'git reset --hard HEAD~1',
		'git reset --har',
		'git clean -fdx',
		'git clean -xdf src',
		'git -c clean.requireForce=false clean -d',
		'git checkout -- src/a.ts',
		'git checkout .',
		'git checkout ./a',
		'git checkout HEAD src/a.ts',
		'git checkout -f main',
		'git switch -f main',
		'git switch --discard-changes main',
		'git restore .',
		'git restore -SW a',
		'git stash drop',
		'git stash clear',
		'git branch -D topic',
		'git branch -d -f topic',
		'git rm -rf src',
		'git worktree remove --force x',
		'git reflog expire --expire=now --all',
		'git gc --prune=now',
		'git read-tree -u --reset HEAD',
		'git checkout-index -fa',
	])('is lost: %s', (line) => {
		expect(facts(line)).toMatchObject({ discards_work: true });
	});

	test.each([
		'git reset --soft HEAD~1',
		'git reset',
		'git reset HEAD a.ts',
		'git clean -n',
		'git clean -nfd',
		'git checkout main',
		'git checkout -b "topic"',
		'git checkout -q -b remove-python3',
		'git checkout v1.2.3',
		'git checkout -b x origin/main',
		'git switch -c topic',
		'git restore --staged a',
		'git stash',
		'git stash push -u',
		'git stash pop',
		'git branch -d topic',
		'git branch --list "*python3*"',
		'git gc',
		'git add "$f"',
	])('is kept: %s', (line) => {
		const { facts, unsure } = read(line);
		expect(facts).not.toHaveProperty('discards_work');
		expect(unsure).not.toContain('discards_work');
	});

	test.each(['git checkout app.py', 'git checkout "$x"', 'git reset "$mode" HEAD'])('may be lost: %s', (line) => {
		expect(read(line).unsure).toContain('discards_work');
	});
});

describe('history', () => {
	test.each([
		'git commit --amend',
		'git commit --am',
		'git rebase main',
		'git rebase -i HEAD~3',
		'git rebase --continue',
		'git pull --rebase',
		'git pull -r',
		'git -c pull.rebase=true pull',
		"git filter-branch --msg-filter 'cat' HEAD",
		'git filter-repo --path x',
		'git reset --soft HEAD~1',
		'git branch -f main HEAD~3',
		'git update-ref refs/heads/main abc',
	])('is rewritten: %s', (line) => {
		expect(facts(line)).toMatchObject({ rewrites_history: true });
	});

	test.each(['git commit -m amend', 'git rebase --abort', 'git reset --hard HEAD', 'git pull', 'git branch topic'])(
		'is kept: %s',
		(line) => {
			expect(facts(line)).not.toHaveProperty('rewrites_history');
		},
	);
});

describe('paths', () => {
	test.each<[string, object]>([
		['git diff --no-index /dev/null .env', { reads: ['/dev/null', '.env'] }],
		['git show HEAD:.env', { reads: ['.env'] }],
		['git show :.env', { reads: ['.env'] }],
		['git -C app show HEAD:.env', { reads: ['app/.env'] }],
		['git log -p -- .env', { reads: ['.env'] }],
		['git diff .env', { reads: ['.env'] }],
		['git blame .env', { reads: ['.env'] }],
		['git grep KEY .env', { reads: ['.env'] }],
		['git cat-file -p HEAD:.env', { reads: ['.env'] }],
		['git rm -r --quiet a b', { deletes: ['a', 'b'], recursive: true }],
		['git -C ../other clean -fdx', { deletes: ['../other/.'] }],
		['git --work-tree=../other checkout -f -- a', { writes: ['../other/a'] }],
		['git worktree remove ../x', { deletes: ['../x'] }],
		['git clone https://x.example/r.git ../r', { urls: ['https://x.example/r.git'], writes: ['../r'] }],
		['git archive -o /tmp/x.tar HEAD', { writes: ['/tmp/x.tar'] }],
		['git commit -F .env', { reads: ['.env'] }],
	])('%s', (line, expected) => {
		expect(facts(line)).toMatchObject(expected);
	});

	test.each(['git log --oneline', 'git diff main..topic', 'git diff HEAD~1', 'git grep -n python3', 'git show v1.2.3'])(
		'none are shown by %s',
		(line) => {
			expect(facts(line)).not.toHaveProperty('reads');
		},
	);
});

describe('git starts', () => {
	test.each<[string, readonly string[]]>([
		["git -c alias.x='!python3 a.py' x", ['script: python3 a.py']],
		["git -c alias.x='!python3' x a.py", ['script: python3 "$@"']],
		["git -c core.pager='python3 a.py' log", ['script: python3 a.py']],
		["git -c pager.log='python3 a.py' log", ['script: python3 a.py']],
		['git -c pager.log=false log', []],
		['git -c core.pager= log', []],
		['git -c core.fsmonitor=true status', []],
		['git -c core.fsmonitor=./hook status', ['script: ./hook']],
		["git -c core.sshCommand='python3 x' fetch", ['script: python3 x']],
		["git -c core.editor='python3 x' commit", ['script: python3 x "$@"']],
		["git -c credential.helper='!python3 x' fetch", ['script: python3 x']],
		["git -c credential.https://x.example.helper='!python3 x' fetch", ['script: python3 x']],
		['git -c credential.helper=store fetch', ['script: git credential-store']],
		['git -c diff.external=python3 diff', ['script: python3 "$@"']],
		["git -c filter.x.clean='python3 x' add .", ['script: python3 x']],
		['git -c gpg.program=python3 commit -S', ['script: python3']],
		['git -c "core.pager=$p" log', ['script: …']],
		["GIT_SSH_COMMAND='python3 x' git fetch", ['script: python3 x']],
		["GIT_EDITOR='python3 x' git commit", ['script: python3 x "$@"']],
		["GIT_SEQUENCE_EDITOR='python3 x' git rebase -i", ['script: python3 x "$@"']],
		['GIT_PAGER=cat git log', ['script: cat']],
		["GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.pager GIT_CONFIG_VALUE_0='python3 x' git log", ['script: python3 x']],
		["git rebase -x 'python3 t.py' main", ['script: python3 t.py']],
		["git rebase --exec='python3 t.py' main", ['script: python3 t.py']],
		['git bisect run python3 t.py', ['argv: python3 t.py']],
		["git submodule foreach 'python3 x'", ['script: python3 x']],
		['git submodule --quiet foreach --recursive python3 x', ['argv: python3 x']],
		["git difftool -x 'python3 x' HEAD", ['script: python3 x "$@"']],
		["git filter-branch --tree-filter 'python3 x' HEAD", ['script: python3 x']],
		["git clone -u 'python3 x' a b", ['script: python3 x']],
		["git clone -c core.sshCommand='python3 x' a b", ['script: python3 x']],
		["git ls-remote --upload-pack='python3 x' .", ['script: python3 x']],
		["git push --receive-pack='python3 x' .", ['script: python3 x']],
		["git clone 'ext::python3 a%20.py x%\u0020y' b", ['argv: python3 a%20.py x y']],
		["git remote add x 'ext::sh -c python3%\u0020x'", ['argv: sh -c python3 x']],
		["git grep -O'python3 x' y", ['script: python3 x']],
		['git merge-index python3 -a', ['argv: python3 -a']],
		["git config core.editor 'python3 x'", ['script: python3 x "$@"']],
		['git for-each-repo --config=a.b push -f', ['argv: git push -f']],
		['hub push -f', ['argv: git push -f']],
		['/usr/lib/git-core/git-push -f', ['argv: git push -f']],
		['git config remote.origin.push +main:main', ['argv: git push origin +main:main']],
		['git config remote.origin.mirror true', ['argv: git push --mirror origin']],
		['git config remote.origin.url x', []],
	])('%s', (line, expected) => {
		expect(launched(read(line))).toEqual(expected);
	});

	test.each([
		'git yolo',
		'git "$x"',
		'git $x',
		'git -c "$x" status',
		'git -c include.path=x status',
		'git --exec-path=. status',
		'GIT_CONFIG_GLOBAL=x git status',
		'GIT_CONFIG_COUNT=9999 git status',
		'GIT_EXEC_PATH=. git status',
		'git -c alias.a=a a',
		"git -c alias.a='x' a",
	])('what is not known: %s', (line) => {
		expect(read(line).gaps).not.toEqual([]);
	});

	test.each([
		'git status',
		'git -c user.name="$n" commit -m x',
		'git -C "$d" status',
		'git lfs pull',
		'git push "$x"',
		'git --version',
		'git',
		'GIT_CONFIG_GLOBAL=/dev/null git status',
		'git commit --allow-empty -qm "docs: replace"',
		'git log -S "python3 -c" --oneline',
		'git log -5 --format=%h',
		'git diff --cached --stat -- "*.py"',
	])('nothing more: %s', (line) => {
		expect(read(line).gaps ?? []).toEqual([]);
		expect(launched(read(line))).toEqual([]);
	});
});

test('sub-commands of sub-commands are found behind options', () => {
	expect(read('git stash').subcommands).toEqual(['stash', 'push']);
	expect(read('git stash -u').subcommands).toEqual(['stash', 'push']);
	expect(read('git -C x remote -v add a b').subcommands).toEqual(['remote', 'add']);
	expect(read('git notes --ref x add').subcommands).toEqual(['notes', 'add']);
	expect(read('git config user.name x').subcommands).toEqual(['config']);
	expect(read('git log main').subcommands).toEqual(['log']);
});

describe('the current branch by its usual commands', () => {
	test.each([
		'git push -u origin "$(git branch --show-current)"',
		'git push origin $(git rev-parse --abbrev-ref HEAD)',
	])('is no option and no force: %s', (line) => {
		const around = { branch: (directory: string) => (directory === '' ? 'topic' : undefined) };
		const push = analyse(line, around).commands.find((one) => one.subcommands[0] === 'push');
		expect(push?.facts).toEqual({ remote: 'origin', to_branch: ['topic'] });
		expect(push?.unsure).toEqual([]);
		const unknown = analyse(line).commands.find((one) => one.subcommands[0] === 'push');
		expect(unknown?.unsure).toEqual(['to_branch']);
	});

	test('any other command may print anything', () => {
		expect(analyse('git push origin "$(cat x)"').commands[0]?.unsure).toContain('force');
	});
});
