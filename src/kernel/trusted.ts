// Whether a person has accepted a project's policy as it is now.
import { TrapgateError } from '../abi/problem.ts';
import type { Revision } from './revision.ts';
import type { TrustStore } from './trust.ts';

/** `not needed`: no policy file lies where an agent may write. */
export type Trust = 'not needed' | 'trusted' | 'changed' | 'never';

export function trustOf(revision: Revision, store: TrustStore, root: string): Trust {
	if (revision.projectHash === undefined) return 'not needed';
	const accepted = store.accepted(root);
	if (accepted === undefined) return 'never';
	return accepted === revision.projectHash ? 'trusted' : 'changed';
}

/** Starting a driver runs what the file says, so an untrusted file may not make us do it. Throws K102. */
export function requireTrust(revision: Revision, store: TrustStore, root: string): void {
	const trust = trustOf(revision, store, root);
	if (trust === 'not needed' || trust === 'trusted') return;
	const files = projectFiles(revision).join(', ');
	throw new TrapgateError(
		'K102',
		trust === 'never'
			? `nobody has trusted the policy of this project yet (${files})`
			: `the policy of this project changed since it was trusted (${files})`,
		{ help: trustHelp(root) },
	);
}

/** The files of the project layer, as people know them. */
export function projectFiles({ sources }: Revision): readonly string[] {
	return sources.filter((source) => source.layer === 'project').map((source) => source.file);
}

export function trustHelp(root: string): string {
	return `read it, then run in a terminal: trapgate trust --config ${root}`;
}
