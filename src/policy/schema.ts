// The schema of policy files. Its descriptions are the reference page.
import { z } from 'zod';
import { findInvisible } from '../text/characters.ts';
import { judge } from '../text/shape.ts';
import { quote } from '../text/words.ts';
import { exceptSchema, matchSchema, toolNameSchema } from './schema-match.ts';
import { thenSchema } from './schema-then.ts';
import {
	about,
	jsonSchema,
	notEmpty,
	oneOrMany,
	patternSchema,
	ruleIdSchema,
	scalarSchema,
	sentenceSchema,
} from './schema-words.ts';
import { endOfDay } from './time.ts';

export const modeSchema = z
	.enum(['enforce', 'warn', 'observe'])
	.describe(
		'`enforce` acts; `warn` lets the call through and tells the agent; `observe` tells only the log. A rule or a pack may only raise it.',
	);

export const defaultsSchema = z
	.strictObject({
		tool: z
			.enum(['deny', 'allow', 'ask'])
			.optional()
			.describe('A tool that no rule allows: `deny` means it does not exist.')
			.meta({ default: 'deny' }),
		other: z.enum(['deny', 'allow']).optional().describe('Resources, prompts and other requests that no rule allows.'),
		command: z
			.enum(['allow', 'ask', 'deny'])
			.optional()
			.describe(
				'A command that no rule allows: with `deny`, each command of a text needs an `allow` rule that matches it.',
			)
			.meta({ default: 'allow' }),
		unparsed: z
			.enum(['deny', 'ask', 'contain'])
			.optional()
			.describe(
				'A command whose program can not be known from its text, while rules about commands are in force or this is set. `contain`: only inside the sandbox; refused where there is none.',
			)
			.meta({ default: 'contain' }),
		mention: z
			.enum(['allow', 'ask', 'contain', 'deny'])
			.optional()
			.describe(
				'A program that a rule is about, named in an argument of one that may run it. `contain` is `deny` where there is no sandbox.',
			)
			.meta({ default: 'allow' }),
	})
	.meta({
		id: 'defaults',
		title: 'Defaults',
		...about('What happens where no rule says anything. Where files differ, the strictest holds.', {
			tool: 'deny',
			command: 'allow',
		}),
	});

/** Lists stand in for patterns, so their texts are held to the same. */
const listItemSchema = scalarSchema.check(
	judge((value, refuse) => {
		const odd = typeof value === 'string' ? findInvisible(value) : undefined;
		if (odd === undefined) return;
		const message = `this entry contains the invisible character ${odd.name}`;
		refuse(message, { code: 'P004', help: 'type it again; a pattern holds visible characters only' });
	}),
);

const listName = z
	.string()
	.meta({ pattern: '^[A-Za-z][A-Za-z0-9_-]*$' })
	.check(
		judge((value, refuse) => {
			if (/^[A-Za-z][A-Za-z0-9_-]*$/.test(value)) return;
			refuse('a list is named with letters, digits, `_` and `-`');
		}),
	);

export const listsSchema = z
	.record(listName, z.array(listItemSchema))
	.meta(about('Named lists of values; rules use them as `${lists.name}`.', { protected: ['main', 'release/*'] }));

