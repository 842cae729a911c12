// `trapgate check --format sarif`: SARIF 2.1.0 as code scanning services read it.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { problemPages } from '../../src/cli/problem-pages.ts';
import { sarifOf } from '../../src/cli/render/sarif.ts';
import { makePlace, type Outcome, type Place } from './support.ts';

let place: Place;
beforeEach(() => {
	place = makePlace();
});
afterEach(() => place.remove());

interface Rule {
	readonly id: string;
	readonly helpUri: string;
	readonly shortDescription: { readonly text: string };
	readonly fullDescription: { readonly text: string };
	readonly help: { readonly text: string; readonly markdown: string };
}

interface Result {
	readonly ruleId: string;
	readonly ruleIndex: number;
	readonly level: string;
	readonly message: { readonly text: string };
	readonly locations: readonly {
		readonly physicalLocation: {
			readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: string };
			readonly region?: Readonly<Record<'startLine' | 'startColumn' | 'endLine' | 'endColumn', number>>;
		};
	}[];
}

interface Run {
	readonly tool: {
		readonly driver: { readonly name: string; readonly semanticVersion: string; readonly rules: readonly Rule[] };
	};
	readonly columnKind: string;
	readonly results: readonly Result[];
	readonly invocations: readonly {
		readonly executionSuccessful: boolean;
		readonly properties: { readonly loads: boolean };
	}[];
}

