// Where state is kept: never below a working directory that an agent can write.
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { homeDirectory, stateDirectories } from '../../src/kernel/state.ts';

const account = userInfo().homedir;

test.each<[string, NodeJS.ProcessEnv, string, string]>([
	['XDG says', { HOME: '/h', XDG_STATE_HOME: '/s', XDG_CONFIG_HOME: '/c' }, '/s/trapgate', '/c/trapgate'],
	['HOME says', { HOME: '/h' }, '/h/.local/state/trapgate', '/h/.config/trapgate'],
	[
		'relative XDG values count for nothing',
		{ HOME: '/h', XDG_STATE_HOME: 'rel', XDG_CONFIG_HOME: '' },
		'/h/.local/state/trapgate',
		'/h/.config/trapgate',
	],
	...['', 'rel', undefined].map((HOME): [string, NodeJS.ProcessEnv, string, string] => [
		`HOME ${JSON.stringify(HOME)} counts for nothing`,
		HOME === undefined ? {} : { HOME },
		join(account, '.local/state/trapgate'),
		join(account, '.config/trapgate'),
	]),
])('%s', (_, env, state, user) => {
	expect(stateDirectories(env)).toEqual({ state, user, organisation: '/etc/trapgate' });
});

test('`~` is absolute, whatever HOME says', () => {
	expect(homeDirectory({ HOME: '/h' })).toBe('/h');
	for (const HOME of ['', 'rel']) expect(homeDirectory({ HOME })).toBe(account);
});
