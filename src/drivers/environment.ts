// What a server or a command inherits from the kernel's environment: a short list, never the whole.
import { delimiter, isAbsolute } from 'node:path';
import { TrapgateError } from '../abi/problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What programs need to find themselves, their user's files and his language. Everything else stays behind: tokens,
 * proxies with passwords in them, agent sockets (`SSH_AUTH_SOCK`, `DBUS_…`, `XDG_RUNTIME_DIR`), and whatever makes a
 * program load foreign code (`LD_PRELOAD`, `NODE_OPTIONS`, `BASH_ENV`). A driver that needs one of them names it.
 */
const inherited: ReadonlySet<string> = new Set([
	...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TERM', 'TMPDIR', 'TZ'],
	...['XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME'],
]);

export const defaultPath = '/usr/local/bin:/usr/bin:/bin';

/**
 * The environment of a child: the allow-list of `own`, then what the configuration names. PATH is always set.
 * Throws D101 for a name that a POSIX shell would drop without a word, or a value that can't be passed on.
 */
export function childEnvironment(own: Environment, named: Environment = {}): Record<string, string> {
	const result: Record<string, string> = {};
	for (const [name, value] of Object.entries(own)) {
		if (value !== undefined && (inherited.has(name) || /^LC_[A-Z]+$/.test(name))) result[name] = value;
	}
	for (const [name, value] of Object.entries(named)) {
		if (value === undefined) continue;
		if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
			throw new TrapgateError('D101', `\`${name}\` is no name for an environment variable`);
		if (value.includes('\0'))
			throw new TrapgateError('D101', `the environment variable \`${name}\` contains a NUL byte`);
		result[name] = value;
	}
	result['PATH'] = absolutePath(result['PATH']);
	return result;
}

/** A relative entry in PATH would name another program in every directory, one that the agent may have written. */
function absolutePath(path: string | undefined): string {
	const entries = (path ?? defaultPath).split(delimiter).filter((entry) => isAbsolute(entry));
	return entries.length > 0 ? entries.join(delimiter) : defaultPath;
}
