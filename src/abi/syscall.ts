// One MCP request as the kernel sees it, whoever sent it and wherever it goes.
import { type Json, type JsonObject, member, stringMember } from './json.ts';
import type { CallId, DriverName } from './names.ts';

/** Who asks. Policy matches `agent` only: `clientInfo` is what a client says of itself, so it is recorded, never matched. */
export interface Caller {
	/** `--agent` on stdio, the key's owner on HTTP, else `unidentified`. */
	readonly agent: string;
	/** Whose driver processes serve this caller; two principals never share one. */
	readonly principal: string;
	/** The kernel's own id of this connection. */
	readonly session: string;
	/** The public id of the key that was presented: recorded, never matched. */
	readonly key?: string | undefined;
	/** The client's `clientInfo`, as it gave it. */
	readonly client?: { readonly name: string; readonly version: string };
	/** How its requests come, and in which revision of MCP: traced, never matched. */
	readonly transport?: 'pipe' | 'tcp';
	readonly protocol?: string;
}

/** A request from a client to a driver, in the driver's own words (no name prefix). */
export interface Syscall {
	readonly id: CallId;
	readonly caller: Caller;
	readonly driver: DriverName;
	/** JSON-RPC method: `tools/call`, `resources/read`, a vendor's own … */
	readonly method: string;
	readonly params: JsonObject;
	/** Envelope members that JSON-RPC does not define; they cross untouched. */
	readonly extra: JsonObject;
	/** The id that the client gave its request, as JSON: traced, never matched, and in no message to a driver. */
	readonly requestId?: string | undefined;
}

/** What a rule can match: derived from method and params, never stored beside them. */
export type Target =
	| { readonly kind: 'tool'; readonly driver: DriverName; readonly tool: string; readonly args: JsonObject }
	| { readonly kind: 'resource'; readonly driver: DriverName; readonly uri: string; readonly method: string }
	| {
			readonly kind: 'prompt';
			readonly driver: DriverName;
			readonly prompt: string;
			readonly args: JsonObject;
			readonly method: string;
	  }
	| { readonly kind: 'method'; readonly driver: DriverName; readonly method: string; readonly params: JsonObject }
	| {
			readonly kind: 'driver_asks';
			readonly driver: DriverName;
			readonly asks: DriverAsk;
			readonly params: JsonObject;
	  };

/** What a driver may ask of the client; `other` is any request MCP does not define. */
export type DriverAsk = 'sampling' | 'elicitation' | 'roots' | 'other';

const none: JsonObject = Object.freeze({});
const object = (value: Json | undefined): JsonObject =>
	typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : none;

/** What `call` is aimed at, read from its method and params (MCP 2025-11-25 method names). */
export function targetOf(call: Pick<Syscall, 'driver' | 'method' | 'params'>): Target {
	const { driver, method, params } = call;
	switch (method) {
		case 'tools/call':
			return {
				kind: 'tool',
				driver,
				tool: stringMember(params, 'name') ?? '',
				args: object(member(params, 'arguments')),
			};
		case 'prompts/get':
			return {
				kind: 'prompt',
				driver,
				prompt: stringMember(params, 'name') ?? '',
				args: object(member(params, 'arguments')),
				method,
			};
		case 'resources/read':
		case 'resources/subscribe':
		case 'resources/unsubscribe':
			return { kind: 'resource', driver, uri: stringMember(params, 'uri') ?? '', method };
		case 'completion/complete': {
			// A completion reads the prompt or resource it completes, so it is judged as that.
			const ref = member(params, 'ref');
			const uri = stringMember(ref, 'uri');
			if (uri !== undefined) return { kind: 'resource', driver, uri, method };
			return { kind: 'prompt', driver, prompt: stringMember(ref, 'name') ?? '', args: completed(params), method };
		}
		default:
			return { kind: 'method', driver, method, params };
	}
}

/** The arguments so far and the one being typed; both values where it is among them, for a server may read either. */
function completed(params: JsonObject): JsonObject {
	const given = object(member(member(params, 'context'), 'arguments'));
	const typed = member(params, 'argument');
	const name = stringMember(typed, 'name') ?? '';
	const value = member(typed, 'value') ?? null;
	return { ...given, [name]: Object.hasOwn(given, name) ? [given[name] as Json, value] : value };
}

/** Which of the things a rule can name a driver's request is. */
export function driverAsk(method: string): DriverAsk {
	switch (method) {
		case 'sampling/createMessage':
			return 'sampling';
		case 'elicitation/create':
			return 'elicitation';
		case 'roots/list':
			return 'roots';
		default:
			return 'other';
	}
}
