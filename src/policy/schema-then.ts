// The schema of `then`: exactly one action, as a word or with its terms.
import { z } from 'zod';
import { findTreacherous } from '../text/characters.ts';
import { judge } from '../text/shape.ts';
import { suggest } from '../text/suggest.ts';
import { quote } from '../text/words.ts';
import { detectorNames } from './finder.ts';
import { wrongArgumentName } from './schema-match.ts';
import {
	about,
	durationSchema,
	jsonSchema,
	notEmpty,
	oneOrMany,
	patternSchema,
	patternsSchema as patterns,
	scalarSchema,
	sentenceSchema,
} from './schema-words.ts';

const askSchema = z
	.strictObject({
		prompt: sentenceSchema.optional().meta(about('The question the person reads.', 'Run this?')),
		show: patterns
			.optional()
			.meta(
				about('What the person sees: `command`, `cwd`, `agent`, `args`, or the name of an argument.', [
					'command',
					'cwd',
					'agent',
				]),
			),
		timeout: durationSchema
			.optional()
			.meta(about('How long to wait for an answer: `30s`, `5m`, `1h`, at most `24h`.', '10m'))
			.meta({ default: '5m' }),
		remember: z
			.enum(['no', 'exact-call'])
			.optional()
			.describe('`exact-call`: the same call is not asked about again during this run, for an hour at most.')
			.meta({ default: 'no' }),
	})
	.check(notEmpty('`ask`', 'write `then: ask`, or give a `prompt`, `show`, `timeout` or `remember`'))
	.meta({ id: 'ask', title: 'ask', description: 'A person decides; silence is no.', minProperties: 1 });

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

const pinSchema = z
	.strictObject({
		params: paramsOf(jsonSchema).meta(
			about('Each parameter with the value it always has; it disappears from the tool.', { owner: 'acme' }),
		),
	})
	.meta({
		id: 'pin',
		title: 'pin',
		description: 'Parameters that always have one value, and that the agent does not see.',
	});

