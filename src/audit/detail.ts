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
	const { args, changed, command, ...plain } = entry;
	const level = args?.level ?? 'redacted';
	// What a command is comes from the arguments, so it is kept where they are.
	const isKept = level === 'redacted' || level === 'full';
	const kept = args === undefined ? undefined : keptArgs(level, args, argsKey);
	return {
		...redactedFields({ ...plain, ...(isKept && command !== undefined ? { command } : {}) }),
		...(kept === undefined ? {} : { args: { ...kept } }),
		...(changed === undefined || changed.length === 0
			? {}
			: { changed: changed.map((change) => keptChange(level, change, kept?.value)) }),
		...(isPlainlyAllowed(entry) ? {} : { fp: fingerprintOf(entry) }),
	};
}

// Whatever the kernel passes is plain data; the cast only says so to the type checker, which has no index signature on interfaces.
function redactedFields(fields: object): JsonObject {
	// Each with room of its own: a long text in one member must not push another out of the record.
	const members = Object.entries(fields as JsonObject).filter(([, value]) => value !== undefined);
	return Object.fromEntries(members.map(([name, value]) => [name, redactTexts(value)]));
}

function isPlainlyAllowed(entry: DecidedEntry | AskEntry): boolean {
	return entry.event === 'decided' && (entry.decision === 'allowed' || entry.decision === 'rewritten');
}

/** The fingerprint an entry will get; the kernel counts repeats by it before it appends. */
export function fingerprintOf(
	entry: Pick<DecidedEntry, 'rules' | 'command' | 'driver' | 'method' | 'tool' | 'resource' | 'prompt'> & {
		readonly args?: EntryArgs;
	},
): string {
	// Every resource has a URI of its own, which is a value; the method is the shape.
	const target = entry.tool ?? entry.prompt ?? `${entry.driver} ${entry.method}`;
	return fingerprint({ rule: entry.rules[0], target, args: entry.args?.value ?? {}, command: entry.command });
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

/** `args` are the arguments as they were kept: what is hidden there is hidden here. */
function keptChange(level: DetailLevel, { path, from, to, rule }: Change, args: Json | undefined): JsonObject {
	const place = { path: String(redactTexts(path)), rule };
	if (level === 'metadata' || level === 'hash') return place;
	const kept = (value: Json | undefined): Json | undefined => {
		if (value === undefined) return undefined;
		if (level === 'full') return boundValue(value).value;
		// Any name on the way there may be the one that tells: /env/API_KEY, /credentials/0
		const isSecret = isHiddenAt(path, args) || path.split('/').some((name) => isSecretMember(name, value));
		return isSecret ? redactedMark : redactValue(value).value;
	};
	const [before, after] = [kept(from), kept(to)];
	return { ...place, ...(before === undefined ? {} : { from: before }), ...(after === undefined ? {} : { to: after }) };
}

/** True when the JSON Pointer leads to, or through, a value that was taken out. */
function isHiddenAt(path: string, args: Json | undefined): boolean {
	let value = args;
	for (const name of path.split('/').slice(1)) {
		if (typeof value !== 'object' || value === null) break;
		value = (value as JsonObject)[name.replaceAll('~1', '/').replaceAll('~0', '~')];
	}
	return value === redactedMark;
}
