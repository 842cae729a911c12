// Messages by lines over a process's standard input and output.
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Edge } from './client.ts';

const newline = 0x0a;

export function openStdio(
	{ stdin, stdout }: ChildProcessByStdio<Writable, Readable, null>,
	take: (text: string) => void,
): Edge {
	let parts: Buffer[] = [];
	stdout.on('data', (chunk: Buffer) => {
		let start = 0;
		for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
			const rest = chunk.subarray(start, end);
			take((parts.length === 0 ? rest : Buffer.concat([...parts, rest])).toString());
			parts = [];
			start = end + 1;
		}
		if (start < chunk.length) parts.push(chunk.subarray(start));
	});
	// Whoever asks learns of the end of the process.
	stdin.on('error', () => {});
	return {
		send: (text) => void stdin.write(`${text}\n`),
		close: () => void stdin.end(),
	};
}
