// Tools with sub-commands that change things elsewhere: terraform, helm, gh, aws, cargo, go and others.

import { hasOption, lastValue, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Program } from '../program.ts';
import { attached, firstKnown, isStatic, literal } from '../word-parts.ts';
import { addToList, addWords, setWord } from './findings.ts';
import { fromVariables, launchJoined, scriptLaunch, splitAtBlanks } from './launching.ts';
import { addPaths } from './paths.ts';
import { type ToolCall, tool } from './subcommand-tool.ts';

const terraformMore = `-auto-approve -input=s -lock=s -lock-timeout=s -no-color -json -out=s -target=s -replace=s -var=s -var-file=s
	-state=s -state-out=s -backup=s -parallelism=s -refresh=s -refresh-only -destroy -compact-warnings -detailed-exitcode -backend=s
	-backend-config=s -reconfigure -migrate-state -upgrade -get=s -plugin-dir=s -force -force-copy -check -diff -write=s -recursive
	-list=s -raw -from-module=s -lockfile=s -generate-config-out=s -allow-missing`;

const ghOptions = 'R|repo=s hostname=s help version';
const ghMore = `X|method=s f|raw-field=s F|field=s H|header=s input=s q|jq=s t|template=s paginate i|include silent cache=s
	B|base=s b|body=s body-file=s env-file=s notes-file=s T|title=s assignee=s l|label=s milestone=s reviewer=s head=s json=s L|limit=s s|state=s S|search=s
	n|notes=s notes-file=s target=s ref=s w|web m|merge r|rebase squash d|delete-branch admin auto force branch=s yes dir=s
	p|pattern=s O|output=s env=s org=s visibility=s e=s source=s clone D=s`;

export const cloudToolPrograms: readonly Program[] = [
	tool({
		names: ['terraform', 'tofu', 'terragrunt'],
		options: '-chdir=s -help -version h|help v|version',
		more: terraformMore,
		deeper: { state: 2, workspace: 2, providers: 2, metadata: 2 },
		affected: ['auto_approve', 'destroy'],
		describe: describeTerraform,
	}),
	tool({
		names: ['helm'],
		options:
			'n|namespace=s kube-context=s kubeconfig=s debug registry-config=s repository-config=s repository-cache=s kube-token=s kube-apiserver=s burst-limit=s qps=s h|help',
		more: 'f|values=s set=s set-string=s set-file=s version=s i|install wait timeout=s atomic dry-run:s force create-namespace post-renderer=s post-renderer-args=s repo=s o|output=s',
		deeper: { repo: 2, plugin: 2, dependency: 2, get: 2, show: 2, search: 2, registry: 2 },
		describe: describeHelm,
	}),
	tool({
		names: ['gh'],
		options: ghOptions,
		more: ghMore,
		deeper: twoWords(),
		affected: ['method', 'force'],
		describe: describeGh,
	}),
	tool({
		names: ['glab'],
		options: 'R|repo=s h|help v|version',
		deeper: { mr: 2, issue: 2, repo: 2, release: 2, ci: 2, pipeline: 2, config: 2, auth: 2, variable: 2, label: 2 },
	}),
	tool({
		names: ['aws'],
		options:
			'profile=s region=s output=s endpoint-url=s query=s color=s debug no-verify-ssl no-paginate no-sign-request ca-bundle=s cli-read-timeout=s cli-connect-timeout=s cli-binary-format=s no-cli-pager no-cli-auto-prompt version',
		more: 'recursive dryrun delete force exclude=s include=s acl=s bucket=s key=s body=s cli-input-json=s',
		depth: 2,
		describe: describeAws,
	}),
	tool({
		names: ['cargo'],
		options: 'V|version list explain=s v|verbose q|quiet color=s C=s locked offline frozen config=s Z=s h|help',
		more: 'p|package=s features=s bin=s example=s test=s target=s manifest-path=s j|jobs=s profile=s target-dir=s release dry-run token=s registry=s index=s git=s path=s version=s root=s allow-dirty no-verify',
		aliases: { b: 'build', c: 'check', d: 'doc', r: 'run', t: 'test', rm: 'remove' },
		describe: describeCargo,
	}),
	tool({
		names: ['go'],
		options: 'C=s',
		more: 'o=s -o=s -run=s -tags=s -mod=s -v -race -count=s -ldflags=s -exec=s -toolexec=s -vettool=s',
		deeper: { mod: 2, work: 2, tool: 2 },
		describe: describeGo,
	}),
	tool({
		names: ['gem', 'composer', 'brew', 'dnf', 'yum', 'apk', 'pacman', 'zypper', 'snapcraft', 'choco', 'port'],
		options: 'q|quiet y|yes|assume-yes d=s C=s o|option=s c|config-file=s h|help v|verbose',
		more: 'version=s t|target-release=s',
		describe: describePackages,
	}),
	tool({
		names: ['apt', 'apt-get', 'apt-cache'],
		options:
			'q|quiet:s y|yes|assume-yes o|option=s c|config-file=s t|target-release|default-release=s a|host-architecture=s h|help',
		describe: describeApt,
	}),
	tool({
		names: ['dpkg'],
		options: `pre-invoke=s post-invoke=s i|install r|remove P|purge root=s admindir=s instdir=s s|status l|list L|listfiles S|search
			p|print-avail b|build c|contents e|control x|extract X|vextract f|field I|info D|debug=s force-all configure unpack a|pending
			V|verify C|audit get-selections set-selections print-architecture version help no-act dry-run`,
		depth: 0,
		describe: describeApt,
	}),
	tool({
		names: ['dotnet'],
		options: 'h|help version info',
		deeper: { add: 2, remove: 2, list: 2, nuget: 2, tool: 2, sln: 2 },
	}),
	tool({
		names: ['twine', 'flit', 'maturin'],
		options: 'h|help version no-color',
		more: 'r|repository=s repository-url=s u|username=s p|password=s',
	}),
	tool({
		names: ['vercel', 'netlify', 'wrangler', 'firebase', 'doctl', 'linode-cli', 'railway', 'render'],
		options: 'h|help version cwd=s t|token=s P|project=s config=s',
		depth: 2,
	}),
];

