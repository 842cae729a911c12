// A secret of every kind, made of parts, so that no scanner takes these files for a leak. None was ever real.
const letters = 'abcdefghijklmnopqrstuvwxyz';
const mixed = 'Ab3dEf6hIj9lMn2pQr5tUv8xYz1bCd4fGh7jKl0nOp3rSt6vWx9z';
const hex = '0123456789abcdef0123456789abcdef';
const many = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length);
const lines = Array.from({ length: 5 }, () => many(mixed, 64)).join('\n');

/** Text of a PEM block; `kind` as in `RSA `. */
export function pemBlock(kind = '', breaks = '\n'): string {
	const [first, last] = ['BEGIN', 'END'].map((word) => `-----${word} ${kind}PRIVATE ${'KEY'}-----`);
	return [first, `MII${lines.slice(3)}`, 'Ab3d=', last].join('\n').replaceAll('\n', breaks);
}

/** Each is a whole secret: all of it must go. */
export const samples: readonly (readonly [kind: string, ...parts: string[]])[] = [
	['private-key', pemBlock()],
	['private-key', pemBlock('RSA ', '\\n')],
	['private-key', pemBlock('OPENSSH ', '\r\n')],
	['private-key', 'AGE-SECRET-', `KEY-1${many('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L', 58)}`],
	['jwt', 'eyJhbGciOiJIUzI1NiJ9.', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'],
	['aws', 'AKIA', 'IOSFODNN7EXAMPLE'],
	['aws', 'AROA', 'IOSFODNN7EXAMPLE'],
	['github', 'ghp_', many(mixed, 36)],
	['github', 'github_pat_', `${many(mixed, 22)}_${many(mixed, 59)}`],
	['gitlab', 'glpat-', many(mixed, 20)],
	['slack', 'xoxb-', '123456789012-123456789012-abcdefghijklmnopqrstuvwx'],
	['slack', 'xapp-', '1-A0123456789-0123456789-abcdef'],
	['slack', 'https://hooks.slack', '.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX'],
	['discord', 'discord.com/api/', `webhooks/1234567890/${many(mixed, 60)}`],
	['telegram', '123456789:', `AA${many(mixed, 33)}`],
	['google', 'AIza', many(mixed, 35)],
	['google', 'GOCSPX-', many(mixed, 28)],
	['openai', 'sk-', `${many(mixed, 20)}T3BlbkFJ${many(mixed, 20)}`],
	['openai', 'sk-proj-', many(mixed, 40)],
	['anthropic', 'sk-ant-', `api03-${many(mixed, 93)}AA`],
	['groq', 'gsk_', many(mixed, 52)],
	['huggingface', 'hf_', many(letters, 34)],
	['model-api', 'xai-', many(mixed, 40)],
	['stripe', 'sk_live_', many(mixed, 24)],
	['npm', 'npm_', many(mixed, 36)],
	['pypi', 'pypi-', many(mixed, 80)],
	['rubygems', 'rubygems_', many(hex, 48)],
	['docker', 'dckr_pat_', many(mixed, 27)],
	['digitalocean', 'dop_v1_', many(hex, 64)],
	['databricks', 'dapi', many(hex, 32)],
	['vault', 'hvs.', many(mixed, 95)],
	['terraform', many(mixed, 14), `.atlasv1.${many(mixed, 67)}`],
	['pulumi', 'pul-', many(hex, 40)],
	['cloudflare', 'cfut_', `${many(mixed, 40)}01234567`],
	['vercel', 'vcp_', many(mixed, 56)],
	['supabase', 'sbp_', many(hex, 40)],
	['tailscale', 'tskey-', `auth-${many(mixed, 17)}-${many(mixed, 32)}`],
	['grafana', 'glsa_', `${many(mixed, 32)}_01abcdef`],
	['sentry', 'sntryu_', many(hex, 64)],
	['newrelic', 'NRAK-', many('ABCDEFGHIJ0123456789KLMNOPQ', 27)],
	['atlassian', 'ATATT3', many(mixed, 180)],
	['linear', 'lin_api_', many(mixed, 40)],
	['notion', 'ntn_', `12345678901${many(mixed, 35)}`],
	['figma', 'figd_', many(mixed, 43)],
	['postman', 'PMAK-', `${many(hex, 24)}-${many(hex, 34)}`],
	['sendgrid', 'SG.', `${many(mixed, 22)}.${many(mixed, 43)}`],
	['shopify', 'shpat_', many(hex, 32)],
	['1password', 'ops_', `ey${many(mixed, 200)}fQ`],
];

/** The secret is the middle part; what stands around it stays. */
export const surrounded: readonly (readonly [kind: string, before: string, secret: string, after: string])[] = [
	['database-url', 'postgres://app:', 'hunter2', '@db.example.com:5432/x?sslmode=require'],
	['database-url', 'mongodb+srv://app:', 'hunter2', '@cluster0.example.net'],
	['basic-auth-url', 'redis://:', 'hunter2', '@cache/0'],
	['basic-auth-url', 'https://dana:', 'p@ss%20w', '@example.com/a.git'],
	['basic-auth-url', 'https://', '0123456789abcdef0123', '@example.com/a.git'],
	['aws', 'aws_secret_access_key = ', many(mixed, 40), ''],
	['aws', '"SecretAccessKey": "', many(mixed, 40), '",'],
	['aws', '"SessionToken": "', many(mixed, 120), '",'],
	['npm', '//registry.npmjs.org/:_authToken=', '01234567-89ab-cdef-0123-456789abcdef', '\n'],
];
