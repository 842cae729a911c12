// The lines that point each client at this kernel, in the client's own file and shape.

export interface ClientLines {
	readonly client: string;
	/** How it names itself with `--agent`. */
	readonly agent: string;
	readonly file: string;
	readonly lines: readonly string[];
}

export interface KernelCommand {
	/** Absolute path of node. */
	readonly node: string;
	/** Absolute path of this installation's program. */
	readonly main: string;
	/** Absolute path of the root file. */
	readonly config: string;
}

/** Claude Code, Codex, Cursor, VS Code and Gemini CLI; each names itself with `--agent`. */
export function clientLines(command: KernelCommand): readonly ClientLines[] {
	return [
		{
			client: 'Claude Code',
			agent: 'claude-code',
			file: '.mcp.json',
			lines: json('mcpServers', command, 'claude-code'),
		},
		{ client: 'Codex', agent: 'codex', file: '~/.codex/config.toml', lines: toml(command, 'codex') },
		{ client: 'Cursor', agent: 'cursor', file: '.cursor/mcp.json', lines: json('mcpServers', command, 'cursor') },
		{
			client: 'VS Code',
			agent: 'vscode',
			file: '.vscode/mcp.json',
			lines: json('servers', command, 'vscode', { type: 'stdio' }),
		},
		{
			client: 'Gemini CLI',
			agent: 'gemini',
			file: '.gemini/settings.json',
			lines: json('mcpServers', command, 'gemini'),
		},
	];
}

export function argumentsFor({ main, config }: KernelCommand, agent: string): readonly string[] {
	return [main, 'run', '--config', config, '--agent', agent];
}

function json(
	key: string,
	command: KernelCommand,
	agent: string,
	first: Readonly<Record<string, string>> = {},
): readonly string[] {
	const entry = { ...first, command: command.node, args: argumentsFor(command, agent) };
	const members = Object.entries(entry).map(([name, value]) => `      ${JSON.stringify(name)}: ${inline(value)}`);
	return [
		'{',
		`  ${JSON.stringify(key)}: {`,
		'    "trapgate": {',
		...members.join(',\n').split('\n'),
		'    }',
		'  }',
		'}',
	];
}

function inline(value: string | readonly string[]): string {
	return typeof value === 'string'
		? JSON.stringify(value)
		: `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
}

/** A JSON string is a TOML basic string too, as long as it has no DEL and no lone surrogate; paths have neither. */
function toml(command: KernelCommand, agent: string): readonly string[] {
	return [
		'[mcp_servers.trapgate]',
		`command = ${inline(command.node)}`,
		`args = ${inline(argumentsFor(command, agent))}`,
	];
}
