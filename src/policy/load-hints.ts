// What to tell an author whose file has a key or a word that does not belong where it stands.
import type { Json } from '../abi/json.ts';
import type { Path, YamlDocument } from '../text/places.ts';
import type { Explanation, ShapeHints } from '../text/shape.ts';
import { suggest } from '../text/suggest.ts';
import { kindOf, quote } from '../text/words.ts';
import { isRole } from './roles.ts';
import { type SqlKind, sqlKinds } from './sql-kinds.ts';

const plainActions = ['hide', 'deny', 'ask', 'allow'];
const actionsWithTerms = ['pin', 'narrow', 'rewrite', 'lock', 'limit', 'redact', 'truncate', 'sandbox'];
const matchKeys =
	'tool resource prompt method driver_asks from effect args command flags facts mentions any_path any_url any_sql'.split(
		' ',
	);
const whenKeys = ['agent', 'env', 'time', 'cel'];
const rootKeys = ['drivers', 'policies', 'workspace', 'audit', 'ask'];

/** Words of other policy languages, by the place they would stand in here. */
const ruleSynonyms = new Map([
	['action', 'then'],
	['do', 'then'],
	['effects', 'then'],
	['name', 'id'],
	['if', 'when'],
	['unless', 'except'],
	['exceptions', 'except'],
	['description', 'reason'],
	['message', 'reason'],
	['why', 'reason'],
	['tests', 'examples'],
]);
const actionSynonyms = new Map([
	['block', 'deny'],
	['forbid', 'deny'],
	['reject', 'deny'],
	['refuse', 'deny'],
	['permit', 'allow'],
	['accept', 'allow'],
	['approve', 'ask'],
	['confirm', 'ask'],
	['prompt', 'ask'],
]);

/** Hints for policy files, and for the parts of the root file that have the same shape. */
export const policyHints: ShapeHints = { unknownKey, wrongValue, missingKey };

function unknownKey(path: Path, key: string, { file }: YamlDocument): Explanation | 'skip' | undefined {
	if (path.length === 0) return inFile(key, file);
	if (isRule(path)) return inRule(key);
	switch (path.at(-1)) {
		case 'then':
			return inThen(key);
		case 'pin':
		case 'narrow':
			return { help: `write \`params: { ${key}: … }\`` };
		case 'match':
			if (key === 'under') return { help: '`under` says what a rule is not about: write `except: { under: … }`' };
			return inMatch(key);
		case 'except':
			return inMatch(key);
		default:
	}
	if (path.at(-2) === 'except') return inMatch(key);
	return path.at(-2) === 'args' || path.at(-2) === 'facts' ? inCondition(key) : undefined;
}

function inFile(key: string, file: string): Explanation | undefined {
	if (rootKeys.includes(key)) {
		// Whoever names the root file like a policy is not told to write it.
		const isRoot = /(?:^|\/)trapgate\.ya?ml$/.test(file);
		const help = `this is a root file: trapgate check --config ${file}`;
		return { help: isRoot ? help : `${quote(key)} belongs in trapgate.yaml` };
	}
	if (key === 'cases' && /\.test\.ya?ml$/.test(file)) return { help: `this is a test file: trapgate test ${file}` };
	if (key === 'cases') return { help: 'cases stand in a test file of their own, called `<name>.test.yaml`' };
	return key === 'rule' ? { help: 'did you mean `rules`?' } : undefined;
}

function inRule(key: string): Explanation | undefined {
	if (plainActions.includes(key)) {
		return { help: `${quote(key)} is an action: write \`then: ${key}\` (one action per rule)` };
	}
	if (actionsWithTerms.includes(key)) {
		return { help: `${quote(key)} is an action: write \`then: { ${key}: … }\` (one action per rule)` };
	}
	if (matchKeys.includes(key)) return { help: `${quote(key)} is matched: write \`match: { ${key}: … }\`` };
	if (whenKeys.includes(key)) return { help: `${quote(key)} is a condition: write \`when: { ${key}: … }\`` };
	if (key === 'under') return { help: 'write `except: { under: … }`' };
	return didYouMean(ruleSynonyms.get(key));
}

function inThen(key: string): Explanation | undefined {
	const meant = plainActions.includes(key) ? key : actionSynonyms.get(key);
	return meant === undefined ? undefined : { help: `write \`then: ${meant}\`` };
}

