// What one process inside may use, as resource limits of Linux.
import type { ConfinementLimits } from '../abi/sandbox.ts';
import type { Spec } from './frames.ts';

type Limits = Spec['limits'];

/** Numbers of `getrlimit(2)` on x86-64 and arm64 (asm-generic/resource.h). */
const resources = { cpu: 0, fileSize: 1, data: 2, core: 4, processes: 6, openFiles: 7 } as const;

/** `others`: processes that the account has beside those, where the system counts all of an account together. */
export function limitsOf(limits: ConfinementLimits, others = 0): Limits {
	const { processes, memoryBytes, fileBytes, openFiles, cpuSeconds } = limits;
	return [
		{ resource: resources.processes, value: BigInt(processes + others) },
		{ resource: resources.data, value: BigInt(memoryBytes) },
		{ resource: resources.fileSize, value: BigInt(fileBytes) },
		{ resource: resources.openFiles, value: BigInt(openFiles) },
		{ resource: resources.core, value: 0n },
		...(cpuSeconds === undefined ? [] : [{ resource: resources.cpu, value: BigInt(cpuSeconds) }]),
	];
}

/** The limits that a process had set itself hold for what is run in its place, where they are lower. */
export function lower(limits: Limits, own: readonly (bigint | undefined)[]): Limits {
	const known = new Set(limits.map(({ resource }) => resource));
	const lowered = limits.map(({ resource, value }) => {
		const has = own[resource];
		return { resource, value: has !== undefined && has < value ? has : value };
	});
	const added = own.flatMap((value, resource) =>
		value === undefined || known.has(resource) ? [] : [{ resource, value }],
	);
	return [...lowered, ...added];
}
