// A copy of a text that shares nothing with what it was cut from.

/**
 * For texts that are kept. Engines let a part of a text hold on to all of it, so a remembered name of twenty characters
 * could keep a message of megabytes.
 */
export function ownText(text: string): string {
	return JSON.parse(JSON.stringify(text)) as string;
}
