// The kernel's own driver: the full text of what was shortened, to be read in pages as a resource or with a tool.
import type { Driver, Introduction, ListKind, Reply } from '../abi/driver.ts';
import { ExactNumber, isJsonObject, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import { ownDriver } from '../abi/names.ts';
import type { Permit } from '../abi/permit.ts';
import { errorText } from '../abi/problem.ts';
import type { Syscall } from '../abi/syscall.ts';
import { charactersPerToken } from '../abi/tokens.ts';
import { spendPermit } from '../drivers/spend-permit.ts';
import { pagesOf } from '../text/cut.ts';
import { errorReply, resultReply } from '../wire/message.ts';
import { noticePrefix, unknownResource } from './refusal.ts';
import { partedAt } from './screen.ts';
import type { Kept, Spill } from './spill.ts';

/** The tool, as policies name it behind `trapgate/`. */
export const readResult = 'read_result';

export interface OwnDriverOptions {
	readonly spill: Pick<Spill, 'read'>;
	/** The most tokens that the answer to this call may have; Infinity where no rule says. */
	readonly limitOf: (call: Syscall) => number;
	/** By the rules about what this call gives back: texts that are read one after the other. Undefined where that can't be done. */
	readonly clean: (call: Syscall, texts: readonly string[]) => readonly string[] | undefined;
}

/** A driver like any other: it acts on a permit, and what it answers is recorded. */
export function makeOwnDriver({ spill, limitOf, clean }: OwnDriverOptions): Driver {
	const find =
		(call: Syscall): FindPage =>
		(id, page) => {
			const kept = spill.read(call.caller, id);
			if (kept === undefined) return undefined;
			const pages = pagesOfKept(kept, limitOf(call));
			const text = pages[page - 1];
			if (text === undefined) return { count: pages.length, text };
			// A rule may be newer than the text, and a secret may begin on one page and end on the next.
			const before = pages.slice(Math.max(0, page - 1 - mostBeside), page - 1).join('');
			const after = pages.slice(page, page + mostBeside).join('');
			const shown = clean(call, [before.slice(-charactersBeside), text, after.slice(0, charactersBeside)])?.[1];
			if (shown === undefined) throw new Error('a rule about it could not be applied');
			return { count: pages.length, text: shown };
		};
	return {
		name: ownDriver,
		open: async (_, { protocolVersion }): Promise<Introduction> => {
			const known = { protocolVersion, capabilities: ownCapabilities, serverInfo: { name: 'trapgate', version: '1' } };
			return { ...known, result: known };
		},
		list: async (kind: ListKind) => lists[kind],
		async call(permit: Permit): Promise<Reply> {
			const call = spendPermit(permit, ownDriver);
			try {
				return answer(call, find(call));
			} catch (error) {
				return errorReply(-32603, `nothing was read: ${errorText(error)}`);
			}
		},
		notify: () => undefined,
		close: () => Promise.resolve(),
	};
}

/** What a client is told it can use while there may be something to read. */
export const ownCapabilities: JsonObject = Object.freeze({ tools: {}, resources: {} });

/** Where a full text can be read; `page` for another page than the first. */
export function resultUri(id: string, page?: number): string {
	return `${uriStart}${id}${page === undefined ? '' : `/${page}`}`;
}

const uriStart = 'trapgate://result/';

/** No page is longer than what the shortened result was allowed, nor than what this reader is. */
export function pagesOfKept({ text, pageTokens }: Kept, limit = Number.POSITIVE_INFINITY): readonly string[] {
	const room = Math.min(pageTokens, limit) * charactersPerToken - aroundPage;
	return pagesOf(text, room, partedAt);
}

/** What an answer takes beside its page, the kernel's words included. */
const aroundPage = 320;

const idSchema = { type: 'string', description: 'What stands behind `trapgate://result/` in the notice.' };

/** The tool as it is listed. Nobody needs to accept it: it is as this version of the kernel has it. */
export const readResultTool: JsonObject = {
	name: readResult,
	title: 'Read a shortened result',
	description:
		'Returns one page of the full text of a result that was too long and was shortened. The notice in such a result names its id. Full texts are kept for 24 hours.',
	inputSchema: {
		type: 'object',
		properties: {
			id: idSchema,
			page: { type: 'integer', minimum: 1, default: 1, description: 'Pages follow one another without a gap.' },
		},
		required: ['id'],
		additionalProperties: false,
	},
	annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
};

const lists: Readonly<Record<ListKind, readonly JsonObject[]>> = {
	tools: [readResultTool],
	prompts: [],
	resources: [],
	resourceTemplates: [
		{
			uriTemplate: `${uriStart}{id}/{page}`,
			name: 'shortened-result',
			title: 'Full text of a shortened result',
			description: 'One page of a result that was shortened; the notice in it names its id.',
			mimeType: 'text/plain',
		},
	],
};

/** So much of what stands around a page is looked at with it. */
const charactersBeside = 8_192;
/** A page has 64 characters at least, but the last and those that are parted where they begin as a notice does. */
const mostBeside = 512;

/** The text of one page, none where there are not so many. */
type FindPage = (id: string, page: number) => { readonly count: number; readonly text: string | undefined } | undefined;

function answer({ method, params }: Syscall, find: FindPage): Reply {
	switch (method) {
		case 'tools/call':
			return readWithTool(params, find);
		case 'resources/read':
			return readResource(stringMember(params, 'uri') ?? '', find);
		default:
			return errorReply(-32601, `Method not found: ${method}`);
	}
}

function readWithTool(params: JsonObject, find: FindPage): Reply {
	const name = stringMember(params, 'name');
	if (name !== readResult) return errorReply(-32602, `Unknown tool: ${name}`);
	const asked = readArguments(member(params, 'arguments'));
	if (typeof asked === 'string') return toolError(asked);
	const { id, page } = asked;
	const found = find(id, page);
	if (found === undefined) return toolError(`there is no result ${JSON.stringify(id)} that you may read, or no more`);
	const { text, count } = found;
	if (text === undefined) return toolError(`there is no page ${page}; the result has ${count}`);
	const next = page < count ? `Next: page ${page + 1}.` : 'It is the last.';
	return resultReply({
		content: [
			{ type: 'text', text: `${noticePrefix} Page ${page} of ${count} of ${resultUri(id)}. ${next}` },
			{ type: 'text', text },
		],
	});
}

/** What is asked for, or one sentence that names the mistake. */
function readArguments(given: Json | undefined): { readonly id: string; readonly page: number } | string {
	if (!isJsonObject(given)) return 'the arguments must be an object with an `id`';
	const strange = Object.keys(given).find((name) => name !== 'id' && name !== 'page');
	if (strange !== undefined) return `there is no argument ${shown(strange)}; the arguments are id, page`;
	const { id, page = 1 } = given;
	if (typeof id !== 'string' || id.length > longestId) return '`id` must be the id of a result';
	const number = page instanceof ExactNumber ? page.approximate() : page;
	if (typeof number !== 'number' || !Number.isInteger(number) || number < 1)
		return '`page` must be a whole number from 1';
	return { id: id.startsWith(uriStart) ? id.slice(uriStart.length) : id, page: number };
}

/** Longer than any id with its address. */
const longestId = 100;

function shown(text: string): string {
	return JSON.stringify(text.length > longestId ? `${text.slice(0, longestId)}…` : text);
}

function toolError(why: string): Reply {
	return resultReply({ content: [{ type: 'text', text: `Nothing was read: ${why}.` }], isError: true });
}

function readResource(uri: string, find: FindPage): Reply {
	const [, id = '', digits = '1'] = /^trapgate:\/\/result\/([^/?#]+)(?:\/([1-9]\d{0,8}))?$/.exec(uri) ?? [];
	const page = Number(digits);
	const { text, count } = find(id, page) ?? {};
	if (text === undefined) return unknownResource(uri);
	const isLast = page === count;
	const next = isLast ? 'It is the last.' : `Next: ${resultUri(id, page + 1)}.`;
	// The page first: a client may show its model no more than that.
	return resultReply({
		contents: [
			{ uri: resultUri(id, page), mimeType: 'text/plain', text },
			{ uri: resultUri(id), mimeType: 'text/plain', text: `${noticePrefix} Page ${page} of ${count}. ${next}` },
		],
	});
}
