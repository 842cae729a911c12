// A process that several clients share is promised nothing of the one that came first.
import { expect, test } from 'vitest';
import type { Driver, Hello } from '../../src/abi/driver.ts';
import { memoryDriver } from '../../src/drivers/memory.ts';
import { SharedDriver } from '../../src/kernel/shared-driver.ts';
import { driverName, hello, recordingHost } from '../drivers/support/hosts.ts';

test('neither what that client can do, nor that it speaks the newer era', async () => {
	const told: Hello[] = [];
	const name = driverName('shared');
	const make = (): Driver => {
		const driver = memoryDriver(name);
		const open = driver.open.bind(driver);
		driver.open = (host, one) => {
			told.push(one);
			return open(host, one);
		};
		return driver;
	};
	const shared = new SharedDriver(make);
	const handles = [shared.handle(name), shared.handle(name)];
	await handles[0]?.open(recordingHost(), { ...hello, isModern: true });
	await handles[1]?.open(recordingHost(), hello);
	expect(told).toEqual([{ ...hello, capabilities: {}, isModern: false }]);
	for (const handle of handles) await handle.close();
});
