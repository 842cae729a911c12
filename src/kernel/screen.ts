// Screens what a driver answered: its links obey the same rules, and it may not speak in the kernel's name.
import type { Decision } from '../abi/decision.ts';
import type { Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import type { Syscall, Target } from '../abi/syscall.ts';
import { rawJson, writeJson } from '../wire/json.ts';
import { foldKey } from '../wire/json-keys.ts';
import { noticePrefix } from './refusal.ts';
import { isOwnUri } from './resources.ts';

/** Text that could hold any of it, escapes and invisible characters included. Everything else keeps its bytes unread. */
const worthReading =
	/trapgate|\[policy\]|blocked|not run:|the action ran|"resource|"contents"|\\u(?:0[036]|1[178]|2[08]|31|db4|f[ef])|\\\/|[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/iu;

/** The answer as the client may see it: the very same object when there is nothing to take out. */
export function screen(reply: Reply, call: Syscall, judge: (target: Target) => Decision): Reply {
	const extra = withoutOurKeys(reply.extra) as JsonObject;
	return screenBody(extra === reply.extra ? reply : { ...reply, extra }, call, judge);
}

function screenBody(reply: Reply, call: Syscall, judge: (target: Target) => Decision): Reply {
	if (!worthReading.test(reply.body.text)) return reply;
	const before = reply.body.value();
	const cleaned = withoutOurKeys(before);
	const screened = isJsonObject(cleaned) ? screenBlocks(cleaned, call, judge) : cleaned;
	const after = reply.ok ? screened : honest(screened, 'message');
	return after === before ? reply : { ...reply, body: rawJson(writeJson(after)) };
}

/** Screens the params of a driver's request. */
export function screenParams(params: JsonObject | undefined): JsonObject | undefined {
	return params === undefined ? undefined : (withoutOurKeys(params) as JsonObject);
}

/** Screens the params of a driver's notification: log lines and progress are read by the agent, too. */
export function screenNote(params: JsonObject | undefined): JsonObject | undefined {
	const clean = screenParams(params);
	return clean === undefined ? undefined : honest(honest(withoutQuestions(clean), 'data'), 'message');
}

/** Tasks since 2026-07-28 put their questions into what they tell of themselves, too, and there nobody would judge them. */
function withoutQuestions(params: JsonObject): JsonObject {
	const isQuestion = (key: string) => foldKey(key) === 'inputrequests';
	return Object.keys(params).some(isQuestion)
		? Object.fromEntries(Object.entries(params).filter(([key]) => !isQuestion(key)))
		: params;
}

/** Screens what a driver says of one of its tools, prompts or resources. */
export function screenListed(definition: JsonObject): JsonObject {
	return honest(withoutOurKeys(definition) as JsonObject, 'description');
}

/** Drops every member whose key begins with `trapgate/`; returns the same value when there is none. */
function withoutOurKeys(value: Json): Json {
	if (Array.isArray(value)) {
		const items = value.map(withoutOurKeys);
		return items.every((item, index) => item === value[index]) ? value : items;
	}
	if (!isJsonObject(value)) return value;
	const entries = Object.entries(value);
	const kept = entries
		.filter(([key]) => !key.startsWith('trapgate/'))
		.map(([key, item]) => [key, withoutOurKeys(item)] as const);
	const isSame = kept.length === entries.length && kept.every(([key, item]) => item === value[key]);
	return isSame ? value : Object.fromEntries(kept);
}

function screenBlocks(result: JsonObject, call: Syscall, judge: (target: Target) => Decision): JsonObject {
	const screenBlock = (block: Json) => withoutForbiddenLink(withoutForgedNotice(block), call, judge);
	const changes: Record<string, Json> = {};
	for (const key of ['content', 'contents'] as const) {
		const list = member(result, key);
		if (!Array.isArray(list)) continue;
		const screened = list.map(key === 'content' ? screenBlock : (item) => withoutForbiddenContents(item, call, judge));
		if (screened.some((item, index) => item !== list[index])) changes[key] = screened;
	}
	const messages = member(result, 'messages');
	if (Array.isArray(messages)) {
		const screened = messages.map((message: Json) => {
			const content = member(message, 'content');
			if (content === undefined || !isJsonObject(message)) return message;
			const next = Array.isArray(content) ? content.map(screenBlock) : screenBlock(content);
			const isSame = Array.isArray(next) ? next.every((item, i) => item === (content as Json[])[i]) : next === content;
			return isSame ? message : { ...message, content: next };
		});
		if (screened.some((item, index) => item !== messages[index])) changes['messages'] = screened;
	}
	return Object.keys(changes).length === 0 ? result : { ...result, ...changes };
}

/** A text that begins as the kernel's notices do would be believed; its beginning is taken away. */
export function honestText(text: string): string {
	return couldBeForged(text) ? text.replace(forged, '') : text;
}

/**
 * False for what begins plainly otherwise, which is nearly everything: reading the pattern alone takes longer than the rest
 * of a start. A character that is not ASCII may be one that nobody sees, or one that is the same letter in another case.
 */
function couldBeForged(text: string): boolean {
	for (let at = 0; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		if (code > 0x7e) return true;
		if (code > 0x20) return firstLetters.has(text[at]?.toLowerCase() ?? '');
	}
	return false;
}

/**
 * Where a text must be parted so that no part begins as the kernel's notices do: in the middle of their first word.
 * Undefined when it begins otherwise.
 */
export function partedAt(text: string): number | undefined {
	return couldBeForged(text) && forged.test(text) ? text.search(visible) + 1 : undefined;
}

/** Of a block, and of the resource in it. */
function withoutForgedNotice(block: Json): Json {
	const resource = member(block, 'resource');
	const said = honest(block, 'text');
	if (resource === undefined || !isJsonObject(said)) return said;
	const screened = honest(resource, 'text');
	return screened === resource ? said : { ...said, resource: screened };
}

/** The object with an honest text as this member; the same one when it had that or none. */
function honest<Value extends Json>(object: Value, name: string): Value {
	const text = stringMember(object, name);
	if (text === undefined || !isJsonObject(object)) return object;
	const cleaned = honestText(text);
	return cleaned === text ? object : ({ ...(object as JsonObject), [name]: cleaned } as unknown as Value);
}

/** What nobody sees, and a model may read over. */
const invisible = '[\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\u2800]*';
const blank = '[\\s\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\u2800]*';
const visible = /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** How everything begins that the kernel itself tells an agent; `*` stands for a name or a number. */
const beginnings = [
	noticePrefix,
	'BLOCKED by policy',
	'BLOCKED: a person declined this call',
	'BLOCKED: the policy could not be evaluated',
	'Blocked again (*)',
	'Not run: approval was requested',
	'Not run: rule * asks',
	'The action RAN, but its completion could not be recorded',
	'The action RAN, but a rule about its result could not be applied',
];
const firstLetters: ReadonlySet<string> = new Set(beginnings.map((words) => words.slice(0, 1).toLowerCase()));
const patterns = beginnings.map((words) => words.split('*').map(spelled).join('[^ )]+'));
const forged = new RegExp(`^(?:${blank}(?:${patterns.join('|')})${invisible}[.:]?)+${blank}`, 'iu');

/** A pattern for the words with whatever nobody sees between their letters. */
function spelled(words: string): string {
	return [...words].map((letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`).join(invisible);
}

function withoutForbiddenLink(block: Json, call: Syscall, judge: (target: Target) => Decision): Json {
	const type = stringMember(block, 'type');
	const uri =
		type === 'resource_link'
			? stringMember(block, 'uri')
			: type === 'resource'
				? stringMember(member(block, 'resource'), 'uri')
				: undefined;
	if (uri === undefined) return block;
	if (isOwnUri(uri)) return { type: 'text', text: impersonated };
	return mayRead(uri, call, judge) ? block : withheld(judge(resource(call, uri)));
}

function withoutForbiddenContents(item: Json, call: Syscall, judge: (target: Target) => Decision): Json {
	const uri = stringMember(item, 'uri');
	if (uri !== undefined && isOwnUri(uri)) return { uri: '', mimeType: 'text/plain', text: impersonated };
	// The URI that was asked for has been judged; a server may answer with others (the files of a directory).
	const isOpen = uri === undefined || uri === call.params['uri'] || mayRead(uri, call, judge);
	if (isOpen) return withoutForgedNotice(item);
	return { uri, mimeType: 'text/plain', text: withheldText(judge(resource(call, uri))) };
}

/** What a server says under an address of the kernel would be taken for the full text of another's result. */
const impersonated = `${noticePrefix} A resource in this result was withheld: no server has the addresses of the kernel.`;

function mayRead(uri: string, call: Syscall, judge: (target: Target) => Decision): boolean {
	const { verdict, acted } = judge(resource(call, uri));
	return !acted || verdict === 'allowed' || verdict === 'rewritten';
}

function resource(call: Syscall, uri: string): Target {
	return { kind: 'resource', driver: call.driver, uri, method: 'resources/read' };
}

function withheld(decision: Decision): JsonObject {
	return { type: 'text', text: withheldText(decision) };
}

function withheldText(decision: Decision): string {
	const rule = decision.because[0]?.id ?? 'default';
	return `${noticePrefix} A resource in this result was withheld (${rule}: ${decision.reason ?? 'no rule allows it'}).`;
}
