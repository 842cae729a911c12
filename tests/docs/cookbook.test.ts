// Every policy in the cookbook loads, and its examples hold; alone, and with the packs that it names.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makePlace, type Place } from '../cli/support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${root}docs/cookbook.md`, 'utf8');

/** Each box with the heading that it stands below. */
const boxes = page.split(/^###? (?=\S)/m).flatMap((part) => {
	const [heading = ''] = part.split('\n');
	return [...part.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => ({ heading, text }));
});

let place: Place;
beforeEach(() => {
	place = makePlace();
});
afterEach(() => place.remove());

describe.each(boxes)('$heading', ({ text }) => {
	beforeEach(() => {
		place.write('trapgate.yaml', `version: 1\nworkspace: .\n${text}`);
	});

	test('has nothing that `check` finds', async () => {
		const { stdout, document } = await place.run(['check', '--format', 'json']);
		const problems = document()['problems'] as readonly Finding[];
		// A rule beside a pack may be stricter than the pack's own examples; and nothing has been locked in this folder.
		const isOfPack = ({ code, severity, where }: Finding) =>
			where?.file.startsWith('pack:') && ((code === 'P404' && severity === 'note') || code === 'P311');
		// A recipe may leave a deny to the text of commands; the page says where that is not enough.
		const isLeftToTexts = ({ code }: Finding) => code === 'P312';
		expect(
			problems.filter((problem) => !isOfPack(problem) && !isLeftToTexts(problem)).map(({ message }) => message),
			stdout,
		).toEqual([]);
	});

	test('has examples that hold, and exercise every rule', async () => {
		const { code, stdout, document } = await place.run(['test', '--min', '100', '--format', 'json']);
		expect(code, stdout).toBe(0);
		expect(document()['coverage']).toMatchObject({ not_exercised: [] });
		expect(text.match(/^ {6}- \{/gm)?.length).toBeGreaterThan(1);
	});
});

interface Finding {
	readonly code: string;
	readonly severity: string;
	readonly message: string;
	readonly where?: { readonly file: string };
}

test('there are recipes, and every pack has a section that adds it, says what it does not hold, and leads to its README', () => {
	const packs = readdirSync(`${root}policies`);
	for (const pack of packs) {
		const [section = ''] = page.split(`### ${pack}\n`).slice(1);
		const own = section.split(/^##/m)[0] ?? '';
		expect(own, pack).toMatch(new RegExp(`^policies: \\[.*pack:${pack}\\]$`, 'm'));
		expect(own, pack).toMatch(/\bNot held: /);
		expect(own, pack).toContain(`(../policies/${pack}/README.md)`);
		expect(page).toContain(`[${pack}](#${pack})`);
	}
	expect(boxes.length).toBeGreaterThanOrEqual(packs.length + 12);
});
