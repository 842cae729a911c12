// What this installation does not protect against, in plain words.
import type { Revision } from '../kernel/revision.ts';

/** Sentences for `doctor`; those about shells only where something carries shell text. */
export function doesNotHold({ config, policies }: Pick<Revision, 'config' | 'policies'>): readonly string[] {
	const carriesShell = config.drivers.some(
		({ kind, commands }) => kind === 'shell' || Object.keys(commands).length > 0,
	);
	const hasCommandRule = policies.some(({ rules }) => rules.some(({ match }) => match.command !== undefined));
	const shell = hasCommandRule
		? 'Commands inside shell text are not analysed yet: because of your `command:` rules the shell refuses what it can not judge.'
		: 'Commands inside shell text are not analysed yet: an allowed shell runs anything.';
	return [
		...(carriesShell
			? [shell, 'There is no runtime ring: what a command starts (make, a script, node -e) is not seen.']
			: ['There is no runtime ring: what a server does beyond its answers is not seen.']),
		"The client's own built-in tools (its shell, its editor) go around Trapgate until the client closes them.",
		'Argument checks race with the file system: between our look at a path and its use a symlink can change.',
		"Relative path arguments are resolved against the driver's working directory; a server that does otherwise opens another file.",
		'A program that runs as the same user could answer a question, trust a changed policy, or read the key of the log.',
		...(config.mode === 'enforce'
			? []
			: [`Mode ${config.mode}: rules decide and are recorded; only errors and self-protection stop a call.`]),
		...(config.audit.durability === 'written'
			? ['Audit durability is `written`: a power failure can lose the last records.']
			: []),
	];
}
