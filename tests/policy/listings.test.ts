// The listings of the policy language and the packs that ship: every example holds, with the real reader of commands, alone and together.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Json } from '../../src/abi/json.ts';
import type { DriverName } from '../../src/abi/names.ts';
import { compile, type PolicySet } from '../../src/policy/compile.ts';
import { decide } from '../../src/policy/decide.ts';
import { checkExamples, openDefaults } from '../../src/policy/examples.ts';
import { requestOf } from '../../src/policy/judge-example.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Example, Policy } from '../../src/policy/rule.ts';
import { analyse } from '../../src/shell/analyse.ts';
import { edit } from '../../src/shell/edit.ts';
import { context, friday, portsWith } from './support.ts';

const packs = folderOf('../../policies/', (name) => `${name}/policy.yaml`);
const listings = folderOf('./listings/', (name) => name);
const examples = { ...context, ports: { ...portsWith(), commands: { analyse, edit } }, at: friday, cwd: '/ws' };

const explained = parse(
	readFileSync(new URL('./listings-merged.yaml', import.meta.url), 'utf8'),
) as readonly (Difference & {
	readonly why: string;
})[];

describe.each(packs)('the pack %s', (file, text) => {
	test('holds alone', () => {
		const report = checkExamples([load(file, text)], examples);
		expect(report.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
		expect(report.total).toBeGreaterThan(2);
		expect(report.heldAlone).toBe(report.total);
	});
});

test('the packs hold together', () => {
	const report = checkExamples(
		packs.map(([file, text]) => load(file, text)),
		examples,
	);
	expect(report.problems).toEqual([]);
	expect(report.heldMerged).toBe(report.total);
});

test('every listing holds alone', () => {
	const judged = listings.flatMap(([file, text]) => {
		const report = checkExamples([load(file, text)], examples);
		expect(report.problems, file).toEqual([]);
		return report.total > 0 ? [file] : [];
	});
	expect(judged.map((file) => file.slice(0, 2))).toEqual(['01', '02', '03', '04', '05', '06', '07', '08', '10', '12']);
});

test('all listings hold together, but for what is listed and explained', () => {
	const policies = listings.map(([file, text]) => load(file, text));
	const report = checkExamples(policies, examples);
	expect(report).toMatchObject({ total: 57, heldAlone: 57 });
	expect(report.problems.map(({ severity, where }) => [severity, where?.file])).toEqual(
		explained.map(({ listing }) => ['note', listing]),
	);
	const seen = policies.flatMap((policy) => differencesOf(policy, policies));
	expect(seen).toEqual(explained.map(({ why, ...difference }) => difference));
	for (const { why, alone, merged } of explained) {
		expect(why.length).toBeGreaterThan(40);
		expect(fromStrictest.indexOf(merged), why).toBeLessThanOrEqual(fromStrictest.indexOf(alone));
	}
});

test.each([
	['uv run pip install requests', 'denied'],
	['python3 a.py && pip install requests', 'denied'],
	['python3 a.py && git push -f', 'denied'],
	['npm ci && rm -rf src', 'asked'],
	['npm ci && python3 a.py', 'rewritten'],
])('what one listing corrects is still refused by another: %s is %s', (run, verdict) => {
	const { set } = compile(
		listings.map(([file, text]) => load(file, text)),
		examples,
	);
	const where = { file: 'test.yaml', line: 1, column: 1, length: 1 };
	expect(outcomeOf(set, { run, where }, { isOpen: true }).verdict).toBe(verdict);
});

/** Ruling order; a call that runs as it was corrected is stricter than one that runs as it came. */
const fromStrictest: readonly string[] = ['errored', 'hidden', 'denied', 'contained', 'asked', 'rewritten', 'allowed'];

interface Difference {
	readonly listing: string;
	readonly rule: string;
	readonly run?: string;
	readonly alone: string;
	readonly merged: string;
	readonly becomes?: Json;
	/** Who made it so. */
	readonly because: readonly string[];
}

/** Every example of the listing of which something else becomes, whether or not it holds all the same. */
function differencesOf(policy: Policy, all: readonly Policy[]): Difference[] {
	const defaults = openDefaults([policy]);
	const isOpen = defaults.tool === 'allow';
	const sets = [compile([policy], { ...examples, defaults }).set, compile(all, examples).set];
	return policy.rules.flatMap((rule) =>
		rule.examples.flatMap((example) => {
			const [alone, merged] = sets.map((set) => outcomeOf(set, example, { isOpen }));
			if (alone === undefined || merged === undefined || isSame(alone, merged)) return [];
			const { run, call, args } = example;
			const subject = run === undefined ? { call, args } : { run };
			const { verdict, outcome, because } = merged;
			return [
				{ listing: policy.file, rule: rule.id, ...subject, alone: alone.verdict, merged: verdict, ...outcome, because },
			];
		}),
	);
}

function isSame(alone: Outcome, merged: Outcome): boolean {
	return alone.verdict === merged.verdict && isDeepStrictEqual(alone.outcome, merged.outcome);
}

type Outcome = ReturnType<typeof outcomeOf>;

function outcomeOf(set: PolicySet | undefined, example: Example, { isOpen }: { readonly isOpen: boolean }) {
	if (set === undefined) throw new Error('the listings do not go together');
	const request = requestOf(example, { lists: {}, driver: 'example' as DriverName, isOpen }, examples);
	if (typeof request === 'string') throw new Error(request);
	const ports = { ...examples.ports, branchOf: () => example.branch };
	const closed = decide(set, request, ports);
	const isByDefault = closed.verdict === 'hidden' && closed.because.length === 0;
	const asIfAllowed = { ...set, defaults: { ...set.defaults, tool: 'allow' as const } };
	const { verdict, final, changes, because } =
		isByDefault && (isOpen || example.run !== undefined) ? decide(asIfAllowed, request, ports) : closed;
	const args = final.kind === 'tool' ? final.args : {};
	const runs = ['allowed', 'rewritten', 'asked'].includes(verdict);
	return {
		verdict,
		/** What would run; of what is refused that does not matter. */
		outcome: runs ? { becomes: example.run === undefined ? args : (args['command'] ?? null) } : {},
		because: runs ? [...new Set(changes.map(({ rule }) => rule))] : because.map(({ id }) => id),
	};
}

function load(file: string, text: string): Policy {
	const { policy, problems } = loadPolicy({ file, text, layer: 'user' });
	expect(problems).toEqual([]);
	if (policy === undefined) throw new Error(`${file} does not load`);
	return policy;
}

function folderOf(folder: string, fileIn: (name: string) => string): [string, string][] {
	const path = fileURLToPath(new URL(folder, import.meta.url));
	return readdirSync(path).map((name) => [name, readFileSync(`${path}${fileIn(name)}`, 'utf8')]);
}
