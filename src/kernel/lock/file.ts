// trapgate.lock → what was accepted, or every mistake in it at its place: half a lock is none.
import { existsSync } from 'node:fs';
import type { Json, JsonObject } from '../../abi/json.ts';
import { isJsonObject } from '../../abi/json.ts';
import type { Problem } from '../../abi/problem.ts';
import type { Layer } from '../../policy/rule.ts';
import { type Path, place, type YamlDocument } from '../../text/places.ts';
import { type ShapeHints, shape } from '../../text/shape.ts';
import { kindOf, quote } from '../../text/words.ts';
import { readYaml } from '../../text/yaml.ts';
import { readJson } from '../../wire/json.ts';
import { readSource, type SourceFile } from '../sources.ts';
import { type DriverLock, definitionHash, Lock, type LockEntry, type LockedKind, nameIn } from './lock.ts';
import { damaged, type EntrySource, type LockFile, lockSchema } from './schema.ts';

/** More than this is not written, and not read. In bytes. */
export const largestLock = 16 * 1024 * 1024;

/** The file, why it can't be read, or undefined where there is none. */
export function readLockFile(path: string, layer: Layer, from: string): SourceFile | Problem | undefined {
	return existsSync(path) ? readSource(path, layer, from, largestLock) : undefined;
}

export interface LoadedLock {
	/** Present when, and only when, nothing is wrong. */
	readonly lock?: Lock;
	readonly problems: readonly Problem[];
}

/** Reads a lock. Never throws for what the text says. */
export function loadLock({ file, text }: Pick<SourceFile, 'file' | 'text'>): LoadedLock {
	const read = readYaml(text, file, { maxLength: largestLock });
	if (!read.ok) return { problems: read.problems.map(asDamaged) };
	const { document } = read;
	const shaped = shape(document, lockSchema, hints);
	if (!shaped.ok) return { problems: shaped.problems.map(asDamaged) };
	const reading: Reading = { document, problems: [] };
	const drivers = Object.entries(shaped.value.drivers).map(
		([name, driver]) => [name, readDriver(reading, driver, ['drivers', name])] as const,
	);
	return reading.problems.length > 0
		? { problems: reading.problems }
		: { lock: new Lock(new Map(drivers)), problems: [] };
}

const hints: ShapeHints = {
	wrongValue(path, value) {
		if (path.length === 0 && value === null) return { message: 'the lock is empty', help: damaged };
		if (path.length !== 1 || path[0] !== 'version' || value === undefined) return undefined;
		const said = typeof value === 'number' ? quote(String(value)) : kindOf(value);
		return {
			code: 'P105',
			message: `version ${said} of the lock format is not supported`,
			help: `use the version of Trapgate that wrote it; or ${damaged}`,
		};
	},
	missingKey: () => damaged,
};

function asDamaged(problem: Problem): Problem {
	return problem.help === undefined ? { ...problem, help: damaged } : problem;
}

interface Reading {
	readonly document: YamlDocument;
	readonly problems: Problem[];
}

function readDriver(reading: Reading, source: LockFile['drivers'][string], path: Path): DriverLock {
	const { instructions, tools = [], prompts = [], templates = [] } = source;
	const spoken = new Map<string, LockEntry>();
	if (instructions !== undefined) {
		const { hash, text } = instructions;
		spoken.set('', { name: '', sha256: hash, definition: text });
		if (text !== undefined && definitionHash(text) !== hash)
			complain(reading, [...path, 'instructions', 'hash'], edited);
	}
	return {
		instructions: spoken,
		tool: readEntries(reading, 'tool', tools, [...path, 'tools']),
		prompt: readEntries(reading, 'prompt', prompts, [...path, 'prompts']),
		template: readEntries(reading, 'template', templates, [...path, 'templates']),
	};
}

const edited = 'what stands here is not what a person accepted: its hash is another';

function readEntries(reading: Reading, kind: LockedKind, sources: readonly EntrySource[], path: Path) {
	const entries = new Map<string, LockEntry>();
	for (const [index, source] of sources.entries()) {
		const { name, hash, effect, roles } = source;
		const at = [...path, index];
		if (entries.has(name)) complain(reading, [...at, 'name'], `${quote(name)} stands here twice`);
		const definition = readDefinition(reading, source, at);
		if (definition !== undefined && nameIn(kind, definition) !== name) {
			complain(reading, [...at, 'name'], `the definition is one of another name than ${quote(name)}`);
		} else if (definition !== undefined && definitionHash(definition) !== hash) {
			complain(reading, [...at, 'hash'], edited);
		}
		const confirmed = effect === undefined || roles === undefined ? undefined : { effect, roles };
		entries.set(name, { name, sha256: hash, definition, ...(confirmed && { confirmed }) });
	}
	return entries;
}

/** The whole entry again; undefined where it was not kept, and where it can't be read, which is complained of. */
function readDefinition(
	reading: Reading,
	{ description, definition }: EntrySource,
	path: Path,
): JsonObject | undefined {
	if (definition === undefined) {
		if (description !== undefined) complain(reading, [...path, 'description'], 'a description without its definition');
		return undefined;
	}
	const read = readJson(definition);
	const rest: Json | undefined = read.ok ? read.value : undefined;
	if (!isJsonObject(rest)) {
		const why = read.ok ? 'it is not an object' : `${read.reason} at character ${read.offset + 1}`;
		complain(reading, [...path, 'definition'], `the definition can not be read: ${why}`);
		return undefined;
	}
	if (description === undefined) return rest;
	if (Object.hasOwn(rest, 'description'))
		complain(reading, [...path, 'description'], 'this entry has two descriptions');
	return { ...rest, description };
}

function complain({ document, problems }: Reading, path: Path, message: string): void {
	problems.push({ code: 'P102', severity: 'error', message, where: place(document, path), help: damaged });
}
