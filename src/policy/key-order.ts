// In which order a formatted file says things: as a rule reads, from what it is about to its examples.
import type { Path } from '../text/places.ts';
import { knownKeys } from '../text/schema-walk.ts';
import { policySchema } from './schema.ts';
import { suiteSchema } from './schema-suite.ts';

/** The keys of a rule, a waiver, an example or a case in the order of the schema; anywhere else the author's order stands. */
export function keyOrder(path: Path): readonly string[] | undefined {
	const [list, , inner] = path;
	if (typeof path.at(-1) !== 'number') return undefined;
	if (path.length === 2 && list === 'cases') return ['name', ...knownKeys(suiteSchema, path)];
	const isEntry = path.length === 2 && (list === 'rules' || list === 'waivers');
	const isExample = path.length === 4 && list === 'rules' && inner === 'examples';
	return isEntry || isExample ? knownKeys(policySchema, path) : undefined;
}
