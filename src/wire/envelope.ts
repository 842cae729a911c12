// The envelope of a request since MCP 2026-07-28: what the client says of itself, in `_meta` of every request.
import { isJsonObject, type Json, type JsonObject, member } from '../abi/json.ts';
import { metaKeys, modernErrors, modernRevision } from '../abi/protocol.ts';

/** The revisions that are spoken without an introduction, newest first. */
export const modernVersions: readonly string[] = [modernRevision];
/** The revisions that begin with `initialize`, oldest first. */
export const olderVersions: readonly string[] = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];

const {
	protocolVersion: versionKey,
	clientCapabilities: capabilitiesKey,
	clientInfo: clientKey,
	logLevel: levelKey,
} = metaKeys;
const ownKeys: ReadonlySet<string> = new Set([versionKey, capabilitiesKey, clientKey, levelKey]);

/** Least urgent first (RFC 5424). */
export const logLevels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Envelope {
	readonly version: string;
	readonly capabilities: JsonObject;
	readonly clientInfo: JsonObject | undefined;
	/** Undefined: no log lines for this request. */
	readonly logLevel: LogLevel | undefined;
}

/** What is wrong with an envelope, as a JSON-RPC error. */
export interface EnvelopeFault {
	readonly code: number;
	readonly message: string;
	readonly data?: JsonObject;
}

/**
 * Does this request belong to the modern era? Looks at what was read already, so an older client's call pays nothing. An
 * introduction may carry an envelope as well; it is one where it says its revision in the older way.
 */
export function isModern(method: string, params: JsonObject | undefined): boolean {
	if (statedVersion(params) === undefined) return false;
	return method !== 'initialize' || member(params, 'protocolVersion') === undefined;
}

/** The revision that the request names, whatever that is. */
export function statedVersion(params: JsonObject | undefined): Json | undefined {
	return member(member(params, '_meta'), versionKey);
}

/** Reads the envelope of a modern request, or says what the specification wants answered instead. */
export function readEnvelope(params: JsonObject | undefined): Envelope | EnvelopeFault {
	const meta = member(params, '_meta');
	const version = member(meta, versionKey);
	const capabilities = member(meta, capabilitiesKey);
	const clientInfo = member(meta, clientKey);
	const level = member(meta, levelKey);
	if (typeof version !== 'string') return invalid(`\`_meta["${versionKey}"]\` must be a string`);
	if (!modernVersions.includes(version)) return unsupported(version);
	if (!isJsonObject(capabilities)) return invalid(`\`_meta["${capabilitiesKey}"]\` must be an object`);
	if (clientInfo !== undefined && !isJsonObject(clientInfo))
		return invalid(`\`_meta["${clientKey}"]\` must be an object`);
	const logLevel = logLevels.find((known) => known === level);
	if (level !== undefined && logLevel === undefined)
		return invalid(`\`_meta["${levelKey}"]\` must be one of ${logLevels.join(', ')}`);
	return { version, capabilities, clientInfo, logLevel };
}

export function isFault(read: Envelope | EnvelopeFault): read is EnvelopeFault {
	return 'code' in read;
}

/** The answer to a revision that is not spoken: `supported` is what an envelope may name, as `server/discover` says it. */
export function unsupported(requested: string): EnvelopeFault {
	return {
		code: modernErrors.unsupportedProtocolVersion,
		message: 'Unsupported protocol version',
		data: { supported: modernVersions, requested },
	};
}

/** The params as a request of an older revision has them: the envelope was for whoever speaks to this client. */
export function withoutEnvelope(params: JsonObject): JsonObject {
	const { _meta: meta, ...rest } = params;
	if (!isJsonObject(meta)) return params;
	const kept = Object.entries(meta).filter(([key]) => !ownKeys.has(key));
	return kept.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(kept) };
}

function invalid(message: string): EnvelopeFault {
	return { code: -32602, message };
}
