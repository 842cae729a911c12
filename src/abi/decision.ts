// The question the kernel puts to the policy, and the answer.
import type { CommandReader } from './command.ts';
import type { Json, JsonObject } from './json.ts';
import type { RuleId } from './names.ts';
import type { Place } from './problem.ts';
import type { Target } from './syscall.ts';

/** The words of machine output (`explain`, the log). */
export type Verdict = 'allowed' | 'rewritten' | 'denied' | 'asked' | 'hidden' | 'contained' | 'errored';

export type Mode = 'enforce' | 'warn' | 'observe';

/** What an argument means to the server: a path, a URL, SQL. */
export type ArgumentRole = 'any_path' | 'any_url' | 'any_sql';

/** How what a driver lists compares with what a person accepted in trapgate.lock. */
export type LockState = 'accepted' | 'changed' | 'new';

/** What is known about a tool beside the call: its definition as the driver listed it, and what a person confirmed of it. */
export interface ToolFacts {
	readonly definition: JsonObject;
	/** Absent where nobody confirmed it: then the tool writes. */
	readonly effect?: 'read' | 'write';
	/** By JSON Pointer of the parameter, array indices left out; absent where nobody looked, empty where there is none. */
	readonly roles?: Readonly<Record<string, ArgumentRole>>;
	/** What was confirmed was another definition: it still restricts, and opens nothing any more. */
	readonly isChanged?: true;
}

/** One question. Everything the answer depends on is in here or comes through the ports. */
export interface Request {
	readonly target: Target;
	readonly agent: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The directory relative paths of this driver resolve against; absolute. */
	readonly cwd: string;
	/** JSON Pointers of the arguments that carry shell text or an argv (`/command` for the built-in shell); empty for other tools. */
	readonly commandsAt?: readonly string[];
	/** The kernel's own shell: it is bash, starts in `/cwd` and gets `/stdin`. Of other tools nobody knows any of that. */
	readonly isBuiltinShell?: boolean;
	/** It would run in the runtime ring, where every gated program is judged as it is executed. */
	readonly isContained?: boolean;
	/**
	 * Something that a tool has started executes a program: `/command` is its argv (or a text), `/cwd` where it stands.
	 * The tool itself runs already, so only what is said of commands, and what refuses the tool, has a say.
	 */
	readonly isTrap?: boolean;
	/** Absent when the driver has not listed this tool (`explain` without drivers, examples). */
	readonly tool?: ToolFacts;
	/** Of the tool or prompt; absent where nothing is listed or compared (examples). */
	readonly lock?: LockState;
	/** For resources and prompts: does this driver have a tool that this caller may use? */
	readonly driverHasAllowedTool?: boolean;
	/** This driver has a tool that carries commands (`commands:`), so its prompts may run some too, and nobody reads those. */
	readonly driverRunsCommands?: boolean;
}

/** A path as text and as the file system has it. */
export interface PathForms {
	/** Absolute, `.` and `..` resolved by text only. */
	readonly lexical: string;
	/** Symlinks resolved, through the deepest ancestor that exists. */
	readonly real: string;
	/** Where it leads when `..` is taken behind symlinks, as the system does and libraries don't; absent where that is `real`. */
	readonly physical?: string;
}

/** What policy may ask of the world; the kernel wires it, `explain` and tests may fake it. */
export interface Ports {
	/** Resolves a path argument; undefined when it can't be resolved (NUL, a loop): then deny matches and allow does not. */
	resolvePath(text: string, cwd: string): PathForms | undefined;
	/** Reads and changes shell text. */
	readonly commands: CommandReader;
	/** The git branch checked out in an absolute directory; undefined when that can't be told. */
	branchOf?(directory: string): string | undefined;
}

/** One argument that a rule changed. */
export interface Change {
	/** JSON Pointer (RFC 6901) into the arguments. */
	readonly path: string;
	readonly from?: Json;
	readonly to?: Json;
	readonly rule: RuleId;
}

/** How a person is asked. */
export interface AskTerms {
	readonly prompt?: string;
	/** What to show: `command`, `cwd`, `agent`, `args`, or a parameter's name. */
	readonly show: readonly string[];
	readonly timeoutMs: number;
	readonly remember: 'no' | 'exact-call';
}

/** Where a rule that took part stands. */
export interface RuleRef {
	readonly id: RuleId;
	readonly effect: string;
	readonly where?: Place;
	/** Which form it matched: the call as asked, the final one, or both. */
	readonly matched: 'asked' | 'final' | 'both';
	/** The first command that a rule about commands matched: its program and sub-commands, `git push`. */
	readonly command?: string;
}

/** A limit that a call counts against, unless something else refuses it. */
export interface LimitUse {
	readonly rule: RuleRef;
	/** Calls of everybody together, or of the one agent who asks. */
	readonly scope: 'agent' | 'everyone';
	readonly calls: number;
	readonly perMs: number;
	/** What happens when it is used up: only `enforce` refuses. */
	readonly mode: Mode;
	readonly reason?: string;
	readonly instead?: string;
}

/** The answer: what would be done, whether it is done in this mode, and why. */
export interface Decision {
	readonly verdict: Verdict;
	/** False in warn and observe mode when the verdict would have stopped or changed the call: then the call as asked goes through. */
	readonly acted: boolean;
	readonly mode: Mode;
	/** Every rule that took part, strictest first; empty for a default. */
	readonly because: readonly RuleRef[];
	readonly reason?: string;
	readonly instead?: string;
	/** The target as it shall run (pins, narrowing and rewrites applied); the asked one when nothing changed. Frozen. */
	readonly final: Target;
	readonly changes: readonly Change[];
	/** Set when the verdict is `asked`. */
	readonly ask?: AskTerms;
	/** Absent when there are none, and for a call that does not go through anyway. */
	readonly limits?: readonly LimitUse[];
	/** Set when the verdict is `errored`: what failed, for the log; the call is refused. */
	readonly error?: string;
}
