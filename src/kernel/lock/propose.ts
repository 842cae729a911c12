// What a tool seems to do and what its parameters seem to mean: a proposal for a person to confirm, never more.
import type { ArgumentRole } from '../../abi/decision.ts';
import { isJsonObject, type JsonObject, member, stringMember } from '../../abi/json.ts';
import { argumentPointer } from '../../policy/arguments.ts';
import { roleOfName, roleOfSchema } from '../../policy/roles.ts';
import { inputSchema, parametersOf } from '../../policy/tool-schema.ts';
import type { Confirmed } from './lock.ts';

/** More than these no person would look at. */
const mostRoles = 200;

/** By schema, names and annotations; what a person said before stays, except that a tool may turn into one that writes. */
export function propose(definition: JsonObject, before: Confirmed | undefined): Confirmed {
	const effect = effectOf(definition);
	const roles = rolesOf(definition);
	if (before === undefined) return { effect, roles };
	const kept = Object.entries(roles).map(([pointer, role]) => [pointer, before.roles[pointer] ?? role] as const);
	const own = Object.entries(before.roles).filter(([pointer]) => isParameter(definition, pointer));
	return {
		effect: before.effect === 'read' && effect === 'read' ? 'read' : 'write',
		roles: Object.fromEntries([...kept, ...own]),
	};
}

/** Why the effect is proposed, in a word or two. */
export function reasonFor(definition: JsonObject): string {
	const annotations = member(definition, 'annotations');
	const verb = verbOf(definition);
	if (member(annotations, 'readOnlyHint') === true) {
		return changing.has(verb) ? `says readOnlyHint, and is called ${verb}` : 'says readOnlyHint';
	}
	if (member(annotations, 'destructiveHint') === true) return 'says destructiveHint';
	if (member(annotations, 'readOnlyHint') === false) return 'says it writes';
	return reading.has(verb) ? `is called ${verb}` : 'nothing says that it only reads';
}

const reading = new Set('get list read search find show view describe count lookup'.split(' '));
const changing = new Set(
	'write create update delete remove edit move push merge fork set add insert drop send post put patch rename run exec execute kill stop start deploy publish approve close open upload reset clear'.split(
		' ',
	),
);

/** `read` only where nothing speaks against it. */
function effectOf(definition: JsonObject): Confirmed['effect'] {
	const annotations = member(definition, 'annotations');
	const verb = verbOf(definition);
	if (changing.has(verb) || member(annotations, 'destructiveHint') === true) return 'write';
	const hint = member(annotations, 'readOnlyHint');
	return hint === true || (hint === undefined && reading.has(verb)) ? 'read' : 'write';
}

/** The first word of the name: `read` of `read_file` and `readFile`. */
function verbOf(definition: JsonObject): string {
	const name = stringMember(definition, 'name') ?? '';
	return (/^(?:[A-Z]?[a-z]+|[A-Z]+(?![a-z]))/.exec(name)?.[0] ?? '').toLowerCase();
}

function rolesOf(definition: JsonObject): Record<string, ArgumentRole> {
	const roles: [string, ArgumentRole][] = [];
	for (const { path, schema } of parametersOf(inputSchema(definition))) {
		const role = roleOfSchema(schema) ?? roleOfName(path.at(-1) ?? '');
		if (role !== undefined && mayBeText(schema)) roles.push([argumentPointer(path), role]);
		if (roles.length >= mostRoles) break;
	}
	return Object.fromEntries(roles);
}

/** Does the tool declare a parameter at this pointer? */
export function isParameter(definition: JsonObject, pointer: string): boolean {
	return parametersOf(inputSchema(definition)).some(({ path }) => argumentPointer(path) === pointer);
}

/** A role is one of texts: a number is no path. */
function mayBeText(node: JsonObject): boolean {
	const type = node['type'];
	const types = Array.isArray(type) ? type : [type];
	if (type === undefined || types.includes('string')) return true;
	const items = member(node, 'items');
	return types.includes('array') && (items === undefined || (isJsonObject(items) && mayBeText(items)));
}
