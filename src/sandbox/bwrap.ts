// A view as the arguments of bubblewrap.
import type { Step, View } from './profile.ts';

export interface BwrapOptions {
	/** The descriptor, in bubblewrap, of the file with the filter for system calls. */
	readonly seccompFd: number | undefined;
	/** bubblewrap before 0.8 can't; the filter then is the only thing that refuses namespaces inside. */
	readonly disableUserns?: boolean;
	/** bubblewrap before 0.7 can't limit folders in memory. */
	readonly size?: boolean;
}

/** Everything before `--`. As it does not close descriptors itself, what it starts has to. */
export function bwrapArguments(view: View, options: BwrapOptions): readonly string[] {
	const { seccompFd, disableUserns = true, size = true } = options;
	return [
		'--unshare-user',
		// In `strict` it starts as the root of a namespace that is there only for the mounts.
		...(view.stage === undefined ? [] : ['--uid', String(view.uid), '--gid', String(view.gid)]),
		...(disableUserns ? ['--disable-userns'] : []),
		...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
		...(view.sharesNetwork ? [] : ['--unshare-net']),
		...['--die-with-parent', '--as-pid-1', '--hostname', 'gate'],
		// INVARIANT: started by root it would keep every capability, and with them a mask can be unmounted.
		...['--cap-drop', 'ALL'],
		...view.steps.flatMap((step) => stepArguments(step, size)),
		...['--chdir', '/', '--clearenv'],
		...(seccompFd === undefined ? [] : ['--seccomp', String(seccompFd)]),
	];
}

function stepArguments(step: Step, size: boolean): readonly string[] {
	switch (step.kind) {
		case 'bind':
			return ['--bind', step.source, step.target];
		case 'roBind':
			return ['--ro-bind', step.source, step.target];
		case 'tmpfs':
			return [...(size ? ['--size', String(step.bytes)] : []), '--tmpfs', step.target];
		case 'symlink':
			return ['--symlink', step.text, step.target];
		case 'dir':
			return ['--dir', step.target];
		case 'proc':
			return ['--proc', step.target];
		case 'dev':
			return ['--dev', step.target];
		case 'remountRo':
			return ['--remount-ro', step.target];
		default:
			return step satisfies never;
	}
}
