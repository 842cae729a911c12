// Judges what drivers execute that are only looked at (`doctor`, `tools`, `lock`): no call is made, so nothing is recorded.
import type { DriverName } from '../abi/names.ts';
import { Approver } from './approve.ts';
import type { DriverSurroundings } from './drivers.ts';
import { type GatherOptions, makeJudge } from './gather.ts';
import { type Governed, governedByCurrent, isBuiltinShell } from './governed.ts';
import { existsAt, resolvePath } from './paths.ts';
import { ports } from './ports.ts';
import { makeProtection } from './protect.ts';
import { noRings } from './ring.ts';
import { isConfined } from './sandbox-rules.ts';
import type { JudgingDoor } from './syscall.ts';

export function lookingDoor(
	{ revision, load, directories }: Governed,
	around: Pick<DriverSurroundings, 'workspace' | 'directory' | 'home' | 'tmp' | 'env'>,
): JudgingDoor {
	const { config } = revision;
	const driverNamed = (name: DriverName) => config.drivers.find((driver) => driver.name === name);
	const gather: GatherOptions = {
		revisions: { current: () => revision },
		ports,
		protection: makeProtection({
			workspace: config.workspace,
			home: load.home,
			governed: governedByCurrent(() => revision, { load, directories }),
			resolvePath,
			exists: existsAt,
			elapsed: () => 0,
		}),
		env: around.env,
		isShell: (name) => isBuiltinShell(driverNamed(name), name),
		runsCommands: (name) => Object.keys(driverNamed(name)?.commands ?? {}).length > 0,
		isContained(name) {
			const driver = driverNamed(name);
			return driver !== undefined && isConfined(driver, revision.set.rules, load.rings ?? noRings);
		},
		now: () => Date.now(),
		elapsed: () => performance.now(),
	};
	return {
		judge: makeJudge(gather),
		approver: new Approver(() => [], gather.now),
		journal: {
			revision: () => revision.id,
			clock: () => performance.now(),
			decided: async () => ({ repeat: 1, at: 0 }),
			trapEnded: async () => undefined,
			asking: async () => undefined,
		},
	};
}
