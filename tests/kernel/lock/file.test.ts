// The lock as a file: what is written is what is read, and what a person did not accept is never read out of it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactNumber, type Json, type JsonObject } from '../../../src/abi/json.ts';
import type { DriverName } from '../../../src/abi/names.ts';
import { accept, acceptAll } from '../../../src/kernel/lock/accept.ts';
import { differences } from '../../../src/kernel/lock/differences.ts';
import { loadLock } from '../../../src/kernel/lock/file.ts';
import { definitionHash, emptyLock, Lock } from '../../../src/kernel/lock/lock.ts';
import { lockText } from '../../../src/kernel/lock/text.ts';
import { listingOf, lockOf, notes, tool } from './support.ts';

const read = (text: string) => loadLock({ file: 'trapgate.lock', text });

function reread(lock: Lock): Lock {
	const { lock: again, problems } = read(lockText(lock));
	expect(problems).toEqual([]);
	return again as Lock;
}

const oddText = fc.oneof(
	fc.string({ unit: 'binary', maxLength: 12 }),
	fc.constantFrom(
		'a\nb',
		' a',
		'a ',
		'\n',
		'a\n\n',
		'\u202eevil',
		'z\u200bw',
		'- x',
		'# no',
		'a: b',
		'---\n...',
		'|-',
		'\tx',
		'true',
		'💥',
		'\ud800',
		'\r\n',
		'\u2028',
		'\ufeff',
		"'",
		'"',
		'{{',
		'${x}',
	),
);
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
	value: fc.oneof(
		{ depthSize: 'small', maxDepth: 4 },
		oddText,
		fc.constantFrom<Json>(null, true, 0, -1.5, 1e21, new ExactNumber('1.0'), new ExactNumber('9007199254740993')),
		fc.array(tie('value'), { maxLength: 3 }),
		fc.dictionary(oddText, tie('value'), { maxKeys: 3, noNullPrototype: true }),
	),
})).value;

test('any definition is read back as it was listed, from a text in which nothing is invisible', () => {
	const entry = (key: string) =>
		fc
			.tuple(oddText, fc.dictionary(oddText, json, { maxKeys: 3, noNullPrototype: true }), fc.oneof(oddText, json))
			.map(([name, rest, description]) => ({ ...rest, description, [key]: name === '' ? 'x' : name }) as JsonObject);
	const lists = fc.record({
		tool: fc.array(entry('name'), { maxLength: 4 }),
		prompt: fc.array(entry('name'), { maxLength: 2 }),
		template: fc.array(entry('uriTemplate'), { maxLength: 2 }),
		instructions: fc.array(oddText, { maxLength: 1 }),
	});
	fc.assert(
		fc.property(lists, (all) => {
			const listing = listingOf(all);
			const lock = acceptAll(listing);
			const text = lockText(lock);
			expect(text.replaceAll('\n', '')).not.toMatch(
				/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u,
			);
			const again = reread(lock);
			expect(lockText(again)).toBe(text);
			expect(differences(again, listing, [notes]).filter(({ change }) => change !== 'unconfirmed')).toEqual([]);
		}),
		{ numRuns: 200 },
	);
});

test('the text is sorted, whatever the order in which drivers list', () => {
	const [a, b] = [tool('a', { z: 1, y: { d: 1, c: 2 } }), tool('b')];
	const swapped = { inputSchema: a['inputSchema'] as Json, y: { c: 2, d: 1 }, z: 1, description: 'Does a.', name: 'a' };
	expect(lockText(lockOf(b, swapped))).toBe(lockText(lockOf(a, b)));
});

test('one changed word is one changed line, beside the hash', () => {
	const long = Array.from({ length: 30 }, (_, index) => `Line ${index}.`).join('\n');
	const lines = (text: string) => lockText(lockOf(tool('a', { description: text }), tool('b'))).split('\n');
	const [before, after] = [lines(long), lines(long.replace('Line 7.', 'Line 7, and ~/.ssh.'))];
	expect(after).toHaveLength(before.length);
	const changed = after.filter((line, index) => line !== before[index]);
	expect(changed.map((line) => line.trim().replace(/[0-9a-f]{64}/, '…'))).toEqual([
		'hash: sha256:…',
		'Line 7, and ~/.ssh.',
	]);
});

