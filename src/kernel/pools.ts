// Banks by principal: two principals never share a driver process.
import type { Driver, Hello } from '../abi/driver.ts';
import type { JsonObject } from '../abi/json.ts';
import { TrapgateError } from '../abi/problem.ts';
import { readJson, writeJson } from '../wire/json.ts';
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
	key: string;
	/** Undefined: nobody's yet. */
	principal: string | undefined;
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
	/** Opened before anybody came, and never used: it becomes the first one's, if that suits. */
	#prepared: Pool | undefined;

	constructor(options: PoolOptions) {
		this.#options = options;
	}

	/** Opens a bank for whoever comes first with a client like this. Throws what `acquire` throws. */
	async prepare(hello: Hello): Promise<void> {
		const pool = this.#make(keyOf(undefined, hello), undefined, hello);
		this.#prepared = pool;
		try {
			await pool.opened;
			await this.#leave(pool);
		} catch (error) {
			this.#prepared = undefined;
			await this.#drop(pool);
			throw error;
		}
	}

	/**
	 * The bank of this principal for clients of these capabilities, opened if need be. Drivers are told what their
	 * client can do, so sessions that can do different things get different processes.
	 * So do those of another `revision`, whose clients expect other things of a driver. Throws K103 when there are too many processes, or for a
	 * client that says too much, K101 when two tools claim one name.
	 */
	async acquire(principal: string, hello: Hello, revision = hello.protocolVersion): Promise<Bank> {
		const key = keyOf(principal, hello, revision);
		const pool =
			this.#pools.get(key) ??
			this.#takePrepared(key, principal, keyOf(undefined, hello, revision)) ??
			this.#make(key, principal, hello);
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
		if (pool.users === 0) await this.#leave(pool);
	}

	/** Every bank that is open. */
	banks(): readonly Bank[] {
		return [...this.#pools.values()].map((pool) => pool.bank);
	}

	async close(): Promise<void> {
		await Promise.all([...this.#pools.values()].map((pool) => this.#drop(pool)));
	}

	/** Nobody uses it from now on. */
	async #leave(pool: Pool): Promise<void> {
		if (this.#options.idleMs === 0) return this.#drop(pool);
		pool.idle = setTimeout(() => void this.#drop(pool), this.#options.idleMs);
		pool.idle.unref();
		this.#pools.delete(pool.key);
		this.#pools.set(pool.key, pool);
	}

	/** Whoever comes first decides what becomes of the bank that was opened for somebody like that. */
	#takePrepared(key: string, principal: string, wanted: string): Pool | undefined {
		const pool = this.#prepared;
		this.#prepared = undefined;
		if (pool === undefined || this.#pools.get(pool.key) !== pool) return undefined;
		const isWhole = [...pool.bank.states().values()].every(({ is }) => is === 'ready');
		if (pool.key !== wanted || !isWhole) {
			void this.#drop(pool);
			return undefined;
		}
		this.#pools.delete(pool.key);
		Object.assign(pool, { key, principal });
		this.#pools.set(key, pool);
		return pool;
	}

	#make(key: string, principal: string | undefined, hello: Hello): Pool {
		const told = copied(hello);
		const drivers = this.#options.makeDrivers();
		const ended = this.#makeRoom(principal, drivers.length);
		const bank = new Bank({ ...this.#options, drivers });
		const opened = ended.length === 0 ? bank.open(told) : Promise.all(ended).then(() => bank.open(told));
		const pool: Pool = { key, principal, bank, opened, size: drivers.length, users: 0, idle: undefined };
		this.#pools.set(key, pool);
		return pool;
	}

	/** Ends what nobody uses, as far as that is needed. Throws K103 where it would not be enough; then nothing is ended. */
	#makeRoom(principal: string | undefined, size: number): readonly Promise<void>[] {
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

/** How much drivers are told of a client, in UTF-16 units: they outlive its sessions, and nobody is counted with it then. */
const longestHello = 256 * 1024;

/** Texts of a message that was read hold all of it in memory. */
function copied(hello: Hello): Hello {
	const { capabilities, clientInfo } = hello;
	const text = writeJson({ capabilities, clientInfo });
	const read = text.length > longestHello ? undefined : readJson(text);
	if (read?.ok !== true)
		throw new TrapgateError('K103', `this client says more of itself than ${longestHello} characters`, {
			help: 'let it send less in `clientInfo` and `capabilities`',
		});
	return { ...hello, ...(read.value as JsonObject & Pick<Hello, 'capabilities' | 'clientInfo'>) };
}

/** What two clients have to share to be served by the same processes. */
function keyOf(
	principal: string | undefined,
	{ capabilities, protocolVersion }: Hello,
	revision = protocolVersion,
): string {
	return writeJson([principal ?? null, revision, capabilities]);
}
