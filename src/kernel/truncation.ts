// Truncation: what is longer than its rules allow is shortened, and its full text kept for whoever may read it.
import type { Reply } from '../abi/driver.ts';
import { isJsonObject, type JsonObject, member } from '../abi/json.ts';
import { ownDriver } from '../abi/names.ts';
import { type Caller, type Syscall, targetOf } from '../abi/syscall.ts';
import { charactersPerToken, tokensIn } from '../abi/tokens.ts';
import type { TruncatedFields } from '../audit/record.ts';
import type { RuleOf } from '../policy/compiled.ts';
import { goesThrough } from '../policy/decide.ts';
import { fitsAlike } from '../policy/output-schema.ts';
import { resultRulesOn } from '../policy/results.ts';
import { joinTruncations, type Shortening, smallestLimit } from '../policy/truncate.ts';
import { type GatherOptions, makeJudge, requestOf } from './gather.ts';
import { pagesOfKept, readResult, readResultTool, resultUri } from './own-driver.ts';
import type { Results } from './results.ts';
import { fullTextOf } from './shorten/full-text.ts';
import type { Promised } from './shorten/list.ts';
import { shortenReply, tokensOf } from './shorten/reply.ts';
import { charactersIn } from './shorten/size.ts';
import type { Rest } from './shorten/words.ts';
import type { Spill } from './spill.ts';
import { ownWireName } from './syscall-table.ts';

export interface LongAnswer {
	readonly reply: Reply;
	readonly asked: Syscall;
	readonly rules: readonly RuleOf<'truncate'>[];
	/** The tool as its driver listed it. */
	readonly definition: JsonObject | undefined;
	/** What the kernel says beside it, which counts as well. */
	readonly notices: readonly string[];
}

/** The very reply when it is short enough. Throws where it can't be looked at. */
export type Truncate = (answer: LongAnswer) => { readonly reply: Reply; readonly truncated?: TruncatedFields };

export function makeTruncate({ spill, readers }: { readonly spill: Spill; readonly readers: Readers }): Truncate {
	return ({ reply, asked, rules, definition, notices }) => {
		if (rules.length === 0) return { reply };
		const reserved = notices.reduce((sum, text) => sum + charactersIn({ type: 'text', text }) + 1, 0);
		// Most answers are short, and are not parsed to find that out.
		const hasExtra = Object.keys(reply.extra).length > 0;
		if (!hasExtra && reply.body.text.length + reserved <= smallestLimit(rules) * charactersPerToken) return { reply };
		const tokens = tokensOf(reply);
		const shortening = joinTruncations(rules, tokens + tokensIn(reserved));
		if (shortening === undefined) return { reply };
		const rest = keepRest(reply, asked.caller, shortening);
		const short = shortenReply(reply, { ...shortening, tokens, rest }, promisedBy(definition), reserved);
		return {
			reply: short,
			truncated: {
				from_tokens: tokens,
				to_tokens: tokensOf(short),
				spilled: rest.is === 'kept',
				rules: shortening.because,
			},
		};
	};

	function keepRest(reply: Reply, caller: Caller, { spill: isKept, maxTokens }: Shortening): Rest {
		const reader = isKept ? readers.of(caller) : undefined;
		if (reader === undefined) return { is: 'dropped' };
		const kept = { text: fullTextOf(reply), pageTokens: maxTokens };
		const id = spill.keep(caller, kept);
		if (id === undefined) return { is: 'lost' };
		return { is: 'kept', uri: resultUri(id), pages: pagesOfKept(kept, reader.limit).length, tool: reader.tool };
	}
}

/** Without its definition nobody knows what a tool has promised, so it counts as a promise. */
function promisedBy(definition: JsonObject | undefined): Promised {
	const schema = member(definition, 'outputSchema');
	return {
		isOptional: definition !== undefined && schema === undefined,
		fits: (before, after) => !isJsonObject(schema) || fitsAlike(schema, before, after),
	};
}

/** Who may read full texts, and how much at once. */
export interface Readers {
	/** Undefined where policy lets the caller read none. */
	of(caller: Caller): { readonly tool: string | undefined; readonly limit: number } | undefined;
	/** The most tokens that the answer to this call of the kernel's own driver may have. Throws where that can't be told. */
	limitOf(call: Syscall): number;
	/** What the rules about the answer to this call leave of texts that are read one after the other. */
	clean(call: Syscall, texts: readonly string[]): readonly string[] | undefined;
}

export function makeReaders(options: GatherOptions, results: Pick<Results, 'on'>): Readers {
	const judge = makeJudge(options);
	const surroundings = { cwd: '/', definition: readResultTool, commandsAt: [], driverHasAllowedTool: true };
	const limitOf: Readers['limitOf'] = (call) => {
		const target = targetOf(call);
		const request = requestOf(options, call.caller, surroundings, target);
		return smallestLimit(resultRulesOn(options.revisions.current().set, request, target, options.ports).truncate);
	};
	return {
		limitOf,
		clean: (call, texts) => {
			const decision = { final: targetOf(call) };
			return results.on({ asked: call, decision, context: surroundings }).texts(texts, 'a full text');
		},
		of(caller) {
			const call = (method: string, params: JsonObject): Syscall => {
				return { id: '' as never, caller, driver: ownDriver, method, params, extra: {} };
			};
			const passes = (reading: Syscall) => goesThrough(judge(reading, surroundings));
			const byTool = call('tools/call', { name: readResult, arguments: { id: someId } });
			const asResource = call('resources/read', { uri: resultUri(someId) });
			const tool = passes(byTool) ? ownWireName(readResult) : undefined;
			return tool === undefined && !passes(asResource) ? undefined : { tool, limit: limitOf(byTool) };
		},
	};
}

/** Rules can't know an id before there is one. */
const someId = '0'.repeat(26);
