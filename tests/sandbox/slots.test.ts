import { expect, test } from 'vitest';
import { Slots } from '../../src/sandbox/slots.ts';

test('so many at once on each level; whoever comes later waits for one to end', async () => {
	const slots = new Slots({ atOnce: 2, inAll: 10 });
	const [first] = await Promise.all([slots.take(1), slots.take(1)]);
	const order: string[] = [];
	const third = slots.take(1).then((free) => {
		order.push('third');
		return free;
	});
	const fourth = slots.take(1).then(() => order.push('fourth'));
	// Another level has slots of its own: what runs on the first can always get on with what it started.
	expect(await slots.take(2)).toBeTypeOf('function');
	expect(order).toEqual([]);
	first?.();
	first?.();
	const free = await third;
	expect(order).toEqual(['third']);
	free?.();
	await fourth;
	expect(order).toEqual(['third', 'fourth']);
});

test('so many in all, however short they lived', async () => {
	const slots = new Slots({ atOnce: 2, inAll: 3 });
	for (let taken = 0; taken < 3; taken++) (await slots.take(taken))?.();
	expect(await slots.take(1)).toBeUndefined();
});
