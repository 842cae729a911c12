// A whole kernel before drivers in memory, and a client of 2026-07-28 that has it to itself.
import { randomBytes } from 'node:crypto';
import type { Reply } from '../../src/abi/driver.ts';
import type { JsonObject } from '../../src/abi/json.ts';
import { type DriverName, ownDriver } from '../../src/abi/names.ts';
import { type MemoryDriver, type MemoryScript, memoryDriver } from '../../src/drivers/memory.ts';
import { boot, type Kernel } from '../../src/kernel/boot.ts';
import { type Carrier, ModernClient, type ModernClientOptions } from '../../src/kernel/modern-client.ts';
import { Pools } from '../../src/kernel/pools.ts';
import type { MessageId } from '../../src/wire/channel.ts';
import { makeSite, type Site } from './kernel-process.ts';

export const driverName = 'files' as DriverName;

export interface ModernKernel {
	readonly site: Site;
	readonly kernel: Kernel;
	/** Of every bank, in the order they were made. */
	readonly drivers: MemoryDriver[];
	client(more?: Partial<ModernClientOptions>, agent?: string): ModernClient;
	close(): Promise<void>;
}

const silent = () => undefined;

/** The configuration needs no `drivers`: the one there is has the script. */
export async function modernKernel(config: object, script: MemoryScript): Promise<ModernKernel> {
	const site = makeSite({ drivers: { [driverName]: { command: '/bin/false' } }, ...config });
	const log = { info: silent, warn: silent, error: silent, debug: silent } as never;
	const booted = await boot({
		...{ file: site.config, cwd: site.directory, env: site.env, version: '0', log },
		...{ idleMs: 0, watchEveryMs: 0 },
	});
	const drivers: MemoryDriver[] = [];
	const pools = new Pools({
		makeDrivers: () => {
			const driver = memoryDriver(driverName, script);
			drivers.push(driver);
			return [driver];
		},
		own: { name: ownDriver, list: async () => [] } as never,
		...{ prefix: 'always', startTimeoutMs: 1000, idleMs: 0, maxProcesses: 10, reserved: 0 },
		report: { driverState: silent, collision: silent, log: silent },
	});
	const kernel: Kernel = { ...booted, pools };
	const clients: ModernClient[] = [];
	return {
		site,
		kernel,
		drivers,
		client(more = {}, agent = 'tester') {
			const connection = { agent, principal: agent, session: 's' };
			const client = new ModernClient({
				...{ kernel, connection, random: randomBytes, failed: silent, keepsLast: true },
				...more,
			});
			clients.push(client);
			return client;
		},
		async close() {
			for (const client of clients) await client.close();
			await pools.close();
			await booted.close();
			site.remove();
		},
	};
}

export const everything = { elicitation: { form: {} }, sampling: {}, roots: {} };

export interface Asked {
	readonly reply: Promise<Reply>;
	/** What came before the answer. */
	readonly notes: { readonly method: string; readonly params: JsonObject | undefined }[];
	cancel(): void;
}

let ids = 0;

/** Sends one request with its envelope; `meta` goes into it. */
export function ask(
	client: ModernClient,
	method: string,
	params: JsonObject = {},
	{
		capabilities = everything as JsonObject,
		meta = {} as JsonObject,
		headers = undefined as never,
		carrier = {} as Partial<Carrier>,
	} = {},
): Asked {
	const controller = new AbortController();
	const notes: Asked['notes'] = [];
	ids += 1;
	const envelope = {
		'io.modelcontextprotocol/protocolVersion': '2026-07-28',
		'io.modelcontextprotocol/clientCapabilities': capabilities,
		...meta,
	};
	const reply = client.answer(
		{
			id: String(ids) as MessageId,
			method,
			params: { ...params, _meta: envelope },
			extra: {},
			signal: controller.signal,
		},
		{
			notify: async ({ method: said, params: about }) => void notes.push({ method: said, params: about }),
			headers,
			...carrier,
		},
	);
	return { reply, notes, cancel: () => controller.abort() };
}

/** The result, or the error object, as plain JSON. */
export async function body(asked: Asked): Promise<ReturnType<typeof JSON.parse>> {
	return JSON.parse((await asked.reply).body.text);
}
