// Servers elsewhere: credentials, lost sessions, and servers that are not there.
import { afterEach, describe, expect, test } from 'vitest';
import type { Driver } from '../../src/abi/driver.ts';
import { httpDriver } from '../../src/drivers/http.ts';
import { type GoodHttp, startGoodHttp } from '../fixtures/servers/good-http.mjs';
import { permitForTool } from '../support/permits.ts';
import { driverName, exchange, hello, recordingHost } from './support/hosts.ts';
import { manualTimers } from './support/timers.ts';
import { until } from './support/until.ts';

const name = driverName('remote');
const drivers: Driver[] = [];
const servers: GoodHttp[] = [];

afterEach(async () => {
	await Promise.all(drivers.splice(0).map((driver) => driver.close()));
	await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(options?: { token?: string }): Promise<GoodHttp> {
	const server = await startGoodHttp(options);
	servers.push(server);
	return server;
}

function make(url: string, headers: Record<string, string> = {}, deps: Parameters<typeof httpDriver>[1] = {}): Driver {
	const driver = httpDriver({ name, url, headers, timeoutMs: 5000 }, deps);
	drivers.push(driver);
	return driver;
}

const echo = (driver: Driver) => driver.call(permitForTool(name, 'echo', { text: 'ok' }), exchange());

test('the configured headers go with every request, and into no log', async () => {
	const server = await serve({ token: 'very-secret' });
	const driver = make(server.url, { authorization: 'Bearer very-secret', 'x-team': 'blue' });
	const host = recordingHost();
	await driver.open(host, hello);
	expect((await echo(driver)).ok).toBe(true);
	await driver.close();
	expect(server.state.headers.length).toBeGreaterThanOrEqual(4);
	for (const headers of server.state.headers) {
		expect(headers).toMatchObject({ authorization: 'Bearer very-secret', 'x-team': 'blue' });
	}
	expect(host.lines.join('\n')).not.toContain('very-secret');
	expect(server.sessionCount()).toBe(0);
});

test('wrong credentials are D107', async () => {
	const server = await serve({ token: 'right' });
	const refused = make(server.url, { authorization: 'Bearer wrong' }).open(recordingHost(), hello);
	await expect(refused).rejects.toMatchObject({ code: 'D107' });
	await refused.catch((error: Error) => expect(error.message).not.toContain('wrong'));
});

describe('a server that', () => {
	test('is not there is D101', async () => {
		const server = await serve();
		await server.close();
		await expect(make(server.url).open(recordingHost(), hello)).rejects.toMatchObject({ code: 'D101' });
	});

	test('forgot our session gets us introduced anew', async () => {
		const server = await serve();
		const timers = manualTimers();
		const driver = make(server.url, {}, { ...timers.deps, random: () => 0 });
		const host = recordingHost();
		await driver.open(host, hello);
		server.forgetSessions();
		expect((await echo(driver)).body.value()).toMatchObject({ code: -32000 });
		expect(host.downs).toEqual([
			{ trouble: { code: 'D104', message: expect.stringContaining('ended the session') }, retryInMs: 500 },
		]);
		expect((await echo(driver)).body.value()).toMatchObject({ message: expect.stringContaining('is down') });
		timers.fire();
		await until('it is back', () => host.ups.length === 1);
		expect((await echo(driver)).ok).toBe(true);
		expect(server.state.initialized).toBe(2);
	});

	test('breaks one connection fails that call only', async () => {
		const server = await serve();
		const driver = make(server.url);
		const host = recordingHost();
		await driver.open(host, hello);
		const reply = await driver.call(permitForTool(name, 'crash'), exchange());
		expect(reply.body.value()).toMatchObject({ code: -32000 });
	});
});

test.each(['ftp://example.com/mcp', 'not an address'])('the address %s can’t be used', async (url) => {
	await expect(make(url).open(recordingHost(), hello)).rejects.toMatchObject({ code: 'D101' });
});
