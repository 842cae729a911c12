// What a policy file says once it is parsed: the shapes that load makes and compile reads.

import type { AskTerms, LockState, Mode } from '../abi/decision.ts';
import type { Json } from '../abi/json.ts';
import type { RuleId } from '../abi/names.ts';
import type { Place } from '../abi/problem.ts';
import type { DriverAsk } from '../abi/syscall.ts';
import type { SqlKind } from './sql-kinds.ts';

/** Who wrote a policy. A project file is one the agent may be able to write. */
export type Layer = 'organisation' | 'user' | 'project' | 'run';

/** A condition on one value. Every member that is present must hold; a list of alternatives holds when one does. */
export interface ValueTest {
	readonly is?: readonly Json[];
	readonly not?: readonly Json[];
	/** Path globs for roles and path-like values, plain text globs elsewhere. */
	readonly glob?: readonly string[];
	/** Resolved path at or below one of these. */
	readonly inside?: readonly string[];
	/** Resolved path at or below none of these. */
	readonly outside?: readonly string[];
	/** RE2 syntax, unanchored, linear time. */
	readonly matches?: readonly string[];
	/** Inclusive. */
	readonly min?: Json;
	/** Inclusive. */
	readonly max?: Json;
	/** Exclusive. */
	readonly above?: Json;
	/** Exclusive. */
	readonly below?: Json;
	/** True: the parameter is there; false: it is not. */
	readonly present?: boolean;
	/** SQL with a statement of another kind than these: `select`, `explain`, `insert` … */
	readonly statement_other_than?: readonly SqlKind[];
}

/** A condition on one fact of a command. Texts are globs, of paths where the fact is about paths. Every member must hold. */
export interface FactTest {
	readonly is?: readonly Json[];
	readonly not?: readonly Json[];
	readonly glob?: readonly string[];
	/** At or below one of these. */
	readonly inside?: readonly string[];
	/** At or below none of these. */
	readonly outside?: readonly string[];
}

/** What a rule matches. Members are joined by "and", the alternatives in one member by "or". */
export interface Match {
	readonly tool?: readonly string[];
	readonly resource?: readonly string[];
	readonly prompt?: readonly string[];
	readonly method?: readonly string[];
	readonly driver_asks?: readonly DriverAsk[];
	/** Driver-name globs. */
	readonly from?: readonly string[];
	readonly effect?: 'read' | 'write';
	/** By parameter name, JSON Pointer (`/a/0/b`), or role (`any_path`, `any_url`, `any_sql`). */
	readonly args?: Readonly<Record<string, ValueTest>>;
	/** Program patterns with sub-commands (`git push`, `pip {install,uninstall}`). */
	readonly command?: readonly string[];
	readonly flags?: readonly string[];
	readonly facts?: Readonly<Record<string, FactTest>>;
	/** Programs named in an argument of a program that may run it. */
	readonly mentions?: readonly string[];
}

/** `except` takes away from a match; `under` is the lineage of a command. */
export interface Except extends Match {
	readonly under?: readonly string[];
}

/** Days and minutes of a week in a zone: `Mon-Thu 09:00-16:00`. Days 0 = Sunday; minutes since midnight, end exclusive. */
export interface WeekWindow {
	readonly days: readonly number[];
	readonly fromMinute: number;
	readonly toMinute: number;
}

export interface When {
	/** Agent-id globs. */
	readonly agent?: readonly string[];
	/** Each variable: one of these values (a text glob), or `present`. */
	readonly env?: Readonly<Record<string, readonly string[]>>;
	readonly time?: {
		readonly inside?: readonly WeekWindow[];
		readonly outside?: readonly WeekWindow[];
		/** IANA zone name; checked at load. */
		readonly zone: string;
		/** ISO dates, inclusive start, exclusive end, in milliseconds since the epoch. */
		readonly after?: number;
		readonly before?: number;
	};
	/** A CEL expression. */
	readonly cel?: string;
}

/** What `narrow` does to one parameter. */
export interface Narrowing {
	readonly drop?: boolean;
	readonly min?: number;
	readonly max?: number;
	readonly maxLength?: number;
	readonly pattern?: string;
	readonly enum?: readonly Json[];
	/** Do not fill an absent optional parameter with the bound. */
	readonly optional?: boolean;
}

/** What `rewrite` does to one argument. */
export type ParamRewrite =
	| { readonly op: 'set'; readonly value: Json }
	| { readonly op: 'default'; readonly value: Json }
	| { readonly op: 'remove' }
	| { readonly op: 'replace'; readonly pattern: string; readonly with: string };

/** A new argv for one command; applied by the shell analyser. */
export interface CommandRewrite {
	readonly prepend?: readonly string[];
	readonly program?: string;
	readonly replace_prefix?: readonly string[];
	readonly drop_flags?: readonly string[];
}

