// What every driver must do, whatever it drives. Each device says how to provoke it; a skip needs a reason in words.
import { afterEach, describe, expect, test } from 'vitest';
import type { Driver, Reply } from '../../src/abi/driver.ts';
import type { Json, JsonObject } from '../../src/abi/json.ts';
import { Permit } from '../../src/abi/permit.ts';
import { permitFor, permitForTool } from '../support/permits.ts';
import { driverName, exchange, hello, type RecordingHost, recordingHost } from './support/hosts.ts';
import { until } from './support/until.ts';

/** One driver that is not yet open, and what stands behind it. */
export interface Rig {
	readonly driver: Driver;
	/** True when the call that `slow` makes has begun. */
	slowHasBegun(): boolean | Promise<boolean>;
	/** True when what carries out the slow call has been told to stop, or is gone. */
	slowHasStopped(): boolean | Promise<boolean>;
	/** Ends what is behind the driver, as an accident would. */
	kill?(): void | Promise<void>;
	/** Frees what the rig holds, after the driver was closed. */
	dispose?(): void | Promise<void>;
}

type Tool = readonly [name: string, args?: JsonObject];
type Part = 'progress' | 'asking' | 'notes' | 'death' | 'pages' | 'vendor fields';

export interface Device {
	readonly title: string;
	make(): Rig | Promise<Rig>;
	/** A tool call that gives the text `ok`. */
	readonly echo: Tool;
	/** A tool call that does not end by itself. */
	readonly slow: Tool;
	/** A request that is answered with a JSON-RPC error of this code. */
	readonly failing: { readonly method: string; readonly params: JsonObject; readonly code: number };
	/** A tool call that sends progress 1 and 2. */
	readonly progress?: Tool;
	/** A tool call that asks for the client's roots and gives them back in its text. */
	readonly asking?: Tool;
	/** A tool call that sends two notifications: tools/list_changed, then notifications/vendor/news with { n: 1 }. */
	readonly notes?: Tool;
	/** Names of all tools, in order, when there are several pages. */
	readonly toolNames?: readonly string[];
	/** What this device can't do, and why that is no defect. */
	readonly skips: Readonly<Partial<Record<Part, string>>>;
}

const name = driverName('device');

