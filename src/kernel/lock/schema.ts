// The zod schema of trapgate.lock.
import { z } from 'zod';
import { judge } from '../../text/shape.ts';
import { quote } from '../../text/words.ts';

/** Names and URIs are text that a driver wrote; a longer one is never recorded. */
export const longestName = 500;

const hashSchema = z
	.string()
	.check(
		judge((value, refuse) => {
			if (!/^sha256:[0-9a-f]{64}$/.test(value)) refuse(`${quote(value)} is not a hash`, { help: damaged });
		}),
	)
	.describe('Over the canonical JSON (RFC 8785) of the whole entry as the driver listed it.');

/** What to do about a lock that was not written by us. */
export const damaged =
	'take the file from version control again; or delete it, and a person reviews everything anew: trapgate lock';

const nameSchema = z.string().min(1).max(longestName).describe('As the driver spells it.');

const entryShape = {
	name: nameSchema,
	hash: hashSchema,
	description: z.string().optional().describe("The entry's own `description`."),
	definition: z
		.string()
		.optional()
		.describe('The rest of the entry, as JSON. Neither this nor a description: it was too large to be kept.'),
};

const toolSchema = z
	.strictObject({
		...entryShape,
		effect: z
			.enum(['read', 'write'])
			.optional()
			.describe(
				'What the tool does, as a person confirmed it. Absent: nobody looked, so it counts as one that writes.',
			),
		roles: z
			.record(z.string(), z.enum(['any_path', 'any_url', 'any_sql']))
			.optional()
			.describe('What parameters mean, as a person confirmed it: JSON Pointer, array indices left out → role.'),
	})
	.check(
		judge((value, refuse) => {
			const [given, missing] = value.effect === undefined ? ['roles', 'effect'] : ['effect', 'roles'];
			if ((value.effect === undefined) === (value.roles === undefined)) return;
			refuse(`${quote(given)} without ${quote(missing)}`, {
				path: [given],
				at: 'key',
				help: 'a person confirms both: trapgate lock --review',
			});
		}),
	);

const driverSchema = z.strictObject({
	instructions: z
		.strictObject({ hash: hashSchema, text: z.string().optional() })
		.optional()
		.describe('What the server tells every client at its start.'),
	tools: z.array(toolSchema).optional(),
	prompts: z.array(z.strictObject(entryShape)).optional(),
	templates: z.array(z.strictObject(entryShape)).optional().describe('Resource templates, by URI template.'),
});

export const lockSchema = z
	.strictObject({
		version: z.literal(1).describe('The version of this format.'),
		drivers: z.record(z.string().regex(/^[a-z0-9-]{1,20}$/), driverSchema),
	})
	.describe('What a person accepted of each driver.');

export type LockFile = z.output<typeof lockSchema>;
export type EntrySource = NonNullable<LockFile['drivers'][string]['tools']>[number];
