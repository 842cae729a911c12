// The words that come again in record after record, without secrets and as JSON.
import type { Json } from '../abi/json.ts';
import { type MemberText, memberText } from './draft.ts';
import { ownText } from './own-text.ts';
import { redactTexts } from './redact.ts';

/** Names come from outside, so there is no end to them. */
const mostKept = 2_000;
const longestKept = 200;
/** Longer lists are looked at as one value, with its bounds. */
const longestList = 64;

/** INVARIANT: what is remembered depends on nothing but the value, so no record depends on those before. */
export class Words {
	readonly #texts = new Map<string, string>();
	readonly #objects = new WeakMap<object, MemberText>();

	/** A value of the kernel's that may carry what an agent or a server wrote. What can't change is read once. */
	of(value: Json): MemberText | string {
		if (typeof value === 'string') return this.#text(value);
		if (typeof value === 'boolean') return value ? 'true' : 'false';
		if (typeof value !== 'object' || value === null) return JSON.stringify(redactTexts(value));
		if (Array.isArray(value)) return this.#list(value);
		if (!Object.isFrozen(value)) return memberText(isOfNumbers(value) ? value : (redactTexts(value) as object));
		const known = this.#objects.get(value);
		if (known !== undefined) return known;
		const text = memberText(redactTexts(value) as object);
		// Freezing goes one level deep.
		if (Object.values(value).every((item) => typeof item !== 'object' || item === null)) this.#objects.set(value, text);
		return text;
	}

	#text(text: string): string {
		const known = this.#texts.get(text);
		if (known !== undefined) return known;
		const clean = JSON.stringify(redactTexts(text));
		if (text.length > longestKept) return clean;
		if (this.#texts.size >= mostKept) this.#texts.clear();
		this.#texts.set(ownText(text), clean);
		return clean;
	}

	#list(list: readonly Json[]): MemberText | string {
		if (list.length > longestList || !list.every((item) => typeof item === 'string'))
			return memberText(redactTexts(list) as object);
		let text = '';
		for (const item of list) text += `${text === '' ? '[' : ','}${this.#text(item)}`;
		return text === '' ? '[]' : `${text}]`;
	}
}

/** Holds nothing that could carry a text. */
function isOfNumbers(value: object): boolean {
	for (const item of Object.values(value)) {
		if (item !== undefined && typeof item !== 'boolean' && !Number.isFinite(item)) return false;
	}
	return true;
}
