// What this installation does not protect against, in plain words.
import type { DriverConfig } from '../kernel/config.ts';
import type { Receipt } from '../kernel/receipt.ts';
import type { Revision } from '../kernel/revision.ts';

/** Sentences for `doctor`; those about shells only where something carries shell text. */
export function doesNotHold(
	{ config, policies, set }: Pick<Revision, 'config' | 'policies' | 'set'>,
	receipt: Receipt,
): readonly string[] {
	const confined = config.drivers.filter(({ name }) =>
		receipt.drivers.some((one) => one.name === name && one.isConfined),
	);
	const carriesShell = config.drivers.some(
		({ kind, commands }) => kind === 'shell' || Object.keys(commands).length > 0,
	);
	const hasCommandRule = policies.some(({ rules }) =>
		rules.some(({ match }) => [match.command, match.facts, match.mentions].some((member) => member !== undefined)),
	);
	const shell = hasCommandRule
		? confined.length > 0
			? 'Rules that hold in the call ring only read the text of a command: what a script, a Makefile or a renamed program runs is not in it.'
			: 'Rules about commands read the text of a command: a script on disk, a renamed or copied program and what a Makefile runs are not in it.'
		: 'No rule is about commands: an allowed shell runs anything.';
	const readsSql = policies.some(({ rules }) =>
		rules.some(({ match }) => Object.values(match.args ?? {}).some((test) => test.statement_other_than !== undefined)),
	);
	const isForeign = config.drivers.some(({ commands }) => Object.keys(commands).length > 0);
	return [
		...(carriesShell && confined.length > 0
			? [shell, ...insideTheRing(confined, receipt, set.defaults.command !== 'allow')]
			: carriesShell
				? [
						shell,
						`${withoutRing(receipt)}: what a command starts once it runs (make, a script, a test) is neither seen nor confined.`,
					]
				: confined.length > 0
					? insideTheRing(confined, receipt, false)
					: [`${withoutRing(receipt)}: what a server does beyond its answers is not seen.`]),
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

function withoutRing({ drivers }: Receipt): string {
	const [why] = drivers.flatMap(({ ring }) => (ring?.is === 'absent' ? [ring.why] : []));
	return why === undefined ? 'No driver runs in the runtime ring' : `The runtime ring does not hold here (${why})`;
}

/** What it leaves open beside what every ring does. */
function heldByLandlock(names: string): readonly string[] {
	return [
		`With \`backend: landlock\` (${names}) a gated program is refused by its path, neither corrected nor in the log; only by its name it traps.`,
		`With \`backend: landlock\` no file can be made, removed or renamed beside a guarded one: not in the workspace's own folder, nor in \`.git\`, so that git can't commit. Keep the policy elsewhere, and name folders in \`write:\`.`,
		'Landlock holds no modes, times and owners (`chmod` reaches every file of your account), hides no names, sizes and processes, and under `exec: strict` leaves the loader open.',
	];
}

/** What the runtime ring leaves open. */
function insideTheRing(confined: readonly DriverConfig[], receipt: Receipt, isClosed: boolean): readonly string[] {
	const namesOf = (drivers: readonly DriverConfig[]) => drivers.map(({ name }) => name).join(', ');
	const open = confined.filter(({ sandbox }) => sandbox?.exec !== 'strict');
	const networked = confined.filter(({ sandbox }) => sandbox === undefined || sandbox.network === 'all');
	const alone = confined.filter(({ sandbox }) => sandbox?.backend === 'landlock');
	const free = receipt.drivers.filter(({ isConfined }) => !isConfined).map(({ name }) => name);
	return [
		...(free.length === 0 ? [] : [`What ${free.join(', ')} starts runs outside of the runtime ring, unseen.`]),
		open.length === 0
			? 'Under `exec: strict` programs are still made in memory: WebAssembly in node, machine code in perl.'
			: `A program that is written or downloaded into a folder that can be written runs unjudged (${namesOf(open)}), an interpreter under another name included, unless \`exec: strict\` is set.`,
		...(alone.length === 0 ? [] : heldByLandlock(namesOf(alone))),
		'The runtime ring gates files, not languages: a shell with node, perl or a compiler can compute anything.',
		'An approved execution is trusted with its own program: what it starts of that program again is covered by the one decision.',
		'The sandbox bounds the memory of each process, not of all of them together.',
		...(isClosed
			? [
					'`defaults.command` is judged in the text of a call; of what runs inside, only programs that rules gate are judged.',
				]
			: []),
		...(networked.length === 0
			? []
			: [`Where no rule and no \`network:\` says otherwise, the network is the host's (${namesOf(networked)}).`]),
	];
}