function describeTerraform({ options, findings, around }: ToolCall): void {
	if (hasOption(options, '-auto-approve')) findings.facts.set('auto_approve', true);
	if (hasOption(options, '-destroy') || findings.subcommands[0] === 'destroy') findings.facts.set('destroy', true);
	addPaths(findings, 'reads', valuesOf(options, '-var-file'), around);
	addPaths(findings, 'writes', valuesOf(options, '-out', '-state-out', '-backup'), around);
}

function describeHelm({ options, findings, around }: ToolCall): void {
	const [namespace] = valuesOf(options, '--namespace').slice(-1);
	const [context] = valuesOf(options, '--kube-context').slice(-1);
	setWord(findings, 'namespace', namespace);
	setWord(findings, 'context', context);
	addPaths(findings, 'reads', valuesOf(options, '--values'), around);
	if (hasOption(options, '--dry-run')) findings.facts.set('dry_run', true);
	for (const program of valuesOf(options, '--post-renderer'))
		findings.launches.push({ kind: 'argv', argv: [program], isOpenEnded: true });
}

/** `gh api -X PATCH repos/o/r/git/refs/heads/main -F force=true` is a force push without git. */
function describeGh({ subcommands, options, operands, findings, around }: ToolCall): void {
	const [group, verb] = subcommands;
	const sends = (group === 'gist' && verb === 'create') || (group === 'release' && verb === 'upload');
	if (sends) addPaths(findings, 'reads', operands.slice(group === 'release' ? 1 : 0), around);
	addPaths(findings, 'reads', valuesOf(options, '--env-file', '--body-file', '--notes-file', '--input'), around);
	const fields = valuesOf(options, '--raw-field', '--field');
	if (subcommands[0] === 'api') {
		addWords(findings, 'endpoint', operands.slice(0, 1));
		const given = valuesOf(options, '--method').at(-1);
		if (given) setWord(findings, 'method', given);
		else findings.facts.set('method', fields.length > 0 || hasOption(options, '--input') ? 'POST' : 'GET');
		const isRef = operands.some((word) => /(?:^|\/)git\/refs?(?:\/|$)/.test(firstKnown(word)));
		if (isRef && fields.some((word) => word.value === 'force=true')) findings.facts.set('force', true);
		if (isRef && (hasOption(options, '--input') || fields.some((word) => !isStatic(word))))
			findings.unsure.add('force');
		const ref = /git\/refs?\/heads\/(.+)$/.exec(operands[0]?.value ?? '')?.[1];
		if (ref !== undefined && findings.facts.get('method') !== 'GET') addToList(findings, 'to_branch', ref);
	}
	if (subcommands.join(' ') === 'repo sync' && hasOption(options, '--force')) findings.facts.set('force', true);
	const files = valuesOf(options, '--input', '--body-file', '--notes-file').filter((word) => word.value !== '-');
	const attachedFiles = fields.flatMap((word) => /^[^=]*=@(.+)$/.exec(word.value ?? '')?.[1] ?? []);
	addPaths(
		findings,
		'reads',
		[...files, ...attachedFiles.map((path) => ({ value: path, pieces: [path], splits: false }))],
		around,
	);
}

function describeAws({ subcommands, operands, options, findings, around }: ToolCall): void {
	if (hasOption(options, '--dryrun')) findings.facts.set('dry_run', true);
	if (hasOption(options, '--recursive')) findings.facts.set('recursive', true);
	if (subcommands[0] !== 's3') return;
	const local = operands.filter((word) => !firstKnown(word).startsWith('s3://') && word.value !== '-');
	const [first, second] = operands;
	if (first && local.includes(first)) addPaths(findings, 'reads', [first], around);
	if (second && local.includes(second)) addPaths(findings, 'writes', [second], around);
	if (first && local.includes(first) && subcommands[1] === 'mv') addPaths(findings, 'deletes', [first], around);
}

