// Makes the drivers that the configuration names, variables filled in.
import { resolve } from 'node:path';
import type { Driver } from '../abi/driver.ts';
import type { DriverName } from '../abi/names.ts';
import { Permit } from '../abi/permit.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import type { EraMemory } from '../drivers/era.ts';
import { httpDriver } from '../drivers/http.ts';
import type { ProcessSandbox } from '../drivers/process-sandbox.ts';
import type { Reaper } from '../drivers/reaper.ts';
import { shellDriver } from '../drivers/shell.ts';
import { stdioDriver } from '../drivers/stdio.ts';
import { errorReply } from '../wire/message.ts';
import type { DriverConfig } from './config.ts';
import { noRings, type Rings, ringFor } from './ring.ts';

export interface DriverSurroundings {
	readonly workspace: string | undefined;
	/** Directory of the root file; relative `cwd` and no workspace resolve here. */
	readonly directory: string;
	readonly home: string;
	readonly tmp: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly reaper: Reaper;
	/** Where the runtime ring holds; absent: nowhere. */
	readonly rings?: Rings | undefined;
	/** Which servers were found to be of another era than is tried first; absent: that is found out each time. */
	readonly eras?: EraMemory | undefined;
	/** Makes the sandbox of a driver's processes, where it has one. */
	readonly confine?: ((config: DriverConfig) => ProcessSandbox | undefined) | undefined;
}

/** A driver whose configuration can't be filled in opens with that very error: its tools are absent, the others work. */
export function makeDriver(config: DriverConfig, around: DriverSurroundings): Driver {
	try {
		return construct(config, around);
	} catch (error) {
		return brokenDriver(
			config.name,
			error instanceof TrapgateError ? error : new TrapgateError('D101', errorText(error)),
		);
	}
}

/** The directory a driver's relative paths resolve against; absolute. */
export function cwdOf(
	config: DriverConfig,
	around: Pick<DriverSurroundings, 'workspace' | 'directory' | 'home' | 'tmp' | 'env'>,
): string {
	const base = around.workspace ?? around.directory;
	if (config.kind !== 'stdio' || config.cwd === undefined) return base;
	return resolve(around.directory, expand(config.cwd, around));
}

/** Stands in for a driver that can't be made: says why when it is opened. */
function brokenDriver(name: DriverName, error: TrapgateError): Driver {
	return {
		name,
		open: () => Promise.reject(error),
		list: () => Promise.resolve([]),
		call: async (permit) => {
			Permit.spend(permit);
			return errorReply(-32000, error.message);
		},
		notify: () => undefined,
		close: () => Promise.resolve(),
	};
}

function construct(config: DriverConfig, around: DriverSurroundings): Driver {
	const { name } = config;
	const ring = ringFor(config, around.rings ?? noRings);
	if (config.sandbox?.isDemanded === true && ring.is === 'absent')
		throw new TrapgateError('D101', `its \`sandbox:\` does not hold here: ${ring.why}`, { help: ring.hint });
	switch (config.kind) {
		case 'stdio':
			return stdioDriver(
				{
					name,
					command: expand(config.command, around),
					args: config.args.map((arg) => expand(arg, around)),
					env: expandAll(config.env, around),
					cwd: cwdOf(config, around),
					protocol: config.protocol,
				},
				{ reaper: around.reaper, env: around.env, sandbox: around.confine?.(config), eras: around.eras },
			);
		case 'http':
			return httpDriver(
				{
					name,
					url: expand(config.url, around),
					headers: expandAll(config.headers, around),
					protocol: config.protocol,
				},
				{ eras: around.eras },
			);
		case 'shell':
			return shellDriver(
				{
					name,
					workspace: around.workspace ?? around.directory,
					env: expandAll(config.env, around),
					timeoutMs: config.timeoutMs,
					maxTimeoutMs: config.maxTimeoutMs,
					maxOutputBytes: config.maxOutputBytes,
				},
				{ reaper: around.reaper, env: around.env, sandbox: around.confine?.(config) },
			);
		default:
			return config satisfies never;
	}
}

function expandAll(
	values: Readonly<Record<string, string>>,
	around: Pick<DriverSurroundings, 'workspace' | 'home' | 'tmp' | 'env'>,
): Record<string, string> {
	return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, expand(value, around)]));
}

/** `${workspace}`, `${home}`, `${tmp}`, `${env:NAME}` and `${env:NAME:-default}`; anything else in braces is an error. Throws D101. */
export function expand(text: string, around: Pick<DriverSurroundings, 'workspace' | 'home' | 'tmp' | 'env'>): string {
	return text.replace(/\$\{([^}]*)\}/g, (_, inner: string) => {
		if (inner === 'workspace') {
			if (around.workspace === undefined) {
				throw new TrapgateError('D101', '`${workspace}` is used, but trapgate.yaml declares no `workspace:`');
			}
			return around.workspace;
		}
		if (inner === 'home') return around.home;
		if (inner === 'tmp') return around.tmp;
		const [, name, fallback] = /^env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inner) ?? [];
		if (name === undefined)
			throw new TrapgateError('D101', `\`\${${inner}}\` is not a variable`, {
				help: 'use ${workspace}, ${home}, ${tmp} or ${env:NAME}',
			});
		const value = around.env[name] ?? fallback;
		if (value === undefined) throw new TrapgateError('D101', `environment variable \`${name}\` is not set`);
		return value;
	});
}
