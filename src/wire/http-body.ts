// Reads the body of an HTTP request, up to a limit.
import type { IncomingMessage } from 'node:http';

export const defaultMaxBodyBytes = 64 * 1024 * 1024;

/**
 * The whole body; `gone` when the client broke off or was too slow. `hold` is asked whether so many more bytes may be kept.
 * After `too large` and `too many` the rest is still unread.
 */
export async function readBody(
	request: IncomingMessage,
	maxBytes: number,
	hold: (bytes: number) => boolean,
): Promise<Buffer | 'too large' | 'too many' | 'gone'> {
	if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too large';
	const chunks: Buffer[] = [];
	let size = 0;
	try {
		for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
			size += chunk.length;
			if (size > maxBytes) return 'too large';
			if (!hold(chunk.length)) return 'too many';
			chunks.push(chunk);
		}
	} catch {
		// The connection broke, or was too slow; nobody is left to answer.
		return 'gone';
	}
	return Buffer.concat(chunks, size);
}