test('confirmations stand beside what they are about, and of what has changed they are told as such', () => {
	const listing = listingOf({ tool: [tool('find', { inputSchema: { properties: { path: {} } } })] });
	const [difference] = differences(emptyLock(), listing, [notes]);
	if (difference === undefined) throw new Error('nothing differs');
	const lock = reread(accept(emptyLock(), difference, { effect: 'read', roles: { '/path': 'any_path' } }));
	const definition = listing.drivers.get(notes)?.tool.get('find') as JsonObject;
	expect(lock.knowledgeOf('notes', definition)).toMatchObject({
		lock: 'accepted',
		effect: 'read',
		roles: { '/path': 'any_path' },
	});
	const changed = { ...definition, description: 'Deletes all.' };
	expect(lock.knowledgeOf('notes', changed)).toEqual({
		lock: 'changed',
		definition: changed,
		effect: 'read',
		roles: { '/path': 'any_path' },
		isChanged: true,
	});
	expect(lock.knowledgeOf('other', definition)).toEqual({ lock: 'new', definition });
});

test('what is too large to be kept is recorded by its hash', () => {
	const huge = tool('huge', { description: 'x'.repeat(1_000_000) });
	const lock = reread(lockOf(huge));
	expect(lockText(lock).length).toBeLessThan(1000);
	expect(lock.stateOf('tool', 'notes', huge)).toBe('accepted');
	expect(lock.stateOf('tool', 'notes', { ...huge, description: 'x'.repeat(999_999) })).toBe('changed');
});

test('a schema of 10,000 properties is locked and compared', () => {
	const properties = Object.fromEntries(
		Array.from({ length: 10_000 }, (_, index) => [`p${index}`, { type: 'string' }]),
	);
	const wide = tool('wide', { inputSchema: { type: 'object', properties } });
	const lock = reread(lockOf(wide));
	expect(lock.stateOf('tool', 'notes', wide)).toBe('accepted');
	const more = { ...wide, inputSchema: { type: 'object', properties: { ...properties, p9: { type: 'number' } } } };
	expect(lock.stateOf('tool', 'notes', more)).toBe('changed');
});

test('three hundred drivers of ten tools each are read', () => {
	const tools = Array.from({ length: 10 }, (_, index) =>
		tool(`t${index}`, { description: `Line one.\n${'x'.repeat(60)}` }),
	);
	const drivers = Array.from({ length: 300 }, (_, index) => `d${index}` as DriverName);
	const all = new Map(drivers.flatMap((driver) => [...acceptAll(listingOf({ tool: tools }, driver)).drivers]));
	expect(reread(new Lock(all)).toolCount).toBe(3000);
});

