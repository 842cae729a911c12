// What a runner says on its status descriptor, word by word.
import type { Readable } from 'node:stream';
import { type RunnerWord, runnerWords } from './frames.ts';

export interface Status {
	/** The runner waits for the descriptors of a trap. Undefined: it ended before. */
	readonly listening: Promise<true | undefined>;
	/** How its program ended or why it did not start; undefined when the runner was ended itself. */
	readonly last: Promise<Exclude<RunnerWord, { is: 'listening' }> | undefined>;
}

/** Follows the words until the stream ends. What no runner says ends it too. */
export function followStatus(stream: Readable): Status {
	let hear: (value: true | undefined) => void = () => undefined;
	const listening = new Promise<true | undefined>((resolve) => {
		hear = resolve;
	});
	const last = new Promise<Awaited<Status['last']>>((resolve) => {
		let bytes: Buffer = Buffer.alloc(0);
		let final: Awaited<Status['last']>;
		const end = () => {
			hear(undefined);
			resolve(final);
		};
		stream.on('data', (chunk: Buffer) => {
			try {
				const { words, rest } = runnerWords(Buffer.concat([bytes, chunk]));
				bytes = rest;
				for (const word of words) {
					if (word.is === 'listening') hear(true);
					else final ??= word;
				}
			} catch {
				stream.destroy();
			}
		});
		stream.on('error', () => undefined);
		stream.once('close', end);
	});
	return { listening, last };
}
