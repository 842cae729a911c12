// In which order a formatted file says things: as a rule reads, from what it is about to its examples.
import type { Path } from '../text/places.ts';
import { knownKeys } from '../text/schema-walk.ts';
import { policySchema } from './schema.ts';

/** The keys of a rule, a waiver or an example in the order of the schema; anywhere else the author's order stands. */
export function keyOrder(path: Path): readonly string[] | undefined {
	const [list, , inner] = path;
	const isEntry = path.length === 2 && (list === 'rules' || list === 'waivers');
	const isExample = path.length === 4 && list === 'rules' && inner === 'examples';
	if ((!isEntry && !isExample) || typeof path.at(-1) !== 'number') return undefined;
	return knownKeys(policySchema, path);
}
