// What is said of a program is in the list of what may be said of it: else a rule that asks for it would be called a mistake.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/shell/analyse.ts';
import { findProgram } from '../../src/shell/programs/registry.ts';
import { vocabulary } from '../../src/shell/vocabulary.ts';

const tests = fileURLToPath(new URL('..', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Everything in the tests that may be shell text: rows of the corpora, and whatever stands in quotes or behind `run:`. */
function textsToTry(): string[] {
	const rows = readdirSync(`${tests}corpus`)
		.filter((name) => name.endsWith('.jsonl'))
		.flatMap((name) => readFileSync(`${tests}corpus/${name}`, 'utf8').split('\n').filter(Boolean))
		.map((line) => JSON.parse(line) as { command?: string; cmd?: string })
		.map(({ command, cmd }) => command ?? cmd ?? '');
	const sources = ['tests/shell', 'tests/policy', 'tests/cases', 'policies'].flatMap((folder) =>
		readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
			.filter((name) => /\.(?:test\.ts|yaml)$/.test(name))
			.map((name) => readFileSync(`${root}/${folder}/${name}`, 'utf8')),
	);
	const quoted = sources.flatMap((text) => [
		...[...text.matchAll(/(['"`])((?:(?!\1)[^\\\n]){3,300})\1/g)].map(([, , inner = '']) => inner),
		...[...text.matchAll(/\brun: ?([^,}\n"']{3,300})/g)].map(([, inner = '']) => inner.trim()),
	]);
	return [...new Set([...rows, ...quoted, ...rare])];
}

/** What no other test says. */
const rare = [
	'git tag -d v1',
	'kubectl --context prod get pods',
	'bun add --global --dry-run x',
	'npm init vite',
	'chmod -f 644 a',
	'mv -f -R a b',
	'helm --kube-context prod --namespace web upgrade web ./web --dry-run',
	'aws s3 cp --dryrun a s3://b',
	'pip install -e . -i https://example.com/simple -r requirements.txt',
	'podman run --privileged -v /:/host image',
	'podman exec web sh',
	'pnpm add --global --dry-run x',
	'yarn add --dry-run x',
];

const said = new Map<string, Set<string>>();
const switches = new Set<string>();
const texts = new Set<string>();
for (const text of textsToTry()) {
	for (const { program, facts } of analyse(text, { branch: () => 'main' }).commands) {
		const name = findProgram(program)?.names[0] ?? program;
		const own = said.get(name) ?? new Set();
		for (const [fact, value] of Object.entries(facts)) {
			own.add(fact);
			(typeof value === 'boolean' ? switches : texts).add(fact);
		}
		said.set(name, own);
	}
}

test('many programs were tried, with many facts', () => {
	expect(said.size).toBeGreaterThan(300);
	expect([...said.values()].reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(200);
});

test('every fact that was said of a program is one that may be', () => {
	const missing = [...said].flatMap(([program, names]) => {
		const possible = vocabulary.factsOf(program) ?? vocabulary.facts;
		return [...names].filter((name) => !possible.includes(name)).map((name) => `${program}: ${name}`);
	});
	expect(missing).toEqual([]);
});

test('what was true or not is a switch, and nothing else is', () => {
	expect([...switches].sort()).toEqual([...vocabulary.switches].sort());
	expect([...texts].filter((fact) => switches.has(fact))).toEqual([]);
});

test('every fact of the closed lists was said of its program at least once', () => {
	const general = vocabulary.factsOf('git')?.slice(0, 4);
	const programs = [...said.keys()].filter((program) => vocabulary.factsOf(program) !== undefined);
	expect(programs.length).toBeGreaterThan(20);
	const silent = programs.flatMap((program) =>
		(vocabulary.factsOf(program) ?? [])
			.filter((name) => !general?.includes(name) && !said.get(program)?.has(name))
			.map((name) => `${program}: ${name}`),
	);
	expect(silent).toEqual([]);
});

test('every name that a reader gives a fact is known', () => {
	const folder = `${root}/src/shell`;
	const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
	const named = files.flatMap((name) => {
		const text = readFileSync(`${folder}/${name}`, 'utf8');
		const calls = text.matchAll(/(?:facts\.set\(|(?:setWord|addWords|addToList|addPaths)\(\w+,\s*)'([a-z_]+)'/g);
		return [...calls].map(([, fact = '']) => fact);
	});
	expect(named.length).toBeGreaterThan(80);
	expect([...new Set(named)].filter((name) => !vocabulary.facts.includes(name))).toEqual([]);
});

describe('docs/facts.md', () => {
	const page = readFileSync(`${root}/docs/facts.md`, 'utf8');
	test.each(vocabulary.facts)('has %s', (name) => {
		expect(page.includes(`\`${name}\``)).toBe(true);
	});
});

test('programs go by every name they have; of others nobody vouches for a list', () => {
	expect(vocabulary.factsOf('python3.12')).toContain('module');
	expect(vocabulary.factsOf('pip3')).toContain('requirements');
	expect(vocabulary.factsOf('no-such-program')).toBeUndefined();
	expect(vocabulary.factsOf('constructor')).toBeUndefined();
	expect(vocabulary.subcommandsOf('git')).toContain('push');
	expect(vocabulary.subcommandsOf('npm')).toBeUndefined();
});
