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
import { KnownPaths, type Resolver } from './resolver.ts';
import { confirmedRole, type Role, type RoleValue, roleOfSchema, roleValues } from './roles.ts';
import { type SqlReader, sqlReader } from './sql.ts';
import { inputSchema, parameterSchema } from './tool-schema.ts';
import type { Lean } from './truth.ts';

/** What the looks at one request share: each path is resolved, and each command or SQL text read, only once. */
export interface Senses extends Resolver {
	sites(args: JsonObject): Sites;
	sql(): SqlReader;
}

/** Nothing is made before it is asked for: most requests ask for little of it. */
export function sensesOf(request: Omit<Request, 'target'>, ports: Ports): Senses {
	return new RequestSenses(request, ports);
}

class RequestSenses implements Senses {
	readonly #request: Omit<Request, 'target'>;
	readonly #ports: Ports;
	#paths: KnownPaths | undefined;
	#sites: ReadSites | undefined;
	#sql: SqlReader | undefined;

	constructor(request: Omit<Request, 'target'>, ports: Ports) {
		this.#request = request;
		this.#ports = ports;
	}

	resolve(path: string): PathForms | undefined {
		this.#paths ??= new KnownPaths(this.#ports, this.#request.cwd);
		return this.#paths.resolve(path);
	}

	sites(args: JsonObject): Sites {
		this.#sites ??= siteReader(this.#request, this.#ports);
		return this.#sites(args);
	}

	sql(): SqlReader {
		this.#sql ??= sqlReader();
		return this.#sql;
	}
}

/** For what has no arguments: there is no path to resolve, and no command or SQL to read. */
export function noSenses(): Senses {
	return { resolve: () => undefined, sites: () => noSites, sql: sqlReader };
}

export function lookAt(target: Target, request: Omit<Request, 'target'>, senses: Senses): Look {
	return new Look(target, request, senses);
}

/** What few rules ask for. */
interface Memory {
	roles: Map<Role, readonly RoleValue[] | null>;
	sites: Sites | undefined;
	/** What rules found among the commands; see `hitsOf`. */
	hits: Map<CompiledRule, Map<Lean, Hits>>;
	/** What conditions in CEL answered: true, false, or why neither. */
	answers: Map<Cel, boolean | string>;
}

/** Lives as long as one decision, and remembers what was found out. */
export class Look {
	readonly args: JsonObject;
	/** The tool is one that carries commands. */
	readonly carriesCommand: boolean;
	/** The tool's schema, where it is known. */
	readonly schema: JsonObject | undefined;
	readonly #tool: ToolFacts | undefined;
	readonly #request: Omit<Request, 'target'>;
	readonly senses: Senses;
	/** The text that was asked about last, and where it leads. */
	#text: string | undefined;
	#places: readonly string[] | undefined;
	/** Of the arguments. */
	#names: readonly string[] | undefined;
	/** The parameter that was asked about last, and its value. */
	#only: { readonly name: string; readonly fold: boolean; readonly value: Json | undefined } | undefined;
	/** The parameter whose role was asked for last. */
	#role: { readonly name: string; readonly ofName: Role | undefined; readonly role: Role | undefined } | undefined;
	#memory: Memory | undefined;

	constructor(
		readonly target: Target,
		request: Omit<Request, 'target'>,
		senses: Senses,
	) {
		const { commandsAt, tool } = request;
		this.args = argumentsOf(target);
		this.carriesCommand = target.kind === 'tool' && commandsAt !== undefined && commandsAt.length > 0;
		this.schema = inputSchema(tool?.definition);
		this.#tool = tool;
		this.#request = request;
		this.senses = senses;
	}

	get agent(): string {
		return this.#request.agent;
	}

	get at(): number {
		return this.#request.at;
	}

	get env(): Request['env'] {
		return this.#request.env;
	}

	/** What the tool does, as a person confirmed it. */
	get effect(): 'read' | 'write' | undefined {
		return this.#tool?.effect;
	}

	/** They confirmed it of another definition of the tool. */
	get isChanged(): boolean {
		return this.#tool?.isChanged === true;
	}

	/** The same call with other arguments; only tools have any that could be others. */
	withArgs(args: JsonObject): Look {
		const { target } = this;
		const other = target.kind === 'tool' ? Object.freeze({ ...target, args }) : target;
		return new Look(other, this.#request, this.senses);
	}

	#remember(): Memory {
		this.#memory ??= { roles: new Map(), sites: undefined, hits: new Map(), answers: new Map() };
		return this.#memory;
	}

	/** The commands in the arguments. */
	sites(): Sites {
		const memory = this.#remember();
		memory.sites ??= this.target.kind === 'tool' ? this.senses.sites(this.args) : noSites;
		return memory.sites;
	}

	/** What rules found among the commands; see `hitsOf`. */
	hits(): Map<CompiledRule, Map<Lean, Hits>> {
		return this.#remember().hits;
	}

	/** What conditions in CEL answered: true, false, or why neither. */
	answers(): Map<Cel, boolean | string> {
		return this.#remember().answers;
	}

	sql(): SqlReader {
		return this.senses.sql();
	}

	/** Where a text leads as a path; see `placesOf`. Rules ask about one argument again and again. */
	places(text: string): readonly string[] | undefined {
		if (text !== this.#text) {
			this.#places = placesOf(text, this.senses);
			this.#text = text;
		}
		return this.#places;
	}

	/** The values with a role; undefined when there are too many to look at. */
	role(role: Role): readonly RoleValue[] | undefined {
		const { roles } = this.#remember();
		const known = roles.get(role);
		if (known !== undefined) return known ?? undefined;
		const { schema, isChanged } = this;
		const found = roleValues(this.args, role, { schema, confirmed: this.#tool?.roles, isChanged });
		roles.set(role, found ?? null);
		return found;
	}

	/** The role of one parameter: as it was confirmed, by its name, or by the schema. */
	roleOf(path: ArgumentPath, ofName: Role | undefined): Role | undefined {
		const [name] = path;
		if (name === undefined || path.length > 1) return this.#findRole(path, ofName);
		const last = this.#role;
		if (last !== undefined && last.name === name && last.ofName === ofName) return last.role;
		const role = this.#findRole(path, ofName);
		this.#role = { name, ofName, role };
		return role;
	}

	#findRole(path: ArgumentPath, ofName: Role | undefined): Role | undefined {
		const confirmed = this.#tool?.roles;
		const said = confirmed === undefined ? undefined : confirmedRole(confirmed, path);
		return said ?? ofName ?? (this.schema && roleOfSchema(parameterSchema(this.schema, path)));
	}

	/** As {@link argument}, when that is a parameter with one value, as almost always; no list is made. */
	onlyArgument(path: ArgumentPath, fold: boolean): Json | undefined {
		const name = path[0];
		if (name === undefined || path.length > 1) return undefined;
		const last = this.#only;
		if (last !== undefined && last.name === name && last.fold === fold) return last.value;
		const value = this.#findOnly(name, fold);
		this.#only = { name, fold, value };
		return value;
	}

	#findOnly(name: string, fold: boolean): Json | undefined {
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
