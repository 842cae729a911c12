// Which commands of a call a rule is about, and which of them its exceptions lift.
import type { Command } from '../abi/command.ts';
import type { CommandSite } from './command-sites.ts';
import { type CommandTest, commandTruth } from './command-test.ts';
import type { CompiledRule, Part } from './compiled.ts';
import type { Look } from './look.ts';
import { holds, type Lean, opposite } from './truth.ts';

/** One command that a rule is about. */
export interface Hit {
	readonly site: CommandSite;
	readonly index: number;
	readonly command: Command;
	/** What holds of it only because nobody can tell: `facts.force`. */
	readonly doubts: readonly string[];
}

export interface Hits {
	readonly hits: readonly Hit[];
	/** When there is none: the member that kept the most likely command out. */
	readonly failed: string;
}

/** `lifting` are the parts of the rule's exceptions and waivers that hold as far as the call itself goes. */
export function findHits(rule: CompiledRule, look: Look, lean: Lean, lifting: readonly Part[]): Hits {
	const { command: test } = rule;
	if (test === undefined) return { hits: [], failed: 'command' };
	const hits: Hit[] = [];
	let failed = 'command';
	for (const [site, index, command] of commandsIn(look)) {
		const { truth, failed: missed = 'command', doubts } = commandTruth(test, command, site);
		if (!holds(truth, lean)) {
			if (missed !== 'command') failed = missed;
		} else if (lifting.some((part) => lifts(part.command, command, site, lean))) {
			failed = 'except';
		} else {
			hits.push({ site, index, command, doubts });
		}
	}
	return { hits, failed };
}

/**
 * Does an exception about commands lift a rule about calls? From a restriction only where it certainly holds of every
 * command, and none is unknown; from what opens as soon as it may hold of one.
 */
export function liftsCall(test: CommandTest, look: Look, lean: Lean): boolean {
	const { sites, misfits } = look.sites();
	const isUnknown = misfits.length > 0 || sites.some(({ analysis }) => analysis.gaps.length > 0);
	const commands = [...commandsIn(look)];
	const isLifted = ([site, , command]: Located) => lifts(test, command, site, lean);
	if (lean === 'grant') return isUnknown || commands.some(isLifted);
	return !isUnknown && commands.length > 0 && commands.every(isLifted);
}

type Located = readonly [CommandSite, number, Command];

export function* commandsIn(look: Look): Generator<Located> {
	for (const site of look.sites().sites) {
		for (const [index, command] of site.analysis.commands.entries()) yield [site, index, command];
	}
}

/** The program and its sub-commands: `git push`. */
export function commandName({ program, subcommands }: Command): string {
	return [program, ...subcommands].join(' ');
}

/** Does this part of an exception hold of the command, as surely as it takes to lift a rule of that lean? */
export function lifts(test: CommandTest | undefined, command: Command, site: CommandSite, lean: Lean): boolean {
	return test !== undefined && holds(commandTruth(test, command, site).truth, opposite(lean));
}
