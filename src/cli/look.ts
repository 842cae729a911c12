// Starts every driver once, as a client that can do everything, to see all that they offer; then ends them all.
import { randomBytes } from 'node:crypto';
import type { DriverName } from '../abi/names.ts';
import { TrapgateError } from '../abi/problem.ts';
import { startReaper } from '../drivers/reaper.ts';
import { Bank, type DriverState } from '../kernel/bank.ts';
import { makeConfining } from '../kernel/confining.ts';
import { makeDriver } from '../kernel/drivers.ts';
import { EraStore } from '../kernel/era-store.ts';
import { type Listing, listEverything } from '../kernel/lock/listing.ts';
import { lookingDoor } from '../kernel/looking-door.ts';
import { ports } from '../kernel/ports.ts';
import type { Revision } from '../kernel/revision.ts';
import { loadWithRing } from '../kernel/runtime-ring.ts';
import type { TableEntry } from '../kernel/syscall-table.ts';
import type { CommandInput } from './command.ts';
import type { Setting } from './setting.ts';

/** What the drivers showed. */
export interface Look {
	readonly states: ReadonlyMap<DriverName, DriverState>;
	/** Their tools, in the order of the table. */
	readonly tools: readonly TableEntry[];
	/** All that they say of themselves. */
	readonly listing: Listing;
	/** Two tools under one name: the kernel would not boot. */
	readonly collision: TrapgateError | undefined;
	/** What drivers wrote to stderr and what went wrong with their lists, by driver; the last lines only. */
	readonly said: ReadonlyMap<DriverName, readonly string[]>;
}

const mostLines = 20;

/** Some servers offer more to a client that can do more (MCP 2025-11-25); what they ask of it meanwhile is refused. */
const everyCapability = {
	roots: { listChanged: true },
	sampling: { tools: {}, context: {} },
	elicitation: { form: {}, url: {} },
	tasks: {
		list: {},
		cancel: {},
		requests: { sampling: { createMessage: {} }, elicitation: { create: {} } },
	},
};

/** The caller has made sure that the configuration is trusted. Nothing of the drivers is left when it resolves. */
export async function lookAtDrivers(
	revision: Revision,
	{ load, directories }: Pick<Setting, 'load' | 'directories'>,
	{ around }: Pick<CommandInput, 'around'>,
): Promise<Look> {
	const { config } = revision;
	const said = new Map<DriverName, string[]>();
	const hear = (driver: DriverName, line: string) => {
		said.set(driver, [...(said.get(driver) ?? []), line].slice(-mostLines));
	};
	const reaper = await startReaper({
		env: around.env,
		warn: (text) => around.stderr.write(`trapgate: ${text}\n`),
		random: randomBytes,
	});
	const { ring, load: here } = await loadWithRing(load, (text) => around.stderr.write(`trapgate: ${text}\n`));
	const place = { ...load, workspace: config.workspace, directory: config.directory };
	const confining = makeConfining({
		ring,
		governed: () => ({ revision, load: here, directories }),
		now: () => Date.now(),
		around: place,
		door: () => lookingDoor({ revision, load: here, directories }, place),
		commands: ports.commands,
		newId: () => 'look',
	});
	const eras = new EraStore({
		state: directories.state,
		now: () => Date.now(),
		random: randomBytes,
		warn: (text) => around.stderr.write(`trapgate: ${text}\n`),
	});
	const surroundings = { ...place, reaper, rings: ring.rings, confine: confining.confine, eras };
	const bank = new Bank({
		drivers: config.drivers.map((driver) => makeDriver(driver, surroundings)),
		prefix: config.prefix,
		startTimeoutMs: config.startTimeoutMs,
		report: {
			driverState: () => undefined,
			collision: () => undefined,
			log: (driver, _level, message) => hear(driver, message),
		},
	});
	const stop = () => void bank.close();
	around.signal.addEventListener('abort', stop, { once: true });
	try {
		const hello = {
			protocolVersion: '2025-11-25',
			capabilities: everyCapability,
			clientInfo: { name: 'trapgate', version: around.version },
		};
		const collision = await bank.open(hello).then(() => undefined, asCollision);
		const table = await bank.tools();
		const listing = await listEverything(bank);
		return { states: bank.states(), tools: [...table.entries.values()], listing, collision, said };
	} finally {
		around.signal.removeEventListener('abort', stop);
		await bank.close();
		await reaper.close();
		confining.close();
	}
}

function asCollision(thrown: unknown): TrapgateError {
	if (thrown instanceof TrapgateError && thrown.code === 'K101') return thrown;
	throw thrown;
}
