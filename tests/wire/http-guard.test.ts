// What is remembered about headers is what would be found by looking again.
import { expect, test } from 'vitest';
import { accepts, isAllowedHost, remembering, repeatedHeader } from '../../src/wire/http-guard.ts';

test('a verdict is the same the second time, and no other header’s', () => {
	const judge = remembering((host) => isAllowedHost(host, { host: '127.0.0.1' }));
	const hosts = ['localhost:1', 'evil.example', '127.0.0.1', '', 'localhost.evil.example', '[::1]:80'];
	const once = hosts.map((host) => isAllowedHost(host, { host: '127.0.0.1' }));
	expect(once).toEqual([true, false, true, false, false, true]);
	for (let round = 0; round < 3; round++) expect(hosts.map(judge)).toEqual(once);
});

test('what is remembered is bounded: in number, and in length', () => {
	let judged = 0;
	const judge = remembering((accept) => {
		judged += 1;
		return accepts(accept, 'text/event-stream');
	});
	const long = `text/event-stream${' '.repeat(500)}`;
	expect([judge(long), judge(long), judged]).toEqual([true, true, 2]);
	for (let at = 0; at < 64; at++) judge(`text/${at}`);
	judged = 0;
	expect([judge('text/event-stream'), judge('text/1'), judged]).toEqual([true, false, 2]);
});

test.each([
	[['Host', 'a', 'Mcp-Param-X', '1', 'mcp-param-x', '1'], { host: 'a', 'mcp-param-x': '1, 1' }, 'mcp-param-x'],
	[['Host', 'a', 'Accept', 'b', 'accept', 'c'], { host: 'a', accept: 'b, c' }, undefined],
	[['Host', 'a', 'Origin', 'b'], { host: 'a', origin: 'b' }, undefined],
	[['Host', 'a', 'host', 'b'], { host: 'a' }, 'host'],
])('of %j, what stands twice is found', (rawHeaders, headers, found) => {
	expect(repeatedHeader({ rawHeaders, headers } as never)).toBe(found);
});
