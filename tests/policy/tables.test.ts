// Runs every table in tests/cases: YAML to decision.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { Json, JsonObject } from '../../src/abi/json.ts';
import type { DriverName } from '../../src/abi/names.ts';
import { driverAsk, type Target } from '../../src/abi/syscall.ts';
import { ask, finalArgs, friday, idsOf, policyOf, setOfPolicies, toolTarget } from './support.ts';

const json = z.custom<Json>();
const object = z.record(z.string(), json);
const verdicts = ['allowed', 'rewritten', 'denied', 'asked', 'hidden', 'contained', 'errored'] as const;

const caseSchema = z.strictObject({
	call: z.string().optional(),
	resource: z.string().optional(),
	prompt: z.string().optional(),
	method: z.string().optional(),
	driver_asks: z.string().optional(),
	from: z.string().default('some'),
	args: object.default({}),
	agent: z.string().optional(),
	at: z.string().optional(),
	env: z.record(z.string(), z.string()).optional(),
	cwd: z.string().optional(),
	links: z.record(z.string(), z.string()).optional(),
	schema: object.optional(),
	commands: z.array(z.string()).optional(),
	branch: z.string().optional(),
	allowed_tool: z.boolean().optional(),
	runs_commands: z.boolean().optional(),
	verdict: z.enum(verdicts),
	final: object.optional(),
	because: z.array(z.string()).optional(),
	acted: z.boolean().optional(),
	reason: z.string().optional(),
	instead: z.string().optional(),
});

const fileSchema = z.strictObject({
	about: z.string(),
	mode: z.enum(['enforce', 'warn', 'observe']).default('enforce'),
	policies: z.array(object).min(1),
	cases: z.array(caseSchema).min(1),
});

type Case = z.output<typeof caseSchema>;

const folder = fileURLToPath(new URL('../cases/', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

test('the tables are found', () => {
	expect(files.length).toBeGreaterThan(5);
});

describe.each(files)('%s', (name) => {
	const text = readFileSync(`${folder}${name}`, 'utf8');
	const { mode, cases } = fileSchema.parse(parse(text));
	// Written again for the loader, so no number in a policy may be rounded on the way.
	const { policies } = parse(text, { intAsBigInt: true }) as { policies: object[] };
	const set = setOfPolicies(
		policies.map((policy, index) =>
			policyOf(stringify(policy, { aliasDuplicateObjects: false }), { name: `${name}-${index}` }),
		),
		{ mode },
	);

	test.each(cases.map((one, index) => [`${index + 1}. ${titleOf(one)}`, one] as const))('%s', (_title, one) => {
		const decision = ask(set, targetOf(one), {
			at: one.at === undefined ? friday : Date.parse(one.at),
			driverHasAllowedTool: one.allowed_tool ?? true,
			driverRunsCommands: one.runs_commands ?? false,
			...(one.agent === undefined ? {} : { agent: one.agent }),
			...(one.env === undefined ? {} : { env: one.env }),
			...(one.cwd === undefined ? {} : { cwd: one.cwd }),
			...(one.links === undefined ? {} : { links: one.links }),
			...(one.schema === undefined ? {} : { schema: one.schema as JsonObject }),
			...(one.commands === undefined ? {} : { commandsAt: one.commands }),
			...(one.branch === undefined ? {} : { branch: one.branch }),
			isBuiltinShell: one.call === 'shell/run',
		});
		const found = {
			verdict: decision.verdict,
			...(one.final === undefined ? {} : { final: finalArgs(decision) }),
			...(one.because === undefined ? {} : { because: idsOf(decision) }),
			...(one.acted === undefined ? {} : { acted: decision.acted }),
		};
		const { verdict, final, because, acted } = one;
		expect(found, decision.reason ?? decision.error).toEqual(
			Object.fromEntries(Object.entries({ verdict, final, because, acted }).filter(([, value]) => value !== undefined)),
		);
		if (one.reason !== undefined) expect(decision.reason).toContain(one.reason);
		if (one.instead !== undefined) expect(decision.instead).toBe(one.instead);
	});
});

function targetOf({ call, resource, prompt, method, driver_asks, from, args }: Case): Target {
	const driver = from as DriverName;
	if (call !== undefined) return toolTarget(call, args);
	if (resource !== undefined) return { kind: 'resource', driver, uri: resource, method: 'resources/read' };
	if (prompt !== undefined) return { kind: 'prompt', driver, prompt, args, method: 'prompts/get' };
	if (method !== undefined) return { kind: 'method', driver, method, params: args };
	if (driver_asks !== undefined) return { kind: 'driver_asks', driver, asks: driverAsk(driver_asks), params: args };
	throw new Error('a case names nothing to judge');
}

function titleOf({ call, resource, prompt, method, driver_asks, args, verdict }: Case): string {
	return `${call ?? resource ?? prompt ?? method ?? driver_asks} ${JSON.stringify(args)} is ${verdict}`;
}
