// Whether the runtime ring holds for what a driver starts, and what to do where it does not.
import { basename } from 'node:path';
import type { DriverName } from '../abi/names.ts';
import type { DriverConfig, SandboxConfig } from './config.ts';

/** What a try has shown. */
export type RingState =
	/** `proof`: what was tried, in plain words. */
	| { readonly is: 'holds'; readonly proof: string }
	/** It holds, and less than it could: `why` and `hint` say what is missing. */
	| { readonly is: 'degraded'; readonly proof: string; readonly why: string; readonly hint: string }
	| { readonly is: 'absent'; readonly why: string; readonly hint: string };

/** By what holds it. */
export type Rings = Readonly<Record<Exclude<SandboxConfig['backend'], 'none'>, RingState>> & {
	/** The rules that the servers here were started under, as `sandboxKey` has them: a process keeps the sandbox it was started in. */
	readonly startedUnder?: ReadonlyMap<DriverName, ReadonlySet<string>>;
};

const untried: RingState = {
	is: 'absent',
	why: 'the runtime ring was not started',
	hint: 'trapgate doctor tells whether it can hold here',
};

/** Where nobody has tried, none holds. */
export const noRings: Rings = Object.freeze({ bwrap: untried, landlock: untried });

/** Landlock judges ports, and no addresses: any host that listens on the port of a proxy would be let through. */
const holdsNoHosts: RingState = {
	is: 'absent',
	why: 'with `backend: landlock` a sandbox can’t be let reach some hosts and no others',
	hint: 'use `network: none` or `network: all`, or `backend: bwrap`',
};

/** Does the ring hold for the processes of this driver, if they are started in it? A driver that is not configured is judged as a local one. */
export function ringFor(driver: Pick<DriverConfig, 'name' | 'kind' | 'sandbox'> | undefined, rings: Rings): RingState {
	if (driver?.kind === 'http')
		return {
			is: 'absent',
			why: 'it is a server elsewhere, which starts nothing here',
			hint: 'run the server here as a program, or match other tools',
		};
	const { backend = 'bwrap' } = driver?.sandbox ?? {};
	if (backend === 'none')
		return {
			is: 'absent',
			why: 'its `sandbox:` says `backend: none`',
			hint: 'take `backend: none` out of trapgate.yaml',
		};
	if (driver !== undefined && driver.sandbox === undefined && rings.startedUnder?.get(driver.name)?.size === 0)
		return startedBefore;
	if (backend === 'landlock' && typeof driver?.sandbox?.network === 'object') return holdsNoHosts;
	return rings[backend];
}

/** A server that runs is not confined by a rule that comes later. */
export const startedBefore: RingState & { readonly is: 'absent' } = {
	is: 'absent',
	why: 'its server was started before this rule about its sandbox was there',
	hint: 'restart Trapgate',
};

/** Programs that nothing of the driver would start without. */
export function neededBy(driver: DriverConfig): readonly string[] {
	return driver.kind === 'shell' ? ['bash'] : driver.kind === 'stdio' ? [basename(driver.command)] : [];
}
