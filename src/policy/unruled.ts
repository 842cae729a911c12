// What holds for a call that no rule mentions.
import type { Request } from '../abi/decision.ts';
import { ownDriver } from '../abi/names.ts';
import type { SetDefaults } from './defaults.ts';
import { isProtocolMethod } from './methods.ts';

/** `deny`: only an allow rule opens it. */
export function defaultFor(
	{ tool, other }: SetDefaults,
	{
		target,
		isTrap,
		driverHasAllowedTool,
		driverRunsCommands,
	}: Pick<Request, 'target' | 'isTrap' | 'driverHasAllowedTool' | 'driverRunsCommands'>,
): 'allow' | 'ask' | 'deny' {
	switch (target.kind) {
		case 'tool':
			// What the kernel offers itself reads what the caller was given already; what has trapped runs already.
			return target.driver === ownDriver || isTrap === true ? 'allow' : tool;
		case 'resource':
			return other ?? ridesAlong(driverHasAllowedTool);
		case 'prompt':
			// A server that runs commands may do so for a prompt, too, and what it runs there is not read.
			return other ?? ridesAlong(driverHasAllowedTool && driverRunsCommands !== true);
		case 'method':
			if (other !== undefined) return other;
			return isProtocolMethod(target.method) ? ridesAlong(driverHasAllowedTool) : 'deny';
		case 'driver_asks':
			// Sampling spends the user's tokens and elicitation speaks with the user: no default opens them.
			return target.asks === 'roots' && other !== 'deny' ? 'allow' : 'deny';
		default:
			return target satisfies never;
	}
}

/** A driver that this caller may use at all may also offer its resources and prompts. */
function ridesAlong(driverHasAllowedTool: boolean | undefined): 'allow' | 'deny' {
	return driverHasAllowedTool === true ? 'allow' : 'deny';
}
