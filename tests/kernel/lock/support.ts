// Locks and listings for tests.
import type { Json, JsonObject } from '../../../src/abi/json.ts';
import type { DriverName } from '../../../src/abi/names.ts';
import { acceptAll } from '../../../src/kernel/lock/accept.ts';
import type { DriverListing, Listing } from '../../../src/kernel/lock/listing.ts';
import { type Lock, type LockedKind, nameIn } from '../../../src/kernel/lock/lock.ts';

export const notes = 'notes' as DriverName;

export function tool(name: string, more: JsonObject = {}): JsonObject {
	return { name, description: `Does ${name}.`, inputSchema: { type: 'object', properties: {} }, ...more };
}

/** What one driver, `notes`, lists. */
export function listingOf(
	lists: { readonly [Kind in LockedKind]?: readonly Json[] },
	driver: DriverName = notes,
): Listing {
	const byName = (kind: LockedKind) =>
		new Map((lists[kind] ?? []).map((entry) => [nameIn(kind, entry) ?? '', entry] as const));
	const listing: DriverListing = {
		instructions: byName('instructions'),
		tool: byName('tool'),
		prompt: byName('prompt'),
		template: byName('template'),
	};
	return { drivers: new Map([[driver, listing]]), remarks: [] };
}

export function lockOf(...tools: readonly JsonObject[]): Lock {
	return acceptAll(listingOf({ tool: tools }));
}
