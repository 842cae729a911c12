// `trapgate key`: keys of HTTP callers, each with the agent it stands for.
import { randomBytes } from 'node:crypto';
import { isAgentId } from '../../abi/names.ts';
import { cookieName } from '../../drivers/process-table.ts';
import { isExpired, type KeyEntry, keyDirectory, makeKey, readKeys, revokeKey } from '../../kernel/keys.ts';
import { stateDirectories } from '../../kernel/state.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { textFlag, usageError } from '../flags.ts';
import { writeDocument } from '../output.ts';
import { sayPersonNeeded } from '../terminal.ts';

export const key: Command = {
	name: 'key',
	usage: 'make AGENT [--expires 90d] | list | revoke ID',
	summary: 'keys for callers over HTTP, each with the agent it stands for',
	details: [
		'key make AGENT    prints a new key, once; whoever presents it is AGENT: rules match it, limits count it',
		'key list          ids, agents and dates; the keys themselves are kept nowhere',
		'key revoke ID     at once, also for a kernel that runs: what was opened with it ends',
		'',
		'--expires 90d     as if it were revoked then, by the clock of this machine; 30m, 12h, 90d, at most 3650d',
		'',
		'Clients send `Authorization: Bearer KEY`. Beneath Trapgate none can be made or revoked.',
	],
	options: { expires: { type: 'string' } },
	words: [1, 2],
	async run(input: CommandInput): Promise<ExitCode> {
		const [what, word] = input.words;
		const directory = keyDirectory(stateDirectories(input.around.env).state);
		if (what !== 'make' && textFlag(input.flags, 'expires') !== undefined)
			throw usageError('key', '`--expires` goes with `key make`');
		switch (what) {
			case 'make':
				return make(directory, word, input);
			case 'list':
				if (word !== undefined) throw usageError('key', `\`${word}\` is one word too many`);
				return list(directory, input);
			case 'revoke':
				return revoke(directory, word, input);
			default:
				throw usageError('key', `\`key ${what}\`: one of make, list, revoke`);
		}
	},
};

function make(directory: string, agent: string | undefined, { global, around, flags }: CommandInput): ExitCode {
	if (agent === undefined) throw usageError('key', '`key make` needs the agent that the key stands for');
	if (!isAgentId(agent)) throw usageError('key', `\`${agent}\`: letters, digits and @ . / : _ - only`);
	const validMs = readValidity(textFlag(flags, 'expires'));
	if (isBeneath(around)) return exitCodes.person;
	const { key, entry } = makeKey(directory, agent, { random: randomBytes, now: Date.now, validMs });
	const { id, owner, made, expires = null } = entry;
	if (global.format === 'json') {
		writeDocument(around, 'key make', { key, id, agent: owner, made, expires });
		return exitCodes.fine;
	}
	around.stdout.write(`${key}\n`);
	if (!global.quiet) {
		around.stderr.write(
			`Key ${id} of ${owner}${expires === null ? '' : `, until ${expires}`}. It is not shown again; only its hash is kept.\nClients send: Authorization: Bearer <key>\nTo end it: trapgate key revoke ${id}\n`,
		);
	}
	return exitCodes.fine;
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const longestMs = 3650 * unitMs.d;

/** In milliseconds. Throws C101. */
function readValidity(text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	const [, amount, unit] = /^([1-9]\d{0,6})([mhd])$/.exec(text) ?? [];
	const ms = Number(amount) * unitMs[(unit ?? 'd') as keyof typeof unitMs];
	if (!(ms <= longestMs))
		throw usageError('key', `\`--expires ${text}\`: write for example 30m, 12h or 90d, at most 3650d`);
	return ms;
}

function list(directory: string, { global, around }: CommandInput): ExitCode {
	const { keys, damaged } = readKeys(directory);
	if (global.format === 'json') {
		const shown = keys.map((one) => {
			const { id, owner, made, expires = null } = one;
			return { id, agent: owner, made, expires, expired: isExpired(one, Date.now()) };
		});
		writeDocument(around, 'key list', { directory, keys: shown, damaged });
		return damaged.length === 0 ? exitCodes.fine : exitCodes.findings;
	}
	if (keys.length > 0) around.stdout.write(`${tableText(keys)}\n`);
	else if (!global.quiet) around.stderr.write('no keys; make one: trapgate key make AGENT\n');
	for (const name of damaged) around.stderr.write(`damaged, lets nobody in: ${JSON.stringify(name)}\n`);
	return damaged.length === 0 ? exitCodes.fine : exitCodes.findings;
}

function tableText(keys: readonly KeyEntry[]): string {
	const width = Math.max(5, ...keys.map(({ owner }) => owner.length));
	const rows = keys.map((one) => {
		const { id, owner, made, expires = 'never' } = one;
		return [id, owner, made, isExpired(one, Date.now()) ? `${expires} (over)` : expires] as const;
	});
	return [['KEY', 'AGENT', 'MADE', 'EXPIRES'] as const, ...rows]
		.map(([id, agent, made, expires]) => `${id.padEnd(8)}  ${agent.padEnd(width)}  ${made.padEnd(24)}  ${expires}`)
		.join('\n');
}

function revoke(directory: string, id: string | undefined, { global, around }: CommandInput): ExitCode {
	if (id === undefined) throw usageError('key', '`key revoke` needs the id of a key', 'trapgate key list');
	if (isBeneath(around)) return exitCodes.person;
	if (id.startsWith('tgk_')) throw usageError('key', 'that is a key; name it by its id', 'trapgate key list');
	if (!revokeKey(directory, id)) throw usageError('key', `there is no key \`${id}\``, 'trapgate key list');
	if (global.format === 'json') writeDocument(around, 'key revoke', { id });
	else if (!global.quiet) around.stderr.write(`Key ${id} is revoked.\n`);
	return exitCodes.fine;
}

/** What an agent started must not make itself another agent. */
function isBeneath(around: CommandInput['around']): boolean {
	if (around.env[cookieName] === undefined) return false;
	sayPersonNeeded(around);
	return true;
}
