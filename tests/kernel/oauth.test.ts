// Tokens of an authorization server: what is accepted, and every way that was tried to be accepted without right.
import { createHmac, createPublicKey, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OAuthConfig } from '../../src/kernel/http-config.ts';
import { looksLikeJwt, makeResourceServer } from '../../src/kernel/oauth.ts';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
const issuer = 'https://login.example/realms/main';
const resource = 'https://gate.example/mcp';
let rsa: Pair;
let other: Pair;
let elliptic: Pair;
let jwks: { keys: Record<string, unknown>[] };
let directory: string;
beforeAll(async () => {
	[rsa, other, elliptic] = await Promise.all([
		generateKeyPair('RS256', { extractable: true }),
		generateKeyPair('RS256', { extractable: true }),
		generateKeyPair('ES256', { extractable: true }),
	]);
	const secret = {
		kty: 'oct',
		kid: 'shared',
		k: Buffer.from('shared secret of thirty-two bytes').toString('base64url'),
	};
	jwks = {
		keys: [
			{ ...(await exportJWK(rsa.publicKey)), kid: 'r1' },
			{ ...(await exportJWK(elliptic.publicKey)), kid: 'e1' },
			secret,
		],
	};
	directory = mkdtempSync(join(tmpdir(), 'trapgate-oauth-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const usual: OAuthConfig = {
	issuer,
	resource,
	jwks: { kind: 'url', url: 'https://login.example/keys' },
	algorithms: ['RS256', 'ES256'],
	agentClaim: 'sub',
	agentPrefix: '',
	scopes: [],
};

const start = Date.UTC(2026, 10, 30);

/** A resource server whose clock and whose authorization server are the test's. */
async function server(change: Partial<OAuthConfig> = {}, answer: () => Response = () => Response.json(jwks)) {
	const asked: { url: string; init: RequestInit }[] = [];
	const warnings: string[] = [];
	let time = start;
	const made = await makeResourceServer({
		oauth: { ...usual, ...change },
		workspace: join(directory, 'project'),
		fetch: async (url, init) => {
			asked.push({ url, init });
			return answer();
		},
		now: () => time,
		warn: (text) => warnings.push(text),
	});
	return {
		...made,
		asked,
		warnings,
		later: (ms: number) => {
			time += ms;
		},
	};
}

const seconds = Math.floor(start / 1000);
const claims = { iss: issuer, aud: resource, sub: 'alice', exp: seconds + 600 };

function sign(payload: JWTPayload, header: object = {}, pair: Pair = rsa): Promise<string> {
	return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'r1', ...header }).sign(pair.privateKey);
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a good token is its subject, until it ends', async () => {
	const { who } = await server();
	const found = await who(await sign(claims));
	expect(found).toMatchObject({ agent: 'alice', until: (seconds + 610) * 1000 });
	expect(found).not.toHaveProperty('key');
});

test('by another algorithm that is allowed, for one of several audiences, from a claim with a prefix', async () => {
	const { who } = await server({ agentClaim: 'client_id', agentPrefix: 'sso/' });
	const token = await sign(
		{ ...claims, aud: ['https://x.example', resource], client_id: 'ci|7' },
		{ alg: 'ES256', kid: 'e1', typ: 'at+jwt' },
		elliptic,
	);
	expect(await who(token)).toMatchObject({ agent: 'sso/ci|7' });
});

test('a caller with a token never has the principal of a key, or of a subject elsewhere', async () => {
	const one = await (await server()).who(await sign(claims));
	const two = await (await server({ agentClaim: 'azp' })).who(await sign({ ...claims, sub: 'bob', azp: 'alice' }));
	expect(one).toMatchObject({ agent: 'alice' });
	expect(two).toMatchObject({ agent: 'alice' });
	const principals = [one, two].map((who) => who !== undefined && 'principal' in who && who.principal);
	expect(new Set([...principals, 'alice']).size).toBe(3);
});

