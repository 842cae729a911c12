// One form of a call, as asked or as it would run, and what conditions may want to know about it.
import type { PathForms, Ports, Request } from '../abi/decision.ts';
import type { Json, JsonObject } from '../abi/json.ts';
import type { Target } from '../abi/syscall.ts';
import { type ArgumentPath, findArguments } from './arguments.ts';
import type { Hits } from './command-hits.ts';
import { type ReadSites, type Sites, siteReader } from './command-sites.ts';
import type { CompiledRule } from './compiled.ts';
import { type Role, type RoleValue, roleValues } from './roles.ts';
import { type SqlReader, sqlReader } from './sql.ts';
import { inputSchema, parameterSchema } from './tool-schema.ts';
import type { Lean } from './truth.ts';

export interface Look {
	readonly target: Target;
	readonly args: JsonObject;
	readonly agent: string;
	readonly at: number;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The tool is one that carries commands. */
	readonly carriesCommand: boolean;
	/** The commands in the arguments; read when somebody asks. */
	sites(): Sites;
	/** What rules found among them; see `hitsOf`. */
	readonly hits: Map<CompiledRule, Map<Lean, Hits>>;
	/** The tool's schema, where it is known. */
	readonly schema: JsonObject | undefined;
	resolve(path: string): PathForms | undefined;
	readonly sql: SqlReader;
	role(role: Role): readonly RoleValue[] | undefined;
	argument(path: ArgumentPath, fold: boolean): readonly Json[];
	/** What the tool says it does when the parameter is absent. */
	defaultOf(path: ArgumentPath): Json | undefined;
}

/** What the looks at one request share: each path is resolved, and each command or SQL text read, only once. */
export interface Senses {
	resolve(path: string): PathForms | undefined;
	readonly sites: ReadSites;
	readonly sql: SqlReader;
}

export function sensesOf(request: Omit<Request, 'target'>, ports: Ports): Senses {
	const known = new Map<string, PathForms | undefined>();
	return {
		sites: siteReader(request, ports),
		sql: sqlReader(),
		resolve(path) {
			if (known.has(path)) return known.get(path);
			const forms = ports.resolvePath(path, request.cwd);
			known.set(path, forms);
			return forms;
		},
	};
}

/** For what has no arguments: there is no path to resolve, and no command or SQL to read. */
export function noSenses(): Senses {
	return { resolve: () => undefined, sites: () => ({ sites: [], misfits: [] }), sql: sqlReader() };
}

export function lookAt(target: Target, request: Omit<Request, 'target'>, senses: Senses): Look {
	const args = argumentsOf(target);
	const schema = inputSchema(request.tool?.definition);
	const roles = new Map<Role, readonly RoleValue[] | undefined>();
	let sites: Sites | undefined;
	return {
		target,
		args,
		agent: request.agent,
		at: request.at,
		env: request.env,
		carriesCommand: target.kind === 'tool' && (request.commandsAt ?? []).length > 0,
		sites() {
			sites ??= target.kind === 'tool' ? senses.sites(args) : { sites: [], misfits: [] };
			return sites;
		},
		hits: new Map(),
		schema,
		resolve: senses.resolve,
		sql: senses.sql,
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