/** Operators of other policy languages. */
const operatorSynonyms = new Map([
	...['regex', 'regexp', 'pattern', 're2', 'match'].map((word) => [word, 'matches'] as const),
	...['equals', 'eq', 'in', 'one_of', 'any_of', 'value'].map((word) => [word, 'is'] as const),
	...['ne', 'neq', 'not_in', 'none_of', 'other_than'].map((word) => [word, 'not'] as const),
	...['contains', 'starts_with', 'ends_with', 'prefix', 'suffix', 'like', 'wildcard'].map(
		(word) => [word, 'glob'] as const,
	),
	...['within', 'below_folder', 'under'].map((word) => [word, 'inside'] as const),
	...([
		['gt', 'above'],
		['gte', 'min'],
		['ge', 'min'],
		['lt', 'below'],
		['lte', 'max'],
		['le', 'max'],
		['exists', 'present'],
	] as const),
]);

function inCondition(key: string): Explanation | undefined {
	return didYouMean(operatorSynonyms.get(key.toLowerCase()));
}

function inMatch(key: string): Explanation | undefined {
	if (isRole(key)) return { help: `write \`args: { ${key}: … }\`` };
	return whenKeys.includes(key) ? { help: `${quote(key)} is a condition: write \`when: { ${key}: … }\`` } : undefined;
}

/** What files of every format are told: that they are empty, or of a version nobody knows. */
export function wrongFile(path: Path, value: Json | undefined, format: 'policy' | 'test'): Explanation | undefined {
	if (path.length === 0 && value === null) return { message: 'the file is empty', help: 'start with: version: 1' };
	if (path.length !== 1 || path[0] !== 'version' || value === undefined) return undefined;
	const said = typeof value === 'number' ? quote(String(value)) : kindOf(value);
	return {
		code: 'P105',
		message: `version ${said} of the ${format} format is not supported`,
		help: 'write `version: 1`',
	};
}

function wrongValue(path: Path, value: Json | undefined): Explanation | undefined {
	const ofFile = wrongFile(path, value, 'policy');
	if (ofFile !== undefined) return ofFile;
	if (typeof value === 'string' && [path.at(-1), path.at(-2)].includes('statement_other_than')) return statement(value);
	if (path.at(-1) === 'then' && isRule(path.slice(0, -1)) && Array.isArray(value)) {
		const named = value.flatMap((one) => (typeof one === 'string' ? [quote(one)] : []));
		return {
			help: `write one rule for each of ${named.length > 0 ? named.join(', ') : 'them'}: a rule does one thing`,
		};
	}
	if (path.at(-1) === 'then' && isRule(path.slice(0, -1)) && typeof value === 'string') {
		const meant = actionSynonyms.get(value.toLowerCase());
		const needsTerms = { help: `\`${value}\` needs terms: write \`then: { ${value}: … }\`` };
		if (actionsWithTerms.includes(value)) return needsTerms;
		return didYouMean(meant);
	}
	return undefined;
}

/** Statements are named by the first word of their command; some commands share one. */
const statementSynonyms = new Map<string, SqlKind>([
	['with', 'select'],
	['values', 'select'],
	['table', 'select'],
	['start', 'begin'],
	['end', 'commit'],
	['abort', 'rollback'],
	['analyse', 'analyze'],
	['security', 'security label'],
]);

/** For whole commands (`create table`); what is only misspelt is suggested without our help. */
function statement(value: string): Explanation | undefined {
	const [first = ''] = value.toLowerCase().split(/\s+/);
	if (suggest(value, sqlKinds) !== undefined) return undefined;
	return didYouMean(sqlKinds.find((kind) => kind === first) ?? statementSynonyms.get(first));
}

const missing = new Map([
	['version', 'add: version: 1'],
	['name', 'add: name: <what these rules are about>'],
	['rules', 'add: rules: []'],
	['id', 'add: id: <what the rule does>'],
	['match', 'add: match: { tool: <driver/tool> }'],
	['then', 'add: then: deny   (or hide, ask, allow, pin, narrow, rewrite, …)'],
	['zone', 'add: zone: Europe/Berlin'],
	['calls', 'add: calls: 30'],
	['per', 'add: per: 10m   (or 30s, 1h …)'],
	['on_change', 'add: on_change: hide'],
	['find', 'add: find: [detector:aws]'],
	['max_tokens', 'add: max_tokens: 4000'],
	['rule', 'add: rule: <the id of the rule that does not hold>'],
	['until', 'add: until: <the last day, as 2026-12-31>'],
	['approved_by', 'add: approved_by: <who approved it>'],
]);

function missingKey(_path: Path, key: string): string {
	return missing.get(key) ?? `add: ${key}: …`;
}

function didYouMean(word: string | undefined): Explanation | undefined {
	return word === undefined ? undefined : { help: `did you mean ${quote(word)}?` };
}

function isRule(path: Path): boolean {
	return path.at(-2) === 'rules' && typeof path.at(-1) === 'number';
}
