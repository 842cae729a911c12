// What this installation does not protect against, in plain words.
import type { Revision } from '../kernel/revision.ts';

/** Sentences for `doctor`; those about shells only where something carries shell text. */
export function doesNotHold({ config, policies }: Pick<Revision, 'config' | 'policies'>): readonly string[] {
	const carriesShell = config.drivers.some(
		({ kind, commands }) => kind === 'shell' || Object.keys(commands).length > 0,
	);
	const hasCommandRule = policies.some(({ rules }) =>
		rules.some(({ match }) => [match.command, match.facts, match.mentions].some((member) => member !== undefined)),
	);
	const shell = hasCommandRule
		? 'Rules about commands read the text of a command: a script on disk, a renamed or copied program and what a Makefile runs are not in it.'
		: 'No rule is about commands: an allowed shell runs anything.';
	const readsSql = policies.some(({ rules }) =>
		rules.some(({ match }) => Object.values(match.args ?? {}).some((test) => test.statement_other_than !== undefined)),
	);
	const isForeign = config.drivers.some(({ commands }) => Object.keys(commands).length > 0);
	return [
		...(carriesShell
			? [shell, 'There is no runtime ring: what a command starts once it runs (make, a script, a test) is not seen.']
			: ['There is no runtime ring: what a server does beyond its answers is not seen.']),
		...(isForeign && hasCommandRule
			? [
					"Of a server's tools only the arguments under `commands:` are read as commands; its other tools may run some, too.",
				]
			: []),
		...(readsSql
			? [
					'SQL is read as PostgreSQL reads it, and what functions, views and triggers of the database do is not in a text.',
				]
			: []),
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
