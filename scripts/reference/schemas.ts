// Which kinds of file have a schema: the name of the schema, the files it is about, and the zod schema that is the source of it.
import type { z } from 'zod';
import { configSchema } from '../../src/kernel/config-schema.ts';
import { policySchema } from '../../src/policy/schema.ts';
import { suiteSchema } from '../../src/policy/schema-suite.ts';

export interface FileKind {
	/** `schema/<name>.schema.json`, and the word after `trapgate schema`. */
	readonly name: string;
	/** The heading of its section on the reference page, and its anchor there. */
	readonly title: string;
	readonly schema: z.ZodType;
}

/** In the order of the reference page. A further kind of file is a further entry. */
export const fileKinds: readonly FileKind[] = [
	{ name: 'policy', title: 'Policy files', schema: policySchema },
	{ name: 'trapgate', title: 'trapgate.yaml', schema: configSchema },
	{ name: 'test', title: 'Test files', schema: suiteSchema },
];
