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
	readonly report: BankReport;
}

interface Pool {
	readonly key: string;
	readonly bank: Bank;
	readonly opened: Promise<void>;
	readonly size: number;
	users: number;
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
		const pool = this.#pools.get(key) ?? this.#make(key, hello);
		clearTimeout(pool.idle);
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

	#make(key: string, hello: Hello): Pool {
		const drivers = this.#options.makeDrivers();
		const running = [...this.#pools.values()].reduce((sum, pool) => sum + pool.size, 0);
		if (running + drivers.length > this.#options.maxProcesses) {
			throw new TrapgateError(
				'K103',
				`busy: ${running} driver processes are running and this client needs ${drivers.length} more (limit ${this.#options.maxProcesses})`,
				{ help: 'close other clients, wait for idle ones to end, or raise `http: { maxProcesses }`' },
			);
		}
		const bank = new Bank({ ...this.#options, drivers });
		const pool: Pool = { key, bank, opened: bank.open(hello), size: drivers.length, users: 0, idle: undefined };
		this.#pools.set(key, pool);
		return pool;
	}

	async #drop(pool: Pool): Promise<void> {
		clearTimeout(pool.idle);
		if (this.#pools.get(pool.key) === pool) this.#pools.delete(pool.key);
		await pool.bank.close();
	}
}
