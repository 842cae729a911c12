// What drivers list now, in the form that is locked: one entry a name, as the agent would get it.
import type { Json, JsonObject } from '../../abi/json.ts';
import type { DriverName } from '../../abi/names.ts';
import { writeJson } from '../../wire/json.ts';
import type { Bank } from '../bank.ts';
import { type LockedKind, nameIn } from './lock.ts';
import { longestName } from './schema.ts';

/** What one driver says of itself: by name, for each kind. */
export type DriverListing = Readonly<Record<LockedKind, ReadonlyMap<string, Json>>>;

export interface Listing {
	/** Only drivers that are up. */
	readonly drivers: ReadonlyMap<DriverName, DriverListing>;
	/** What a person should know: names listed twice, or too long to be recorded. */
	readonly remarks: readonly string[];
}

const largestDefinition = 256 * 1024;

/** Is the definition short enough to be kept beside its hash? */
export function isKept(definition: Json): boolean {
	return writeJson(definition).length <= largestDefinition;
}

/** Asks every driver that is up. */
export async function listEverything(bank: Bank): Promise<Listing> {
	const remarks: string[] = [];
	const [tools, prompts, templates] = await Promise.all([
		bank.listed('tools'),
		bank.listed('prompts'),
		bank.listed('resourceTemplates'),
	]);
	const drivers = new Map(
		bank.ready().map((driver) => {
			const instructions = bank.introduction(driver)?.instructions;
			const listing: DriverListing = {
				instructions: new Map(instructions === undefined ? [] : [['', instructions]]),
				tool: byName('tool', driver, tools.get(driver) ?? [], remarks),
				prompt: byName('prompt', driver, prompts.get(driver) ?? [], remarks),
				template: byName('template', driver, templates.get(driver) ?? [], remarks),
			};
			return [driver, listing] as const;
		}),
	);
	return { drivers, remarks };
}

/** The first of a name counts, as in the table that agents see. */
function byName(
	kind: LockedKind,
	driver: DriverName,
	entries: readonly JsonObject[],
	remarks: string[],
): ReadonlyMap<string, Json> {
	const found = new Map<string, Json>();
	for (const entry of entries) {
		const name = nameIn(kind, entry);
		if (name === undefined || name === '') continue;
		if (name.length > longestName) {
			remarks.push(`${driver} lists a ${kind} with a name of ${name.length} characters: it can not be accepted`);
		} else if (found.has(name)) {
			remarks.push(`${driver} lists the ${kind} ${JSON.stringify(name)} twice: the first counts`);
		} else {
			found.set(name, entry);
		}
	}
	return found;
}
