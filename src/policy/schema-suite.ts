// The schema of test files, `*.test.yaml`: cases that speak of several policies at once.
import { z } from 'zod';
import { parseDriverName, parseRuleId } from '../abi/names.ts';
import { judge } from '../text/shape.ts';
import { defaultsSchema, exampleSchema, listsSchema, versionSchema } from './schema.ts';
import { about, sentenceSchema } from './schema-words.ts';

const driverName = z
	.string()
	.meta({ pattern: '^[a-z0-9-]{1,20}$' })
	.check(
		judge((value, refuse) => {
			if (parseDriverName(value) === undefined) refuse('a driver name has 1 to 20 of the characters a-z 0-9 -');
		}),
	);

/** A rule of a policy, or `kernel/unparsed` and its like. */
const partName = z
	.string()
	.meta({ pattern: '^[a-z0-9][a-z0-9._/-]{0,79}$' })
	.check(
		judge((value, refuse) => {
			if (parseRuleId(value.replace(/^kernel\//, '')) !== undefined) return;
			refuse('this is not the id of a rule', {
				help: 'write it as the rule has it: lower-case letters, digits and `-`',
			});
		}),
	);

const caseSchema = exampleSchema
	.safeExtend({
		from: driverName.optional().meta(about('Where a resource is read or a prompt is fetched.', 'filesystem')),
		because: z
			.array(partName)
			.min(1)
			.optional()
			.meta(about('Rules that must have a part in what comes out; others may have one, too.', ['no-force-push'])),
		name: sentenceSchema
			.optional()
			.meta(about('What the case shows, in a few words.', 'uv starts pytest, and pip stays away')),
	})
	.check(
		judge(({ from, resource, prompt }, refuse) => {
			if (from === undefined || resource !== undefined || prompt !== undefined) return;
			const help = 'delete it: a call names its driver, `driver/tool`';
			refuse('`from` is where a resource is read or a prompt is fetched', { path: ['from'], at: 'key', help });
		}),
	)
	.meta({
		id: 'case',
		title: 'A case',
		...about(
			'A call, and what all policies together make of it: exactly one of `call`, `run`, `resource` and `prompt`, and one of `is` and `becomes`.',
			{ run: 'python3 -m pytest', becomes: 'uv run python3 -m pytest', because: ['python-through-uv'] },
		),
	});

export const suiteSchema = z
	.strictObject({
		version: versionSchema,
		policies: z
			.array(z.string().min(1))
			.min(1)
			.optional()
			.meta(
				about(
					'The policy files that are merged: paths relative to this file, `pack:name`, or `pack:*` for every pack that ships. Without it, everything the root file names; without a root file, the policy files that are tested.',
					['pack:*'],
					['./policy.yaml', 'pack:secrets'],
				),
			),
		workspace: z
			.string()
			.min(1)
			.optional()
			.meta(
				about('What `${workspace}` means here; relative to this file. Default: as the root file says.', '/srv/app'),
			),
		defaults: defaultsSchema.optional(),
		lists: listsSchema.optional(),
		cases: z
			.array(caseSchema)
			.min(1)
			.meta(
				about('Calls, and what all policies together make of them. Their order does not matter.', [
					{ run: 'git push -f origin topic', is: 'denied', because: ['no-force-push'] },
				]),
			),
	})
	.check(
		judge((value, refuse) => {
			const own = (['defaults', 'lists'] as const).find((key) => value[key] !== undefined);
			if (own === undefined || value.policies !== undefined) return;
			const help = 'delete it, or say with `policies` which files are merged here';
			refuse(`\`${own}\` are those of the root file`, { path: [own], at: 'key', help });
		}),
	)
	.meta({
		title: 'A test file',
		...about(
			'Cases that speak of several policies at once, in a file whose name ends in `.test.yaml`: beside a policy file, beside trapgate.yaml or in `tests` there, or named on the command line of `trapgate test`.',
			{
				version: 1,
				policies: ['pack:git-safety', 'pack:python-uv'],
				cases: [{ run: 'python3 -m pytest', becomes: 'uv run python3 -m pytest', because: ['python-through-uv'] }],
			},
		),
	});

export type SuiteSource = z.output<typeof suiteSchema>;
export type CaseSource = z.output<typeof caseSchema>;
