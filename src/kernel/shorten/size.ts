// How large an answer is for a client: its JSON, where a picture counts as what it costs a model to look at.
import { type Json, member, stringMember } from '../../abi/json.ts';
import { charactersPerToken } from '../../abi/tokens.ts';
import { writeJson } from '../../wire/json.ts';

/** What a model pays for a picture of any size; clients and providers scale large ones down. */
const tokensOfPicture = 1600;
/** Larger ones no model takes, so they are counted as the text that they are (base64). */
const largestPicture = 8 * 1024 * 1024;

/** Characters of the value as JSON. */
export function charactersIn(value: Json): number {
	return writeJson(value).length;
}

/** Characters that an item of a list takes: a content block, a message, one of a resource's contents. */
export function charactersOf(item: Json): number {
	const picture = pictureIn(item);
	const discount = picture === undefined ? 0 : Math.max(0, picture.length - tokensOfPicture * charactersPerToken);
	return charactersIn(item) - discount;
}

/** The base64 text of a picture: one that says so and begins as one, or any text could be passed off as a picture. */
function pictureIn(item: Json): string | undefined {
	const block = member(item, 'content') ?? item;
	const inside = member(block, 'resource') ?? block;
	const isImage = stringMember(block, 'type') === 'image';
	const data = isImage ? stringMember(block, 'data') : stringMember(inside, 'blob');
	const kind = stringMember(isImage ? block : inside, 'mimeType') ?? '';
	const beginning = Object.hasOwn(beginnings, kind) ? beginnings[kind] : undefined;
	if (data === undefined || beginning === undefined || data.length > largestPicture) return undefined;
	return data.startsWith(beginning) ? data : undefined;
}

/** The first bytes of each kind of file, in base64. */
const beginnings: Readonly<Record<string, string>> = {
	'image/png': 'iVBORw0KGgo',
	'image/jpeg': '/9j/',
	'image/gif': 'R0lGOD',
	'image/webp': 'UklGR',
};
