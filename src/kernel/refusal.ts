// What the agent reads when a call was refused, changed or only would have been.
import type { Change, Decision } from '../abi/decision.ts';
import type { Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../abi/json.ts';
import type { Target } from '../abi/syscall.ts';
import { takesMember } from '../policy/output-schema.ts';
import { quoteWord } from '../shell/quote.ts';
import { rawJson, writeJson } from '../wire/json.ts';
import { errorReply, resultReply } from '../wire/message.ts';
import type { Approval } from './approve.ts';
import type { CallContext } from './context.ts';

/** The member of `_meta` that carries a decision for machines. */
export const decisionKey = 'trapgate/decision';
/** How our own content blocks begin; drivers may not begin theirs so. */
export const noticePrefix = '[policy]';

const longestCall = 300;

/** Hidden and unknown look alike: another answer would confirm that the tool exists. */
export function unknownName(kind: 'tool' | 'prompt', name: string): Reply {
	return errorReply(-32602, `Unknown ${kind}: ${name}`);
}

export function unknownResource(uri: string): Reply {
	return errorReply(-32002, 'Resource not found', { uri });
}

/** What a call that does not run is answered with. Of a hidden one: what a name gets that nobody has. */
export function answerRefused(
	decision: Decision,
	asked: Target,
	{ name, unknown }: Pick<CallContext, 'name' | 'unknown'>,
	{ repeat, approval }: { readonly repeat: number; readonly approval?: Approval | undefined },
): Reply {
	if (approval !== undefined) return notApproved(decision, asked, name, approval);
	return decision.verdict === 'hidden' ? unknown : refusal(decision, asked, name, repeat);
}

/** A refused call: five lines a model can act on, and the same for machines. `repeat` counts refusals of this kind in the session. */
export function refusal(decision: Decision, asked: Target, name: string, repeat: number): Reply {
	const rule = decision.because[0]?.id ?? 'default';
	const lines = [
		repeat > 1
			? `Blocked again (${repeat}). The same request in other words is blocked too; take the "Instead" line or ask the user.`
			: decision.verdict === 'errored'
				? 'BLOCKED: the policy could not be evaluated. Nothing ran.'
				: 'BLOCKED by policy. Nothing ran.',
		`Call:    ${callText(asked, name)}`,
		`Rule:    ${rule}`,
		`Why:     ${decision.reason ?? decision.error ?? 'No rule allows this call.'}`,
		`Instead: ${decision.instead ?? 'stop and ask the user'}`,
	];
	if (repeat > 2) lines.push('Stop and report this to the user.');
	return refused(asked, lines.join('\n'), decision);
}

/** A call that needed a person and did not get one. Only `declined` is a person's refusal. */
export function notApproved(decision: Decision, asked: Target, name: string, approval: Approval): Reply {
	const rule = decision.because[0]?.id ?? 'default';
	const seconds = Math.round(approval.waitedMs / 1000);
	const onward = 'Continue with work that does not need it, and say in your answer that it was skipped.';
	switch (approval.outcome) {
		case 'declined': {
			const text = [
				'BLOCKED: a person declined this call. Nothing ran.',
				`Call:    ${callText(asked, name)}`,
				`Rule:    ${rule}`,
				`Why:     ${decision.reason ?? 'A person decides about this call.'}`,
				`Instead: ${decision.instead ?? 'stop and ask the user'}`,
			].join('\n');
			return refused(asked, text, decision, approval);
		}
		case 'unanswered':
			return refused(
				asked,
				`Not run: approval was requested and nobody answered in ${seconds}s. This is not a refusal. ${onward}`,
				decision,
				approval,
			);
		case 'no_channel':
			return refused(
				asked,
				`Not run: rule ${rule} asks for a person's approval and there is no channel to ask one (no_channel). This is not a refusal. ${onward}`,
				decision,
				approval,
			);
		case 'approved':
			throw new TypeError('an approved call is not refused');
		default:
			return approval.outcome satisfies never;
	}
}

/** The call did not run because nobody could have known that it did. */
export function unrecorded(asked: Target, why: string): Reply {
	return plainRefusal(
		asked,
		`BLOCKED: ${why}. Nothing ran.\nInstead: tell the user; calls work again when the log can be written.`,
	);
}

/** The action ran, its completion could not be recorded, so its result is withheld (rulings, 20). */
export function ranUnrecorded(asked: Target, why: string): Reply {
	return plainRefusal(
		asked,
		`The action RAN, but its completion could not be recorded: ${why}. Do not repeat it. Tell the user.`,
	);
}

/** The call ran; a rule about its result could not be applied, so the result is withheld. */
export function withheldResult(asked: Target, why: string): Reply {
	return plainRefusal(
		asked,
		`The action RAN, but a rule about its result could not be applied: ${why}. The result is withheld. Do not repeat the call. Tell the user.`,
	);
}

/** Beside a result whose structured part could not be sent as it had to be changed. */
export const structureWithheld = `${noticePrefix} The call ran. The structured part of its result is withheld: with what had to be redacted, it might not fit the form that the tool promises. What else the result says is below.`;

/** Where our notice stands in a structured result. Servers can't write it: keys that begin so are taken out of what they say. */
export const noticeMember = 'trapgate/notice';

/**
 * The answer with our notice as its own first content block; the driver's output stays as it was. Claude Code and Codex
 * show the model only the structured result where there is one, so it stands there, too, where the tool's schema
 * (`definition`) takes one more member.
 */
export function withNotice(reply: Reply, notice: string, definition: JsonObject | undefined): Reply {
	const body = reply.body.value();
	if (!reply.ok || !isJsonObject(body)) return reply;
	const content = member(body, 'content');
	const blocks: readonly Json[] = Array.isArray(content) ? content : [];
	return {
		ok: true,
		body: rawJson(
			writeJson({
				...body,
				...noticedStructure(body, notice, definition),
				content: [{ type: 'text', text: notice }, ...blocks],
			}),
		),
		extra: reply.extra,
	};
}

function noticedStructure(body: JsonObject, notice: string, definition: JsonObject | undefined): JsonObject {
	const structure = member(body, 'structuredContent');
	const schema = member(definition, 'outputSchema');
	// Without its definition nobody knows what a tool has promised.
	const isOpen = definition !== undefined && (!isJsonObject(schema) || takesMember(schema, noticeMember));
	if (!isJsonObject(structure) || !isOpen) return {};
	const more = member(structure, noticeMember);
	const text = typeof more === 'string' ? `${notice}\n${more}` : notice;
	return { structuredContent: { ...structure, [noticeMember]: text } };
}

/**
 * What to tell the agent about a call that went through: nothing, unless a rewrite or warn mode changed or would have
 * changed it. `isWhole`: the output was not shortened.
 */
export function noticeOf(decision: Decision, asked: Target, name: string, isWhole = true): string | undefined {
	if (decision.acted && decision.verdict !== 'rewritten' && decision.verdict !== 'contained') return undefined;
	const below = `Output below is ${isWhole ? 'unmodified' : 'shortened'}.`;
	if (!decision.acted) {
		if (decision.mode !== 'warn' || decision.verdict === 'allowed') return undefined;
		const rule = decision.because[0]?.id ?? 'default';
		const would =
			decision.verdict === 'rewritten'
				? `run with ${decision.changes.map(changeText).join(', ')}`
				: decision.verdict === 'contained'
					? 'run in another form, inside the sandbox'
					: `be ${decision.verdict}`;
		const instead = decision.instead === undefined ? '' : ` Instead: ${decision.instead}`;
		return `${noticePrefix} Warning: under enforcement this call would ${would} (${rule}: ${clause(decision.reason ?? 'no rule allows it')}).${instead} ${below}`;
	}
	const rewriters = new Set(decision.because.filter((rule) => rule.effect === 'rewrite').map((rule) => rule.id));
	const rewritten = decision.changes.filter((change) => rewriters.has(change.rule));
	const isContained = decision.verdict === 'contained';
	if (isContained && rewritten.length === 0)
		return `${noticePrefix} Ran inside the sandbox: ${decision.reason ?? 'what it would run is not known'} ${below}`;
	if (rewritten.length === 0) return undefined;
	const ran = isCommand(asked)
		? `\`${callText(decision.final, name)}\` instead of \`${callText(asked, name)}\``
		: `\`${name}\` with ${rewritten.map(changeText).join(', ')}`;
	return [
		`${noticePrefix} Ran ${ran}${isContained ? ', inside the sandbox' : ''}`,
		`(${[...rewriters].join(', ')}: ${clause(decision.reason ?? 'changed by policy')}). ${below}`,
	].join('\n');
}

/**
 * What was called, in the agent's own names, cut to `longest` characters. Invisible and control characters are
 * spelled out, so that a command can't look like another one to the person who reads it.
 */
export function callText(target: Target, name: string, longest = longestCall): string {
	const full = describe(target, name).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
		const code = character.codePointAt(0) ?? 0;
		return code === 0x0a ? '\\n' : `\\u{${code.toString(16)}}`;
	});
	return full.length <= longest ? full : `${full.slice(0, longest)}… (${full.length} characters)`;
}

