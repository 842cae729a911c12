// The kinds of secret we know, and what each looks like in a text: for results that rules redact, and for the log.
import { secretlintPatterns } from './secretlint.ts';

/**
 * One pattern. INVARIANT: linear in the text, for whoever writes it wants it to be slow: where a part without an end
 * can fail, nothing that it would run over may begin another try.
 */
export interface SecretPattern {
	/** A JavaScript regular expression. */
	readonly source: string;
	readonly caseless?: true;
	/** Group 1 is the secret; what stands around it stays. Without it, the whole match is. */
	readonly grouped?: true;
}

export interface SecretKind {
	/** What `detector:` calls it, and what stands in the mark that takes its place. */
	readonly name: string;
	/** One line for people. */
	readonly describes: string;
	readonly patterns: readonly SecretPattern[];
}

const lastLine = '-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----';

/** Names of what we know ourselves, and of secretlint's rules where they are called otherwise. */
const own: readonly {
	readonly name: string;
	readonly describes: string;
	readonly rules?: readonly string[];
	/** Whole secrets. */
	readonly shapes?: readonly string[];
	/** Secrets beside something that stays; group 1 is the secret. */
	readonly after?: readonly string[];
}[] = [
	{
		name: 'private-key',
		describes: 'private keys in PEM and PGP armor, whole or cut off at either end, and age keys',
		rules: ['privatekey'],
		shapes: [privateKeyBlock(), 'AGE-SECRET-KEY-1[A-Z0-9]{20,}'],
		after: [privateKeyEnd()],
	},
	{
		name: 'jwt',
		describes: 'JSON Web Tokens, signed or encrypted',
		shapes: ['(?:(?<![\\w-])|(?<=%[0-9A-Fa-f]{2}))eyJ[\\w-]{8,4096}\\.[\\w-]{4,}(?:\\.[\\w-]*){0,3}'],
	},
	{
		name: 'aws',
		describes: 'AWS access key ids, and secret keys and session tokens behind their names',
		shapes: ['(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}'],
		after: ['session_?token["\']?\\s{0,9}(?::|=>|=)\\s{0,9}["\']?([A-Za-z0-9/+=]{100,})'],
	},
	{
		name: 'github',
		describes: 'GitHub tokens: personal, OAuth, app, refresh and fine-grained ones',
		shapes: ['gh[pousr]_[A-Za-z0-9]{16,}', 'github_pat_\\w{20,}'],
	},
	{
		name: 'gitlab',
		describes: 'GitLab tokens: personal, deploy, runner, job, trigger, feed, agent and OAuth ones',
		shapes: ['gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt|oas)-[\\w.-]{16,}'],
	},
	{
		name: 'slack',
		describes: 'Slack tokens and the addresses of webhooks',
		shapes: [
			'xox[a-z]-[\\w-]{10,}',
			'xapp-[\\w-]{10,}',
			'(?:xox[abopr]|xapp)-[A-Za-z0-9]{1,40}-[A-Za-z0-9-]+',
			'hooks\\.slack\\.com/(?:services|workflows|triggers)/[\\w/-]+',
		],
	},
	{
		name: 'discord',
		describes: 'addresses of Discord webhooks',
		shapes: ['discord(?:app)?\\.com/api/webhooks/[\\w/-]+'],
	},
	{ name: 'telegram', describes: 'tokens of Telegram bots', shapes: ['\\d{8,10}:AA[\\w-]{32,}'] },
	{
		name: 'google',
		describes: 'Google API keys, OAuth tokens and client secrets; the keys of service accounts are private-key',
		shapes: ['AIza[\\w-]{30,}', 'ya29\\.[\\w.-]{16,}', 'GOCSPX-[\\w-]{16,}', '1//0[\\w-]{20,}'],
	},
	{ name: 'openai', describes: 'OpenAI API keys', shapes: ['sk-(?:proj|svcacct|admin)-[\\w-]{20,}'] },
	{ name: 'anthropic', describes: 'Anthropic API keys', shapes: ['sk-ant-[\\w-]{16,}'] },
	{ name: 'groq', describes: 'Groq API keys' },
	{ name: 'huggingface', describes: 'Hugging Face tokens' },
	{
		name: 'model-api',
		describes: 'API keys of OpenRouter, Langfuse, xAI, Perplexity and Replicate',
		shapes: ['sk-(?:or|lf)-[\\w-]{16,}', '(?:xai-|pplx-|r8_)[A-Za-z0-9]{20,}'],
	},
	{
		name: 'stripe',
		describes: 'Stripe secret and restricted keys, and secrets of webhooks',
		shapes: ['[srp]k_(?:live|test)_\\w{10,}', 'whsec_[\\w+/=]{16,}'],
	},
	{
		name: 'npm',
		describes: 'npm tokens, also behind `_authToken=`',
		shapes: ['npm_[A-Za-z0-9]{20,}'],
		after: ['_authToken=["\']?([^\\s"\'$][^\\s"\',;]*)'],
	},
	{ name: 'pypi', describes: 'PyPI tokens', shapes: ['pypi-[\\w-]{16,}'] },
	{ name: 'rubygems', describes: 'RubyGems keys', shapes: ['rubygems_[0-9a-f]{20,}'] },
	{ name: 'docker', describes: 'Docker Hub tokens', shapes: ['dckr_(?:pat|oat)_[\\w-]{16,}'] },
	{ name: 'digitalocean', describes: 'DigitalOcean tokens', shapes: ['do[opr]_v1_[0-9a-f]{20,}'] },
	{ name: 'databricks', describes: 'Databricks tokens' },
	{
		name: 'vault',
		describes: 'HashiCorp Vault tokens',
		rules: ['hashicorp-vault'],
		shapes: ['hv[sbr]\\.[\\w-]{20,}'],
	},
	{
		name: 'terraform',
		describes: 'HCP Terraform tokens',
		after: ['\\.atlasv1\\.(?<=(?=(\\w{14}\\.atlasv1\\.[\\w-]{20,}))\\w{14}\\.atlasv1\\.)'],
	},
	{ name: 'pulumi', describes: 'Pulumi tokens', shapes: ['pul-[0-9a-f]{40}'] },
	{ name: 'cloudflare', describes: 'Cloudflare keys and tokens' },
	{ name: 'vercel', describes: 'Vercel tokens' },
	{ name: 'supabase', describes: 'Supabase tokens', shapes: ['sbp_[0-9a-f]{20,}'] },
	{ name: 'tailscale', describes: 'Tailscale keys' },
	{ name: 'grafana', describes: 'Grafana tokens', shapes: ['gl(?:sa|c)_[\\w=+/]{20,}'] },
	{ name: 'sentry', describes: 'Sentry tokens', shapes: ['sntry[su]_[\\w=+/]{20,}'] },
	{ name: 'newrelic', describes: 'New Relic keys', shapes: ['NRAK-\\w{20,}'] },
	{ name: 'atlassian', describes: 'Atlassian API tokens', shapes: ['ATATT3[\\w=-]{20,}'] },
	{ name: 'linear', describes: 'Linear API keys', shapes: ['lin_api_\\w{16,}'] },
	{ name: 'notion', describes: 'Notion tokens' },
	{ name: 'figma', describes: 'Figma tokens' },
	{ name: 'postman', describes: 'Postman keys', shapes: ['PMAK-[\\w-]{20,}'] },
	{ name: 'sendgrid', describes: 'SendGrid keys', shapes: ['SG\\.[\\w-]{16,}\\.[\\w-]{16,}'] },
	{ name: 'shopify', describes: 'Shopify tokens', shapes: ['shp(?:at|ca|pa|ss)_[0-9a-fA-F]{16,}'] },
	{ name: '1password', describes: 'tokens of 1Password service accounts' },
	{
		name: 'database-url',
		describes: 'passwords in addresses of databases (MongoDB, MySQL, PostgreSQL)',
		rules: ['database-connection-string'],
	},
	{
		name: 'basic-auth-url',
		describes: 'passwords in any address: `scheme://user:password@host`',
		rules: ['basicauth'],
		after: [
			'://(?<=[a-z][a-z0-9+.-]{0,20}://)[^\\s/?#"\'<>@:]{0,256}:([^\\s/"\'<>]{1,512})@',
			// A user that is long enough to be a token.
			'://(?<=[a-z][a-z0-9+.-]{0,20}://)([^\\s/?#"\'<>@:]{20,512})@',
		],
	},
];

