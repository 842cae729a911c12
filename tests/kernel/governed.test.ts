// What governs the agent is guarded wherever it lies.
import { expect, test } from 'vitest';
import { type Governed, governedPaths } from '../../src/kernel/governed.ts';

const governed = (env: Readonly<Record<string, string>>) =>
	governedPaths({
		revision: {
			sources: [{ path: '/p/policy.yaml' }],
			config: { audit: {}, http: { oauth: { jwks: { kind: 'file', path: '/k/jwks.json' } } } },
		},
		load: { file: '/p/trapgate.yaml', env },
		directories: { state: '/s', user: '/u', organisation: '/o' },
	} as unknown as Governed);

test('root file, lock, policies, state and keys', () => {
	const paths = ['/p/trapgate.yaml', '/p/trapgate.lock', '/p/policy.yaml', '/s', '/u', '/o', '/k/jwks.json'];
	expect(governed({})).toEqual(expect.arrayContaining(paths));
});

test('the configuration of a client that a variable moves', () => {
	expect(governed({ CODEX_HOME: '/c/codex', CLAUDE_CONFIG_DIR: '/c/claude' })).toEqual(
		expect.arrayContaining(['/c/codex', '/c/claude']),
	);
	expect(governed({ CODEX_HOME: '', CLAUDE_CONFIG_DIR: 'relative' })).toEqual(governed({}));
});
