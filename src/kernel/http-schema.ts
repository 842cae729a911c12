// The zod schema of `http:` in trapgate.yaml: who is served over HTTP, and how much.
import { z } from 'zod';
import { isAgentId } from '../abi/names.ts';
import { about } from '../policy/schema-words.ts';
import { judge } from '../text/shape.ts';

const text = z.string().min(1).max(1000);
/** What may stand between quotes in a header, and in a URL's place in a document. */
const address = z
	.string()
	.max(1000)
	.check(
		judge((value, refuse) => {
			const why = addressFault(value);
			if (why !== undefined) refuse(why, { help: 'write it as the authorization server does, with https://' });
		}),
	);

/** Signatures that a key which everybody may know can't make. */
export const algorithms = [
	...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
	...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
] as const;

const oauthSchema = z
	.strictObject({
		issuer: address.meta(
			about('The authorization server, exactly as its tokens name it in `iss`.', 'https://login.example/realms/main'),
		),
		resource: address.meta(
			about(
				'The address under which clients reach this endpoint. Tokens must be made for it (`aud`), and its metadata (RFC 9728) names it.',
				'https://gate.example/mcp',
			),
		),
		jwks: text
			.check(
				judge((value, refuse) => {
					// Never a scheme that is read some other way than a file or an address is.
					const why = /^[a-z][a-z0-9+.-]*:/i.test(value) ? addressFault(value) : undefined;
					if (why !== undefined) refuse(why, { help: 'write an address with https://, or the path of a file' });
				}),
			)
			.meta(
				about(
					'Where the keys of the authorization server are: an address with https:// (http:// on loopback only), or a file relative to this one, outside the workspace.',
					'https://login.example/realms/main/keys',
				),
			),
		algorithms: z
			.array(z.enum(algorithms))
			.min(1)
			.optional()
			.meta(about('Signatures that are accepted.', ['ES256']))
			.meta({ default: ['RS256', 'ES256'] }),
		agentClaim: z
			.string()
			.regex(/^[\w:./-]{1,200}$/, 'the name of a claim')
			.optional()
			.meta(about('The claim of a token that says which agent calls.', 'client_id'))
			.meta({ default: 'sub' }),
		agentPrefix: z
			.string()
			.regex(/^[\w@./:-]{1,50}$/, 'letters, digits and @ . / : _ -')
			.optional()
			.meta(
				about(
					'Stands before the claim in the id that rules see, so that a token can’t name the owner of a key.',
					'sso/',
				),
			),
		scopes: z
			.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'a scope, as RFC 6749 spells them'))
			.optional()
			.meta(about('Scopes that a token must have, all of them.', ['tools:call'])),
	})
	.meta({
		id: 'http-oauth',
		title: 'Tokens of an authorization server',
		...about('OAuth 2.1: tokens (JWT) of this authorization server are accepted beside keys.', {
			issuer: 'https://login.example/realms/main',
			resource: 'https://gate.example/mcp',
			jwks: 'https://login.example/realms/main/keys',
		}),
	});

function count(description: string, example: number, standard: number, [least, most]: readonly [number, number]) {
	return z.int().min(least).max(most).optional().meta(about(description, example)).meta({ default: standard });
}

const mebibyte = 1024 * 1024;

/** What holds where nothing is written. */
export const httpDefaults = {
	maxProcesses: 64,
	idleMinutes: 5,
	maxBodyBytes: 16 * mebibyte,
	maxHeaderBytes: 16 * 1024,
	maxConnections: 1000,
	maxRequestsPerCaller: 256,
	maxBytesPerCaller: 128 * mebibyte,
	maxSessionsPerCaller: 100,
	sessionIdleMinutes: 30,
	headerSeconds: 15,
	requestSeconds: 60,
	stalledSeconds: 120,
} as const;

