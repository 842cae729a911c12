// Policy files made up at random; what a rule can say, some rule here says.
import fc from 'fast-check';
import type { Mode } from '../../src/abi/decision.ts';
import { ExactNumber } from '../../src/abi/json.ts';
import type { RuleId } from '../../src/abi/names.ts';
import type { DriverAsk } from '../../src/abi/syscall.ts';
import type {
	Action,
	Defaults,
	Except,
	Layer,
	Match,
	Policy,
	Rule,
	ValueTest,
	Waiver,
	When,
} from '../../src/policy/rule.ts';
import { leaf } from './arbitrary-calls.ts';
import { friday } from './support.ts';

/** Mostly nothing. */
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) =>
	fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const some = <T>(...items: T[]) => fc.subarray(items, { minLength: 1, maxLength: Math.min(3, items.length) });

const valueTest: fc.Arbitrary<ValueTest> = fc.oneof(
	fc.record({ is: fc.array(leaf, { minLength: 1, maxLength: 2 }) }),
	fc.record({ not: fc.array(leaf, { minLength: 1, maxLength: 2 }) }),
	fc.constantFrom<ValueTest>(
		{ is: ['x'], not: ['X'] },
		{ is: [['x', 5], { a: 'x' }] },
		{ glob: ['**/x', '/etc/**'] },
		{ glob: ['*x*'] },
		{ glob: ['*.evil.com', 'https://evil.com/*'] },
		{ inside: ['/ws'] },
		{ outside: ['/ws', '/etc'] },
		{ matches: ['^[a-z]$'] },
		{ min: 1, max: 5 },
		{ above: 5, below: new ExactNumber('9007199254740993') },
		{ present: true },
		{ present: false },
	),
);
const argumentTests = fc.dictionary(
	fc.constantFrom('a', 'b', 'n', 'path', 'url', 'any_path', 'any_url', '/a/b', '/a/0', '__proto__', 'file'),
	valueTest,
	{ minKeys: 1, maxKeys: 2 },
);
const from = some('t', 'u', '*', 'é');

/** What a rule may be about. */
const matches = {
	tools: fc.record(
		{
			tool: some('t/x', 't/*', '*', 't/y', '*/x', 't/?', '*/*', 't/e\u0301', 'u/\u212a', 't/sh'),
			from,
			effect: fc.constantFrom('read', 'write'),
		},
		{ requiredKeys: [] },
	),
	calls: fc.record(
		{ tool: some('t/x', 't/*', '*', 't/y', '*/x', 't/sh'), from, args: argumentTests },
		{ requiredKeys: ['args'] },
	),
	commands: fc.record(
		{
			command: some('git push', 'git', 'python3', 'python', 'rm', '*', 'cat'),
			tool: some('t/sh', 't/*'),
			flags: some('--force', '--recursive'),
			facts: fc.constantFrom<NonNullable<Match['facts']>>(
				{ force: { is: [true] } },
				{ to_branch: { is: ['main', 'release/*'] } },
				{ reads: { outside: ['/ws'] } },
				{ paths: { glob: ['/etc/**'] } },
			),
			mentions: fc.constant(['git']),
			from,
		},
		{ requiredKeys: ['command'] },
	),
	others: fc.oneof(
		fc.record({ resource: some('file:///ws/*', 'file:///etc/**', '*', 'db://x') }),
		fc.record({ resource: some('*'), method: some('resources/*', 'resources/read') }),
		fc.record({ prompt: some('p', 't/p', '*'), args: argumentTests }, { requiredKeys: ['prompt'] }),
		fc.record({ method: some('vendor/*', 'resources/read', 'prompts/*', '*', 'ping') }),
		fc.record({ driver_asks: some<DriverAsk>('sampling', 'roots', 'other'), from }, { requiredKeys: ['driver_asks'] }),
	),
} satisfies Readonly<Record<string, fc.Arbitrary<Match>>>;
const anything = fc.oneof(matches.tools, matches.tools, matches.calls, matches.calls, matches.commands, matches.others);
const launched: fc.Arbitrary<Except> = fc.record({ under: some('uv run', 'sudo') });

