// A driver whose server is somewhere else, reached over Streamable HTTP.
import type { Driver } from '../abi/driver.ts';
import { TrapgateError } from '../abi/problem.ts';
import { httpChannel } from '../wire/http-client.ts';
import { modernHttpChannel } from '../wire/http-modern.ts';
import { type EraMemory, Eras, type Opening } from './era.ts';
import { Refusal } from './introduce.ts';
import { MirroredTools } from './mirrored-parameters.ts';
import { type RemoteConfig, type RemoteDeps, RemoteDriver } from './remote.ts';

export interface HttpConfig extends RemoteConfig {
	readonly url: string;
	/** Sent with every request, and never logged. */
	readonly headers: Readonly<Record<string, string>>;
}

export interface HttpDeps extends RemoteDeps {
	/** Default the platform's. */
	readonly fetch?: typeof fetch;
	/** Which servers were found to be older. */
	readonly eras?: EraMemory | undefined;
}

/** A server that says nothing to a request it can't know is an older one. */
const guessMs = 10_000;

/** A session that the server ended (404) is a connection that broke: it is down, and introduces itself anew. */
export function httpDriver(config: HttpConfig, deps: HttpDeps): Driver {
	const mirrored = new MirroredTools();
	const options = {
		url: config.url,
		headers: config.headers,
		...(deps.fetch === undefined ? {} : { fetch: deps.fetch }),
	};
	const eras = new Eras({
		protocol: config.protocol,
		likely: 'modern',
		server: config.url,
		memory: deps.eras,
		mayBeOther,
	});
	return new RemoteDriver(config, deps, {
		eras,
		guessMs,
		mirrored,
		async connect(_, era) {
			const channel =
				era === 'older'
					? httpChannel(options)
					: modernHttpChannel({ ...options, parametersOf: (tool) => mirrored.of(tool) });
			return {
				channel,
				get trouble() {
					return channel.trouble;
				},
				end: () => Promise.resolve(),
			};
		},
	});
}

/** One more request harms no server, so only refused credentials are final; a server may refuse `initialize` in any way. */
function mayBeOther(tried: Opening, error: unknown): boolean {
	if (tried === 'modern') return !(error instanceof TrapgateError && error.code === 'D107');
	return error instanceof Refusal || (error instanceof TrapgateError && error.code === 'D101');
}
