// Questions in an error: since MCP 2025-11-25 a server may refuse a request until the user has opened its pages.
import type { CancelSignal } from '../abi/cancel.ts';
import type { Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import { rawJson, writeJson } from '../wire/json.ts';
import { errorReply } from '../wire/message.ts';
import { type AskContext, type AskDoor, judgeAsked } from './ask-client.ts';
import { mayAsk } from './client-capabilities.ts';

/** URLElicitationRequiredError. */
const elicitationRequired = -32042;
/** More pages than a person opens for one call. */
const maxPages = 10;

/**
 * The answer of a driver as the client may see it. A client shows the pages that such an error names as it shows any
 * question of a server, so each is judged and recorded as one; where one is refused, none is shown.
 */
export async function judgeAskedInError(
	door: AskDoor,
	reply: Reply,
	{
		capabilities,
		...context
	}: Omit<AskContext, 'ask'> & { readonly capabilities: JsonObject; readonly signal: CancelSignal },
): Promise<Reply> {
	if (reply.ok || member(reply.body.value(), 'code') !== elicitationRequired) return reply;
	const error = reply.body.value();
	if (!door.client.readsErrorsThatAsk)
		return errorReply(
			-32603,
			"the server wants the user to open a page, in a way that the client's revision of MCP lacks",
		);
	const pages = pagesIn(error);
	if (pages === undefined)
		return errorReply(-32603, 'the server wants the user to open a page, and does not say which');
	const shown: Json[] = [];
	for (const page of pages) {
		const params = { ...page, mode: 'url' };
		const cannot = mayAsk(capabilities, 'elicitation/create', params);
		if (cannot !== undefined) return errorReply(-32603, `the server wants the user to open a page: ${cannot}`);
		const ask = { method: 'elicitation/create', params, extra: {}, signal: context.signal };
		const judged = await judgeAsked(door, { ...context, ask });
		if ('refused' in judged) return judged.refused;
		shown.push(judged.passed.params ?? null);
	}
	const message = stringMember(error, 'message') ?? '';
	return { ...reply, body: rawJson(writeJson({ code: elicitationRequired, message, data: { elicitations: shown } })) };
}

/** Undefined where they can't be read: what we can't judge, a client may understand all the same. */
function pagesIn(error: Json): readonly JsonObject[] | undefined {
	const named = member(member(error, 'data'), 'elicitations');
	if (!Array.isArray(named) || named.length === 0 || named.length > maxPages) return undefined;
	const pages = named.filter(
		(page): page is JsonObject => isJsonObject(page) && stringMember(page, 'url') !== undefined,
	);
	return pages.length === named.length ? pages : undefined;
}
