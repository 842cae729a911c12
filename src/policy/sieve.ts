// Rules out many rules at one glance: most look for texts in an argument, and most arguments hold none of them.
import type { ArgumentPath } from './arguments.ts';
import { isAscii } from './ascii.ts';
import type { CompiledRule } from './compiled.ts';
import type { Needs } from './condition.ts';
import type { Look } from './look.ts';
import type { Role } from './roles.ts';

/** In UTF-16 units of what one pattern looks for: engines refuse patterns that are too long. */
const longestPattern = 8_192;

/** Patterns that are made once for all lists of rules that look for the same. */
export type Patterns = Map<string, RegExp>;

/** What some rules look for in one parameter. */
interface Sought {
	readonly parameter: ArgumentPath;
	readonly ofName: Role | undefined;
	readonly texts: string[];
	patterns: readonly RegExp[] | undefined;
}

export class Sieve<Rule extends CompiledRule> {
	readonly #patterns: Patterns | undefined;
	readonly #rules: readonly Rule[];
	/** Of the rules that could be ruled out. */
	readonly #sought = new Map<Rule, Sought>();
	readonly #parameters: readonly Sought[];
	/** The others. */
	readonly #rest: readonly Rule[];

	/** Without `patterns` nothing is ruled out. */
	constructor(rules: readonly Rule[], patterns?: Patterns) {
		const parameters = new Map<string, Sought>();
		for (const rule of patterns === undefined ? [] : rules) {
			// INVARIANT: the first condition, so that nothing that may fail is asked before it.
			const needs = rule.lean === 'catch' ? rule.conditions[0]?.needs : undefined;
			if (needs === undefined) continue;
			const sought = soughtIn(parameters, needs);
			for (const text of needs.texts) sought.texts.push(text);
			this.#sought.set(rule, sought);
		}
		this.#rules = rules;
		this.#patterns = patterns;
		this.#parameters = [...parameters.values()];
		this.#rest = rules.filter((rule) => !this.#sought.has(rule));
	}

	/**
	 * The rules that may apply, in their order. One that is left out does not apply for certain, nor could judging it have
	 * failed.
	 */
	candidates(look: Look): readonly Rule[] {
		let hit: Sought[] | undefined;
		for (const sought of this.#parameters) {
			if (this.#lacksAll(sought, look)) continue;
			hit ??= [];
			hit.push(sought);
		}
		if (hit === undefined) return this.#rest;
		const left = hit;
		return this.#rules.filter((rule) => {
			const sought = this.#sought.get(rule);
			return sought === undefined || left.includes(sought);
		});
	}

	/** Is it certain that the parameter is no text which one of the rules could be about? */
	#lacksAll(sought: Sought, look: Look): boolean {
		const { parameter, ofName } = sought;
		const value = look.onlyArgument(parameter, true);
		if (value === undefined) return isAbsent(parameter, look);
		// A text is also what it leads to, as a path or a URL.
		const role = look.roleOf(parameter, ofName);
		if (typeof value !== 'string' || (role !== undefined && role !== 'any_sql') || !isAscii(value)) return false;
		sought.patterns ??= this.#patternsOf(sought.texts);
		return !sought.patterns.some((pattern) => pattern.test(value));
	}

	#patternsOf(texts: readonly string[]): readonly RegExp[] {
		return partsOf(texts).map((source) => {
			const pattern = this.#patterns?.get(source) ?? new RegExp(source);
			this.#patterns?.set(source, pattern);
			return pattern;
		});
	}
}

function soughtIn(parameters: Map<string, Sought>, { parameter, ofName }: Needs): Sought {
	const key = JSON.stringify([parameter, ofName]);
	const sought = parameters.get(key) ?? { parameter, ofName, texts: [], patterns: undefined };
	parameters.set(key, sought);
	return sought;
}

/** Nothing of that name, and nothing that the tool takes instead. */
function isAbsent(parameter: ArgumentPath, look: Look): boolean {
	return look.argument(parameter, true).length === 0 && look.defaultOf(parameter) === undefined;
}

/** Any of the texts, as regular expressions that are not too long. */
function partsOf(texts: readonly string[]): readonly string[] {
	const parts: string[] = [];
	let part = '';
	for (const text of new Set(texts)) {
		const source = text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
		if (part !== '' && part.length + source.length > longestPattern) {
			parts.push(part);
			part = '';
		}
		part += part === '' ? source : `|${source}`;
	}
	return part === '' ? parts : [...parts, part];
}
