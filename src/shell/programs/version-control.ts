// Mercurial and Subversion: settings in the arguments that hold programs.

import { makeGrammar, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { attached, firstKnown, isStatic } from '../word-parts.ts';
import { addFlags, type Findings, finish, readArguments, startFindings } from './findings.ts';
import { fromVariables } from './launching.ts';
import { split } from './subcommand-tool.ts';

/** Sources: `hg help -v`, `svn help commit`; options that take a value. */
const mercurial = makeGrammar({
	options:
		split(`R|repository=s cwd=s config=s encoding=s encodingmode=s color=s pager=s r|rev=s m|message=s l|logfile=s
		d|date=s u|user=s e|ssh=s remotecmd=s b|branch=s B|bookmark=s t|tool=s q|quiet v|verbose y|noninteractive f|force h|help version`),
	onUnknown: 'flag',
});
const subversion = makeGrammar({
	options:
		split(`m|message=s F|file=s r|revision=s c|change=s username=s password=s config-dir=s config-option=s editor-cmd=s
		diff-cmd=s diff3-cmd=s x|extensions=s depth=s set-depth=s encoding=s targets=s changelist=s q|quiet v|verbose force h|help`),
	onUnknown: 'flag',
});

export const versionControlPrograms: readonly Program[] = [
	{ names: ['hg', 'chg'], read: (argv, around) => readTool(argv, around, mercurial, addMercurial) },
	{ names: ['svn', 'svnadmin', 'svnsync'], read: (argv, around) => readTool(argv, around, subversion, addSubversion) },
];

function readTool(
	argv: readonly Word[],
	around: Around,
	grammar: ReturnType<typeof makeGrammar>,
	add: (findings: Findings, options: ReturnType<typeof readArguments>, around: Around) => void,
): Reading {
	const options = readArguments(argv, grammar);
	const [first] = options.operands;
	const findings = startFindings(first && isStatic(first) ? [first.value] : []);
	addFlags(findings, options, around);
	if (first && !isStatic(first)) findings.unsure.add('subcommands');
	add(findings, options, around);
	return finish(findings);
}

/** Sections of hgrc whose values are commands, or Python that Mercurial imports. */
function addMercurial(findings: Findings, options: ReturnType<typeof readArguments>, around: Around): void {
	for (const setting of valuesOf(options, '--config')) {
		const start = firstKnown(setting);
		const equals = start.indexOf('=');
		const key = start.slice(0, Math.max(equals, 0)).trim().toLowerCase();
		if (equals < 0)
			findings.gaps.push({ kind: 'definition', detail: 'a setting of hg is not known: it may name a program' });
		else if (
			/^(?:hooks|alias|extensions|merge-tools|extdiff|pager|editor|hostsecurity)\.|^ui\.(?:editor|ssh|merge)/.test(key)
		) {
			const value = attached(setting, equals + 1);
			const begin = firstKnown(value);
			if (key.startsWith('extensions.') || begin.startsWith('python:')) {
				findings.gaps.push({ kind: 'code', detail: `\`${key}\` has hg load code from a file` });
			} else findings.launches.push({ kind: 'script', words: [begin.startsWith('!') ? attached(value, 1) : value] });
		}
	}
	for (const text of valuesOf(options, '--ssh', '--remotecmd'))
		findings.launches.push({ kind: 'script', words: [text] });
	addVariables(findings, around, ['HGEDITOR', 'VISUAL', 'EDITOR', 'HGMERGE', 'PAGER']);
	if (around.env.has('HGRCPATH'))
		findings.gaps.push({ kind: 'definition', detail: 'HGRCPATH names a file of settings' });
}

/** `--config-option=config:tunnels:x=command`. */
function addSubversion(findings: Findings, options: ReturnType<typeof readArguments>, around: Around): void {
	for (const text of valuesOf(options, '--editor-cmd', '--diff-cmd', '--diff3-cmd')) {
		findings.launches.push({ kind: 'script', words: [text] });
	}
	for (const setting of valuesOf(options, '--config-option')) {
		const start = firstKnown(setting);
		const equals = start.indexOf('=');
		if (equals < 0)
			findings.gaps.push({ kind: 'definition', detail: 'a setting of svn is not known: it may name a program' });
		else if (/:(?:tunnels|helpers):/.test(start.slice(0, equals))) {
			findings.launches.push({ kind: 'script', words: [attached(setting, equals + 1)] });
		}
	}
	addVariables(findings, around, ['SVN_EDITOR', 'SVN_SSH', 'SVN_MERGE', 'VISUAL', 'EDITOR']);
}

function addVariables(findings: Findings, around: Around, names: readonly string[]): void {
	const { launches = [], gaps = [] } = fromVariables(around, names);
	findings.launches.push(...launches);
	findings.gaps.push(...gaps);
}
