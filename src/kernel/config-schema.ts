// The zod schema of trapgate.yaml; its descriptions are the reference page.
import { z } from 'zod';
import { ownDriver } from '../abi/names.ts';
import { defaultsSchema, listsSchema, modeSchema, rulesSchema, waiversSchema } from '../policy/schema.ts';
import { about } from '../policy/schema-words.ts';
import { judge } from '../text/shape.ts';
import { httpSchema } from './http-schema.ts';
import { driverSandboxSchema } from './sandbox-schema.ts';

const text = z.string().min(1);
const texts = z.record(z.string(), z.string());
const milliseconds = z.int().min(1).max(86_400_000);

const commandsSchema = z
	.record(z.string(), z.string().regex(/^(\/[^/]+)+$/, 'a JSON Pointer such as `/command`'))
	.meta(
		about(
			'Tools that carry commands: tool name → JSON Pointer of the argument, which is shell text or a list of words that is run as it is (an argv). Rules about commands judge it.',
			{ exec: '/command' },
		),
	);

const disabledSchema = z
	.boolean()
	.optional()
	.describe('True: not loaded, and its tools do not exist.')
	.meta({ default: false });

const protocolSchema = z
	.enum(['auto', '2025-11-25', '2026-07-28'])
	.optional()
	.meta(
		about(
			'The revision of MCP that the server is spoken to in. `2025-11-25` stands for the revisions that begin with `initialize`, that one and older ones. `auto` finds out: over HTTP by asking in the newest revision first, and for a local server by `initialize`, followed by a fresh start in the newest revision where the server refuses that. A local server of both is spoken to in that of its client.',
			'2026-07-28',
		),
	)
	.meta({ default: 'auto' });

const common = {
	protocol: protocolSchema,
	commands: commandsSchema.optional(),
	shared: z
		.boolean()
		.optional()
		.describe('One process for all principals of an HTTP front. Off: each has its own.')
		.meta({ default: false }),
	disabled: disabledSchema,
};

export const stdioDriverSchema = z
	.strictObject({
		type: z.literal('stdio').optional().describe('May be given, as some clients do.'),
		command: text.meta(about('The program, looked up on PATH.', 'npx')),
		args: z
			.array(z.string())
			.optional()
			.meta(
				about('The arguments of the program, one word each. `${workspace}` is filled in.', [
					'-y',
					'@modelcontextprotocol/server-filesystem',
					'${workspace}',
				]),
			),
		env: texts.optional().meta(
			about('Added to the allow-listed environment. `${env:NAME}` takes a variable of the kernel.', {
				API_TOKEN: '${env:API_TOKEN}',
			}),
		),
		cwd: text
			.optional()
			.meta(about('Working directory; relative to this file. Without it, the workspace.', './server')),
		sandbox: driverSandboxSchema.optional(),
		...common,
	})
	.meta({
		id: 'stdio-driver',
		title: 'A local server',
		...about('An MCP server that the kernel starts, and talks to over stdin and stdout.', {
			command: 'npx',
			args: ['-y', '@modelcontextprotocol/server-filesystem', '${workspace}'],
		}),
	});

