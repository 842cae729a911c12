// The schema of `then`: exactly one action, as a word or with its terms.
import { z } from 'zod';
import { judge } from '../text/shape.ts';
import { quote } from '../text/words.ts';
import { wrongArgumentName } from './schema-match.ts';
import {
	durationSchema,
	jsonSchema,
	notEmpty,
	oneOrMany,
	patternSchema,
	scalarSchema,
	sentenceSchema,
} from './schema-words.ts';
import { unavailableAction } from './unavailable.ts';

const askSchema = z
	.strictObject({
		prompt: sentenceSchema.optional().describe('The question the person reads.'),
		show: oneOrMany(patternSchema)
			.optional()
			.describe('What the person sees: `command`, `cwd`, `agent`, `args`, or the name of an argument.'),
		timeout: durationSchema.optional().describe('How long to wait for an answer: `30s`, `5m`, `1h`; 5m unless told.'),
		remember: z
			.enum(['no', 'exact-call'])
			.optional()
			.describe('`exact-call`: the same call is not asked about again during this run, for an hour at most.'),
	})
	.check(notEmpty('`ask`', 'write `then: ask`, or give a `prompt`, `show`, `timeout` or `remember`'));

function paramsOf<T extends z.ZodType>(value: T) {
	return z
		.record(z.string(), value)
		.check(notEmpty('`params`', 'name a parameter'))
		.check(
			judge((value, refuse) => {
				for (const name of Object.keys(value)) {
					const wrong = name.startsWith('any_') ? undefined : wrongArgumentName(name);
					if (wrong === undefined) continue;
					const { message, help } = wrong;
					refuse(message, { help, path: [name], at: 'key' });
				}
			}),
		);
}

const pinSchema = z.strictObject({
	params: paramsOf(jsonSchema).describe('Each parameter with the value it always has; it disappears from the tool.'),
});

const narrowingSchema = z
	.strictObject({
		max: z.number().optional().describe('The largest number allowed.'),
		min: z.number().optional().describe('The smallest number allowed.'),
		maxLength: z.int().min(0).optional().describe('The longest text allowed, in characters.'),
		pattern: patternSchema.optional().describe('RE2 regular expression the text must match.'),
		enum: z.array(jsonSchema).min(1).optional().describe('The values allowed.'),
		drop: z.literal(true).optional().describe('The parameter does not exist for the agent.'),
		optional: z
			.literal(true)
			.optional()
			.describe('Leave the parameter out when the agent does, instead of filling in the bound.'),
	})
	.check(
		judge((value, refuse) => {
			const { optional, drop, min, max, ...bounds } = value;
			const bounded = min !== undefined || max !== undefined || Object.keys(bounds).length > 0;
			if (drop === true && (bounded || optional)) {
				const message = 'a dropped parameter can not be narrowed as well';
				refuse(message, { path: ['drop'], at: 'key', help: 'keep `drop` alone' });
			} else if (drop === undefined && !bounded) {
				refuse('this narrows nothing', { help: 'give `max`, `min`, `maxLength`, `pattern`, `enum` or `drop`' });
			} else if (min !== undefined && max !== undefined && min > max) {
				const message = `no number is at least ${min} and at most ${max}`;
				refuse(message, { path: ['max'], help: 'swap `min` and `max`?' });
			}
		}),
	);

const narrowSchema = z.strictObject({
	params: paramsOf(narrowingSchema).describe('Each parameter with the bounds it gets.'),
});

const rewriteObjectSchema = z
	.strictObject({
		set: jsonSchema.optional().describe('Always this value.'),
		default: jsonSchema.optional().describe('This value when the call gives none.'),
		remove: z.literal(true).optional().describe('Take the argument out.'),
		replace: z
			.strictObject({
				matches: patternSchema.describe('RE2 regular expression.'),
				with: z.string().max(1000).describe('What takes the place of every match; `$1` is the first group.'),
			})
			.optional()
			.describe('Replace every match in the text.'),
	})
	.check(
		judge((value, refuse) => {
			const given = Object.keys(value);
			if (given.length === 1) return;
			const message =
				given.length === 0 ? 'this rewrite says nothing' : `${given.map(quote).join(' and ')} can not both be done`;
			const help = 'write exactly one of `set`, `default`, `remove` or `replace`';
			refuse(message, { help });
		}),
	);

const paramRewriteSchema = z.union([scalarSchema, z.array(jsonSchema), rewriteObjectSchema]);

/** Words that need no quoting in any shell, so that what is written is what runs. */
const wordSchema = z
	.string()
	.min(1)
	.max(200)
	.check(
		judge((value, refuse) => {
			if (/^(?:[A-Za-z0-9_@%+=:,./-]|\$\{program\.version\})+$/.test(value)) return;
			const split = /^[A-Za-z0-9_@%+=:,./ -]+$/.test(value) && value.trim().includes(' ');
			const help = split
				? `write each word as an entry of its own: [${value.trim().split(/ +/).join(', ')}]`
				: `only letters, digits and \`_@%+=:,./-\` can be put into a command, and \`\${program.version}\``;
			const message = `${quote(value)} is not a plain word`;
			refuse(message, { help });
		}),
	);

/** The word a shell would run: `-x` would be an option there, and `A=b` an assignment. */
const programSchema = wordSchema.check(
	judge((value, refuse) => {
		if (!/^-|=/.test(value)) return;
		const message = `${quote(value)} can not be a program`;
		refuse(message, { help: 'the first word is what runs' });
	}),
);

