// A lock with one more thing accepted, as a person said.
import type { Json } from '../../abi/json.ts';
import type { Difference } from './differences.ts';
import { isKept, type Listing } from './listing.ts';
import { type Confirmed, type DriverLock, definitionHash, Lock, type LockEntry, type LockedKind } from './lock.ts';

/** The lock in which this difference is none any more. `confirmed` is what a person said of a tool, if one did. */
export function accept(lock: Lock, difference: Difference, confirmed?: Confirmed): Lock {
	const { driver, kind, name, after } = difference;
	const held = lock.drivers.get(driver) ?? emptyDriver();
	const entries = new Map(held[kind]);
	if (after === undefined) entries.delete(name);
	else entries.set(name, entryOf(name, after, confirmed));
	const drivers = new Map(lock.drivers);
	const next = { ...held, [kind]: entries };
	if (Object.values(next).some(({ size }) => size > 0)) drivers.set(driver, next);
	else drivers.delete(driver);
	return new Lock(drivers);
}

/** Everything that these drivers list, as it is now, with nothing said of what it does. */
export function acceptAll({ drivers }: Listing): Lock {
	return new Lock(
		new Map(
			[...drivers].map(([driver, listing]) => {
				const locked = (kind: LockedKind) =>
					new Map([...listing[kind]].map(([name, definition]) => [name, entryOf(name, definition, undefined)]));
				return [
					driver,
					{
						instructions: locked('instructions'),
						tool: locked('tool'),
						prompt: locked('prompt'),
						template: locked('template'),
					},
				];
			}),
		),
	);
}

function entryOf(name: string, definition: Json, confirmed: Confirmed | undefined): LockEntry {
	return {
		name,
		sha256: definitionHash(definition),
		definition: isKept(definition) ? definition : undefined,
		...(confirmed && { confirmed }),
	};
}

function emptyDriver(): DriverLock {
	return { instructions: new Map(), tool: new Map(), prompt: new Map(), template: new Map() };
}
