// What is counted: calls by verdict and driver, how long they took, who was turned away.
import { targetOf } from '../abi/syscall.ts';
import { Exposition } from './exposition.ts';
import type { Observer } from './observer.ts';

export interface MetricsOptions {
	readonly version: string;
	/** Milliseconds since the epoch. */
	readonly startedAt: number;
	readonly usage: () => { readonly residentBytes: number; readonly cpuSeconds: number };
}

export interface Metrics {
	readonly observer: Observer;
	readonly turnedAway: (why: string) => void;
	readonly dropped: (why: string) => void;
	/** What the HTTP front can tell of itself. */
	watchFront(read: { readonly sessions: () => number; readonly requests: () => number }): void;
	text(): string;
}

const policyBounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2];
const driverBounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300];
/** Methods that MCP defines; a vendor's own are one row, for a client can invent as many as it likes. */
const knownMethods: ReadonlySet<string> = new Set([
	...['tools/call', 'resources/read', 'resources/subscribe', 'resources/unsubscribe', 'prompts/get'],
	...['completion/complete', 'tasks/get', 'tasks/result', 'tasks/list', 'tasks/cancel', 'logging/setLevel'],
]);

/** Names by the conventions of Prometheus: base units, `_total` for what only grows. No arguments, no agents, no sessions. */
export function makeMetrics({ version, startedAt, usage }: MetricsOptions): Metrics {
	const book = new Exposition();
	book.gauge('trapgate_build_info', 'The version that runs.', () => 1, 'gauge', { version });
	const calls = book.counter('trapgate_calls_total', 'Calls that were decided, by verdict.', [
		...['method', 'driver', 'tool', 'decision', 'acted'],
	]);
	const errors = book.counter('trapgate_call_errors_total', 'Calls that ran and whose answer was an error.', [
		'driver',
	]);
	const policy = book.histogram('trapgate_policy_duration_seconds', 'Time to a verdict.', policyBounds);
	const driver = book.histogram(
		'trapgate_driver_duration_seconds',
		'Time from the verdict to the answer of the driver.',
		driverBounds,
		['driver'],
	);
	const redacted = book.counter('trapgate_redactions_total', 'Places that were taken out of results.');
	const truncated = book.counter('trapgate_truncations_total', 'Results that were shortened.');
	const withheld = book.counter(
		'trapgate_withheld_total',
		'Results that were withheld because a rule could not be applied.',
	);
	const unwritten = book.counter('trapgate_audit_failures_total', 'Records that could not be written.');
	const reloads = book.counter('trapgate_policy_reloads_total', 'Edited policies, taken up or not.', ['accepted']);
	const drivers = book.counter('trapgate_driver_changes_total', 'Drivers that came up or went down.', [
		'driver',
		'state',
	]);
	const turned = book.counter('trapgate_http_turned_away_total', 'HTTP requests whose caller was not let in.', [
		'reason',
	]);
	const dropped = book.counter(
		'trapgate_http_dropped_total',
		'What was cut off or dropped because an HTTP client did not read it or was gone.',
		['reason'],
	);
	book.gauge('process_resident_memory_bytes', 'Resident memory.', () => usage().residentBytes);
	book.gauge('process_cpu_seconds_total', 'Processor time, user and system.', () => usage().cpuSeconds, 'counter');
	book.gauge('process_start_time_seconds', 'When the process started, since the epoch.', () => startedAt / 1000);

	const names = new WeakMap<object, string>();
	return {
		observer: {
			decided(key, { asked, decision, policyMs }) {
				const target = targetOf(asked);
				const method = knownMethods.has(asked.method) ? asked.method : 'other';
				const tool = target.kind === 'tool' ? target.tool : '';
				calls({ method, driver: asked.driver, tool, decision: decision.verdict, acted: String(decision.acted) });
				if (policyMs !== undefined) policy({}, policyMs / 1000);
				names.set(key, asked.driver);
			},
			completed(key, { finished, isError, driverMs }) {
				const name = names.get(key) ?? '';
				if (isError) errors({ driver: name });
				if (driverMs !== undefined) driver({ driver: name }, driverMs / 1000);
				if (finished.redacted > 0) redacted({}, finished.redacted);
				if (finished.truncated !== undefined) truncated();
				if (finished.error !== undefined) withheld();
			},
			unknown(kind, decision) {
				const methods = { tool: 'tools/call', prompt: 'prompts/get', resource: 'resources/read' };
				// Names that nothing has are the client's invention, so they are no label.
				calls({ method: methods[kind], driver: '', tool: '', decision, acted: 'true' });
			},
			unwritten: () => unwritten(),
			reloaded: (accepted) => reloads({ accepted: String(accepted) }),
			driver: (name, state) => drivers({ driver: name, state }),
		},
		turnedAway: (reason) => turned({ reason }),
		dropped: (reason) => dropped({ reason }),
		watchFront({ sessions, requests }) {
			book.gauge('trapgate_http_sessions', 'HTTP sessions that are open.', sessions);
			book.gauge('trapgate_http_open_requests', 'HTTP requests and streams of callers that are open.', requests);
		},
		text: () => book.text(),
	};
}