const commandSchema = z.union([programSchema, z.tuple([programSchema], wordSchema)]);

const rewriteSchema = z
	.strictObject({
		params: paramsOf(paramRewriteSchema)
			.optional()
			.describe('Arguments by name or JSON Pointer; a plain value or a list sets it.'),
		prepend: commandSchema
			.optional()
			.describe('Words put before the command; a path of the program becomes its name, for the launcher to look up.'),
		program: programSchema.optional().describe('The program that runs instead, with the same arguments.'),
		replace_prefix: commandSchema
			.optional()
			.describe(
				'Words that replace the program and the matched sub-command; `${program.version}` is `3.12` of `python3.12`.',
			),
		drop_flags: oneOrMany(wordSchema)
			.optional()
			.describe('Flags taken out of the command, however they are spelled (`-n` out of `-nm`).'),
	})
	.check(notEmpty('`rewrite`', 'give `params`, or one of `prepend`, `program`, `replace_prefix`, `drop_flags`'))
	.check(
		judge((value, refuse) => {
			const { params, ...command } = value;
			const [word] = Object.keys(command);
			if (params !== undefined && word !== undefined) {
				const message = `\`params\` and ${quote(word)} can not both be done by one rule`;
				refuse(message, { path: [word], at: 'key', help: 'write two rules' });
			} else if (command.program !== undefined && command.replace_prefix !== undefined) {
				const message = '`program` and `replace_prefix` both name the program';
				refuse(message, { path: ['replace_prefix'], at: 'key', help: 'keep one' });
			}
		}),
	);

const lockSchema = z.strictObject({
	on_change: z
		.enum(['hide'])
		.describe('What happens to a tool that is not as trapgate.lock records it: it does not exist for the agent.'),
});

const limitSchema = z.strictObject({
	calls: z.int().min(1).max(1_000_000).describe('So many calls may happen in each period.'),
	per: durationSchema.describe('The period: `30s`, `10m`, `1h`, at most `24h`.'),
	scope: z
		.enum(['agent', 'everyone'])
		.optional()
		.describe('Whose calls are counted together: those of one agent (unless told), or of all agents.'),
});

const findSchema = patternSchema.check(
	judge((value, refuse) => {
		if (/^(?:detector|regex):./.test(value)) return;
		const message = `${quote(value)} says neither what to look for nor how`;
		refuse(message, { help: 'write `detector:<name>` for a kind of secret we know, or `regex:<pattern>`' });
	}),
);

const redactSchema = z.strictObject({
	find: oneOrMany(findSchema).describe('Kinds of secret (`detector:aws`) and own patterns (`regex:…`, RE2 syntax).'),
	replace: z
		.string()
		.max(200)
		.optional()
		.describe('What takes their place; `${kind}` is the kind of secret, `custom` for own patterns.'),
});

const truncateSchema = z.strictObject({
	max_tokens: z.int().min(100).max(10_000_000).describe('The most tokens of a result that the agent gets.'),
	keep: z.enum(['head+tail', 'head', 'tail']).optional().describe('Which part is kept; `head+tail` unless told.'),
	spill: z
		.boolean()
		.optional()
		.describe('Keep the full text for the agent to read in pages; true unless told. False: the rest is lost to it.'),
});

const sandboxSchema = z
	.strictObject({
		read: oneOrMany(patternSchema).optional().describe('Folders that what runs may read.'),
		write: oneOrMany(patternSchema).optional().describe('Folders that it may write.'),
		network: z
			.union([z.literal('none'), z.array(patternSchema).min(1)])
			.optional()
			.describe('`none`, or the hosts that it may reach.'),
	})
	.check(notEmpty('`sandbox`', 'give `read`, `write` or `network`'));

const actionObjectSchema = z
	.strictObject({
		ask: askSchema.optional().describe('A person decides, every time.'),
		pin: pinSchema.optional().describe('Parameters that always have one value.'),
		narrow: narrowSchema.optional().describe('Parameters that get bounds, or disappear.'),
		rewrite: rewriteSchema.optional().describe('Change the arguments, or the command.'),
		lock: lockSchema.optional().describe('Only tools that are as a person accepted them in trapgate.lock.'),
		limit: limitSchema.optional().describe('So many calls in a period; more are refused.'),
		redact: redactSchema.optional().describe('Take secrets out of results.'),
		truncate: truncateSchema.optional().describe('Shorten long results.'),
		sandbox: sandboxSchema.optional().describe('What the processes of the tool may read, write and reach.'),
	})
	.check(
		judge((value, refuse) => {
			const given = Object.keys(value);
			for (const word of given) {
				const { message, ...rest } = unavailableAction(word) ?? {};
				if (message !== undefined) refuse(message, { ...rest, path: [word], at: 'key' });
			}
			if (given.length === 1 || given.some((word) => unavailableAction(word) !== undefined)) return;
			const message = given.length === 0 ? '`then` says nothing' : 'a rule has exactly one action';
			const help =
				given.length === 0
					? 'write for example `then: deny`'
					: `write one rule for each of ${given.map(quote).join(', ')}`;
			refuse(message, { help });
		}),
	);

export const thenSchema = z.union([z.enum(['hide', 'deny', 'ask', 'allow']), actionObjectSchema]);

export type ThenSource = z.output<typeof thenSchema>;
export type RewriteObjectSource = z.output<typeof rewriteObjectSchema>;