const when: fc.Arbitrary<When> = fc.oneof(
	fc.record({ agent: some('claude-*', 'codex', 'unidentified', 'e\u0301') }),
	fc.constantFrom<When>(
		{ env: { CI: ['true', '1*'] } },
		{ env: { CI: ['present'] } },
		{ time: { zone: 'UTC', inside: [{ days: [5], fromMinute: 0, toMinute: 960 }] } },
		{ time: { zone: 'Europe/Berlin', outside: [{ days: [1, 5], fromMinute: 540, toMinute: 1020 }] } },
		{ time: { zone: 'UTC', after: friday, before: friday + 1000 } },
		{ cel: "agent.startsWith('claude-') || driver == 'u'" },
		{ cel: "tool.endsWith('/x') && now > timestamp('2026-11-20T00:00:00Z')" },
	),
);
/** Of rules that are about calls, so that they may depend on arguments. */
const whenOfCall = fc.oneof(
	{ weight: 2, arbitrary: when },
	{
		weight: 1,
		arbitrary: fc.constantFrom<When>(
			{ cel: "args.a == 'x'" },
			{ cel: 'args.n > 1 && args.n + 1 < 10' },
			{ cel: "has(args.a) || 'b' in args" },
			{ cel: 'args.a == args.b', agent: ['claude-*'] },
			{ cel: "args.path.startsWith('/ws') || re2(args.url, '^https://')" },
			{ cel: 'args.a.exists(one, one == 5)' },
			{ cel: 'args.__proto__.a == null' },
		),
	},
);
const mode = fc.constantFrom<Mode>('enforce', 'warn', 'observe');

/** A rule without what its file gives it. */
export type Draft = Pick<Rule, 'match' | 'except' | 'action' | 'when' | 'mode' | 'reason' | 'instead'>;

type ActionOf<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;

function rule<Kind extends Action['kind']>(
	match: fc.Arbitrary<Match>,
	action: fc.Arbitrary<ActionOf<Kind>>,
	except: fc.Arbitrary<Except>,
	moment = whenOfCall,
): fc.Arbitrary<Draft> {
	return fc.record(
		{
			match,
			action,
			except: fc.oneof(fc.constant([]), fc.constant([]), fc.array(except, { minLength: 1, maxLength: 2 })),
			when: sometimes(moment),
			mode: sometimes(mode),
			reason: fc.constant('Because.'),
			instead: fc.constant('ask the user'),
		},
		{ requiredKeys: ['match', 'action', 'except'] },
	) as fc.Arbitrary<Draft>;
}

const anyExcept = fc.oneof(anything, anything, launched);

/**
 * Rules by what they do, each about something that loading lets it be about. Whoever adds an action adds it here: then
 * every property is tried with it.
 */
const rules = {
	hide: rule(anything, fc.constant({ kind: 'hide' }), anyExcept),
	deny: rule(anything, fc.constant({ kind: 'deny' }), anyExcept),
	allow: rule(anything, fc.constant({ kind: 'allow' }), anyExcept),
	ask: rule(
		anything,
		fc.constantFrom(
			{ kind: 'ask', terms: { show: [], timeoutMs: 1000, remember: 'no' } },
			{ kind: 'ask', terms: { prompt: 'Sure?', show: ['args'], timeoutMs: 2000, remember: 'exact-call' } },
		),
		anyExcept,
	),
	pin: rule(
		matches.tools,
		fc
			.dictionary(fc.constantFrom('a', 'b', '/a/b'), leaf, { minKeys: 1, maxKeys: 2 })
			.map((params) => ({ kind: 'pin', params }) as const),
		matches.tools,
		when,
	),
	narrow: rule(
		matches.tools,
		fc.constantFrom<ActionOf<'narrow'>>(
			{ kind: 'narrow', params: { n: { max: 3 } } },
			{ kind: 'narrow', params: { n: { min: 2 }, b: { drop: true } } },
			{ kind: 'narrow', params: { a: { enum: ['x', 5], optional: true } } },
		),
		matches.tools,
		when,
	),
	rewrite: rule(
		fc.oneof(matches.tools, matches.calls),
		fc.constantFrom<ActionOf<'rewrite'>>(
			{ kind: 'rewrite', params: { a: { op: 'set', value: 'x' } } },
			{ kind: 'rewrite', params: { a: { op: 'remove' } } },
			{ kind: 'rewrite', params: { b: { op: 'default', value: 5 } } },
			{ kind: 'rewrite', params: { a: { op: 'replace', pattern: '^/etc', with: '/ws' } } },
		),
		anyExcept,
	),
	'rewrite-command': rule(
		matches.commands,
		fc.constantFrom<ActionOf<'rewrite-command'>>(
			{ kind: 'rewrite-command', command: { prepend: ['uv', 'run'] } },
			{ kind: 'rewrite-command', command: { program: 'pnpm' } },
			{ kind: 'rewrite-command', command: { drop_flags: ['--force'] } },
		),
		fc.oneof(launched, anything),
	),
	lock: rule(matches.tools, fc.constant({ kind: 'lock' }), matches.tools, when),
	limit: rule(anything, fc.constantFrom({ kind: 'limit', rate: { calls: 2, perMs: 1000, scope: 'agent' } }), anyExcept),
	redact: rule(
		anything,
		fc.constant({ kind: 'redact', redaction: { find: ['detector:aws', 'regex:x+'], replace: '[${kind}]' } }),
		anyExcept,
	),
	truncate: rule(
		anything,
		fc.constant({ kind: 'truncate', truncation: { maxTokens: 100, keep: 'head', spill: false } }),
		anyExcept,
	),
	sandbox: rule(matches.tools, fc.constant({ kind: 'sandbox', terms: { write: ['/ws'] } }), matches.tools, when),
} satisfies { readonly [Kind in Action['kind']]: fc.Arbitrary<Draft> };

