// Words that the protocol itself says in every message: no secret can be in them, and a message without them is none.

/** Names of members of MCP messages (2025-11-25) and of JSON Schema. */
const names = `
	method params extra result error code message data _meta progressToken progress total level logger
	content contents text type blob mimeType resource uri annotations audience priority lastModified structuredContent isError
	tools prompts resources resourceTemplates uriTemplate name title description arguments icons src sizes theme size nextCursor
	inputSchema outputSchema execution taskSupport readOnlyHint destructiveHint idempotentHint openWorldHint
	messages role completion values hasMore toolUseId input id
	task tasks taskId status statusMessage createdAt lastUpdatedAt ttl pollInterval
	capabilities instructions experimental listChanged subscribe logging completions sampling elicitation roots list cancel requests
	form url call create context requestedSchema mode elicitationId systemPrompt maxTokens temperature stopSequences metadata
	modelPreferences hints includeContext costPriority speedPriority intelligencePriority toolChoice model stopReason action
	requestId reason
	$schema $id $ref $defs $comment definitions properties required items prefixItems contains additionalProperties
	patternProperties propertyNames dependentRequired dependentSchemas unevaluatedProperties unevaluatedItems additionalItems
	enum enumNames const default examples minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern
	format minItems maxItems uniqueItems minProperties maxProperties anyOf oneOf allOf not if then else
	contentEncoding contentMediaType deprecated readOnly writeOnly
`;

const protocolNames: ReadonlySet<string> = new Set(names.split(/\s+/).filter((name) => name !== ''));

/** Members whose texts the protocol says, and which. */
const protocolTexts: ReadonlyMap<string, ReadonlySet<string>> = new Map([
	[
		'type',
		new Set([
			...['text', 'image', 'audio', 'resource', 'resource_link', 'tool_use', 'tool_result'],
			...['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'],
		]),
	],
	['role', new Set(['user', 'assistant'])],
	['status', new Set(['working', 'input_required', 'completed', 'failed', 'cancelled'])],
	['level', new Set(['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'])],
	['mode', new Set(['form', 'url'])],
]);

export function isProtocolName(name: string): boolean {
	return protocolNames.has(name);
}

/** A text that stands under this name, or in a list under it. */
export function isProtocolText(name: string | undefined, text: string): boolean {
	return name !== undefined && (protocolTexts.get(name)?.has(text) ?? false);
}
