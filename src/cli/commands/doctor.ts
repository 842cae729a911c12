// `trapgate doctor`: is every door in order, and what does not hold.
import type { JsonObject } from '../../abi/json.ts';
import { type Checkup, checkUp } from '../checkup.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { writeDocument } from '../output.ts';
import { checkupText } from '../render/checkup.ts';
import { problemsJson } from '../render/problems.ts';

export const doctor: Command = {
	name: 'doctor',
	usage: '',
	summary: 'configuration, drivers, log: what is in order, and what does not hold',
	details: [
		'Starts every driver once and ends it again; drivers of a configuration that nobody trusts are not started.',
	],
	options: {},
	words: [0, 0],
	async run(input: CommandInput): Promise<ExitCode> {
		const { global, around } = input;
		const checkup = await checkUp(input);
		if (global.format === 'json') writeDocument(around, 'doctor', checkupJson(checkup));
		else around.stdout.write(`${checkupText(checkup, { cwd: around.cwd, color: global.color })}\n`);
		return checkup.ok ? exitCodes.fine : exitCodes.connection;
	},
};

function checkupJson(checkup: Checkup): JsonObject {
	const { ok, file, problems, mode, workspace, policy_rev, trust, files, rules, drivers, collision, lock, audit } =
		checkup;
	const { channels, askRules, doesNotHold } = checkup;
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
		ask: { channels, rules: askRules },
		does_not_hold: doesNotHold,
	};
}
