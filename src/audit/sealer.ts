// Writes records as lines, with the hash over each.
import { canonicalJson, sha256 } from './chain.ts';
import { inReadingOrder } from './record.ts';

/** A record as it goes into the file. */
export interface SealedRecord {
	/** Without a line break; members in the order people read them. */
	readonly line: string;
	/** SHA-256 over the canonical JSON of the record without this member. */
	readonly hash: string;
}

/** Where each member of a record goes, by its place among the members that came in. */
interface Form {
	readonly names: readonly string[];
	/** `"name":` of each, with the comma before it but for the first. */
	readonly read: readonly { readonly from: number; readonly label: string }[];
	readonly hashed: readonly { readonly from: number; readonly label: string }[];
}

/** Records come in a few dozen forms; whoever makes up more gets each planned anew. */
const mostForms = 500;

export class Sealer {
	/** By the names of the members, in the order they come in. */
	readonly #forms = new Map<string, Form>();

	/** `fields` is the whole record but for its hash. */
	seal(fields: object): SealedRecord {
		const record = fields as Readonly<Record<string, unknown>>;
		const names = Object.keys(record).filter((name) => record[name] !== undefined);
		const form = this.#formOf(names);
		const hashed = names.map((name) => canonicalJson(record[name]));
		// What is nested keeps its order in the line.
		const read = names.map((name, index) => (isNested(record[name]) ? JSON.stringify(record[name]) : hashed[index]));
		const hash = sha256(`{${joined(form.hashed, hashed)}}`);
		const comma = names.length === 0 ? '' : ',';
		return { line: `{${joined(form.read, read)}${comma}"hash":"${hash}"}`, hash };
	}

	#formOf(names: readonly string[]): Form {
		const key = names.join(',');
		const known = this.#forms.get(key);
		if (known?.names.every((name, index) => name === names[index])) return known;
		const places = (ordered: readonly string[]) =>
			ordered.map((name, index) => ({
				from: names.indexOf(name),
				label: `${index === 0 ? '' : ','}${JSON.stringify(name)}:`,
			}));
		const readable = Object.keys(inReadingOrder(Object.fromEntries(names.map((name) => [name, true]))));
		const form = { names, read: places(readable), hashed: places([...names].sort()) };
		if (this.#forms.size < mostForms) this.#forms.set(key, form);
		return form;
	}
}

function isNested(value: unknown): boolean {
	return typeof value === 'object' && value !== null;
}

function joined(places: Form['read'], texts: readonly (string | undefined)[]): string {
	let text = '';
	for (const { from, label } of places) text += label + texts[from];
	return text;
}
