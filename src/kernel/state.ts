// Where Trapgate keeps what it must remember: the XDG directories (XDG Base Directory Specification 0.8).
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

export interface StateDirectories {
	/** Trust, tokens, the audit key: `$XDG_STATE_HOME/trapgate`. */
	readonly state: string;
	/** The user's own policy files: `$XDG_CONFIG_HOME/trapgate`. */
	readonly user: string;
	/** The organisation's policy files. */
	readonly organisation: string;
}

/** Relative XDG values are ignored, as the specification says. */
export function stateDirectories(env: NodeJS.ProcessEnv): StateDirectories {
	const home = env['HOME'] ?? homedir();
	const xdg = (name: string, fallback: string) => {
		const value = env[name];
		return value !== undefined && isAbsolute(value) ? value : join(home, fallback);
	};
	return {
		state: join(xdg('XDG_STATE_HOME', '.local/state'), 'trapgate'),
		user: join(xdg('XDG_CONFIG_HOME', '.config'), 'trapgate'),
		organisation: '/etc/trapgate',
	};
}
