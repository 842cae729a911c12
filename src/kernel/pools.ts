// Banks by principal: two principals never share a driver process.
import type { Driver, Hello } from '../abi/driver.ts';
import { TrapgateError } from '../abi/problem.ts';
import { writeJson } from '../wire/json.ts';
import { Bank, type BankReport } from './bank.ts';
import type { Prefix } from './syscall-table.ts';

export interface PoolOptions {
	/** Makes fresh drivers for one bank. */
	readonly makeDrivers: () => readonly Driver[];
	/** The kernel's own driver, which starts no process. */
	readonly own: Driver;
	readonly prefix: Prefix;
	readonly startTimeoutMs: number;
	/** How long a bank outlives its last session. */
	readonly idleMs: number;
	/** Most drivers at once, over all banks. */
	readonly maxProcesses: number;
	/** How many of them whoever has some already leaves to those who have none, as room for a whole bank at least; 0 where nobody else can come. */
	readonly reserved: number;
	readonly report: BankReport;
}

interface Pool {
	readonly key: string;
	readonly principal: string;
	readonly bank: Bank;
	readonly opened: Promise<void>;
	readonly size: number;
	users: number;
	/** Set while nobody uses it; the pools stand in the order in which that began. */
	idle: NodeJS.Timeout | undefined;
}

export class Pools {
	readonly #options: PoolOptions;
	readonly #pools = new Map<string, Pool>();

	constructor(options: PoolOptions) {
		this.#options = options;
	}

	/**
	 * The bank of this principal for clients of these capabilities, opened if need be. Drivers are told what their
	 * client can do, so sessions that can do different things get different processes.
	 * So do those of another `revision`, whose clients expect other things of a driver. Throws K103 when there are too many processes, K101 when two tools claim one name.
	 */
	async acquire(principal: string, hello: Hello, revision = hello.protocolVersion): Promise<Bank> {
		const key = writeJson([principal, revision, hello.capabilities]);
		const pool = this.#pools.get(key) ?? this.#make(key, principal, hello);
		clearTimeout(pool.idle);
		pool.idle = undefined;
		pool.users += 1;
		try {
			await pool.opened;
			return pool.bank;
		} catch (error) {
			await this.#drop(pool);
			throw error;
		}
	}

	/** One session less; the last one starts the idle clock. */
	async release(bank: Bank): Promise<void> {
		const pool = [...this.#pools.values()].find((candidate) => candidate.bank === bank);
		if (pool === undefined) return;
		pool.users -= 1;
		if (pool.users > 0) return;
		if (this.#options.idleMs === 0) return this.#drop(pool);
		pool.idle = setTimeout(() => void this.#drop(pool), this.#options.idleMs);
		pool.idle.unref();
		this.#pools.delete(pool.key);
		this.#pools.set(pool.key, pool);
	}

	/** Ends a bank at once, whatever the idle clock says. */
	async discard(bank: Bank): Promise<void> {
		const pool = [...this.#pools.values()].find((candidate) => candidate.bank === bank);
		if (pool !== undefined) await this.#drop(pool);
	}

	/** Every bank that is open. */
	banks(): readonly Bank[] {
		return [...this.#pools.values()].map((pool) => pool.bank);
	}

	async close(): Promise<void> {
		await Promise.all([...this.#pools.values()].map((pool) => this.#drop(pool)));
	}

	#make(key: string, principal: string, hello: Hello): Pool {
		const drivers = this.#options.makeDrivers();
		const ended = this.#makeRoom(principal, drivers.length);
		const bank = new Bank({ ...this.#options, drivers });
		const opened = ended.length === 0 ? bank.open(hello) : Promise.all(ended).then(() => bank.open(hello));
		const pool: Pool = { key, principal, bank, opened, size: drivers.length, users: 0, idle: undefined };
		this.#pools.set(key, pool);
		return pool;
	}

	/** Ends what nobody uses, as far as that is needed. Throws K103 where it would not be enough; then nothing is ended. */
	#makeRoom(principal: string, size: number): readonly Promise<void>[] {
		const { maxProcesses, reserved } = this.#options;
		const pools = [...this.#pools.values()];
		const running = pools.reduce((sum, pool) => sum + pool.size, 0);
		// What a client says that it can do costs it nothing, and each new saying starts every driver once more.
		const hasSome = pools.some((pool) => pool.principal === principal && pool.users > 0);
		const left = hasSome && reserved > 0 ? Math.max(reserved, size) : 0;
		let excess = running + size + left - maxProcesses;
		const spare: Pool[] = [];
		for (const pool of pools) {
			if (excess <= 0) break;
			if (pool.idle === undefined) continue;
			spare.push(pool);
			excess -= pool.size;
		}
		if (excess > 0) {
			throw new TrapgateError(
				'K103',
				`busy: ${running} driver processes are running and this client needs ${size} more (limit ${maxProcesses}${left === 0 ? '' : `, ${left} of them for callers who have none`})`,
				{ help: 'close other clients, or raise `http: { maxProcesses }`' },
			);
		}
		return spare.map((pool) => this.#drop(pool));
	}

	async #drop(pool: Pool): Promise<void> {
		clearTimeout(pool.idle);
		if (this.#pools.get(pool.key) === pool) this.#pools.delete(pool.key);
		await pool.bank.close();
	}
}
