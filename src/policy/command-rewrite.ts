// `rewrite` of a command: other words for each command that a rule is about, the last one first.
import type { NewWord } from '../abi/command.ts';
import { setArgument } from './arguments.ts';
import type { Hit } from './command-hits.ts';
import { newWords } from './command-words.ts';
import { hitsOf, type RuleOf } from './compiled.ts';
import type { Look } from './look.ts';
import type { ArgumentEdit, Refusal } from './settle.ts';

export interface Rewritten {
	readonly edits: readonly ArgumentEdit[];
	readonly refusals: readonly Refusal[];
}

/** Every change means reading the text again, so many changes of a long text are refused rather than waited for. */
const mostEdits = 50;
const mostCharacters = 150_000;
const mostCommands = 2_500;

function isTooMuch(hits: readonly Hit[]): boolean {
	const read = (measure: (hit: Hit) => number) => hits.reduce((sum, hit) => sum + measure(hit), 0);
	return (
		hits.length > mostEdits ||
		read(({ site }) => site.source.length) > mostCharacters ||
		read(({ site }) => site.analysis.commands.length) > mostCommands
	);
}

/** What one rule changes in the commands of `look`. A command that can't be changed safely is a refusal. */
export function rewriteCommands(rule: RuleOf<'rewrite-command'>, look: Look): Rewritten {
	let current = look;
	const refuse = (why: string, instead?: string): Rewritten => {
		const reason = rule.reason === undefined ? why : `${rule.reason} ${why}`;
		return { edits: [], refusals: [{ rules: [rule], reason, ...(instead === undefined ? {} : { instead }) }] };
	};
	const { hits } = hitsOf(rule, look);
	if (isTooMuch(hits)) {
		const instead = rule.instead ?? 'split it into several calls';
		return refuse('There are too many such commands here to change each of them.', instead);
	}
	// Changing a command leaves those before it where they are.
	for (const { site, index } of hits.toReversed()) {
		const hit = hitsOf(rule, current).hits.find((one) => one.index === index && one.site.pointer === site.pointer);
		if (hit === undefined) continue;
		const words = newWords(rule, hit);
		if ('refused' in words) return refuse(words.refused);
		if (isSame(words.words, hit)) continue;
		const { source } = hit.site;
		const outcome = hit.site.edit(source, index, words.words);
		if (outcome.kind === 'refused') return refuse(`This command can't be changed safely: ${outcome.reason}.`);
		const away = hit.command.under.find(({ elsewhere }) => elsewhere);
		if (away !== undefined) {
			const corrected = typeof outcome.source === 'string' ? outcome.source : JSON.stringify(outcome.source);
			return refuse(`Under \`${away.command.join(' ')}\` no command is changed for you.`, corrected);
		}
		const args = hit.site.isExact ? setArgument(current.args, hit.site.path, outcome.source) : undefined;
		if (args === undefined) return refuse('The argument that holds this command is not called as it should be.');
		current = current.withArgs(args);
	}
	const changed = current.sites().sites.filter((site) => {
		return !look.sites().sites.some((one) => one.pointer === site.pointer && one.source === site.source);
	});
	return { edits: changed.map(({ path, source }) => ({ path, value: source })), refusals: [] };
}

function isSame(words: readonly NewWord[], { command }: Hit): boolean {
	return words.length === command.argv.length && words.every((word, index) => 'keep' in word && word.keep === index);
}
