// Boots the kernel: everything is checked, trusted and open before the first client is served.
import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Mode } from '../abi/decision.ts';
import type { DriverName } from '../abi/names.ts';
import { takeGrantor } from '../abi/permit.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import type { Target } from '../abi/syscall.ts';
import { type AuditLog, openAudit } from '../audit/log.ts';
import { startReaper } from '../drivers/reaper.ts';
import { matchesTextGlob } from '../policy/text-glob.ts';
import { Approver } from './approve.ts';
import { auditDirectoryOf, auditKeyFile } from './audit-paths.ts';
import type { BankReport } from './bank.ts';
import type { DetailLevel, DriverConfig, KernelConfig } from './config.ts';
import { makeConfining } from './confining.ts';
import { DriverLines } from './driver-lines.ts';
import { cwdOf, makeDriver } from './drivers.ts';
import { EraStore } from './era-store.ts';
import { type JudgeAsk, makeJudge, makeJudgeAsk } from './gather.ts';
import { commandPointers, governedByCurrent } from './governed.ts';
import { idMaker } from './ids.ts';
import { Journal } from './journal.ts';
import { inMemory, Limits } from './limits.ts';
import { loadOptions } from './load-options.ts';
import type { Log } from './log.ts';
import { type Metrics, makeMetrics } from './metrics.ts';
import { together } from './observer.ts';
import { makeOwnDriver } from './own-driver.ts';
import { existsAt, resolvePath } from './paths.ts';
import { Pools } from './pools.ts';
import { makeProtection } from './protect.ts';
import { receiptFields, receiptLine, receiptOf, untrappedUntilRestart } from './receipt.ts';
import { makeResults, type Results } from './results.ts';
import { Revisions } from './revisions.ts';
import { noRings } from './ring.ts';
import { loadWithRing } from './runtime-ring.ts';
import { isConfined } from './sandbox-rules.ts';
import { servingPorts } from './serving-ports.ts';
import { SharedDriver } from './shared-driver.ts';
import { Spill } from './spill.ts';
import { type StateDirectories, stateDirectories } from './state.ts';
import type { Door } from './syscall.ts';
import { makeTraces } from './traces.ts';
import { makeReaders, makeTruncate } from './truncation.ts';
import { TrustStore } from './trust.ts';
import { requireTrust } from './trusted.ts';

/** Nothing is kept much longer than it can be read. */
const sweepEveryMs = 10 * 60_000;

/** INVARIANT: taken once, when this module loads; nobody else can grant a permit in this process. */
const grant = takeGrantor();

export interface Kernel {
	readonly revisions: Revisions;
	/** Absent: nothing is counted. */
	readonly metrics: Metrics | undefined;
	/** Would a call run now? */
	readonly isReady: () => boolean;
	readonly pools: Pools;
	readonly door: Door;
	readonly judgeAsk: JudgeAsk;
	readonly audit: AuditLog;
	readonly log: Log;
	readonly version: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly directories: StateDirectories;
	readonly now: () => number;
	readonly newId: () => string;
	/** The directory a driver's relative paths resolve against. */
	readonly cwdOf: (driver: DriverName) => string;
	/** Is this the kernel's own shell driver? */
	readonly isShell: (driver: DriverName) => boolean;
	/** JSON Pointers of a tool's arguments that carry shell text. */
	readonly commandsAt: (driver: DriverName, tool: string) => readonly string[];
	/** Ends drivers and log; resolves when nothing is left. */
	close(): Promise<void>;
}

export interface BootOptions {
	/** The root file, absolute. */
	readonly file: string;
	readonly cwd: string;
	readonly env: NodeJS.ProcessEnv;
	readonly version: string;
	readonly log: Log;
	readonly mode?: Mode | undefined;
	/** Overrides `prefix:` of the file. */
	readonly prefix?: KernelConfig['prefix'] | undefined;
	/** How long drivers outlive the last session of their principal; 0 ends them with it. Absent: as the file says. */
	readonly idleMs?: number;
	/** How often to look for edited files; 0: never. */
	readonly watchEveryMs: number;
}

/** Throws TrapgateError: P… or K105 when the policy does not load, K102 when it is not trusted, A102 when there is no log. */
export async function boot(options: BootOptions): Promise<Kernel> {
	const directories = stateDirectories(options.env);
	const opened = await loadWithRing(loadOptions(options, directories), (text) => options.log.warn(text));
	try {
		return await bootWith(options, directories, opened);
	} catch (error) {
		opened.ring.close();
		throw error;
	}
}

