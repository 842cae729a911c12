// Tests of what the readers of terraform, helm, gh, aws, hg, svn and package managers say.
import { expect, test } from 'vitest';
import { launched, read } from './words.ts';

test.each<[string, readonly string[], object]>([
	['terraform destroy -auto-approve', ['destroy'], { auto_approve: true, destroy: true }],
	['terraform -chdir=prod apply -auto-approve=true', ['apply'], { auto_approve: true }],
	['tofu apply -var-file=.env', ['apply'], { reads: ['.env'] }],
	['terraform plan', ['plan'], {}],
	['terraform state rm x', ['state', 'rm'], {}],
	['helm -n prod upgrade --install x y', ['upgrade'], { namespace: 'prod' }],
	[
		'gh api -X PATCH repos/o/r/git/refs/heads/main -F force=true',
		['api'],
		{ force: true, to_branch: ['main'], method: 'PATCH' },
	],
	['gh api repos/o/r', ['api'], { method: 'GET', endpoint: ['repos/o/r'] }],
	['gh repo sync --force', ['repo', 'sync'], { force: true }],
	['gh -R o/r pr merge 7 --squash', ['pr', 'merge'], {}],
	['aws --profile p s3 rm s3://b --recursive', ['s3', 'rm'], { recursive: true }],
	['cargo add serde', ['add'], { packages: ['serde'] }],
	['cargo publish --dry-run', ['publish'], { dry_run: true }],
	['go mod tidy', ['mod', 'tidy'], {}],
	['apt-get -y install python3', ['install'], { packages: ['python3'] }],
])('%s', (line, subcommands, facts) => {
	const reading = read(line);
	expect(reading.subcommands).toEqual(subcommands);
	expect(reading.facts).toMatchObject(facts);
	expect(reading.unsure).toEqual([]);
});

test('an unknown word where the sub-command may stand makes it unsure', () => {
	expect(read('terraform "$x" -auto-approve').unsure).toEqual(expect.arrayContaining(['subcommands', 'flags']));
	expect(read('terraform', { isOpenEnded: true }).unsure).toContain('subcommands');
	expect(read('terraform apply $flags').unsure).toContain('auto_approve');
	expect(read('gh api -X PATCH repos/o/r/git/refs/heads/main -F "$x"').unsure).toContain('force');
});

test('asking for a version leaves nothing unsure', () => {
	for (const line of ['npm --version', 'terraform -version', 'gh --version', 'dpkg -s python3']) {
		expect(read(line).unsure).toEqual([]);
	}
});

test.each<[string, readonly string[]]>([
	['cargo --config \'build.rustc-wrapper="python3"\' build', ['script: python3']],
	['RUSTC_WRAPPER=python3 cargo build', ['script: python3']],
	['cargo run -- python3', []],
	["hg --config 'alias.x=!python3 a' x", ['script: python3 a']],
	["hg --config 'hooks.pre-log=python3 a' log", ['script: python3 a']],
	["hg --config 'ui.username=x' log", []],
	["svn --config-option='config:tunnels:x=python3 a' ls svn+x://h", ['script: python3 a']],
	["svn diff --diff-cmd 'python3 a'", ['script: python3 a']],
])('%s starts', (line, expected) => {
	expect(launched(read(line))).toEqual(expected);
	expect(read(line).gaps ?? []).toEqual([]);
});

test.each(['hg --config "$x" log', "hg --config 'extensions.x=a.py' log", 'cargo --config x.toml build'])(
	'%s may start anything',
	(line) => {
		expect(read(line).gaps).toHaveLength(1);
	},
);
