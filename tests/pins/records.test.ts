// The members of records in the log: whoever reads logs with a program relies on these names.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Pinned, startPinned } from './support.ts';

let kernel: Pinned;
beforeAll(async () => {
	kernel = await startPinned();
	await kernel.call('good__echo', { text: 'hi' });
	await kernel.call('good__echo', { text: 'old' });
	await kernel.call('good__echo', { text: 'LOUD' });
	await kernel.call('good__nothing');
	await kernel.ask('resources/read', { uri: 'memo://b' });
});
afterAll(() => kernel.end());

const chained = ['v', 'seq', 'time', 'event', 'run', 'prev', 'hash'];
const asked = [...chained, 'id', 'agent', 'user', 'policy_rev', 'mode', 'method', 'driver', 'decision', 'acted'];
const told = [...asked, 'rules', 'told_agent'];
const keysOf = (record: Record<string, unknown> | undefined) => Object.keys(record ?? {}).sort();
const decided = (wants: (record: Record<string, unknown>) => boolean) =>
	kernel.site.records().find((record) => record['event'] === 'decided' && wants(record));

test('decided, of a call that runs', () => {
	const record = decided((record) => record['decision'] === 'allowed');
	expect(keysOf(record)).toEqual([...told, 'tool', 'tools_rev', 'args', 'ms'].sort());
	expect(record).toMatchObject({
		v: 1,
		method: 'tools/call',
		driver: 'good',
		tool: 'good/echo',
		decision: 'allowed',
		acted: true,
		mode: 'enforce',
		rules: ['allow-all'],
		agent: { id: 'pin' },
		args: { level: 'redacted', value: { text: 'hi' } },
	});
});

test('completed, with the id of its decided', () => {
	const { id } = decided((record) => record['decision'] === 'allowed') ?? {};
	const record = kernel.site.records().find((one) => one['event'] === 'completed' && one['id'] === id);
	expect(keysOf(record)).toEqual([...chained, 'id', 'result', 'ms'].sort());
	expect(keysOf(record?.['result'] as Record<string, unknown>)).toEqual(['bytes', 'is_error', 'redacted', 'tokens']);
	expect(keysOf(record?.['ms'] as Record<string, unknown>)).toEqual(['driver']);
});

test('decided, of a call that ran in another form', () => {
	const record = decided((record) => record['decision'] === 'rewritten');
	expect(keysOf(record)).toEqual([...told, 'tool', 'tools_rev', 'args', 'changed', 'reason', 'ms'].sort());
	expect(record?.['changed']).toEqual([{ path: '/text', from: 'old', to: 'new', rule: 'new-words' }]);
});

test('decided, of a call that was refused', () => {
	const record = decided((record) => record['decision'] === 'denied' && record['tool'] === 'good/echo');
	expect(keysOf(record)).toEqual(
		[...told, 'tool', 'tools_rev', 'args', 'final', 'reason', 'instead', 'fp', 'repeat'].sort(),
	);
	expect(record).toMatchObject({ final: true, repeat: 1, told_agent: true });
});

test('decided, of a name that nobody has', () => {
	const record = decided((record) => record['decision'] === 'hidden');
	expect(keysOf(record)).toEqual([...told, 'tool', 'final', 'reason', 'fp'].sort());
	expect(record).toMatchObject({ driver: '', tool: 'good__nothing', rules: [], final: true });
});

test('decided, of a resource', () => {
	const record = decided((record) => record['resource'] === 'memo://b');
	expect(keysOf(record)).toEqual([...told, 'resource', 'final', 'reason', 'instead', 'fp', 'repeat'].sort());
});
