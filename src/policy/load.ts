// A policy file's text to a Policy, with a place for everything that can be wrong later; or Problems, and no Policy.
import type { RuleId } from '../abi/names.ts';
import type { Problem } from '../abi/problem.ts';
import { keyPlace, type Path, place, sourceOf, type YamlDocument } from '../text/places.ts';
import { shape } from '../text/shape.ts';
import { quote } from '../text/words.ts';
import { readYaml } from '../text/yaml.ts';
import { checkAction } from './load-check.ts';
import { policyHints } from './load-hints.ts';
import { readExcept, readMatch, readWhen } from './load-match.ts';
import { readAction } from './load-then.ts';
import { Loading } from './loading.ts';
import type { Example, Layer, Policy, Rule, Waiver } from './rule.ts';
import {
	type DefaultsSource,
	type ExampleSource,
	type ListsSource,
	policySchema,
	type RuleSource,
	type WaiverSource,
} from './schema.ts';
import { oneLine } from './schema-words.ts';
import { endOfDay, isInstant } from './time.ts';

export interface LoadOptions {
	/** How messages name the file. */
	readonly file: string;
	readonly text: string;
	readonly layer: Layer;
	/** Stands in for a `name` that the file does not give. */
	readonly name?: string;
	/** The root file's lists; a list of the same name in this file hides one of them. */
	readonly lists?: Lists;
}

type Lists = Policy['lists'];

export interface Loaded {
	/** Present when, and only when, nothing is wrong. */
	readonly policy?: Policy;
	readonly problems: readonly Problem[];
	/** Present when the text is YAML. */
	readonly document?: YamlDocument;
}

/** Loads a pack or any other policy file. Never throws for what the text says. */
export function loadPolicy({ file, text, layer, name, lists }: LoadOptions): Loaded {
	const read = readYaml(text, file);
	if (!read.ok) return { problems: read.problems };
	const { document } = read;
	const shaped = shape(document, policySchema, policyHints);
	if (!shaped.ok) return { problems: shaped.problems, document };
	const called = shaped.value.name ?? name;
	if (called === undefined) {
		const where = place(document, []);
		const help = 'add: name: <what these rules are about>';
		return {
			problems: [{ code: 'P103', severity: 'error', message: 'key `name` is missing in this file', where, help }],
			document,
		};
	}
	return { ...readPolicy(document, shaped.value, { layer, name: called, ...(lists && { lists }) }), document };
}

/** The parts of a file that are policy, once they have the shape of `schema.ts`; the root file has them too. */
export interface PolicyBody {
	readonly mode?: Policy['mode'];
	readonly defaults?: DefaultsSource | undefined;
	readonly lists?: ListsSource | undefined;
	readonly rules?: readonly RuleSource[] | undefined;
	readonly waivers?: readonly WaiverSource[] | undefined;
}

/** Reads the policy in a document that was checked against a schema made of `schema.ts`'s pieces, at its top level. */
export function readPolicy(
	document: YamlDocument,
	body: PolicyBody,
	{ layer, name, lists = {} }: { readonly layer: Layer; readonly name: string; readonly lists?: Lists },
): { readonly policy?: Policy; readonly problems: readonly Problem[] } {
	const loading = new Loading(document);
	const own = body.lists ?? {};
	// Frozen and shared by every rule of the file.
	const scope = { layer, lists: Object.freeze({ ...lists, ...own }) };
	const rules = (body.rules ?? []).map((source, index) => readRule(loading, source, ['rules', index], scope));
	const waivers = (body.waivers ?? []).map((source, index) => readWaiver(loading, source, ['waivers', index], layer));
	if (loading.problems.length > 0) return { problems: loading.problems };
	const { mode, defaults = {} } = body;
	const policy: Policy = {
		name,
		file: document.file,
		layer,
		...(mode && { mode }),
		defaults,
		rules,
		waivers,
		lists: own,
	};
	return { policy, problems: [] };
}

function readRule(loading: Loading, source: RuleSource, path: Path, scope: { layer: Layer; lists: Lists }): Rule {
	const { document } = loading;
	const { mode, ring, reason, instead, examples = [] } = source;
	const when = readWhen(loading, source.when, [...path, 'when']);
	const rule: Rule = {
		id: source.id as RuleId,
		where: place(document, [...path, 'id']),
		layer: scope.layer,
		match: readMatch(source.match),
		except: readExcept(source.except),
		...(when && { when }),
		action: readAction(source.then),
		actionWhere: keyPlace(document, [...path, 'then']),
		matchWhere: keyPlace(document, [...path, 'match']),
		...(mode && { mode }),
		...(ring && { ring }),
		...(reason !== undefined && { reason: oneLine(reason) }),
		...(instead !== undefined && { instead: oneLine(instead) }),
		examples: examples.map((example, index) => readExample(loading, example, [...path, 'examples', index])),
		lists: scope.lists,
		source: sourceOf(document, path),
		sourceWhere: place(document, path),
	};
	checkAction(loading, rule, path);
	return rule;
}

/** An example, wherever it stands. */
export function readExample(loading: Loading, source: ExampleSource, path: Path): Example {
	if (source.at !== undefined && !isInstant(source.at)) {
		const help = 'write for example `2026-11-20T15:00:00Z`';
		loading.complain('P102', [...path, 'at'], `${quote(source.at)} is not a time with an offset`, help);
	}
	return { ...source, where: place(loading.document, path) };
}

function readWaiver(loading: Loading, source: WaiverSource, path: Path, layer: Layer): Waiver {
	const { rule, match, until, approved_by, ticket } = source;
	return {
		rule: rule as RuleId,
		match: readMatch(match),
		// The schema has seen to it that it is a date; a waiver that ended in 1970 waives nothing.
		until: endOfDay(until) ?? 0,
		approvedBy: oneLine(approved_by),
		...(ticket !== undefined && { ticket: oneLine(ticket) }),
		where: place(loading.document, [...path, 'rule']),
		layer,
	};
}
