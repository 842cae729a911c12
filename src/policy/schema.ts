// The schema of policy files. Its descriptions are the reference page.
import { z } from 'zod';
import { findInvisible } from '../text/characters.ts';
import { judge } from '../text/shape.ts';
import { exceptSchema, matchSchema, toolNameSchema, unavailableKeys } from './schema-match.ts';
import { thenSchema } from './schema-then.ts';
import {
	jsonSchema,
	notEmpty,
	oneOrMany,
	patternSchema,
	ruleIdSchema,
	scalarSchema,
	sentenceSchema,
} from './schema-words.ts';

export const modeSchema = z
	.enum(['enforce', 'warn', 'observe'])
	.describe('enforce acts; warn lets the call through and tells the agent; observe tells only the log.');

export const defaultsSchema = z
	.strictObject({
		tool: z
			.enum(['deny', 'allow', 'ask'])
			.optional()
			.describe('A tool that no rule allows: `deny` means it does not exist.'),
		other: z.enum(['deny', 'allow']).optional().describe('Resources, prompts and other requests that no rule allows.'),
		command: z
			.enum(['allow', 'ask', 'deny'])
			.optional()
			.describe(
				'A command that no rule allows: with `deny`, each command of a text needs an `allow` rule that matches it.',
			),
		unparsed: z
			.enum(['deny', 'ask', 'contain'])
			.optional()
			.describe(
				'A command whose program can not be known from its text, while rules about commands are in force or this is set. `contain`: only inside the sandbox; refused where there is none.',
			),
		mention: z
			.enum(['allow', 'ask', 'contain', 'deny'])
			.optional()
			.describe(
				'A program that a rule is about, named in an argument of one that may run it. `contain` is `deny` where there is no sandbox.',
			),
	})
	.describe('What happens where no rule says anything. Where files differ, the strictest holds.');

/** Lists stand in for patterns, so their texts are held to the same. */
const listItemSchema = scalarSchema.check(
	judge((value, refuse) => {
		const odd = typeof value === 'string' ? findInvisible(value) : undefined;
		if (odd === undefined) return;
		const message = `this entry contains the invisible character ${odd.name}`;
		refuse(message, { code: 'P004', help: 'type it again; a pattern holds visible characters only' });
	}),
);

export const listsSchema = z
	.record(z.string(), z.array(listItemSchema))
	.check(
		judge((value, refuse) => {
			for (const name of Object.keys(value)) {
				if (/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) continue;
				const message = 'a list is named with letters, digits, `_` and `-`';
				refuse(message, { path: [name], at: 'key' });
			}
		}),
	)
	.describe(`Named lists of values; rules use them as \`\${lists.name}\`.`);

const environmentName = z.string().check(
	judge((value, refuse) => {
		if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) return;
		refuse('this is not the name of an environment variable');
	}),
);

const timeSchema = z
	.strictObject({
		inside: oneOrMany(z.string())
			.optional()
			.describe('Within these hours: `Mon-Thu 09:00-16:00`, `Sat,Sun`, `22:00-06:00`.'),
		outside: oneOrMany(z.string()).optional().describe('Outside these hours.'),
		zone: z.string().describe('IANA time zone, for example Europe/Berlin.'),
		after: z.string().optional().describe('From this date or time on: `2026-12-24`, `2026-12-24T18:00`.'),
		before: z.string().optional().describe('Until this date or time, exclusive.'),
	})
	.check(
		judge((value, refuse) => {
			if (Object.keys(value).length > 1) return;
			const help = 'add `inside`, `outside`, `after` or `before`';
			refuse('`time` says nothing', { help });
		}),
	);

const whenSchema = z
	.strictObject({
		agent: oneOrMany(patternSchema)
			.optional()
			.describe('Who asks, by id glob; `unidentified` for a caller nobody named.'),
		env: z
			.record(environmentName, oneOrMany(z.string()))
			.check(notEmpty('`env`', 'name a variable'))
			.optional()
			.describe('Environment variables of the kernel: a value, a list of values, or `present`.'),
		time: timeSchema.optional().describe('Hours of the week, or dates.'),
		cel: z
			.string()
			.min(1)
			.max(4000)
			.optional()
			.describe('A condition between values, in CEL: `args.amount <= 100 && args.currency == "EUR"`.'),
	})
	.check(unavailableKeys)
	.check(notEmpty('`when`', 'give `agent`, `env`, `time` or `cel`, or delete the key'));