/** The one run of a log that has the shape the standard asks for (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html). */
function runOf(outcome: Outcome): Run {
	const log = outcome.document() as { $schema: string; version: string; runs: Run[] };
	// 3.13: version and runs; 3.13.3: the address of the schema.
	expect(Object.keys(log).sort()).toEqual(['$schema', 'runs', 'version']);
	expect(log.version).toBe('2.1.0');
	expect(log.$schema).toMatch(/sarif-2\.1\.0\.json$/);
	const [run, ...more] = log.runs;
	if (run === undefined) throw new Error('there is no run');
	expect(more).toEqual([]);
	const { driver } = run.tool;
	expect(driver.name).toBe('trapgate');
	for (const { id, helpUri, shortDescription, fullDescription, help } of driver.rules) {
		// 3.49.12: the help address is absolute. It leads to an entry that is there.
		const page = new URL(helpUri);
		expect(page.hash).toBe(`#${id.toLowerCase()}`);
		expect(existsSync(fileURLToPath(new URL(page.pathname, 'file:')))).toBe(true);
		// 3.49.9: one sentence.
		expect(shortDescription.text).toMatch(/^[A-Z`].*\.$/);
		expect(fullDescription.text.length).toBeGreaterThan(20);
		expect(help.markdown).toContain('**What to do:**');
	}
	for (const { ruleId, ruleIndex, level, message, locations } of run.results) {
		expect(driver.rules[ruleIndex]?.id).toBe(ruleId);
		expect(['error', 'warning', 'note']).toContain(level);
		expect(message.text).not.toBe('');
		// 3.11.5: a single brace would begin a placeholder.
		expect(message.text.replaceAll('{{', '').replaceAll('}}', '')).not.toMatch(/[{}]/);
		const [location] = locations;
		const { artifactLocation, region } = location?.physicalLocation ?? { artifactLocation: { uri: '' } };
		const isRelative = artifactLocation.uriBaseId === '%SRCROOT%';
		expect(isRelative ? artifactLocation.uri : new URL(artifactLocation.uri).href).not.toMatch(/^[/ ]| /);
		if (region === undefined) continue;
		for (const number of Object.values(region)) expect(number).toBeGreaterThanOrEqual(1);
		expect(region.endColumn).toBeGreaterThan(region.startColumn);
	}
	return run;
}

const twoFiles = () => {
	place.write('trapgate.yaml', 'version: 1\npolicies: [./b.yaml, "./a folder/a.yaml"]\n');
	place.write('b.yaml', 'version: 1\nname: b\nrules:\n  - { id: b, match: { tool: x/b }, then: deny }\n');
	place.write('a folder/a.yaml', 'version: 1\nname: a\nrules:\n  - { id: a, match: { tool: x/a }, then: deny }\n');
};

test('several problems in several files are one run, in the order of the text output', async () => {
	twoFiles();
	const text = await place.run(['check']);
	const sarif = await place.run(['check', '--format', 'sarif']);
	expect([text.code, sarif.code]).toEqual([1, 1]);
	const { tool, results, columnKind, invocations } = runOf(sarif);
	expect(tool.driver.rules.map(({ id }) => id)).toEqual(['P302', 'P306']);
	expect(columnKind).toBe('utf16CodeUnits');
	expect(invocations).toEqual([{ executionSuccessful: true, properties: { loads: true } }]);
	expect(
		results.map(({ ruleId, level, locations: [location] }) => [
			ruleId,
			level,
			location?.physicalLocation.artifactLocation.uri,
			location?.physicalLocation.region?.startLine,
		]),
	).toEqual([
		['P302', 'error', 'b.yaml', 4],
		['P306', 'warning', 'b.yaml', 4],
		['P302', 'error', 'a%20folder/a.yaml', 4],
		['P306', 'warning', 'a%20folder/a.yaml', 4],
	]);
	const shown = [...text.stdout.matchAll(/^(?:error|warning)\[(\w+)\]/gm)].map(([, code]) => code);
	expect(results.map(({ ruleId }) => ruleId)).toEqual(shown);
	expect((await place.run(['check', '--format', 'sarif'])).stdout).toBe(sarif.stdout);
});

test('the region is the span under the carets, and the message says label and help', async () => {
	place.write('trapgate.yaml', 'version: 1\nmode: enforced\nrules: []\n');
	const outcome = await place.run(['check', '--format', 'sarif']);
	expect(outcome.code).toBe(3);
	const { results, invocations } = runOf(outcome);
	expect(invocations[0]?.properties.loads).toBe(false);
	expect(results).toEqual([
		{
			ruleId: 'P102',
			ruleIndex: 0,
			level: 'error',
			message: { text: '`enforced` is not a valid value\nhelp: did you mean `enforce`?' },
			locations: [
				{
					physicalLocation: {
						artifactLocation: { uri: 'trapgate.yaml', uriBaseId: '%SRCROOT%' },
						region: { startLine: 2, startColumn: 7, endLine: 2, endColumn: 15 },
					},
				},
			],
		},
	]);
});

test('no problem is a run without results', async () => {
	place.write('trapgate.yaml', 'version: 1\n');
	const outcome = await place.run(['check', '--format', 'sarif']);
	expect(outcome.code).toBe(0);
	expect(runOf(outcome)).toMatchObject({ results: [], tool: { driver: { rules: [], semanticVersion: '9.9.9' } } });
});

test('a problem without a place is one of the root file', async () => {
	const outcome = await place.run(['check', '--format', 'sarif']);
	expect(outcome.code).toBe(3);
	expect(runOf(outcome).results).toMatchObject([
		{
			ruleId: 'P205',
			locations: [{ physicalLocation: { artifactLocation: { uri: 'trapgate.yaml', uriBaseId: '%SRCROOT%' } } }],
		},
	]);
});

test('a file elsewhere has its whole address', async () => {
	place.write(
		'there/trapgate.yaml',
		'version: 1\nrules:\n  - { id: a, match: { tool: x/a }, then: deny, reason: r }\n',
	);
	place.write('here/other.yaml', '');
	const outcome = await place.run([
		'check',
		'--format',
		'sarif',
		'--cwd',
		'here',
		'--config',
		'../there/trapgate.yaml',
	]);
	const [{ locations: [location] = [] } = {}] = runOf(outcome).results as (Result | undefined)[];
	const { artifactLocation } = location?.physicalLocation ?? {};
	expect(artifactLocation).toEqual({ uri: new URL(`file://${place.directory}/there/trapgate.yaml`).href });
});

test('a pack lies in no folder that is scanned', () => {
	const problem = {
		code: 'P404',
		severity: 'note',
		message: 'm',
		where: { file: 'pack:secrets', line: 2, column: 1, length: 1 },
	} as const;
	const setting = { version: '1', cwd: '/w', root: '/w/trapgate.yaml', loads: true };
	expect(JSON.stringify(sarifOf([problem], setting))).toContain('"artifactLocation":{"uri":"pack:secrets"}');
});

describe('words of a policy', () => {
	test.each([
		['braces are no placeholders', '"a{0}b": 1', 'a{{0}}b'],
		['brackets and parentheses are no link', '"[free](http://x)": 1', '[free\\](http://x)'],
		['what moves a cursor is shown, not done', 'mode: "\\e[31mred"', '\\u{{1b}}[31mred'],
	])('%s', async (_name, line, shown) => {
		place.write('trapgate.yaml', `version: 1\n${line}\n`);
		const { results } = runOf(await place.run(['check', '--format', 'sarif']));
		expect(results.map(({ message }) => message.text).join('\n')).toContain(shown);
	});
});

test('every code has texts that are no placeholders either', () => {
	for (const { title, means, mend } of Object.values(problemPages)) {
		for (const text of [title, means, mend]) expect(text.trim()).toBe(text);
		expect(title).toMatch(/^[a-z]|^`|^JSON/);
		expect(title.endsWith('.')).toBe(false);
		for (const text of [means, mend]) expect(text).toMatch(/[.:`)]$/);
	}
});
