// Scenarios that nobody here wrote: what a server passes directly, it passes through Trapgate.
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import {
	type Ended,
	type Outcome,
	passes,
	type Revision,
	type Run,
	requirements,
	revisions,
	run,
	runAsClient,
	runPatiently,
	startFixture,
	startThrough,
	versions,
	type Way,
	warmUp,
} from '../support/conformance.ts';
import { type Difference, declaredFor, type Measured, writePage } from '../support/conformance-page.ts';

const page = fileURLToPath(new URL('../../docs/conformance.md', import.meta.url));

const stdio: Way = { name: 'stdio', driver: 'stdio', protocol: 'auto' };
const stdioOlder: Way = { name: 'stdio, `protocol: 2025-11-25`', driver: 'stdio', protocol: '2025-11-25' };
const http: Way = { name: 'HTTP', driver: 'HTTP', protocol: 'auto' };

/** Every combination of eras: a local server of both is spoken to in that of the client, a remote one in the newer. */
const ways: Record<Revision, readonly Way[]> = {
	'2025-11-25': [stdio, http],
	'2026-07-28': [stdio, http, stdioOlder],
};

const older = 'the configuration asks for the older era here, as a server that has no other is spoken to, and there';
const differences: readonly Difference[] = [
	{
		revision: '2026-07-28',
		scenario: 'server-stateless',
		ways: [stdioOlder.name],
		is: 'failing',
		why: `${older} it can't refuse a call for a capability that the client lacks: it answers with a failed result instead of -32021.`,
	},
	{
		revision: '2026-07-28',
		scenario: 'input-required-result-basic-elicitation',
		ways: [stdioOlder.name],
		is: 'failing',
		why: `${older} questions have no names; Trapgate makes one up (\`ask-1\`), and the scenario wants the server's.`,
	},
	{
		revision: '2026-07-28',
		scenario: 'input-required-result-multiple-input-requests',
		ways: [stdioOlder.name],
		is: 'failing at times',
		why: `${older} it asks its questions one by one: those that come late are asked in the next round, and the scenario wants all in the first.`,
	},
	...['input-required-result-missing-input-response', 'input-required-result-ignore-extra-params'].map(
		(scenario): Difference => ({
			revision: '2026-07-28',
			scenario,
			is: 'warned about',
			why: 'it sends `inputResponses` without the `requestState` that Trapgate gives out with every question. They are refused, so that no call runs twice and nothing is answered that was not asked.',
		}),
	),
];

const measured = new Map<Revision, Measured>();

beforeAll(async () => {
	for (const revision of revisions) {
		const wanted = requirements(revision);
		const fixture = await startFixture();
		const direct = await runPatiently(fixture.url, revision, isFine).finally(() => fixture.close());
		const through: { way: Way; run: Run }[] = [];
		for (const way of ways[revision]) {
			const kernel = await startThrough(way);
			try {
				if (revision === '2026-07-28') await warmUp(kernel.url);
				const isExpected = (name: string, ended: Ended | undefined) =>
					wanted.unscored.has(name)
						? isFine(name, ended)
						: isAsDeclared(ended?.outcome, declaredFor(differences, revision, name, way.name)?.is);
				through.push({ way, run: await runPatiently(kernel.url, revision, isExpected) });
			} finally {
				await kernel.close();
			}
		}
		const asClient = new Map<string, Ended>();
		for (const name of wanted.client.filter((scenario) => !scenario.startsWith('auth/')))
			asClient.set(name, await runAsClient(revision, name));
		measured.set(revision, { revision, requirements: wanted, direct, through, asClient });
	}
}, 900_000);

/** Nobody here has the extension that the scenarios of tasks are about. */
function isFine(name: string, ended: Ended | undefined): boolean {
	return ended !== undefined && (ended.outcome !== 'failed' || name.startsWith('tasks-'));
}

function isAsDeclared(outcome: Outcome | undefined, difference: Difference['is'] | undefined): boolean {
	switch (difference) {
		case 'failing':
			return outcome === 'failed';
		case 'failing at times':
			return outcome !== undefined;
		case 'warned about':
			return outcome === 'warned';
		case undefined:
			return outcome === 'passed';
	}
}

function of(revision: Revision): Measured {
	const found = measured.get(revision);
	if (found === undefined) throw new Error(`${revision} was not measured`);
	return found;
}

describe.each(revisions)('%s', (revision) => {
	test('the tool ran every scenario, and the fixture passes what is scored', () => {
		const { direct, requirements: wanted } = of(revision);
		expect(wanted.scored.length).toBeGreaterThanOrEqual(30);
		expect([...direct.keys()].sort()).toEqual([...wanted.scored, ...wanted.unscored.keys()].sort());
		expect(wanted.scored.filter((name) => direct.get(name)?.outcome !== 'passed')).toEqual([]);
	});

	test('the tool as a server is used as it wants', () => {
		const { asClient } = of(revision);
		expect(asClient.size).toBeGreaterThanOrEqual(4);
		expect([...asClient].filter(([, { outcome }]) => outcome !== 'passed')).toEqual([]);
	});

	test.each(ways[revision])('$name: what passes directly passes through, but for what is declared', (way) => {
		const { direct, through, requirements: wanted } = of(revision);
		const ended = through.find((one) => one.way === way)?.run;
		const unlike = wanted.scored
			.filter((name) => passes(direct.get(name)))
			.filter(
				(name) => !isAsDeclared(ended?.get(name)?.outcome, declaredFor(differences, revision, name, way.name)?.is),
			);
		// A difference that is no longer there is one that was declared for nothing.
		expect(unlike.map((name) => [name, ended?.get(name)?.complaints ?? 'did not run'])).toEqual([]);
	});
});

test('docs/conformance.md says what was measured (after a change: npx vitest run tests/e2e/conformance.test.ts -u)', async () => {
	const text = writePage({ measured: revisions.map(of), differences, versions: versions() });
	await expect(text).toMatchFileSnapshot(page);
});

test('a server that lacks something is found', async () => {
	const ended = await run('http://127.0.0.1:9/mcp', '2026-07-28', 'tools-call-simple-text');
	expect(ended.get('tools-call-simple-text')?.outcome).toBe('failed');
});
