// The schema of `match`, `except` and the conditions on arguments.
import { z } from 'zod';
import { parseToolName } from '../abi/names.ts';
import { judge } from '../text/shape.ts';
import { suggest } from '../text/suggest.ts';
import { quote } from '../text/words.ts';
import { isRole, roles } from './roles.ts';
import {
	about,
	jsonSchema,
	notEmpty,
	numberSchema,
	oneOrMany,
	patternSchema,
	patternsSchema as patterns,
	scalarSchema,
} from './schema-words.ts';
import { sqlKinds } from './sql-kinds.ts';

/** Tools are matched as `driver/tool`, so a pattern without a slash or a star could never match. */
const toolPatternSchema = patternSchema.check(
	judge((value, refuse) => {
		const text = value;
		if (/[/*]/.test(text) || text.includes('${')) return;
		const message = `${quote(text)} can match no tool: tools are called driver/tool`;
		// As clients spell it: `github__get_issue`, `mcp__github__get_issue`.
		const near = text.replace(/^mcp__(?=.*__)/, '').replace(/(?<=.)(?:__|[.:])(?=.)/, '/');
		const help = near.includes('/')
			? `did you mean \`${near}\`?`
			: `write the driver too, or \`*/${text}\` for any driver`;
		refuse(message, { help });
	}),
);

export const operatorsSchema = z
	.strictObject({
		is: z
			.union([scalarSchema, z.array(jsonSchema).min(1), z.record(z.string(), jsonSchema)])
			.optional()
			.meta(about('The value is this one, or one of these.', 'main', ['main', 'master'])),
		not: z
			.union([scalarSchema, z.array(jsonSchema).min(1), z.record(z.string(), jsonSchema)])
			.optional()
			.meta(about('The value is none of these.', 'prod')),
		glob: patterns
			.optional()
			.meta(
				about(
					'A path glob for roles and paths (`*` stays within one folder, `**` crosses), a text glob elsewhere.',
					'**/.env*',
					['**/*.pem', '**/.ssh/**'],
				),
			),
		inside: patterns.optional().meta(about('The resolved path is at or below one of these folders.', '${workspace}')),
		outside: patterns
			.optional()
			.meta(about('The resolved path is at or below none of these folders.', ['${workspace}', '${tmp}'])),
		matches: patterns
			.optional()
			.meta(about('RE2 regular expression, found anywhere in the text, linear time.', '^[a-z]+-[0-9]+$')),
		min: numberSchema.optional().meta(about('At least this number.', 1)),
		max: numberSchema.optional().meta(about('At most this number.', 100)),
		above: numberSchema.optional().meta(about('More than this number.', 0)),
		below: numberSchema.optional().meta(about('Less than this number.', 1000)),
		present: z.boolean().optional().meta(about('true: the argument is there; false: it is not.', true)),
		statement_other_than: oneOrMany(z.enum(sqlKinds))
			.optional()
			.meta(
				about('The value is SQL, and holds a statement of another kind than these, or can not be read for certain.', [
					'select',
					'explain',
					'show',
				]),
			),
	})
	.check(notEmpty('this condition', 'write for example `{ is: value }` or `{ present: true }`'))
	.check(
		judge((value, refuse) => {
			const { present, min, max } = value;
			if (present === false && Object.keys(value).length > 1) {
				const message = '`present: false` and another condition can never both hold';
				refuse(message, { path: ['present'], at: 'key', help: 'keep one' });
			}
			if (typeof min === 'number' && typeof max === 'number' && min > max) {
				const message = `no number is at least ${min} and at most ${max}`;
				refuse(message, { path: ['max'], help: 'swap `min` and `max`?' });
			}
		}),
	)
	.meta({
		id: 'argument-condition',
		title: 'A condition on an argument',
		...about('Conditions on one argument; all of them must hold.', { outside: ['${workspace}', '${tmp}'] }),
		minProperties: 1,
	});

export const valueTestSchema = z
	.union([scalarSchema, z.array(scalarSchema).min(1), operatorsSchema])
	.describe('A value (the argument is it), a list (it is one of them), or conditions that must all hold.');

const argsSchema = z
	.record(z.string(), valueTestSchema)
	.check(notEmpty('`args`', 'name an argument, for example `args: { path: … }`'))
	.check(
		judge((value, refuse) => {
			for (const name of Object.keys(value)) {
				const problem = wrongArgumentName(name);
				if (problem === undefined) continue;
				const { message, ...rest } = problem;
				refuse(message, { ...rest, path: [name], at: 'key' });
			}
		}),
	);

/** Why `name` names no argument: an empty or broken pointer, or a role that does not exist. */
export function wrongArgumentName(name: string): { message: string; help: string } | undefined {
	if (name === '')
		return { message: 'an argument has no name', help: 'write its name, or a JSON Pointer like `/a/0/b`' };
	if (name.startsWith('/') && /~(?![01])/.test(name)) {
		return { message: `${quote(name)} is not a JSON Pointer`, help: 'write `~0` for `~` and `~1` for `/` in a name' };
	}
	if (!name.startsWith('any_') || isRole(name)) return undefined;
	const near = suggest(name, roles);
	const help = near === undefined ? `for an argument of that name write \`/${name}\`` : `did you mean ${quote(near)}?`;
	return { message: `${quote(name)} is not a role`, help };
}

const factOperatorsSchema = z
	.strictObject({
		is: z
			.union([scalarSchema, z.array(scalarSchema).min(1)])
			.optional()
			.meta(about('The fact is this, or one of these.', true, ['main', 'release/*'])),
		not: z
			.union([scalarSchema, z.array(scalarSchema).min(1)])
			.optional()
			.meta(about('The fact is none of these.', 'origin')),
		glob: patterns.optional().meta(about('A path glob for facts about paths, a text glob elsewhere.', '**/.env*')),
		inside: patterns.optional().meta(about('The path is at or below one of these folders.', '${workspace}')),
		outside: patterns
			.optional()
			.meta(about('The path is at or below none of these folders.', ['${workspace}', '${tmp}'])),
	})
	.check(notEmpty('this condition', 'write for example `{ outside: "${workspace}" }`'))
	.meta({
		id: 'fact-condition',
		title: 'A condition on a fact',
		...about('Conditions on one fact of a command; all of them must hold.', { outside: '${workspace}' }),
		minProperties: 1,
	});

const factTestSchema = z
	.union([scalarSchema, z.array(scalarSchema).min(1), factOperatorsSchema])
	.describe(
		'A value, a list of values, or conditions that must all hold. Text is a glob. Of a list of paths, branches or packages one is enough to match; an exception needs all of them.',
	);

const factsSchema = z
	.record(z.string(), factTestSchema)
	.check(notEmpty('`facts`', 'name a fact, for example `facts: { force: true }`'));

const matchShape = {
	tool: oneOrMany(toolPatternSchema)
		.optional()
		.meta(
			about('Tools by `driver/tool`; `*` is any run of characters, `?` is one.', 'filesystem/*', [
				'github/get_*',
				'github/list_*',
			]),
		),
	resource: patterns.optional().meta(about('Resources by URI glob.', 'file:///**/.env*')),
	prompt: patterns.optional().meta(about('Prompts by name glob.', 'review-*')),
	method: patterns
		.optional()
		.meta(about('Any other request by its method, vendor methods included.', 'logging/setLevel', 'vendor/*')),
	driver_asks: oneOrMany(z.enum(['sampling', 'elicitation', 'roots', 'other']))
		.optional()
		.meta(about('What a driver asks of the client.', 'sampling')),
	from: patterns.optional().meta(about('Only these drivers, by name glob.', 'github')),
	effect: z
		.enum(['read', 'write'])
		.optional()
		.describe('What the tool does, as a person confirmed it; unconfirmed is `write`.'),
	args: argsSchema
		.optional()
		.meta(
			about(
				'Conditions on arguments by name, by JSON Pointer (`/a/0/b`), or by role (`any_path`, `any_url`, `any_sql`).',
				{ owner: 'acme' },
				{ any_path: { outside: ['${workspace}', '${tmp}'] } },
			),
		),
	command: patterns
		.optional()
		.meta(
			about(
				'Programs with sub-commands, however the shell text spells them: `git push`, `pip {install,uninstall}`.',
				'git push',
				['pip {install,uninstall}'],
			),
		),
	flags: patterns
		.optional()
		.meta(about('The same command has one of these flags, however it spells them.', '--recursive')),
	facts: factsSchema
		.optional()
		.meta(
			about(
				'What is known about the same command: `force: true`, `module: [venv]`, `deletes: { outside: "${workspace}" }`.',
				{ force: true },
				{ deletes: { outside: '${workspace}' } },
			),
		),
	mentions: patterns
		.optional()
		.meta(
			about(
				'A program named in an argument of a program that may run it, and is not known to treat its arguments as data.',
				'python',
			),
		),
};

/** Names for kinds of call; one call is of one kind, except that a tool call may carry commands. */
const kinds = ['tool', 'resource', 'prompt', 'method', 'driver_asks', 'command'] as const;
const together = new Set(['tool+command', 'resource+method', 'prompt+method']);

export const matchSchema = z
	.strictObject(matchShape)
	.check(notEmpty('`match`', 'name what the rule is about; for every tool write `tool: "*"`'))
	.check(
		judge((value, refuse) => {
			const named = kinds.filter((kind) => value[kind] !== undefined);
			const [first, second] = named;
			if (first === undefined || second === undefined) return;
			if (named.length === 2 && together.has(`${first}+${second}`)) return;
			const message = `${quote(first)} and ${quote(second)} can never both hold: a call is one or the other`;
			refuse(message, { path: [second], at: 'key', help: 'write two rules' });
		}),
	)
	.meta({
		id: 'match',
		title: 'What a rule matches',
		...about(
			'Keys are joined by "and", the values of one key by "or". A call is of one kind: `tool`, `resource`, `prompt`, `method` or `driver_asks`; a tool call may carry commands.',
			{ tool: 'filesystem/*' },
			{ command: 'git push', facts: { force: true } },
		),
		minProperties: 1,
	});

const exceptItemSchema = z
	.strictObject({
		...matchShape,
		under: patterns
			.optional()
			.meta(about('The command was launched by one of these, both called by their bare names: `uv run`.', 'uv run')),
	})
	.check(notEmpty('`except`', 'an empty exception would exempt everything; say what is exempt, or delete the key'))
	.meta({
		id: 'exception',
		title: 'An exception',
		...about(
			'What a rule is not about, in the words of `match`. Where a rule matches if any value does, an exception needs all of them.',
			{ args: { any_path: { glob: '**/.env.example' } } },
		),
		minProperties: 1,
	});

export const exceptSchema = oneOrMany(exceptItemSchema);

/** The exact name of a tool, as examples call it. */
export const toolNameSchema = z
	.string()
	.meta({ pattern: '^[a-z0-9-]{1,20}/[^]+$' })
	.check(
		judge((value, refuse) => {
			if (parseToolName(value) !== undefined) return;
			const message = `${quote(value)} is not the name of a tool`;
			refuse(message, { help: 'write driver/tool' });
		}),
	);
