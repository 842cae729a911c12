// Looks at every door: configuration, trust, layers, drivers, log and ask channels.
import { toolName } from '../abi/names.ts';
import type { Problem } from '../abi/problem.ts';
import { auditDirectoryOf, auditKeyFile } from '../kernel/audit-paths.ts';
import { type Difference, differences } from '../kernel/lock/differences.ts';
import type { Listing } from '../kernel/lock/listing.ts';
import { lockPath } from '../kernel/lock/path.ts';
import { ports } from '../kernel/ports.ts';
import { type Receipt, receiptOf } from '../kernel/receipt.ts';
import type { Revision } from '../kernel/revision.ts';
import { ringDemand } from '../kernel/ring-demands.ts';
import { TrustStore } from '../kernel/trust.ts';
import { type Trust, trustOf } from '../kernel/trusted.ts';
import { type AuditHealth, lookAtAudit } from './audit-health.ts';
import type { CommandInput } from './command.ts';
import { foldersOf } from './connect/clients.ts';
import { type ClientHealth, lookAtClients } from './connect/ways-around.ts';
import { doesNotHold } from './does-not-hold.ts';
import { type HttpHealth, lookAtHttp } from './http-health.ts';
import { lookAtDrivers } from './look.ts';
import { readSettingHere, type Setting } from './setting.ts';

export interface DriverHealth {
	readonly name: string;
	readonly kind: string;
	/** `not started`: the configuration is not trusted. */
	readonly state: 'up' | 'down' | 'not started';
	readonly code?: string;
	readonly reason?: string;
	/** The last line it wrote to stderr before it went down. */
	readonly said?: string;
	readonly server?: string;
	/** The MCP revision it speaks. */
	readonly era?: string;
	readonly tools?: number;
	/** Tools that are not in the table, because a rule about them needs the runtime ring; not counted in `tools`. */
	readonly absent?: { readonly tools: number; readonly rule: string };
}

/** How what the drivers list compares with what a person accepted. */
export interface LockHealth {
	readonly file: string;
	/** `missing`: a rule demands one. `none`: no rule does, and there is none. */
	readonly state: 'present' | 'missing' | 'none';
	/** Ids of the rules that demand one. */
	readonly rules: readonly string[];
	readonly tools: number;
	readonly drivers: number;
	/** Counted over tools, prompts, templates and instructions of the drivers that were started. */
	readonly changed: number;
	readonly new: number;
	readonly gone: number;
	/** Accepted tools of which nobody has said what they do. */
	readonly unconfirmed: number;
}

export interface Checkup {
	/** True when the kernel would serve with every driver. */
	readonly ok: boolean;
	readonly file: string;
	readonly problems: readonly Problem[];
	readonly mode?: string;
	readonly workspace?: string;
	readonly policy_rev?: string;
	readonly trust?: Trust;
	readonly files: readonly { readonly layer: string; readonly file: string }[];
	readonly rules?: number;
	readonly drivers: readonly DriverHealth[];
	/** Two tools under one name: the kernel would not boot. */
	readonly collision?: string;
	readonly lock?: LockHealth;
	readonly audit: AuditHealth;
	/** Absent: HTTP is not in use. */
	readonly http?: HttpHealth;
	readonly channels: readonly string[];
	readonly askRules: number;
	readonly receipt?: Receipt;
	readonly doesNotHold: readonly string[];
	/** Clients that are set up here, and what an agent in one could do without meeting a rule. */
	readonly clients: readonly ClientHealth[];
}

