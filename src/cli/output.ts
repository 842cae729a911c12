// What machines read: one JSON document with its version and command.
import type { Json, JsonObject } from '../abi/json.ts';
import { writeJson } from '../wire/json.ts';
import type { Surroundings } from './command.ts';

/** The version of every document's shape; a member may be added without raising it. */
export const schemaVersion = '1.0';

/** Writes one document on one line. */
export function writeDocument(around: Pick<Surroundings, 'stdout'>, command: string | null, members: JsonObject): void {
	writeLine(around, { schema_version: schemaVersion, command, ...members });
}

/** Writes one JSON value on one line. */
export function writeLine(around: Pick<Surroundings, 'stdout'>, value: Json): void {
	around.stdout.write(`${writeJson(value)}\n`);
}