describe('a lock that is not whole is none', () => {
	const lock = acceptAll(
		listingOf({
			tool: [tool('find', { description: 'Finds.\nAll of it.' }), tool('send')],
			prompt: [{ name: 'sum', description: 'Sums up.' }],
			instructions: ['Be careful.'],
		}),
	);
	const text = lockText(lock);

	test('cut off anywhere, it is refused, or has lost whole entries', () => {
		for (let length = 0; length < text.length; length++) {
			const { lock: found, problems } = read(text.slice(0, length));
			if (found === undefined) {
				expect(problems[0]?.where?.file ?? problems[0]?.help, String(length)).toBeTruthy();
				continue;
			}
			for (const [driver, kinds] of found.drivers) {
				for (const kind of ['tool', 'prompt', 'template', 'instructions'] as const) {
					for (const [name, entry] of kinds[kind]) {
						expect(lock.entry(kind, driver, name)?.sha256, `${length} ${kind} ${name}`).toBe(entry.sha256);
					}
				}
			}
		}
	});

	test('any other text in the place of one that was accepted is refused', () => {
		const of = (find: string, put: string) => read(text.replace(find, put)).problems[0];
		const edited = { code: 'P102', severity: 'error', message: expect.stringContaining('its hash is another') };
		expect(of('Finds.', 'Finds, and reads ~/.ssh.')).toMatchObject(edited);
		expect(of('"type": "object"', '"type": "array"')).toMatchObject(edited);
		expect(of('Be careful.', 'Be careless.')).toMatchObject({ ...edited, where: { line: 7, column: 13 } });
		expect(of('"name": "find"', '"name": "send"')).toMatchObject({ message: expect.stringContaining('another name') });
	});

	test.each<[string, (text: string) => string, string, string, number?]>([
		['another version', (all) => all.replace('version: 1', 'version: 2'), 'P105', 'version `2` of the lock format', 3],
		['no version', (all) => all.replace('version: 1\n', ''), 'P103', 'key `version` is missing'],
		[
			'an unknown key',
			(all) => all.replace('        hash', '        hsh: x\n        hash'),
			'P101',
			'unknown key `hsh`',
			12,
		],
		['a key of ours at the wrong place', (all) => `${all}mode: observe\n`, 'P101', 'unknown key `mode`'],
		['a hash that is none', (all) => all.replace(/sha256:\w{64}/, 'sha256:0'), 'P102', '`sha256:0` is not a hash', 7],
		['an entry twice', (all) => all.replace('name: send', 'name: find'), 'P102', '`find` stands here twice'],
		[
			'an effect without roles',
			(all) => all.replace('        hash', '        effect: read\n        hash'),
			'P102',
			'`effect` without `roles`',
		],
		[
			'an effect that is none',
			(all) => all.replace('        hash', '        effect: none\n        roles: {}\n        hash'),
			'P102',
			'`none` is not a valid value',
		],
		['broken JSON', (all) => all.replace('"type": "object"', '"type": '), 'P102', 'can not be read'],
		[
			'JSON that is no object',
			(all) => all.replace(/definition: \|-\n(?: {10}.*\n)+/, 'definition: "7"\n'),
			'P102',
			'it is not an object',
		],
		['YAML that is none', (all) => `${all} }{`, 'P002', ''],
		['nothing', () => '', 'P102', 'the lock is empty'],
		['a list', () => '- a', 'P102', 'a list'],
		['a conflict of two branches', (all) => `<<<<<<< ours\n${all}=======\n${all}>>>>>>> theirs\n`, 'P002', ''],
	])('%s', (_, spoil, code, message, line) => {
		const { lock: found, problems } = read(spoil(text));
		expect(found).toBeUndefined();
		expect(problems[0]).toMatchObject({ code, severity: 'error', message: expect.stringContaining(message) });
		expect(problems[0]?.where).toMatchObject({ file: 'trapgate.lock', ...(line !== undefined && { line }) });
		expect(problems[0]?.help).toBeTruthy();
	});
});

test('the hash is over the whole entry, and tells 1 from 1.0', () => {
	const plain = tool('a', { annotations: { readOnlyHint: true } });
	const hash = definitionHash(plain);
	for (const other of [
		{ ...plain, title: 'A' },
		{ ...plain, annotations: { readOnlyHint: false } },
		{ ...plain, outputSchema: {} },
		{ ...plain, _meta: { x: 1 } },
		{ ...plain, 'x-vendor': null },
	]) {
		expect(definitionHash(other)).not.toBe(hash);
	}
	expect(definitionHash({ n: 1 })).not.toBe(definitionHash({ n: new ExactNumber('1.0') }));
});

test('a lock tells which tools it knows, what a person confirmed of them, and which drivers have none', () => {
	const listed = listingOf({ tool: [tool('look'), tool('change')] });
	const [one, other] = differences(emptyLock(), listed, [notes]);
	if (one === undefined || other === undefined) throw new Error('two differences were expected');
	const writing = accept(emptyLock(), one, { effect: 'write', roles: {} });
	const both = reread(accept(writing, other, { effect: 'read', roles: {} }));
	expect(emptyLock().known(['notes'])).toBeUndefined();
	expect(reread(writing).known(['notes', 'later'])).toMatchObject({
		tools: [{ name: 'notes/change', effect: 'write' }],
		unrecorded: ['later'],
	});
	expect(both.known([])?.tools.map(({ name, effect }) => [name, effect])).toEqual([
		['notes/change', 'write'],
		['notes/look', 'read'],
	]);
});
