// What bubblewrap says where it can't work, and what to do about it in each place.

/** What is known of the machine, as far as it explains a failure. */
export interface Surroundings {
	/** `docker`, `podman`, … or `container`; undefined on a machine of its own. */
	readonly container: string | undefined;
	/** `kernel.apparmor_restrict_unprivileged_userns` (Ubuntu 23.10 and later). */
	readonly apparmorRestricts: boolean;
	/** `kernel.unprivileged_userns_clone` is 0 (older Debian). */
	readonly cloneIsOff: boolean;
	/** `user.max_user_namespaces` is 0 (RHEL, hardened systems). */
	readonly maxIsZero: boolean;
}

export interface Diagnosis {
	/** In plain words. */
	readonly symptom: string;
	/** What to type or to change, lines apart. */
	readonly hint: string;
}

const withoutRing =
	'Where that is not possible, `sandbox: { backend: landlock }` needs no namespaces and holds less (Linux 6.12 or later); `sandbox: { backend: none }` lets a driver run unconfined; Trapgate never does so by itself where a rule or a `sandbox:` asks for more.';

const dockerHint = `Start the container so that it may make namespaces:
  docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined …
  podman run --security-opt seccomp=unconfined --security-opt unmask=ALL …
  Kubernetes: securityContext with seccompProfile Unconfined and procMount: Unmasked
${withoutRing}`;

const apparmorHint = `Let bubblewrap, and only it, make namespaces:
  sudo tee /etc/apparmor.d/bwrap <<'END'
  abi <abi/4.0>,
  include <tunables/global>
  profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, include if exists <local/bwrap> }
  END
  sudo systemctl reload apparmor
On a CI runner that is thrown away: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`;

const nestedHint = `This happens inside another sandbox (a Trapgate, Flatpak or Codex shell): start Trapgate outside of it.
Or the system forbids namespaces; see and change it with:
  sysctl user.max_user_namespaces
  sudo sysctl -w user.max_user_namespaces=15000
${withoutRing}`;

export const installHint = `Install bubblewrap 0.8 or later:
  Debian, Ubuntu: sudo apt-get install bubblewrap
  Fedora, RHEL: sudo dnf install bubblewrap
  Arch: sudo pacman -S bubblewrap · Alpine: sudo apk add bubblewrap · openSUSE: sudo zypper install bubblewrap`;

interface Known {
	readonly said: RegExp;
	tell(around: Surroundings): Diagnosis;
}

const forbidden = 'this system does not let an ordinary program make a user namespace';

const known: readonly Known[] = [
	{
		said: /setting up uid map: Permission denied|Failed RTM_NEWADDR: Operation not permitted|write to .*uid_map/,
		tell: (around) =>
			around.container !== undefined && !around.apparmorRestricts
				? { symptom: `the ${around.container} around us limits what a namespace may do`, hint: dockerHint }
				: { symptom: 'AppArmor lets bubblewrap make a namespace, but not use it', hint: apparmorHint },
	},
	{
		said: /Can't mount proc/,
		tell: () => ({
			symptom: 'parts of /proc are hidden by the container around us, so that no new /proc can be mounted',
			hint: dockerHint,
		}),
	},
	{
		said: /nesting depth or .*namespaces exceeded|ENOSPC|No space left on device/,
		tell: () => ({ symptom: 'no more namespaces may be made here', hint: nestedHint }),
	},
	{
		said: /No permissions to creat\w+ new namespace|Creating new namespace failed: Operation not permitted|unshare failed: Operation not permitted/,
		tell: (around) => {
			if (around.container !== undefined)
				return {
					symptom: `the ${around.container} around us does not let a program make namespaces`,
					hint: dockerHint,
				};
			if (around.apparmorRestricts) return { symptom: forbidden, hint: apparmorHint };
			if (around.maxIsZero) return { symptom: forbidden, hint: nestedHint };
			if (around.cloneIsOff)
				return {
					symptom: forbidden,
					hint: `Allow it:\n  sudo sysctl -w kernel.unprivileged_userns_clone=1\n${withoutRing}`,
				};
			return {
				symptom: forbidden,
				hint: `What started us forbids it (systemd’s RestrictNamespaces=, a filter for system calls, another sandbox): start Trapgate outside of that.\n${withoutRing}`,
			};
		},
	},
	{
		said: /not permitted in setuid mode|setuid root/,
		tell: () => ({
			symptom: 'bubblewrap is installed with the setuid bit, and then does less',
			hint: 'Take the bit away: sudo chmod u-s /usr/bin/bwrap',
		}),
	},
	{
		said: /Unexpected capabilities but not setuid/,
		tell: () => ({
			symptom: 'we were started with capabilities that bubblewrap does not accept',
			hint: 'Start Trapgate without ambient capabilities, or remove those of the file: sudo setcap -r /usr/bin/bwrap',
		}),
	},
	{
		said: /[Uu]nknown option/,
		tell: () => ({ symptom: 'this bubblewrap is too old', hint: installHint }),
	},
	{
		said: /PR_SET_SECCOMP|seccomp/,
		tell: () => ({
			symptom: 'the kernel does not take a filter for system calls',
			hint: `A kernel with CONFIG_SECCOMP_FILTER is needed.\n${withoutRing}`,
		}),
	},
	{
		said: /unshare: not found|mount: not found|unshare.*ENOENT|unrecognized option/,
		tell: () => ({
			symptom: '`exec: strict` needs `unshare` and `mount` of util-linux',
			hint: 'Install util-linux (Alpine: sudo apk add util-linux-misc mount), or use `exec: open`.',
		}),
	},
	{
		said: /has locked children|wrong fs type, bad option|mount: .*: permission denied/,
		tell: () => ({
			symptom: 'something is mounted inside a folder that `exec: strict` has to mount without the right to execute',
			hint: 'Name the folders in `write` so that none of them holds a mount of its own, or use `exec: open`.',
		}),
	},
	{
		said: /Can't find source path|No such file or directory/,
		tell: () => ({
			symptom: 'a folder that every view needs is not there',
			hint: 'A Linux with /usr and /bin/sh is needed; on others the runtime ring does not hold yet.',
		}),
	},
	{
		said: /Resource temporarily unavailable|Cannot allocate memory/,
		tell: () => ({
			symptom: 'no more processes can be started',
			hint: 'See `ulimit -u`, and the limits of the container.',
		}),
	},
];

/** Always an answer: what nobody foresaw is shown as it was said. */
export function diagnose(said: string, around: Surroundings): Diagnosis {
	const found = known.find((one) => one.said.test(said));
	if (found !== undefined) return found.tell(around);
	const line = said.trim().split('\n')[0] ?? '';
	return {
		symptom: line === '' ? 'bubblewrap failed without a word' : 'bubblewrap failed in a way that is not known to us',
		hint: `Try it by hand: bwrap --unshare-all --ro-bind / / true\n${withoutRing}`,
	};
}
