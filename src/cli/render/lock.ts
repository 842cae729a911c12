// Differences between what drivers list and what was accepted, as a person and a machine read them.
import type { Json, JsonObject } from '../../abi/json.ts';
import type { Difference, FieldChange } from '../../kernel/lock/differences.ts';
import type { Confirmed } from '../../kernel/lock/lock.ts';
import { prettyJson } from '../../kernel/lock/text.ts';
import { escapeInvisible } from '../../text/characters.ts';
import { diffLines } from '../../text/diff.ts';
import { writeJson } from '../../wire/json.ts';
import type { Paint, Tone } from './paint.ts';

const words: Record<Difference['change'], { readonly word: string; readonly tone: Tone }> = {
	changed: { word: 'CHANGED', tone: 'caution' },
	new: { word: 'NEW', tone: 'changed' },
	gone: { word: 'GONE', tone: 'bad' },
	unconfirmed: { word: 'CONFIRM', tone: 'quiet' },
};

/** `notes/search`, `notes prompt summary`, `notes instructions`; nothing in it can move the cursor. */
export function subjectOf({ driver, kind, name }: Pick<Difference, 'driver' | 'kind' | 'name'>): string {
	switch (kind) {
		case 'tool':
			return escapeInvisible(`${driver}/${name}`);
		case 'prompt':
		case 'template':
			return escapeInvisible(`${driver} ${kind} ${name}`);
		case 'instructions':
			return `${driver} instructions`;
		default:
			return kind satisfies never;
	}
}

/** One line: what, which, and the fields that differ. */
export function differenceHead(difference: Difference, paint: Paint): string {
	const { change, fields } = difference;
	const { word, tone } = words[change];
	const shown = change === 'changed' ? fieldNames(fields) : '';
	const head = `${paint(tone, word)}${' '.repeat(8 - word.length)} ${paint('strong', subjectOf(difference))}`;
	return shown === '' ? head : `${head}  ${shown}`;
}

/** The first of them, by name. */
export function fieldNames(fields: readonly FieldChange[]): string {
	const named = fields.map(fieldName).filter((name) => name !== '');
	return (named.length > 3 ? [...named.slice(0, 3), `and ${named.length - 3} more`] : named).join(', ');
}

/** Every line that differs, field by field; of something new all of it. */
export function differenceLines(
	{ change, fields }: Pick<Difference, 'change' | 'fields'>,
	paint: Paint,
): readonly string[] {
	const isTitled = fields.length > 1 || change !== 'changed';
	return fields.flatMap((field) => {
		const name = fieldName(field);
		const lines = fieldLines(field, change === 'unconfirmed' ? ' ' : '+', paint);
		return isTitled && name !== '' ? [`  ${name}`, ...lines.map((line) => `  ${line}`)] : lines;
	});
}

/** What is proposed to be confirmed of a tool. */
export function confirmationLines({ effect, roles }: Confirmed, why: string, paint: Paint): readonly string[] {
	const named = Object.entries(roles).map(([pointer, role]) => `${escapeInvisible(parameterName(pointer))} = ${role}`);
	return [
		`  ${paint('strong', 'effect')}  ${effect}  ${paint('quiet', `(${why})`)}`,
		`  ${paint('strong', 'roles')}   ${named.length === 0 ? 'none' : named.join(', ')}`,
	];
}

/** `path` for `/path`; nested ones stay pointers. */
export function parameterName(pointer: string): string {
	return /^\/[^/~]+$/.test(pointer) ? pointer.slice(1) : pointer;
}

export function differenceJson({ driver, kind, name, change, fields }: Difference): JsonObject {
	return {
		driver,
		kind,
		name,
		change,
		fields: fields.map(fieldJson),
	};
}

export function fieldJson({ path, from, to }: FieldChange): JsonObject {
	return { path: [...path], ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

function fieldName({ path }: FieldChange): string {
	return path.map(escapeInvisible).join('.');
}

function fieldLines({ from, to }: FieldChange, sign: '+' | ' ', paint: Paint): string[] {
	const before = from === undefined ? [] : linesOf(from);
	const after = to === undefined ? [] : linesOf(to);
	if (from === undefined) return after.map((line) => mark(sign, line, paint));
	return diffLines(before, after).map((edit) => mark(edit.kind === 'added' ? '+' : '-', edit.line, paint));
}

function mark(sign: '+' | '-' | ' ', line: string, paint: Paint): string {
	const text = `  ${sign} ${line}`;
	return sign === ' ' ? text : paint(sign === '+' ? 'good' : 'bad', text);
}

/** A value of at most so many characters stands on one line. */
const shortValue = 90;

/** A text line by line, anything else as JSON; what nobody can see is spelled out. */
function linesOf(value: Json): readonly string[] {
	if (typeof value !== 'string') {
		const short = escapeInvisible(writeJson(value));
		return short.length <= shortValue ? [short] : prettyJson(value).split('\n');
	}
	return value.split('\n').map(escapeInvisible);
}
