// `trapgate audit`: who called what and what became of it, one call in full, and whether the log is whole.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JsonObject } from '../../abi/json.ts';
import { errorText, TrapgateError } from '../../abi/problem.ts';
import type { CallView } from '../../audit/calls.ts';
import { type ReadFilter, readCalls } from '../../audit/read.ts';
import type { AuditRecord } from '../../audit/record.ts';
import { verifyAudit } from '../../audit/verify.ts';
import { auditKeyFile } from '../../kernel/audit-paths.ts';
import { stateDirectories } from '../../kernel/state.ts';
import { auditDirectoryFor } from '../audit-directory.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { isSet, readSince, textFlag, usageError } from '../flags.ts';
import { writeDocument, writeLine } from '../output.ts';
import { callInFull } from '../render/audit-call.ts';
import { auditCells } from '../render/audit-line.ts';
import { problemsJson } from '../render/problems.ts';
import { inOrder, tailText } from '../render/tail.ts';
import { verifyText } from '../render/verify.ts';

const verdicts = ['allowed', 'rewritten', 'denied', 'asked', 'hidden', 'contained', 'errored'];
const usualLines = 50;

export const audit: Command = {
	name: 'audit',
	usage: 'tail | show ID | verify',
	summary: 'what was asked, decided and done, and whether the log is whole',
	details: [
		'audit tail           the last calls, one a line',
		'  --follow             go on as they happen',
		'  --lines N            how many; default: 50, with --since all',
		'  --since TIME         10m, 2h, 14d or 2026-11-20T15:00:00Z',
		'  --decision WORD      allowed, rewritten, denied, asked, hidden, contained or errored',
		'  --rule ID            calls in which this rule took part',
		'  --agent ID           calls of this agent',
		'  --ids                with the id of each call',
		'audit show ID        one call in full',
		'audit verify         holds the log against its hashes and signatures; exit code 5 when it was changed',
		'  --public-key FILE    check signatures with this PEM file instead of the key in the state directory',
		'  --checkpoints FILE   checkpoints that were kept elsewhere',
		'--directory DIR      the log of another place; default: what trapgate.yaml says',
	],
	options: {
		follow: { type: 'boolean', short: 'f' },
		lines: { type: 'string', short: 'n' },
		since: { type: 'string' },
		decision: { type: 'string' },
		rule: { type: 'string' },
		agent: { type: 'string' },
		ids: { type: 'boolean' },
		directory: { type: 'string' },
		'public-key': { type: 'string' },
		checkpoints: { type: 'string' },
	},
	words: [1, 2],
	async run(input: CommandInput): Promise<ExitCode> {
		const [what, id] = input.words;
		const given = textFlag(input.flags, 'directory');
		const directory = given === undefined ? auditDirectoryFor(input) : resolve(input.around.cwd, given);
		if (what !== 'show' && id !== undefined) throw usage(`\`${id}\` is one word too many`);
		switch (what) {
			case 'tail':
				return tail(directory, input);
			case 'show':
				if (id === undefined)
					throw usage('`audit show` needs the id of a call', 'trapgate audit tail --ids shows them');
				return show(directory, id, input);
			case 'verify':
				return verify(directory, input);
			default:
				throw usage(`\`audit ${what}\`: one of tail, show, verify`);
		}
	},
};

async function tail(directory: string, input: CommandInput): Promise<ExitCode> {
	const { flags, global, around } = input;
	const filter = readFilter(input);
	const lines = readLines(input);
	const warn = (text: string) => around.stderr.write(`trapgate: ${text}\n`);
	const started = Date.now();
	const look = { color: global.color, now: started, ids: isSet(flags, 'ids') };
	const kept: (AuditRecord | CallView)[] = [];
	for await (const record of readCalls(directory, filter, { warn })) {
		if (!isShown(record, filter) || Date.parse(record.time) >= started) continue;
		kept.push(record);
		if (kept.length > lines) kept.shift();
	}
	const shown = inOrder(kept);
	const isFollowing = isSet(flags, 'follow');
	if (global.format === 'json') for (const record of shown) writeLine(around, record as unknown as JsonObject);
	else if (shown.length > 0) around.stdout.write(`${tailText(shown, look)}\n`);
	else if (!isFollowing && !global.quiet) around.stderr.write(`no calls in ${directory}\n`);
	if (!isFollowing) return exitCodes.fine;
	for await (const record of readCalls(directory, { ...filter, since: started }, { warn, follow: around.signal })) {
		if (!isShown(record, filter)) continue;
		if (global.format === 'json') writeLine(around, record as unknown as JsonObject);
		else around.stdout.write(`${tailText([record], look)}\n`);
	}
	return exitCodes.fine;
}

