// One form of a call, as asked or as it would run, and what conditions may want to know about it.
import type { PathForms, Ports, Request } from '../abi/decision.ts';
import type { Json, JsonObject } from '../abi/json.ts';
import type { Target } from '../abi/syscall.ts';
import { type ArgumentPath, findArguments } from './arguments.ts';
import { type Role, type RoleValue, roleValues } from './roles.ts';
import { inputSchema, parameterSchema } from './tool-schema.ts';

export interface Look {
	readonly target: Target;
	readonly args: JsonObject;
	readonly agent: string;
	readonly at: number;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly carriesCommand: boolean;
	/** The tool's schema, where it is known. */
	readonly schema: JsonObject | undefined;
	resolve(path: string): PathForms | undefined;
	role(role: Role): readonly RoleValue[] | undefined;
	argument(path: ArgumentPath, fold: boolean): readonly Json[];
	/** What the tool says it does when the parameter is absent. */
	defaultOf(path: ArgumentPath): Json | undefined;
}

/** Resolves paths of one request, each only once. */
export type Resolver = (path: string) => PathForms | undefined;

export function resolverOf(request: Pick<Request, 'cwd'>, ports: Ports): Resolver {
	const known = new Map<string, PathForms | undefined>();
	return (path) => {
		if (known.has(path)) return known.get(path);
		const forms = ports.resolvePath(path, request.cwd);
		known.set(path, forms);
		return forms;
	};
}

export function lookAt(target: Target, request: Omit<Request, 'target'>, resolve: Resolver): Look {
	const args = argumentsOf(target);
	const schema = inputSchema(request.tool?.definition);
	const roles = new Map<Role, readonly RoleValue[] | undefined>();
	return {
		target,
		args,
		agent: request.agent,
		at: request.at,
		env: request.env,
		carriesCommand: (request.commandsAt ?? []).length > 0,
		schema,
		resolve,
		role(role) {
			if (!roles.has(role)) roles.set(role, roleValues(args, role, schema));
			return roles.get(role);
		},
		argument: (path, fold) => findArguments(args, path, fold),
		defaultOf: (path) => parameterSchema(schema, path)?.['default'],
	};
}

/** What `args` conditions read: a resource has one argument, its `uri`. */
export function argumentsOf(target: Target): JsonObject {
	switch (target.kind) {
		case 'tool':
		case 'prompt':
			return target.args;
		case 'resource':
			return { uri: target.uri };
		case 'method':
		case 'driver_asks':
			return target.params;
		default:
			return target satisfies never;
	}
}