const environmentName = z
	.string()
	.meta({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' })
	.check(
		judge((value, refuse) => {
			if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) return;
			refuse('this is not the name of an environment variable');
		}),
	);

const timeSchema = z
	.strictObject({
		inside: oneOrMany(z.string())
			.optional()
			.meta(about('Within these hours: `Mon-Thu 09:00-16:00`, `Sat,Sun`, `22:00-06:00`.', 'Mon-Thu 09:00-16:00')),
		outside: oneOrMany(z.string()).optional().meta(about('Outside these hours.', 'Mon-Fri 08:00-18:00')),
		zone: z.string().meta(about('IANA time zone, for example Europe/Berlin.', 'Europe/Berlin')),
		after: z
			.string()
			.optional()
			.meta(about('From this date or time on: `2026-12-24`, `2026-12-24T18:00`.', '2026-12-24')),
		before: z.string().optional().meta(about('Until this date or time, exclusive.', '2026-12-27T06:00')),
	})
	.check(
		judge((value, refuse) => {
			if (Object.keys(value).length > 1) return;
			const help = 'add `inside`, `outside`, `after` or `before`';
			refuse('`time` says nothing', { help });
		}),
	)
	.meta({
		id: 'time',
		title: 'A time',
		...about('Hours of the week or a span of dates, in the time of `zone`. All keys that are given must hold.', {
			outside: 'Mon-Thu 09:00-16:00',
			zone: 'Europe/Berlin',
		}),
		minProperties: 2,
	});

const whenSchema = z
	.strictObject({
		agent: oneOrMany(patternSchema)
			.optional()
			.meta(
				about('Who asks, by id glob; `unidentified` for a caller nobody named.', 'reviewer-*', [
					'claude-code',
					'codex',
				]),
			),
		env: z
			.record(environmentName, oneOrMany(z.string()))
			.check(notEmpty('`env`', 'name a variable'))
			.optional()
			.meta(about('Environment variables of the kernel: a value, a list of values, or `present`.', { CI: 'true' })),
		time: timeSchema
			.optional()
			.meta(about('Hours of the week, or dates.', { outside: 'Mon-Thu 09:00-16:00', zone: 'Europe/Berlin' })),
		cel: z
			.string()
			.min(1)
			.max(4000)
			.optional()
			.meta(
				about(
					'A condition between values, in CEL: of `args`, `agent`, `driver`, `tool` and `now`. Where it has no answer (an argument is not there, or is of another kind) it counts as true for what restricts, and as false for `allow`. See docs/conditions.md.',
					"args.amount <= 100 && args.currency == 'EUR'",
				),
			),
	})
	.check(notEmpty('`when`', 'give `agent`, `env`, `time` or `cel`, or delete the key'))
	.meta({
		id: 'when',
		title: 'When a rule holds',
		...about('Who asks, in which environment, at what time. All of these must hold.', { agent: 'reviewer-*' }),
		minProperties: 1,
	});

export const exampleSchema = z
	.strictObject({
		call: toolNameSchema.optional().meta(about('A tool that is called: `driver/tool`.', 'filesystem/read_file')),
		run: z.string().min(1).optional().meta(about('A shell command that is run.', 'git push --force origin main')),
		resource: z
			.string()
			.min(1)
			.optional()
			.meta(about('A resource that is read, by URI; at the driver that `from` names.', 'file:///etc/passwd')),
		prompt: z
			.string()
			.min(1)
			.optional()
			.meta(about('A prompt that is fetched, by its name; at the driver that `from` names.', 'review')),
		args: z
			.record(z.string(), jsonSchema)
			.optional()
			.meta(about('The arguments of the call or prompt.', { path: '${workspace}/notes.md' })),
		agent: z
			.string()
			.min(1)
			.optional()
			.meta(about('Who asks, as an agent id.', 'reviewer-1'))
			.meta({ default: 'example' }),
		at: z
			.string()
			.optional()
			.meta(about('When: ISO 8601 with an offset, `2026-11-20T15:00:00Z`.', '2026-11-20T15:00:00Z')),
		env: z
			.record(environmentName, z.string())
			.optional()
			.meta(about('Environment variables.', { CI: 'true' })),
		branch: z.string().min(1).optional().meta(about('The git branch that is checked out.', 'main')),
		effect: z
			.enum(['read', 'write'])
			.optional()
			.meta(
				about(
					'What a person confirmed the tool to do; as in trapgate.lock unless told, and `write` where it says nothing.',
					'read',
				),
			),
		lock: z
			.enum(['accepted', 'changed', 'new'])
			.optional()
			.meta(about('How the tool or prompt compares with trapgate.lock.', 'changed'))
			.meta({ default: 'accepted' }),
		nth: z
			.int()
			.min(1)
			.optional()
			.meta(about('The how-manieth such call in one period; where 30 are allowed, `nth: 31` is denied.', 31)),
		result: z
			.union([z.string(), z.record(z.string(), jsonSchema)])
			.optional()
			.meta(
				about(
					'What the call gives back: its text, or its structured part. Only rules about results are judged then.',
					'T=1',
					{
						token: 'abc',
					},
				),
			),
		tokens: z
			.int()
			.min(1)
			.optional()
			.meta(
				about(
					'How many tokens the call gives back, in place of `result`; `becomes` then says how many the agent reads.',
					40_000,
				),
			),
		is: z
			.enum(['allowed', 'denied', 'asked', 'hidden', 'unchanged'])
			.optional()
			.describe('What the policy does; `unchanged` is allowed and not rewritten.'),
		becomes: z
			.union([z.string(), z.record(z.string(), jsonSchema), z.int().min(1)])
			.optional()
			.meta(
				about(
					'What is done instead: arguments of a call, text of a command. With `result`: what the agent reads; with `tokens`: how many of them.',
					'uv run python3 app.py',
					{
						owner: 'acme',
						number: 3,
					},
				),
			),
	})
	.check(
		judge((value, refuse) => {
			const { call, run, resource, prompt, args, nth, result, tokens, is, becomes, effect, lock } = value;
			const given = tokens === undefined ? 'result' : 'tokens';
			const isAboutResult = value[given] !== undefined;
			const subjects = [call, run, resource, prompt].filter((subject) => subject !== undefined).length;
			const say = (message: string, help: string) => refuse(message, { help });
			if (subjects !== 1) {
				say('an example shows exactly one call', 'write one of `call`, `run`, `resource` or `prompt`');
			} else if ((is === undefined) === (becomes === undefined)) {
				say(
					'an example says what comes out, once',
					'write `is: denied` (allowed, asked, hidden, unchanged) or `becomes: …`',
				);
			} else if (args !== undefined && call === undefined && prompt === undefined) {
				say('only a call or a prompt has `args`', 'delete `args`');
			} else if (effect !== undefined && call === undefined && run === undefined) {
				refuse('only a tool has an `effect`', { path: ['effect'], at: 'key', help: 'delete `effect`' });
			} else if (lock !== undefined && resource !== undefined) {
				const help = 'delete `lock`';
				refuse('a resource stands in no lock', { path: ['lock'], at: 'key', help });
			} else if (result !== undefined && tokens !== undefined) {
				const help = 'write two examples';
				refuse('`result` and `tokens` are two ways to say what comes back', { path: ['tokens'], at: 'key', help });
			} else if (isAboutResult && is !== undefined && is !== 'unchanged') {
				const message = `a result is never ${quote(is)}: the call has run`;
				refuse(message, { path: ['is'], help: `write \`becomes: …\` or \`is: unchanged\`, or delete ${quote(given)}` });
			} else if (isAboutResult && nth !== undefined) {
				refuse('`nth` counts calls, and this is about a result', { path: ['nth'], at: 'key', help: 'delete `nth`' });
			} else if (result !== undefined && becomes !== undefined && typeof becomes !== typeof result) {
				const message = '`becomes` is text where `result` is, and structured where that is';
				refuse(message, { path: ['becomes'], help: 'write it in the same form' });
			} else if (becomes !== undefined && (typeof becomes === 'number') !== (tokens !== undefined)) {
				const message = '`becomes` is a number where `tokens` is given, and nowhere else';
				refuse(message, { path: ['becomes'], help: 'write for example `tokens: 40000, becomes: 4000`' });
			} else if (!isAboutResult && becomes !== undefined && (typeof becomes === 'string') !== (run !== undefined)) {
				say('`becomes` is text for `run`, and arguments for `call`', 'write it in that form');
			}
		}),
	)
	.meta({
		id: 'example',
		title: 'An example',
		...about(
			'A call, and what the policy makes of it: exactly one of `call`, `run`, `resource` and `prompt`, and one of `is` and `becomes`.',
			{ run: 'git push --force origin main', is: 'denied' },
		),
	});

const ruleSchema = z
	.strictObject({
		id: ruleIdSchema.meta(
			about('Names the rule in the log and in messages; lower-case letters, digits and `-`.', 'no-force-push'),
		),
		match: matchSchema.meta(
			about(
				'What the rule is about. Keys are joined by "and", the values of one key by "or".',
				{ tool: 'filesystem/*' },
				{ command: 'git push', facts: { force: true } },
			),
		),
		when: whenSchema.optional().meta(about('Who, in which environment, at what time.', { agent: 'reviewer-*' })),
		except: exceptSchema
			.optional()
			.meta(about('What the rule is not about: one exception or a list.', { under: 'uv run' })),
		then: thenSchema.meta(
			about(
				'The one thing to do: hide, deny, ask, allow, pin, narrow, rewrite, lock, limit, redact, truncate or sandbox.',
				'deny',
				{ rewrite: { prepend: ['uv', 'run'] } },
			),
		),
		mode: modeSchema.optional().describe('This rule in a stricter mode than its file.'),
		ring: z
			.literal('runtime')
			.optional()
			.describe('Hold the rule in the sandbox too, for everything a command starts.'),
		reason: sentenceSchema
			.optional()
			.meta(
				about(
					'Why, in one sentence; the agent and the log read it.',
					'A force push rewrites commits other people already have.',
				),
			),
		instead: sentenceSchema
			.optional()
			.meta(about('What the agent should do instead.', 'git push -u origin <your-branch>')),
		examples: z
			.array(exampleSchema)
			.optional()
			.meta(
				about('Calls and what becomes of them; checked whenever the policy is.', [
					{ run: 'git push --force', is: 'denied' },
				]),
			),
	})
	.meta({
		id: 'rule',
		title: 'A rule',
		...about(
			'It reads as a sentence: match this, when that, except these, then do one thing, for this reason; do this instead; here are examples.',
			{
				id: 'no-force-push',
				match: { command: 'git push', facts: { force: true } },
				then: 'deny',
				reason: 'A force push rewrites commits other people already have.',
				instead: 'git push -u origin <your-branch>',
			},
		),
	});

export const rulesSchema = z
	.array(ruleSchema)
	.meta(
		about('The rules. Their order does not matter: the strictest wins.', [
			{ id: 'allow-docs', match: { tool: 'docs/*' }, then: 'allow' },
		]),
	);

const daySchema = z
	.string()
	.meta({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' })
	.check(
		judge((value, refuse) => {
			if (endOfDay(value) !== undefined) return;
			refuse(`${quote(value)} is not a date`, { help: 'write the last day, as `2026-12-31`' });
		}),
	);

const waiverSchema = z
	.strictObject({
		rule: ruleIdSchema.meta(about('The rule that does not hold.', 'no-deploy-outside-hours')),
		match: matchSchema.meta(about('For which calls.', { tool: 'deploy/promote', args: { env: 'staging' } })),
		until: daySchema.meta(about('The last day, as a date: 2026-12-31 (UTC).', '2026-12-31')),
		approved_by: sentenceSchema.meta(about('Who approved it.', 'dana@acme.dev')),
		ticket: sentenceSchema.optional().meta(about('Where it was discussed.', 'SEC-412')),
	})
	.meta({
		id: 'waiver',
		title: 'A waiver',
		...about('An exception that ends. It lifts a rule of its own layer only.', {
			rule: 'no-deploy-outside-hours',
			match: { tool: 'deploy/promote' },
			until: '2026-12-31',
			approved_by: 'dana@acme.dev',
		}),
	});

export const waiversSchema = z.array(waiverSchema).meta(
	about('Exceptions that end: each has a date and a name.', [
		{
			rule: 'no-deploy-outside-hours',
			match: { tool: 'deploy/promote' },
			until: '2026-12-31',
			approved_by: 'dana@acme.dev',
		},
	]),
);

export const versionSchema = z.literal(1).describe('The version of the format: 1.');

/** A pack or any other policy file; the root file adds its own keys to the same pieces. */
export const policySchema = z
	.strictObject({
		version: versionSchema,
		name: ruleIdSchema
			.optional()
			.meta(about('The name of this policy; lower-case letters, digits and `-`.', 'git-safety')),
		mode: modeSchema.optional(),
		defaults: defaultsSchema.optional(),
		lists: listsSchema.optional(),
		rules: rulesSchema,
		waivers: waiversSchema.optional(),
	})
	.meta({
		title: 'A policy file',
		description: 'A pack, or any other policy file that trapgate.yaml names under `policies`.',
	});

export type RuleSource = z.output<typeof ruleSchema>;
export type WaiverSource = z.output<typeof waiverSchema>;
export type MatchSource = z.output<typeof matchSchema>;
export type ExceptSource = z.output<typeof exceptSchema>;
export type WhenSource = z.output<typeof whenSchema>;
export type ExampleSource = z.output<typeof exampleSchema>;
export type ListsSource = z.output<typeof listsSchema>;
export type DefaultsSource = z.output<typeof defaultsSchema>;
