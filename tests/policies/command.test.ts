// The packs as their users test them: with `trapgate test`, each alone, each beside all others, and in a project.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makePlace, type Place } from '../cli/support.ts';

const folder = fileURLToPath(new URL('../../policies', import.meta.url));
const packs = readdirSync(folder);

let place: Place;
beforeEach(() => {
	place = makePlace();
});
afterEach(() => place.remove());

interface Report {
	readonly examples: Readonly<Record<'total' | 'held_alone' | 'held_merged', number>>;
	readonly cases: Readonly<Record<'total' | 'held', number>>;
	readonly problems: readonly unknown[];
}

test.each(packs)('%s alone, with the cases beside it, and no rule that nothing exercises', async (pack) => {
	const { code, document } = await place.run([
		...['test', `${folder}/${pack}/policy.yaml`, '--min', '100', '--format', 'json'],
	]);
	const { examples, cases, problems } = document() as unknown as Report;
	// What a pack takes for granted of a tool that it allows nobody is no more than a note here.
	expect(problems.filter((problem) => (problem as { severity: string }).severity === 'error')).toEqual([]);
	expect(examples.held_alone).toBe(examples.total);
	expect(examples.total).toBeGreaterThan(2);
	expect(cases.held).toBe(cases.total);
	expect(cases.total).toBeGreaterThan(1);
	expect(code).toBe(0);
});

test('all of them in one project: every example holds merged, and every rule is exercised', async () => {
	const entries = packs.map((pack) => `pack:${pack}`).join(', ');
	place.write('trapgate.yaml', `version: 1\nworkspace: .\npolicies: [${entries}]\nrules: []\n`);
	place.write('all.test.yaml', 'version: 1\ncases: [{ run: git push -f, is: denied, because: [no-force-push] }]\n');
	const { code, stdout } = await place.run(['test', '--min', '100']);
	expect(stdout).toMatch(
		/^alone {3}(\d+)\/\1 examples hold\nmerged {2}\1\/\1 examples hold\ncases {3}1\/1 hold\nrules exercised (\d+)\/\2\n$/,
	);
	expect(code).toBe(0);
});
