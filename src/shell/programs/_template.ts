// An example of a program file to copy: `brew-coffee`, which brews by options and runs a program when it is done.
import { hasOption, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Program } from '../program.ts';
import { launchTail, merged, scriptLaunch } from './launching.ts';
import { readingOf, wrapper } from './wrapper.ts';

// `brew-coffee [-f] [-s|--sugar N] [--notify TEXT] recipe [program argument …]`
const grammar = makeGrammar({
	options: ['f|force', 's|sugar=s', 'notify=s', 'n|dry-run'],
	// Options of our own end where the recipe begins: what follows belongs to the program that we start.
	stopAtOperand: true,
});

const brewCoffee: Program = {
	names: ['brew-coffee', 'brew-espresso'],
	read(argv, around) {
		const options = readOptions(argv, grammar);
		const base = readingOf(options);
		// A launcher that can't tell where its program begins says so. A program that launches nothing has no such gap:
		// it marks `flags` and its facts unsure instead.
		if (options.gap) return { ...base, gaps: [options.gap], mayRunArguments: true };
		const [recipe] = options.operands;
		const facts = {
			forced: hasOption(options, '--force'),
			...(recipe?.value !== undefined && { recipe: recipe.value }),
		};
		const unsure = recipe && recipe.value === undefined ? ['recipe'] : [];
		// `--notify` is read by a shell; what stands behind the recipe is executed as it is.
		const launches = valuesOf(options, '--notify').map((text) => scriptLaunch(text));
		return merged(base, { facts, unsure, launches }, launchTail(argv, options.rest + 1, around));
	},
};

// A program that does nothing but start what stands behind its options is one table entry.
const withSugar = wrapper({ names: ['with-sugar'], options: ['n|number=s', 'v|verbose', 'help'], elsewhere: false });

export const examplePrograms: readonly Program[] = [brewCoffee, withSugar];
