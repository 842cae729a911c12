// What `http:` of trapgate.yaml means: every limit with its default, and whose tokens count.
import { type HttpFile, httpDefaults } from './http-schema.ts';

export interface OAuthConfig {
	readonly issuer: string;
	readonly resource: string;
	readonly jwks: { readonly kind: 'url'; readonly url: string } | { readonly kind: 'file'; readonly path: string };
	readonly algorithms: readonly string[];
	readonly agentClaim: string;
	readonly agentPrefix: string;
	readonly scopes: readonly string[];
}

export interface HttpConfig {
	readonly maxProcesses: number;
	/** How long drivers outlive the last session of their caller. */
	readonly idleMs: number;
	readonly allowedHosts: readonly string[];
	readonly allowedOrigins: readonly string[];
	readonly maxBodyBytes: number;
	readonly maxHeaderBytes: number;
	readonly maxConnections: number;
	readonly maxRequestsPerCaller: number;
	readonly maxBytesPerCaller: number;
	readonly maxSessions: number;
	readonly sessionIdleMs: number;
	readonly headerMs: number;
	readonly requestMs: number;
	readonly stalledMs: number;
	readonly oauth: OAuthConfig | undefined;
	/** Who may read metrics; undefined: there are none. */
	readonly metrics: { readonly agents: readonly string[] } | undefined;
}

/** `absolute` resolves a path against the directory of the file. */
export function httpOf(file: HttpFile = {}, absolute: (path: string) => string): HttpConfig {
	const set = { ...httpDefaults, ...file };
	const { oauth } = file;
	return {
		maxProcesses: set.maxProcesses,
		idleMs: set.idleMinutes * 60_000,
		allowedHosts: file.allowedHosts ?? [],
		allowedOrigins: file.allowedOrigins ?? [],
		maxBodyBytes: set.maxBodyBytes,
		maxHeaderBytes: set.maxHeaderBytes,
		maxConnections: set.maxConnections,
		maxRequestsPerCaller: set.maxRequestsPerCaller,
		maxBytesPerCaller: set.maxBytesPerCaller,
		maxSessions: set.maxSessionsPerCaller,
		sessionIdleMs: set.sessionIdleMinutes * 60_000,
		headerMs: set.headerSeconds * 1000,
		requestMs: set.requestSeconds * 1000,
		stalledMs: set.stalledSeconds * 1000,
		metrics: file.metrics,
		oauth: oauth && {
			issuer: oauth.issuer,
			resource: oauth.resource,
			jwks: /^https?:/i.test(oauth.jwks)
				? { kind: 'url', url: oauth.jwks }
				: { kind: 'file', path: absolute(oauth.jwks) },
			algorithms: oauth.algorithms ?? ['RS256', 'ES256'],
			agentClaim: oauth.agentClaim ?? 'sub',
			agentPrefix: oauth.agentPrefix ?? '',
			scopes: oauth.scopes ?? [],
		},
	};
}
