// YAML texts in which one value is spelled in any of the ways that YAML has, with comments and blank lines in between.
import fc from 'fast-check';
import type { Json } from '../../src/abi/json.ts';
import type { ReadYaml } from '../../src/text/yaml.ts';

export function valueIn(read: ReadYaml): Json {
	return read.ok ? read.document.value : null;
}

type Value = string | Value[] | { [key: string]: Value };

/** Words that are told apart by their spelling: numbers, blanks at ends, quotes, line breaks, what looks like syntax. */
const word = fc.oneof(
	fc.constantFrom(
		'a',
		'b c',
		'no',
		'010',
		'1.50',
		' x ',
		"it's",
		'say "x"',
		'a: b',
		'- a',
		'back\\slash',
		'{a}',
		'[b',
		'a, b',
		'*',
		'!x',
		'',
	),
	fc.constantFrom('one\ntwo', 'one\n\ntwo\n', ' lead\nline', 'tail\n\n', '\nhead', 'x'.repeat(70)),
	fc.string({ maxLength: 8 }),
);
const key = fc.stringMatching(/^[a-z][a-z0-9 _-]{0,6}[a-z]$/);
const { value } = fc.letrec<{ value: Value }>((tie) => ({
	value: fc.oneof(
		{ depthSize: 'small', withCrossShrink: true },
		word,
		fc.array(tie('value'), { maxLength: 4 }),
		fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
	),
}));

const root = fc.oneof(
	fc.array(value, { minLength: 1, maxLength: 4 }),
	fc.dictionary(key, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
);

/** Not every text is YAML; most are. */
export const spelledYaml = fc
	.tuple(root, fc.infiniteStream(fc.nat(999)), fc.constantFrom('\n', '\n', '\r\n'))
	.map(([given, choices, lineEnd]) => {
		const speller = new Speller(choices);
		const text = `${speller.gap('')}${speller.block(given, '')}\n${speller.gap('')}`;
		return text.replaceAll('\n', lineEnd);
	});

class Speller {
	readonly #choices: Iterator<number>;

	constructor(choices: Iterable<number>) {
		this.#choices = choices[Symbol.iterator]();
	}

	#pick<T>(...options: readonly [T, ...T[]]): T {
		return options[(this.#choices.next().value ?? 0) % options.length] ?? options[0];
	}

	/** Lines before an entry. */
	gap(indent: string): string {
		return this.#pick(
			'',
			'',
			'',
			'',
			'\n',
			`${indent}# own\n`,
			`${indent}# one\n${indent}# two\n`,
			`\n\n${indent}# far\n\n`,
			`${indent}  # deep\n`,
		);
	}

	#note(): string {
		return this.#pick('', '', '', ' # note', '   #');
	}

	/** Without the last line break. */
	block(given: Value, indent: string): string {
		if (typeof given === 'string') return this.#flow(given);
		const entries: (readonly [string, Value])[] = Array.isArray(given)
			? given.map((item) => ['-', item] as const)
			: Object.entries(given).map(([name, item]) => [`${this.#pick(name, `"${name}"`, `'${name}'`)}:`, item] as const);
		if (entries.length === 0) return Array.isArray(given) ? '[]' : '{ }';
		return entries
			.map(
				([head, item], index) =>
					(index === 0 ? '' : this.gap(indent)) + (index === 0 ? '' : indent) + this.#entry(head, item, indent),
			)
			.join('\n');
	}

	#entry(head: string, item: Value, indent: string): string {
		const deeper = indent + this.#pick('  ', ' ', '    ');
		const isNested = typeof item !== 'string' && Object.keys(item).length > 0;
		if (isNested && this.#pick(true, true, false)) {
			if (head === '-' && this.#pick(true, false)) return `- ${this.block(item, `${indent}  `)}`;
			return `${head}${this.#note()}\n${this.gap(deeper)}${deeper}${this.block(item, deeper)}`;
		}
		if (typeof item === 'string' && this.#pick(false, false, true)) {
			const text = this.#text(item, deeper);
			if (text !== undefined) return `${head} ${text}`;
		}
		const between = this.#pick(' ', ' ', ' ', '   ', ` # between\n${deeper}`);
		return `${head}${between}${this.#flow(item)}${this.#note()}`;
	}

	/** `|` and `>`; undefined for a text that needs more care than this takes. */
	#text(text: string, indent: string): string | undefined {
		if (!/^[ -~\n]+$/.test(text) || /^[ \n]|[^\n] *\n *$|\n[ \n]/.test(text)) return undefined;
		const header = `${this.#pick('|', '>')}${text.endsWith('\n') ? '' : '-'}${this.#note()}`;
		return `${header}\n${text
			.split('\n')
			.map((line) => indent + line)
			.join('\n')}${this.#pick('', '\n', '\n\n')}`;
	}

	#flow(given: Value): string {
		if (typeof given === 'string') return this.#word(given);
		const space = () => this.#pick('', ' ', ' ', '  ', '\n          ', ' # in\n          ');
		const items = Array.isArray(given)
			? given.map((item) => this.#flow(item))
			: Object.entries(given).map(([name, item]) => `"${name}":${space()}${this.#flow(item)}`);
		const [open, close] = Array.isArray(given) ? '[]' : '{}';
		const last = items.length > 0 ? this.#pick('', '', ',') : '';
		return `${open}${space()}${items.join(`${space()},${space()}`)}${last}${space()}${close}`;
	}

	#word(text: string): string {
		const isPlain = /^[A-Za-z0-9][A-Za-z0-9. ]*[A-Za-z0-9]$|^[A-Za-z0-9]$/.test(text);
		const isLine = /^[ -~]*$/.test(text) && !text.includes('#');
		const double = JSON.stringify(text).replace(
			/[\u007f-\uffff#]/g,
			(unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
		);
		const wrapped = / \S/.test(text) && isPlain ? text.replace(/ (?=\S)/, '\n          ') : double;
		return this.#pick(double, isLine ? `'${text.replaceAll("'", "''")}'` : double, isPlain ? text : double, wrapped);
	}
}
