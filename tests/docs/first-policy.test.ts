// The page for beginners is a transcript: what it shows is what happens.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { rerun } from './transcript.ts';

const path = fileURLToPath(new URL('../../docs/first-policy.md', import.meta.url));

test('every command of docs/first-policy.md prints what the page says (after a change: npx vitest run tests/docs -u)', {
	timeout: 300_000,
}, async () => {
	const page = readFileSync(path, 'utf8');
	expect(page.match(/^\$ trapgate /gm)?.length).toBeGreaterThan(10);
	await expect(await rerun(page)).toMatchFileSnapshot(path);
});

test('a page that says something else is found', async () => {
	const page = (output: string) => `Text\n\n\`\`\`console\n$ echo a && pwd\n${output}\n\`\`\`\n\nmore\n`;
	expect(await rerun(page('b'))).toBe(page('a\n/home/you/app'));
	await expect(rerun('```yaml\nversion: 1\n```\n')).rejects.toThrow('nobody knows what to do with this block');
	await expect(rerun('```console\n$ exit 3\n```\n')).rejects.toThrow('Command failed');
});