export const httpSchema = z
	.strictObject({
		maxProcesses: count(
			'The most driver processes at a time, of all callers together.',
			16,
			httpDefaults.maxProcesses,
			[1, 10_000],
		),
		idleMinutes: z
			.number()
			.positive()
			.max(24 * 60)
			.optional()
			.meta(about('After so many minutes without a session a caller’s drivers are ended.', 15))
			.meta({ default: httpDefaults.idleMinutes }),
		allowedHosts: z
			.array(text)
			.optional()
			.meta(about('Host headers that are served beside loopback names.', ['trapgate.internal'])),
		allowedOrigins: z
			.array(text)
			.optional()
			.meta(about('Origins of browsers that are served.', ['https://agent.example'])),
		maxBodyBytes: count(
			'The longest message, in bytes; more is answered with 413.',
			1_048_576,
			httpDefaults.maxBodyBytes,
			[1024, 64 * mebibyte],
		),
		maxHeaderBytes: count('The most that a request’s headers may hold, in bytes.', 8192, httpDefaults.maxHeaderBytes, [
			1024,
			128 * 1024,
		]),
		maxConnections: count(
			'Connections of all callers together; more are closed.',
			200,
			httpDefaults.maxConnections,
			[1, 100_000],
		),
		maxRequestsPerCaller: count(
			'Requests that one caller may have open at a time, streams included; more are answered with 429.',
			64,
			httpDefaults.maxRequestsPerCaller,
			[1, 100_000],
		),
		maxBytesPerCaller: count(
			'What one caller may make the kernel hold at a time, in bytes: bodies, answers that it does not read, what is kept for streams that broke, questions that wait. Beyond it, requests are answered with 429, and what is not read is dropped.',
			33_554_432,
			httpDefaults.maxBytesPerCaller,
			[64 * 1024, 4096 * mebibyte],
		),
		maxSessionsPerCaller: count(
			'Sessions of one caller; more are answered with 503.',
			20,
			httpDefaults.maxSessionsPerCaller,
			[1, 100_000],
		),
		sessionIdleMinutes: count(
			'A session that nobody uses or listens to for so many minutes ends.',
			10,
			httpDefaults.sessionIdleMinutes,
			[1, 24 * 60],
		),
		headerSeconds: count(
			'How long the headers of a request may take to arrive.',
			5,
			httpDefaults.headerSeconds,
			[1, 600],
		),
		requestSeconds: count('How long a whole request may take to arrive.', 30, httpDefaults.requestSeconds, [1, 3600]),
		stalledSeconds: count(
			'How long a client may leave unread what it is sent; a sign of life goes out every 15 seconds.',
			60,
			httpDefaults.stalledSeconds,
			[30, 3600],
		),
		oauth: oauthSchema.optional(),
		metrics: z
			.strictObject({
				agents: z
					.array(z.string().refine(isAgentId, 'an id of letters, digits and @ . / : _ -'))
					.min(1)
					.meta(about('Who may read them: owners of keys.', ['prometheus'])),
			})
			.meta({
				id: 'http-metrics',
				title: 'Metrics',
				...about(
					'Metrics for Prometheus at `/metrics`. They name drivers and tools, so they are for the agents listed here only.',
					{
						agents: ['prometheus'],
					},
				),
			})
			.optional(),
	})
	.meta({
		id: 'http',
		title: 'Serving over HTTP',
		...about('For `trapgate run --http`.', { allowedHosts: ['trapgate.internal'] }),
	});

export type HttpFile = z.infer<typeof httpSchema>;

/** Why this is no address of an issuer or a resource; undefined when it is one. */
export function addressFault(value: string): string | undefined {
	if (!/^https?:\/\/[\x21\x23-\x5b\x5d-\x7e]+$/.test(value) || !URL.canParse(value)) return 'this is no address';
	const { protocol, hostname, username, password, search, hash } = new URL(value);
	if (username !== '' || password !== '' || search !== '' || hash !== '')
		return 'an address without credentials, query and fragment belongs here';
	if (protocol === 'http:' && !isLoopbackName(hostname)) return 'only on loopback is http:// enough';
	return undefined;
}

function isLoopbackName(hostname: string): boolean {
	return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
