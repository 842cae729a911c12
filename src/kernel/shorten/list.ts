// Shortens a tool's result, a resource's contents or a prompt: a list of what a model reads, and for tools a structure beside it.
import type { Json, JsonObject } from '../../abi/json.ts';
import { lengthInJson } from '../../text/cut.ts';
import { shortenItems, sizeOfList } from './items.ts';
import { charactersIn } from './size.ts';
import { shortenTexts } from './texts.ts';
import { gapText, itemOf, type ListName, noticeText, type Shortened, structureLeftOut } from './words.ts';

/** What the tool has promised about its structured result. */
export interface Promised {
	/** Does a structure with shorter texts still fit the schema? */
	fits(before: Json, after: Json): boolean;
	/** There need not be one. */
	readonly isOptional: boolean;
}

/** Mostly within `room`; what the answer has beside its list may keep it from that, and the caller looks. */
export function shortenList(
	body: JsonObject,
	list: ListName,
	room: number,
	about: Shortened,
	promised: Promised,
): Json {
	const items = body[list] as readonly Json[];
	const { structuredContent, ...others } = body;
	const around = withoutBallast({ ...others, [list]: [] }, list, room / 4);
	const ours = (text: string) => itemOf(list, text, items, about.rest);
	const notice = noticeText(about);
	let free = room - charactersIn(around) - charactersIn(ours(notice)) - 1;

	const structure = shortenStructure(structuredContent, Math.max(free / 2, free - sizeOfList(items)), about, promised);
	const isBroken = structuredContent !== undefined && structure === undefined && !promised.isOptional;
	if (structure !== undefined) free -= charactersIn({ structuredContent: structure });
	if (isBroken) free -= lengthInJson(` ${structureLeftOut}`) + charactersIn({ isError: true });

	const { keep } = about;
	const kept = shortenItems(items, { room: free, keep, gap: (characters) => ours(gapText(characters)) });
	return {
		...around,
		[list]: [ours(isBroken ? `${notice} ${structureLeftOut}` : notice), ...kept],
		...(structure === undefined ? {} : { structuredContent: structure }),
		...(isBroken ? { isError: true } : {}),
	};
}

/** Text and structure mostly say the same: the shorter of them keeps up to half of the room, the longer gets the rest. */
function shortenStructure(
	structure: Json | undefined,
	room: number,
	{ keep, rest }: Shortened,
	{ fits }: Promised,
): Json | undefined {
	if (structure === undefined) return undefined;
	const own = Math.floor(room) - charactersIn({ structuredContent: null });
	// A client may show nothing but this to its model, so the way to the full text stands here, too.
	const short = shortenTexts(structure, { room: own, keep, mark: (characters) => `\n${gapText(characters, rest)}\n` });
	return short === undefined || short === structure || fits(structure, short) ? short : undefined;
}

/** The answer without its list, unless that would leave little room for what a model reads: then what it can't be without. */
function withoutBallast(around: JsonObject, list: ListName, most: number): JsonObject {
	if (charactersIn(around) <= most) return around;
	const { isError } = around;
	return { [list]: [], ...(typeof isError === 'boolean' ? { isError } : {}) };
}
