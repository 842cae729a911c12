// `trapgate lock --review`: shows a person every difference and writes down each thing that they accept.
import type { ArgumentRole } from '../abi/decision.ts';
import { isJsonObject } from '../abi/json.ts';
import { accept } from '../kernel/lock/accept.ts';
import type { Difference } from '../kernel/lock/differences.ts';
import { isKept } from '../kernel/lock/listing.ts';
import type { Confirmed, Lock } from '../kernel/lock/lock.ts';
import { isParameter, propose, reasonFor } from '../kernel/lock/propose.ts';
import { suspicions } from '../kernel/lock/suspicion.ts';
import { confirmationLines, differenceHead, differenceLines } from './render/lock.ts';
import type { Paint } from './render/paint.ts';
import { saveLock } from './save-lock.ts';
import type { Terminal } from './terminal.ts';

export interface Review {
	readonly path: string;
	readonly lock: Lock;
	/** The text of the lock as it was read; undefined where there is none. */
	readonly text: string | undefined;
	readonly differences: readonly Difference[];
	/** `driver/tool` of everything that is listed or was accepted, to tell look-alikes. */
	readonly names: readonly string[];
	readonly paint: Paint;
}

export interface ReviewOutcome {
	readonly accepted: number;
	/** What is still not as it was accepted, kept hidden or not looked at. */
	readonly left: number;
}

/** What one look shows before it asks whether to go on. */
const mostLines = 60;

/** Asks about each difference in turn; every acceptance is on the disk before the next question. Throws C105. */
export async function review(terminal: Terminal, about: Review): Promise<ReviewOutcome> {
	let { lock, text } = about;
	let accepted = 0;
	for (const difference of about.differences) {
		const answer = await askAbout(terminal, difference, about);
		if (answer === 'quit') break;
		if (answer === 'keep') continue;
		const next = accept(lock, difference, answer === 'accept' ? undefined : answer);
		text = saveLock(about.path, next, text);
		lock = next;
		accepted += 1;
	}
	return { accepted, left: about.differences.length - accepted };
}

type Answer = 'accept' | 'keep' | 'quit' | Confirmed;

async function askAbout(terminal: Terminal, difference: Difference, { names, paint }: Review): Promise<Answer> {
	const { kind, after, before, change } = difference;
	const definition = kind === 'tool' && isJsonObject(after) ? after : undefined;
	const lines = differenceLines(difference, paint);
	let confirmed = definition === undefined ? undefined : propose(definition, before?.confirmed);
	let shown = Math.min(lines.length, mostLines);
	terminal.say('');
	terminal.say(differenceHead(difference, paint));
	for (const line of lines.slice(0, shown)) terminal.say(line);
	for (const remark of remarksOn(difference, names)) terminal.say(`  ${paint('bad', '!')} ${remark}`);
	const sayConfirmed = () => {
		if (definition === undefined || confirmed === undefined) return;
		for (const line of confirmationLines(confirmed, reasonFor(definition), paint)) terminal.say(line);
	};
	sayConfirmed();
	for (;;) {
		const rest = lines.length - shown;
		if (rest > 0) terminal.say(paint('caution', `  … ${rest} more lines`));
		const answer = await terminal.ask(`${choices(change, definition !== undefined, rest > 0)} `);
		switch (answer?.toLowerCase()) {
			case undefined:
			case 'q':
			case 'quit':
				return 'quit';
			case 'k':
			case 'keep':
				return 'keep';
			case 'a':
			case 'accept':
				// Whoever has not seen all of it can't have accepted it.
				if (rest > 0) terminal.say('not all of it was shown yet: type m');
				else return confirmed ?? 'accept';
				break;
			case 'm':
			case 'more':
				for (const line of lines.slice(shown)) terminal.say(line);
				shown = lines.length;
				break;
			case 'e':
			case 'effect':
				if (confirmed === undefined) break;
				confirmed = { ...confirmed, effect: confirmed.effect === 'read' ? 'write' : 'read' };
				sayConfirmed();
				break;
			case 'r':
			case 'roles': {
				if (definition === undefined || confirmed === undefined) break;
				const typed = await terminal.ask('roles, as `name=path, other=url` (path, url or sql; empty: none): ');
				const roles = readRoles(typed ?? '', (pointer) => isParameter(definition, pointer));
				if (typeof roles === 'string') terminal.say(roles);
				else confirmed = { ...confirmed, roles };
				sayConfirmed();
				break;
			}
			default:
				terminal.say('type one of the letters in brackets');
		}
	}
}

function choices(change: Difference['change'], isTool: boolean, hasMore: boolean): string {
	if (change === 'gone') return '[a]ccept that it is gone  [k]eep it accepted  [q]uit';
	return [
		...(hasMore ? ['[m]ore'] : ['[a]ccept']),
		change === 'unconfirmed' ? '[k]eep unconfirmed' : '[k]eep hidden',
		...(isTool ? ['[e]ffect', '[r]oles'] : []),
		'[q]uit',
	].join('  ');
}

function remarksOn(difference: Difference, names: readonly string[]): readonly string[] {
	const { after, before, change, driver, name } = difference;
	const others = names.flatMap((other) => (other.startsWith(`${driver}/`) ? [other.slice(driver.length + 1)] : []));
	return [
		...suspicions(difference, difference.kind === 'tool' && name !== '' ? others : []),
		...(change === 'changed' && before?.definition === undefined
			? ['what was accepted was too large to be kept, so all of it is shown as new']
			: []),
		...(after !== undefined && !isKept(after) ? ['too large to be kept: only its hash is recorded'] : []),
	];
}

const shortRoles: Readonly<Record<string, ArgumentRole>> = {
	path: 'any_path',
	any_path: 'any_path',
	url: 'any_url',
	any_url: 'any_url',
	sql: 'any_sql',
	any_sql: 'any_sql',
};

/** Roles by pointer, or what is wrong with the text. */
function readRoles(
	text: string,
	isKnown: (pointer: string) => boolean,
): Readonly<Record<string, ArgumentRole>> | string {
	const roles: Record<string, ArgumentRole> = {};
	for (const part of text.split(',').filter((one) => one.trim() !== '')) {
		const [, name = '', word = ''] = /^\s*(.+?)\s*=\s*(\w+)\s*$/.exec(part) ?? [];
		const role = Object.hasOwn(shortRoles, word) ? shortRoles[word] : undefined;
		const pointer = name.startsWith('/') ? name : `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
		if (role === undefined) return `\`${part.trim()}\` is not \`name=path\`, \`name=url\` or \`name=sql\``;
		if (!isKnown(pointer)) return `the tool declares no parameter \`${name}\``;
		roles[pointer] = role;
	}
	return roles;
}
