// What an agent reads about an answer that was shortened.
import type { Json, JsonObject } from '../../abi/json.ts';
import { stringMember } from '../../abi/json.ts';
import { tokensIn } from '../../abi/tokens.ts';
import type { Truncation } from '../../policy/rule.ts';
import { noticePrefix } from '../refusal.ts';

/** What became of the full text. */
export type Rest =
	| { readonly is: 'kept'; readonly uri: string; readonly pages: number; readonly tool: string | undefined }
	/** The rule says so. */
	| { readonly is: 'dropped' }
	/** There was no room for it, or nowhere to put it. */
	| { readonly is: 'lost' };

export interface Shortened extends Pick<Truncation, 'maxTokens' | 'keep'> {
	/** Tokens before. */
	readonly tokens: number;
	readonly rest: Rest;
}

/** The lists of what a model reads item by item: a tool's result, a resource's contents, a prompt. */
export const listNames = ['content', 'contents', 'messages'] as const;
export type ListName = (typeof listNames)[number];

/** The notice, a sentence or two. */
export function noticeText({ tokens, maxTokens, keep, rest }: Shortened): string {
	const parts = { 'head+tail': 'first and last parts', head: 'first part', tail: 'last part' };
	return `${noticePrefix} ${number(tokens)} tokens shortened to ${number(maxTokens)} (${parts[keep]}). ${restText(rest)}`;
}

function restText(rest: Rest): string {
	switch (rest.is) {
		case 'kept':
			return `Full text: ${rest.uri}. In ${number(rest.pages)} ${rest.pages === 1 ? 'page' : 'pages'}${rest.tool === undefined ? '' : `: ${rest.tool}`}.`;
		case 'dropped':
			return 'The rest is not kept.';
		case 'lost':
			return 'The rest could not be kept.';
		default:
			return rest satisfies never;
	}
}

/** Stands where something is left out; within a text that is read alone, with the way to the full text. */
export function gapText(characters: number, rest?: Rest): string {
	const way = rest?.is === 'kept' ? ` Full text: ${rest.uri}.` : '';
	return `${noticePrefix} ${number(tokensIn(characters))} tokens are left out here.${way}`;
}

/** A client that was promised a structured result takes only an error without one. */
export const structureLeftOut =
	'The structured result is left out, which is why this is marked as an error; the call itself ran. Do not repeat it.';

/** The kernel's words as an item of such a list. */
export function itemOf(list: ListName, text: string, items: readonly Json[], rest: Rest): JsonObject {
	switch (list) {
		case 'content':
			return { type: 'text', text };
		case 'messages':
			return { role: 'user', content: { type: 'text', text } };
		case 'contents': {
			const uri = rest.is === 'kept' ? rest.uri : (stringMember(items[0], 'uri') ?? '');
			return { uri: uri.length <= longestUri ? uri : '', mimeType: 'text/plain', text };
		}
		default:
			return list satisfies never;
	}
}

const longestUri = 100;

function number(value: number): string {
	return value.toLocaleString('en-US');
}
