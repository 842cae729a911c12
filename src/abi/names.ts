// The names people and programs call things by, and the only parsers that make them.

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A loaded MCP server: `[a-z0-9-]{1,20}`. */
export type DriverName = Branded<'DriverName'>;
/** What policies call a tool: `driver/tool`, the tool part exactly as the driver spells it. */
export type ToolName = Branded<'ToolName'>;
/** What clients call a tool: `^[a-zA-Z0-9_-]{1,64}$`. */
export type WireName = Branded<'WireName'>;
/** The id of a rule in a policy file: `[a-z0-9][a-z0-9._/-]{0,79}`; `kernel/` is kept for the kernel's own. */
export type RuleId = Branded<'RuleId'>;
/** The kernel's own id of one call; the `decided` and `completed` records share it. */
export type CallId = Branded<'CallId'>;

/** The kernel's own driver; no server may be called so. */
export const ownDriver = 'trapgate' as DriverName;

const driverPattern = /^[a-z0-9-]{1,20}$/;
const rulePattern = /^[a-z0-9][a-z0-9._/-]{0,79}$/;

/** Returns the name, or undefined when `text` is not a valid driver name. */
export function parseDriverName(text: string): DriverName | undefined {
	return driverPattern.test(text) ? (text as DriverName) : undefined;
}

/** May an agent be called so? Nothing in it that a log line, a glob or a terminal could take for something else. */
export function isAgentId(text: string): boolean {
	return /^[\w@./:-]{1,100}$/.test(text);
}

/** Returns the id, or undefined when `text` is not a valid rule id. */
export function parseRuleId(text: string): RuleId | undefined {
	return rulePattern.test(text) && !text.startsWith('kernel/') ? (text as RuleId) : undefined;
}

/** The id of a rule that the kernel itself holds, in every policy and mode. */
export function kernelRule(name: 'protected-files' | 'trap'): RuleId {
	return `kernel/${name}` as RuleId;
}

/** `driver/tool` for people and policies. */
export function toolName(driver: DriverName, tool: string): ToolName {
	return `${driver}/${tool}` as ToolName;
}

/** Splits `driver/tool` at its first slash; undefined when either part is missing. */
export function parseToolName(text: string): { driver: DriverName; tool: string } | undefined {
	const slash = text.indexOf('/');
	const driver = slash > 0 ? parseDriverName(text.slice(0, slash)) : undefined;
	const tool = text.slice(slash + 1);
	return driver !== undefined && tool !== '' ? { driver, tool } : undefined;
}

/** Marks a string the kernel made as a call id. */
export function callId(text: string): CallId {
	return text as CallId;
}

/** Marks a string `syscall-table.ts` derived as a wire name; throws when no client would accept it. */
export function wireName(text: string): WireName {
	if (!/^[a-zA-Z0-9_-]{1,64}$/.test(text)) throw new TypeError(`not a wire name: ${JSON.stringify(text)}`);
	return text as WireName;
}
