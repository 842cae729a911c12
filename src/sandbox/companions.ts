// What is known of single programs: files beside them that are worth as much, and what they need where they do not trap.

/** The files of a program, beside those that carry its name. */
export interface Companion {
	/** Canonical name of the program. */
	readonly program: string;
	/** More folders with executables of this program. Absolute. */
	readonly folders: readonly string[];
	/** Files that let another program be this one (a library to link or load): shown as empty. */
	readonly libraries?: Beside;
	/** Folders it can't work without, wherever its own file came from: shown as empty. */
	readonly trees?: Beside & { /** What is in such a folder, and in no other of that name. */ readonly holds: string };
	/** Where it does not trap. */
	readonly lifted?: {
		/** Read-only, below the user's home. */
		readonly homeRead: readonly string[];
		/** A folder of its own at `/run/cache/<program>`, which lives as long as the kernel. */
		readonly cache: boolean;
		readonly environment: Readonly<Record<string, string>>;
		/** The same, where no host can be reached. */
		readonly offline: Readonly<Record<string, string>>;
	};
}

export interface Beside {
	/** Relative to the folder that holds `bin/<program>`; `*` stands for one folder. */
	readonly in: readonly string[];
	readonly named: RegExp;
}

const libraryFolders: readonly string[] = ['lib', 'lib64', 'lib/*-linux-gnu*'];

export const companions: readonly Companion[] = [
	{
		program: 'python',
		folders: [],
		libraries: {
			in: ['lib', 'lib64', 'lib/*-linux-gnu*', 'lib/python3*/config-3*'],
			named: /^libpython[^/]*\.(so|a)(\.|$)/,
		},
		trees: { in: ['lib', 'lib64'], named: /^(python|pypy)[23](\.\d+)?t?$/, holds: 'os.py' },
	},
	{
		program: 'uv',
		folders: [],
		lifted: {
			homeRead: ['.local/share/uv/python'],
			cache: true,
			environment: { UV_CACHE_DIR: '/run/cache/uv', UV_PYTHON_DOWNLOADS: 'never', UV_LINK_MODE: 'copy' },
			offline: { UV_OFFLINE: '1' },
		},
	},
	{ program: 'perl', folders: [], libraries: { in: libraryFolders, named: /^libperl\.(so|a)(\.|$)/ } },
	{ program: 'ruby', folders: [], libraries: { in: libraryFolders, named: /^libruby[^/]*\.(so|a)(\.|$)/ } },
	{ program: 'node', folders: [], libraries: { in: libraryFolders, named: /^libnode\.(so|a)(\.|$)/ } },
	{ program: 'git', folders: ['/usr/lib/git-core', '/usr/libexec/git-core'] },
];

/** One file that is many programs, by the name it is called with. Covering it would cover the shell, too. */
export const manyProgramsInOne: ReadonlySet<string> = new Set(['busybox', 'busybox.static', 'toybox', 'coreutils']);
