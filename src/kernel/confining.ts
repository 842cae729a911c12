// Ties the runtime ring to the policy in force: which programs trap for a driver, what it may see, and who answers.
import type { CommandReader } from '../abi/command.ts';
import type { DriverName } from '../abi/names.ts';
import type { Trapped } from '../abi/sandbox.ts';
import type { ProcessSandbox } from '../drivers/process-sandbox.ts';
import { gatesOf } from '../policy/gates.ts';
import type { DriverConfig } from './config.ts';
import { sandboxFor } from './confinement.ts';
import { cwdOf, type DriverSurroundings } from './drivers.ts';
import { FreePrograms } from './free-programs.ts';
import type { Governed } from './governed.ts';
import type { Revision } from './revision.ts';
import { neededBy, ringFor } from './ring.ts';
import type { RuntimeRing } from './runtime-ring.ts';
import type { JudgingDoor } from './syscall.ts';
import { type RunningCall, type TrapKit, trappedBy, trappedByDriver } from './trap.ts';

export interface ConfiningOptions {
	readonly ring: RuntimeRing;
	/** As it is at the moment. */
	readonly governed: () => Governed;
	readonly around: Pick<DriverSurroundings, 'workspace' | 'directory' | 'home' | 'tmp' | 'env'>;
	readonly door: () => JudgingDoor;
	readonly commands: CommandReader;
	readonly newId: () => string;
	/** Milliseconds since the epoch. */
	readonly now: () => number;
}

export interface Confining {
	/** The sandbox of a driver's processes; undefined where it has none, or the ring does not hold. */
	confine(driver: DriverConfig): ProcessSandbox | undefined;
	/** Answers for everything that one call of a driver starts. */
	trapped(driver: DriverConfig, call: RunningCall): Trapped;
	close(): void;
}

export function makeConfining({ ring, governed, around, door, commands, newId, now }: ConfiningOptions): Confining {
	const ended = new AbortController();
	// Compiled once a revision; a driver can't do without its own program, so that one never traps for it.
	let compiled: { readonly revision: Revision; readonly byDriver: Map<DriverName, TrapKit> } | undefined;
	const kitFor = (driver: DriverConfig): TrapKit => {
		const { revision } = governed();
		if (compiled?.revision !== revision) compiled = { revision, byDriver: new Map() };
		const { byDriver } = compiled;
		const known = byDriver.get(driver.name) ?? {
			door: door(),
			commands,
			newId,
			gates: gatesOf(revision.set, commands, neededBy(driver)),
			// A policy may be edited while a call runs.
			freePrograms: new FreePrograms({ inForce: () => governed().revision, now }),
		};
		byDriver.set(driver.name, known);
		return known;
	};
	return {
		confine(driver) {
			if (ringFor(driver, ring.rings).is === 'absent' || sandboxFor(driver, governed(), around) === undefined)
				return undefined;
			const caller = { agent: 'unidentified', principal: driver.name, session: `driver:${driver.name}` };
			const ofDriver: Trapped = (request, wait) => {
				const { name } = driver;
				const own = { driver: name, caller, cwd: cwdOf(driver, around), signal: ended.signal };
				return trappedByDriver(kitFor(driver), own)(request, wait);
			};
			return ring.sandboxOf(
				() => ({ sandbox: sandboxFor(driver, governed(), around), gates: kitFor(driver).gates }),
				ofDriver,
			);
		},
		trapped(driver, call) {
			// As the policy is now; but most calls execute nothing that traps.
			const kit = kitFor(driver);
			// What a person said yes to is where its folders lead now, before the call can turn a link.
			let answers = call.approval === undefined ? undefined : trappedBy(kit, call);
			return (request, wait) => {
				answers ??= trappedBy(kit, call);
				return answers(request, wait);
			};
		},
		close() {
			ended.abort();
			ring.close();
		},
	};
}
