// What holds for commands beside the rules that match them: commands that can't be read, gated names, and what no rule allows.
import type { Command, Gap, GapKind } from '../abi/command.ts';
import type { RuleId } from '../abi/names.ts';
import { commandName, commandsIn } from './command-hits.ts';
import { literalPrograms } from './command-pattern.ts';
import type { CommandSite, Misfit } from './command-sites.ts';
import { mentionIn } from './command-test.ts';
import { type CompiledRule, opensCommands, watchesCommands } from './compiled.ts';
import type { SetDefaults } from './defaults.ts';
import type { Look } from './look.ts';
import type { Refusal } from './settle.ts';

export interface CommandRefusal extends Refusal {
	/** `contained`: it runs, inside the sandbox. */
	readonly verdict: 'denied' | 'asked' | 'contained';
	/** Set where no rule is behind it: how the log and the agent know it. */
	readonly by?: RuleId;
}

/** Nobody can write a rule of this name. */
const unparsedId = 'kernel/unparsed' as RuleId;

interface Forms {
	readonly asked: Look;
	readonly final: Look;
}

interface Circumstances {
	/** Restrictions in force that are about commands. */
	readonly restricting: readonly CompiledRule[];
	/** Rules that let commands happen, a person's yes included. */
	readonly opening: readonly CompiledRule[];
	readonly defaults: SetDefaults;
	/** Do the defaults act in this mode? */
	readonly defaultsAct: boolean;
	/** The call would run in the runtime ring. */
	readonly isContained: boolean;
	/** It is what has trapped there. */
	readonly isTrap: boolean;
}

/** Why the commands of a call may not run, or not without a person, whatever the rules that match them say. */
export function commandRefusals({ asked, final }: Forms, circumstances: Circumstances): readonly CommandRefusal[] {
	if (!asked.carriesCommand) return none;
	const { restricting, opening, defaults, defaultsAct, isContained, isTrap } = circumstances;
	const looks = asked === final ? [asked] : [asked, final];
	const watching = restricting.filter((rule) => looks.some((look) => watchesCommands(rule, look)));
	const isClosed = defaultsAct && defaults.command !== 'allow';
	const isWatched = watching.length > 0 || isClosed || (defaultsAct && defaults.saysUnparsed);
	const gapVerdict = verdictOnGaps(defaults, isContained, isClosed);
	const unread: GapVerdict = { verdict: 'denied', why: '' };
	return [
		...(isWatched ? looks.flatMap(misfitRefusals) : []),
		...(isWatched ? looks.flatMap((look) => gapRefusals(look, isTrap && !isRead(look) ? unread : gapVerdict)) : []),
		...(defaultsAct ? looks.flatMap((look) => mentionRefusals(look, defaults.mention, watching, isContained)) : []),
		...(isClosed ? closedRefusals(final, opening, defaults.command) : []),
	];
}

const none: readonly never[] = [];

function misfitRefusals(look: Look): CommandRefusal[] {
	return look.sites().misfits.map((misfit) => ({ verdict: 'denied', by: unparsedId, rules: [], ...told(misfit) }));
}

function told({ pointer, kind }: Misfit): { reason: string; instead: string } {
	const name = `\`${pointer.slice(1)}\``;
	const why = 'Rules about commands are in force, and';
	switch (kind) {
		case 'no-text':
			return {
				reason: `${why} ${name} holds no command: neither text nor a list of words.`,
				instead: `give ${name} as text`,
			};
		case 'list':
			return { reason: `${why} ${name} is a list where the tool takes text.`, instead: `give ${name} as text` };
		case 'too-many':
			return { reason: `${why} ${name} holds too many of them to be read.`, instead: 'split it into several calls' };
		case 'undeclared':
			return {
				reason: `${why} the configuration says that ${name} carries the command, but the tool has no such parameter.`,
				instead: 'tell the user: `commands:` of this driver names the wrong parameter',
			};
		default:
			return kind satisfies never;
	}
}

/**
 * Is it known at least which program every argv executes, with all of its arguments? INVARIANT: what has trapped is
 * contained no further, so no rule about it may be left out.
 */
function isRead(look: Look): boolean {
	return look
		.sites()
		.sites.every(
			({ analysis: { commands, gaps }, source }) =>
				typeof source !== 'string' &&
				commands[0]?.argv.length === source.length &&
				gaps.every(({ kind }) => kind !== 'syntax' && kind !== 'limit'),
		);
}

/** Programs that no rule allows are no gated ones, so where commands are closed the sandbox does not hold what nobody can read. */
function verdictOnGaps({ unparsed, command }: SetDefaults, isContained: boolean, isClosed: boolean): GapVerdict {
	if (unparsed === 'ask') return { verdict: 'asked', why: '' };
	if (unparsed === 'deny') return { verdict: 'denied', why: '' };
	if (!isContained)
		return { verdict: 'denied', why: ' Such a command may run only inside the sandbox, and it would not run there.' };
	if (!isClosed)
		return {
			verdict: 'contained',
			why: ' So it runs inside the sandbox, where each program that rules name is judged when it is executed.',
		};
	const verdict = command === 'ask' ? 'asked' : 'denied';
	return {
		verdict,
		why: ' Only commands that a rule allows may run, and the sandbox does not tell those from others.',
	};
}

