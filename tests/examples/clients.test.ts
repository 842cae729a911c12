// Each client's configuration in examples/clients names Trapgate as `doctor` and `connect` do.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { codexClosing, foldersOf, targetsOf } from '../../src/cli/connect/clients.ts';
import { readJsonText } from '../../src/cli/connect/json-editor.ts';
import { holds, valueAt } from '../../src/cli/connect/parts.ts';
import { readTomlText } from '../../src/cli/connect/toml-editor.ts';
import { isTrapgate } from '../../src/cli/init/client-file.ts';

const folder = fileURLToPath(new URL('../../examples/clients', import.meta.url));
const command = { node: 'node', main: '/path/to/trapgate/dist/cli/main.js', config: '/path/to/project/trapgate.yaml' };
const read = (path: string) =>
	(path.endsWith('.toml') ? readTomlText : readJsonText)(readFileSync(join(folder, path), 'utf8'));

test.each([
	['claude-code/.mcp.json', 'mcpServers', 'claude-code'],
	['codex/.codex/config.toml', 'mcp_servers', 'codex'],
	['gemini/.gemini/settings.json', 'mcpServers', 'gemini'],
	['opencode/opencode.json', 'mcp', 'opencode'],
	['copilot/.copilot/mcp-config.json', 'mcpServers', 'copilot'],
	['cursor/.cursor/mcp.json', 'mcpServers', 'cursor'],
	['vscode/.vscode/mcp.json', 'servers', 'vscode'],
])('%s starts the kernel, as its agent', (path, key, agent) => {
	const entry = valueAt(read(path), [key, 'trapgate']) as { command: string | string[]; args?: string[] };
	const [program, ...args] = [entry.command, entry.args ?? []].flat();
	expect(program).toBe(command.node);
	expect(args).toEqual([command.main, 'run', '--config', command.config, '--agent', agent]);
	// `init --from` and `doctor` know it for ours under any name.
	if (typeof entry.command === 'string')
		expect(isTrapgate('x', { command: entry.command, args: [...args] })).toBe(true);
});

test.each(['claude-code', 'codex'] as const)('%s: the example holds everything that connect writes', (client) => {
	const folders = { ...foldersOf('/project', { HOME: '/home/me' }), codex: '/project/.codex' };
	const wish = { route: { kind: 'stdio', command }, keepsBuiltin: false, fronted: [] } as const;
	const missing = targetsOf(client, wish, folders).flatMap(({ path, parts }) => {
		const value = read(join(client, path.replace(`${dirname('/project/x')}/`, '')));
		return parts.filter((part) => !holds(value, part));
	});
	expect(missing).toEqual([]);
	expect(codexClosing.length).toBeGreaterThan(2);
});