const narrowingSchema = z
	.strictObject({
		max: z.number().optional().meta(about('The largest number allowed.', 200)),
		min: z.number().optional().meta(about('The smallest number allowed.', 1)),
		maxLength: z.int().min(0).optional().meta(about('The longest text allowed, in characters.', 500)),
		pattern: patternSchema.optional().meta(about('RE2 regular expression the text must match.', '^[a-z]+$')),
		enum: z
			.array(jsonSchema)
			.min(1)
			.optional()
			.meta(about('The values allowed.', ['open', 'closed'])),
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
	)
	.meta({
		id: 'narrowing',
		title: 'A narrower parameter',
		...about(
			'Bounds of one parameter, as they stand in the schema that the agent sees. An optional parameter that a call leaves out gets the bound.',
			{ max: 200 },
		),
		minProperties: 1,
	});

const narrowSchema = z
	.strictObject({
		params: paramsOf(narrowingSchema).meta(
			about('Each parameter with the bounds it gets.', { max_rows: { max: 200 }, connection: { drop: true } }),
		),
	})
	.meta({ id: 'narrow', title: 'narrow', description: 'Parameters that get bounds, or disappear.' });

const replaceSchema = z
	.strictObject({
		matches: patternSchema.meta(about('RE2 regular expression.', '^http://')),
		with: z.string().max(1000).meta(about('What takes the place of every match; `$1` is the first group.', 'https://')),
	})
	.meta({ id: 'replace', title: 'replace', description: 'A part of a text, wherever it stands.' });

const rewriteObjectSchema = z
	.strictObject({
		set: jsonSchema.optional().meta(about('Always this value.', true)),
		default: jsonSchema.optional().meta(about('This value when the call gives none.', 10)),
		remove: z.literal(true).optional().describe('Take the argument out.'),
		replace: replaceSchema
			.optional()
			.meta(about('Replace every match in the text.', { matches: '^http://', with: 'https://' })),
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
	)
	.meta({
		id: 'argument-rewrite',
		title: 'A rewritten argument',
		...about('What happens to one argument: exactly one of these.', { default: 10 }),
		minProperties: 1,
		maxProperties: 1,
	});

const paramRewriteSchema = z.union([scalarSchema, z.array(jsonSchema), rewriteObjectSchema]);

/** Words that need no quoting in any shell, so that what is written is what runs. */
const wordSchema = z
	.string()
	.min(1)
	.max(200)
	.meta({ pattern: '^(?:[A-Za-z0-9_@%+=:,./-]|\\$\\{program\\.version\\})+$' })
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
			.meta(
				about(
					'Arguments by name or JSON Pointer; a plain value or a list sets it.',
					{ dryRun: true },
					{ limit: { default: 10 } },
				),
			),
		prepend: commandSchema
			.optional()
			.meta(
				about('Words put before the command; a path of the program becomes its name, for the launcher to look up.', [
					'uv',
					'run',
				]),
			),
		program: programSchema.optional().meta(about('The program that runs instead, with the same arguments.', 'pnpm')),
		replace_prefix: commandSchema
			.optional()
			.meta(
				about(
					'Words that replace the program and the matched sub-command; `${program.version}` is `3.12` of `python3.12`.',
					['pnpm', 'dlx'],
				),
			),
		drop_flags: oneOrMany(wordSchema)
			.optional()
			.meta(about('Flags taken out of the command, however they are spelled (`-n` out of `-nm`).', '--no-verify')),
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
	)
	.meta({
		id: 'rewrite',
		title: 'rewrite',
		...about(
			'Either the arguments of a call (`params`), or the words of a command. What comes out is judged again; a rule that still matches what it made refuses the call.',
			{ prepend: ['uv', 'run'] },
		),
		minProperties: 1,
	});

const lockSchema = z
	.strictObject({
		on_change: z
			.enum(['hide'])
			.describe('What happens to a tool that is not as trapgate.lock records it: it does not exist for the agent.'),
	})
	.meta({
		id: 'lock',
		title: 'lock',
		description: 'Holds tools to what a person accepted with `trapgate lock --review`.',
	});

const limitSchema = z
	.strictObject({
		calls: z.int().min(1).max(1_000_000).meta(about('So many calls may happen in each period.', 30)),
		per: durationSchema.meta(about('The period: `30s`, `10m`, `1h`, at most `24h`.', '10m')),
		scope: z
			.enum(['agent', 'everyone'])
			.optional()
			.describe('Whose calls are counted together: those of one agent, or of everybody.')
			.meta({ default: 'agent' }),
	})
	.meta({ id: 'limit', title: 'limit', description: 'How often something may be called.' });

const findSchema = patternSchema.meta({ pattern: `^(?:detector:(?:${detectorNames.join('|')})$|regex:.)` }).check(
	judge((value, refuse) => {
		const [, how, what = ''] = /^(detector|regex):(.+)$/s.exec(value) ?? [];
		if (how === undefined) {
			const message = `${quote(value)} says neither what to look for nor how`;
			refuse(message, { help: 'write `detector:<name>` for a kind of secret we know, or `regex:<pattern>`' });
		} else if (how === 'detector' && !detectorNames.includes(what)) {
			const near = suggest(what, detectorNames);
			const help = near === undefined ? `detectors: ${detectorNames.join(', ')}` : `did you mean \`detector:${near}\`?`;
			refuse(`there is no detector ${quote(what)}`, { help });
		}
	}),
);

/** What takes the place of a secret can't hold any of it: there are no groups, and one variable. */
const replacementSchema = z
	.string()
	.max(200)
	.check(
		judge((value, refuse) => {
			const odd = findTreacherous(value);
			const variable = /\$\{(?!kind\})[^}]*\}?/.exec(value)?.[0];
			const group = /\$(?:\d|[&<`'])|\\\d/.exec(value)?.[0];
			if (odd !== undefined) {
				const message = `this text contains ${odd.name}, which hides or reorders what is written`;
				refuse(message, { code: 'P004', help: 'delete it' });
			} else if (variable !== undefined) {
				const help = 'write `${kind}` for the kind of secret';
				refuse(`${quote(variable)} stands for nothing here`, { code: 'P203', help });
			} else if (group !== undefined) {
				const help = 'write plain text; `${kind}` is the kind of secret';
				refuse(`${quote(group)} would put a part of the secret back`, { help });
			}
		}),
	);

const redactSchema = z
	.strictObject({
		find: oneOrMany(findSchema).meta(
			about('Kinds of secret (`detector:aws`, see detectors.md) and own patterns (`regex:…`, RE2 syntax).', [
				'detector:aws',
				'regex:xox[abp]-[0-9A-Za-z-]{10,}',
			]),
		),
		replace: replacementSchema
			.optional()
			.meta(about('What takes their place; `${kind}` is the kind of secret, `custom` for own patterns.', '<${kind}>'))
			.meta({ default: '[redacted:${kind}]' }),
	})
	.meta({ id: 'redact', title: 'redact', description: 'What is taken out of every result before the agent sees it.' });

const truncateSchema = z
	.strictObject({
		max_tokens: z.int().min(100).max(10_000_000).meta(about('The most tokens of a result that the agent gets.', 4000)),
		keep: z
			.enum(['head+tail', 'head', 'tail'])
			.optional()
			.describe('Which part is kept.')
			.meta({ default: 'head+tail' }),
		spill: z
			.boolean()
			.optional()
			.describe('Keep the full text for the agent to read in pages. `false`: the rest is lost to it.')
			.meta({ default: true }),
	})
	.meta({ id: 'truncate', title: 'truncate', description: 'How long a result may be.' });

const sandboxSchema = z
	.strictObject({
		read: oneOrMany(patternSchema)
			.optional()
			.meta(about('Folders that what runs may read.', ['${workspace}', '/usr', '/lib'])),
		write: oneOrMany(patternSchema)
			.optional()
			.meta(about('Folders that it may write.', ['${workspace}', '${tmp}'])),
		network: z
			.union([z.literal('none'), z.array(patternSchema).min(1)])
			.optional()
			.meta(about('`none`, or the hosts that it may reach.', 'none')),
	})
	.check(notEmpty('`sandbox`', 'give `read`, `write` or `network`'))
	.meta({
		id: 'sandbox',
		title: 'sandbox',
		description: 'What the processes of a tool may do. A key that is not given restricts nothing.',
		minProperties: 1,
	});

const actionObjectSchema = z
	.strictObject({
		ask: askSchema.optional().meta(about('A person decides, every time.', { prompt: 'Run this?', timeout: '5m' })),
		pin: pinSchema.optional().meta(about('Parameters that always have one value.', { params: { owner: 'acme' } })),
		narrow: narrowSchema
			.optional()
			.meta(about('Parameters that get bounds, or disappear.', { params: { max_rows: { max: 200 } } })),
		rewrite: rewriteSchema
			.optional()
			.meta(about('Change the arguments, or the command.', { prepend: ['uv', 'run'] }, { params: { dryRun: true } })),
		lock: lockSchema
			.optional()
			.meta(about('Only tools that are as a person accepted them in trapgate.lock.', { on_change: 'hide' })),
		limit: limitSchema
			.optional()
			.meta(about('So many calls in a period; more are refused.', { calls: 30, per: '10m' })),
		redact: redactSchema
			.optional()
			.meta(about('Take secrets out of results.', { find: ['detector:aws', 'detector:private-key'] })),
		truncate: truncateSchema.optional().meta(about('Shorten long results.', { max_tokens: 4000 })),
		sandbox: sandboxSchema.optional().meta(
			about('What the processes of the tool may read, write and reach.', {
				write: ['${workspace}'],
				network: 'none',
			}),
		),
	})
	.check(
		judge((value, refuse) => {
			const given = Object.keys(value);
			if (given.length === 1) return;
			const message = given.length === 0 ? '`then` says nothing' : 'a rule has exactly one action';
			const help =
				given.length === 0
					? 'write for example `then: deny`'
					: `write one rule for each of ${given.map(quote).join(', ')}`;
			refuse(message, { help });
		}),
	)
	.meta({
		id: 'action',
		title: 'An action with terms',
		...about('Exactly one of these; the actions `hide`, `deny`, `ask` and `allow` are plain words.', {
			rewrite: { prepend: ['uv', 'run'] },
		}),
		minProperties: 1,
		maxProperties: 1,
	});

export const thenSchema = z.union([z.enum(['hide', 'deny', 'ask', 'allow']), actionObjectSchema]);

export type ThenSource = z.output<typeof thenSchema>;
export type RewriteObjectSource = z.output<typeof rewriteObjectSchema>;
