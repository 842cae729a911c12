// One form of a call, as asked or as it would run, and what conditions may want to know about it.
import type { PathForms, Ports, Request, ToolFacts } from '../abi/decision.ts';
import type { Json, JsonObject } from '../abi/json.ts';
import type { Target } from '../abi/syscall.ts';
import { type ArgumentPath, findArguments, onlyMember } from './arguments.ts';
import type { Cel } from './cel.ts';
import type { Hits } from './command-hits.ts';
import { type ReadSites, type Sites, siteReader } from './command-sites.ts';
import type { CompiledRule } from './compiled.ts';
import { placesOf } from './paths.ts';
import { confirmedRole, type Role, type RoleValue, roleOfSchema, roleValues } from './roles.ts';
import { type SqlReader, sqlReader } from './sql.ts';
import { inputSchema, parameterSchema } from './tool-schema.ts';
import type { Lean } from './truth.ts';

/** What the looks at one request share: each path is resolved, and each command or SQL text read, only once. */
export interface Senses {
	resolve(path: string): PathForms | undefined;
	sites: ReadSites;
	sql(): SqlReader;
}

/** Nothing is made before it is asked for: most requests ask for little of it. */
export function sensesOf(request: Omit<Request, 'target'>, ports: Ports): Senses {
	// Null: it can't be resolved, which is known too.
	let forms: Map<string, PathForms | null> | undefined;
	let readSites: ReadSites | undefined;
	let sql: SqlReader | undefined;
	return {
		resolve(path) {
			forms ??= new Map();
			const known = forms.get(path);
			if (known !== undefined) return known ?? undefined;
			const found = ports.resolvePath(path, request.cwd);
			forms.set(path, found ?? null);
			return found;
		},
		sites(args) {
			readSites ??= siteReader(request, ports);
			return readSites(args);
		},
		sql() {
			sql ??= sqlReader();
			return sql;
		},
	};
}

/** For what has no arguments: there is no path to resolve, and no command or SQL to read. */
export function noSenses(): Senses {
	return { resolve: () => undefined, sites: () => noSites, sql: sqlReader };
}

export function lookAt(target: Target, request: Omit<Request, 'target'>, senses: Senses): Look {
	return new Look(target, request, senses);
}

/** Lives as long as one decision, and remembers what was found out. */
export class Look {
	readonly args: JsonObject;
	readonly agent: string;
	readonly at: number;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The tool is one that carries commands. */
	readonly carriesCommand: boolean;
	/** The tool's schema, where it is known. */
	readonly schema: JsonObject | undefined;
	/** What the tool does, as a person confirmed it. */
	readonly effect: 'read' | 'write' | undefined;
	/** They confirmed it of another definition of the tool. */
	readonly isChanged: boolean;
	/** What its parameters mean, as a person confirmed it. */
	readonly #confirmed: ToolFacts['roles'];
	/** How the file system has a path; undefined when it can't be resolved. */
	readonly resolve: Senses['resolve'];
	readonly #senses: Senses;
	/** The text that was asked about last, and where it leads. */
	#text: string | undefined;
	#places: readonly string[] | undefined;
	/** Of the arguments. */
	#names: readonly string[] | undefined;
	#roles: Map<Role, readonly RoleValue[] | null> | undefined;
	#sites: Sites | undefined;
	#hits: Map<CompiledRule, Map<Lean, Hits>> | undefined;
	#answers: Map<Cel, boolean | string> | undefined;

	constructor(
		readonly target: Target,
		{ agent, at, env, commandsAt, tool }: Omit<Request, 'target'>,
		senses: Senses,
	) {
		this.args = argumentsOf(target);
		this.agent = agent;
		this.at = at;
		this.env = env;
		this.carriesCommand = target.kind === 'tool' && commandsAt !== undefined && commandsAt.length > 0;
		this.schema = inputSchema(tool?.definition);
		this.effect = tool?.effect;
		this.isChanged = tool?.isChanged === true;
		this.#confirmed = tool?.roles;
		this.resolve = senses.resolve;
		this.#senses = senses;
	}

	/** The commands in the arguments. */
	sites(): Sites {
		this.#sites ??= this.target.kind === 'tool' ? this.#senses.sites(this.args) : noSites;
		return this.#sites;
	}

	/** What rules found among the commands; see `hitsOf`. */
	hits(): Map<CompiledRule, Map<Lean, Hits>> {
		this.#hits ??= new Map();
		return this.#hits;
	}

	/** What conditions in CEL answered: true, false, or why neither. */
	answers(): Map<Cel, boolean | string> {
		this.#answers ??= new Map();
		return this.#answers;
	}

	sql(): SqlReader {
		return this.#senses.sql();
	}

	/** Where a text leads as a path; see `placesOf`. Rules ask about one argument again and again. */
	places(text: string): readonly string[] | undefined {
		if (text !== this.#text) {
			this.#places = placesOf(text, this.resolve);
			this.#text = text;
		}
		return this.#places;
	}

	/** The values with a role; undefined when there are too many to look at. */
	role(role: Role): readonly RoleValue[] | undefined {
		this.#roles ??= new Map();
		const known = this.#roles.get(role);
		if (known !== undefined) return known ?? undefined;
		const { schema, isChanged } = this;
		const found = roleValues(this.args, role, { schema, confirmed: this.#confirmed, isChanged });
		this.#roles.set(role, found ?? null);
		return found;
	}

	/** The role of one parameter: as it was confirmed, by its name, or by the schema. */
	roleOf(path: ArgumentPath, ofName: Role | undefined): Role | undefined {
		const said = this.#confirmed === undefined ? undefined : confirmedRole(this.#confirmed, path);
		return said ?? ofName ?? (this.schema && roleOfSchema(parameterSchema(this.schema, path)));
	}

	/** As {@link argument}, when that is a parameter with one value, as almost always; no list is made. */
	onlyArgument(path: ArgumentPath, fold: boolean): Json | undefined {
		const name = path[0];
		if (name === undefined || path.length > 1) return undefined;
		if (!fold) return Object.hasOwn(this.args, name) ? this.args[name] : undefined;
		this.#names ??= Object.keys(this.args);
		return onlyMember(this.args, this.#names, name);
	}

	argument(path: ArgumentPath, fold: boolean): readonly Json[] {
		return findArguments(this.args, path, fold);
	}

	/** What the tool says it does when the parameter is absent. */
	defaultOf(path: ArgumentPath): Json | undefined {
		return parameterSchema(this.schema, path)?.['default'];
	}
}

const noSites: Sites = { sites: [], misfits: [] };

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
