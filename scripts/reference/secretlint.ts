// Writes src/abi/secretlint.ts: the patterns of the secretlint project's recommended rules, as the kernel can use them.
import { createRequire } from 'node:module';

const packageName = '@secretlint/secretlint-rule-preset-recommend';

/** A pattern as the library uses it, and the rule that it belongs to (`github`). */
export interface LibraryPattern {
	readonly rule: string;
	readonly regex: RegExp;
}

/** What stands in the generated file. */
export interface TakenPattern {
	readonly rule: string;
	readonly source: string;
	readonly caseless?: true;
	/** Group 1 is the secret; what stands around it stays. */
	readonly grouped?: true;
}

interface Rule {
	readonly meta: { readonly id: string };
	create(context: object, options: object): { file?(source: object): unknown };
}

/** Files that some rules look at only because of their names. */
const fileNames = ['a.json', 'a.md', '.npmrc', 'package-lock.json'];

/** Rules of the library that do not look for secrets. */
const noSecrets = new Set(['filter-comments']);

/** Asks every rule to look at a text, and notes which patterns it looks for. */
export async function libraryPatterns(): Promise<readonly LibraryPattern[]> {
	const { rules } = (await import(packageName)) as { rules: readonly Rule[] };
	const found = new Map<string, LibraryPattern>();
	for (const { meta, create } of rules) {
		const rule = meta.id.replace(/^.*secretlint-rule-/, '');
		if (noSecrets.has(rule)) continue;
		const content = {
			matchAll(regex: RegExp) {
				found.set(`${rule} ${regex}`, { rule, regex });
				return [];
			},
		};
		for (const filePath of fileNames) {
			const context = { createTranslator: () => () => ({}), report: () => undefined, ignore: () => undefined };
			const ext = filePath.slice(filePath.lastIndexOf('.'));
			await create(context, { enableIDScanRule: true }).file?.({ content, filePath, ext, contentType: 'text' });
		}
	}
	return [...found.values()];
}

/** Patterns that are not taken over, by a part of their source, and why. */
const leftOut: Readonly<Record<string, string>> = {
	'(ACCOUNT|account|Account)': 'the number of an account is no secret',
	'(?:xoxb|xoxp|xapp|xoxa|xoxo|xoxr)': 'an own pattern finds all it finds, without needing memory for every part',
	'_authToken=': 'it takes all that stands on the line; an own pattern takes the token',
};

/** Those in which an unnamed group is the secret. */
const groupIsSecret = /x-oauth-basic|SECRET\|secret|\(\?<password>/;

/**
 * A pattern that finds at least what the library's finds. It takes the whole run of characters where the library
 * refuses one that is too long, and does not mind a letter before it: a secret that is glued to something is one, too.
 */
export function takeOver({ rule, regex }: LibraryPattern): TakenPattern | undefined {
	if (Object.keys(leftOut).some((part) => regex.source.includes(part))) return undefined;
	const isGrouped = groupIsSecret.test(regex.source);
	const source = regex.source
		.replace(/^\(\?<!\\p\{L\}\)/, '')
		.replace(/\(\?!(\\w|\[[^\]]+\])\)$/, '$1*')
		.replace(/\(\?<(\w+)>/g, (_, name: string) => (name === 'password' ? '(' : '(?:'))
		.replaceAll('\\/', '/');
	return {
		rule,
		source: isGrouped ? source : withoutGroups(source),
		...(regex.flags.includes('i') ? { caseless: true } : {}),
		...(isGrouped ? { grouped: true } : {}),
	};
}

function withoutGroups(source: string): string {
	return source.replace(/(^|[^\\])\((?!\?)/g, '$1(?:');
}

/** The version that is installed, which package.json fixes. */
export function libraryVersion(): string {
	return (createRequire(import.meta.url)(`${packageName}/package.json`) as { version: string }).version;
}

export async function secretlintFile(): Promise<string> {
	const taken = (await libraryPatterns()).flatMap((pattern) => takeOver(pattern) ?? []);
	const lines = taken.map(({ rule, source, ...rest }) => {
		const flags = Object.keys(rest).map((name) => `, ${name}: true`);
		return `\t{ rule: ${literal(rule)}, source: ${literal(source)}${flags.join('')} },`;
	});
	return [
		`// What the rules of ${packageName} ${libraryVersion()} look for. Made by \`npm run generate\`; do not edit.`,
		'// The patterns are the work of the secretlint project: MIT License, Copyright (c) 2020 azu.',
		'',
		'interface LibraryPattern {',
		"\t/** The library's rule. */",
		'\treadonly rule: string;',
		'\treadonly source: string;',
		'\treadonly caseless?: true;',
		'\t/** Group 1 is the secret; what stands around it stays. */',
		'\treadonly grouped?: true;',
		'}',
		'',
		'export const secretlintPatterns: readonly LibraryPattern[] = [',
		...lines,
		'];',
		'',
	].join('\n');
}

function literal(text: string): string {
	return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
