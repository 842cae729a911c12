// Shortens any answer of a driver to what an agent may get of it, and keeps the shape that its method has.
import type { Reply } from '../../abi/driver.ts';
import { isJsonObject, type Json, member, stringMember } from '../../abi/json.ts';
import { charactersPerToken, tokensIn } from '../../abi/tokens.ts';
import { lengthInJson } from '../../text/cut.ts';
import { rawOf } from '../../wire/json.ts';
import { errorReply, resultReply } from '../../wire/message.ts';
import { type Promised, shortenList } from './list.ts';
import { charactersIn, charactersOf } from './size.ts';
import { shortenTexts } from './texts.ts';
import { gapText, itemOf, type ListName, listNames, noticeText, type Shortened } from './words.ts';

/** The member of `_meta` that carries the notice where nothing else of an answer is for people or models. */
const noticeKey = 'trapgate/notice';

/** Tokens of an answer, as a client gets it. */
export function tokensOf(reply: Reply): number {
	const body = reply.body.value();
	const items = listNames.flatMap((name) => listOf(body, name) ?? []);
	const discount = items.reduce<number>((sum, item) => sum + charactersIn(item) - charactersOf(item), 0);
	return tokensIn(charactersIn(body) + charactersIn(reply.extra) - discount);
}

/**
 * The answer in at most `maxTokens`, of which `reserved` characters are left for others. Of the shape that its method
 * has, so that a client that validates takes it; where that can't be had, the notice alone.
 */
export function shortenReply(reply: Reply, about: Shortened, promised: Promised, reserved = 0): Reply {
	const room = about.maxTokens * charactersPerToken - reserved;
	const isHeavy = charactersIn(reply.extra) > room / 8;
	const extra = isHeavy ? {} : reply.extra;
	const short = shortenBody(reply, room - charactersIn(extra), about, promised);
	const whole = short === undefined ? undefined : { ...short, extra };
	return whole !== undefined && tokensOf(whole) * charactersPerToken <= room
		? whole
		: noticeAlone(reply, about, promised);
}

function shortenBody(reply: Reply, room: number, about: Shortened, promised: Promised): Reply | undefined {
	const body = reply.body.value();
	if (!reply.ok) return shortenError(body, room, about);
	const list = listNames.find((name) => listOf(body, name) !== undefined);
	if (list === undefined || !isJsonObject(body)) return shortenOther(body, room, about);
	return resultReply(shortenList(body, list, room, about, promised));
}

function shortenError(error: Json, room: number, about: Shortened): Reply | undefined {
	const notice = `${noticeText(about)}\n`;
	const short = shortenWithin(error, room - lengthInJson(notice), about);
	if (!isJsonObject(short)) return undefined;
	return {
		ok: false,
		body: rawOf({ ...short, message: `${notice}${stringMember(short, 'message') ?? ''}` }),
		extra: {},
	};
}

/** An answer with texts in places nobody knows: a completion, a task, a vendor's own. */
function shortenOther(body: Json, room: number, about: Shortened): Reply | undefined {
	const meta = member(body, '_meta');
	const notice = { [noticeKey]: noticeText(about) };
	const short = shortenWithin(body, room - charactersIn({ _meta: notice }), about);
	if (!isJsonObject(short)) return undefined;
	return resultReply({
		...short,
		_meta: { ...(isJsonObject(meta) ? (member(short, '_meta') as typeof meta) : {}), ...notice },
	});
}

function shortenWithin(value: Json, room: number, { keep, rest }: Shortened): Json | undefined {
	return shortenTexts(value, { room, keep, mark: (characters) => `\n${gapText(characters, rest)}\n` });
}

/** Nothing is left of the answer but that there was one. */
function noticeAlone({ ok, body }: Reply, about: Shortened, promised: Promised): Reply {
	const list = ok ? listNames.find((name) => member(body.value(), name) !== undefined) : undefined;
	const notice = noticeText(about);
	if (list === undefined) return errorReply(-32603, notice);
	const isError = list === 'content' && (member(body.value(), 'isError') === true || !promised.isOptional);
	return resultReply({ [list]: [itemOf(list, notice, [], about.rest)], ...(isError ? { isError } : {}) });
}

function listOf(body: Json, name: ListName): readonly Json[] | undefined {
	const list = member(body, name);
	return Array.isArray(list) ? (list as readonly Json[]) : undefined;
}
