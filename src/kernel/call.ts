// A call in another form: the arguments that were judged, frozen, are the ones that run.
import { deepFreeze } from '../abi/json.ts';
import { type Syscall, type Target, targetOf } from '../abi/syscall.ts';

/** The same call aimed at this form of its target; everything the policy has no opinion about stays. Frozen. */
export function withTarget(call: Syscall, target: Target): Syscall {
	switch (target.kind) {
		case 'tool': {
			// Most calls run as they were asked for.
			if (Object.hasOwn(call.params, 'arguments') && call.params['arguments'] === target.args)
				return deepFreezeCall(call);
			const { arguments: _asked, ...rest } = call.params;
			const hadArguments = Object.hasOwn(call.params, 'arguments');
			const isEmpty = Object.keys(target.args).length === 0;
			const params = hadArguments || !isEmpty ? { ...rest, arguments: target.args } : rest;
			return deepFreezeCall({ ...call, params });
		}
		case 'resource':
			return isAimedAt(call, target)
				? deepFreezeCall(call)
				: deepFreezeCall({ ...call, method: 'resources/read', params: { uri: target.uri } });
		case 'prompt':
		case 'method':
		case 'driver_asks':
			return deepFreezeCall(call);
		default:
			return target satisfies never;
	}
}

/** A completion names its resource elsewhere than a read does, and must not become one. */
function isAimedAt(call: Syscall, { uri, method }: Target & { kind: 'resource' }): boolean {
	const own = targetOf(call);
	return own.kind === 'resource' && own.uri === uri && own.method === method;
}

function deepFreezeCall(call: Syscall): Syscall {
	deepFreeze(call.params);
	deepFreeze(call.extra);
	return Object.freeze(call);
}
