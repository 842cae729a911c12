// What the README says is true.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');
const readme = read('README.md');

/** The code blocks of one language, in order. */
function blocks(language: string): string[] {
	return [...readme.matchAll(/^```(\w+)\n(.*?)^```/gms)].flatMap(([, name, text = '']) =>
		name === language ? [text] : [],
	);
}

test('its first command starts, its second tests, and both set everything up', () => {
	const commands = (blocks('sh')[0] ?? '')
		.trim()
		.split('\n')
		.map((line) => line.replace(/\s+#.*/, ''));
	expect(commands).toEqual(['npm start', 'npm test']);
	const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
	expect(scripts['start']).toMatch(/^node scripts\/setup\.mjs && /);
	expect(scripts['test']).toMatch(/^node scripts\/setup\.mjs --tests && .*\bcheck$/);
	for (const step of ['lint', 'types', 'build', 'unit']) expect(scripts['check']).toContain(`npm run ${step}`);
});

test('its trapgate.yaml is the one in examples/five-minutes', () => {
	const schemaAt = (folder: string) => `# yaml-language-server: $schema=${folder}schema/trapgate.schema.json\n`;
	const [mine = '', theirs] = [blocks('yaml')[0], read('examples/five-minutes/trapgate.yaml')];
	// Each finds the schema from where it stands.
	expect(mine.startsWith(schemaAt('./node_modules/trapgate/'))).toBe(true);
	expect(mine.replace(schemaAt('./node_modules/trapgate/'), schemaAt('../../'))).toBe(theirs);
});

test('every client is configured with the same command, and says who it is', () => {
	const servers = blocks('json').flatMap((text) => {
		const { mcpServers, servers } = JSON.parse(text) as Record<
			string,
			Record<string, { command: string; args: string[] }>
		>;
		return Object.values(mcpServers ?? servers ?? {});
	});
	const [toml = ''] = blocks('toml');
	const field = (name: string) => JSON.parse(new RegExp(`^${name} = (.*)$`, 'm').exec(toml)?.[1] ?? 'null');
	servers.push({ command: field('command'), args: field('args') });
	expect(servers.map(({ args }) => args.at(-1)).sort()).toEqual(['claude-code', 'codex', 'cursor', 'gemini', 'vscode']);
	for (const { command, args } of servers) {
		expect([command, ...args.slice(0, -1)]).toEqual([
			...['node', '/path/to/trapgate/dist/cli/main.js', 'run'],
			...['--config', '/path/to/project/trapgate.yaml', '--agent'],
		]);
	}
});
