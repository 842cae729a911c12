// How fast calls are on one way.

import { median } from '../median.ts';
import type { Client, ToolNames } from './client.ts';

export interface Speed {
	/** Microseconds; half of the calls take longer. */
	readonly aloneUs: number;
	/** With `atOnce` calls in flight. */
	readonly perSecond: number;
	/** Microseconds of a result of `largeBytes`. */
	readonly largeUs: number;
}

export interface Plan {
	readonly warmUp: number;
	readonly calls: number;
	readonly largeCalls: number;
	/** Nothing but the warming up goes on for longer: a slow way makes fewer calls. */
	readonly mostMs?: number;
}

export const atOnce = 32;
export const largeBytes = 1 << 20;

/** Of a client that was introduced. Every answer to a short call is compared with what was sent. */
export async function speedOf(client: Client, names: ToolNames, plan: Plan): Promise<Speed> {
	const { warmUp, calls, largeCalls, mostMs = Number.POSITIVE_INFINITY } = plan;
	// The same for all, however long it takes: what is not warm is another program.
	await inTurn(warmUp, Number.POSITIVE_INFINITY, (call) => echoed(client, names.echo, call));
	const alone = await inTurn(calls, mostMs, (call) => echoed(client, names.echo, call));
	let given = 0;
	const began = performance.now();
	await Promise.all(
		Array.from({ length: atOnce }, async () => {
			while (given < calls && performance.now() - began < mostMs) await echoed(client, names.echo, given++);
		}),
	);
	const togetherMs = performance.now() - began;
	const large = await inTurn(largeCalls, mostMs, () => blob(client, names.blob));
	return { aloneUs: median(alone) * 1000, perSecond: (given / togetherMs) * 1000, largeUs: median(large) * 1000 };
}

/** Milliseconds of each. */
async function inTurn(most: number, mostMs: number, run: (call: number) => Promise<void>): Promise<readonly number[]> {
	const times: number[] = [];
	const began = performance.now();
	for (let call = 0; call < most && performance.now() - began < mostMs; call++) {
		const start = performance.now();
		await run(call);
		times.push(performance.now() - start);
	}
	return times;
}

async function echoed(client: Client, name: string, call: number): Promise<void> {
	const answer = await client.ask('tools/call', { name, arguments: { message: `call ${call}` } });
	if (answer.result?.content?.[0]?.text !== `call ${call}`) throw new Error(`not an echo: ${JSON.stringify(answer)}`);
}

async function blob(client: Client, name: string): Promise<void> {
	const answer = await client.ask('tools/call', { name, arguments: { bytes: largeBytes } });
	const { length } = answer.result?.content?.[0]?.text ?? '';
	if (length !== largeBytes) throw new Error(`a result of ${length} bytes`);
}
