// docs/http.md: its configurations load, its table has the defaults, and its proxies are told what they must be.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { httpDefaults } from '../../src/kernel/http-schema.ts';
import { makePlace, type Place } from '../cli/support.ts';

const page = readFileSync(new URL('../../docs/http.md', import.meta.url), 'utf8');
const blocks = (language: string) =>
	[...page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, text = '']) => text);

let place: Place;
beforeAll(() => {
	place = makePlace();
});
afterAll(() => place.remove());

test('every configuration of Trapgate on the page loads', async () => {
	const ours = blocks('yaml').filter((text) => /^(http|telemetry):/.test(text));
	expect(ours).toHaveLength(2);
	for (const text of ours) {
		place.write('trapgate.yaml', `version: 1\n${text}`);
		expect(await place.run(['check'])).toMatchObject({ code: 0 });
	}
});

test.each([
	['issuer: https://login.example/realms/main', 'issuer: http://login.example'],
	['issuer: https://login.example/realms/main', 'issuer: https://user:pass@login.example'],
	['issuer: https://login.example/realms/main', 'issuer: https://login.example/?x="y'],
	['jwks: https://login.example/realms/main/keys', 'jwks: http://10.0.0.1/keys'],
	['jwks: https://login.example/realms/main/keys', 'jwks: file:///etc/keys'],
	['jwks: https://login.example/realms/main/keys', 'jwks: data:,%7B%7D'],
	['jwks: https://login.example/realms/main/keys', 'jwks: http://localhost.evil.example/keys'],
	['scopes: [tools:call]', 'scopes: [\'a", error="x\']'],
	['scopes: [tools:call]', 'algorithms: [none]'],
	['scopes: [tools:call]', 'algorithms: [HS256]'],
	['scopes: [tools:call]', 'algorithms: []'],
])('a line that would open something does not load: %s -> %s', async (line, change) => {
	const [text = ''] = blocks('yaml').filter((block) => block.includes('oauth:'));
	expect(text).toContain(line);
	place.write('trapgate.yaml', `version: 1\n${text.replace(line, change)}`);
	expect((await place.run(['check'])).code).not.toBe(0);
});

test('the table of limits has the defaults', () => {
	const rows = [...page.matchAll(/^\| `(\w+)`(?:, `(\w+)`)? \| ([^|]*) \|/gm)];
	const said = new Map<string, number>();
	for (const [, one = '', two, text = ''] of rows) {
		const [first = 0, second = 0] = [...text.matchAll(/([\d,]+)(?= |$|,)( MiB| KiB)?/g)].map(
			([, digits = '', unit]) =>
				Number(digits.replaceAll(',', '')) * (unit === ' MiB' ? 2 ** 20 : unit === ' KiB' ? 1024 : 1),
		);
		said.set(one, first);
		if (two !== undefined) said.set(two, second);
	}
	for (const [name, value] of Object.entries(httpDefaults)) expect([name, said.get(name)]).toEqual([name, value]);
});

test('the proxies pass on the name, hold nothing back, wait, and admit as much as Trapgate does', () => {
	const [nginx = ''] = blocks('nginx');
	for (const line of [
		'proxy_set_header Host $host;',
		'proxy_buffering off;',
		'proxy_http_version 1.1;',
		'client_max_body_size 16m;',
	]) {
		expect(nginx).toContain(line);
	}
	expect([...nginx.matchAll(/proxy_(?:read|send)_timeout (\d+)h;/g)]).toHaveLength(2);
	expect(nginx.split('{').length).toBe(nginx.split('}').length);
	const [caddy = ''] = blocks('caddyfile');
	expect(caddy).toContain('flush_interval -1');
	expect(parse(blocks('yaml').find((text) => text.includes('scrape_configs')) ?? '')).toBeTruthy();
	for (const text of [nginx, caddy]) expect(text).toContain('127.0.0.1:4070');
});
