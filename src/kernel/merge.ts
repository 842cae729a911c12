// Makes one server out of several: capabilities, instructions and names as the client sees them.
import type { Introduction } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import { olderVersions } from '../wire/envelope.ts';
import { honestText } from './screen.ts';

export type Introductions = ReadonlyMap<DriverName, Introduction>;

/**
 * Every capability of every driver, unknown ones included, and what the kernel itself offers this client; nested objects
 * are joined, the first driver wins a conflict.
 */
export function mergeCapabilities(introductions: Introductions, own: JsonObject): JsonObject {
	let merged: JsonObject = {};
	for (const { capabilities } of introductions.values()) merged = join(merged, capabilities);
	merged = join(merged, own);
	// The table changes when a policy or a driver does, whatever the drivers promise.
	return { ...merged, tools: { ...(isJsonObject(merged['tools']) ? merged['tools'] : {}), listChanged: true } };
}

function join(first: JsonObject, second: JsonObject): JsonObject {
	const joined: Record<string, Json> = { ...first };
	for (const [key, value] of Object.entries(second)) {
		const held = Object.hasOwn(joined, key) ? joined[key] : undefined;
		if (held === undefined) joined[key] = value;
		else if (isJsonObject(held) && isJsonObject(value)) joined[key] = join(held, value);
		else if (typeof held === 'boolean' && typeof value === 'boolean') joined[key] = held || value;
	}
	return joined;
}

/** The drivers' own instructions and the policy's hints; exactly the driver's text when there is only one and nothing to add. */
export function mergeInstructions(introductions: Introductions, hints: readonly string[]): string | undefined {
	const spoken = [...introductions].flatMap(([name, { instructions }]) =>
		instructions === undefined ? [] : [{ name, instructions: honestText(instructions) }],
	);
	const [only] = spoken;
	const own = hints.length === 0 ? [] : [`Policy:\n${hints.map((hint) => `- ${hint}`).join('\n')}`];
	if (only === undefined) return own[0];
	const texts =
		introductions.size === 1
			? [only.instructions]
			: spoken.map(({ name, instructions }) => `# ${name}\n${instructions}`);
	return [...texts, ...own].join('\n\n');
}

const newest = '2025-11-25';

/** The revision to speak with a client that asks for `asked`: that one if we know it, else our newest (MCP lifecycle). */
export function negotiate(asked: Json | undefined): string {
	return typeof asked === 'string' && olderVersions.includes(asked) ? asked : newest;
}
