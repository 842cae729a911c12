// The ports of a kernel that serves. Where nothing can carry a command, what reads commands is not even loaded.
import type { CommandReader } from '../abi/command.ts';
import type { Ports } from '../abi/decision.ts';
import { branchOf } from './branch.ts';
import { resolvePath } from './paths.ts';
import type { Revision } from './revision.ts';

/** Settled once, from the revision that the kernel starts with: which drivers there are does not change while it runs. */
export async function servingPorts(first: Pick<Revision, 'config' | 'set'>): Promise<Ports> {
	if (!mayMeetCommands(first)) return { resolvePath, branchOf, commands: absentReader };
	return (await import('./ports.ts')).ports;
}

/** Does a driver take commands or run in the ring, or is a rule about them? */
function mayMeetCommands({ config, set }: Pick<Revision, 'config' | 'set'>): boolean {
	return (
		config.drivers.some(
			({ kind, commands, sandbox }) => kind === 'shell' || sandbox !== undefined || Object.keys(commands).length > 0,
		) ||
		set.rules.some(({ command, action, rule }) => {
			return command !== undefined || action.kind === 'sandbox' || rule.ring === 'runtime';
		})
	);
}

/** Nobody should ask it. Whoever does gets no answer that could allow anything: a decision that throws is a refusal. */
const absentReader: CommandReader = {
	analyse() {
		throw new TypeError('no driver takes commands, so nothing here reads them');
	},
	edit() {
		throw new TypeError('no driver takes commands, so nothing here changes them');
	},
};
