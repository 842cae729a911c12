// `exec: strict`: what can be written is mounted so that nothing on it can be executed, before bubblewrap starts.
import type { View } from './profile.ts';

/**
 * bubblewrap can't forbid execution on a mount, but keeps what it finds. So a user and mount namespace of our own comes
 * first, where we may mount; bubblewrap then makes another one inside, with the caller's own user again, in which nothing of
 * this can be undone. A mount that may not execute refuses to map executable memory from its files as well.
 */
const script = `set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
stage=$1
mount -n -t tmpfs -o "$2" tmpfs "$stage"
shift 2
while :; do
	verb=$1
	shift
	case $verb in
	folder) mkdir -m 1777 -- "$stage/$1" ;;
	bind) mount -n --bind -- "$1" "$1" ;;
	noexec) mount -n -o remount,bind,noexec,nosuid,nodev -- "$1" ;;
	run) break ;;
	*) exit 125 ;;
	esac
	shift
done
exec "$@"
`;

const unshare = ['/usr/bin/unshare', '--user', '--map-root-user', '--mount', '--propagation', 'private', '--'] as const;

/** The whole command line for a view; `command` is bubblewrap's own. */
export function launchCommand(view: View, command: readonly [string, ...string[]]): readonly [string, ...string[]] {
	const { stage } = view;
	if (stage === undefined) return command;
	return [
		...unshare,
		// INVARIANT: paths are arguments of their own; nothing is ever put into the text that the shell reads.
		...['/bin/sh', '-c', script, 'sh', stage.folder, `size=${stage.bytes},mode=0755,nosuid,nodev,noexec`],
		...stage.folders.flatMap((name) => ['folder', name]),
		...[...stage.noExec, ...stage.keepExec].flatMap((path) => ['bind', path]),
		...stage.noExec.flatMap((path) => ['noexec', path]),
		'run',
		...command,
	];
}
