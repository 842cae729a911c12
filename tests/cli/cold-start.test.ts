// While the program starts nothing is optimized; afterwards everything is, and each command says when that is.
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCold } from '../../src/cli/cold-start.ts';
import { makePlace, type Place } from './support.ts';

/** Of what V8 says about a function. */
const optimizedBit = 1 << 4;

function freshFunction(): { readonly call: (value: number) => number; readonly isOptimized: () => boolean } {
	setFlagsFromString('--allow-natives-syntax');
	const call = new Function('value', 'let sum = 0; for (let at = 0; at < 100; at++) sum += at ^ value; return sum;');
	const status = new Function('call', 'return %GetOptimizationStatus(call)');
	setFlagsFromString('--no-allow-natives-syntax');
	return {
		call: call as (value: number) => number,
		isOptimized: () => (status(call) & optimizedBit) !== 0,
	};
}

const is20 = process.versions.node.startsWith('20.');

describe.runIf(is20)('on Node 20', () => {
	test('nothing is optimized until the start is over, and then it is', async () => {
		const { call, isOptimized } = freshFunction();
		const started = startCold();
		try {
			for (let count = 0; count < 100_000; count++) call(count);
			await setTimeout(10);
			call(0);
			expect(isOptimized()).toBe(false);
		} finally {
			started();
		}
		while (!isOptimized()) {
			for (let count = 0; count < 100_000; count++) call(count);
			await setTimeout(1);
		}
	});
});

test('later versions are left alone', async () => {
	const { call, isOptimized } = freshFunction();
	const started = startCold({ node: '22.0.0' });
	while (!isOptimized()) {
		for (let count = 0; count < 100_000; count++) call(count);
		await setTimeout(1);
	}
	started();
});

describe('a command', () => {
	let place: Place;
	beforeAll(() => {
		place = makePlace({ 'trapgate.yaml': 'version: 1\n', 'broken.yaml': 'version: 2\n' });
	});
	afterAll(() => place.remove());

	const startsOf = async (...argv: string[]) => {
		let starts = 0;
		await place.run(argv, { onStarted: () => starts++ });
		return starts;
	};

	test('is started when it is loaded', async () => {
		expect(await startsOf('check', '--config', 'broken.yaml')).toBe(1);
	});

	test('is started, if it serves, when it does', async () => {
		expect(await startsOf('run', '--quiet', '--config', 'trapgate.yaml')).toBe(1);
		expect(await startsOf('run', '--quiet', '--config', 'broken.yaml')).toBe(0);
	});
});