export const httpDriverSchema = z
	.strictObject({
		type: z.enum(['http', 'streamable-http']).optional().describe('May be given, as some clients do.'),
		url: z
			.url({ protocol: /^https?$/ })
			.or(z.string().regex(/\$\{env:/))
			.meta(about('The MCP endpoint.', 'https://api.githubcopilot.com/mcp/')),
		headers: texts
			.optional()
			.meta(about('Sent with every request; never logged.', { Authorization: 'Bearer ${env:GITHUB_TOKEN}' })),
		...common,
	})
	.meta({
		id: 'http-driver',
		title: 'A remote server',
		...about('An MCP server that is reached over Streamable HTTP.', {
			url: 'https://api.githubcopilot.com/mcp/',
			headers: { Authorization: 'Bearer ${env:GITHUB_TOKEN}' },
		}),
	});

export const shellDriverSchema = z
	.strictObject({
		builtin: z.literal('shell').describe('The one driver that the kernel brings itself.'),
		env: texts.optional().meta(about('Added to the allow-listed environment of commands.', { NODE_ENV: 'test' })),
		timeoutMs: milliseconds
			.optional()
			.meta(about('For a command that names no time-out of its own, in milliseconds.', 60000))
			.meta({ default: 120000 }),
		maxTimeoutMs: milliseconds
			.optional()
			.meta(about('The longest time-out a command may ask for, in milliseconds.', 300000))
			.meta({ default: 600000 }),
		maxOutputBytes: z
			.int()
			.min(1024)
			.max(64 * 1024 * 1024)
			.optional()
			.meta(about('How much of a command’s output is kept, in bytes.', 262144))
			.meta({ default: 1048576 }),
		sandbox: driverSandboxSchema.optional(),
		disabled: disabledSchema,
	})
	.meta({
		id: 'shell-driver',
		title: 'The built-in shell',
		...about("The kernel's own driver: one tool, `run`, which runs a command in bash.", { builtin: 'shell' }),
	});

export const detailSchema = z.enum(['metadata', 'hash', 'redacted', 'full']);

export const configSchema = z
	.strictObject({
		version: z.literal(1).describe('The version of this format.'),
		name: text
			.optional()
			.meta(about('What the rules in this file are called together.', 'my-project'))
			.meta({ default: 'trapgate.yaml' }),
		mode: modeSchema.optional().meta({ default: 'enforce' }),
		workspace: text
			.optional()
			.meta(
				about(
					'What `${workspace}` means: the tree the agent works in; relative to this file. Policy files inside it need `trapgate trust`.',
					'.',
				),
			),
		prefix: z
			.enum(['always', 'conflict', 'never'])
			.optional()
			.describe('How clients see tool names: `driver__tool`, bare unless two drivers claim a name, or bare.')
			.meta({ default: 'always' }),
		drivers: z
			.record(
				z.string().regex(/^[a-z0-9-]{1,20}$/, 'a driver name has 1 to 20 of the characters a-z 0-9 -'),
				z.union([stdioDriverSchema, httpDriverSchema, shellDriverSchema]),
			)
			.check(
				judge((drivers, refuse) => {
					if (!Object.hasOwn(drivers, ownDriver)) return;
					const help = 'call it something else';
					refuse(`\`${ownDriver}\` is the kernel's own driver`, { path: [ownDriver], at: 'key', help });
				}),
			)
			.optional()
			.meta(
				about(
					"MCP servers, as in any client's `mcpServers`; the name has 1 to 20 of the characters a-z 0-9 -, and is not `trapgate`.",
					{
						filesystem: { command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', '${workspace}'] },
						shell: { builtin: 'shell' },
					},
				),
			),
		defaults: defaultsSchema.optional(),
		policies: z
			.array(text)
			.optional()
			.meta(about('`pack:name` or paths relative to this file.', ['pack:git-safety', './policies/team.yaml'])),
		lists: listsSchema.optional(),
		rules: rulesSchema.optional(),
		waivers: waiversSchema.optional(),
		audit: z
			.strictObject({
				directory: text
					.optional()
					.meta(
						about(
							'Where the log is written; `~` is the home directory. Without it, `$XDG_STATE_HOME/trapgate/audit`.',
							'~/.local/state/trapgate/audit',
						),
					),
				durability: z
					.enum(['written', 'fsync'])
					.optional()
					.describe('`written` can lose the last records when power fails; `fsync` waits for the disk.')
					.meta({ default: 'written' }),
				detail: detailSchema.optional().describe('How much of arguments is kept.').meta({ default: 'redacted' }),
				tools: z
					.record(z.string(), detailSchema)
					.optional()
					.meta(about('Detail by tool glob.', { 'github/*': 'hash' })),
			})
			.meta({
				id: 'audit',
				title: 'The audit log',
				...about('Where the log is and what it keeps.', { detail: 'redacted', durability: 'fsync' }),
			})
			.optional(),
		ask: z
			.strictObject({
				channels: z
					.array(z.enum(['elicitation', 'terminal', 'desktop']))
					.meta(
						about(
							'How a person may be asked; nothing listed, nobody asked. In this version only `elicitation` works.',
							['elicitation'],
						),
					),
			})
			.meta({
				id: 'ask-channels',
				title: 'How people are asked',
				...about('Through which channels a rule with `ask` reaches a person.', { channels: ['elicitation'] }),
			})
			.optional(),
		http: httpSchema.optional(),
		telemetry: z
			.strictObject({
				traces: z
					.boolean()
					.optional()
					.describe(
						'True: one span a call through @opentelemetry/api; the SDK is brought by whoever starts the kernel.',
					)
					.meta({ default: false }),
			})
			.meta({
				id: 'telemetry',
				title: 'Traces',
				...about('What is told of calls while they run, beside the log.', { traces: true }),
			})
			.optional(),
		startTimeoutMs: milliseconds
			.optional()
			.meta(about('How long a client waits for slow drivers at its start, in milliseconds.', 20000))
			.meta({ default: 10000 }),
	})
	.meta({
		title: 'trapgate.yaml',
		description: 'What the kernel boots from: the drivers it loads, and the policy over them.',
	});

export type ConfigFile = z.infer<typeof configSchema>;