export async function checkUp(input: CommandInput): Promise<Checkup> {
	const setting = await readSettingHere(input);
	const { directories, load, loaded } = setting;
	const { revision, problems, sources } = loaded;
	const files = sources.map(({ layer, file }) => ({ layer, file }));
	const clients = lookAtClients(foldersOf(input.around.cwd, input.around.env));
	const about = { file: load.file, problems, files, clients };
	if (revision === undefined) {
		const audit = lookAtAudit(auditDirectoryOf(undefined, directories), auditKeyFile(directories));
		return { ok: false, ...about, drivers: [], audit, channels: [], askRules: 0, doesNotHold: [] };
	}
	const { config } = revision;
	const rules = revision.policies.flatMap((policy) => policy.rules);
	const trust = trustOf(revision, new TrustStore(directories.state), load.file);
	const { drivers, collision, listing } = await driverHealth(revision, setting, trust, input);
	const lock = lockHealth(revision, listing);
	const audit = lookAtAudit(auditDirectoryOf(config.audit.directory, directories), auditKeyFile(directories));
	const http = lookAtHttp(config.http, directories.state);
	const isTrusted = trust === 'not needed' || trust === 'trusted';
	const receipt = receiptOf(revision, ports.commands, load.rings);
	return {
		ok:
			isTrusted &&
			collision === undefined &&
			lock.state !== 'missing' &&
			drivers.every(({ state, absent }) => state === 'up' && absent === undefined) &&
			audit.state !== 'unusable' &&
			audit.key !== 'unusable' &&
			http?.trouble === undefined,
		...about,
		mode: config.mode,
		...(config.workspace === undefined ? {} : { workspace: config.workspace }),
		policy_rev: revision.id,
		trust,
		rules: rules.length,
		drivers,
		...(collision === undefined ? {} : { collision }),
		lock,
		audit,
		...(http === undefined ? {} : { http }),
		channels: config.ask.channels,
		askRules: rules.filter(({ action }) => action.kind === 'ask').length,
		receipt,
		doesNotHold: doesNotHold(revision, receipt),
	};
}

/** Starting a driver runs what the file says, so nothing is started before somebody trusted the file. */
async function driverHealth(
	revision: Revision,
	setting: Setting,
	trust: Trust,
	input: CommandInput,
): Promise<{ drivers: DriverHealth[]; collision?: string; listing?: Listing }> {
	const { drivers } = revision.config;
	if (trust === 'never' || trust === 'changed') {
		return {
			drivers: drivers.map(({ name, kind }) => ({
				name,
				kind,
				state: 'not started',
				reason: 'the configuration is not trusted',
			})),
		};
	}
	if (drivers.length === 0) return { drivers: [] };
	const { states, tools, listing, collision, said } = await lookAtDrivers(revision, setting, input);
	const health = drivers.map(({ name, kind }): DriverHealth => {
		const state = states.get(name);
		if (state?.is === 'ready') {
			const { serverInfo, protocolVersion } = state.introduction;
			const server = [serverInfo['name'], serverInfo['version']].filter((part) => typeof part === 'string').join(' ');
			const own = tools.filter(({ driver }) => driver === name);
			const demands = own.flatMap(
				(entry) => ringDemand(revision, toolName(name, entry.name), kind === 'shell')?.rule.id ?? [],
			);
			const [rule] = demands;
			const absent = rule === undefined ? {} : { absent: { tools: demands.length, rule } };
			return { name, kind, state: 'up', server, era: protocolVersion, tools: own.length - demands.length, ...absent };
		}
		const last = said.get(name)?.at(-1);
		const trouble = state?.is === 'down' ? state.trouble : { code: 'D102', message: 'it did not answer in time' };
		return {
			name,
			kind,
			state: 'down',
			code: trouble.code,
			reason: trouble.message,
			...(last === undefined ? {} : { said: last }),
		};
	});
	return { drivers: health, listing, ...(collision === undefined ? {} : { collision: collision.message }) };
}

function lockHealth({ lock, config, policies }: Revision, listing: Listing | undefined): LockHealth {
	const rules = policies.flatMap((policy) => policy.rules).filter(({ action }) => action.kind === 'lock');
	const names = config.drivers.map(({ name }) => name);
	const found = listing === undefined || !lock.isPresent ? [] : differences(lock, listing, names);
	const counted = (change: Difference['change']) => found.filter((one) => one.change === change).length;
	return {
		file: lockPath(config.file),
		state: lock.isPresent ? 'present' : rules.length > 0 ? 'missing' : 'none',
		rules: rules.map(({ id }) => id),
		tools: lock.toolCount,
		drivers: lock.drivers.size,
		changed: counted('changed'),
		new: counted('new'),
		gone: counted('gone'),
		unconfirmed: counted('unconfirmed'),
	};
}