/** In the order of the reference page. */
export const secretKinds: readonly SecretKind[] = own.map(({ name, describes, rules, shapes = [], after = [] }) => ({
	name,
	describes,
	patterns: [
		...secretlintPatterns.filter(({ rule }) => (rules ?? [name]).includes(rule)),
		...shapes.map((source): SecretPattern => ({ source })),
		...after.map((source): SecretPattern => ({ source, caseless: true, grouped: true })),
	],
}));

/** From the first line on, through headers and lines of base64, to the last line where there is one. */
function privateKeyBlock(): string {
	// Line breaks, also as escapes, and what a program's text has around its lines.
	const between = '(?:\\\\{1,4}[nrt]|[\\s"\'`,>#|*])';
	const header = '(?:\\\\{1,4}[nr]|\\s){1,8}[A-Z][A-Za-z0-9-]{1,20}: ?[^\\r\\n\\\\]{0,200}';
	const end = `(?:${between}*[A-Za-z0-9+/=]{1,15})?${between}*${lastLine}`;
	const cutOff = `${between}*[A-Za-z0-9+/=]{1,15}\\s*$`;
	const first = '-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----';
	return `${first}(?:${header}){0,8}(?:${between}*[A-Za-z0-9+/=]{16,})*(?:${end}|${cutOff})?`;
}

/**
 * The lines before the last one, of a key whose beginning is not there; looked for backwards from that line. The line
 * comes first: looking back from anywhere else would read all lines before every place there is.
 */
function privateKeyEnd(): string {
	const between = '(?:\\\\{1,4}[nr]|[\\s"\',])';
	return `(?=${lastLine})(?<=((?:[A-Za-z0-9+/=]{40,128}${between}{1,8})+[A-Za-z0-9+/=]{0,128}${between}{0,8}))`;
}
