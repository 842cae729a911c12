// Driver processes are few: whoever takes many leaves some to the others.
import { expect, test } from 'vitest';
import type { Hello } from '../../src/abi/driver.ts';
import { type DriverName, ownDriver } from '../../src/abi/names.ts';
import { memoryDriver } from '../../src/drivers/memory.ts';
import { Pools } from '../../src/kernel/pools.ts';

const silent = () => undefined;
const names = ['a', 'b'] as DriverName[];

/** As many banks of two drivers as fit into `maxProcesses`. */
function pools(maxProcesses: number, reserved: number) {
	const closed: string[] = [];
	let made = 0;
	const all = new Pools({
		makeDrivers: () => {
			const bank = made++;
			return names.map((name) => {
				const driver = memoryDriver(name);
				const close = driver.close.bind(driver);
				driver.close = async () => {
					closed.push(`${bank}${name}`);
					await close();
				};
				return driver;
			});
		},
		own: { name: ownDriver, list: async () => [] } as never,
		...{ prefix: 'always', startTimeoutMs: 1000, idleMs: 60_000, maxProcesses, reserved },
		report: { driverState: silent, collision: silent, log: silent },
	});
	return { all, closed, made: () => made };
}

/** Anybody can say that a client can do what nobody has heard of. */
const able = (what: number): Hello => ({
	protocolVersion: '2026-07-28',
	capabilities: { experimental: { [what]: {} } },
	clientInfo: { name: 'c', version: '1' },
});

test('a caller that says ever new things of its client leaves room for another one', async () => {
	const { all } = pools(8, 2);
	for (const what of [1, 2, 3]) await all.acquire('greedy', able(what));
	await expect(all.acquire('greedy', able(4))).rejects.toMatchObject({ code: 'K103' });
	await expect(all.acquire('other', able(1))).resolves.toBeDefined();
	await all.close();
});

test('room for another caller is room for all of its drivers', async () => {
	const { all } = pools(6, 1);
	for (const what of [1, 2]) await all.acquire('greedy', able(what));
	await expect(all.acquire('greedy', able(3))).rejects.toMatchObject({ code: 'K103' });
	await expect(all.acquire('other', able(1))).resolves.toBeDefined();
	await expect(all.acquire('third', able(1))).rejects.toMatchObject({ code: 'K103' });
	await all.close();
});

test('a client that says more of itself than is remembered starts nothing', async () => {
	const { all, made } = pools(8, 0);
	const much = { name: 'x'.repeat(256 * 1024), version: '1' };
	await expect(all.acquire('one', { ...able(1), clientInfo: much })).rejects.toMatchObject({ code: 'K103' });
	await expect(all.acquire('one', { ...able(1), capabilities: { much } })).rejects.toMatchObject({ code: 'K103' });
	expect([made(), all.banks()]).toEqual([0, []]);
	await expect(all.acquire('one', able(1))).resolves.toBeDefined();
	await all.close();
});

test('a caller who is alone may have everything', async () => {
	const { all } = pools(4, 0);
	for (const what of [1, 2]) await all.acquire('only', able(what));
	await expect(all.acquire('only', able(3))).rejects.toMatchObject({ code: 'K103' });
	await all.close();
});

test('what nobody uses makes room, the longest unused first, and is gone before its successor starts', async () => {
	const { all, closed } = pools(6, 0);
	const banks = [];
	for (const what of [1, 2, 3]) banks.push(await all.acquire('greedy', able(what)));
	await all.release(banks[1] as never);
	await all.release(banks[0] as never);
	await expect(all.acquire('other', able(1))).resolves.toBeDefined();
	expect(closed).toEqual(['1a', '1b']);
	// What is in use stays, whoever asks.
	await all.acquire('other', able(2));
	await expect(all.acquire('third', able(1))).rejects.toMatchObject({ code: 'K103' });
	expect(closed).toEqual(['1a', '1b', '0a', '0b']);
	await all.close();
});

test('nothing is ended for a caller who could not be served all the same', async () => {
	const { all, closed } = pools(5, 0);
	const first = await all.acquire('one', able(1));
	await all.acquire('one', able(2));
	await all.release(first);
	const small = pools(3, 0);
	const idle = await small.all.acquire('one', able(1));
	await small.all.release(idle);
	await small.all.acquire('two', able(1));
	expect(small.closed).toEqual(['0a', '0b']);
	await expect(small.all.acquire('three', able(1))).rejects.toMatchObject({ code: 'K103' });
	expect(closed).toEqual([]);
	await Promise.all([all.close(), small.all.close()]);
});

test('what was opened before anybody came becomes the first one’s, and nobody else’s', async () => {
	const { all, made, closed } = pools(8, 0);
	await all.prepare(able(1));
	const [prepared] = all.banks();
	expect(await all.acquire('first', able(1))).toBe(prepared);
	expect(await all.acquire('second', able(1))).not.toBe(prepared);
	expect(await all.acquire('first', able(1))).toBe(prepared);
	expect([made(), closed]).toEqual([2, []]);
	await all.close();
});

test.each([
	['can do other things', () => able(2), undefined],
	['speaks another revision', () => able(1), '2025-11-25'],
])('what was opened before is ended when the first one %s', async (_, hello, revision) => {
	const { all, made, closed } = pools(8, 0);
	await all.prepare(able(1));
	const [prepared] = all.banks();
	expect(await all.acquire('first', hello(), revision)).not.toBe(prepared);
	expect([made(), closed]).toEqual([2, ['0a', '0b']]);
	expect(all.banks()).toHaveLength(1);
	await all.close();
});

test('a bank of which a driver is down is nobody’s: the first one’s drivers start anew', async () => {
	const { all, made, closed } = pools(8, 0);
	await all.prepare(able(1));
	const [prepared] = all.banks();
	const states = new Map([[names[0], { is: 'down' }]]);
	Object.defineProperty(prepared, 'states', { value: () => states });
	expect(await all.acquire('first', able(1))).not.toBe(prepared);
	expect([made(), closed]).toEqual([2, ['0a', '0b']]);
	await all.close();
});

test('what was opened before makes room like everything that nobody uses', async () => {
	const { all, closed } = pools(2, 0);
	await all.prepare(able(1));
	await expect(all.acquire('first', able(2))).resolves.toBeDefined();
	expect(closed).toEqual(['0a', '0b']);
	await all.close();
});
