// Rules about commands, where nobody reads the command: the call is refused rather than judged by half.
import { applies, type CompiledRule } from './compiled.ts';
import type { SetDefaults } from './defaults.ts';
import type { Look } from './look.ts';
import type { Refusal } from './settle.ts';

export interface CommandRefusal extends Refusal {
	readonly verdict: 'denied' | 'asked';
}

/**
 * A refusal when the call carries shell text that one of `rules`, all about commands, applies to, else undefined. A rule's other conditions (tool,
 * agent, time, arguments) are judged; what the command says is not.
 */
export function commandRefusal(
	{ command, unparsed }: SetDefaults,
	rules: readonly CompiledRule[],
	{ asked, final }: { readonly asked: Look; readonly final: Look },
): CommandRefusal | undefined {
	if (!asked.carriesCommand) return undefined;
	const inForce = rules.filter((rule) => applies(rule, asked) || applies(rule, final));
	if (inForce.length > 0) {
		const names = inForce.map(({ id }) => `\`${id}\``).join(', ');
		const subject = inForce.length === 1 ? `The command rule ${names} is` : `The command rules ${names} are`;
		const reason = `${subject} in force, and the text of a command can't be judged yet.`;
		return { verdict: unparsed === 'ask' ? 'asked' : 'denied', rules: inForce, reason };
	}
	if (command === 'allow') return undefined;
	const reason = "Only commands that a rule allows may run, and the text of a command can't be judged yet.";
	return { verdict: command === 'ask' ? 'asked' : 'denied', rules: [], reason };
}