async function bootWith(
	options: BootOptions,
	directories: StateDirectories,
	{ load, loaded, ring, marks }: Awaited<ReturnType<typeof loadWithRing>>,
): Promise<Kernel> {
	const { env, log, version } = options;
	const { revision: first, problems } = loaded;
	if (first === undefined) throw new TrapgateError('K105', `\`${options.file}\` does not load`, { problems });
	const trust = new TrustStore(directories.state);
	requireTrust(first, trust, options.file);

	const { config } = first;
	const ports = await servingPorts(first);
	for (const { code, message, label, where } of first.problems) {
		log.warn({ code, where }, label === undefined ? message : `${message}: ${label}`);
	}
	if (config.drivers.length === 0) log.warn('no drivers are configured, so clients get no tools');
	const now = () => Date.now();
	const elapsed = () => performance.now();
	const newId = idMaker(now, randomBytes);
	const audit = await openAudit({
		directory: auditDirectoryOf(config.audit.directory, directories),
		keyFile: auditKeyFile(directories),
		durability: config.audit.durability,
		now,
		random: randomBytes,
		host: {
			pid: process.pid,
			user: userName(),
			version,
			...(config.workspace === undefined ? {} : { workspace: config.workspace }),
		},
		policyRev: first.id,
		warn: (text: string) => log.warn(text),
	});
	const report = (error: unknown) => log.error(errorText(error));

	const revisions = new Revisions({
		load,
		first,
		acceptedHash: () => acceptedOrNone(trust, options.file),
		waiting: (revision) => untrappedUntilRestart(first, revision, ports.commands, load.rings),
		report(outcome) {
			const level = outcome.accepted ? 'info' : 'error';
			log[level](
				{ problems: outcome.problems, held: outcome.held },
				outcome.accepted ? 'policy reloaded' : 'the edited policy does not load; the last good revision stays in force',
			);
			void journal.reload(outcome).catch(report);
		},
	});
	const metrics = config.http.metrics && makeMetrics({ version, startedAt: now() - process.uptime() * 1000, usage });
	const observer = together(
		[metrics?.observer, config.telemetry.traces ? await makeTraces(version, now) : undefined].filter(
			(one) => one !== undefined,
		),
		(text) => log.warn(text),
	);
	const journal = new Journal({
		audit,
		revisions,
		detailOf: (target) => detailOf(config, target),
		elapsed,
		newId,
		observer,
	});
	const protection = makeProtection({
		workspace: config.workspace,
		home: load.home,
		governed: governedByCurrent(() => revisions.current(), { load, directories }),
		resolvePath,
		exists: existsAt,
		elapsed,
	});
	const byName = new Map(config.drivers.map((driver) => [driver.name, driver]));
	const isShell = (name: DriverName) => byName.get(name)?.kind === 'shell';
	const runsCommands = (name: DriverName) => Object.keys(byName.get(name)?.commands ?? {}).length > 0;
	const { rings = noRings } = load;
	const isContained = (name: DriverName) => {
		const driver = byName.get(name);
		return driver !== undefined && isConfined(driver, revisions.current().set.rules, rings);
	};
	const gather = { isShell, runsCommands, isContained, revisions, ports, protection, env, now, elapsed };
	const results = makeResults(gather, log);
	const reaper = await startReaper({ warn: (text: string) => log.warn(text), random: randomBytes, env });
	const around = {
		...load,
		workspace: config.workspace,
		directory: config.directory,
		reaper,
		rings,
		eras: new EraStore({
			state: directories.state,
			now,
			random: randomBytes,
			warn: (text: string) => log.warn(text),
		}),
		confine: (driver: DriverConfig) => confining.confine(driver),
	};
	const confining = makeConfining({
		ring,
		governed: () => ({ revision: revisions.current(), load, directories }),
		around,
		door: () => door,
		commands: ports.commands,
		newId,
		now,
	});
	const shared = new Map(
		config.drivers
			.filter((driver) => driver.shared)
			.map((driver) => [driver.name, new SharedDriver(() => makeDriver(driver, around))]),
	);
	const spill = new Spill({
		directory: join(directories.state, 'results'),
		root: options.file,
		now,
		random: randomBytes,
		warn: (text: string) => log.warn(text),
	});
	spill.sweep();
	const sweeping = setInterval(() => spill.sweep(), sweepEveryMs);
	sweeping.unref();
	const readers = makeReaders(gather, results);
	const pools = new Pools({
		makeDrivers: () =>
			config.drivers.map((driver) => shared.get(driver.name)?.handle(driver.name) ?? makeDriver(driver, around)),
		own: makeOwnDriver({ spill, limitOf: readers.limitOf, clean: readers.clean }),
		prefix: options.prefix ?? config.prefix,
		startTimeoutMs: config.startTimeoutMs,
		idleMs: options.idleMs ?? config.http.idleMs,
		maxProcesses: config.http.maxProcesses,
		// Where drivers end with their client, it is the only one.
		reserved: options.idleMs === 0 ? 0 : Math.floor(config.http.maxProcesses / 4),
		report: bankReport(log, journal, results, report),
	});
	const receipt = receiptOf(first, ports.commands, rings);
	if (receipt.rules.length > 0 || receipt.drivers.some((driver) => driver.ring !== undefined)) {
		const isUnheld = receipt.drivers.some((driver) => driver.ring?.is === 'absent');
		log[isUnheld ? 'warn' : 'info']({ rings: receiptFields(receipt) }, receiptLine(receipt));
	}
	if (options.watchEveryMs > 0) await revisions.watch(options.watchEveryMs, marks);

	const door: Door = {
		judge: makeJudge(gather),
		approver: new Approver(() => config.ask.channels, now),
		journal,
		limits: new Limits(inMemory, now),
		results,
		truncate: makeTruncate({ spill, readers }),
		trapped(parent, context, approval) {
			const driver = byName.get(parent.driver);
			return driver === undefined ? undefined : confining.trapped(driver, { parent, context, approval });
		},
		grant,
	};
	return {
		revisions,
		metrics,
		isReady: () => journal.isWriting,
		pools,
		door,
		judgeAsk: makeJudgeAsk(gather),
		audit,
		log,
		version,
		env,
		directories,
		now,
		newId,
		isShell,
		cwdOf: (name) => {
			const driver = byName.get(name);
			return driver === undefined ? config.directory : cwdOf(driver, around);
		},
		commandsAt: (name, tool) => commandPointers(byName.get(name), name, tool),
		async close() {
			revisions.stop();
			clearInterval(sweeping);
			await pools.close();
			await reaper.close();
			confining.close();
			await audit.close();
		},
	};
}

