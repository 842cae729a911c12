// `trapgate lock`: records what the drivers list, compares it later, and lets a person accept what changed.
import type { Json } from '../../abi/json.ts';
import { acceptAll } from '../../kernel/lock/accept.ts';
import { type Difference, differences } from '../../kernel/lock/differences.ts';
import type { Listing } from '../../kernel/lock/listing.ts';
import { lockPath } from '../../kernel/lock/path.ts';
import { suspicions } from '../../kernel/lock/suspicion.ts';
import { loadRevision, type Revision } from '../../kernel/revision.ts';
import { TrustStore } from '../../kernel/trust.ts';
import { projectFiles, requireTrust, trustOf } from '../../kernel/trusted.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { isSet, usageError } from '../flags.ts';
import { review } from '../lock-review.ts';
import { type Look, lookAtDrivers } from '../look.ts';
import { writeDocument } from '../output.ts';
import { count, onOneLine } from '../render/columns.ts';
import { differenceHead, differenceJson, differenceLines } from '../render/lock.ts';
import { type Paint, painter } from '../render/paint.ts';
import { saveLock } from '../save-lock.ts';
import { readSettingHere, requireRevision, type Setting } from '../setting.ts';
import { hasPerson, isYes, sayPersonNeeded, Terminal } from '../terminal.ts';
import { acceptOn } from './trust.ts';

export const lock: Command = {
	name: 'lock',
	usage: '[--review | --check [--untrusted]]',
	summary: 'record what drivers say of their tools, and accept what changed',
	details: [
		'Without flags: the first time, all that the drivers list is recorded in trapgate.lock beside the root file, when a',
		'person at a terminal says yes. Later, what differs is shown, and nothing is written.',
		'',
		'--review      show a person each difference and what a tool seems to do; write down what they accept',
		'--check       compare and write nothing; exit code 1 when something differs, or was never recorded',
		'--untrusted   with --check: start the drivers although nobody trusted the root file (for CI)',
		'',
		'Whatever a rule with `then: { lock: … }` matches is hidden from agents until it is accepted.',
	],
	options: { review: { type: 'boolean' }, check: { type: 'boolean' }, untrusted: { type: 'boolean' } },
	words: [0, 0],
	async run(input: CommandInput): Promise<ExitCode> {
		const { flags, global, around } = input;
		const [isReview, isCheck] = [isSet(flags, 'review'), isSet(flags, 'check')];
		if (isReview && isCheck) throw usageError('lock', '`--review` and `--check` exclude each other');
		if (isSet(flags, 'untrusted') && !isCheck) throw usageError('lock', '`--untrusted` goes with `--check`');
		if (isReview && global.format === 'json')
			throw usageError('lock', 'a review is for a person', 'for machines: trapgate lock --check --format json');
		const setting = await readSettingHere(input);
		const revision = requireRevision(setting);
		const isFirst = !revision.lock.isPresent;
		const writes = isReview || (isFirst && !isCheck);
		if (writes && (global.format === 'json' || !hasPerson(around))) {
			sayPersonNeeded(around);
			return exitCodes.person;
		}
		if (!isSet(flags, 'untrusted'))
			requireTrust(revision, new TrustStore(setting.directories.state), setting.load.file);
		const look = await lookAtDrivers(revision, setting, input);
		if (look.collision !== undefined) throw look.collision;
		const seen = seenBy(input, setting, revision, look);
		for (const remark of seen.look.listing.remarks) around.stderr.write(`trapgate: ${onOneLine(remark)}\n`);
		for (const { driver, why } of seen.down)
			around.stderr.write(`trapgate: driver ${driver} is down, so what it lists is not compared: ${onOneLine(why)}\n`);
		if (!writes) return tellDifferences(seen);
		const terminal = new Terminal(around);
		try {
			return isReview ? await reviewAll(seen, terminal) : await recordAll(seen, terminal);
		} finally {
			terminal.close();
		}
	},
};

interface Seen {
	readonly input: CommandInput;
	readonly setting: Setting;
	readonly revision: Revision;
	readonly look: Look;
	readonly found: readonly Difference[];
	readonly down: readonly { readonly driver: string; readonly why: string }[];
	readonly path: string;
	/** The text of the lock as it was read. */
	readonly text: string | undefined;
	readonly paint: Paint;
}

function seenBy(input: CommandInput, setting: Setting, revision: Revision, look: Look): Seen {
	const path = lockPath(setting.load.file);
	const down = [...look.states].flatMap(([driver, state]) => {
		if (state.is === 'ready') return [];
		return [{ driver, why: state.is === 'down' ? state.trouble.message : 'it did not answer in time' }];
	});
	return {
		input,
		setting,
		revision,
		look,
		found: differences(
			revision.lock,
			look.listing,
			revision.config.drivers.map(({ name }) => name),
		),
		down,
		path,
		text: revision.sources.find((source) => source.path === path)?.text,
		paint: painter(input.global.color),
	};
}

