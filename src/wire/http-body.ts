// Reads the body of an HTTP request, up to a limit.
import type { IncomingMessage } from 'node:http';

export const defaultMaxBodyBytes = 64 * 1024 * 1024;

/**
 * The whole body; `gone` when the client broke off or was too slow. `hold` is asked whether so many more bytes may be kept.
 * After `too large` and `too many` the rest is still unread.
 */
export function readBody(
	request: IncomingMessage,
	maxBytes: number,
	hold: (bytes: number) => boolean,
): Promise<Buffer | 'too large' | 'too many' | 'gone'> {
	if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve('too large');
	if (request.destroyed) return Promise.resolve('gone');
	return new Promise((resolve) => {
		const chunks: Buffer[] = [];
		let size = 0;
		const settle = (found: Buffer | 'too large' | 'too many' | 'gone') => {
			request.off('data', onData).off('end', onEnd).off('close', onClose);
			resolve(found);
		};
		const refuse = (why: 'too large' | 'too many') => {
			request.pause();
			settle(why);
		};
		const onData = (chunk: Buffer) => {
			size += chunk.length;
			if (size > maxBytes) refuse('too large');
			else if (hold(chunk.length)) chunks.push(chunk);
			else refuse('too many');
		};
		const onEnd = () => settle(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
		// The connection broke, or was too slow; nobody is left to answer.
		const onClose = () => settle('gone');
		// Stays for good: an error that nobody listens to would end the process. A close follows it.
		request.on('error', () => undefined);
		request.on('data', onData).on('end', onEnd).on('close', onClose);
	});
}
