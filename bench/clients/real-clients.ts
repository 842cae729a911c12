// The clients that can be run here: what each is called on npm, where its configuration goes, and how it is started once.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface RealClient {
	readonly name: string;
	/** As `connect` and `--agent` know it. */
	readonly id: string;
	readonly packageName: string;
	/** The version that was last seen to work; another can be installed. */
	readonly version: string;
	/** Of its program, below `node_modules`. */
	readonly program: string;
	/** True: `trapgate connect` writes its configuration; false: it is the one in `examples/clients`. */
	readonly isConnected: boolean;
	/** Files to write before: path below the home directory (`~/`) or the project, and text. */
	readonly files: (model: string) => readonly (readonly [path: string, text: string])[];
	readonly args: readonly string[];
	readonly env: (model: string) => Readonly<Record<string, string>>;
}

const examples = fileURLToPath(new URL('../../examples/clients', import.meta.url));

/** The configuration in `examples/clients`, with `more` beside what stands there. */
function example(path: string, more: object = {}): string {
	const text = readFileSync(join(examples, path), 'utf8');
	if (Object.keys(more).length === 0) return text;
	return JSON.stringify({ ...(JSON.parse(text) as object), ...more }, null, 2);
}

const prompt = 'Run the three commands.';

export const realClients: readonly RealClient[] = [
	{
		name: 'Claude Code',
		id: 'claude-code',
		packageName: '@anthropic-ai/claude-code',
		version: '2.1.329',
		program: '.bin/claude',
		isConnected: true,
		files: () => [],
		args: ['-p', prompt, '--allowedTools', 'mcp__trapgate', '--output-format', 'json'],
		env: (model) => ({
			ANTHROPIC_BASE_URL: model,
			ANTHROPIC_API_KEY: 'none',
			DISABLE_TELEMETRY: '1',
			DISABLE_AUTOUPDATER: '1',
			CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
			ENABLE_TOOL_SEARCH: 'false',
		}),
	},
	{
		name: 'Codex',
		id: 'codex',
		packageName: '@openai/codex',
		version: '0.169.0',
		program: '.bin/codex',
		isConnected: true,
		files: (model) => [
			[
				'~/.codex/config.toml',
				`model = "gpt-5.2-codex"
model_provider = "scripted"
approval_policy = "never"
sandbox_mode = "danger-full-access"

[model_providers.scripted]
name = "scripted"
base_url = "${model}/v1"
wire_api = "responses"
env_key = "SCRIPTED_KEY"
`,
			],
		],
		args: ['exec', '--skip-git-repo-check', prompt],
		env: () => ({ SCRIPTED_KEY: 'none' }),
	},
	{
		name: 'Gemini CLI',
		id: 'gemini',
		packageName: '@google/gemini-cli',
		version: '0.61.0',
		program: '.bin/gemini',
		isConnected: false,
		files: () => [
			['.gemini/settings.json', example('gemini/.gemini/settings.json')],
			[
				'~/.gemini/settings.json',
				JSON.stringify({
					security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
					privacy: { usageStatisticsEnabled: false },
					general: { disableAutoUpdate: true },
				}),
			],
		],
		args: ['-m', 'gemini-2.5-flash', '--approval-mode', 'yolo', '-p', prompt],
		env: (model) => ({
			GEMINI_API_KEY: 'none',
			GOOGLE_GEMINI_BASE_URL: model,
			GEMINI_CLI_TRUST_WORKSPACE: 'true',
		}),
	},
	{
		name: 'OpenCode',
		id: 'opencode',
		packageName: 'opencode-ai',
		version: '1.18.33',
		program: '.bin/opencode',
		isConnected: false,
		files: (model) => [
			['opencode.json', example('opencode/opencode.json')],
			[
				'~/.config/opencode/opencode.json',
				JSON.stringify({
					model: 'scripted/scripted',
					small_model: 'scripted/scripted',
					autoupdate: false,
					share: 'disabled',
					provider: {
						scripted: {
							npm: '@ai-sdk/openai-compatible',
							name: 'scripted',
							options: { baseURL: `${model}/v1`, apiKey: 'none' },
							models: { scripted: { name: 'scripted' } },
						},
					},
				}),
			],
		],
		args: ['run', prompt],
		env: () => ({}),
	},
	{
		name: 'Copilot CLI',
		id: 'copilot',
		packageName: '@github/copilot',
		version: '1.0.102',
		program: '.bin/copilot',
		isConnected: false,
		files: () => [['~/.copilot/mcp-config.json', example('copilot/.copilot/mcp-config.json')]],
		args: ['-p', prompt, '--allow-all-tools'],
		env: (model) => ({
			COPILOT_PROVIDER_BASE_URL: `${model}/v1`,
			COPILOT_PROVIDER_API_KEY: 'none',
			COPILOT_MODEL: 'scripted',
		}),
	},
];
