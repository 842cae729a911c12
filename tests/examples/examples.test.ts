// Examples are documentation that runs: their programs promise something and end with 0 when it held.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makePlace } from '../cli/support.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const stories = readdirSync(examples);
const programs = stories.filter((story) => existsSync(join(examples, story, 'agent.mjs')));

test('there are some, each with its policy', () => {
	expect(programs).toContain('guarded-filesystem');
	expect(stories.filter((story) => !existsSync(join(examples, story, 'trapgate.yaml')))).toEqual([]);
});

test.each(stories)('%s: its policy has no problems, not even notes', async (story) => {
	const place = makePlace();
	try {
		const { code, stdout } = await place.run(['check', '--strict', '--config', join(examples, story, 'trapgate.yaml')]);
		expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('no problems\n') });
	} finally {
		place.remove();
	}
});

test.each(programs)('%s: its program ends with 0', (story) => {
	const done = spawnSync(process.execPath, [join(examples, story, 'agent.mjs')], { encoding: 'utf8', timeout: 25_000 });
	expect({ status: done.status, stdout: done.stdout, stderr: done.stderr }).toEqual({
		status: 0,
		stdout: 'every answer was as promised\n',
		stderr: '',
	});
});