/** A rule of this kind. */
export function draftOf(...kinds: readonly Action['kind'][]): fc.Arbitrary<Draft> {
	return fc.oneof(...kinds.map((kind) => rules[kind]));
}

const kinds = Object.keys(rules) as Action['kind'][];
/** Any rule; those that open are as frequent as all others, or nearly every call would be refused. */
export const anyDraft: fc.Arbitrary<Draft> = fc.oneof(rules.allow, draftOf('deny', 'ask', 'allow'), draftOf(...kinds));

/** One policy file. */
export interface FileDraft extends Pick<Policy, 'layer' | 'mode' | 'defaults'> {
	readonly rules: readonly Draft[];
	/** Each is of one of the file's rules, by index. */
	readonly waivers: readonly (Pick<Waiver, 'match' | 'until'> & { readonly rule: number })[];
}

/** A file with such rules. */
export const fileOf = (draft: fc.Arbitrary<Draft>): fc.Arbitrary<FileDraft> =>
	fc.record(
		{
			layer: fc.constantFrom<Layer>('user', 'project'),
			mode: sometimes(mode),
			defaults: fc.record({
				tool: sometimes(fc.constantFrom('deny', 'allow', 'ask')),
				other: sometimes(fc.constantFrom('deny', 'allow')),
				command: sometimes(fc.constantFrom('allow', 'ask', 'deny')),
				unparsed: sometimes(fc.constantFrom('deny', 'ask', 'contain')),
				mention: sometimes(fc.constantFrom('allow', 'ask', 'contain', 'deny')),
			}) as fc.Arbitrary<Defaults>,
			rules: fc.array(draft, { maxLength: 5 }),
			waivers: fc.oneof(
				fc.constant([]),
				fc.array(fc.record({ rule: fc.nat(4), match: anything, until: fc.constantFrom(friday - 1, friday + 1) }), {
					maxLength: 2,
				}),
			),
		},
		{ requiredKeys: ['layer', 'defaults', 'rules', 'waivers'] },
	) as fc.Arbitrary<FileDraft>;
export const anyFiles = fc.array(fileOf(anyDraft), { minLength: 1, maxLength: 3 });

/** The files as they are once loaded: every rule has an id of its own, whose order is not that of the rules. */
export function policiesFrom(files: readonly FileDraft[]): Policy[] {
	return files.map(({ rules, waivers, layer, ...file }, index): Policy => {
		const id = (at: number) => `r${(at * 7 + 3) % 10}-${index}` as RuleId;
		const place = { file: `p${index}.yaml`, line: 1, column: 1, length: 1 };
		const shared = { where: place, layer };
		return {
			...file,
			layer,
			name: `p${index}`,
			file: place.file,
			lists: {},
			rules: rules.map((draft, at) => ({
				...draft,
				...shared,
				id: id(at),
				actionWhere: place,
				examples: [],
				lists: {},
				source: '',
			})),
			waivers: waivers.map((waiver) => ({ ...waiver, ...shared, rule: id(waiver.rule), approvedBy: 'dana' })),
		};
	});
}
