// Clients of 2026-07-28 over HTTP: no sessions, so what belongs together is what one caller sends.
import { errorText } from '../abi/problem.ts';
import type { FrontExchange } from '../wire/http-front.ts';
import { Link } from '../wire/link.ts';
import type { Kernel } from './boot.ts';
import { ModernClient } from './modern-client.ts';

/** Above this many, those that have nothing under way are forgotten. */
const manyClients = 1000;

export class ModernFront {
	readonly #kernel: Kernel;
	readonly #random: (bytes: number) => Uint8Array;
	readonly #clients = new Map<string, { readonly client: ModernClient; readonly key: string | undefined }>();

	constructor(kernel: Kernel, random: (bytes: number) => Uint8Array) {
		this.#kernel = kernel;
		this.#random = random;
	}

	/** Answers one request, or takes one notification. */
	serve({ channel, headers, until, memory, keepBody, ...caller }: FrontExchange): void {
		const client = this.#clientOf(caller);
		const link = new Link(channel, { peer: 'client' });
		link
			.start({
				request: (incoming) =>
					client.answer(incoming, {
						notify: (note, related) => link.notify(note, related),
						...{ headers, until, memory, keepBody },
					}),
				note: (note) => client.heard(note),
				close: () => undefined,
				warn: (text) => this.#kernel.log.warn(text),
			})
			.catch((error: unknown) => this.#kernel.log.error(errorText(error)));
	}

	/** Ends what callers with such a key have open, and what waits for them. */
	cutOff(isRevoked: (key: string | undefined) => boolean): void {
		for (const [name, { client, key }] of this.#clients) {
			if (!isRevoked(key)) continue;
			this.#clients.delete(name);
			void client.close();
		}
	}

	async close(): Promise<void> {
		await Promise.all([...this.#clients.values()].map(({ client }) => client.close()));
	}

	#forgetIdle(): void {
		for (const [name, { client }] of this.#clients) if (client.isIdle) this.#clients.delete(name);
	}

	/** One for each caller and key: what one is asked, another can't answer. */
	#clientOf({ principal, agent, key }: Pick<FrontExchange, 'principal' | 'agent' | 'key'>): ModernClient {
		const name = JSON.stringify([principal, agent, key]);
		const held = this.#clients.get(name);
		if (held !== undefined) return held.client;
		const client = new ModernClient({
			kernel: this.#kernel,
			connection: { principal, agent, key, session: this.#kernel.newId(), transport: 'tcp' },
			random: this.#random,
			failed: () => undefined,
			keepsLast: false,
		});
		this.#clients.set(name, { client, key });
		if (this.#clients.size > manyClients) this.#forgetIdle();
		return client;
	}
}
