// The proxy lets through what is on the list of hosts, and nothing that only looks like it.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createConnection, createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { allowedHosts, parseEndpoint } from '../../src/sandbox/allowed-hosts.ts';
import { type EgressOptions, openEgress } from '../../src/sandbox/egress.ts';
import { isPublicAddress } from '../../src/sandbox/public-address.ts';

const folder = mkdtempSync(join(tmpdir(), 'trapgate-egress-'));
const publicAddress = '93.184.216.34';
const portOf = (server: Server | HttpServer) => (server.address() as AddressInfo).port;

/** Says what it was asked, as the server behind the proxy saw it. */
const web = createHttpServer((request, response) => {
	void bodyOf(request).then((body) => {
		const { method, url, rawHeaders } = request;
		response.setHeader('Connection', 'x-secret');
		response.setHeader('X-Secret', '1');
		response.setHeader('X-Kept', ['a', 'b']);
		response.end(JSON.stringify({ method, url, rawHeaders, body }));
	});
});
/** Sends back what it gets, in capitals, and ends when the other end does. */
const echo = createServer({ allowHalfOpen: true }, (socket) => {
	socket.on('error', () => {});
	socket.on('data', (chunk) => socket.write(chunk.toString('latin1').toUpperCase()));
	socket.on('end', () => socket.end('.'));
});

async function bodyOf(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks).toString();
}

beforeAll(async () => {
	for (const server of [web, echo])
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
});
afterAll(() => {
	web.close();
	echo.close();
	rmSync(folder, { recursive: true, force: true });
});

