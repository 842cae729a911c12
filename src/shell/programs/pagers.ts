// less, more and man: commands at start, filters and pagers from options and variables.
import { hasOption, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { literal } from '../word-parts.ts';
import { codeProgram, fileReading } from './code-program.ts';
import { merged, scriptLaunch } from './launching.ts';

/** `+!text` and `+cmd` are typed at the start. */
function typed(words: readonly Word[]): Reading {
	const shells = words.flatMap((word) => /^\+\+?(?:[^!]*)!(.*)$/s.exec(word.value ?? '')?.[1] ?? []);
	return shells.length > 0 ? { launches: shells.map((text) => scriptLaunch(literal(text))) } : {};
}

/** A program from a variable; `%s` in it stands for a file. */
function fromVariable(around: Around, ...names: readonly string[]): Reading {
	const launches = names.flatMap((name) => {
		const word = around.env.get(name);
		if (!around.env.has(name) || word?.value === '') return [];
		const value = word?.value?.replace(/^\|+-?/, '').replaceAll('%s', 'file');
		return [scriptLaunch(value === undefined ? { value: undefined, pieces: [null], splits: false } : literal(value))];
	});
	return launches.length > 0 ? { launches } : {};
}

const pager = codeProgram({
	names: ['less', 'more', 'most', 'pg', 'zless', 'zmore', 'lesspipe'],
	options: 'b=s h=s j=s k=s o=s O=s p=s P=s t=s T=s x=s y=s z=s D=s version help',
	onUnknown: 'flag',
	permutes: true,
	language: 'bang',
	readsInput: false,
	operand: 'data',
	more: (options, argv, around) => {
		const files = options.operands.filter((word) => !word.value?.startsWith('+') && word.value !== '-');
		return merged(
			typed(argv.slice(1)),
			fromVariable(around, 'LESSOPEN', 'LESSCLOSE'),
			fileReading('reads', files, around),
		);
	},
});

/** Source: man(1) of man-db. */
const man = codeProgram({
	names: ['man'],
	options: `C|config-file=s d|debug D|default warnings:s f|whatis k|apropos K|global-apropos l|local-file w|where|path|location
		W|where-cat|location-cat c|catman R|recode=s L|locale=s m|systems=s M|manpath=s S|s|sections=s e|extension=s i|ignore-case
		I|match-case regex wildcard names-only a|all u|update no-subpages P|pager=s r|prompt=s 7|ascii E|encoding=s
		no-hyphenation|nh no-justification|nj p|preprocessor=s t|troff T|troff-device:s H|html:s X|gxditview:s Z|ditroff
		h|help usage V|version`,
	permutes: true,
	language: 'bang',
	readsInput: false,
	operand: 'data',
	more: (options, _argv, around) => {
		if (hasOption(options, '--where', '--where-cat', '--whatis', '--apropos', '--version')) return {};
		const launches = valuesOf(options, '--pager', '--html').map((word) => scriptLaunch(word));
		const variables =
			valuesOf(options, '--pager').length > 0 ? {} : fromVariable(around, 'MANPAGER', 'PAGER', 'BROWSER');
		const files = hasOption(options, '--local-file') ? options.operands : [];
		return merged(launches.length > 0 ? { launches } : {}, variables, fileReading('reads', files, around));
	},
});

export const pagerPrograms: readonly Program[] = [pager, man];
