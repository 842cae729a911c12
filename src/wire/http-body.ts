// Reads the body of an HTTP request, up to a limit.
import type { IncomingMessage } from 'node:http';

/** The whole body; `gone` when the client broke off or was too slow. After `too large` the rest is still unread. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too large' | 'gone'> {
	if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too large';
	const chunks: Buffer[] = [];
	let size = 0;
	try {
		for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
			size += chunk.length;
			if (size > maxBytes) return 'too large';
			chunks.push(chunk);
		}
	} catch {
		// The connection broke, or was too slow; nobody is left to answer.
		return 'gone';
	}
	return Buffer.concat(chunks, size);
}