export function describeConformance(device: Device): void {
	const rigs: Rig[] = [];
	afterEach(async () => {
		for (const rig of rigs.splice(0)) {
			await rig.driver.close();
			await rig.dispose?.();
		}
	});
	const make = async (): Promise<Rig> => {
		const rig = await device.make();
		rigs.push(rig);
		return rig;
	};
	const open = async (): Promise<{ rig: Rig; driver: Driver; host: RecordingHost }> => {
		const rig = await make();
		const host = recordingHost();
		await rig.driver.open(host, hello);
		return { rig, driver: rig.driver, host };
	};
	const permit = ([tool, args]: Tool, meta?: JsonObject) => permitForTool(name, tool, args, meta);
	/** A test of a part that a device may be unable to take, for a reason. */
	const part = (which: Part, title: string, run: () => Promise<void>) => {
		if (device.skips[which] === undefined) test(title, run);
	};

	describe(device.title, () => {
		test('says in words why it skips what it skips', () => {
			for (const reason of Object.values(device.skips)) expect(reason.length).toBeGreaterThan(20);
		});

		test('opens, introduces itself, and opens only once', async () => {
			const { driver } = await open();
			const rig = await make();
			const introduction = await rig.driver.open(recordingHost(), hello);
			expect(introduction.protocolVersion).toBe('2025-11-25');
			expect(introduction.capabilities).toMatchObject({ tools: expect.anything() });
			expect(introduction.serverInfo).toMatchObject({ name: expect.any(String), version: expect.any(String) });
			expect(introduction.result).toMatchObject({ protocolVersion: '2025-11-25' });
			await expect(driver.open(recordingHost(), hello)).rejects.toMatchObject({ code: 'D101' });
			expect(textOf(await driver.call(permit(device.echo), exchange()))).toContain('ok');
		});

		test('lists its tools', async () => {
			const { driver } = await open();
			const tools = await driver.list('tools');
			expect(tools.length).toBeGreaterThan(0);
			for (const tool of tools)
				expect(tool).toMatchObject({ name: expect.any(String), inputSchema: { type: 'object' } });
		});

		part('pages', 'lists every page of every kind', async () => {
			const { driver } = await open();
			expect((await driver.list('tools')).map((tool) => tool['name'])).toEqual(device.toolNames);
			expect(await driver.list('prompts')).toHaveLength(2);
			expect(await driver.list('resources')).toHaveLength(3);
			expect(await driver.list('resourceTemplates')).toHaveLength(1);
		});

		part('vendor fields', 'keeps members of tools that nobody here knows', async () => {
			const { driver } = await open();
			expect((await driver.list('tools'))[0]).toMatchObject({ 'x-vendor': { kept: true } });
		});

		test('makes a call', async () => {
			const { driver } = await open();
			const reply = await driver.call(permit(device.echo), exchange());
			expect(reply.ok).toBe(true);
			expect(textOf(reply)).toContain('ok');
		});

		test('makes many calls at once, each with its own answer', async () => {
			const { driver } = await open();
			const replies = await Promise.all(Array.from({ length: 20 }, () => driver.call(permit(device.echo), exchange())));
			expect(replies.map((reply) => textOf(reply).includes('ok'))).toEqual(Array.from({ length: 20 }, () => true));
		});

		test('passes an error reply on', async () => {
			const { driver } = await open();
			const { method, params, code } = device.failing;
			const reply = await driver.call(permitFor(name, method, params), exchange());
			expect(reply.ok).toBe(false);
			expect(reply.body.value()).toMatchObject({ code, message: expect.any(String) });
		});

		test('answers for a tool that is not there', async () => {
			const { driver } = await open();
			const reply = await driver.call(permit(['no-such-tool']), exchange());
			expect(reply.ok).toBe(false);
			expect(reply.body.value()).toMatchObject({ code: -32602 });
		});

		test('cancels a call, tells its server, and goes on', async () => {
			const { rig, driver } = await open();
			const cancel = new AbortController();
			const call = driver.call(permit(device.slow), exchange(cancel.signal));
			await until('the slow call began', () => rig.slowHasBegun());
			cancel.abort();
			expect(isFailure(await call)).toBe(true);
			await until('the slow call was stopped', () => rig.slowHasStopped());
			expect(textOf(await driver.call(permit(device.echo), exchange()))).toContain('ok');
		});

		test('does not make a call that was cancelled before', async () => {
			const { rig, driver } = await open();
			expect(isFailure(await driver.call(permit(device.slow), exchange(AbortSignal.abort())))).toBe(true);
			expect(await rig.slowHasBegun()).toBe(false);
		});

		for (const token of [0, '', 'a', 7]) {
			part('progress', `reports progress under the client’s own token ${JSON.stringify(token)}`, async () => {
				const { driver } = await open();
				const doing = exchange();
				await driver.call(permit(device.progress ?? ['?'], { progressToken: token }), doing);
				expect(doing.progressed.map(({ params }) => params)).toEqual([
					{ progressToken: token, progress: 1, total: 2 },
					{ progressToken: token, progress: 2, total: 2 },
				]);
			});
		}

		part('asking', 'carries a question of its server to the client, and the answer back', async () => {
			const { driver, host } = await open();
			const reply = await driver.call(permit(device.asking ?? ['?']), exchange());
			expect(host.requests.map(({ method }) => method)).toEqual(['roots/list']);
			expect(textOf(reply)).toContain('file:///here');
		});

		part('notes', 'passes notifications on, in order', async () => {
			const { driver, host } = await open();
			await driver.call(permit(device.notes ?? ['?']), exchange());
			await until('both came', () => host.notes.length >= 2);
			expect(host.notes.map(({ method }) => method)).toEqual([
				'notifications/tools/list_changed',
				'notifications/vendor/news',
			]);
			expect(host.notes[1]?.params).toEqual({ n: 1 });
		});

		part('death', 'fails the calls in flight when its server dies', async () => {
			const { rig, driver } = await open();
			const calls = [1, 2].map(() => driver.call(permit(device.slow), exchange()));
			await until('the slow call began', () => rig.slowHasBegun());
			await rig.kill?.();
			for (const reply of await Promise.all(calls)) {
				expect(reply.ok).toBe(false);
				expect(reply.body.value()).toMatchObject({ code: -32000, message: expect.any(String) });
			}
		});

		test('ends the calls in flight when it is closed', async () => {
			const { rig, driver } = await open();
			const call = driver.call(permit(device.slow), exchange());
			await until('the slow call began', () => rig.slowHasBegun());
			await driver.close();
			expect(isFailure(await call)).toBe(true);
		});

		test('closes as often as it is asked to, within two and a half seconds', async () => {
			const { driver } = await open();
			const began = performance.now();
			await Promise.all([driver.close(), driver.close()]);
			await driver.close();
			expect(performance.now() - began).toBeLessThan(2500);
		});

		test('can be closed without having been opened', async () => {
			await (await make()).driver.close();
		});

		test('answers calls after its end, and before its beginning, with an error', async () => {
			const { driver } = await open();
			await driver.close();
			const { driver: unopened } = await make();
			for (const one of [driver, unopened]) {
				const reply = await one.call(permit(device.echo), exchange());
				expect(reply.ok).toBe(false);
				expect(reply.body.value()).toMatchObject({ code: -32000 });
				one.notify({ method: 'notifications/roots/list_changed', params: undefined, extra: {} });
			}
		});

		test.each<[string, () => unknown]>([
			['no permit', () => undefined],
			['an object that looks like one', () => ({ call: { driver: name, method: 'tools/call', params: {} } })],
			['an object of its prototype', () => Object.create(Permit.prototype)],
			['a proxy of one', () => new Proxy(permit(device.slow), {})],
			['a permit for another driver', () => permitForTool(driverName('other'), ...device.slow)],
		])('does nothing with %s', async (_, forge) => {
			const { rig, driver } = await open();
			await expect(driver.call(forge() as Permit, exchange())).rejects.toMatchObject({ code: 'D106' });
			expect(await rig.slowHasBegun()).toBe(false);
		});

		test('does nothing the second time a permit is used', async () => {
			const { driver } = await open();
			const once = permit(device.echo);
			expect((await driver.call(once, exchange())).ok).toBe(true);
			await expect(driver.call(once, exchange())).rejects.toMatchObject({ code: 'D106' });
		});
	});
}

/** An error reply, or a tool result that says it is one. */
function isFailure(reply: Reply): boolean {
	return !reply.ok || (reply.body.value() as { isError?: Json }).isError === true;
}

function textOf(reply: Reply): string {
	const { content } = reply.body.value() as { content?: readonly { text?: string }[] };
	return (content ?? []).map(({ text }) => text ?? '').join('\n');
}
