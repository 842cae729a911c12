// Builds policies and questions for the tests of the decision point, without any file or clock.
import type { Decision, PathForms, Ports, Request } from '../../src/abi/decision.ts';
import type { JsonObject } from '../../src/abi/json.ts';
import type { DriverName } from '../../src/abi/names.ts';
import type { Target } from '../../src/abi/syscall.ts';
import { sqlParserOnDemand } from '../../src/kernel/sql-parser.ts';
import { type CompileContext, type Compiled, compile, type PolicySet } from '../../src/policy/compile.ts';
import { decide } from '../../src/policy/decide.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { normalisePath } from '../../src/policy/paths.ts';
import type { Layer, Policy } from '../../src/policy/rule.ts';
import { fakeCommands } from '../support/fake-commands.ts';

/** A Friday afternoon in Berlin. */
export const friday = Date.parse('2026-11-20T15:00:00Z');

export const context: CompileContext = {
	workspace: '/ws',
	tmp: '/tmp',
	home: '/home/dana',
	env: { REGION: 'eu' },
	mode: 'enforce',
	defaults: {},
	sqlParser: sqlParserOnDemand(),
};

/** One policy from the text of its `rules:` (and `lists:`, `waivers:`, `defaults:`), indented as one likes. */
export function policyOf(body: string, options: { layer?: Layer; name?: string; head?: string } = {}): Policy {
	const text = `version: 1\nname: ${options.name ?? 'test'}\n${options.head ?? ''}${outdent(body)}`;
	const { policy, problems } = loadPolicy({
		file: `${options.name ?? 'test'}.yaml`,
		text,
		layer: options.layer ?? 'user',
	});
	if (policy === undefined) throw new Error(problems.map(({ message, help }) => `${message} (${help})`).join('\n'));
	return policy;
}

export function compiled(policies: readonly Policy[], changes: Partial<CompileContext> = {}): Compiled {
	return compile(policies, { ...context, ...changes });
}

export function setOf(body: string, changes: Partial<CompileContext> = {}): PolicySet {
	return setOfPolicies([policyOf(body)], changes);
}

export function setOfPolicies(policies: readonly Policy[], changes: Partial<CompileContext> = {}): PolicySet {
	const { set, problems } = compiled(policies, changes);
	if (set === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
	return set;
}

/** A file system of symbolic links only: link → what it points at, both absolute. Everything else exists as it is named. */
export function portsWith(links: Readonly<Record<string, string>> = {}): Ports {
	return { resolvePath: (text, cwd) => resolveWith(text, cwd, links), commands: fakeCommands };
}

function resolveWith(text: string, cwd: string, links: Readonly<Record<string, string>>): PathForms | undefined {
	let plain = text;
	if (/^file:/i.test(text)) {
		if (!URL.canParse(text)) return undefined;
		const url = new URL(text);
		if (url.host !== '' || /%2f/i.test(url.pathname)) return undefined;
		plain = decodeURIComponent(url.pathname);
	} else if (text === '~' || text.startsWith('~/')) {
		plain = `/home/dana${text.slice(1)}`;
	} else if (text.startsWith('~')) {
		return undefined;
	}
	if (plain.includes('\0')) return undefined;
	const whole = plain.startsWith('/') ? plain : `${cwd}/${plain}`;
	const lexical = normalisePath(whole);
	const real = followLinks(lexical, links);
	let physical: string | undefined = '/';
	for (const segment of whole.split('/')) {
		physical = physical === undefined ? undefined : followLinks(normalisePath(`${physical}/${segment}`), links);
	}
	return real === undefined || physical === undefined ? undefined : { lexical, real, physical };
}

function followLinks(path: string, links: Readonly<Record<string, string>>): string | undefined {
	let real = path;
	for (let hops = 0; hops <= 40; hops++) {
		const link = Object.keys(links).find((one) => real === one || real.startsWith(`${one}/`));
		if (link === undefined) return real;
		real = normalisePath(`${links[link]}${real.slice(link.length)}`);
	}
	return undefined;
}

export interface Asked extends Partial<Omit<Request, 'target' | 'tool'>> {
	readonly schema?: JsonObject;
	readonly links?: Readonly<Record<string, string>>;
	readonly branch?: string;
}

export function requestFor(target: Target, asked: Asked = {}): Request {
	const { schema, links: _links, branch: _branch, ...rest } = asked;
	return {
		target,
		agent: 'claude-code',
		at: friday,
		env: {},
		cwd: '/ws',
		driverHasAllowedTool: true,
		...(schema === undefined ? {} : { tool: { definition: { name: 'tool', inputSchema: schema } } }),
		...rest,
	};
}

export function toolTarget(name: string, args: JsonObject = {}): Target {
	const slash = name.indexOf('/');
	return { kind: 'tool', driver: name.slice(0, slash) as DriverName, tool: name.slice(slash + 1), args };
}

export function call(set: PolicySet, name: string, args: JsonObject = {}, asked: Asked = {}): Decision {
	return ask(set, toolTarget(name, args), asked);
}

export function ask(set: PolicySet, target: Target, asked: Asked = {}): Decision {
	const ports = { ...portsWith(asked.links), branchOf: () => asked.branch };
	return decide(set, requestFor(target, asked), ports);
}

export function idsOf(decision: Decision): string[] {
	return decision.because.map(({ id }) => id);
}

export function finalArgs({ final }: Decision): JsonObject {
	return final.kind === 'tool' || final.kind === 'prompt' ? final.args : {};
}

function outdent(text: string): string {
	const lines = text.replace(/^\n/, '').split('\n');
	const indent = /^\s*/.exec(lines[0] ?? '')?.[0].length ?? 0;
	return lines.map((line) => line.slice(Math.min(indent, /^\s*/.exec(line)?.[0].length ?? 0))).join('\n');
}