describe('nobody is who has', () => {
	const header = (more: object) => ({ alg: 'RS256', kid: 'r1', ...more });
	const hs256 = (secret: string | Buffer, head: object, payload: object = claims) => {
		const text = `${part(head)}.${part(payload)}`;
		return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
	};
	const without = (name: string) => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));

	test.each<[string, () => Promise<string> | string]>([
		['no signature', () => `${part({ alg: 'none' })}.${part(claims)}.`],
		['no signature, by another spelling', () => `${part({ alg: 'nOnE', kid: 'r1' })}.${part(claims)}.`],
		['no signature where one is announced', () => `${part(header({}))}.${part(claims)}.`],
		[
			'the public key as a shared secret',
			async () => {
				const jwk = await exportJWK(rsa.publicKey);
				const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
				return hs256(pem as string, { alg: 'HS256', kid: 'r1' });
			},
		],
		[
			'a shared secret that stands among the keys',
			() => hs256('shared secret of thirty-two bytes', { alg: 'HS256', kid: 'shared' }),
		],
		['another key under a known id', () => sign(claims, {}, other)],
		['another key that the token brings', async () => sign(claims, { jwk: await exportJWK(other.publicKey) }, other)],
		['another key at an address of its own', () => sign(claims, { jku: 'https://evil.example/keys' }, other)],
		['an id that is a path', () => sign(claims, { kid: '../../../../dev/null' }, other)],
		['an id that is an address', () => sign(claims, { kid: 'https://evil.example/k' }, other)],
		['an id that is unknown', () => sign(claims, { kid: 'r2' })],
		['the id of a key of another kind', () => sign(claims, { kid: 'e1' })],
		[
			'an algorithm that is not in the list',
			async () => {
				const privateKey = await importJWK(await exportJWK(rsa.privateKey), 'RS512');
				return sign(claims, { alg: 'RS512' }, { ...rsa, privateKey: privateKey as Pair['privateKey'] });
			},
		],
		['an extension that must be understood', () => `${part(header({ crit: ['x'], x: 1 }))}.${part(claims)}.AAAA`],
		['another issuer', () => sign({ ...claims, iss: `${issuer}/` })],
		['another issuer that begins alike', () => sign({ ...claims, iss: `${issuer}.evil.example` })],
		['no issuer', () => sign(without('iss'))],
		['another audience', () => sign({ ...claims, aud: 'https://gate.example/' })],
		['no audience', () => sign(without('aud'))],
		['an audience of no text', () => sign({ ...claims, aud: [[resource]] as unknown as string[] })],
		['ended', () => sign({ ...claims, exp: seconds - 11 })],
		['no end', () => sign(without('exp'))],
		['an end that is no number', () => sign({ ...claims, exp: '9999999999' as unknown as number })],
		['not begun', () => sign({ ...claims, nbf: seconds + 11 })],
		['no subject', () => sign(without('sub'))],
		['a subject that is no text', () => sign({ ...claims, sub: ['alice'] as unknown as string })],
		['an empty subject', () => sign({ ...claims, sub: '' })],
		['a subject that forges a line of a log', () => sign({ ...claims, sub: 'alice\n{"level":30}' })],
		['a subject that paints a terminal', () => sign({ ...claims, sub: '\u001b[2Jalice' })],
		['a subject that looks like another', () => sign({ ...claims, sub: 'аlice' })],
		['a subject of any length', () => sign({ ...claims, sub: 'a'.repeat(101) })],
		['a token bound to a key, without a proof', () => sign({ ...claims, cnf: { jkt: 'x' } })],
		['an event, signed by the same server', () => sign(claims, { typ: 'secevent+jwt' })],
		['a logout, signed by the same server', () => sign(claims, { typ: 'logout+jwt' })],
		[
			'a changed payload',
			async () => (await sign(claims)).replace(/\.[^.]+\./, `.${part({ ...claims, sub: 'root' })}.`),
		],
		['four parts', async () => `${await sign(claims)}.AAAA`],
		['no parts', () => 'AAAA'],
		['nothing', () => '..'],
	])('%s', async (_, make) => {
		const { who, asked } = await server();
		// The keys are at hand, as they are after the first request of anybody.
		await who(await sign(claims));
		expect(await who(await make())).toMatchObject({
			turned: 'token',
			challenge: { resource_metadata: expect.any(String) },
		});
		expect(asked.every(({ url }) => url === 'https://login.example/keys')).toBe(true);
	});
});

test('a token that lacks a scope is told so; both ways to write scopes count', async () => {
	const { who, challenge } = await server({ scopes: ['tools:call', 'gate'] });
	expect(challenge).toMatchObject({ scope: 'tools:call gate' });
	expect(await who(await sign(claims))).toMatchObject({ turned: 'scope' });
	expect(await who(await sign({ ...claims, scope: 'gate tools:callx' }))).toMatchObject({ turned: 'scope' });
	expect(await who(await sign({ ...claims, scope: 'x gate tools:call' }))).toMatchObject({ agent: 'alice' });
	expect(await who(await sign({ ...claims, scp: ['gate', 'tools:call'] }))).toMatchObject({ agent: 'alice' });
});