/** A store that was damaged while the kernel runs trusts nothing; it is no reason to stop serving. */
function acceptedOrNone(trust: TrustStore, file: string): string | undefined {
	try {
		return trust.accepted(file);
	} catch {
		return undefined;
	}
}

function detailOf({ audit }: KernelConfig, target: Target): DetailLevel {
	if (target.kind !== 'tool') return audit.detail;
	const name = `${target.driver}/${target.tool}`;
	return audit.tools.find(({ glob }) => matchesTextGlob(glob, name))?.detail ?? audit.detail;
}

function bankReport(log: Log, journal: Journal, results: Results, failed: (error: unknown) => void): BankReport {
	const lines = new DriverLines((driver) => results.around(driver, undefined));
	return {
		driverState(driver, state) {
			const say = (text: string) => lines.alone(driver, text);
			switch (state.is) {
				case 'ready':
					log.info({ driver }, 'driver is up');
					void journal.driver({ driver, state: 'up' }).catch(failed);
					return;
				case 'down':
					log.error(
						{ driver, code: state.trouble.code, retryInMs: state.retryInMs },
						`driver is down: ${say(state.trouble.message)}`,
					);
					void journal
						.driver({ driver, state: 'down', reason: `${state.trouble.code}: ${say(state.trouble.message)}` })
						.catch(failed);
					return;
				case 'starting':
					return;
				default:
					state satisfies never;
			}
		},
		collision({ wire, holder, claimant }) {
			log.error(
				{ wire },
				`\`${claimant.driver}/${claimant.name}\` is absent: \`${holder.driver}/${holder.name}\` already has the name`,
			);
		},
		log(driver, level, message) {
			log[level]({ driver }, lines.next(driver, message));
		},
	};
}

function usage() {
	const { user, system } = process.cpuUsage();
	return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 };
}

function userName(): string {
	try {
		return userInfo().username;
	} catch {
		// A container may run as a user id without a name.
		return String(process.getuid?.() ?? 'unknown');
	}
}