/** A command line is read as a whole; of other calls only what changed is news. */
function isCommand(target: Target): boolean {
	return target.kind === 'tool' && typeof target.args['command'] === 'string' && Object.keys(target.args).length === 1;
}

/** An argv, and where: how an execution inside a sandbox is judged. */
function isExecution(args: JsonObject): args is { command: readonly string[]; cwd: string } {
	const { command, cwd, ...rest } = args;
	const isArgv = Array.isArray(command) && command.every((word) => typeof word === 'string');
	return isArgv && typeof cwd === 'string' && Object.keys(rest).length === 0;
}

function argvText(argv: readonly string[]): string {
	return argv.map((word, index) => quoteWord(word, index === 0 ? 'program' : 'argument')).join(' ');
}

function changeText({ path, from, to }: Change): string {
	const name = path.slice(1);
	if (to === undefined) return `\`${name}\` left out`;
	return `${name} = ${cut(writeJson(to))}${from === undefined ? '' : ` instead of ${cut(writeJson(from))}`}`;
}

function cut(text: string): string {
	return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}

/** A sentence inside another one: without its full stop. */
function clause(sentence: string): string {
	return sentence.replace(/\.$/, '');
}

function describe(target: Target, name: string): string {
	switch (target.kind) {
		case 'tool': {
			const { command } = target.args;
			if (isCommand(target) && typeof command === 'string') return command;
			if (isExecution(target.args)) return argvText(target.args.command);
			return `${name} ${writeJson(target.args)}`;
		}
		case 'resource':
			return `${target.method} ${target.uri}`;
		case 'prompt':
			return `${target.method} ${name}`;
		case 'method':
			return target.method;
		case 'driver_asks':
			return `${target.driver} asks for ${target.asks} ${writeJson(target.params)}`;
		default:
			return target satisfies never;
	}
}

function refused(asked: Target, text: string, decision: Decision, approval?: Approval): Reply {
	const machine: JsonObject = {
		verdict: decision.verdict,
		rules: decision.because.map((rule) => rule.id),
		...(decision.reason === undefined ? {} : { reason: decision.reason }),
		...(decision.instead === undefined ? {} : { instead: decision.instead }),
		...(approval === undefined ? {} : { approval: approval.outcome }),
	};
	return asked.kind === 'tool'
		? resultReply({ content: [{ type: 'text', text }], isError: true, _meta: { [decisionKey]: machine } })
		: errorReply(-32603, text, { [decisionKey]: machine });
}

function plainRefusal(asked: Target, text: string): Reply {
	return asked.kind === 'tool'
		? resultReply({ content: [{ type: 'text', text }], isError: true })
		: errorReply(-32603, text);
}
