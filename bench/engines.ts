// The engines that `decide` compares: each reads the same rules in its own language, once, and then answers calls.
import type { Decision, Ports, Request } from '../src/abi/decision.ts';
import type { JsonObject } from '../src/abi/json.ts';
import type { DriverName } from '../src/abi/names.ts';
import { compile } from '../src/policy/compile.ts';
import { decide } from '../src/policy/decide.ts';
import { loadPolicy } from '../src/policy/load.ts';
import { normalisePath } from '../src/policy/paths.ts';
import { analyse } from '../src/shell/analyse.ts';
import { edit } from '../src/shell/edit.ts';
import { type PlainAnswer, type PlainCall, type PlainRule, policyText } from './equal-policies.ts';

export type Engine = (call: PlainCall) => PlainAnswer;

/** Makes an engine; `require` finds the packages of peers. */
export type MakeEngine = (rules: readonly PlainRule[], require: NodeJS.Require) => Engine;

export const engines: Readonly<Record<string, MakeEngine>> = { trapgate, cedar };

/** Paths are resolved by their text: the file system's share is not the engine's. */
const ports: Ports = {
	resolvePath(text, cwd) {
		const lexical = normalisePath(text.startsWith('/') ? text : `${cwd}/${text}`);
		return { lexical, real: lexical };
	},
	commands: { analyse, edit },
};

function trapgate(rules: readonly PlainRule[]): Engine {
	const policies = chunks(rules, 4_000).map((part, index) => {
		const file = `equal-${index}.yaml`;
		const { policy, problems } = loadPolicy({ file, name: file, text: policyText(part), layer: 'user' });
		if (policy === undefined) throw new Error(JSON.stringify(problems[0]));
		return policy;
	});
	const place = { workspace: '/ws', tmp: '/tmp', home: '/home/dana', env: {} };
	const { set } = compile(policies, { ...place, mode: 'enforce', defaults: {} });
	if (set === undefined) throw new Error('the policy does not compile');
	return ({ driver, tool, args }) => {
		const request: Request = {
			target: { kind: 'tool', driver: driver as DriverName, tool, args },
			agent: 'dana',
			at: 1_800_000_000_000,
			env: {},
			cwd: '/ws',
			commandsAt: [],
			isBuiltinShell: false,
			driverHasAllowedTool: true,
			driverRunsCommands: false,
		};
		return plainAnswer(decide(set, request, ports));
	};
}

/** A policy file has at most 1 MiB. */
function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
	return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
		items.slice(index * size, (index + 1) * size),
	);
}

/** What no rule could allow is hidden, which is a refusal too. */
function plainAnswer({ verdict }: Decision): PlainAnswer {
	if (verdict === 'allowed') return 'allow';
	if (verdict === 'denied' || verdict === 'hidden') return 'refuse';
	throw new Error(verdict);
}

/** Cedar in WebAssembly, its policies parsed beforehand: only the request crosses over. */
function cedar(rules: readonly PlainRule[], require: NodeJS.Require): Engine {
	const wasm: CedarWasm = require('@cedar-policy/cedar-wasm/nodejs');
	const staticPolicies = Object.fromEntries(rules.map((rule) => [rule.id, cedarText(rule)]));
	const preparsedPolicySetId = `rules-${rules.length}`;
	const parsed = wasm.preparsePolicySet(preparsedPolicySetId, { staticPolicies });
	if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed));
	return ({ driver, tool, args }) => {
		const answer = wasm.statefulIsAuthorized({
			principal: { type: 'Agent', id: 'dana' },
			action: { type: 'Action', id: 'call' },
			resource: { type: 'Tool', id: 'tool' },
			context: { tool: `${driver}/${tool}`, ...args },
			preparsedPolicySetId,
			entities: [],
		});
		if (answer.type !== 'success') throw new Error(JSON.stringify(answer));
		return answer.response.decision === 'allow' ? 'allow' : 'refuse';
	};
}

/** The part of `@cedar-policy/cedar-wasm` 4 that is used here. */
interface CedarWasm {
	preparsePolicySet(id: string, policies: { staticPolicies: Record<string, string> }): { type: string };
	statefulIsAuthorized(
		request: JsonObject,
	): { type: 'success'; response: { decision: 'allow' | 'deny' } } | { type: 'failure' };
}

function cedarText({ effect, tool, path, size, mode }: PlainRule): string {
	const conditions = [
		`context.tool like ${JSON.stringify(tool)}`,
		...(path === undefined ? [] : [`context.path like ${JSON.stringify(`${path}*`)}`]),
		...(size === undefined ? [] : [`context.size < ${size}`]),
		...(mode === undefined ? [] : [`context.mode == ${JSON.stringify(mode)}`]),
	];
	return `${effect === 'deny' ? 'forbid' : 'permit'}(principal, action, resource) when { ${conditions.join(' && ')} };`;
}
