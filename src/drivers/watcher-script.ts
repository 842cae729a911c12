// The two shell programs that make sure nothing outlives the kernel; POSIX sh, as `dash` and `busybox` have it.

/**
 * Stands before every program: waits for one line on descriptor 3, then becomes the program. If the kernel dies
 * before it has told the watcher about this process, the descriptor ends and the program never starts.
 */
export const gateScript = 'IFS= read -r go <&3 || exit 125; exec 3<&-; exec "$@"';

/** The same for a sandbox: it must outlive the SIGTERM that ends what runs in it, and gives that the default again. */
export const sandboxGateScript = `trap '' TERM; ${gateScript}`;

/**
 * The watcher: $1 is the cookie of the kernel's trees. On its input come `+ group start-time` and `- group
 * start-time`. The end of the input means that the kernel is gone, however it went: then every group is ended, and so
 * is every process that carries the cookie, whatever group it moved to.
 *
 * INVARIANT: a group is signalled only when its leader still has the start time we were told, or when one of its
 * members carries the cookie (a group's number can't be used again while it has members). Pids are used again; a
 * stranger must not pay for that.
 */
export const watcherScript = `
trap '' HUP INT QUIT TERM PIPE TSTP TTIN TTOU USR1 USR2
cookie=$1
groups=
while read -r verb group start; do
	case $verb in
	+) groups="$groups $group:$start" ;;
	-)
		kept=
		for entry in $groups; do
			[ "$entry" = "$group:$start" ] || kept="$kept $entry"
		done
		groups=$kept
		;;
	esac
done

# Sets its_group and its_start of process $1; both empty when it is gone. Its name may contain anything, so all
# fields are counted from the last bracket.
look_at() {
	its_group= its_start= all=
	while IFS= read -r part || [ -n "$part" ]; do
		all="$all $part"
	done <"/proc/$1/stat" || return 0
	set -f
	set -- \${all##*) }
	set +f
	its_group=\${3:-} its_start=\${20:-}
}
# Sets found to the pids that carry the cookie.
look_round() {
	found=
	for file in $(grep -lsF -e "$cookie" /proc/[0-9]*/environ); do
		file=\${file%/environ}
		found="$found \${file#/proc/}"
	done
}
strike() {
	for group in $ours; do kill -s "$1" -- "-$group"; done
	look_round
	for pid in $found; do kill -s "$1" "$pid"; done
}
pause() { sleep 0.1 || sleep 1; }

ours=
for entry in $groups; do
	if [ -r /proc/self/stat ]; then
		look_at "\${entry%%:*}"
		[ "$its_start" = "\${entry#*:}" ] || continue
	fi
	ours="$ours \${entry%%:*}"
done
look_round
for pid in $found; do
	look_at "$pid"
	case " $groups " in *" $its_group:"*) ours="$ours $its_group" ;; esac
done
[ -n "$ours$found" ] || exit 0

strike TERM
round=0
while [ $round -lt 10 ]; do
	round=$((round + 1))
	left=$found
	for group in $ours; do kill -s 0 -- "-$group" && left=$group; done
	[ -n "$left" ] || break
	pause
	look_round
done
# Twice nothing in a row: a process in the middle of execve has no environment to be found by.
round=0 quiet=0
while [ $round -lt 50 ] && [ $quiet -lt 2 ]; do
	round=$((round + 1)) quiet=$((quiet + 1))
	strike KILL
	[ -z "$found" ] || quiet=0
	pause
done
`;
