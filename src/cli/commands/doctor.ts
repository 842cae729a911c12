// `trapgate doctor`: is every door in order, and what does not hold.
import type { JsonObject } from '../../abi/json.ts';
import { receiptFields } from '../../kernel/receipt.ts';
import { type Checkup, checkUp } from '../checkup.ts';
import { clientLines } from '../clients.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { textFlag, usageError } from '../flags.ts';
import { installedFile } from '../installation.ts';
import { writeDocument } from '../output.ts';
import { checkupText } from '../render/checkup.ts';
import { problemsJson } from '../render/problems.ts';

export const doctor: Command = {
	name: 'doctor',
	usage: '[--client NAME]',
	summary: 'configuration, drivers, log: what is in order, and what does not hold',
	details: [
		'Starts every driver once and ends it again; drivers of a configuration that nobody trusts are not started.',
		'',
		'--client NAME   only the lines that point a client at this policy: claude-code, codex, cursor, vscode or gemini',
	],
	options: { client: { type: 'string' } },
	words: [0, 0],
	async run(input: CommandInput): Promise<ExitCode> {
		const { flags, global, around } = input;
		const client = textFlag(flags, 'client');
		if (client !== undefined) return pointClient(client, input);
		const checkup = await checkUp(input);
		if (global.format === 'json') writeDocument(around, 'doctor', checkupJson(checkup));
		else around.stdout.write(`${checkupText(checkup, { cwd: around.cwd, color: global.color })}\n`);
		return checkup.ok ? exitCodes.fine : exitCodes.connection;
	},
};

/** Prints what goes into the client's own file; nothing is written or started. */
function pointClient(agent: string, { global, around }: CommandInput): ExitCode {
	const all = clientLines({ node: process.execPath, main: installedFile('dist/cli/main.js'), config: global.config });
	const found = all.find((client) => client.agent === agent);
	if (found === undefined) {
		const known = all.map((client) => client.agent).join(', ');
		throw usageError('doctor', `nobody knows the client \`${agent}\``, `known are ${known}`);
	}
	const { client, file, lines } = found;
	if (global.format === 'json') writeDocument(around, 'doctor', { client, file, lines });
	else around.stdout.write(`${client}, ${file}:\n\n${lines.join('\n')}\n`);
	return exitCodes.fine;
}

function checkupJson(checkup: Checkup): JsonObject {
	const { ok, file, problems, mode, workspace, policy_rev, trust, files, rules, drivers, collision, lock, audit } =
		checkup;
	const { http, channels, askRules, receipt, doesNotHold, clients } = checkup;
	return {
		ok,
		configuration: {
			file,
			loads: policy_rev !== undefined,
			...(mode === undefined ? {} : { mode }),
			...(workspace === undefined ? {} : { workspace }),
			...(trust === undefined ? {} : { trust }),
			...(policy_rev === undefined ? {} : { policy_rev }),
			...(rules === undefined ? {} : { rules }),
			files: files.map((one) => ({ ...one })),
			problems: problemsJson(problems),
		},
		drivers: drivers.map((driver) => ({ ...driver })),
		...(collision === undefined ? {} : { collision }),
		...(lock === undefined ? {} : { lock: { ...lock } }),
		audit: { ...audit },
		...(http === undefined ? {} : { http: { ...http } }),
		ask: { channels, rules: askRules },
		...(receipt === undefined ? {} : { rings: receiptFields(receipt) }),
		does_not_hold: doesNotHold,
		clients: clients.map(({ client, connected, waysAround }) => ({
			...{ client, connected },
			...(waysAround === undefined ? {} : { ways_around: [...waysAround] }),
		})),
	};
}
