// Programs that create, overwrite, move or delete files: rm, mv, cp, ln, tee, truncate, chmod and their kin.

import { hasOption, makeGrammar, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { attached, firstKnown } from '../word-parts.ts';
import { fileTool, isFile } from './file-tool.ts';
import { addFlags, type Findings, finish, readArguments, startFindings } from './findings.ts';
import { addPaths } from './paths.ts';
import { split } from './subcommand-tool.ts';

const copyOptions = `f|force i|interactive n|no-clobber r|R|recursive a|archive p preserve:s no-preserve=s P|no-dereference
	L|dereference H u|update:s v|verbose T|no-target-directory t|target-directory=s S|suffix=s b|backup:s s|symbolic l|link
	attributes-only d reflink:s sparse=s strip-trailing-slashes x|one-file-system Z context:s parents debug remove-destination
	copy-contents keep-directory-symlink`;

const linkOptions = `s|symbolic f|force n|no-dereference i|interactive v|verbose T|no-target-directory t|target-directory=s
	S|suffix=s b|backup:s r|relative L|logical P|physical d|F|directory h`;

const installOptions = `d|directory D m|mode=s o|owner=s g|group=s s|strip strip-program=s t|target-directory=s T|no-target-directory
	S|suffix=s b|backup:s p|preserve-timestamps v|verbose C|compare c Z context:s preserve-context`;

const copying = makeGrammar({ options: split(copyOptions), onUnknown: 'flag' });
const linking = makeGrammar({ options: split(linkOptions), onUnknown: 'flag' });
const installing = makeGrammar({ options: split(installOptions), onUnknown: 'flag' });

const modeOptions =
	'R|recursive v|verbose c|changes f|silent|quiet reference=s h|no-dereference H L P from=s preserve-root no-preserve-root dereference';

export const fileWriterPrograms: readonly Program[] = [
	fileTool({
		names: 'rm grm srm wipe trash trash-put rimraf del-cli safe-rm',
		options: `f|force i I interactive:s r|R|recursive d|dir v|verbose one-file-system no-preserve-root preserve-root:s x P W`,
		operands: ['paths', 'deletes'],
		facts: { recursive: ['--recursive'], force: ['--force'] },
	}),
	fileTool({
		names: 'rmdir grmdir',
		options: 'p|parents ignore-fail-on-non-empty v|verbose',
		operands: ['paths', 'deletes'],
	}),
	// The pattern or the table that says how is no file.
	fileTool({
		names: 'rename prename file-rename perl-rename',
		options: 'v|verbose n|nono|no-act o|no-overwrite f|force e=s E=s',
		operands: ['reads', 'deletes', 'writes'],
		skip: 1,
		instead: ['-e', '-E'],
	}),
	fileTool({
		names: 'mmv mcp mln',
		operands: ['reads', 'deletes'],
		last: ['writes'],
		options: 'm x r c o a l s h d p g t v n',
	}),
	fileTool({ names: 'unlink gunlink', operands: ['deletes'] }),
	fileTool({
		names: 'shred gshred',
		options: 'f|force n|iterations=s random-source=s s|size=s u remove:s v|verbose x|exact z|zero',
		operands: ['writes'],
		deletesWith: ['-u', '--remove'],
	}),
	fileTool({
		names: 'truncate gtruncate',
		options: 'c|no-create o|io-blocks r|reference=s s|size=s',
		operands: ['writes'],
	}),
	fileTool({
		names: 'tee gtee sponge',
		options: 'a|append i|ignore-interrupts p output-error:s',
		operands: ['writes'],
	}),
	fileTool({
		names: 'touch gtouch',
		options: 'a c|no-create d|date=s f h|no-dereference m r|reference=s t=s time=s A=s',
		operands: ['writes'],
	}),
	fileTool({ names: 'mkdir gmkdir', options: 'm|mode=s p|parents v|verbose Z context:s', operands: ['writes'] }),
	fileTool({ names: 'mkfifo mknod', options: 'm|mode=s Z context:s', operands: ['writes'] }),
	fileTool({ names: 'fallocate', options: 'l|length=s o|offset=s c d i p n z x', operands: ['writes'] }),
	fileTool({
		names: 'chmod gchmod chown gchown chgrp gchgrp',
		options: modeOptions,
		operands: ['paths'],
		skip: 1,
		instead: ['--reference'],
		facts: { recursive: ['--recursive'] },
	}),
	fileTool({
		names: 'chattr setfacl chcon setfattr',
		options: 'R|recursive m|modify=s x|remove=s M=s n=s v=s',
		operands: ['paths'],
		facts: { recursive: ['--recursive'] },
	}),
	fileTool({
		names: 'mkfs mke2fs mkswap wipefs fdisk parted sgdisk mkntfs mkdosfs cryptsetup blkdiscard',
		pattern: /^mkfs\.[\w-]+$/,
		options: 't|type=s L=s U=s N=s b=s i=s I=s m=s O=s E=s',
		operands: ['writes'],
	}),
	fileTool({
		names: 'patch gpatch',
		options: `p|strip=s i|input=s o|output=s d|directory=s r|reject-file=s B|prefix=s Y=s z|suffix=s V=s D|ifdef=s F|fuzz=s
			g|get=s R|reverse N|forward dry-run E f s u c e b`,
		operands: ['reads', 'writes'],
		reads: ['--input'],
		writes: ['--output', '--reject-file', '--directory'],
		numeric: true,
	}),
	fileTool({ names: 'dos2unix unix2dos', options: 'n|newfile k o|oldfile i:s', operands: ['reads', 'writes'] }),
	{ names: ['cp', 'gcp'], read: (argv, around) => readTransfer(argv, around, copying, ['reads']) },
	{ names: ['mv', 'gmv'], read: (argv, around) => readTransfer(argv, around, copying, ['reads', 'deletes']) },
	{ names: ['ln', 'gln', 'link'], read: (argv, around) => readTransfer(argv, around, linking, ['reads']) },
	{ names: ['install', 'ginstall'], read: readInstall },
	{ names: ['dd', 'gdd'], read: readDd },
];

/** Sources, then a target; or one source (`ln a`), or sources for the directory of `-t`. */
function readTransfer(
	argv: readonly Word[],
	around: Around,
	grammar: ReturnType<typeof makeGrammar>,
	sources: readonly ('reads' | 'deletes')[],
): Reading {
	const options = readArguments(argv, grammar);
	const findings = startFindings();
	addFlags(findings, options, around, ['recursive', 'force']);
	if (hasOption(options, '--recursive', '--archive')) findings.facts.set('recursive', true);
	if (hasOption(options, '--force')) findings.facts.set('force', true);
	transfer(findings, options.operands.filter(isFile), valuesOf(options, '--target-directory'), sources, around);
	return finish(findings);
}

function transfer(
	findings: Findings,
	operands: readonly Word[],
	targets: readonly Word[],
	sources: readonly ('reads' | 'deletes')[],
	around: Around,
): void {
	const hasTarget = targets.length === 0 && (operands.length > 1 || around.isOpenEnded);
	const from = hasTarget && !around.isOpenEnded ? operands.slice(0, -1) : operands;
	const to = targets.length > 0 ? targets : hasTarget ? operands.slice(-1) : [];
	for (const role of sources) addPaths(findings, role, from, around);
	addPaths(findings, 'writes', to, around);
	// What comes from input are more sources, and the last word of it is the target.
	if (around.isOpenEnded)
		for (const role of [...sources, ...(targets.length > 0 ? [] : (['writes'] as const))]) findings.unsure.add(role);
}

function readInstall(argv: readonly Word[], around: Around): Reading {
	const options = readArguments(argv, installing);
	const findings = startFindings();
	addFlags(findings, options, around);
	for (const program of valuesOf(options, '--strip-program')) {
		findings.launches.push({ kind: 'argv', argv: [program], isOpenEnded: true });
	}
	if (hasOption(options, '--directory')) addPaths(findings, 'writes', options.operands, around);
	else transfer(findings, options.operands.filter(isFile), valuesOf(options, '--target-directory'), ['reads'], around);
	return finish(findings);
}

/** `dd if=a of=b`. */
function readDd(argv: readonly Word[], around: Around): Reading {
	const findings = startFindings();
	for (const word of argv.slice(1)) {
		const start = firstKnown(word);
		const equals = start.indexOf('=');
		const name = start.slice(0, Math.max(equals, 0));
		if (word.value === undefined && equals < 0) for (const fact of ['reads', 'writes']) findings.unsure.add(fact);
		if (name === 'if') addPaths(findings, 'reads', [attached(word, equals + 1)], around);
		if (name === 'of') addPaths(findings, 'writes', [attached(word, equals + 1)], around);
	}
	if (around.isOpenEnded) for (const fact of ['reads', 'writes']) findings.unsure.add(fact);
	return finish(findings);
}
