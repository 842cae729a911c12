// What is answered beside /mcp: health, and pages that the kernel brings.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Admission, HttpCaller } from './http-admission.ts';
import { refuse, refuseStranger, sendJson } from './http-answer.ts';

export interface HttpPage {
	/** Who may read it; absent: everybody. */
	readonly isFor?: (caller: HttpCaller) => boolean;
	readonly type: string;
	read(): PageText | Promise<PageText>;
}

export interface PageText {
	readonly status: number;
	readonly text: string;
}

const alive: HttpPage = { type: 'application/json', read: () => ({ status: 200, text: '{"status":"ok"}' }) };

/** Answers a request for anything but /mcp. The path is taken as it was sent: what is spelled another way is not there. */
export async function answerPage(
	path: string | undefined,
	pages: ReadonlyMap<string, HttpPage> | undefined,
	admission: Admission,
	{ request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
	const page = path === '/healthz' ? alive : path === undefined ? undefined : pages?.get(path);
	if (page === undefined) return refuseStranger(response, 404, -32000, 'no such path; MCP is at /mcp');
	if (request.method !== 'GET' && request.method !== 'HEAD') {
		return refuse(response, 405, -32000, 'method not allowed', { headers: { allow: 'GET, HEAD' } });
	}
	if (page.isFor !== undefined) {
		const caller = await admission.admit(request, response);
		if (caller === undefined) return;
		if (!page.isFor(caller)) return refuse(response, 403, -32000, 'not for this caller');
	}
	const { status, text } = await page.read();
	void sendJson(response, status, text, { 'content-type': page.type });
}
