// Where Trapgate keeps what it must remember: the XDG directories (XDG Base Directory Specification 0.8).
import { userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { TrapgateError } from '../abi/problem.ts';

export interface StateDirectories {
	/** Trust, tokens, the audit key: `$XDG_STATE_HOME/trapgate`. */
	readonly state: string;
	/** The user's own policy files: `$XDG_CONFIG_HOME/trapgate`. */
	readonly user: string;
	/** The organisation's policy files. */
	readonly organisation: string;
}

/** Relative values are ignored, as the specification says of XDG's: state below the working directory would lie in the agent's reach. */
export function stateDirectories(env: NodeJS.ProcessEnv): StateDirectories {
	const xdg = (name: string, fallback: string) => absolute(env[name]) ?? join(homeDirectory(env), fallback);
	return {
		state: join(xdg('XDG_STATE_HOME', '.local/state'), 'trapgate'),
		user: join(xdg('XDG_CONFIG_HOME', '.config'), 'trapgate'),
		organisation: '/etc/trapgate',
	};
}

/** What `~` means: `HOME` where it is absolute, else the account's. Throws K105 where there is neither. */
export function homeDirectory(env: NodeJS.ProcessEnv): string {
	return absolute(env['HOME']) ?? accountHome();
}

function absolute(path: string | undefined): string | undefined {
	return path !== undefined && isAbsolute(path) ? path : undefined;
}

/** The home directory of the account, whatever `HOME` says. Throws K105 where there is none. */
function accountHome(): string {
	try {
		const { homedir: home } = userInfo();
		if (isAbsolute(home)) return home;
	} catch {
		// A container may run as a user id without an entry: then nobody has said where.
	}
	throw new TrapgateError('K105', 'there is no home directory to keep state in', {
		help: 'set HOME, or XDG_STATE_HOME and XDG_CONFIG_HOME, to an absolute path',
	});
}
