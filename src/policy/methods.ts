// The methods that MCP itself defines for clients; any other is a vendor's own.

const protocolMethods: ReadonlySet<string> = new Set([
	'initialize',
	'ping',
	'tools/list',
	'tools/call',
	'prompts/list',
	'prompts/get',
	'resources/list',
	'resources/templates/list',
	'resources/read',
	'resources/subscribe',
	'resources/unsubscribe',
	'completion/complete',
	'logging/setLevel',
	'tasks/get',
	'tasks/result',
	'tasks/list',
	'tasks/cancel',
	'notifications/initialized',
	'notifications/cancelled',
	'notifications/progress',
	'notifications/roots/list_changed',
	'notifications/tasks/status',
]);

/** MCP 2025-11-25 and older. */
export function isProtocolMethod(method: string): boolean {
	return protocolMethods.has(method);
}

/** One of MCP's own that wants an answer. */
export function isRequestMethod(method: string): boolean {
	return isProtocolMethod(method) && !method.startsWith('notifications/');
}
