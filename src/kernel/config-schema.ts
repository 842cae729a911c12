// The zod schema of trapgate.yaml; its descriptions are the reference page.
import { z } from 'zod';
import { defaultsSchema, listsSchema, modeSchema, rulesSchema, waiversSchema } from '../policy/schema.ts';

const text = z.string().min(1);
const texts = z.record(z.string(), z.string());
const milliseconds = z.int().min(1).max(86_400_000);

const commands = z
	.record(z.string(), z.string().regex(/^(\/[^/]+)+$/, 'a JSON Pointer such as `/command`'))
	.describe(
		'Tools that carry commands: tool name → JSON Pointer of the argument, which is shell text or a list of words that is run as it is (an argv). Rules about commands judge it.',
	);

const common = {
	commands: commands.optional(),
	shared: z.boolean().optional().describe('One process for all principals of an HTTP front. Off: each has its own.'),
	disabled: z.boolean().optional().describe('True: not loaded.'),
};

export const stdioDriverSchema = z
	.strictObject({
		type: z.literal('stdio').optional(),
		command: text.describe('The program, looked up on PATH.'),
		args: z.array(z.string()).optional(),
		env: texts
			.optional()
			.describe('Added to the allow-listed environment. `${env:NAME}` takes a variable of the kernel.'),
		cwd: text.optional().describe('Working directory; relative to this file. Default: the workspace.'),
		...common,
	})
	.describe('A local MCP server, started by the kernel.');

export const httpDriverSchema = z
	.strictObject({
		type: z.enum(['http', 'streamable-http']).optional(),
		url: z
			.url({ protocol: /^https?$/ })
			.or(z.string().regex(/\$\{env:/))
			.describe('The MCP endpoint.'),
		headers: texts.optional().describe('Sent with every request; never logged.'),
		...common,
	})
	.describe('A remote MCP server (Streamable HTTP).');

export const shellDriverSchema = z
	.strictObject({
		builtin: z.literal('shell'),
		env: texts.optional(),
		timeoutMs: milliseconds.optional().describe('For a command that names none. Default 120000.'),
		maxTimeoutMs: milliseconds.optional().describe('The most a command may ask for. Default 600000.'),
		maxOutputBytes: z
			.int()
			.min(1024)
			.max(64 * 1024 * 1024)
			.optional()
			.describe('Kept of a command’s output. Default 1048576.'),
		disabled: z.boolean().optional(),
	})
	.describe("The kernel's own driver: one tool, `run`.");

export const detailSchema = z.enum(['metadata', 'hash', 'redacted', 'full']);

export const configSchema = z
	.strictObject({
		version: z.literal(1).describe('The version of this format.'),
		name: text.optional(),
		mode: modeSchema.optional(),
		workspace: text
			.optional()
			.describe(
				'What `${workspace}` means: the tree the agent works in; relative to this file. Policy files inside it need `trapgate trust`.',
			),
		prefix: z
			.enum(['always', 'conflict', 'never'])
			.optional()
			.describe('How clients see tool names: `driver__tool`, bare unless two drivers claim a name, or bare.'),
		drivers: z
			.record(
				z.string().regex(/^[a-z0-9-]{1,20}$/, 'a driver name has 1 to 20 of the characters a-z 0-9 -'),
				z.union([stdioDriverSchema, httpDriverSchema, shellDriverSchema]),
			)
			.optional()
			.describe("MCP servers, as in any client's `mcpServers`."),
		defaults: defaultsSchema.optional(),
		policies: z.array(text).optional().describe('`pack:name` or paths relative to this file.'),
		lists: listsSchema.optional(),
		rules: rulesSchema.optional(),
		waivers: waiversSchema.optional(),
		audit: z
			.strictObject({
				directory: text.optional().describe('Default: `$XDG_STATE_HOME/trapgate/audit`. `~` is the home directory.'),
				durability: z
					.enum(['written', 'fsync'])
					.optional()
					.describe('`written` (default) can lose the last records when power fails; `fsync` waits for the disk.'),
				detail: detailSchema.optional().describe('How much of arguments is kept. Default: redacted.'),
				tools: z.record(z.string(), detailSchema).optional().describe('Detail by tool glob.'),
			})
			.optional(),
		ask: z
			.strictObject({
				channels: z
					.array(z.enum(['elicitation', 'terminal', 'desktop']))
					.describe('How a person may be asked; nothing listed, nobody asked.'),
			})
			.optional(),
		http: z
			.strictObject({
				maxProcesses: z.int().min(1).max(10_000).optional(),
				idleMinutes: z
					.number()
					.positive()
					.max(24 * 60)
					.optional(),
				allowedHosts: z.array(text).optional().describe('Host headers that are served beside loopback names.'),
				allowedOrigins: z.array(text).optional().describe('Origins of browsers that are served.'),
			})
			.optional(),
		startTimeoutMs: milliseconds
			.optional()
			.describe('How long a client waits for slow drivers at its start. Default 10000.'),
	})
	.describe('What the kernel boots from.');

export type ConfigFile = z.infer<typeof configSchema>;
