// A driver marked `shared: true`: one process behind the banks of all principals.
import type { CancelSignal } from '../abi/cancel.ts';
import type {
	Driver,
	DriverHost,
	DriverTrouble,
	Exchange,
	Hello,
	Introduction,
	ListKind,
	Note,
	Reply,
} from '../abi/driver.ts';
import type { JsonObject } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import type { Permit } from '../abi/permit.ts';
import { errorReply } from '../wire/message.ts';

/** The real driver and everybody who uses it. */
interface Device {
	readonly driver: Driver;
	readonly hosts: Set<DriverHost>;
	/** Hosts with calls in flight, oldest first. */
	readonly busy: DriverHost[];
	opened: Promise<Introduction> | undefined;
}

/** Hands out drivers that stand for one process; the process ends with the last of them. */
export class SharedDriver {
	readonly #make: () => Driver;
	#device: Device | undefined;

	constructor(make: () => Driver) {
		this.#make = make;
	}

	/** A driver for one more bank. */
	handle(name: DriverName): Driver {
		let device: Device | undefined;
		let host: DriverHost | undefined;
		const gone = errorReply(-32000, `driver ${name} is closed`);
		return {
			name,
			open: (own: DriverHost, hello: Hello) => {
				device = this.#device ??= { driver: this.#make(), hosts: new Set(), busy: [], opened: undefined };
				host = own;
				device.hosts.add(own);
				// One client's capabilities would be wrong for the next, so a shared driver is promised none.
				device.opened ??= device.driver.open(hostOfAll(device), { ...hello, capabilities: {}, isModern: false });
				return device.opened;
			},
			list: (kind: ListKind) => (device === undefined ? Promise.resolve([]) : device.driver.list(kind)),
			isCurrent: (kind: ListKind) => device?.driver.isCurrent?.(kind),
			call: async (permit: Permit, exchange: Exchange): Promise<Reply> => {
				if (device === undefined || host === undefined) return gone;
				const { busy, driver } = device;
				busy.push(host);
				try {
					return await driver.call(permit, exchange);
				} finally {
					busy.splice(busy.lastIndexOf(host), 1);
				}
			},
			notify: (note: Note) => device?.driver.notify(note),
			close: async () => {
				const leaving = device;
				device = undefined;
				if (leaving === undefined || host === undefined) return;
				leaving.hosts.delete(host);
				if (leaving.hosts.size > 0) return;
				if (this.#device === leaving) this.#device = undefined;
				await leaving.driver.close();
			},
		};
	}
}

function hostOfAll(device: Device): DriverHost {
	const each = (tell: (host: DriverHost) => void) => {
		for (const host of [...device.hosts]) tell(host);
	};
	return {
		request: (method: string, params: JsonObject | undefined, extra: JsonObject, signal: CancelSignal) => {
			const host = device.busy.at(-1);
			return host === undefined
				? Promise.resolve(errorReply(-32603, 'no call is in flight that this could belong to'))
				: host.request(method, params, extra, signal);
		},
		note: (note: Note) => each((host) => host.note(note)),
		down: (trouble: DriverTrouble, retryInMs: number | undefined) => each((host) => host.down(trouble, retryInMs)),
		up: (introduction: Introduction) => each((host) => host.up(introduction)),
		log: (level: 'debug' | 'info' | 'warn' | 'error', message: string) => [...device.hosts][0]?.log(level, message),
	};
}
