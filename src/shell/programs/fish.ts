// fish: its options, and the texts it reads.
import { hasOption, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Launch, Program } from '../program.ts';
import type { Word } from '../word.ts';
import { fromInput } from './launching.ts';
import { readingOf } from './wrapper.ts';

const grammar = makeGrammar({
	options: `
		c|command=s C|init-command=s d|debug=s o|debug-output=s D|debug-stack-frames=s f|features=s profile=s
		profile-startup=s p=s i|interactive l|login n|no-execute N|no-config P|private print-rusage-self
		print-debug-categories v|version h|help
	`,
	stopAtOperand: true,
});

export const fishPrograms: readonly Program[] = [
	{
		names: ['fish'],
		read(argv, around) {
			const options = readOptions(argv, grammar);
			const base = readingOf(options);
			if (options.gap) return { ...base, gaps: [options.gap], mayRunArguments: true };
			if (hasOption(options, '--no-execute', '--version', '--help')) return base;
			const terms = { dialect: 'unknown' as const, ...(hasOption(options, '--login') && { elsewhere: true }) };
			const texts = valuesOf(options, '--command', '--init-command');
			const isForeign = !texts.every(isShared);
			const launches: Launch[] = texts.map((text) => ({ kind: 'script', words: [text], ...terms }));
			const [path] = options.operands;
			if (!hasOption(options, '--command')) {
				if (!path && around.isOpenEnded) return { ...base, gaps: [fromInput] };
				launches.push(path ? { kind: 'file', path, ...terms } : { kind: 'input', ...terms });
			}
			if (!isForeign) return { ...base, launches };
			const gap = { kind: 'code', detail: '`fish` reads this text in another way than bash' } as const;
			return { ...base, launches, gaps: [gap], mayRunArguments: true };
		},
	},
];

/** Text that fish and bash read alike: no parentheses, no block words, no escapes within quotes. */
function isShared(text: Word): boolean {
	return text.value !== undefined && /^(?:[^()\\`{}'"^$]|'[^'\\]*'|"[^"\\$()`]*"|\$\w)*$/.test(text.value);
}