describe('the proxy', () => {
	let turn = 0;
	let close = async () => {};
	afterEach(() => close());

	interface Proxy {
		readonly path: string;
		readonly refused: string[];
		readonly resolved: string[];
		readonly connected: string[];
	}

	/** Names resolve to a public address, and a public address leads to one of our servers. */
	const open = async (hosts: readonly string[], more: Partial<EgressOptions> = {}): Promise<Proxy> => {
		const proxy: Proxy = { path: join(folder, `p${turn++}`), refused: [], resolved: [], connected: [] };
		const egress = await openEgress({
			socket: proxy.path,
			hosts,
			resolve: async (name) => {
				proxy.resolved.push(name);
				return [publicAddress];
			},
			connect: (address, port) => {
				proxy.connected.push(`${address} ${port}`);
				return createConnection({ host: '127.0.0.1', port: portOf(port === 80 ? web : echo), allowHalfOpen: true });
			},
			refused: (host) => proxy.refused.push(host),
			...more,
		});
		close = egress.close;
		return proxy;
	};

	const dial = (proxy: Proxy): Socket =>
		createConnection({ path: proxy.path, allowHalfOpen: true }).on('error', () => {});
	/** Everything that is answered until the proxy hangs up. */
	const talk = async (proxy: Proxy, bytes: string | Buffer): Promise<string> => {
		const socket = dial(proxy);
		const answer = read(socket);
		socket.write(bytes);
		return answer;
	};
	const read = async (socket: Socket): Promise<string> => {
		let text = '';
		await new Promise<void>((resolve) => {
			socket.on('data', (chunk) => {
				text += chunk.toString('latin1');
			});
			socket.once('end', () => socket.end());
			socket.once('close', () => resolve());
		});
		return text;
	};
	const get = (url: string, headers: readonly string[] = []) =>
		`GET ${url} HTTP/1.1\r\n${[`Host: ${/^http:\/\/([^/?#]*)/i.exec(url)?.[1] ?? ''}`, ...headers, 'Connection: close'].join('\r\n')}\r\n\r\n`;
	const connect = (authority: string) => `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
	const seen = (answer: string) => JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));

	describe('passes on', () => {
		test('a tunnel, both ways, with each end for itself', async () => {
			const proxy = await open(['api.example.com']);
			const socket = dial(proxy);
			const answer = read(socket);
			socket.write(`${connect('api.example.com:443')}early `);
			await setTimeout(20);
			socket.end('late');
			expect(await answer).toBe('HTTP/1.1 200 Connection established\r\n\r\nEARLY LATE.');
			expect(proxy).toMatchObject({ resolved: ['api.example.com'], connected: [`${publicAddress} 443`], refused: [] });
		});

		test('a megabyte through a tunnel', async () => {
			const proxy = await open(['api.example.com']);
			const socket = dial(proxy);
			const answer = read(socket);
			socket.end(connect('api.example.com:443') + 'x'.repeat(1_000_000));
			expect((await answer).length).toBe('HTTP/1.1 200 Connection established\r\n\r\n'.length + 1_000_001);
		});

		test('a request, without what is only for the next hop', async () => {
			const proxy = await open(['example.com']);
			const headers = [
				'Proxy-Authorization: Basic x',
				'X-Kept: 1',
				'X-Kept: 2',
				'Keep-Alive: 5',
				'TE: gzip',
				'Upgrade: h2c',
			];
			const answer = await talk(proxy, get('http://Example.COM/a%20b/../c?q=1', headers));
			expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
			expect(answer).toContain('X-Kept: a\r\nX-Kept: b\r\n');
			expect(answer).not.toContain('X-Secret');
			const rawHeaders = ['Host', 'Example.COM', 'X-Kept', '1', 'X-Kept', '2', 'Connection', 'close'];
			expect(seen(answer)).toEqual({ method: 'GET', url: '/a%20b/../c?q=1', rawHeaders, body: '' });
		});

		test('what a Connection header names is for the next hop, too', async () => {
			const proxy = await open(['example.com']);
			const answer = await talk(
				proxy,
				'GET http://example.com HTTP/1.1\r\nHost: example.com\r\nX-Hop: 1\r\nConnection: close, x-hop\r\n\r\n',
			);
			expect(seen(answer)).toMatchObject({ url: '/', rawHeaders: ['Host', 'example.com', 'Connection', 'close'] });
		});

		test.each([
			['a length', 'Content-Length: 5\r\n\r\nhello'],
			['chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
		])('a body with %s, of GET and POST', async (_what, rest) => {
			const proxy = await open(['example.com']);
			for (const method of ['POST', 'GET', 'DELETE']) {
				const answer = await talk(
					proxy,
					`${method} http://example.com/ HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n${rest}`,
				);
				expect(seen(answer)).toMatchObject({ method, body: 'hello' });
			}
		});

		test('several requests of one connection, each judged for itself', async () => {
			const proxy = await open(['example.com']);
			const first = 'GET http://example.com/1 HTTP/1.1\r\nHost: example.com\r\n\r\n';
			const answer = await talk(proxy, first + get('http://other.com/2'));
			expect(answer).toContain('HTTP/1.1 200 OK');
			expect(answer).toContain('HTTP/1.1 403 Forbidden');
			expect(proxy.refused).toEqual(['other.com:80']);
		});

		test.each([
			['a name below', ['*.example.com'], 'a.b.example.com:443'],
			['another spelling', ['API.Example.com'], 'api.EXAMPLE.com.:443'],
			['another port that is listed', ['api.example.com:8443'], 'api.example.com:8443'],
			['letters that are not ASCII in the list', ['*.bücher.example'], 'shop.xn--bcher-kva.example:443'],
			['a public address that is listed', ['93.184.216.34'], '93.184.216.34:443'],
			['a private one that is listed', ['10.1.2.3:5432'], '10.1.2.3:5432'],
			['a loopback one, too', ['[::1]:443'], '[0:0:0:0:0:0:0:1]:443'],
		])('%s', async (_what, hosts, authority) => {
			const proxy = await open(hosts);
			const socket = dial(proxy);
			const answer = read(socket);
			socket.end(`${connect(authority)}x`);
			expect(await answer).toContain('200 Connection established\r\n\r\nX.');
		});

		test('the second address of a name whose first does not answer', async () => {
			const proxy = await open(['example.com'], {
				resolve: async () => ['93.184.216.35', publicAddress],
				connect: (address) =>
					createConnection({
						host: '127.0.0.1',
						port: address === publicAddress ? portOf(web) : 1,
						allowHalfOpen: true,
					}),
			});
			expect(await talk(proxy, get('http://example.com/'))).toContain('200 OK');
		});
	});

	describe('refuses', () => {
		test.each([
			['another name', ['api.example.com'], 'www.example.com:443'],
			['a name that ends alike', ['example.com'], 'badexample.com:443'],
			['a name that starts alike', ['example.com'], 'example.com.evil.org:443'],
			['what is below a name that is listed without a star', ['example.com'], 'a.example.com:443'],
			['the name itself where what is below is listed', ['*.example.com'], 'example.com:443'],
			['another port', ['example.com'], 'example.com:22'],
			['the usual port where another is listed', ['example.com:8443'], 'example.com:443'],
			['an address that is not listed', ['example.com'], '93.184.216.34:443'],
			['loopback', ['example.com'], '127.0.0.1:443'],
			['a metadata service', ['example.com'], '169.254.169.254:80'],
			['an address in the clothes of IPv6', ['127.0.0.1'], '[::ffff:127.0.0.1]:443'],
			['everything, without a list', [], 'example.com:443'],
		])('%s', async (_what, hosts, authority) => {
			const proxy = await open(hosts);
			expect(await talk(proxy, connect(authority))).toMatch(
				/^HTTP\/1\.1 403 Forbidden\r\n.*\r\n\r\ntrapgate: [^\n]+\n$/s,
			);
			const canonical = authority === '[::ffff:127.0.0.1]:443' ? '[::ffff:7f00:1]:443' : authority;
			expect(proxy).toMatchObject({ refused: [canonical], resolved: [], connected: [] });
			const plain = await talk(proxy, get(`http://${authority}/`));
			expect(plain).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
			expect(proxy.refused).toHaveLength(2);
		});

		test.each([
			...['127.0.0.1', '10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '100.100.100.200'],
			...['0.0.0.0', '224.0.0.1', '255.255.255.255', '192.0.0.192', '168.63.129.16', '198.18.0.1'],
			...['::1', '::', '::ffff:10.0.0.1', '::ffff:8.8.8.8', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254'],
			...['ff02::1', '64:ff9b::a00:1', '2002:a00:1::', '2001::1', '2001:db8::1', 'nonsense', ''],
		])('a listed name that leads to %j', async (address) => {
			const proxy = await open(['example.com'], { resolve: async () => [publicAddress, address] });
			expect(await talk(proxy, connect('example.com:443'))).toContain('403 Forbidden');
			expect(proxy).toMatchObject({ refused: ['example.com:443'], connected: [] });
		});

		test('to ask twice: the address that was checked is the one that is connected to', async () => {
			const answers = [[publicAddress], ['127.0.0.1']];
			const proxy = await open(['example.com'], { resolve: async () => answers.shift() ?? [] });
			expect(await talk(proxy, get('http://example.com/'))).toContain('200 OK');
			expect(proxy.connected).toEqual([`${publicAddress} 80`]);
			expect(await talk(proxy, get('http://example.com/'))).toContain('403');
			expect(proxy.connected).toHaveLength(1);
		});

		test.each([
			['a path', '/etc/passwd'],
			['an asterisk', '*'],
			['https without a tunnel', 'https://example.com/'],
			['another scheme', 'ftp://example.com/'],
			['userinfo', 'http://example.com@evil.org/'],
			['userinfo before a listed host', 'http://user:secret@example.com/'],
			['a fragment', 'http://example.com/#x'],
			['percent signs', 'http://ex%61mple.com/'],
			['a backslash', 'http://example.com\\@evil.org/'],
			['a number for a host', 'http://2130706433/'],
			['hexadecimal', 'http://0x7f.1/'],
			['octal', 'http://0177.0.0.1/'],
			['a short address', 'http://127.1/'],
			['a zone', 'http://[fe80::1%25eth0]/'],
			['an open bracket', 'http://[::1/'],
			['an empty host', 'http:///x'],
			['an empty label', 'http://example..com/'],
			['two final dots', 'http://example.com../'],
			['port 0', 'http://example.com:0/'],
			['a port too large', 'http://example.com:65616/'],
			['a port that is empty', 'http://example.com:/'],
			['a space', 'http://example.com /'],
		])('%s', async (_what, url) => {
			const proxy = await open(['example.com', 'evil.org', '127.0.0.1', '[::1]']);
			expect(await talk(proxy, `GET ${url} HTTP/1.1\r\nHost: example.com\r\n\r\n`)).toMatch(
				/^HTTP\/1\.1 400 Bad Request\r\n/,
			);
			expect(proxy).toMatchObject({ resolved: [], connected: [] });
		});

		test.each([
			'example.com',
			'example.com:',
			'example.com:0',
			'example.com:65979',
			'example.com:443:443',
			'user@example.com:443',
			':443',
			'[::1:443',
			'http://example.com:443',
			'ex ample.com:443',
			'exämple.com:443',
			'a'.repeat(300),
		])('a tunnel to %j', async (authority) => {
			const proxy = await open(['example.com']);
			expect(await talk(proxy, Buffer.from(`CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`))).toMatch(
				/^HTTP\/1\.1 400 Bad Request\r\n/,
			);
			expect(proxy).toMatchObject({ resolved: [], connected: [] });
		});

		test.each([
			['another host', ['Host: evil.org']],
			['another port', ['Host: example.com:81']],
			['a host that can not be read', ['Host: example.com@evil.org']],
			['no host', ['X: y']],
		])('a request that names %s in its headers', async (_what, headers) => {
			const proxy = await open(['example.com', 'evil.org']);
			const answer = await talk(proxy, `GET http://example.com/ HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
			expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
			expect(proxy.connected).toEqual([]);
		});

		test.each([
			['a line feed alone', 'GET http://example.com/ HTTP/1.1\r\nHost: example.com\nX: y\r\n\r\n'],
			['a carriage return alone', 'GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\nX: a\rY: b\r\n\r\n'],
			['a NUL', 'GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\nX: a\0b\r\n\r\n'],
			['a folded header', 'GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\nX: a\r\n b\r\n\r\n'],
			['a space before the colon', 'GET http://example.com/ HTTP/1.1\r\nHost : example.com\r\n\r\n'],
			[
				'two ways to say how long the body is',
				'POST http://example.com/ HTTP/1.1\r\nHost: example.com\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
			],
			[
				'two lengths',
				'POST http://example.com/ HTTP/1.1\r\nHost: example.com\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
			],
			['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
			[
				'headers without an end',
				`GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n${'X: y\r\n'.repeat(20_000)}`,
			],
			[
				'a header that is too long',
				`GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`,
			],
		])('%s', async (_what, bytes) => {
			const proxy = await open(['example.com']);
			expect(await talk(proxy, bytes)).toMatch(/^HTTP\/1\.1 4(00 Bad Request|31 Request Header Fields Too Large)\r\n/);
			expect(proxy.connected).toEqual([]);
		});

		test('a name that has no address, and one whose resolver fails', async () => {
			const proxy = await open(['a.com', 'b.com'], {
				resolve: async (name) => (name === 'a.com' ? [] : Promise.reject(new Error('x'))),
			});
			for (const name of ['a.com', 'b.com'])
				expect(await talk(proxy, connect(`${name}:443`))).toContain('502 Bad Gateway');
			expect(proxy.refused).toEqual([]);
		});

		test('even where who is told of it throws', async () => {
			const proxy = await open([], {
				refused: () => {
					throw new Error('full');
				},
			});
			expect(await talk(proxy, connect('example.com:443'))).toContain('403 Forbidden');
		});

		test('a list that can not be read', async () => {
			for (const entry of [
				'',
				'*',
				'*.',
				'a b',
				'http://example.com',
				'example.com/x',
				'*.1.2.3.4',
				'a.*.com',
				'10.0.0.0/8',
				'example.com:0',
				'[::1',
				'127.1',
			])
				await expect(open([entry]), entry).rejects.toThrow('is no host that a sandbox can be allowed to reach');
		});
	});

	describe('does not wait for ever', () => {
		const limits = { patienceMs: 100, idleMs: 300 };

		test.each([
			['who sends nothing', ''],
			['who sends half a head', 'GET http://example.com/ HTTP/1.1\r\nHost: ex'],
		])('for a client %s', async (_what, bytes) => {
			const proxy = await open(['example.com'], { limits });
			const answer = await talk(proxy, bytes);
			expect(answer).toMatch(/^(|HTTP\/1\.1 408 Request Timeout\r\n.*)$/s);
			expect(proxy.connected).toEqual([]);
		});

		test('for a resolver, or a server that does not take the connection', async () => {
			const slow = await open(['example.com'], { limits, resolve: () => new Promise(() => {}) });
			expect(await talk(slow, connect('example.com:443'))).toContain('502 Bad Gateway');
			await close();
			// A socket that was never told to connect never does.
			const deaf = await open(['example.com'], { limits, connect: () => new Socket() });
			expect(await talk(deaf, connect('example.com:443'))).toContain('502 Bad Gateway');
		});

		test('for bytes in a tunnel', async () => {
			const proxy = await open(['example.com'], { limits });
			expect(await talk(proxy, connect('example.com:443'))).toContain('200');
		});

		test('for an answer', async () => {
			const mute = createServer(() => {});
			await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', () => resolve()));
			const proxy = await open(['example.com'], { limits, connect: () => createConnection(portOf(mute), '127.0.0.1') });
			expect(await talk(proxy, get('http://example.com/'))).toMatch(/^(|HTTP\/1\.1 502 .*)$/s);
			mute.close();
		});
	});

	test('more connections than there may be are turned away', async () => {
		const proxy = await open(['example.com'], { limits: { connections: 2 } });
		const held = [dial(proxy), dial(proxy)];
		await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
		expect(await talk(proxy, connect('example.com:443'))).toBe('');
		for (const socket of held) socket.destroy();
	});

	test('a server that does not speak HTTP, or stops in the middle, is a bad gateway', async () => {
		const odd = createServer((socket) => socket.on('error', () => {}).end('hello\n'));
		await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', () => resolve()));
		const proxy = await open(['example.com'], { connect: () => createConnection(portOf(odd), '127.0.0.1') });
		expect(await talk(proxy, get('http://example.com/'))).toContain('502 Bad Gateway');
		odd.close();
	});

	test('closing it ends every connection and takes the socket away', async () => {
		const proxy = await open(['example.com']);
		const socket = dial(proxy);
		const ended = read(socket);
		socket.write(connect('example.com:443'));
		await new Promise((resolve) => socket.once('data', resolve));
		await close();
		await ended;
		expect(
			await new Promise((resolve) =>
				createConnection(proxy.path).once('error', (error: NodeJS.ErrnoException) => resolve(error.code)),
			),
		).toBe('ENOENT');
		close = async () => {};
	});

	test('a path that is taken is no place for it', async () => {
		const proxy = await open(['example.com']);
		await expect(openEgress({ socket: proxy.path, hosts: [], refused: () => {} })).rejects.toThrow('EADDRINUSE');
	});
});

test('addresses of the public internet are public', () => {
	for (const address of [
		'8.8.8.8',
		'93.184.216.34',
		'172.32.0.1',
		'100.128.0.1',
		'2606:4700::1111',
		'2a00:1450:4001:800::200e',
	])
		expect(isPublicAddress(address), address).toBe(true);
	for (const address of ['1.2.3', 'example.com', '', '8.8.8.8 ', '[2606:4700::1111]'])
		expect(isPublicAddress(address), address).toBe(false);
});

test('an entry may name a port, an address, a wildcard', () => {
	expect(parseEndpoint('[2001:DB8::1]:443')).toEqual({ host: '2001:db8::1', port: 443 });
	expect(parseEndpoint('Example.COM.')).toEqual({ host: 'example.com', port: undefined });
	const hosts = allowedHosts(['*.example.com:8080']);
	expect(hosts.has({ host: 'a.example.com', port: 8080 })).toBe(true);
	expect(hosts.has({ host: 'a.example.com', port: 443 })).toBe(false);
	expect(hosts.has({ host: '.example.com', port: 8080 })).toBe(false);
});
