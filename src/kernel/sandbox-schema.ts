// The zod schema of `sandbox:` of a driver; its descriptions are on the reference page.
import { z } from 'zod';
import { about } from '../policy/schema-words.ts';

const text = z.string().min(1);
const megabytes = (most: number) => z.int().min(1).max(most);

const limitsSchema = z
	.strictObject({
		processes: z
			.int()
			.min(8)
			.max(100_000)
			.optional()
			.meta(about('At a time, threads included, of everything in the sandbox together.', 512))
			.meta({ default: 256 }),
		memory_mb: megabytes(1_048_576)
			.optional()
			.meta(about('Data of one process, in MiB. Nothing bounds the sum of all of them.', 2048))
			.meta({ default: 4096 }),
		file_mb: megabytes(1_048_576)
			.optional()
			.meta(about('The longest file that is written, in MiB.', 256))
			.meta({ default: 1024 }),
		open_files: z
			.int()
			.min(64)
			.max(1_048_576)
			.optional()
			.meta(about('Files that one process may have open.', 1024))
			.meta({ default: 4096 }),
		cpu_seconds: z
			.int()
			.min(1)
			.max(86_400)
			.optional()
			.meta(about('Processor time of one process, in seconds. Without it, no limit.', 600)),
		tmp_mb: megabytes(65_536)
			.optional()
			.meta(about('Each private folder in memory (`/tmp`, `/var/tmp`, the home directory), in MiB.', 1024))
			.meta({ default: 512 }),
	})
	.meta({
		id: 'sandbox-limits',
		title: 'Limits of a sandbox',
		...about('How much what runs inside may use.', { processes: 512, memory_mb: 2048 }),
	});

export const driverSandboxSchema = z
	.strictObject({
		backend: z
			.enum(['bwrap', 'landlock', 'none'])
			.optional()
			.describe(
				'What holds it: `bwrap` (bubblewrap), `landlock`, or `none`. The shell has `bwrap` where that works, without being told; a driver that says one of the first two is absent where that does not work. `landlock` is for machines where a program may make no namespaces (most containers), with Linux 6.12 or later, and holds less: a gated program traps by its name and is refused by its path, without a record; beside a guarded file no other can be made or removed; a list of hosts is refused. SECURITY.md says what else.',
			)
			.meta({ default: 'bwrap' }),
		read: z
			.array(text)
			.optional()
			.meta(
				about(
					'Folders and files it may read, beside the system and what it may write; relative to this file. Without it, the workspace; and for the built-in shell, where no rule has a list either, the settings of git (`~/.gitconfig` and `config`, `ignore`, `attributes` in `~/.config/git`) and the folders of PATH, with `lib` and `libexec` beside a `bin`. A link is shown where it leads. Who needs more of the home directory (`~/.rustup`, `~/.pyenv`) writes a list.',
					['${workspace}', '~/.gitconfig'],
				),
			),
		write: z
			.array(text)
			.optional()
			.meta(
				about(
					'Folders it may change. Without it, the workspace. `/tmp` and the home directory are private, empty and in memory.',
					['${workspace}'],
				),
			),
		network: z
			.union([z.enum(['none', 'all']), z.array(text).min(1)])
			.optional()
			.meta(
				about('`none`; the hosts it may reach, through the proxy of the kernel; or `all`, the network as it is.', [
					'api.example.com',
					'*.example.org:443',
				]),
			)
			.meta({ default: 'all' }),
		exec: z
			.enum(['open', 'strict'])
			.optional()
			.describe(
				'`strict`: what can be written can not be executed, so that no program can be brought along. It breaks `./script`, `node_modules/.bin` and freshly compiled programs; see `ro_exec`.',
			)
			.meta({ default: 'open' }),
		ro_exec: z
			.array(text)
			.optional()
			.meta(
				about('With `exec: strict`: folders that stay executable, and can not be written for it.', [
					'${workspace}/node_modules',
				]),
			),
		limits: limitsSchema.optional(),
	})
	.meta({
		id: 'driver-sandbox',
		title: 'A sandbox',
		...about('What the processes of this driver may see and use. Rules with `sandbox:` only take away from it.', {
			write: ['${workspace}'],
			network: 'none',
		}),
	});

export type DriverSandboxFile = z.infer<typeof driverSandboxSchema>;
