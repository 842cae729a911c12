// Metrics: the text that Prometheus reads, and that nobody can make it grow or say something else.
import { expect, test } from 'vitest';
import { Exposition } from '../../src/kernel/exposition.ts';
import { makeMetrics } from '../../src/kernel/metrics.ts';
import { type Decided, together } from '../../src/kernel/observer.ts';

/** One line of a sample, as the text format 0.0.4 spells it. */
const sample = /^[a-z_]+(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})? -?[0-9.e+-]+$/;

const decided = (tool: string, verdict = 'allowed', method = 'tools/call'): Decided =>
	({
		asked: {
			id: 'x',
			driver: 'd',
			method,
			params: { name: tool, arguments: { secret: 's3cret' } },
			caller: { agent: 'alice' },
		},
		decision: { verdict, acted: true, because: [] },
		final: false,
		revision: 'r',
		policyMs: 2,
	}) as unknown as Decided;

const make = () =>
	makeMetrics({ version: '1"2', startedAt: 5000, usage: () => ({ residentBytes: 7, cpuSeconds: 0.5 }) });

test('calls are counted by verdict, driver and tool, times in seconds, and no argument or agent is in it', () => {
	const { observer, text, turnedAway, dropped } = make();
	const key = {};
	observer.decided(key, decided('read'));
	observer.completed(key, { finished: { redacted: 3, reply: {} } as never, isError: true, driverMs: 20 });
	observer.decided({}, decided('read', 'denied'));
	turnedAway('token');
	dropped('unread');
	const lines = text().split('\n');
	for (const line of [
		'trapgate_build_info{version="1\\"2"} 1',
		'trapgate_calls_total{method="tools/call",driver="d",tool="read",decision="allowed",acted="true"} 1',
		'trapgate_calls_total{method="tools/call",driver="d",tool="read",decision="denied",acted="true"} 1',
		'trapgate_call_errors_total{driver="d"} 1',
		'trapgate_policy_duration_seconds_bucket{le="0.001"} 0',
		'trapgate_policy_duration_seconds_bucket{le="0.0025"} 2',
		'trapgate_policy_duration_seconds_bucket{le="+Inf"} 2',
		'trapgate_policy_duration_seconds_sum 0.004',
		'trapgate_policy_duration_seconds_count 2',
		'trapgate_driver_duration_seconds_bucket{driver="d",le="0.01"} 0',
		'trapgate_driver_duration_seconds_bucket{driver="d",le="0.05"} 1',
		'trapgate_redactions_total 3',
		'trapgate_truncations_total 0',
		'trapgate_http_turned_away_total{reason="token"} 1',
		'trapgate_http_dropped_total{reason="unread"} 1',
		'process_resident_memory_bytes 7',
		'process_start_time_seconds 5',
	]) {
		expect(lines).toContain(line);
	}
	expect(text()).not.toMatch(/s3cret|alice/);
	expect(text().endsWith('\n')).toBe(true);
	for (const line of lines.filter((one) => one !== '' && !one.startsWith('#'))) expect(line).toMatch(sample);
	const names = lines.filter((one) => one.startsWith('# TYPE')).map((one) => one.split(' ')[2] ?? '');
	expect(new Set(names).size).toBe(names.length);
	for (const line of lines.filter((one) => one.startsWith('# TYPE') && one.endsWith(' counter'))) {
		expect(line).toMatch(/_total counter$/);
	}
});

test('names that clients and servers invent make no rows without end, and end no line', () => {
	const { observer, text } = make();
	for (let at = 0; at < 5000; at += 1) {
		observer.decided({}, decided(`tool-${at}`));
		observer.decided({}, decided('x', 'allowed', `vendor/${at}`));
		observer.unknown?.('tool', 'hidden');
	}
	observer.decided({}, decided('evil"} 1\nforged_total 1\\'));
	const rows = text()
		.split('\n')
		.filter((line) => line.startsWith('trapgate_calls_total'));
	expect(rows.length).toBeLessThanOrEqual(1001);
	expect(rows.filter((row) => row.includes('vendor'))).toEqual([]);
	expect(rows.some((row) => row.includes('tool="other"'))).toBe(true);
	expect(text()).not.toMatch(/^forged/m);
});

test('a label can neither leave its quotes nor paint a terminal', () => {
	const book = new Exposition();
	book.counter('c_total', 'C.', ['l'])({ l: `a"b\\c\nd\u001b[2J${'x'.repeat(500)}` });
	const [, , line = ''] = book.text().split('\n');
	expect(line).toMatch(sample);
	expect(line).toContain('a\\"b\\\\c\\nd?[2J');
	expect(line.length).toBeLessThan(250);
});

test('an observer that throws is heard of and stops neither the others nor the call', () => {
	const said: string[] = [];
	const heard: unknown[] = [];
	const all = together(
		[
			{
				decided: () => {
					throw new Error('full');
				},
				completed: () => undefined,
			},
			{ decided: (key) => heard.push(key), completed: () => undefined },
		],
		(text) => said.push(text),
	);
	const key = {};
	all?.decided(key, decided('x'));
	expect(heard).toEqual([key]);
	expect(said).toHaveLength(1);
	expect(together([], () => undefined)).toBeUndefined();
});
