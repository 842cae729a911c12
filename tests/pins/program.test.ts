// What scripts rely on: exit codes, and the names that programs import.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import * as published from '../../src/index.ts';
import { makePlace, type Place } from '../cli/support.ts';

let place: Place;
beforeAll(() => {
	place = makePlace({
		'good.yaml': 'version: 1\n',
		'slip.yaml': 'version: 1\nrules: [{ id: a, match: { tool: "x/*" }, then: deny, reason: r }]\n',
		'broken.yaml': 'version: 2\n',
		'project.yaml': 'version: 1\nworkspace: .\n',
		'down.yaml': 'version: 1\ndrivers: { gone: { command: no-such-program-anywhere } }\n',
	});
});
afterAll(() => place.remove());

test('what exit codes mean', () => {
	expect(exitCodes).toEqual({ fine: 0, findings: 1, usage: 2, policy: 3, connection: 4, integrity: 5, person: 6 });
});

test.each<[number, string]>([
	[0, 'check --config good.yaml'],
	[0, 'explain ls --config good.yaml'],
	[0, 'audit tail --config good.yaml'],
	[0, 'help'],
	[0, '--version'],
	[1, 'check --config slip.yaml'],
	[2, ''],
	[2, 'chek'],
	[2, 'check --strct'],
	[2, 'explain'],
	[2, 'audit show nobody --config good.yaml'],
	[3, 'check --config broken.yaml'],
	[2, 'run --http 999999 --config none.yaml'],
	[3, 'run --config broken.yaml'],
	[3, 'run --config project.yaml'],
	[3, 'check --config none.yaml'],
	[4, 'doctor --config down.yaml'],
	[4, 'run --config good.yaml --http 0.0.0.0:4070 --no-token'],
	[5, 'audit verify --config good.yaml --directory nowhere'],
	[6, 'trust --config project.yaml'],
])('%i: trapgate %s', async (code, line) => {
	expect((await place.run(line.split(' ').filter(Boolean))).code).toBe(code);
});

test('4: trapgate run --http, where somebody else listens', async () => {
	const other = createServer().listen(0, '127.0.0.1');
	await once(other, 'listening');
	const { port } = other.address() as AddressInfo;
	try {
		const { code, stderr } = await place.run(['run', '--config', 'good.yaml', '--http', String(port), '--quiet']);
		expect(stderr).toMatch(/^error\[K104\]: can't listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
		expect(code).toBe(4);
	} finally {
		other.close();
	}
});

test('names a program may import', () => {
	expect(Object.keys(published).sort()).toEqual([
		'TrapgateError',
		'analyse',
		'edit',
		'loadOptions',
		'loadRevision',
		'makeAnswer',
		'parseToolName',
		'stateDirectories',
	]);
	const source = readFileSync(new URL('../../src/index.ts', import.meta.url), 'utf8');
	const types = [...source.matchAll(/\btype (\w+)|^export type \{([^}]*)\}/gm)].flatMap(([, one, several]) =>
		one !== undefined ? [one] : (several ?? '').split(',').flatMap((name) => name.trim() || []),
	);
	expect(types.sort()).toEqual([
		'Analysis',
		'Answer',
		'Command',
		'CommandSource',
		'Decision',
		'DriverName',
		'EditOutcome',
		'Fact',
		'Gap',
		'GapKind',
		'Launcher',
		'LoadOptions',
		'LoadSurroundings',
		'Loaded',
		'NewWord',
		'Problem',
		'ProblemCode',
		'Question',
		'Revision',
		'RuleRef',
		'Span',
		'StateDirectories',
		'Surroundings',
		'Target',
		'ToolName',
		'Verdict',
	]);
});

test('they answer as the door would, and start nothing', () => {
	place.write(
		'asked.yaml',
		'version: 1\ndefaults: { tool: allow }\nrules: [{ id: no, match: { tool: "x/y" }, then: deny, reason: r, instead: i }]\n',
	);
	const directories = published.stateDirectories(place.env);
	const load = published.loadOptions(
		{ file: `${place.directory}/asked.yaml`, cwd: place.directory, env: place.env },
		directories,
	);
	const { revision, problems } = published.loadRevision(load);
	expect(problems).toEqual([]);
	if (revision === undefined) throw new Error('it did not load');
	const name = published.parseToolName('x/y');
	if (name === undefined) throw new Error('no name');
	const answer = published.makeAnswer({ revision, load, directories });
	const target = { kind: 'tool', driver: name.driver, tool: name.tool, args: {} } as const;
	expect(answer({ target, agent: 'ci', at: 0 }).decision).toMatchObject({
		verdict: 'denied',
		because: [{ id: 'no' }],
	});
});
