// Reads program text of other languages: what it starts, what it touches, and where that can't be told.

import type { Around, Reading } from '../program.ts';
import { finish, startFindings } from '../programs/findings.ts';
import { unknownWord } from '../word-parts.ts';
import type { Effects } from './effects.ts';
import { gap } from './effects.ts';
import { readExpressions } from './expressions.ts';
import type { Language } from './language.ts';
import { languages } from './languages.ts';
import { lineLanguages } from './line-languages.ts';

/** Code in code in code: deeper is not read. */
const deepest = 4;
/** In UTF-16 units: more than anybody writes on a command line. */
const longest = 65_536;

/** What the reader may know beside the text. */
export interface CodeAround extends Partial<Around> {
	/** Variables that hold a known text when the code starts (`awk -v`). */
	readonly variables?: ReadonlyMap<string, string>;
}

/**
 * What a program text starts (launches), what it touches (`reads`, `writes`, `deletes`), and a gap of kind `code` wherever
 * it starts something that it computes. Linear in the length of the text; an unknown language is a gap.
 */
export function readCode(language: string, text: string, around: CodeAround = {}): Reading {
	const findings = startFindings();
	const given = around.variables ?? new Map<string, string>();
	const place = { hasMoved: false };
	const here: Around = { isOpenEnded: false, cwd: '', branch: undefined, env: new Map(), ...around };
	const read = (name: string, code: string, depth: number): undefined => {
		const known = languages.get(name);
		const effects: Effects = {
			findings,
			around: here,
			place,
			languageName: name,
			evaluate: (inner, innerText) => read(inner, innerText, depth + 1),
			startsSomething: (one) => known !== undefined && startsSomething(known, one),
		};
		const lines = lineLanguages.get(name);
		if (code.length > longest) findings.gaps.push({ kind: 'limit', detail: `the ${name} code is too long` });
		else if (depth > deepest) findings.gaps.push({ kind: 'limit', detail: `the ${name} code nests too deep` });
		else if (lines) lines(code, effects);
		else if (known) readExpressions(known, code, effects, given);
		else gap(effects, 'is in a language that is not read');
	};
	read(language, text, 0);
	return place.hasMoved ? moved(finish(findings)) : finish(findings);
}

/** The code changes its directory: whatever it names by a relative path may be elsewhere. */
function moved(reading: Reading): Reading {
	const touched = ['reads', 'writes', 'deletes'].filter((fact) => reading.facts?.[fact] !== undefined);
	const launches = reading.launches?.map((launch) => ({ ...launch, cwd: unknownWord() })) ?? [];
	return { ...reading, launches, unsure: [...new Set([...(reading.unsure ?? []), ...touched])] };
}

/** A name, of the language or of one of its modules, that starts programs or evaluates code. */
function startsSomething({ uses, modules = {} }: Language, name: string): boolean {
	return [uses, ...Object.values(modules)].some((table) => {
		const use = Object.hasOwn(table, name) ? table[name] : undefined;
		return use !== undefined && use.does !== 'touch' && use.does !== 'move';
	});
}
