// What `${workspace}`, `${tmp}`, `${home}`, `${env:NAME}` and `${lists.name}` stand for in a rule.
import { isJsonObject, type Json } from '../abi/json.ts';
import { scalarText } from './compare.ts';

export interface Variables {
	readonly workspace: string | undefined;
	readonly tmp: string;
	readonly home: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly lists: Readonly<Record<string, readonly Json[]>>;
}

/** Called once for every name that stands for nothing. */
export type OnUnknown = (name: string, why: string) => void;

/** How the value of a variable is written where it is put; entries of lists are an author's own patterns, and only variables in them are quoted. */
export type Quote = (value: string) => string;

const reference = /\$\{([^}]*)\}/g;
const wholeReference = /^\$\{([^}]*)\}$/;
const mostTexts = 1000;

/** Every text that `text` stands for: one, or one for each entry of the lists it names. */
export function expandText(text: string, variables: Variables, onUnknown: OnUnknown, quote: Quote = asIs): string[] {
	let texts = [''];
	let end = 0;
	for (const found of text.matchAll(reference)) {
		const between = text.slice(end, found.index);
		const values = valuesOf(found[1] ?? '', variables, onUnknown, quote);
		texts = texts.flatMap((start) => values.map((value) => start + between + value));
		if (texts.length > mostTexts) {
			onUnknown(found[1] ?? '', `stands for more than ${mostTexts} texts here`);
			return [];
		}
		end = found.index + found[0].length;
	}
	return texts.map((start) => start + text.slice(end));
}

/** The alternatives a list of JSON values stands for; `${lists.x}` alone is replaced by its entries. */
export function expandValues(values: readonly Json[], variables: Variables, onUnknown: OnUnknown): Json[] {
	return values.flatMap((value) => {
		const name = typeof value === 'string' ? wholeReference.exec(value)?.[1] : undefined;
		if (name?.startsWith('lists.')) {
			return expandValues(listOf(name, variables, onUnknown), inList(variables), onUnknown);
		}
		return typeof value === 'string'
			? expandText(value, variables, onUnknown)
			: [expandJson(value, variables, onUnknown)];
	});
}

/** One JSON value with every text in it expanded; a list may only stand for a whole array entry. */
export function expandJson(value: Json, variables: Variables, onUnknown: OnUnknown): Json {
	if (typeof value === 'string') {
		const texts = expandText(value, variables, onUnknown);
		if (texts.length > 1) onUnknown(value, 'stands for several values where one is needed');
		return texts[0] ?? value;
	}
	if (Array.isArray(value)) return expandValues(value, variables, onUnknown);
	if (!isJsonObject(value)) return value;
	return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expandJson(item, variables, onUnknown)]));
}

function valuesOf(name: string, variables: Variables, onUnknown: OnUnknown, quote: Quote): string[] {
	if (name.startsWith('lists.')) {
		return listOf(name, variables, onUnknown).flatMap((entry) => {
			const text = scalarText(entry);
			if (text === undefined) onUnknown(name, 'holds an entry that is no text');
			return text === undefined ? [] : expandText(text, inList(variables), onUnknown, quote);
		});
	}
	const value = scalarOf(name, variables);
	if (value === undefined) onUnknown(name, explainMissing(name));
	return value === undefined ? [] : [quote(value)];
}

function scalarOf(name: string, { workspace, tmp, home, env }: Variables): string | undefined {
	switch (name) {
		case 'workspace':
			return workspace;
		case 'tmp':
			return tmp;
		case 'home':
			return home;
		default: {
			const variable = name.startsWith('env:') ? name.slice(4) : undefined;
			return variable !== undefined && Object.hasOwn(env, variable) ? env[variable] : undefined;
		}
	}
}

function listOf(name: string, { lists }: Variables, onUnknown: OnUnknown): readonly Json[] {
	const key = name.slice('lists.'.length);
	const list = Object.hasOwn(lists, key) ? lists[key] : undefined;
	if (list === undefined) onUnknown(name, 'no list of that name');
	return list ?? [];
}

/** What an entry of a list may name: everything but lists, so that none can go round in circles. */
function inList(variables: Variables): Variables {
	return { ...variables, lists: {} };
}

function explainMissing(name: string): string {
	if (name === 'workspace') return 'no workspace is configured';
	if (name.startsWith('env:')) return `the environment has no ${name.slice(4)}`;
	return 'no variable of that name';
}

function asIs(value: string): string {
	return value;
}
