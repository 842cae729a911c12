// A request of MCP 2026-07-28 in rounds: where the server needs the client, it says so, and is asked again with the answers.

import { setTimeout as sleep } from 'node:timers/promises';
import type { CancelSignal } from '../abi/cancel.ts';
import type { DriverHost, Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import { abortSignalOf } from '../wire/cancellation.ts';
import { skimJson } from '../wire/json.ts';
import { errorReply, shortened } from '../wire/message.ts';

export interface Rounds {
	readonly method: string;
	/** One request to the server, with these members beside the judged ones. */
	ask(answers: JsonObject): Promise<Reply>;
	/** One question of the server to the client; judged and recorded there. */
	readonly question: DriverHost['request'];
	readonly signal: CancelSignal | undefined;
	/** Whether a kind of result that nobody here knows may be one that the client knows. */
	readonly isExtended: boolean;
	/** How long to wait before a server is asked again that asked nothing itself; grows with each round. */
	readonly pauseMs?: number;
}

const maxRounds = 10;
/** Over all rounds: somebody may have to answer each of them by hand. */
export const maxQuestions = 32;
/** In UTF-16 units. Questions may hold pictures; a state is what a server would otherwise have kept for itself. */
const maxLength = { result: 16 * 1024 * 1024, state: 1024 * 1024 };

const questions: readonly string[] = ['elicitation/create', 'sampling/createMessage', 'roots/list'];
/** Only these may need the client. */
const mayNeedInput: readonly string[] = ['tools/call', 'prompts/get', 'resources/read'];

/** The final reply. A server that goes on asking, or asks what it may not, has failed the request. */
export async function inRounds(rounds: Rounds): Promise<Reply> {
	let answers: JsonObject = {};
	let asked = 0;
	for (let round = 1; round <= maxRounds; round += 1) {
		const reply = await rounds.ask(answers);
		const kind = kindOf(reply);
		if (kind === 'complete') return reply;
		if (kind !== 'input_required') {
			return rounds.isExtended && typeof kind === 'string' ? reply : failed('gave a kind of result that is not known');
		}
		if (!mayNeedInput.includes(rounds.method)) return failed(`needs input for ${rounds.method}, which no server may`);
		const need = readNeed(reply);
		if (typeof need === 'string') return failed(need);
		asked += need.questions.length;
		if (asked > maxQuestions) return failed(`asks more than ${maxQuestions} questions`);
		const given = await answer(need, rounds, round);
		if ('ok' in given) return given;
		answers = given.answers;
	}
	return failed(`still needed input after ${maxRounds} rounds`);
}

/** What the server needs before it can answer. */
interface Need {
	readonly questions: readonly {
		readonly key: string;
		readonly method: string;
		readonly params: JsonObject | undefined;
	}[];
	readonly state: string | undefined;
}

/** `complete` where nothing else is said, and for errors. Undefined for what is no kind of result. */
function kindOf(reply: Reply): Json | undefined {
	if (!reply.ok) return 'complete';
	const skimmed = skimJson(reply.body.text, { build: (key) => key === 'resultType' });
	if (!skimmed.ok) return undefined;
	const span = skimmed.kind === 'object' ? skimmed.spans.find(({ key }) => key === 'resultType') : undefined;
	return span === undefined ? 'complete' : span.value;
}

/** What the result asks for, or what is wrong with it. */
function readNeed({ body }: Reply): Need | string {
	if (body.text.length > maxLength.result) return 'needs input, and says so at too great a length';
	const result = body.value();
	const state = member(result, 'requestState');
	if (state !== undefined && typeof state !== 'string') return 'gave a state that is no text';
	if (state !== undefined && state.length > maxLength.state) return 'gave a state that is too long';
	const asked = member(result, 'inputRequests') ?? {};
	if (!isJsonObject(asked)) return 'needs input, and asks for none that can be read';
	const entries = Object.entries(asked);
	if (entries.length === 0 && state === undefined) return 'needs input, and does not say which';
	const read = entries.map(([key, asking]) => {
		const method = stringMember(asking, 'method') ?? '';
		const params = member(asking, 'params');
		return {
			key,
			method,
			params: isJsonObject(params) ? params : undefined,
			isOdd: params !== undefined && !isJsonObject(params),
		};
	});
	const odd = read.find(({ method, isOdd }) => isOdd || !questions.includes(method));
	if (odd !== undefined) return `asks the client for ${shortened(JSON.stringify(odd.method))}, which it can't answer`;
	return { questions: read, state };
}

/** The answers of the client, which is asked all at once; where one is not answered, the others are withdrawn and the request ends. */
async function answer(
	{ questions: asked, state }: Need,
	{ question, signal: given = new AbortController().signal, pauseMs = 250 }: Rounds,
	round: number,
): Promise<{ readonly answers: JsonObject } | Reply> {
	const signal = abortSignalOf(given);
	const withdrawn = new AbortController();
	const both = AbortSignal.any([signal, withdrawn.signal]);
	let ended: Reply | undefined;
	const responses = await Promise.all(
		asked.map(async ({ key, method, params }): Promise<[string, Json]> => {
			const reply = await question(method, params, {}, both, key);
			if (!reply.ok) {
				const why = shortenedTo(500, stringMember(reply.body.value(), 'message') ?? '');
				ended ??= errorReply(-32603, `the server asked for ${method}, which was not answered: ${why}`);
				withdrawn.abort();
			}
			return [key, reply.body.value()];
		}),
	);
	if (ended !== undefined) return ended;
	if (asked.length === 0) await sleep(pauseMs * round, undefined, { signal }).catch(() => undefined);
	return {
		answers: {
			...(asked.length === 0 ? {} : { inputResponses: Object.fromEntries(responses) }),
			...(state === undefined ? {} : { requestState: state }),
		},
	};
}

function failed(what: string): Reply {
	return errorReply(-32603, `the request was given up: the server ${what}`);
}

function shortenedTo(length: number, text: string): string {
	return text.length > length ? `${text.slice(0, length)}…` : text;
}
