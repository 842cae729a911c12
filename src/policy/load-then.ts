// From what an author may write in `then` to the one action of a rule.
import type { AskTerms } from '../abi/decision.ts';
import { isJsonObject, type Json } from '../abi/json.ts';
import { mapValues } from './load-match.ts';
import type { Action, CommandRewrite, ParamRewrite } from './rule.ts';
import type { RewriteObjectSource, ThenSource } from './schema-then.ts';
import { durationMs, listed, oneLine } from './schema-words.ts';

const askTimeoutMs = 5 * 60_000;
type WithTerms = Exclude<ThenSource, string>;

/** The schema has seen to it that exactly one action is there. */
export function readAction(source: ThenSource): Action {
	if (source === 'ask') return { kind: 'ask', terms: readAsk({}) };
	if (typeof source === 'string') return { kind: source };
	const { ask, pin, narrow, rewrite } = source;
	if (ask !== undefined) return { kind: 'ask', terms: readAsk(ask) };
	if (pin !== undefined) return { kind: 'pin', params: pin.params };
	if (narrow !== undefined) return { kind: 'narrow', params: narrow.params };
	const { params, ...command } = rewrite ?? {};
	if (params !== undefined) return { kind: 'rewrite', params: mapValues(params, readParamRewrite) };
	return { kind: 'rewrite-command', command: readCommandRewrite(command) };
}

function readAsk({ prompt, show, timeout, remember }: NonNullable<WithTerms['ask']>): AskTerms {
	return {
		...(prompt === undefined ? {} : { prompt: oneLine(prompt) }),
		show: show === undefined ? [] : listed(show),
		timeoutMs: (timeout === undefined ? undefined : durationMs(timeout)) ?? askTimeoutMs,
		remember: remember ?? 'no',
	};
}

type RewriteSource = NonNullable<WithTerms['rewrite']>;
type ParamRewriteSource = NonNullable<RewriteSource['params']>[string];

function readParamRewrite(source: ParamRewriteSource): ParamRewrite {
	if (!isJsonObject(source)) return { op: 'set', value: source as Json };
	const { set, default: fallback, replace } = source as RewriteObjectSource;
	if (set !== undefined) return { op: 'set', value: set };
	if (fallback !== undefined) return { op: 'default', value: fallback };
	if (replace !== undefined) return { op: 'replace', pattern: replace.matches, with: replace.with };
	return { op: 'remove' };
}

function readCommandRewrite({
	prepend,
	program,
	replace_prefix,
	drop_flags,
}: Omit<RewriteSource, 'params'>): CommandRewrite {
	return {
		...(prepend === undefined ? {} : { prepend: listed<string>(prepend) }),
		...(program === undefined ? {} : { program }),
		...(replace_prefix === undefined ? {} : { replace_prefix: listed<string>(replace_prefix) }),
		...(drop_flags === undefined ? {} : { drop_flags: listed(drop_flags) }),
	};
}
