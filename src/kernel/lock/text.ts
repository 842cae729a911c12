// A lock as text: sorted, one thing a line, nothing invisible in it, and the same for the same lock.
import { ExactNumber, isJsonObject, type Json, type JsonObject } from '../../abi/json.ts';
import { escapeInvisible, isPlainText } from '../../text/characters.ts';
import { writeJson } from '../../wire/json.ts';
import type { DriverLock, Lock, LockEntry } from './lock.ts';

const head = [
	'# What a person accepted of each driver, for `then: { lock: … }` and `match: { effect: … }`.',
	'# Written by `trapgate lock`; read its changes as you read code, and do not edit it by hand.',
	'version: 1',
];

/** The text of the file. Members and entries are sorted, so an unchanged lock gives an unchanged text. */
export function lockText({ drivers }: Pick<Lock, 'drivers'>): string {
	const names = [...drivers.keys()].sort();
	const lines = names.flatMap((name) => {
		const own = driverLines(drivers.get(name) as DriverLock);
		return own.length === 0 ? [`  ${quotedName(name)}: {}`] : [`  ${quotedName(name)}:`, ...own];
	});
	return `${[...head, ...(lines.length === 0 ? ['drivers: {}'] : ['drivers:', ...lines])].join('\n')}\n`;
}

/** JSON over several lines, members sorted, invisible characters escaped; numbers keep their digits. */
export function prettyJson(value: Json, indent = ''): string {
	if (Array.isArray(value)) {
		if (value.length === 0) return '[]';
		const inner = `${indent}  `;
		return `[\n${value.map((item: Json) => inner + prettyJson(item, inner)).join(',\n')}\n${indent}]`;
	}
	if (!isJsonObject(value)) {
		return value instanceof ExactNumber ? value.source : escapeInvisible(writeJson(value));
	}
	const names = Object.keys(value).sort();
	if (names.length === 0) return '{}';
	const inner = `${indent}  `;
	const members = names.map((name) => {
		return `${inner}${escapeInvisible(writeJson(name))}: ${prettyJson(value[name] as Json, inner)}`;
	});
	return `{\n${members.join(',\n')}\n${indent}}`;
}

function driverLines({ instructions, tool, prompt, template }: DriverLock): string[] {
	const [spoken] = instructions.values();
	return [
		...(spoken === undefined
			? []
			: [
					'    instructions:',
					`      hash: ${spoken.sha256}`,
					...(typeof spoken.definition === 'string' ? textLines('text', spoken.definition, '      ') : []),
				]),
		...listLines('tools', tool),
		...listLines('prompts', prompt),
		...listLines('templates', template),
	];
}

function listLines(title: string, entries: ReadonlyMap<string, LockEntry>): string[] {
	if (entries.size === 0) return [];
	const names = [...entries.keys()].sort();
	return [`    ${title}:`, ...names.flatMap((name) => entryLines(entries.get(name) as LockEntry))];
}

function entryLines({ name, sha256, definition, confirmed }: LockEntry): string[] {
	const own = isJsonObject(definition) ? definition : undefined;
	const { description, ...rest }: JsonObject = own ?? {};
	const isText = typeof description === 'string';
	return [
		`      - name: ${quotedName(name)}`,
		`        hash: ${sha256}`,
		...(confirmed === undefined ? [] : [`        effect: ${confirmed.effect}`, ...roleLines(confirmed.roles)]),
		...(isText ? textLines('description', description, '        ') : []),
		...(own === undefined ? [] : blockLines('definition', prettyJson(isText ? rest : own), '        ')),
	];
}

function roleLines(roles: Readonly<Record<string, string>>): string[] {
	const pointers = Object.keys(roles).sort();
	if (pointers.length === 0) return ['        roles: {}'];
	return ['        roles:', ...pointers.map((pointer) => `          ${quotedName(pointer)}: ${roles[pointer]}`)];
}

/** Text as it is where it can stand so, and quoted where not. */
function textLines(key: string, text: string, indent: string): string[] {
	return isPlainText(text) ? blockLines(key, text, indent) : [`${indent}${key}: ${quoted(text)}`];
}

function blockLines(key: string, text: string, indent: string): string[] {
	const body = text.replace(/\n$/, '');
	const lines = body.split('\n').map((line) => (line === '' ? '' : `${indent}  ${line}`));
	return [`${indent}${key}: ${body === text ? '|-' : '|'}`, ...lines];
}

function quotedName(name: string): string {
	return /^[A-Za-z][\w./-]*$/.test(name) && !/^(?:true|false|null|y|n|yes|no|on|off)$/i.test(name)
		? name
		: quoted(name);
}

/** A JSON string is a double-quoted YAML scalar, too. */
function quoted(text: string): string {
	return escapeInvisible(JSON.stringify(text));
}
