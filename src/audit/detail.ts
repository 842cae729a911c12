// Turns what the kernel hands in into what may be written: detail levels, redaction, the fingerprint.
import { createHmac } from 'node:crypto';
import type { Change } from '../abi/decision.ts';
import type { Json, JsonObject } from '../abi/json.ts';
import { canonicalJson } from './chain.ts';
import { Draft, type MemberText } from './draft.ts';
import { fingerprint } from './fingerprint.ts';
import type { AskEntry, AuditEntry, DecidedEntry, DetailLevel, EntryArgs, RecordArgs } from './record.ts';
import { boundValue, isSecretMember, type KeptValue, redactedBounds, redactTexts, redactValue } from './redact.ts';
import { redactedMark } from './redact-text.ts';
import { rememberedSecrecy, type Secrecy } from './secret-names.ts';
import { Words } from './words.ts';

/** Who runs the kernel, for records about calls. */
export interface HostWords {
	readonly user: string;
	readonly workspace?: string;
}

export class Details {
	readonly #argsKey: Uint8Array;
	readonly #host: HostWords;
	readonly #words = new Words();
	readonly #secrecy = rememberedSecrecy();

	/** `argsKey` keys the hashes of level `hash`. */
	constructor(argsKey: Uint8Array, host: HostWords) {
		this.#argsKey = argsKey;
		this.#host = host;
	}

	/** What a record holds of an entry. */
	draft(entry: AuditEntry): Draft {
		const draft = new Draft();
		// Whatever the kernel passes is plain data; the cast only says so to the type checker, which has no index signature on interfaces.
		const given = entry as unknown as JsonObject;
		for (const name of Object.keys(given)) {
			const value = given[name];
			if (value === undefined || byDetail.has(name)) continue;
			// Each with room of its own: a long text in one member must not push another out of the record.
			if (ownWords.has(name)) draft.set(name, value);
			else setWords(draft, name, this.#words.of(value));
		}
		if (entry.event === 'decided' || entry.event === 'ask') this.#addCall(draft, entry);
		return draft;
	}

	#addCall(draft: Draft, entry: DecidedEntry | AskEntry): void {
		const { args, changed, command } = entry;
		const level = args?.level ?? 'redacted';
		const kept = args === undefined ? undefined : keptArgs(level, args, this.#argsKey, this.#secrecy);
		// What a command is comes from the arguments, so it is kept where they are.
		const isKept = level === 'redacted' || level === 'full';
		if (isKept && command !== undefined) setWords(draft, 'command', this.#words.of(command));
		draft.set('args', kept);
		if (changed !== undefined && changed.length > 0)
			draft.set(
				'changed',
				changed.map((change) => keptChange(level, change, kept?.value)),
			);
		if (!isPlainlyAllowed(entry)) draft.set('fp', fingerprintOf(entry));
		const { user, workspace } = this.#host;
		if (!draft.has('user')) draft.set('user', user);
		if (!draft.has('workspace')) draft.set('workspace', workspace);
	}
}

function setWords(draft: Draft, name: string, text: MemberText | string): void {
	if (typeof text === 'string') draft.setJson(name, text);
	else draft.setText(name, text);
}

/** Members that come from the arguments; how much of them is kept depends on the level of detail. */
const byDetail: ReadonlySet<string> = new Set(['args', 'changed', 'command']);

/** Members that only the kernel words, from its own vocabulary: nothing foreign can stand in them. */
const ownWords: ReadonlySet<string> = new Set([
	...['event', 'id', 'parent', 'trace_id', 'policy_rev', 'from_rev', 'tools_rev', 'mode', 'decision', 'acted', 'final'],
	...['told_agent', 'repeat', 'accepted', 'state', 'ms'],
]);

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

function keptArgs(level: DetailLevel, { value }: EntryArgs, argsKey: Uint8Array, secrecy: Secrecy): RecordArgs {
	switch (level) {
		case 'metadata':
			return { level };
		case 'hash':
			return { level, sha256: createHmac('sha256', argsKey).update(canonicalJson(value)).digest('hex') };
		case 'redacted':
			return { level, ...counted(redactValue(value, redactedBounds, secrecy)) };
		case 'full':
			return { level, ...counted(boundValue(value)) };
		default:
			throw level satisfies never;
	}
}

function counted({ value, redacted, cut }: KeptValue): Omit<RecordArgs, 'level'> {
	if (redacted === 0 && cut === 0) return { value };
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
