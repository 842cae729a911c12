// The introduction of a server of MCP 2026-07-28: nobody shakes hands, it is asked what it is.
import type { Introduction, Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import { TrapgateError } from '../abi/problem.ts';
import { metaKeys, modernErrors, modernRevision } from '../abi/protocol.ts';
import type { Link } from '../wire/link.ts';
import { shortened } from '../wire/message.ts';
import { askFirst, type JunkCount, refusal } from './introduce.ts';

/** Sends `server/discover` with these params. Throws like `introduce`. */
export async function discover(
	link: Link,
	junk: JunkCount,
	params: JsonObject,
	{ timeoutMs, name }: { readonly timeoutMs: number; readonly name: DriverName },
): Promise<Introduction> {
	const ask = () => askFirst(link, junk, { method: 'server/discover', params, timeoutMs });
	let reply = await ask();
	// Who refuses the revision and names it among its own has to be asked with one of those, which is this one.
	if (!reply.ok && supportedIn(reply)?.includes(modernRevision) === true) reply = await ask();
	if (!reply.ok) throw refused(reply) ?? refusal(reply, junk, 'server/discover');
	return readDiscovery(reply.body.value(), name);
}

function readDiscovery(result: Json, name: DriverName): Introduction {
	const versions = member(result, 'supportedVersions');
	const capabilities = member(result, 'capabilities');
	const type = member(result, 'resultType') ?? 'complete';
	if (!isJsonObject(result) || type !== 'complete' || !Array.isArray(versions) || !isJsonObject(capabilities)) {
		throw new TrapgateError('D103', 'the answer to `server/discover` lacks supportedVersions or capabilities');
	}
	if (!versions.includes(modernRevision)) throw otherRevision(versions);
	const instructions = stringMember(result, 'instructions');
	const told = member(member(result, '_meta'), metaKeys.serverInfo);
	return {
		protocolVersion: modernRevision,
		capabilities,
		// A server need not say who it is.
		serverInfo: isJsonObject(told) ? told : { name, version: 'unknown' },
		result,
		...(instructions === undefined ? {} : { instructions }),
	};
}

/** The revisions that an error names; undefined where it is about something else. */
function supportedIn({ body }: Reply): readonly Json[] | undefined {
	const error = body.value();
	if (member(error, 'code') !== modernErrors.unsupportedProtocolVersion) return undefined;
	const supported = member(member(error, 'data'), 'supported');
	return Array.isArray(supported) ? supported : [];
}

function refused(reply: Reply): TrapgateError | undefined {
	const supported = supportedIn(reply);
	return supported === undefined ? undefined : otherRevision(supported);
}

function otherRevision(versions: readonly Json[]): TrapgateError {
	const named = versions.filter((version) => typeof version === 'string').slice(0, 10);
	const which = named.length === 0 ? 'none that it names' : shortened(named.join(', '));
	return new TrapgateError('D105', `the server does not speak revision ${modernRevision} of MCP, but ${which}`, {
		help: 'leave `protocol:` out, so that the revision is found out',
	});
}
