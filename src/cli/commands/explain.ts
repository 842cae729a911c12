// `trapgate explain`: what the policy says about a call or a command, and why, without making it.
import { isJsonObject, type JsonObject } from '../../abi/json.ts';
import { type DriverName, parseToolName } from '../../abi/names.ts';
import type { TrapgateError } from '../../abi/problem.ts';
import { ports } from '../../kernel/ports.ts';
import { makeAnswer } from '../../kernel/question.ts';
import type { Revision } from '../../kernel/revision.ts';
import { readJson } from '../../wire/json.ts';
import { answerBatch } from '../answer-batch.ts';
import { type Asked, callTarget, runTarget } from '../batch.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { explanationJson } from '../explanation.ts';
import { agentFlag, isSet, readInstant, textFlag, usageError } from '../flags.ts';
import { writeDocument } from '../output.ts';
import { decisionText } from '../render/decision.ts';
import { painter } from '../render/paint.ts';
import { suggestionsJson, suggestionsText } from '../render/suggestions.ts';
import { readSettingHere, requireRevision } from '../setting.ts';
import { suggestExamples } from '../suggested-examples.ts';

export const explain: Command = {
	name: 'explain',
	usage: "'<shell command>' | --call DRIVER/TOOL [--args JSON] | --batch FILE|-",
	summary: 'what the policy says about a call, and why; nothing runs',
	details: [
		"trapgate explain 'rm -rf build'                        a command, as the built-in shell would get it",
		'trapgate explain --call filesystem/read_file --args \'{"path": "../.env"}\'',
		'',
		'--call DRIVER/TOOL   a tool call',
		'--args JSON          its arguments, a JSON object',
		'--agent ID           who asks; default: unidentified',
		'--at TIME            when: 2026-11-20T15:00:00Z; default: now',
		'--all                also rules about other commands, each with the clause that kept it out',
		'--suggest-examples   `examples:` that show this outcome, for the rules that it depends on; each was judged and holds',
		'--batch FILE|-       JSON Lines in, {"id","call","args"} or {"id","run"}, each with "agent" and "at" if you like;',
		'                     one line out for each line in: {"id","verdict","final","rules","reason","instead"}',
		'',
		'Drivers are not started: what a tool says about its parameters is known as far as trapgate.lock records it.',
	],
	options: {
		call: { type: 'string' },
		args: { type: 'string' },
		agent: { type: 'string' },
		at: { type: 'string' },
		all: { type: 'boolean' },
		'suggest-examples': { type: 'boolean' },
		batch: { type: 'string' },
	},
	words: [0, Number.POSITIVE_INFINITY],
	async run(input: CommandInput): Promise<ExitCode> {
		const ask = readAsk(input);
		const setting = await readSettingHere(input);
		const revision = requireRevision(setting);
		const answer = makeAnswer({ revision, load: setting.load, directories: setting.directories });
		const shell = shellOf(revision);
		if (ask.kind === 'batch') return answerBatch(ask, { answer, shell }, input.around);
		const target = ask.kind === 'run' ? runTarget(shell, ask.command) : ask.target;
		const given = { target, agent: ask.agent, at: ask.at, assumeAllowed: ask.kind === 'run' };
		const { global, around } = input;
		const isAll = isSet(input.flags, 'all');
		const answered = answer(given);
		if (isSet(input.flags, 'suggest-examples')) {
			const suggestions = suggestExamples(setting, {
				question: given,
				answer: answered,
				isRun: ask.kind === 'run',
				isAgentGiven: textFlag(input.flags, 'agent') !== undefined,
				isTimeGiven: textFlag(input.flags, 'at') !== undefined,
				branch: ports.branchOf?.(answered.cwd),
			});
			if (global.format === 'json') writeDocument(around, 'explain', suggestionsJson(suggestions, revision));
			else around.stdout.write(`${suggestionsText(suggestions, painter(global.color))}\n`);
			return exitCodes.fine;
		}
		if (global.format === 'json') {
			writeDocument(
				around,
				'explain',
				explanationJson(given, answered, { isRun: ask.kind === 'run', isAll, revision }),
			);
		} else {
			around.stdout.write(`${decisionText(given, answered, { revision, color: global.color, isAll })}\n`);
		}
		return exitCodes.fine;
	},
};

type Ask = { readonly agent: string; readonly at: number } & (
	| { readonly kind: 'run'; readonly command: string }
	| { readonly kind: 'call'; readonly target: Asked }
	| { readonly kind: 'batch'; readonly file: string }
);

function readAsk({ flags, words }: CommandInput): Ask {
	const agent = agentFlag('explain', flags);
	const atText = textFlag(flags, 'at');
	const at = atText === undefined ? Date.now() : readInstant(atText);
	if (at === undefined) throw usage(`\`--at ${atText}\` is no time`, 'write it as 2026-11-20T15:00:00Z');
	const call = textFlag(flags, 'call');
	const args = textFlag(flags, 'args');
	const batch = textFlag(flags, 'batch');
	const given = [call, batch, words[0]].filter((one) => one !== undefined).length;
	if (given === 0) throw usage('there is nothing to explain', "for example: trapgate explain 'git push --force'");
	if (given > 1) throw usage('a command, `--call` and `--batch` exclude each other');
	if (args !== undefined && call === undefined) throw usage('`--args` goes with `--call`');
	const alone = ['all', 'suggest-examples'].find((flag) => batch !== undefined && isSet(flags, flag));
	if (alone !== undefined) throw usage(`\`--${alone}\` and \`--batch\` exclude each other`);
	if (batch !== undefined) return { kind: 'batch', file: batch, agent, at };
	if (call === undefined) return { kind: 'run', command: words.join(' '), agent, at };
	const name = parseToolName(call);
	if (name === undefined) throw usage(`\`--call ${call}\` names no tool`, 'write it as driver/tool');
	return { kind: 'call', target: callTarget(name, args === undefined ? {} : readArguments(args)), agent, at };
}

function readArguments(text: string): JsonObject {
	const read = readJson(text, { foldKeys: true });
	if (!read.ok) throw usage(`\`--args\` is not JSON: ${read.reason}`, 'for example: --args \'{"path": "README.md"}\'');
	if (!isJsonObject(read.value))
		throw usage('`--args` must be a JSON object', 'for example: --args \'{"path": "README.md"}\'');
	return read.value;
}

/** The built-in shell as the configuration calls it. */
function shellOf({ config }: Revision): DriverName {
	return config.drivers.find(({ kind }) => kind === 'shell')?.name ?? ('shell' as DriverName);
}

function usage(message: string, help?: string): TrapgateError {
	return usageError('explain', message, help);
}
