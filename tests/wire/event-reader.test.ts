// Server-sent events: the same events whatever the portions, and none that was cut off.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventReader } from '../../src/wire/event-reader.ts';

function read(portions: readonly string[], maxLength = 1000): string[] {
	const seen: string[] = [];
	const reader = new EventReader(maxLength, {
		event: ({ type, data }) => seen.push(`${type}=${data}`),
		id: (id) => seen.push(`#${id}`),
		retry: (ms) => seen.push(`@${ms}`),
	});
	for (const portion of portions) reader.push(portion);
	return seen;
}

describe('events', () => {
	test.each<[string, string[]]>([
		['data: a\n\n', ['message=a']],
		['data:a\n\n', ['message=a']],
		['data:  a\n\n', ['message= a']],
		['data: a\ndata: b\n\n', ['message=a\nb']],
		['data: a\r\n\r\ndata: b\r\rdata: c\n\n', ['message=a', 'message=b', 'message=c']],
		['event: ping\ndata: 1\n\ndata: 2\n\n', ['ping=1', 'message=2']],
		[': comment\n\ndata: a\n: another\n\n', ['message=a']],
		['id: 7\ndata: a\n\n', ['#7', 'message=a']],
		['id: 7\ndata:\n\n', ['#7']],
		['id: 7\nretry: 500\ndata: \n\n', ['@500', '#7']],
		['id\ndata: a\n\n', ['#', 'message=a']],
		['id: a\0b\n\n', []],
		['retry: soon\nretry: -1\nretry: 1.5\n\n', []],
		['data\n\n', []],
		['unknown: x\ndata: a\n\n', ['message=a']],
		['data: a\u2028b\u0085\n\n', ['message=a\u2028b\u0085']],
		['data: cut off', []],
		['id: 9\ndata: cut off\n', []],
		['\n\n\n', []],
	])('%j', (text, expected) => {
		expect(read([text])).toEqual(expected);
		expect(read([...text])).toEqual(expected);
	});

	test('portions change nothing', () => {
		const line = fc.oneof(
			fc.constantFrom('data: x', 'data:', 'id: 1', 'event: e', 'retry: 5', ': c', '', ''),
			fc.string().map((text) => `data: ${text}`),
		);
		const text = fc
			.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')).map((parts) => parts.join('')))
			.map((all) => all.join(''));
		fc.assert(
			fc.property(text, fc.array(fc.nat()), (whole, cuts) => {
				const at = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
				expect(read(at.slice(1).map((end, index) => whole.slice(at[index], end)))).toEqual(read([whole]));
			}),
			{ numRuns: 2000 },
		);
	});

	test('an event over the limit is an error, however it is spelled', () => {
		for (const text of ['x'.repeat(1001), `data: ${'x'.repeat(1000)}`, 'data: 123456\n'.repeat(200)]) {
			expect(() => read([text])).toThrow(/more than 1000 characters/);
		}
		expect(read(['data: 123456\n\n: comment\n'.repeat(500)])).toHaveLength(500);
	});

	test('a long line in small portions costs linear time', () => {
		const started = performance.now();
		const portions = ['data: ', ...Array.from({ length: 200_000 }, () => 'x'.repeat(50)), '\n\n'];
		expect(read(portions, 20_000_000)[0]).toHaveLength('message='.length + 10_000_000);
		expect(performance.now() - started).toBeLessThan(10_000);
	});
});
