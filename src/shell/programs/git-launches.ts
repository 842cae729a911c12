// What git starts because of its own arguments: tests of a bisection, filters, helpers on the other side.

import { makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Launch, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { attached, firstKnown, isStatic, literal } from '../word-parts.ts';
import type { Findings } from './findings.ts';
import type { GitCall } from './git-call.ts';
import { editorLaunch } from './git-settings.ts';
import { launchTail } from './launching.ts';

/** Options whose value a shell reads, by command. */
const scripts: Readonly<Record<string, readonly string[]>> = {
	archive: ['--exec'],
	clone: ['--upload-pack'],
	fetch: ['--upload-pack'],
	'fetch-pack': ['--upload-pack', '--exec'],
	'filter-branch': `--setup --env-filter --tree-filter --index-filter --parent-filter --msg-filter --commit-filter
		--tag-name-filter`.split(/\s+/),
	grep: ['--open-files-in-pager'],
	'ls-remote': ['--upload-pack', '--exec'],
	pull: ['--upload-pack'],
	push: ['--receive-pack', '--exec'],
	rebase: ['--exec'],
	'send-email': ['--sendmail-cmd', '--to-cmd', '--cc-cmd', '--header-cmd'],
	'send-pack': ['--receive-pack', '--exec'],
	instaweb: ['--httpd', '--browser'],
	daemon: ['--access-hook'],
};

/** Commands that take the place of a repository where `ext::program` may stand. */
const withRemotes: ReadonlySet<string> = new Set([
	'archive',
	'clone',
	'fetch',
	'fetch-pack',
	'ls-remote',
	'pull',
	'push',
	'remote add',
	'remote set-url',
	'send-pack',
	'submodule add',
	'submodule set-url',
	'subtree add',
	'subtree pull',
	'subtree push',
	'subtree merge',
]);

const foreach = makeGrammar({ options: ['q|quiet', 'recursive'], stopAtOperand: true });
const eachRepository = makeGrammar({ options: ['config=s', 'keep-going'], stopAtOperand: true });

/** Adds what the sub-command launches by its arguments. */
export function addLaunches(call: GitCall): void {
	const { command, argv, findings, grammar } = call;
	const options = readOptions(argv, grammar);
	const terms = { as: ['git', ...command.split(' ')], ...(call.directory && { cwd: call.directory }) };
	for (const text of valuesOf(options, ...(scripts[command] ?? []))) {
		findings.launches.push({ kind: 'script', words: [text], ...terms });
	}
	if (command === 'difftool') {
		for (const text of valuesOf(options, '--extcmd')) findings.launches.push(editorLaunch(text, terms));
	}
	if (withRemotes.has(command)) {
		const urls = [...options.operands, ...valuesOf(options, '--remote', '--repo')];
		findings.launches.push(...urls.flatMap((url) => externalTransport(url, terms)));
	}
	addTails(call, terms);
}

/** Sub-commands whose last arguments are a program. */
function addTails({ command, argv, around, findings }: GitCall, terms: Pick<Launch, 'as' | 'cwd'>): void {
	switch (command) {
		case 'bisect run':
			add(findings, launchTail(argv, 1, around, terms));
			break;
		case 'merge-index': {
			const words = argv.filter((word) => !/^-[oq]$/.test(word.value ?? ''));
			add(findings, launchTail(words, 1, around, terms));
			break;
		}
		case 'submodule foreach':
			foreachModule(argv.slice(readOptions(argv, foreach).rest), findings.launches, terms);
			break;
		case 'for-each-repo': {
			const rest = argv.slice(readOptions(argv, eachRepository).rest);
			if (rest.length === 0) break;
			findings.launches.push({ kind: 'argv', argv: [literal('git'), ...rest], isVirtual: true, ...terms });
			break;
		}
		case 'remote-ext': {
			const address = argv[2];
			if (address) findings.launches.push(...transportLaunch(address, terms));
			break;
		}
		case 'shell':
			if (argv.length > 1)
				findings.gaps.push({ kind: 'program', detail: '`git shell` runs commands of its own directory' });
			break;
		default:
			break;
	}
}

function add(findings: Findings, reading: Reading): void {
	findings.launches.push(...(reading.launches ?? []));
	findings.gaps.push(...(reading.gaps ?? []));
}

/** One word is shell text; several are a program and its arguments, the first of which a shell reads too. */
function foreachModule(words: readonly Word[], launches: Launch[], terms: Pick<Launch, 'as' | 'cwd'>): void {
	const [first] = words;
	if (!first) return;
	if (words.length > 1 && isStatic(first) && /^[\w./+-]+$/.test(first.value)) {
		launches.push({ kind: 'argv', argv: words, ...terms });
	} else if (words.length === 1) launches.push({ kind: 'script', words, ...terms });
	else launches.push({ kind: 'script', words: [first, literal('"$@"')], positional: words, ...terms });
}

/** `ext::program args`: git-remote-ext(1). Refused by git's defaults, but settings may allow it. */
function externalTransport(url: Word, terms: Pick<Launch, 'as' | 'cwd'>): readonly Launch[] {
	return firstKnown(url).startsWith('ext::') ? transportLaunch(attached(url, 'ext::'.length), terms) : [];
}

/** Split at blanks, where `% ` is a blank inside an argument and `%s` stands for the service. */
function transportLaunch(address: Word, terms: Pick<Launch, 'as' | 'cwd'>): readonly Launch[] {
	if (!isStatic(address)) return [{ kind: 'script', words: [address], ...terms }];
	const words = address.value.replace(/%[ ]/g, '\0').split(' ');
	const argv = words
		.filter((word) => word !== '')
		.map((word) => literal(word.replaceAll('\0', ' ').replaceAll('%%', '%')));
	return argv.length > 0 ? [{ kind: 'argv', argv, ...terms }] : [];
}
