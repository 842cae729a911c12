// pnpm and yarn: packages, scripts, and the programs of packages that they start.

import { hasOption, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Program } from '../program.ts';
import { addWords, setWord } from './findings.ts';
import { addReading, addTail, programOf, readExec } from './npm.ts';
import { split, type ToolCall, tool } from './subcommand-tool.ts';

/** Source: pnpm.io/pnpm-cli, `pnpm help -a` of pnpm 10. */
const pnpmOptions = `C|dir=s w|workspace-root F|filter=s filter-prod=s r|recursive c|shell-mode h|help v|version s|silent reporter=s loglevel=s
	color no-color stream aggregate-output use-stderr no-bail workspace-concurrency=s changed-files-ignore-pattern=s
	test-pattern=s fail-if-no-match config.=s parallel sequential resume-from=s if-present include-workspace-root
	ignore-workspace prefix=s`;
const pnpmMore = `g|global D|save-dev O|save-optional E|save-exact P|prod|production dev no-optional frozen-lockfile
	no-frozen-lockfile lockfile-only offline prefer-offline ignore-scripts force shamefully-hoist lockfile-dir=s virtual-store-dir=s
	modules-dir=s store-dir=s registry=s tag=s access=s otp=s dry-run publish-branch=s no-git-checks save-catalog-name=s
	allow-build=s package=s c|shell-mode y|yes json long depth=s fix-lockfile resolution-only report-summary network-concurrency=s`;

const pnpmCommands = new Set(
	split(`add install i update up upgrade remove rm uninstall un link ln unlink import rebuild rb prune fetch install-test it dedupe
	patch patch-commit patch-remove audit list ls outdated why licenses run run-script test t tst exec dlx create start restart
	publish pack server store root bin init deploy doctor config c setup env self-update server cat-file cat-index find-hash
	completion approve-builds ignored-builds catalog cache info view show search whoami login logout adduser dist-tag owner
	token access deprecate ping team star stars unpublish version repo docs home bugs issues profile get set la ll m multi help
	ci clean-install ic install-clean rt runtime stage sbom undeprecate with`),
);

const yarnOptions = `cwd=s h|help v|version s|silent verbose json non-interactive registry=s cache-folder=s modules-folder=s mutex=s
	network-timeout=s proxy=s https-proxy=s offline prefer-offline no-progress use-yarnrc=s top-level T|top B|binaries-only`;
const yarnMore = `g|global D|dev save-dev P|peer O|optional E|exact T|tilde C|caret W|ignore-workspace-root-check i|interactive
	frozen-lockfile immutable check-cache production ignore-scripts ignore-engines ignore-optional force flat pure-lockfile
	no-lockfile tag=s access=s otp=s new-version=s message=s package=s p=s q|quiet A|all R|recursive include=s exclude=s from=s since=s
	j|jobs=s verbose parallel n|dry-run pattern=s level=s groups=s`;

const yarnCommands = new Set(
	split(`add audit autoclean bin cache check config create dedupe dlx exec explain generate-lock-entry global help import info init
	install constraints link list licenses login logout node npm outdated owner pack patch patch-commit plugin policies prune publish
	rebuild remove run search self-update set stage start tag team test unlink unplug up upgrade upgrade-interactive version
	versions why workspace workspaces`),
);

const dlxGrammar = makeGrammar({
	options: split('package=s p=s q|quiet s|silent allow-build=s c|shell-mode reporter=s y|yes h|help registry=s'),
	stopAtOperand: true,
	abbreviations: false,
});

export const pnpmAndYarnPrograms: readonly Program[] = [
	tool({
		names: ['pnpm', 'pn'],
		options: pnpmOptions,
		more: pnpmMore,
		aliases: {
			i: 'install',
			up: 'update',
			upgrade: 'update',
			rm: 'remove',
			uninstall: 'remove',
			un: 'remove',
			ln: 'link',
			rb: 'rebuild',
			it: 'install-test',
			ls: 'list',
			la: 'list',
			ll: 'list',
			'run-script': 'run',
			t: 'test',
			tst: 'test',
			c: 'config',
			ic: 'ci',
			'clean-install': 'ci',
			'install-clean': 'ci',
		},
		deeper: { config: 2, store: 2, env: 2, cache: 2, licenses: 2, 'dist-tag': 2 },
		affected: ['packages', 'script', 'global'],
		describe: describePnpm,
	}),
	{ names: ['pnpx', 'pnx'], read: (argv, around) => readExec(argv, 1, around, ['pnpm', 'dlx'], []) },
	tool({
		names: ['yarn', 'yarnpkg'],
		options: yarnOptions,
		more: yarnMore,
		deeper: {
			global: 2,
			config: 2,
			cache: 2,
			npm: 2,
			plugin: 2,
			set: 2,
			workspaces: 2,
			policies: 2,
			owner: 2,
			team: 2,
			tag: 2,
		},
		affected: ['packages', 'script', 'global'],
		describe: describeYarn,
	}),
];

