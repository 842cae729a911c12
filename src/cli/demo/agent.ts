// The demo's agent: the MCP SDK's own client, connected to a real kernel over stdio, following a script.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { type CallToolResult, ElicitRequestSchema, McpError } from '@modelcontextprotocol/sdk/types.js';
import type { JsonObject } from '../../abi/json.ts';
import { errorText, TrapgateError } from '../../abi/problem.ts';
import type { DemoWorld } from './world.ts';

/** What came back for one call, as a model would read it. */
export interface Heard {
	readonly text: string;
	readonly isError: boolean;
	/** Of a JSON-RPC error. */
	readonly code?: number;
}

export interface Agent {
	/** Names of the tools it is shown, with their parameters. */
	tools(): Promise<ReadonlyMap<string, readonly string[]>>;
	call(name: string, args: JsonObject): Promise<Heard>;
	/** What the person behind the client was asked, oldest first; the script always says yes. */
	readonly questions: readonly string[];
	/** Resolves when the kernel has ended. */
	close(): Promise<void>;
}

const patienceMs = 20_000;

/** Starts the kernel and says hello. Throws D101 with what the kernel wrote to stderr when it does not serve. */
export async function startAgent(world: DemoWorld, main: string, version: string): Promise<Agent> {
	const transport = new StdioClientTransport({
		command: process.execPath,
		args: [main, 'run', '--config', world.config, '--agent', 'demo-agent', '--log-level', 'warn'],
		env: world.env,
		cwd: world.root,
		stderr: 'pipe',
	});
	let stderr = '';
	transport.stderr?.on('data', (chunk: Buffer) => {
		stderr = (stderr + chunk.toString('utf8')).slice(-4_000);
	});
	const client = new Client({ name: 'demo', version }, { capabilities: { elicitation: {} } });
	const questions: string[] = [];
	client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
		questions.push(params.message);
		return { action: 'accept', content: {} };
	});
	try {
		await client.connect(transport, { timeout: patienceMs });
	} catch (error) {
		await client.close();
		throw new TrapgateError('D101', `the kernel did not start: ${stderr.trim() || errorText(error)}`, { cause: error });
	}
	return {
		questions,
		async tools() {
			const { tools } = await client.listTools({}, { timeout: patienceMs });
			return new Map(tools.map(({ name, inputSchema }) => [name, Object.keys(inputSchema.properties ?? {})]));
		},
		async call(name, args) {
			try {
				const result = await client.callTool({ name, arguments: args }, undefined, { timeout: patienceMs });
				return heard(result as CallToolResult);
			} catch (error) {
				if (error instanceof McpError) return { text: error.message, isError: true, code: error.code };
				throw error;
			}
		},
		close: () => client.close(),
	};
}

function heard({ content, isError = false }: CallToolResult): Heard {
	const text = content.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join('\n');
	return { text, isError };
}
