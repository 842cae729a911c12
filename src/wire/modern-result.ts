// Results as 2026-07-28 wants them: what the revision adds is spliced in, every other byte stays.
import type { Reply } from '../abi/driver.ts';
import { isJsonObject, type JsonObject, member, stringMember } from '../abi/json.ts';
import { isModernErrorCode, metaKeys, modernErrors } from '../abi/protocol.ts';
import { rawJson, readJson, skimJson, writeJson } from './json.ts';
import { foldKey } from './json-keys.ts';
import { errorReply } from './message.ts';

export interface ResultShape {
	readonly method: string;
	/** Who we are, for `_meta`. */
	readonly serverInfo: JsonObject;
	/** May a result of this type, of an extension, reach this client? */
	readonly allows: (resultType: string) => boolean;
	/** Did this client not say that it can do that? */
	readonly lacks: (capability: string) => boolean;
}

/** Methods whose results say how long they may be kept (`CacheableResult`). */
const cacheable: ReadonlySet<string> = new Set([
	'tools/list',
	'prompts/list',
	'resources/list',
	'resources/templates/list',
	'resources/read',
	'server/discover',
]);

/** What only whoever answers this client may say, in the spelling of any reader that ignores case. */
const reserved: ReadonlySet<string> = new Set(
	['resultType', 'ttlMs', 'cacheScope', 'inputRequests', 'requestState'].map(foldKey),
);

/**
 * An answer of the kernel or of a driver as a complete result. Stale at once and for nobody else: what a caller may
 * see changes with the policy, and differs from caller to caller.
 */
export function completed(reply: Reply, shape: ResultShape): Reply {
	if (!reply.ok) return translatedError(reply, shape);
	const { text } = reply.body;
	const skimmed = skimJson(text, { build: (key) => foldKey(key) === 'resulttype' || key === '_meta' });
	if (!skimmed.ok || skimmed.kind !== 'object') return errorReply(-32603, 'the result is not an object');
	const ours = skimmed.spans.filter(({ key = '' }) => key === '_meta' || reserved.has(foldKey(key)));
	const stated = ours.find(({ key = '' }) => foldKey(key) === 'resulttype')?.value ?? 'complete';
	// A driver's questions are asked through the kernel, which judges them; in a result nobody would have.
	if (stated === 'input_required')
		return errorReply(
			-32603,
			'The action may have RUN. Its result asks for input in a way that nobody judged, and is withheld.',
		);
	if (typeof stated !== 'string' || (stated !== 'complete' && !shape.allows(stated)))
		return errorReply(
			-32603,
			`The action may have RUN. Its result is of a type (${writeJson(stated)}) that this client does not know.`,
		);
	const meta = ours.find(({ key }) => key === '_meta')?.value;
	const head = writeJson({
		resultType: stated,
		...(cacheable.has(shape.method) ? { ttlMs: 0, cacheScope: 'private' } : {}),
		_meta: { ...(isJsonObject(meta) ? meta : {}), [metaKeys.serverInfo]: shape.serverInfo },
	}).slice(0, -1);
	const rest =
		ours.length === 0
			? text.slice(text.indexOf('{') + 1)
			: `${skimmed.spans
					.filter((span) => !ours.includes(span))
					.map(({ key = '', start, end }) => `${JSON.stringify(key)}:${text.slice(start, end)}`)
					.join(',')}}`;
	const isEmpty = ours.length === skimmed.spans.length;
	return { ...reply, body: rawJson(isEmpty ? `${head}}` : `${head},${rest}`) };
}

/**
 * Codes that older revisions gave away are not used again, and those that 2026-07-28 keeps for itself are the
 * business of two neighbours, of which a driver is not one of this client's. What a server lacks of its client is told
 * only of what this very client lacks: we may have kept from the server what the client said.
 */
function translatedError(reply: Reply, { lacks }: ResultShape): Reply {
	const body = reply.body.value();
	const code = member(body, 'code');
	const requiredCapabilities = member(member(body, 'data'), 'requiredCapabilities');
	const required = isJsonObject(requiredCapabilities) ? Object.keys(requiredCapabilities) : [];
	if (code === -32603 && required.length > 0 && required.every(lacks))
		return errorReply(modernErrors.missingClientCapability, stringMember(body, 'message') ?? '', {
			requiredCapabilities: Object.fromEntries(required.map((name) => [name, {}])),
		});
	const isKept = code !== -32002 && !isModernErrorCode(code);
	if (isKept || !isJsonObject(body)) return reply;
	return { ...reply, body: rawJson(writeJson({ ...body, code: code === -32002 ? -32602 : -32603 })) };
}

/** The JSON value that an id stands for. */
export function idValue(id: string): string | number {
	const read = readJson(id);
	if (!read.ok) throw new TypeError(`not an id: ${id}`);
	return read.value as string | number;
}