function describePnpm(call: ToolCall): void {
	const { subcommands, options, operands, findings, argv, behind, around } = call;
	const [name] = subcommands;
	if (hasOption(options, '--global')) findings.facts.set('global', true);
	if (name === undefined) return;
	const [cwd] = valuesOf(options, '--dir').slice(-1);
	const terms = cwd ? { cwd } : {};
	describeCommon(call, name);
	if (name === 'exec' || name === 'dlx') {
		const own = readOptions(argv, dlxGrammar, behind);
		const tail = argv.slice(own.rest);
		if (own.gap) findings.gaps.push(own.gap);
		else if (hasOption(options, '--shell-mode'))
			findings.launches.push({ kind: 'script', words: tail, as: ['pnpm', name] });
		else
			addTail(
				findings,
				name === 'dlx' ? tail.slice(0, 1).map(programOf).concat(tail.slice(1)) : tail,
				['pnpm', name],
				around,
				terms,
			);
	} else if (!pnpmCommands.has(name)) {
		// `pnpm x` runs the script x, or else the program x.
		findings.facts.set('script', name);
		addTail(findings, argv.slice(behind - 1), ['pnpm', 'exec'], around, terms);
	} else if (name === 'run') setWord(findings, 'script', operands[0]);
}

function describeYarn(call: ToolCall): void {
	const { subcommands, operands, findings, argv, behind, around, options } = call;
	const [name, second] = subcommands;
	const [cwd] = valuesOf(options, '--cwd').slice(-1);
	const terms = cwd ? { cwd } : {};
	if (name === undefined) {
		if (!hasOption(options, '--version', '--help')) findings.subcommands = ['install'];
		return;
	}
	describeCommon(call, name);
	if (name === 'global') {
		findings.facts.set('global', true);
		addWords(findings, 'packages', operands);
	} else if (name === 'run') {
		setWord(findings, 'script', operands[0]);
		addTail(findings, operands, ['yarn', 'run'], around, terms);
	} else if (name === 'exec')
		findings.launches.push({ kind: 'script', words: argv.slice(behind), as: ['yarn', 'exec'], ...terms });
	else if (name === 'dlx') addReading(findings, readExec(argv, behind, around, ['yarn', 'dlx'], []));
	else if (name === 'node') addTail(findings, argv.slice(behind - 1), ['yarn'], around, terms);
	else if (name === 'workspace') addNested(call);
	else if (name === 'workspaces' && second === 'foreach') addNested({ ...call, operands: operands.slice(-0) });
	else if (!yarnCommands.has(name)) {
		// `yarn x` runs the script x, or else a program that a package brought along.
		findings.facts.set('script', name);
		addTail(findings, argv.slice(behind - 1), ['yarn', 'run'], around, terms);
	}
}

/** `yarn workspace web add x` is `yarn add x` in another directory. */
function addNested({ operands, findings, around }: ToolCall): void {
	const [first] = operands;
	if (!first) return;
	const rest = findings.subcommands[1] === 'foreach' ? operands : operands.slice(1);
	const yarn = { value: 'yarn', pieces: ['yarn'], splits: false };
	if (rest.length === 0) return;
	const isOpenEnded = around.isOpenEnded;
	findings.launches.push({
		kind: 'argv',
		argv: [yarn, ...rest],
		isVirtual: true,
		as: ['yarn'],
		...(isOpenEnded && { isOpenEnded }),
	});
}

function describeCommon({ operands, findings, options }: ToolCall, name: string): void {
	if (/^(?:add|install|remove|update|up|upgrade|link|dlx|info|view)$/.test(name))
		addWords(findings, 'packages', operands);
	if (/^(?:test|start|restart)$/.test(name)) findings.facts.set('script', name);
	if (hasOption(options, '--dry-run')) findings.facts.set('dry_run', true);
}
