// A kernel's side of a driver, as small as tests need it.
import type { CancelSignal } from '../../../src/abi/cancel.ts';
import type { DriverHost, DriverTrouble, Exchange, Hello, Introduction, Note, Reply } from '../../../src/abi/driver.ts';
import type { JsonObject } from '../../../src/abi/json.ts';
import { type DriverName, parseDriverName } from '../../../src/abi/names.ts';
import { errorReply, resultReply } from '../../../src/wire/message.ts';

export const hello: Hello = {
	protocolVersion: '2025-11-25',
	capabilities: { roots: {}, sampling: {} },
	clientInfo: { name: 'test-client', version: '1.0.0' },
};

export function driverName(text: string): DriverName {
	const name = parseDriverName(text);
	if (name === undefined) throw new TypeError(`${text} is no driver name`);
	return name;
}

/** Everything a driver told it, in order. */
export interface RecordingHost extends DriverHost {
	readonly requests: { readonly method: string; readonly params: JsonObject | undefined }[];
	readonly notes: Note[];
	readonly downs: { readonly trouble: DriverTrouble; readonly retryInMs: number | undefined }[];
	readonly ups: Introduction[];
	readonly lines: string[];
}

/** `answer` gives the client's answer to what servers ask. */
export function recordingHost(
	answer: (method: string, params: JsonObject | undefined, signal: CancelSignal) => Reply | Promise<Reply> = (
		method,
	) =>
		method === 'roots/list'
			? resultReply({ roots: [{ uri: 'file:///here', name: 'here' }] })
			: method === 'sampling/createMessage'
				? resultReply({ role: 'assistant', content: { type: 'text', text: 'sampled' }, model: 'none' })
				: errorReply(-32601, `no ${method} here`),
): RecordingHost {
	const host: RecordingHost = {
		requests: [],
		notes: [],
		downs: [],
		ups: [],
		lines: [],
		async request(method, params, _extra, signal) {
			host.requests.push({ method, params });
			return answer(method, params, signal);
		},
		note: (note) => void host.notes.push(note),
		down: (trouble, retryInMs) => void host.downs.push({ trouble, retryInMs }),
		up: (introduction) => void host.ups.push(introduction),
		log: (level, message) => void host.lines.push(`${level}: ${message}`),
	};
	return host;
}

/** What a call that nobody cancels may do; progress is kept. */
export function exchange(
	signal: AbortSignal = new AbortController().signal,
): Exchange & { readonly progressed: Note[] } {
	const progressed: Note[] = [];
	return { signal, progressed, progress: (note) => void progressed.push(note) };
}