/** How often something may happen. */
export interface Rate {
	readonly calls: number;
	readonly perMs: number;
	/** Whose calls count together. */
	readonly scope: 'agent' | 'everyone';
}

/** What is taken out of results, and what takes its place. */
export interface Redaction {
	/** `detector:<name>` or `regex:<pattern>`. */
	readonly find: readonly string[];
	/** `${kind}` in it is the kind of secret. */
	readonly replace: string;
}

/** How long a result may be. */
export interface Truncation {
	readonly maxTokens: number;
	readonly keep: 'head+tail' | 'head' | 'tail';
	/** The whole stays readable in pages. */
	readonly spill: boolean;
}

/** What a process may do; a member that is absent restricts nothing. */
export interface SandboxTerms {
	readonly read?: readonly string[];
	readonly write?: readonly string[];
	/** Hosts; empty for none. */
	readonly network?: readonly string[];
}

/** Exactly one per rule. */
export type Action =
	| { readonly kind: 'hide' }
	| { readonly kind: 'deny' }
	| { readonly kind: 'allow' }
	| { readonly kind: 'ask'; readonly terms: AskTerms }
	| { readonly kind: 'pin'; readonly params: Readonly<Record<string, Json>> }
	| { readonly kind: 'narrow'; readonly params: Readonly<Record<string, Narrowing>> }
	| { readonly kind: 'rewrite'; readonly params: Readonly<Record<string, ParamRewrite>> }
	| { readonly kind: 'rewrite-command'; readonly command: CommandRewrite }
	| { readonly kind: 'lock' }
	| { readonly kind: 'limit'; readonly rate: Rate }
	| { readonly kind: 'redact'; readonly redaction: Redaction }
	| { readonly kind: 'truncate'; readonly truncation: Truncation }
	| { readonly kind: 'sandbox'; readonly terms: SandboxTerms };

export interface Example {
	readonly call?: string;
	readonly run?: string;
	readonly resource?: string;
	readonly prompt?: string;
	readonly args?: Readonly<Record<string, Json>>;
	readonly agent?: string;
	/** ISO 8601 with offset. */
	readonly at?: string;
	readonly env?: Readonly<Record<string, string>>;
	readonly branch?: string;
	readonly effect?: 'read' | 'write';
	readonly lock?: LockState;
	/** The how-manieth such call in one period of a limit; 1 unless told. */
	readonly nth?: number;
	readonly is?: 'allowed' | 'denied' | 'asked' | 'hidden' | 'unchanged';
	/** What the call gives back: text, or the structured part. Then only rules about results are judged. */
	readonly result?: Json;
	/** How much it gives back, where it does not matter what. */
	readonly tokens?: number;
	/** Arguments for a call, text for a run; of a result, the same kind as that. */
	readonly becomes?: Json;
	readonly where: Place;
}

export interface Rule {
	readonly id: RuleId;
	readonly where: Place;
	readonly layer: Layer;
	readonly match: Match;
	readonly except: readonly Except[];
	readonly when?: When;
	readonly action: Action;
	readonly actionWhere: Place;
	/** The key `match`. */
	readonly matchWhere?: Place;
	readonly mode?: Mode;
	readonly ring?: 'runtime';
	readonly reason?: string;
	readonly instead?: string;
	readonly examples: readonly Example[];
	/** The lists this rule may name: those of its own file and of the root. */
	readonly lists: Readonly<Record<string, readonly Json[]>>;
	/** Exact text of the rule's source, for revisions and for telling a changed rule from an unchanged one. */
	readonly source: string;
	/** Where that text begins. */
	readonly sourceWhere?: Place;
}

export interface Defaults {
	readonly tool?: 'deny' | 'allow' | 'ask';
	readonly other?: 'deny' | 'allow';
	readonly command?: 'allow' | 'ask' | 'deny';
	readonly unparsed?: 'deny' | 'ask' | 'contain';
	readonly mention?: 'allow' | 'ask' | 'contain' | 'deny';
}

/** An exception with an end and a name. */
export interface Waiver {
	readonly rule: RuleId;
	readonly match: Match;
	/** Milliseconds since the epoch, exclusive. */
	readonly until: number;
	readonly approvedBy: string;
	readonly ticket?: string;
	readonly where: Place;
	readonly layer: Layer;
}

/** One file's worth of policy. */
export interface Policy {
	readonly name: string;
	/** Named as `pack:…`: written for many projects. */
	readonly isPack?: boolean;
	readonly file: string;
	readonly layer: Layer;
	readonly mode?: Mode;
	readonly defaults: Defaults;
	readonly rules: readonly Rule[];
	readonly waivers: readonly Waiver[];
	readonly lists: Readonly<Record<string, readonly Json[]>>;
}