function describePackages({ subcommands, operands, options, findings }: ToolCall): void {
	if (/^(?:add|install|remove|uninstall|require|upgrade|update|reinstall|purge)$/.test(subcommands[0] ?? '')) {
		addWords(findings, 'packages', operands);
	}
	if (hasOption(options, '--dry-run')) findings.facts.set('dry_run', true);
}

/** Settings of apt that hold commands: `APT::Update::Pre-Invoke::=command`, in `-o` or in the file of `-c`. */
function describeApt(call: ToolCall): void {
	const { options, findings } = call;
	describePackages(call);
	for (const setting of valuesOf(options, '--option')) {
		const start = firstKnown(setting);
		const equals = start.indexOf('=');
		if (!isStatic(setting) && equals < 0)
			findings.gaps.push({ kind: 'script', detail: 'a setting of apt is not known' });
		else if (/invoke|command|pager|solver|install-pkgs|bin::|methods/i.test(start.slice(0, Math.max(equals, 0)))) {
			findings.launches.push({ kind: 'script', words: [attached(setting, equals + 1)] });
		}
	}
	for (const text of valuesOf(options, '--pre-invoke', '--post-invoke'))
		findings.launches.push({ kind: 'script', words: [text] });
	if (hasOption(options, '--config-file')) {
		findings.gaps.push({ kind: 'file', detail: 'the file of `-c` may hold commands that apt runs' });
	}
}

/** Settings and variables of cargo that name a program: a runner, a linker, a wrapper of the compiler. */
function describeCargo(call: ToolCall): void {
	const { options, findings, around } = call;
	if (call.subcommands[0] === 'watch') describeWatch(call);
	else describePackages(call);
	for (const setting of valuesOf(options, '--config')) {
		const start = firstKnown(setting);
		const equals = start.indexOf('=');
		const key = start.slice(0, Math.max(equals, 0));
		if (equals < 0)
			findings.gaps.push({ kind: 'file', detail: 'the file of `--config` may name programs that cargo runs' });
		else if (/runner|linker|rustc|rustdoc|wrapper|credential|alias/.test(key)) {
			const value = attached(setting, equals + 1);
			const text = value.value?.replace(/["'[\],]/g, ' ').trim();
			findings.launches.push({ kind: 'script', words: [text === undefined ? value : literal(text)] });
		}
	}
	const names = [...around.env.keys()].filter((name) =>
		/^(?:CARGO_.*(?:RUNNER|LINKER|WRAPPER|RUSTC)|RUSTC|RUSTC_WRAPPER|RUSTDOC)$/.test(name),
	);
	const { launches = [], gaps = [] } = fromVariables(around, names);
	findings.launches.push(...launches);
	findings.gaps.push(...gaps);
}

const watchGrammar = makeGrammar({
	options: `c|clear:s d|delay|debounce=s x|exec=s s|shell=s w|watch=s i|ignore=s C|workdir=s E|env=s B=s L=s features=s
		use-shell=s why q|quiet N|notify postpone poll ignore-nothing no-gitignore no-vcs-ignores no-dot-ignores no-process-group
		no-restart no-auto debug h|help V|version`,
	stopAtOperand: true,
	onUnknown: 'flag',
});

/** `cargo watch -x 'test -q' -s text -- words`: sub-commands of cargo, shell texts, and words joined to one. */
function describeWatch({ argv, behind, findings, around }: ToolCall): void {
	const options = readOptions(argv, watchGrammar, behind);
	const cwd = lastValue(options, '--workdir');
	const terms = { as: ['cargo', 'watch'], ...(cwd && { cwd }) };
	if (options.gap) findings.gaps.push(options.gap);
	for (const text of valuesOf(options, '--exec')) {
		findings.launches.push({ kind: 'argv', argv: [literal('cargo'), ...splitAtBlanks(text)], ...terms });
	}
	for (const text of valuesOf(options, '--shell')) findings.launches.push(scriptLaunch(text, terms));
	const { launches = [], gaps = [] } = launchJoined(argv, options.rest, around, terms);
	findings.launches.push(...launches);
	findings.gaps.push(...gaps);
}

/** `go run -exec program`, `go build -toolexec program` start that program. */
function describeGo({ options, findings }: ToolCall): void {
	for (const text of valuesOf(options, '-exec', '-toolexec', '-vettool')) {
		findings.launches.push({ kind: 'script', words: [text] });
	}
}

function twoWords(): Readonly<Record<string, number>> {
	const groups = `auth browse codespace gist issue org pr project release repo cache run workflow alias attestation config extension
		gpg-key label ruleset search secret ssh-key variable`;
	return Object.fromEntries(
		groups
			.trim()
			.split(/\s+/)
			.map((name) => [name, 2]),
	);
}