async function reviewAll(
	{ input, setting, revision, look, found, down, path, text, paint }: Seen,
	terminal: Terminal,
): Promise<ExitCode> {
	const { around } = input;
	if (found.length === 0) {
		around.stdout.write(`${upToDate(revision, look.listing)}\n`);
		return down.length === 0 ? exitCodes.fine : exitCodes.connection;
	}
	const about = { path, lock: revision.lock, text, differences: found, names: namesOf(revision, look), paint };
	const outcome = await review(terminal, about);
	around.stdout.write(`${outcome.accepted} accepted, ${outcome.left} left as they were\n`);
	if (outcome.accepted > 0) await offerTrust(setting, terminal);
	return outcome.left === 0 ? exitCodes.fine : exitCodes.findings;
}

async function recordAll(
	{ input, setting, revision, look, found, path, paint }: Seen,
	terminal: Terminal,
): Promise<ExitCode> {
	const { around } = input;
	const names = namesOf(revision, look);
	for (const difference of found) {
		terminal.say(differenceHead(difference, paint));
		for (const remark of suspicions(difference, ofDriver(names, difference)))
			terminal.say(`  ${paint('bad', '!')} ${remark}`);
	}
	terminal.say(`${counted(look.listing)}. To look at them one by one: trapgate lock --review`);
	if (!isYes(await terminal.ask('Accept them all as they are now? [y/N] '))) {
		around.stdout.write('Nothing was recorded.\n');
		return exitCodes.person;
	}
	saveLock(path, acceptAll(look.listing), undefined);
	around.stdout.write(`Wrote ${path}: ${counted(look.listing)}.\n`);
	around.stdout.write('What the tools do is not confirmed yet, so they all count as writing: trapgate lock --review\n');
	await offerTrust(setting, terminal);
	return exitCodes.fine;
}

function tellDifferences({ input, revision, look, found, down, path, paint }: Seen): ExitCode {
	const { global, around } = input;
	const { isPresent } = revision.lock;
	const open = isPresent ? found.filter(({ change }) => change !== 'unconfirmed') : found;
	const unconfirmed = found.length - open.length;
	if (global.format === 'json') {
		writeDocument(around, 'lock', {
			file: path,
			recorded: isPresent,
			differences: open.map(differenceJson),
			unconfirmed,
			drivers_down: down.map((one) => ({ ...one })) as Json,
		});
	} else if (!isPresent) {
		around.stdout.write(`there is no ${path}: nothing was accepted yet. A person runs: trapgate lock\n`);
	} else {
		for (const difference of open) {
			const lines = difference.change === 'changed' ? differenceLines(difference, paint) : [];
			around.stdout.write(`${[differenceHead(difference, paint), ...lines].join('\n')}\n`);
		}
		const rest = unconfirmed === 0 ? '' : `; of ${count(unconfirmed, 'tool')} nobody has said what they do`;
		around.stdout.write(
			open.length === 0
				? `${upToDate(revision, look.listing)}${rest}\n`
				: `${count(open.length, 'difference')}${rest}. A person looks at them: trapgate lock --review\n`,
		);
	}
	if (!isPresent || open.length > 0) return exitCodes.findings;
	return down.length === 0 ? exitCodes.fine : exitCodes.connection;
}

/** What was accepted takes effect when a person trusts the file that it stands in; who has just read it may do that now. */
async function offerTrust({ load, directories }: Setting, terminal: Terminal): Promise<void> {
	const { revision } = loadRevision(load);
	const store = new TrustStore(directories.state);
	if (revision?.projectHash === undefined || trustOf(revision, store, load.file) === 'trusted') return;
	const files = projectFiles(revision);
	const isTrusted = await acceptOn(terminal, { store, root: load.file, hash: revision.projectHash, files });
	if (!isTrusted) terminal.say('What was accepted takes effect once somebody runs: trapgate trust');
}

/** Every tool that is listed or was accepted. */
function namesOf({ lock: held }: Revision, { listing }: Look): readonly string[] {
	const all = [...listing.drivers, ...held.drivers];
	return [...new Set(all.flatMap(([driver, { tool }]) => [...tool.keys()].map((name) => `${driver}/${name}`)))];
}

function ofDriver(names: readonly string[], { driver, kind }: Difference): readonly string[] {
	return kind === 'tool'
		? names.flatMap((name) => (name.startsWith(`${driver}/`) ? name.slice(driver.length + 1) : []))
		: [];
}

function upToDate({ lock: held }: Revision, listing: Listing): string {
	return `trapgate.lock is up to date: ${count(held.toolCount, 'tool')} accepted, ${counted(listing)} listed`;
}

/** `41 tools, 3 prompts and instructions of 4 drivers`. */
function counted({ drivers }: Listing): string {
	const sum = (kind: 'tool' | 'prompt' | 'template' | 'instructions') =>
		[...drivers.values()].reduce((total, listing) => total + listing[kind].size, 0);
	const [prompts, templates, spoken] = [sum('prompt'), sum('template'), sum('instructions')];
	const parts = [
		count(sum('tool'), 'tool'),
		...(prompts === 0 ? [] : [count(prompts, 'prompt')]),
		...(templates === 0 ? [] : [count(templates, 'resource template')]),
		...(spoken === 0 ? [] : [count(spoken, 'text of instructions', 'texts of instructions')]),
	];
	return `${parts.join(', ')} of ${count(drivers.size, 'driver')}`;
}
