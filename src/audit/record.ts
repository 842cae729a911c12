// What the log holds: the entries the kernel hands in, and the records that stand in the files.
import type { Change, Mode, Verdict } from '../abi/decision.ts';
import { type Json, type JsonObject, stringMember } from '../abi/json.ts';
import type { Problem } from '../abi/problem.ts';
import type { Target } from '../abi/syscall.ts';

/**
 * How much of the arguments is kept. `metadata`: nothing; `hash`: a keyed hash, so that equal calls can be grouped and
 * guesses can't be tested; `redacted`: values without secrets; `full`: as they were. All are bounded in size.
 */
export type DetailLevel = 'metadata' | 'hash' | 'redacted' | 'full';

export interface AgentFields {
	/** What the client says of itself. */
	readonly name?: string;
	readonly version?: string;
	/** The identity rules match. */
	readonly id: string;
	/** The public id of the key it presented, where it came with one. */
	readonly key?: string;
}

/** What a call is aimed at; exactly one of `tool`, `resource`, `prompt` and `target` beside the driver. */
export interface TargetFields {
	readonly driver: string;
	/** `driver/tool`. */
	readonly tool?: string | undefined;
	/** The URI. */
	readonly resource?: string | undefined;
	/** `driver/prompt`. */
	readonly prompt?: string | undefined;
	/** The method, or what a driver asks for (`sampling`, `elicitation` …). */
	readonly target?: string | undefined;
}

export interface CallFields extends TargetFields {
	/** The kernel's id of the call; `ask`, `answered`, `decided` and `completed` share it. */
	readonly id: string;
	/** Of an execution inside a sandbox: the id of the call, or the execution, that started it; `driver:NAME` where a server did by itself. */
	readonly parent?: string | undefined;
	/** From the request's `_meta.traceparent`; see {@link traceIdOf}. */
	readonly trace_id?: string | undefined;
	readonly agent: AgentFields;
	/** Absent: the host's. */
	readonly user?: string | undefined;
	/** Absent: the host's. */
	readonly workspace?: string | undefined;
	readonly policy_rev: string;
	readonly tools_rev?: string | undefined;
	readonly mode: Mode;
	readonly method: string;
}

/** Arguments as the kernel has them; the log keeps what the level allows. */
export interface EntryArgs {
	/** Absent: `redacted`. */
	readonly level?: DetailLevel | undefined;
	readonly value: Json;
}

export interface RecordArgs {
	readonly level: DetailLevel;
	readonly value?: Json | undefined;
	/** Hex of HMAC-SHA-256 over the canonical arguments, for level `hash`. */
	readonly sha256?: string | undefined;
	/** How many values were taken out, when any. */
	readonly redacted?: number | undefined;
	/** How many values were shortened or left out for their size, when any. */
	readonly cut?: number | undefined;
}

export interface ResultFields {
	readonly is_error: boolean;
	/** Absent for an execution: its output is a part of its parent's. */
	readonly bytes?: number | undefined;
	readonly tokens?: number | undefined;
	readonly exit?: number | undefined;
	readonly redacted?: number | undefined;
	readonly truncated?: TruncatedFields | undefined;
}

/** An answer that was too long for a rule. */
export interface TruncatedFields {
	readonly from_tokens: number;
	readonly to_tokens: number;
	/** The full text can be read in pages. */
	readonly spilled: boolean;
	/** The rules that shortened it, the deciding one first. */
	readonly rules: readonly string[];
}

export interface ApprovalFields {
	readonly channel: string;
	/** `approved`, `declined`, `unanswered`, `no_channel`; absent while the question waits. */
	readonly outcome?: string | undefined;
	readonly by?: string | null | undefined;
	readonly waited_ms?: number | undefined;
	/** Hash of what was consented to. */
	readonly bound_to?: string | undefined;
}

export interface ErrorFields {
	readonly type: string;
	readonly where?: string | undefined;
	readonly message?: string | undefined;
	/** JSON-RPC code of an error reply. */
	readonly code?: number | undefined;
	readonly effect?: string | undefined;
}

export interface Milliseconds {
	readonly policy?: number | undefined;
	readonly driver?: number | undefined;
}

interface DecidedFields extends CallFields {
	readonly event: 'decided';
	readonly decision: Verdict;
	readonly acted: boolean;
	/** True on a refusal: no `completed` follows. */
	readonly final?: true | undefined;
	readonly rules: readonly string[];
	/** What the strictest rule matched, where it is about commands: program and sub-commands, `git push`. */
	readonly command?: string | undefined;
	readonly told_agent?: boolean | undefined;
	readonly approval?: ApprovalFields | undefined;
	readonly reason?: string | undefined;
	readonly instead?: string | undefined;
	/** How often this agent was refused this fingerprint in this run, this time included. */
	readonly repeat?: number | undefined;
	readonly error?: ErrorFields | undefined;
	readonly ms?: Milliseconds | undefined;
}

interface AskFields extends CallFields {
	readonly event: 'ask';
	readonly rules: readonly string[];
	readonly command?: string | undefined;
	readonly approval: ApprovalFields;
	readonly reason?: string | undefined;
}

export interface CompletedEntry {
	readonly event: 'completed';
	readonly id: string;
	readonly result?: ResultFields | undefined;
	readonly error?: ErrorFields | undefined;
	readonly told_agent?: boolean | undefined;
	readonly ms?: Milliseconds | undefined;
}

export interface AnsweredEntry {
	readonly event: 'answered';
	readonly id: string;
	readonly approval: ApprovalFields;
}

export interface ReloadEntry {
	readonly event: 'reload';
	readonly accepted: boolean;
	/** The revision in force after this. */
	readonly policy_rev: string;
	/** The revision in force before. */
	readonly from_rev?: string;
	readonly problems?: readonly Problem[];
}

