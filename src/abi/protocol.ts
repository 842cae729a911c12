// Words of MCP 2026-07-28 that both edges of the kernel use.

/** The revision that has no `initialize`: every request says for itself which revision it is in. */
export const modernRevision = '2026-07-28';

/** Members of `_meta` that the revision reserves for itself. */
export const metaKeys = {
	protocolVersion: 'io.modelcontextprotocol/protocolVersion',
	clientInfo: 'io.modelcontextprotocol/clientInfo',
	clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
	logLevel: 'io.modelcontextprotocol/logLevel',
	serverInfo: 'io.modelcontextprotocol/serverInfo',
	subscriptionId: 'io.modelcontextprotocol/subscriptionId',
} as const;

export const modernErrors = {
	headerMismatch: -32020,
	missingClientCapability: -32021,
	unsupportedProtocolVersion: -32022,
} as const;

/** No revision before it has codes from here… */
const reservedFrom = -32_099;
/** …to here. */
const reservedTo = -32_020;

/** Is this an error code that only MCP 2026-07-28 and later give a meaning to? */
export function isModernErrorCode(code: unknown): boolean {
	return typeof code === 'number' && code >= reservedFrom && code <= reservedTo;
}
