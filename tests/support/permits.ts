// Permits for tests of drivers. It takes the one grantor there is, so a test that loads the kernel can't use it.

import type { JsonObject } from '../../src/abi/json.ts';
import { callId, type DriverName } from '../../src/abi/names.ts';
import { type Permit, takeGrantor } from '../../src/abi/permit.ts';
import type { Syscall } from '../../src/abi/syscall.ts';

const grant = takeGrantor();

/** A permit for one request to a driver. */
export function permitFor(driver: DriverName, method: string, params: JsonObject, extra: JsonObject = {}): Permit {
	const call: Syscall = {
		id: callId('test-call'),
		caller: { agent: 'test', principal: 'test', session: 'test' },
		driver,
		method,
		params,
		extra,
	};
	return grant(call);
}

/** A permit for a tool call. */
export function permitForTool(driver: DriverName, name: string, args: JsonObject = {}, meta?: JsonObject): Permit {
	const params = { name, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) };
	return permitFor(driver, 'tools/call', params);
}