interface GapVerdict {
	readonly verdict: CommandRefusal['verdict'];
	/** A sentence, with a space before it. */
	readonly why: string;
}

function gapRefusals(look: Look, { verdict, why }: GapVerdict): CommandRefusal[] {
	return look.sites().sites.flatMap(({ analysis: { gaps }, source }): CommandRefusal[] => {
		const [gap] = gaps;
		if (gap === undefined) return [];
		const what = `What this command would run can't be known from its text: ${clause(gap.detail)}${placeOf(gap, source)}.`;
		const more =
			gaps.length === 1
				? ''
				: ` (And ${gaps.length === 2 ? 'one more place' : `${gaps.length - 1} more places`} like it.)`;
		return [
			{
				verdict,
				by: unparsedId,
				rules: [],
				reason: `${what}${more}${why}`,
				...(verdict === 'contained' ? {} : { instead: wayForward[gap.kind] }),
			},
		];
	});
}

const wayForward: Readonly<Record<GapKind, string>> = {
	syntax: 'write it in plainer syntax, one step for each call',
	limit: 'split it into several calls',
	program: 'write the name of the program out, without variables or globs',
	script: 'write the commands themselves into the call, without eval or a shell inside a shell',
	file: 'write the commands themselves into the call, or run the file as a program of its own',
	input: 'write the commands themselves into the call instead of piping them into a shell',
	arguments: 'quote the variables, or write the arguments out',
	environment: 'leave out the variable that changes what commands mean',
	definition: 'call the programs by their own names, without functions or aliases of those names',
	code: 'run the programs from the shell itself, one command each',
};

const longestPlace = 60;

/** The very words, unless the gap has said them itself. */
function placeOf({ span, detail }: Gap, source: CommandSite['source']): string {
	if (span === undefined || typeof source !== 'string') return '';
	const words = source.slice(span.start, span.end).replace(/\s+/g, ' ').trim();
	if (words === '' || detail.includes(words)) return '';
	return ` (\`${words.length > longestPlace ? `${words.slice(0, longestPlace)}…` : words}\`)`;
}

/** A gated name, in an argument of a program that may run it. */
function mentionRefusals(
	look: Look,
	mention: SetDefaults['mention'],
	watching: readonly CompiledRule[],
	isContained: boolean,
): CommandRefusal[] {
	if (mention === 'allow') return [];
	for (const rule of watching) {
		const names = (rule.command?.patterns ?? []).flatMap(literalPrograms);
		for (const [, , command] of commandsIn(look)) {
			const name = names.length === 0 ? undefined : mentionIn(command, names, rule.command?.reading.family);
			if (name === undefined) continue;
			return [
				{
					verdict: mention === 'ask' ? 'asked' : mention === 'contain' && isContained ? 'contained' : 'denied',
					rules: [rule],
					reason: `\`${command.program}\` may run \`${name}\`, which it names in an argument, and \`${rule.id}\` is about \`${name}\`.`,
					instead: `run \`${name}\` as a command of its own`,
				},
			];
		}
	}
	return [];
}

/** `defaults.command`: what no rule allows. */
function closedRefusals(
	look: Look,
	opening: readonly CompiledRule[],
	closed: SetDefaults['command'],
): CommandRefusal[] {
	const reason = unallowedCommand(look, opening);
	return reason === undefined ? [] : [{ verdict: closed === 'ask' ? 'asked' : 'denied', rules: [], reason }];
}

/** Says which command none of the rules lets run; undefined when there is none. */
export function unallowedCommand(look: Look, opening: readonly CompiledRule[]): string | undefined {
	const [first] = uncovered(look, opening);
	if (first === undefined) return undefined;
	return first.kind === 'redirection'
		? 'No rule allows a redirection without a command.'
		: `No rule allows the command \`${commandName(first)}\`.`;
}

/** The commands that none of the rules lets run for certain. A function's own commands stand beside it. */
function uncovered(look: Look, opening: readonly CompiledRule[]): readonly Command[] {
	const open = new Set(opening.flatMap((rule) => opensCommands(rule, look).map(({ command }) => command)));
	return [...commandsIn(look)]
		.map(([, , command]) => command)
		.filter((command) => command.kind !== 'function' && !open.has(command));
}

/** Is every command one that the rules let run, with nothing left that nobody knows? */
export function coversAll(look: Look, opening: readonly CompiledRule[]): boolean {
	const { sites, misfits } = look.sites();
	if (opening.length === 0 || misfits.length > 0) return false;
	const isRead = sites.length > 0 && sites.every(({ analysis }) => analysis.gaps.length === 0);
	const some = opening.some((rule) => opensCommands(rule, look).length > 0);
	return isRead && some && uncovered(look, opening).length === 0;
}

function clause(sentence: string): string {
	return sentence.replace(/\.$/, '');
}