describe('the keys of the server', () => {
	test('are fetched once, without redirects, and again for an unknown id only after a while', async () => {
		const { who, asked } = await server();
		await Promise.all(Array.from({ length: 20 }, async () => who(await sign(claims))));
		expect(asked).toHaveLength(1);
		expect(asked[0]?.init.redirect).toBe('manual');
		for (let at = 0; at < 50; at += 1) await who(await sign(claims, { kid: `unknown-${at}` }));
		expect(asked).toHaveLength(1);
	});

	test.each<[string, () => Response]>([
		['an error', () => new Response('no', { status: 500 })],
		['a redirect', () => new Response(null, { status: 302, headers: { location: 'http://169.254.169.254/' } })],
		['no JSON', () => new Response('<html>')],
		['no keys', () => Response.json({ keys: 'all' })],
		['null', () => Response.json(null)],
		['keys that are none', () => Response.json({ keys: [null, 7] })],
		['more than anybody publishes', () => new Response('x'.repeat(2 * 1024 * 1024))],
		[
			'nothing at all',
			() => {
				throw new TypeError('fetch failed');
			},
		],
	])('that can not be had let nobody in, and are not asked for at every request: %s', async (_, answer) => {
		const { who, asked, later } = await server({}, answer);
		const token = await sign(claims);
		for (let at = 0; at < 5; at += 1) expect(await who(token)).toEqual({ turned: 'unavailable' });
		// Keys that are no keys look right until one is looked for.
		expect(asked.length).toBeLessThanOrEqual(5);
		later(6_000);
		expect(await who(token)).toEqual({ turned: 'unavailable' });
	});

	test('that come back are used again', async () => {
		let isUp = false;
		const { who, later, warnings } = await server({}, () =>
			isUp ? Response.json(jwks) : new Response('', { status: 503 }),
		);
		const token = await sign(claims);
		expect(await who(token)).toEqual({ turned: 'unavailable' });
		isUp = true;
		expect(await who(token)).toEqual({ turned: 'unavailable' });
		later(6_000);
		expect(await who(token)).toMatchObject({ agent: 'alice' });
		expect(warnings).toHaveLength(1);
		expect(warnings.join()).not.toContain(token);
	});

	test('may be a file, and not one that an agent may write', async () => {
		const file = join(directory, 'jwks.json');
		writeFileSync(file, JSON.stringify(jwks));
		const { who, asked } = await server({ jwks: { kind: 'file', path: file } });
		expect(await who(await sign(claims))).toMatchObject({ agent: 'alice' });
		expect(asked).toEqual([]);

		mkdirSync(join(directory, 'project'), { recursive: true });
		writeFileSync(join(directory, 'project/jwks.json'), JSON.stringify(jwks));
		symlinkSync(join(directory, 'project/jwks.json'), join(directory, 'innocent.json'));
		// Links that an agent may replace, to keys that it may not write.
		mkdirSync(join(directory, 'keys'));
		writeFileSync(join(directory, 'keys/jwks.json'), JSON.stringify(jwks));
		symlinkSync(join(directory, 'keys/jwks.json'), join(directory, 'project/link.json'));
		symlinkSync('../keys', join(directory, 'project/folder'));
		symlinkSync('project/link.json', join(directory, 'twice.json'));
		symlinkSync('project/folder', join(directory, 'folder'));
		symlinkSync(join(directory, 'project'), join(directory, 'alias'));
		const inside = ['project/jwks.json', 'project/../project/jwks.json', 'innocent.json', 'project/not-yet.json'];
		const through = [
			'project/link.json',
			'project/folder/jwks.json',
			'twice.json',
			'folder/jwks.json',
			'alias/link.json',
		];
		for (const path of [...inside, ...through]) {
			await expect(server({ jwks: { kind: 'file', path: join(directory, path) } })).rejects.toThrow(/in the workspace/);
		}
	});
});

test.each([
	[resource, '/.well-known/oauth-protected-resource/mcp'],
	['https://gate.example', '/.well-known/oauth-protected-resource'],
	['https://gate.example/a/b', '/.well-known/oauth-protected-resource/a/b'],
])('the metadata of %s is at %s and holds no secrets', async (of, path) => {
	const { metadata, challenge } = await server({ resource: of, scopes: ['s'] });
	expect(metadata.path).toBe(path);
	expect(challenge).toEqual({ resource_metadata: `https://gate.example${path}`, scope: 's' });
	expect(JSON.parse(metadata.text)).toEqual({
		resource: of,
		authorization_servers: [issuer],
		bearer_methods_supported: ['header'],
		resource_name: 'Trapgate',
		scopes_supported: ['s'],
	});
});

test('keys and the token of the kernel are never taken for a token of a server', () => {
	for (const text of [
		`tgk_abcdefgh_${randomBytes(32).toString('base64url')}`,
		randomBytes(32).toString('base64url'),
		'',
	]) {
		expect(looksLikeJwt(text)).toBe(false);
	}
});
