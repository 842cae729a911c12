// How often drivers may ask one client: within one call, and at once.
import { describe, expect, test } from 'vitest';
import type { Reply } from '../../src/abi/driver.ts';
import type { DriverName } from '../../src/abi/names.ts';
import { Questions } from '../../src/kernel/questions.ts';
import { resultReply } from '../../src/wire/message.ts';

const driver = 'd' as DriverName;
const newCall = () => ({ asked: 0, isWarned: false });
const answered = async () => resultReply({});

function make() {
	const warnings: string[] = [];
	const questions = new Questions((text) => warnings.push(text));
	return {
		warnings,
		put: (calls: { asked: number; isWarned: boolean }[], method = 'roots/list', ask: () => Promise<Reply> = answered) =>
			questions.put({ driver, method }, calls, ask),
	};
}

/** How many of so many questions, one after the other, were asked. */
async function asked(count: number, put: () => Promise<Reply>): Promise<number> {
	let ok = 0;
	for (let at = 0; at < count; at += 1) if ((await put()).ok) ok += 1;
	return ok;
}

describe('within one call', () => {
	test('a client is asked 32 times, then the driver is told, and the log once', async () => {
		const { put, warnings } = make();
		const calls = [newCall()];
		expect(await asked(50, () => put(calls))).toBe(32);
		expect((await put(calls)).body.value()).toMatchObject({ code: -32603, message: expect.stringContaining('32') });
		expect(warnings).toEqual([expect.stringContaining('d asked its client more than 32 times')]);
		const others = [newCall()];
		expect(await asked(50, () => put(others))).toBe(32);
		expect(warnings).toHaveLength(2);
	});

	test('each of those it could be about has its own', async () => {
		const { put } = make();
		const calls = [newCall(), newCall(), newCall()];
		expect(await asked(200, () => put(calls))).toBe(96);
	});

	test('looking after a task of the client counts as nothing new', async () => {
		const { put } = make();
		const calls = [newCall()];
		expect(await asked(100, () => put(calls, 'tasks/get'))).toBe(100);
		expect(await asked(50, () => put(calls))).toBe(32);
	});
});

describe('at once', () => {
	test('a hundred questions wait for one client, whatever they are about; then there is room again', async () => {
		const { put, warnings } = make();
		const answers: (() => void)[] = [];
		const waiting = () => new Promise<Reply>((resolve) => answers.push(() => resolve(resultReply({}))));
		const asking = Array.from({ length: 100 }, (_, at) => put(at % 2 === 0 ? [] : [newCall()], 'roots/list', waiting));
		for (const method of ['roots/list', 'tasks/get']) expect((await put([], method)).ok).toBe(false);
		expect(warnings).toEqual([expect.stringContaining('100')]);
		const call = newCall();
		expect((await put([call])).ok).toBe(false);
		expect(call.asked).toBe(0);
		answers[0]?.();
		await asking[0];
		expect((await put([call])).ok).toBe(true);
		for (const answer of answers) answer();
		expect((await Promise.all(asking)).every(({ ok }) => ok)).toBe(true);
	});

	test('a question that fails leaves its place', async () => {
		const { put } = make();
		for (let at = 0; at < 150; at += 1)
			await put([], 'roots/list', () => Promise.reject(new Error('x'))).catch(() => undefined);
		expect((await put([])).ok).toBe(true);
	});
});
