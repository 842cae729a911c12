// What the rules of @secretlint/secretlint-rule-preset-recommend 13.1.0 look for. Made by `npm run generate`; do not edit.
// The patterns are the work of the secretlint project: MIT License, Copyright (c) 2020 azu.

interface LibraryPattern {
	/** The library's rule. */
	readonly rule: string;
	readonly source: string;
	readonly caseless?: true;
	/** Group 1 is the secret; what stands around it stays. */
	readonly grouped?: true;
}

export const secretlintPatterns: readonly LibraryPattern[] = [
	{ rule: 'aws', source: '\\b(?:A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA)[A-Z0-9]{16}\\b' },
	{ rule: 'aws', source: '["\']?(?:AWS|aws|Aws)?_?(?:SECRET|secret|Secret)_?(?:ACCESS|access|Access)_?(?:KEY|key|Key)["\']?\\s*(?::|=>|=)\\s*["\']?([A-Za-z0-9/\\+=]{40})["\']?\\b', grouped: true },
	{ rule: 'privatekey', source: '-----BEGIN[ ]?(?:(?:RSA|DSA|EC|OPENSSH|PGP) )?PRIVATE KEY(?: BLOCK)?-----\\n?(?:[A-Za-z0-9+/=\\s\\\\]{100,10000})\\n?-----END[ ]?(?:(?:RSA|DSA|EC|OPENSSH|PGP) )?PRIVATE KEY(?: BLOCK)?-----' },
	{ rule: 'npm', source: 'npm_[A-Za-z0-9_]{36}[A-Za-z0-9_]*' },
	{ rule: 'npm', source: 'https?://(.{1,256}):x-oauth-basic@github.com/', grouped: true },
	{ rule: 'basicauth', source: '(?:(?:https?|ftp|ftps))://(?:[-a-zA-Z0-9_]{1,256}):([-a-zA-Z0-9_]{1,256})@[-a-zA-Z0-9%._+~#=]{1,256}\\.[a-zA-Z0-9()]{1,6}\\b', grouped: true },
	{ rule: 'slack', source: 'https://hooks\\.slack\\.com/services/T[a-zA-Z0-9]{1,40}/B[a-zA-Z0-9]{1,40}/[a-zA-Z0-9]{1,40}', caseless: true },
	{ rule: 'sendgrid', source: 'SG\\.\\w{1,128}\\.\\w{1,128}(?:[-_]?)\\w{1,128}\\w*' },
	{ rule: 'shopify', source: '(?:shppa|shpca|shpat|shpss)_[a-zA-Z0-9]{32,64}[a-zA-Z0-9]*' },
	{ rule: 'stripe', source: '(?:sk_live|sk_test|rk_live|rk_test)_[a-zA-Z0-9]{24,99}[a-zA-Z0-9]*' },
	{ rule: 'github', source: '(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9_]{36}[A-Za-z0-9_]*' },
	{ rule: 'github', source: '(?:github_pat)_[A-Za-z0-9_]{82}[A-Za-z0-9_]*' },
	{ rule: 'github', source: '(?:ghs)_[0-9]{1,20}_[A-Za-z0-9_-]{1,1000}\\.[A-Za-z0-9_-]{1,10000}\\.[A-Za-z0-9_-]{1,1000}[A-Za-z0-9_-]*' },
	{ rule: 'gitlab', source: 'glpat-[A-Za-z0-9_-]{20,128}[A-Za-z0-9_-]*' },
	{ rule: 'grafana', source: 'glc_[A-Za-z0-9+/]{32,400}={0,2}[A-Za-z0-9+/=]*' },
	{ rule: 'grafana', source: 'glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}[A-Fa-f0-9]*' },
	{ rule: 'openai', source: 'sk-(?:proj|svcacct|admin)-(?:[A-Za-z0-9_-]{74}|[A-Za-z0-9_-]{58})T3BlbkFJ(?:[A-Za-z0-9_-]{74}|[A-Za-z0-9_-]{58})\\b|sk-[a-zA-Z0-9]{20}T3BlbkFJ[a-zA-Z0-9]{20}' },
	{ rule: 'anthropic', source: 'sk-ant-api0\\d-[A-Za-z0-9_-]{90,128}AA[A-Za-z0-9_-]*' },
	{ rule: 'groq', source: 'gsk_[a-zA-Z0-9]{52}[a-zA-Z0-9]*' },
	{ rule: 'huggingface', source: 'hf_[a-zA-Z]{34}[a-zA-Z]*' },
	{ rule: 'linear', source: 'lin_api_[a-zA-Z0-9_]{32,128}[a-zA-Z0-9_]*' },
	{ rule: 'notion', source: 'ntn_[0-9]{11}[A-Za-z0-9]{35}[A-Za-z0-9]*' },
	{ rule: '1password', source: 'ops_(?:ey[A-Za-z0-9+/=]{100,1280}fQ={0,2})[A-Za-z0-9+/=]*' },
	{ rule: 'database-connection-string', source: 'mongodb(?:\\+srv)?://(?:(?:[^:/\\s]{1,100}):([^@/\\s]{1,200})@)?(?:[^/\\s?]{1,100})(?:/(?:[^?\\s]{0,100}))?(?:\\?(?:[^\\s]{0,500}))?', caseless: true, grouped: true },
	{ rule: 'database-connection-string', source: '(?:jdbc:)?mysql(?:x)?://(?:(?:[^:/\\s]{1,100}):([^@/\\s]{1,200})@)?(?:[^/\\s?]{1,100})(?:/(?:[^?\\s]{0,100}))?(?:\\?(?:[^\\s]{0,500}))?', caseless: true, grouped: true },
	{ rule: 'database-connection-string', source: 'postgres(?:ql)?://(?:(?:[^:/\\s]{1,100}):([^@/\\s]{1,200})@)?(?:[^/\\s?]{1,100})(?:/(?:[^?\\s]{0,100}))?(?:\\?(?:[^\\s]{0,500}))?', caseless: true, grouped: true },
	{ rule: 'hashicorp-vault', source: 'hvs\\.[A-Za-z0-9_-]{90,120}[A-Za-z0-9_-]*' },
	{ rule: 'hashicorp-vault', source: 'hvb\\.[A-Za-z0-9_-]{138,300}[A-Za-z0-9_-]*' },
	{ rule: 'hashicorp-vault', source: 'hvr\\.[A-Za-z0-9_-]{90,120}[A-Za-z0-9_-]*' },
	{ rule: 'vercel', source: '(?:vcp|vci|vca|vcr|vck)_[A-Za-z0-9]{20,60}[A-Za-z0-9]*' },
	{ rule: 'databricks', source: 'dapi[A-Fa-f0-9]{32}(?:-[0-9])?[A-Fa-f0-9]*' },
	{ rule: 'docker', source: 'dckr_pat_[a-zA-Z0-9_-]{27}[a-zA-Z0-9_-]*' },
	{ rule: 'figma', source: 'figd_[A-Za-z0-9_-]{40,200}[A-Za-z0-9_-]*' },
	{ rule: 'cloudflare', source: '(?:cfk|cfut|cfat)_[A-Za-z0-9]{40}[0-9a-f]{8}[A-Za-z0-9]*' },
	{ rule: 'tailscale', source: 'tskey-(?:[a-z]{2,20})-[0-9A-Za-z_]{8,40}-[0-9A-Za-z_]{16,60}[0-9A-Za-z_]*' },
];
