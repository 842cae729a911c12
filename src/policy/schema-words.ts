// The small values policy files are made of: ids, patterns, sentences, durations, plain values.
import { z } from 'zod';
import { ExactNumber, type Json } from '../abi/json.ts';
import { parseRuleId } from '../abi/names.ts';
import { findInvisible, findTreacherous } from '../text/characters.ts';
import { judge } from '../text/shape.ts';
import { quote } from '../text/words.ts';

export type Scalar = string | number | boolean | null | ExactNumber;

/** One value or a list of them; a list must have an entry, since "any of none" would never match. */
export function oneOrMany<T extends z.ZodType>(item: T) {
	return z.union([item, z.array(item).min(1)]);
}

/**
 * What the reference page and editors say of a key: a sentence or two for authors, and values that could stand there.
 * Where every value is a word of its own (`hide`, `true`), `.describe()` is enough.
 */
export function about(description: string, ...examples: readonly [Json, ...Json[]]) {
	return { description, examples };
}

/** `oneOrMany` as a list. */
export function listed<T>(value: T | readonly T[]): readonly T[] {
	return Array.isArray(value) ? value : [value as T];
}

/** Text that is compared, not read: what nobody can see may not hide in it. */
export const patternSchema = z
	.string()
	.min(1)
	.max(1000)
	.check(
		judge((value, refuse) => {
			const odd = findInvisible(value);
			if (odd === undefined) return;
			const help = 'type it again; a pattern holds visible characters only';
			const message = `this pattern contains the invisible character ${odd.name}`;
			refuse(message, { code: 'P004', help });
		}),
	);

export const patternsSchema = oneOrMany(patternSchema).meta({ id: 'patterns' });

/** Text for people and models. Line breaks become spaces, so that one line of a refusal can't pose as two. */
export const sentenceSchema = z
	.string()
	.max(2000)
	.meta({ minLength: 1 })
	.check(
		judge((value, refuse) => {
			const odd = findTreacherous(value);
			if (odd !== undefined) {
				const message = `this text contains ${odd.name}, which hides or reorders what is written`;
				refuse(message, { code: 'P004', help: 'delete it' });
			} else if (value.trim() === '') {
				refuse('this text is empty', { help: 'say it in one sentence, or delete the key' });
			}
		}),
	);

/** A sentence on one line. */
export function oneLine(text: string): string {
	return text.trim().replace(/\s+/g, ' ');
}

/** `pattern` tells editors what the check tells people; it may let more pass, never less. */
export const ruleIdSchema = z
	.string()
	.meta({ pattern: '^(?!kernel/)[a-z0-9][a-z0-9._/-]{0,79}$' })
	.check(
		judge((value, refuse) => {
			if (parseRuleId(value) !== undefined) return;
			const odd = findInvisible(value);
			if (odd !== undefined) {
				const message = `this id contains the invisible character ${odd.name}`;
				refuse(message, { code: 'P004', help: 'type it again' });
				return;
			}
			const plain = value
				.toLowerCase()
				.replace(/[^a-z0-9._/-]+/g, '-')
				.replace(/^[^a-z0-9]+|-+$/g, '')
				.replace(/^kernel\//, 'my-kernel/')
				.slice(0, 80);
			const help =
				parseRuleId(plain) === undefined ? 'use lower-case letters, digits and `-`' : `write ${quote(plain)}`;
			const reserved = value.startsWith('kernel/') ? ': `kernel/` is kept for the kernel' : '';
			refuse(`${quote(value)} is not a valid id${reserved}`, { help });
		}),
	);

const scalarTypes = { type: ['string', 'number', 'boolean', 'null'] as const };

/**
 * Text, a number, true, false or null. Declared as `unknown` with a check, because a number kept as text
 * ({@link ExactNumber}) has no schema of its own; what comes in is always JSON from `readYaml`.
 */
export const scalarSchema = z
	.unknown()
	.refine(isScalarValue, { abort: true })
	.meta({ ...scalarTypes, description: 'a plain value' }) as unknown as z.ZodType<Scalar, Scalar>;

/** Any JSON value. */
export const jsonSchema = z.unknown() as z.ZodType as z.ZodType<Json, Json>;

/** A number of any size. */
export const numberSchema = z
	.unknown()
	.refine((value) => typeof value === 'number' || value instanceof ExactNumber, {
		abort: true,
	})
	.meta({ type: 'number', description: 'a number' }) as unknown as z.ZodType<
	number | ExactNumber,
	number | ExactNumber
>;

function isScalarValue(value: unknown): boolean {
	return value === null || value instanceof ExactNumber || ['string', 'number', 'boolean'].includes(typeof value);
}

const millisecondsIn = { s: 1000, m: 60_000, h: 3_600_000 } as const;
const longestMs = 24 * millisecondsIn.h;

/** `30s`, `5m`, `24h` in milliseconds; undefined for anything else, and beyond a day. */
export function durationMs(text: string): number | undefined {
	const [, amount, unit] = /^([1-9][0-9]{0,5})([smh])$/.exec(text) ?? [];
	if (amount === undefined || unit === undefined) return undefined;
	const ms = Number(amount) * millisecondsIn[unit as keyof typeof millisecondsIn];
	return ms <= longestMs ? ms : undefined;
}

export const durationSchema = z
	.string()
	.meta({ pattern: '^[1-9][0-9]{0,5}[smh]$' })
	.check(
		judge((value, refuse) => {
			if (durationMs(value) !== undefined) return;
			const message = `${quote(value)} is not a duration`;
			refuse(message, { help: 'write for example `30s`, `5m` or `1h`; at most `24h`' });
		}),
	);

/** Refuses a mapping without a single key: it would hold always or never, and nobody can tell which was meant. */
export function notEmpty(what: string, help: string) {
	return judge<object>((value, refuse) => {
		if (Object.keys(value).length === 0) refuse(`${what} says nothing`, { help });
	});
}