/** Filters ask about calls; without one, drivers and reloads are worth a line too. */
function isShown(record: AuditRecord | CallView, { decision, rule, agent }: ReadFilter): boolean {
	if (auditCells(record) === undefined) return false;
	return record.event === 'call' || (decision ?? rule ?? agent) === undefined;
}

function readFilter({ flags }: CommandInput): ReadFilter {
	const sinceText = textFlag(flags, 'since');
	const since = sinceText === undefined ? undefined : readSince(sinceText, Date.now());
	if (sinceText !== undefined && since === undefined) {
		throw usage(`\`--since ${sinceText}\` is no time`, 'write 10m, 2h, 14d or 2026-11-20T15:00:00Z');
	}
	const decision = textFlag(flags, 'decision');
	if (decision !== undefined && !verdicts.includes(decision)) {
		throw usage(`\`--decision ${decision}\`: one of ${verdicts.join(', ')}`);
	}
	const rule = textFlag(flags, 'rule');
	const agent = textFlag(flags, 'agent');
	return {
		...(since === undefined ? {} : { since }),
		...(decision === undefined ? {} : { decision }),
		...(rule === undefined ? {} : { rule }),
		...(agent === undefined ? {} : { agent }),
	};
}

function readLines({ flags }: CommandInput): number {
	const text = textFlag(flags, 'lines');
	if (text === undefined) return textFlag(flags, 'since') === undefined ? usualLines : Number.POSITIVE_INFINITY;
	if (!/^\d{1,9}$/.test(text)) throw usage(`\`--lines ${text}\` is no number`);
	return Number(text);
}

async function show(directory: string, id: string, { global, around }: CommandInput): Promise<ExitCode> {
	let isFound = false;
	for await (const record of readCalls(directory, { id })) {
		isFound = true;
		if (global.format === 'json') writeLine(around, record as unknown as JsonObject);
		else around.stdout.write(`${callInFull(record, global.color)}\n`);
	}
	if (!isFound) throw usage(`there is no call \`${id}\` in ${directory}`, 'trapgate audit tail --ids shows them');
	return exitCodes.fine;
}

async function verify(directory: string, { flags, global, around }: CommandInput): Promise<ExitCode> {
	const publicKey = textFlag(flags, 'public-key');
	const checkpoints = textFlag(flags, 'checkpoints');
	if (!existsSync(directory)) {
		throw new TrapgateError('A102', `there is no log in \`${directory}\`, so nothing was verified`);
	}
	const report = await verifyAudit({
		directory,
		...(publicKey === undefined
			? { keyFile: auditKeyFile(stateDirectories(around.env)) }
			: { publicKey: readPublicKey(resolve(around.cwd, publicKey)) }),
		...(checkpoints === undefined ? {} : { keptCheckpoints: resolve(around.cwd, checkpoints) }),
	});
	if (global.format === 'json') {
		const findings = problemsJson(report.findings).map((problem, at) => ({
			...problem,
			kind: report.findings[at]?.kind ?? '',
		}));
		writeDocument(around, 'audit verify', { directory, ...(report as unknown as JsonObject), findings });
	} else {
		around.stdout.write(`${verifyText(report, { directory, color: global.color, now: Date.now() })}\n`);
	}
	return report.ok ? exitCodes.fine : exitCodes.integrity;
}

function readPublicKey(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch (error) {
		throw new TrapgateError('C103', `\`${path}\` can't be read: ${errorText(error)}`, { cause: error });
	}
}

function usage(message: string, help?: string): TrapgateError {
	return usageError('audit', message, help);
}
