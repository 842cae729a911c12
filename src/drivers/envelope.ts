// What every request of MCP 2026-07-28 says about itself: revision, client, and what the client can do.
import type { Hello } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import { metaKeys, modernRevision } from '../abi/protocol.ts';

/** Says it of a request, whatever the client itself wrote there; answers to questions of the server are the kernel's to give. */
export type Wrap = (params: JsonObject, logLevel?: string) => JsonObject;

const reserved: ReadonlySet<string> = new Set(Object.values(metaKeys));

export function wrapFor({ capabilities, clientInfo }: Hello): Wrap {
	const about: JsonObject = {
		[metaKeys.protocolVersion]: modernRevision,
		...(isImplementation(clientInfo) ? { [metaKeys.clientInfo]: clientInfo } : {}),
		[metaKeys.clientCapabilities]: modernCapabilities(capabilities),
	};
	return (params, logLevel) => {
		const { inputResponses: _responses, requestState: _state, ...rest } = params;
		return {
			...rest,
			_meta: {
				...withoutReserved(member(params, '_meta')),
				...about,
				...(logLevel === undefined ? {} : { [metaKeys.logLevel]: logLevel }),
			},
		};
	};
}

/** Without what ended with 2025-11-25: servers that keep tasks with the client, and roots that announce changes. */
function modernCapabilities(capabilities: JsonObject): JsonObject {
	const { tasks: _tasks, ...rest } = capabilities;
	return rest['roots'] === undefined ? rest : { ...rest, roots: {} };
}

function withoutReserved(meta: Json | undefined): JsonObject {
	if (!isJsonObject(meta)) return {};
	return Object.fromEntries(Object.entries(meta).filter(([key]) => !reserved.has(key)));
}

/** A server may refuse a request for a client whose name or version is none. */
function isImplementation(clientInfo: JsonObject): boolean {
	return stringMember(clientInfo, 'name') !== undefined && stringMember(clientInfo, 'version') !== undefined;
}
