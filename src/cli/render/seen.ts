// The commands that were read in a call, as a person reads them: what, under what, what is known of it, which rule is about it.
import type { Command } from '../../abi/command.ts';
import type { SeenText } from '../../policy/explain.ts';
import { showable } from '../../text/characters.ts';

/** More commands than this would hide the verdict. */
const mostShown = 20;
const longestCommand = 100;

/** One line for each command, and one for each place that stays unknown; of the call as asked. */
export function seenLines(seen: readonly SeenText[]): readonly string[] {
	const asked = seen.filter(({ form }) => form === 'asked');
	const commands = asked.flatMap((text) => text.commands);
	const shown = commands.slice(0, mostShown).map(({ command, rules }, index) => {
		const notes = [...knownOf(command), ...rules.map((id) => `rule ${id}`)];
		return `${index + 1}. ${commandText(command)}${notes.length === 0 ? '' : `   ${notes.join('; ')}`}`;
	});
	const left = commands.length - shown.length;
	const unknown = asked.flatMap(({ gaps }) => gaps.map(({ detail }) => `?  ${cut(showable(detail))}`));
	return [...shown, ...(left > 0 ? [`and ${left} more`] : []), ...unknown.slice(0, mostShown)];
}

/** The words as the program would get them; `?` for one that nobody knows. */
export function commandText({ argv, kind, spelled, isOpenEnded }: Command): string {
	if (kind === 'redirection') return '(a redirection)';
	const words = argv.length === 0 ? [spelled] : argv.map((word) => (word === null ? '?' : quoted(word)));
	return cut(showable([...words, ...(isOpenEnded ? ['…'] : [])].join(' ')));
}

function knownOf({ under, facts, unsure }: Command): string[] {
	const chain = under.map(({ command }) => command.join(' '));
	const known = Object.entries(facts).map(([name, fact]) => {
		if (fact === true) return name;
		return `${name}: ${typeof fact === 'object' ? fact.join(', ') : String(fact)}`;
	});
	return [
		...(chain.length === 0 ? [] : [`under ${chain.join(' > ')}`]),
		...known.map((text) => cut(showable(text))),
		...(unsure.length === 0 ? [] : [`unsure: ${unsure.join(', ')}`]),
	];
}

function quoted(word: string): string {
	return /^[A-Za-z0-9_@%+=:,./~*?-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A line break in it would begin a line that looks like ours. */
function cut(shown: string): string {
	const text = shown.replaceAll('\n', '\\n');
	return text.length <= longestCommand ? text : `${text.slice(0, longestCommand)}…`;
}
