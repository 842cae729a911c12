// What an answer says in full, as one text to be read in pages.
import type { Reply } from '../../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member, stringMember } from '../../abi/json.ts';
import { writeJson } from '../../wire/json.ts';
import { mapTexts } from './texts.ts';
import { listNames } from './words.ts';

interface Part {
	readonly title: string;
	readonly text: string;
}

/**
 * The text of an answer that is one text; else each part with a line above it that says what it is. Nothing of the
 * answer is missing but a short `_meta` and what is short beside the body, which are no model's: what is no text stands
 * there as JSON.
 */
export function fullTextOf({ ok, body, extra }: Reply): string {
	const said = body.value();
	const beside = isLong(extra) ? [{ title: Object.keys(extra).join(', '), text: writeJson(extra) }] : [];
	const parts = [...(ok ? partsOf(said) : errorParts(said)), ...beside];
	const [only] = parts;
	if (parts.length === 1 && only !== undefined) return only.text;
	return parts.map(({ title, text }) => `--- ${title} ---\n${text}`).join('\n');
}

function partsOf(body: Json): readonly Part[] {
	if (!isJsonObject(body)) return [{ title: 'result', text: writeJson(body) }];
	const { _meta, isError, ...said } = body;
	const rest = isLong(_meta) ? { ...said, _meta } : said;
	const isList = ([name, value]: [string, Json]) =>
		(listNames as readonly string[]).includes(name) && Array.isArray(value);
	const lists = Object.entries(rest).filter(isList);
	const items = lists.flatMap(([name, list]) => itemsOf(list as readonly Json[], name));
	const others = Object.entries(rest).filter((entry) => !isList(entry));
	if (others.length === 0) return items;
	const title = others.map(([name]) => name).join(', ');
	const texts = items.map(({ text }) => text);
	return [...items, { title, text: writeJson(withoutEchoes(Object.fromEntries(others), texts)) }];
}

/** Of a JSON-RPC error, its message and what came with it. */
function errorParts(error: Json): Part[] {
	if (!isJsonObject(error)) return [{ title: 'error', text: writeJson(error) }];
	const { message, code, data, ...more } = error;
	const title = Object.keys(more).join(', ');
	return [
		{ title: `error ${writeJson(code ?? null)}`, text: String(message) },
		...(data === undefined ? [] : [{ title: 'data', text: writeJson(data) }]),
		...(title === '' ? [] : [{ title, text: writeJson(more) }]),
	];
}

function itemsOf(list: readonly Json[], name: string): Part[] {
	return list.flatMap((item, index) => {
		const title = `${name} ${index + 1}`;
		const text = plainText(item);
		const part = { title: `${title}${about(item)}`, text: text ?? writeJson(item) };
		const beside = text === undefined ? {} : besideText(item);
		return Object.keys(beside).length === 0 ? [part] : [part, { title: `${title}, more`, text: writeJson(beside) }];
	});
}

/** `, assistant`, `, file:///w/notes.md`, `, image/png` */
function about(item: Json): string {
	const block = member(item, 'content') ?? item;
	const inside = member(block, 'resource') ?? block;
	const known = [
		stringMember(item, 'role'),
		stringMember(inside, 'uri'),
		stringMember(block, 'type') === 'text' ? undefined : stringMember(inside, 'mimeType'),
	];
	return known
		.map((word) => (word === undefined ? '' : `, ${word.slice(0, longestRemark).replace(/\s/g, ' ')}`))
		.join('');
}

/** The text of an item that is one; of an item with several none is the text. */
function plainText(item: Json): string | undefined {
	const content = member(item, 'content');
	const places = [item, member(item, 'resource'), content, member(content, 'resource')];
	const texts = places.flatMap((place) => stringMember(place, 'text') ?? []);
	return texts.length === 1 ? texts[0] : undefined;
}

/** What such an item says beside its text and what the line above it tells: annotations, members of a vendor. */
function besideText(value: Json | undefined): JsonObject {
	if (value === undefined || !isJsonObject(value)) return {};
	const { type, text, role, uri, mimeType, content, resource, _meta, ...more } = value;
	const inner = { content: besideText(content), resource: besideText(resource) };
	const long = { role, uri, mimeType, _meta };
	const kind: JsonObject = type === undefined || type === 'text' || type === 'resource' ? {} : { type };
	const isSaid = ([, member]: [string, Json | undefined]) => member !== undefined && isLong(member);
	return {
		...kind,
		...more,
		...Object.fromEntries(Object.entries(inner).filter(([, member]) => Object.keys(member).length > 0)),
		...(Object.fromEntries(Object.entries(long).filter(isSaid)) as JsonObject),
	};
}

/** Too long to stand in a line, or to be a mere remark. */
function isLong(value: Json | undefined): value is Json {
	return value !== undefined && writeJson(value).length > longestRemark;
}

const longestRemark = 200;

/** A text this short is no burden. */
const shortestEcho = 200;
/** So many texts are looked for, and each at so many places: a hostile answer must not keep the kernel busy. */
const mostEchoes = 20;
const mostPlaces = 8;
const probeLength = 64;

/** What stands in one of the texts already is not said again: tools give a result as text and as structure. */
function withoutEchoes(value: Json, texts: readonly string[]): Json {
	let left = mostEchoes;
	return mapTexts(value, (text) => {
		if (text.length < shortestEcho || left-- <= 0) return text;
		// Programs end what they print with a line break, and what shows it to a model takes that away.
		const end = text.endsWith('\n') ? '\n' : '';
		const body = text.slice(0, text.length - end.length);
		return texts.some((other) => contains(other, body)) ? `[in the text above]${end}` : text;
	});
}

/** May miss a place where it stands; never finds one where it does not. */
function contains(text: string, part: string): boolean {
	const probe = part.slice(0, probeLength);
	let at = text.indexOf(probe);
	for (let places = 0; at >= 0 && places < mostPlaces; places++) {
		if (text.startsWith(part, at)) return true;
		at = text.indexOf(probe, at + 1);
	}
	return false;
}
