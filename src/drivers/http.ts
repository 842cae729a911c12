// A driver whose server is somewhere else, reached over Streamable HTTP.
import type { Driver } from '../abi/driver.ts';
import { httpChannel } from '../wire/http-client.ts';
import { type RemoteConfig, type RemoteDeps, RemoteDriver } from './remote.ts';

export interface HttpConfig extends RemoteConfig {
	readonly url: string;
	/** Sent with every request, and never logged. */
	readonly headers: Readonly<Record<string, string>>;
}

export interface HttpDeps extends RemoteDeps {
	/** Default the platform's. */
	readonly fetch?: typeof fetch;
}

/** A session that the server ended (404) is a connection that broke: it is down, and introduces itself anew. */
export function httpDriver(config: HttpConfig, deps: HttpDeps): Driver {
	return new RemoteDriver(config, deps, async () => {
		const channel = httpChannel({
			url: config.url,
			headers: config.headers,
			...(deps.fetch === undefined ? {} : { fetch: deps.fetch }),
		});
		return {
			channel,
			get trouble() {
				return channel.trouble;
			},
			end: () => Promise.resolve(),
		};
	});
}