export interface DriverEntry {
	readonly event: 'driver';
	readonly driver: string;
	readonly state: 'up' | 'down';
	readonly reason?: string;
}

interface Patch {
	readonly changed?: readonly Change[];
}

export type DecidedEntry = DecidedFields & Patch & { readonly args?: EntryArgs };
export type AskEntry = AskFields & Patch & { readonly args?: EntryArgs };

/** What the kernel appends. `opened`, `checkpoint` and `closed` are the log's own. */
export type AuditEntry = DecidedEntry | CompletedEntry | AskEntry | AnsweredEntry | ReloadEntry | DriverEntry;

/** Where a chain stood: record `seq` of `run` has this hash. */
export interface Head {
	readonly run: string;
	readonly seq: number;
	readonly hash: string;
}

export interface HostFields {
	readonly pid: number;
	readonly version: string;
	/** The machine. */
	readonly name?: string;
}

/** The first record of a run. */
export interface OpenedFields {
	readonly event: 'opened';
	readonly host: HostFields;
	readonly user: string;
	readonly workspace?: string;
	readonly policy_rev?: string;
	/** The newest run before this one as it stood then; null when there was none. */
	readonly previous: Head | null;
	/** The copied checkpoints as they stood then, so that a line taken out of that file is seen. */
	readonly checkpoints: { readonly bytes: number; readonly sha256: string };
}

export interface CheckpointFields {
	readonly event: 'checkpoint';
	/** Id of the key: the first 16 hex digits of the SHA-256 of its public half (SPKI, DER). */
	readonly key: string;
	/** Ed25519 over the record without `signature` and `hash`, base64; `prev` makes it speak for the whole chain. */
	readonly signature: string;
	/** Set when the file was changed beneath the kernel; such a checkpoint stands among the copies only. */
	readonly reason?: string;
}

export interface ClosedFields {
	readonly event: 'closed';
	readonly reason?: string;
}

/** What every record has. */
export interface Frame {
	readonly v: 1;
	/** 1 for the first of a run, without a gap across its files. */
	readonly seq: number;
	/** ISO 8601, UTC, milliseconds. The clock may go backwards; `seq` never does. */
	readonly time: string;
	readonly run: string;
	/** The hash of the record before; zeros for the first of a run. */
	readonly prev: string;
	/** SHA-256 over the canonical JSON of the record without this member. */
	readonly hash: string;
}

interface Kept {
	readonly args?: RecordArgs;
	/** The fingerprint of a call that was not simply allowed; see `fingerprint.ts`. */
	readonly fp?: string;
	readonly changed?: readonly {
		readonly path: string;
		readonly rule: string;
		readonly from?: Json;
		readonly to?: Json;
	}[];
}

export type DecidedRecord = Frame & DecidedFields & Kept;
export type CompletedRecord = Frame & CompletedEntry;
export type CheckpointRecord = Frame & CheckpointFields;

export type AuditRecord =
	| DecidedRecord
	| CompletedRecord
	| CheckpointRecord
	| (Frame & AskFields & Kept)
	| (Frame & AnsweredEntry)
	| (Frame & ReloadEntry)
	| (Frame & DriverEntry)
	| (Frame & OpenedFields)
	| (Frame & ClosedFields);

/** The fields that name a target. The arguments are not among them: they have a detail level of their own. */
export function targetFields(target: Target): TargetFields {
	const { driver } = target;
	switch (target.kind) {
		case 'tool':
			return { driver, tool: `${driver}/${target.tool}` };
		case 'resource':
			return { driver, resource: target.uri };
		case 'prompt':
			return { driver, prompt: `${driver}/${target.prompt}` };
		case 'method':
			return { driver, target: target.method };
		case 'driver_asks':
			return { driver, target: target.asks };
		default:
			throw target satisfies never;
	}
}

/** The trace id of `_meta.traceparent` (W3C Trace Context, level 1), or undefined when there is no valid one. */
export function traceIdOf(params: JsonObject): string | undefined {
	const text = stringMember(Object.hasOwn(params, '_meta') ? params._meta : undefined, 'traceparent');
	const id =
		text === undefined
			? undefined
			: /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/.exec(text)?.[1];
	return id === undefined || /^0+$/.test(id) ? undefined : id;
}

/** What a record may hold, in the order people read it. */
export const readingOrder = [
	...[
		'v',
		'seq',
		'time',
		'id',
		'parent',
		'event',
		'run',
		'trace_id',
		'host',
		'agent',
		'user',
		'workspace',
		'policy_rev',
	],
	...['from_rev', 'tools_rev', 'mode', 'method', 'driver', 'tool', 'resource', 'prompt', 'target', 'state', 'decision'],
	...['acted', 'final', 'rules', 'command', 'args', 'changed', 'told_agent', 'approval', 'result', 'reason', 'instead'],
	...[
		'fp',
		'repeat',
		'accepted',
		'problems',
		'error',
		'ms',
		'previous',
		'checkpoints',
		'key',
		'signature',
		'prev',
		'hash',
	],
] as const;
const places: ReadonlyMap<string, number> = new Map(readingOrder.map((name, index) => [name, index]));

/** Where a member stands in {@link readingOrder}; undefined for one that no record of this version has. */
export function placeOf(name: string): number | undefined {
	return places.get(name);
}

/** The same members in the order people read them; absent ones left out, unknown ones before `prev`. */
export function inReadingOrder<T extends object>(fields: T): T {
	const rank = (name: string) => placeOf(name) ?? readingOrder.length - 2.5;
	const members = Object.entries(fields).filter(([, value]) => value !== undefined);
	return Object.fromEntries(members.sort(([a], [b]) => rank(a) - rank(b))) as T;
}
