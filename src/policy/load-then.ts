// From what an author may write in `then` to the one action of a rule.
import type { AskTerms } from '../abi/decision.ts';
import { isJsonObject, type Json } from '../abi/json.ts';
import { mapValues } from './load-match.ts';
import type { Action, CommandRewrite, ParamRewrite, SandboxTerms } from './rule.ts';
import type { RewriteObjectSource, ThenSource } from './schema-then.ts';
import { durationMs, listed, oneLine } from './schema-words.ts';

const askTimeoutMs = 5 * 60_000;
/** What stands where something was taken out, unless a rule says otherwise. */
export const plainReplacement = '[redacted:${kind}]';
type WithTerms = Exclude<ThenSource, string>;

/** The schema has seen to it that exactly one action is there. */
export function readAction(source: ThenSource): Action {
	if (source === 'ask') return { kind: 'ask', terms: readAsk({}) };
	if (typeof source === 'string') return { kind: source };
	const { ask, pin, narrow, rewrite, lock, limit, redact, truncate, sandbox } = source;
	if (ask !== undefined) return { kind: 'ask', terms: readAsk(ask) };
	if (pin !== undefined) return { kind: 'pin', params: pin.params };
	if (narrow !== undefined) return { kind: 'narrow', params: narrow.params };
	if (lock !== undefined) return { kind: 'lock' };
	if (limit !== undefined) {
		const { calls, per, scope = 'agent' } = limit;
		// Without a period the schema has refused the file.
		return { kind: 'limit', rate: { calls, perMs: durationMs(per) ?? Number.POSITIVE_INFINITY, scope } };
	}
	if (redact !== undefined) {
		return { kind: 'redact', redaction: { find: listed(redact.find), replace: redact.replace ?? plainReplacement } };
	}
	if (truncate !== undefined) {
		const { max_tokens, keep = 'head+tail', spill = true } = truncate;
		return { kind: 'truncate', truncation: { maxTokens: max_tokens, keep, spill } };
	}
	if (sandbox !== undefined) return { kind: 'sandbox', terms: readSandbox(sandbox) };
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

function readSandbox({ read, write, network }: NonNullable<WithTerms['sandbox']>): SandboxTerms {
	return {
		...(read === undefined ? {} : { read: listed(read) }),
		...(write === undefined ? {} : { write: listed(write) }),
		...(network === undefined ? {} : { network: network === 'none' ? [] : network }),
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
