// Turns what the kernel hands in into what may be written: detail levels, redaction, the fingerprint.
import { createHmac } from 'node:crypto';
import type { Change } from '../abi/decision.ts';
import type { Json, JsonObject } from '../abi/json.ts';
import { canonicalJson } from './chain.ts';
import { fingerprint } from './fingerprint.ts';
import type { AskEntry, AuditEntry, DecidedEntry, DetailLevel, EntryArgs, RecordArgs } from './record.ts';
import { boundValue, isSecretMember, type KeptValue, redactTexts, redactValue } from './redact.ts';
import { redactedMark } from './redact-text.ts';

/** The fields of a record that come from an entry. `argsKey` keys the hashes of level `hash`. */
export function fieldsOf(entry: AuditEntry, argsKey: Uint8Array): JsonObject {
	if (entry.event !== 'decided' && entry.event !== 'ask') return redactedFields(entry);
	const { args, changed, ...plain } = entry;
	const level = args?.level ?? 'redacted';
	return {
		...redactedFields(plain),
		...(args === undefined ? {} : { args: { ...keptArgs(level, args, argsKey) } }),
		...(changed === undefined || changed.length === 0
			? {}
			: { changed: changed.map((change) => keptChange(level, change)) }),
		...(isPlainlyAllowed(entry) ? {} : { fp: fingerprintOf(entry) }),
	};
}

// Whatever the kernel passes is plain data; the cast only says so to the type checker, which has no index signature on interfaces.
function redactedFields(fields: object): JsonObject {
	return redactTexts(fields as JsonObject) as JsonObject;
}

function isPlainlyAllowed(entry: DecidedEntry | AskEntry): boolean {
	return entry.event === 'decided' && (entry.decision === 'allowed' || entry.decision === 'rewritten');
}

/** The fingerprint an entry will get; the kernel counts repeats by it before it appends. */
export function fingerprintOf(
	entry: Pick<DecidedEntry, 'rules' | 'driver' | 'method' | 'tool' | 'resource' | 'prompt'> & {
		readonly args?: EntryArgs;
	},
): string {
	// Every resource has a URI of its own, which is a value; the method is the shape.
	const target = entry.tool ?? entry.prompt ?? `${entry.driver} ${entry.method}`;
	return fingerprint({ rule: entry.rules[0], target, args: entry.args?.value ?? {} });
}

function keptArgs(level: DetailLevel, { value }: EntryArgs, argsKey: Uint8Array): RecordArgs {
	switch (level) {
		case 'metadata':
			return { level };
		case 'hash':
			return { level, sha256: createHmac('sha256', argsKey).update(canonicalJson(value)).digest('hex') };
		case 'redacted':
			return { level, ...counted(redactValue(value)) };
		case 'full':
			return { level, ...counted(boundValue(value)) };
		default:
			throw level satisfies never;
	}
}

function counted({ value, redacted, cut }: KeptValue): Omit<RecordArgs, 'level'> {
	return { value, ...(redacted > 0 ? { redacted } : {}), ...(cut > 0 ? { cut } : {}) };
}

function keptChange(level: DetailLevel, { path, from, to, rule }: Change): JsonObject {
	const place = { path: String(redactTexts(path)), rule };
	if (level === 'metadata' || level === 'hash') return place;
	const kept = (value: Json | undefined): Json | undefined => {
		if (value === undefined) return undefined;
		if (level === 'full') return boundValue(value).value;
		// Any name on the way there may be the one that tells: /env/API_KEY, /credentials/0
		const isSecret = path.split('/').some((name) => isSecretMember(name, value));
		return isSecret ? redactedMark : redactValue(value).value;
	};
	const [before, after] = [kept(from), kept(to)];
	return { ...place, ...(before === undefined ? {} : { from: before }), ...(after === undefined ? {} : { to: after }) };
}
