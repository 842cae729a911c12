// Takes secrets out of a message: every text in it, names of members too, texts that are read one after the other together.
import { ExactNumber, isJsonObject, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import { readBase64 } from '../text/base64.ts';
import { isProtocolName, isProtocolText } from './protocol-words.ts';
import { type Meter, type RedactRule, redactTexts } from './redact.ts';

export interface JsonRedaction {
	readonly rules: readonly RedactRule[];
	/** Rules about a resource within the message, beyond those. */
	readonly rulesOn?: (uri: string) => readonly RedactRule[];
	readonly meter: Meter;
}

export interface RedactedJson {
	/** The very value that came in when nothing was found. */
	readonly value: Json;
	/** How many places were taken out. */
	readonly count: number;
}

/** Lists of what a model reads one after the other. */
const sequences: ReadonlySet<string> = new Set(['content', 'contents', 'messages']);

/** Throws as {@link redactTexts} does. */
export function redactJson(value: Json, redaction: JsonRedaction): RedactedJson {
	const walk = new Walk(redaction);
	const here = { rules: redaction.rules, depth: 0, name: undefined, numbers: false, isRead: false };
	return { value: walk.value(value, here), count: walk.count };
}

type Rules = readonly RedactRule[];

interface Here {
	readonly rules: Rules;
	readonly depth: number;
	/** The member that the value is, or whose list it is in. */
	readonly name: string | undefined;
	/** Numbers count as texts: what a tool computed, not what the protocol counts. */
	readonly numbers: boolean;
	/** The texts of this block were looked at with those around it. */
	readonly isRead: boolean;
}

class Walk {
	count = 0;
	readonly #redaction: JsonRedaction;
	readonly #names = new Map<string, string>();

	constructor(redaction: JsonRedaction) {
		this.#redaction = redaction;
	}

	value(value: Json, here: Here): Json {
		if (typeof value === 'string') return this.#string(value, here);
		if (typeof value === 'number' || value instanceof ExactNumber) return this.#number(value, here);
		if (typeof value !== 'object' || value === null) return value;
		return isJsonObject(value) ? this.#object(value, here) : this.#list(value, here);
	}

	#string(text: string, here: Here): string {
		const { name, rules } = here;
		if (isProtocolText(name, text)) return text;
		// Both, as one may stand beside the other.
		return this.#text(this.#wrapped(text, here), rules);
	}

	/** Text that stands in base64: a blob, the data of an image, a `data:` address. */
	#wrapped(text: string, { name, rules }: Here): string {
		const address = /^\s{0,20}data:[^,]{0,200};base64,/i.exec(text)?.[0];
		const start = address?.length ?? (name === 'blob' || name === 'data' ? 0 : -1);
		// Other things than base64 are called `data`.
		const loose = address !== undefined || name === 'blob';
		const wrapped = start < 0 ? undefined : readBase64(text.slice(start), { loose });
		if (wrapped === undefined) return text;
		const clean = this.#text(wrapped.text, rules);
		return clean === wrapped.text ? text : text.slice(0, start) + wrapped.encode(clean);
	}

	#number(value: number | ExactNumber, here: Here): Json {
		if (!here.numbers) return value;
		const text = String(value);
		const clean = this.#text(text, here.rules);
		return clean === text ? value : clean;
	}

	#list(list: readonly Json[], here: Here): readonly Json[] {
		const isSequence = !here.isRead && here.name !== undefined && sequences.has(here.name);
		const read = isSequence ? this.#sequence(list, here) : list;
		const items = read.map((item) => {
			const isRead = here.isRead || isSequence;
			return this.value(item, { ...here, depth: here.depth + 1, isRead });
		});
		return items.every((item, index) => item === list[index]) ? list : items;
	}

	/** The texts of all blocks as one text: a secret may begin in one and end in the next. */
	#sequence(list: readonly Json[], here: Here): readonly Json[] {
		const before: string[] = [];
		for (const item of list) {
			mapTexts(item, (text) => {
				before.push(text);
				return text;
			});
		}
		if (before.length === 0) return list;
		const { texts, count } = redactTexts(before, here.rules, this.#redaction.meter);
		this.count += count;
		let next = 0;
		const put = (text: string) => texts[next++] ?? text;
		return list.map((item) => this.#embedded(mapTexts(item, put), here.rules));
	}

	/** A block with what it holds of resources, wherever in it: the rules about those are not among the `done` ones. */
	#embedded(item: Json, done: Rules): Json {
		if (this.#redaction.rulesOn === undefined) return item;
		return mapTexts(
			item,
			(text, own) => (own === done ? text : this.#text(text, own)),
			done,
			(block, own) => this.#rulesOn(block, own),
		);
	}

	#object(object: JsonObject, around: Here): JsonObject {
		const here: Here = { ...around, rules: this.#rulesOn(object, around.rules) };
		const { isRead } = here;
		const members = Object.entries(object);
		const entries = members.map(([name, value]): [string, Json] => {
			const inner: Here = {
				...here,
				depth: here.depth + 1,
				name,
				numbers: here.numbers || (here.depth === 0 && (name === 'structuredContent' || name === 'data')),
				// Of a block that was read, only where its texts stand.
				isRead: isRead && (name === 'text' || name === 'resource' || name === 'content'),
			};
			const isDone = isRead && name === 'text' && typeof value === 'string';
			return [this.#name(name, here.rules), isDone ? value : this.value(value, inner)];
		});
		if (entries.every(([name, value], index) => name === members[index]?.[0] && value === members[index]?.[1])) {
			return object;
		}
		return Object.fromEntries(distinct(entries));
	}

	/** The same names come again in every row of a table. */
	#name(name: string, rules: Rules): string {
		if (isProtocolName(name)) return name;
		if (rules !== this.#redaction.rules) return this.#text(name, rules);
		let clean = this.#names.get(name);
		if (clean === undefined) {
			clean = this.#text(name, rules);
			this.#names.set(name, clean);
		}
		return clean;
	}

	#text(text: string, rules: Rules): string {
		const { texts, count } = redactTexts([text], rules, this.#redaction.meter);
		this.count += count;
		return texts[0] ?? '';
	}

	/** The rules on an object: one with the contents of a resource, or that names one, may have more. */
	#rulesOn(object: JsonObject, rules: Rules): Rules {
		const { rulesOn } = this.#redaction;
		if (rulesOn === undefined) return rules;
		const uris = [stringMember(member(object, 'resource'), 'uri'), stringMember(object, 'uri')];
		const more = new Set(uris.flatMap((uri) => (uri === undefined ? [] : rulesOn(uri))));
		const added = [...more].filter((rule) => !rules.includes(rule));
		return added.length === 0 ? rules : [...rules, ...added];
	}
}

/** A block, or a message made of blocks, with other texts; `enter` says which rules hold within an object. */
function mapTexts(
	item: Json,
	map: (text: string, rules: Rules) => string,
	rules: Rules = [],
	enter: (object: JsonObject, rules: Rules) => Rules = (_, given) => given,
): Json {
	if (Array.isArray(item)) {
		const items = item.map((one: Json) => mapTexts(one, map, rules, enter));
		return items.every((one, index) => one === item[index]) ? item : items;
	}
	if (!isJsonObject(item)) return item;
	const own = enter(item, rules);
	const changes: Record<string, Json> = {};
	for (const name of ['text', 'resource', 'content']) {
		const value = member(item, name);
		if (value === undefined) continue;
		const isText = typeof value === 'string';
		const mapped = !isText ? mapTexts(value, map, own, enter) : name === 'text' ? map(value, own) : value;
		if (mapped !== value) changes[name] = mapped;
	}
	return Object.keys(changes).length === 0 ? item : { ...item, ...changes };
}

/** Two names that became the same are told apart by a number, so that no member is lost. */
function distinct(entries: readonly [string, Json][]): [string, Json][] {
	const taken = new Set<string>();
	return entries.map(([name, value]) => {
		let free = name;
		for (let number = 2; taken.has(free); number += 1) free = `${name} ${number}`;
		taken.add(free);
		return [free, value];
	});
}
