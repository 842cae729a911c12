// `trapgate run`: the kernel itself, between one client on stdio or several over HTTP and the drivers.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Mode } from '../../abi/decision.ts';
import { isAgentId } from '../../abi/names.ts';
import { TrapgateError } from '../../abi/problem.ts';
import { boot, type Kernel } from '../../kernel/boot.ts';
import { loadOptions } from '../../kernel/load-options.ts';
import { type LogLevel, makeLog } from '../../kernel/log.ts';
import { loadRevision } from '../../kernel/revision.ts';
import { serve } from '../../kernel/serve.ts';
import { stateDirectories } from '../../kernel/state.ts';
import type { Prefix } from '../../kernel/syscall-table.ts';
import { TrustStore } from '../../kernel/trust.ts';
import { projectFiles } from '../../kernel/trusted.ts';
import { stdioFront } from '../../wire/stdio-front.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';

/** How often edited policy files are looked for. */
const watchEveryMs = 300;

export const run: Command = {
	name: 'run',
	usage: '[--agent ID] [--stdio | --http [HOST:]PORT] [--mode MODE]',
	summary: 'serve an agent: drivers behind, policy in between, log beside',
	details: [
		'--agent ID       who the agent is; rules match it with `when: { agent: … }`',
		'--stdio          speak MCP on stdin and stdout (the default)',
		'--http ADDRESS   speak Streamable HTTP, e.g. 4070 or 127.0.0.1:4070; loopback unless a host is given',
		'--no-token       with --http on loopback: let every local program in without a bearer token',
		'--mode MODE      observe, warn or enforce; may only be stricter than the file',
		'--prefix WHICH   always, conflict or never: how tools are named',
		'--log-level L    debug, info, warn, error or silent (diagnostics on stderr)',
	],
	options: {
		agent: { type: 'string' },
		stdio: { type: 'boolean' },
		http: { type: 'string' },
		'no-token': { type: 'boolean' },
		mode: { type: 'string' },
		prefix: { type: 'string' },
		'log-level': { type: 'string' },
	},
	words: [0, 0],
	saysWhenStarted: true,
	async run(input: CommandInput): Promise<ExitCode> {
		const { flags, global, around } = input;
		const agent = text(flags['agent']) ?? 'unidentified';
		if (!isAgentId(agent)) throw usage(`\`--agent ${agent}\`: letters, digits and @ . / : _ - only`);
		const mode = oneOf<Mode>('mode', text(flags['mode']), ['observe', 'warn', 'enforce']);
		const prefix = oneOf<Prefix>('prefix', text(flags['prefix']), ['always', 'conflict', 'never']);
		const level = oneOf<LogLevel>('log-level', text(flags['log-level']), ['debug', 'info', 'warn', 'error', 'silent']);
		const http = text(flags['http']);
		const address = http === undefined ? undefined : parseAddress(http);
		if (http !== undefined && flags['stdio'] === true) throw usage('`--stdio` and `--http` exclude each other');
		if (http === undefined && flags['no-token'] === true) throw usage('`--no-token` goes with `--http`');

		if (!(await offerTrust(input))) return exitCodes.policy;
		const kernel = await boot({
			file: global.config,
			cwd: around.cwd,
			env: around.env,
			version: around.version,
			log: makeLog(level ?? (global.quiet ? 'error' : 'info')),
			mode,
			prefix,
			...(address === undefined ? { idleMs: 0 } : {}),
			watchEveryMs,
		});
		try {
			return address === undefined
				? await serveStdio(kernel, agent, input)
				: await serveOverHttp(kernel, agent, address, flags['no-token'] === true, input);
		} finally {
			await kernel.close();
		}
	},
};

/** A project nobody trusts yet: ask, where somebody is there to ask. True when `boot` may go on to decide. */
async function offerTrust({ global, around }: CommandInput): Promise<boolean> {
	if (around.stdin.isTTY !== true || around.stderr.isTTY !== true) return true;
	const directories = stateDirectories(around.env);
	const { revision } = loadRevision(
		loadOptions({ file: global.config, cwd: around.cwd, env: around.env }, directories),
	);
	const hash = revision?.projectHash;
	if (revision === undefined || hash === undefined) return true;
	const store = new TrustStore(directories.state);
	if (store.accepted(global.config) === hash) return true;
	const files = projectFiles(revision);
	const { acceptAtTerminal } = await import('./trust.ts');
	return acceptAtTerminal(around, { store, root: global.config, hash, files });
}

async function serveStdio(kernel: Kernel, agent: string, { around }: CommandInput): Promise<ExitCode> {
	const channel = stdioFront({ input: around.stdin, output: around.stdout });
	let failure: TrapgateError | undefined;
	const served = await serve(
		kernel,
		channel,
		{ agent, principal: agent, session: kernel.newId(), transport: 'pipe' },
		(error) => {
			failure = error;
		},
		randomBytes,
	);
	const stop = () => void served.close();
	around.signal.addEventListener('abort', stop, { once: true });
	if (around.signal.aborted) stop();
	around.started?.();
	await served.ended;
	return failure === undefined ? exitCodes.fine : exitCodes.connection;
}

async function serveOverHttp(
	kernel: Kernel,
	agent: string,
	address: { readonly host: string; readonly port: number },
	isOpen: boolean,
	{ around, global }: CommandInput,
): Promise<ExitCode> {
	// Two tools under one name stop the start and not the first client. While the drivers start, the front is loaded.
	const drivers = kernel.pools.prepare({
		protocolVersion: '2025-11-25',
		capabilities: {},
		clientInfo: { name: 'trapgate', version: around.version },
	});
	// Whoever waits for it is told.
	drivers.catch(() => undefined);
	const { serveHttp } = await import('../../kernel/front.ts');
	const front = await serveHttp(kernel, {
		...address,
		agent,
		tokenFile: isOpen ? undefined : join(kernel.directories.state, 'http-token'),
		random: randomBytes,
		drivers,
	});
	if (!global.quiet) around.stderr.write(`${front.announcement}\n`);
	around.started?.();
	await new Promise<void>((resolve) => {
		around.signal.addEventListener('abort', () => resolve(), { once: true });
		if (around.signal.aborted) resolve();
	});
	await front.close();
	return exitCodes.fine;
}

/** `4070`, `:4070`, `127.0.0.1:4070`, `[::1]:4070`; without a host it is 127.0.0.1 (rulings, 3). */
export function parseAddress(address: string): { host: string; port: number } {
	const [, bracketed, plain, digits] = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(address) ?? [];
	const port = Number(digits);
	if (digits === undefined || port > 65_535)
		throw usage(`\`--http ${address}\` is no address; try \`--http 127.0.0.1:4070\``);
	return { host: bracketed ?? (plain === undefined || plain === '' ? '127.0.0.1' : plain), port };
}

function text(flag: CommandInput['flags'][string]): string | undefined {
	return typeof flag === 'string' ? flag : undefined;
}

function oneOf<T extends string>(name: string, value: string | undefined, allowed: readonly T[]): T | undefined {
	if (value === undefined) return undefined;
	const found = allowed.find((candidate) => candidate === value);
	if (found === undefined) throw usage(`\`--${name} ${value}\`: one of ${allowed.join(', ')}`);
	return found;
}

function usage(message: string): TrapgateError {
	return new TrapgateError('C101', message, { help: 'trapgate help run' });
}