const exampleSchema = z
	.strictObject({
		call: toolNameSchema.optional().describe('A tool that is called: `driver/tool`.'),
		run: z.string().min(1).optional().describe('A shell command that is run.'),
		resource: z.string().min(1).optional().describe('A resource that is read, by URI.'),
		prompt: z.string().min(1).optional().describe('A prompt that is fetched: `driver/prompt`.'),
		args: z.record(z.string(), jsonSchema).optional().describe('The arguments of the call or prompt.'),
		agent: z.string().min(1).optional().describe('Who asks; `example` unless told.'),
		at: z.string().optional().describe('When: ISO 8601 with an offset, `2026-11-20T15:00:00Z`.'),
		env: z.record(environmentName, z.string()).optional().describe('Environment variables.'),
		branch: z.string().min(1).optional().describe('The git branch that is checked out.'),
		nth: z
			.int()
			.min(1)
			.optional()
			.describe('The how-manieth such call in one period; where 30 are allowed, `nth: 31` is denied.'),
		is: z
			.enum(['allowed', 'denied', 'asked', 'hidden', 'unchanged'])
			.optional()
			.describe('What the policy does; `unchanged` is allowed and not rewritten.'),
		becomes: z
			.union([z.string(), z.record(z.string(), jsonSchema)])
			.optional()
			.describe('What is done instead: arguments of a call, text of a command.'),
	})
	.check(
		judge((value, refuse) => {
			const { call, run, resource, prompt, args, is, becomes } = value;
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
			} else if (becomes !== undefined && (typeof becomes === 'string') !== (run !== undefined)) {
				say('`becomes` is text for `run`, and arguments for `call`', 'write it in that form');
			}
		}),
	);

const ruleSchema = z.strictObject({
	id: ruleIdSchema.describe('Names the rule in the log and in messages; lower-case letters, digits and `-`.'),
	match: matchSchema.describe('What the rule is about. Keys are joined by "and", the values of one key by "or".'),
	when: whenSchema.optional().describe('Who, in which environment, at what time.'),
	except: exceptSchema.optional().describe('What the rule is not about: one exception or a list.'),
	then: thenSchema.describe(
		'The one thing to do: hide, deny, ask, allow, pin, narrow, rewrite, lock, limit, redact, truncate or sandbox.',
	),
	mode: modeSchema.optional().describe('This rule in a stricter mode than its file.'),
	ring: z.literal('runtime').optional().describe('Hold the rule in the sandbox too, for everything a command starts.'),
	reason: sentenceSchema.optional().describe('Why, in one sentence; the agent and the log read it.'),
	instead: sentenceSchema.optional().describe('What the agent should do instead.'),
	examples: z
		.array(exampleSchema)
		.optional()
		.describe('Calls and what becomes of them; checked whenever the policy is.'),
});

export const rulesSchema = z.array(ruleSchema).describe('The rules. Their order does not matter: the strictest wins.');

const waiverSchema = z.strictObject({
	rule: ruleIdSchema.describe('The rule that does not hold.'),
	match: matchSchema.describe('For which calls.'),
	until: z.string().describe('The last day, as a date: 2026-12-31 (UTC).'),
	approved_by: sentenceSchema.describe('Who approved it.'),
	ticket: sentenceSchema.optional().describe('Where it was discussed.'),
});

export const waiversSchema = z.array(waiverSchema).describe('Exceptions that end: each has a date and a name.');

export const versionSchema = z.literal(1).describe('The version of the format: 1.');

/** A pack or any other policy file; the root file adds its own keys to the same pieces. */
export const policySchema = z
	.strictObject({
		version: versionSchema,
		name: ruleIdSchema.optional().describe('The name of this policy; lower-case letters, digits and `-`.'),
		mode: modeSchema.optional(),
		defaults: defaultsSchema.optional(),
		lists: listsSchema.optional(),
		rules: rulesSchema,
		waivers: waiversSchema.optional(),
	})
	.describe('A Trapgate policy file.');

export type RuleSource = z.output<typeof ruleSchema>;
export type WaiverSource = z.output<typeof waiverSchema>;
export type MatchSource = z.output<typeof matchSchema>;
export type ExceptSource = z.output<typeof exceptSchema>;
export type WhenSource = z.output<typeof whenSchema>;
export type ExampleSource = z.output<typeof exampleSchema>;
export type ListsSource = z.output<typeof listsSchema>;
export type DefaultsSource = z.output<typeof defaultsSchema>;
