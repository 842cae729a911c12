// A program that was started, with everything it starts: one group, one cookie, one end.
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { type ProcessEntry, type ProcessTable, signalProcess, trySignal } from './process-table.ts';

/** How the program itself ended. */
export interface Exit {
	readonly code: number | undefined;
	readonly signal: NodeJS.Signals | undefined;
}

export interface TreeParts {
	readonly pid: number;
	/** The tree's own part of its cookie. */
	readonly cookie: string;
	/** Undefined when the program's input is /dev/null. */
	readonly stdin: Writable | undefined;
	readonly stdout: Readable;
	readonly stderr: Readable;
	/** Of a sandbox: what its runner says. */
	readonly status: Readable | undefined;
	readonly exit: Promise<Exit>;
}

/** Who started the tree, and forgets it when it is gone. */
export interface TreeKeeper {
	readonly table: ProcessTable;
	/** Milliseconds, from any beginning. */
	readonly now: () => number;
	/** Called once, when the tree has been ended, with the number of processes that could not be. */
	readonly gone: (tree: ProcessTree, survivors: number) => void;
}

/** How long SIGKILL is repeated for processes that start others faster than they are found. */
const killMs = 5000;

/**
 * What escapes: a process that leaves the group *and* clears or overwrites its environment (`env -i setsid …`), and
 * one that changes its user. Only the runtime ring (a process namespace) holds those.
 */
export class ProcessTree implements TreeParts {
	readonly pid: number;
	readonly cookie: string;
	readonly stdin: Writable | undefined;
	readonly stdout: Readable;
	readonly stderr: Readable;
	readonly status: Readable | undefined;
	readonly exit: Promise<Exit>;
	readonly #keeper: TreeKeeper;
	/**
	 * INVARIANT: true once the group was seen empty after its leader had been reaped. From then on its number may
	 * belong to strangers, and is never signalled. Before, either the leader or a member keeps the number ours.
	 */
	#groupIsGone = false;
	#hasExited = false;
	#ending: Promise<number> | undefined;

	constructor(parts: TreeParts, keeper: TreeKeeper) {
		this.pid = parts.pid;
		this.cookie = parts.cookie;
		this.stdin = parts.stdin;
		this.stdout = parts.stdout;
		this.stderr = parts.stderr;
		this.status = parts.status;
		this.#keeper = keeper;
		this.exit = parts.exit.then((exit) => {
			this.#hasExited = true;
			this.#groupIsGone = !trySignal(-this.pid, 0);
			return exit;
		});
	}

	/** The processes of the tree that live, the program itself included. */
	async members(): Promise<readonly ProcessEntry[]> {
		const members = (await this.#keeper.table.look()).filter((entry) => this.#isMember(entry));
		this.#noticeGroup();
		return members;
	}

	/**
	 * Ends the program and everything it started: SIGTERM, `graceMs` to go, SIGKILL. Resolves, when nothing of it is
	 * left, with the number of processes that were there. Idempotent: the first grace counts.
	 */
	end(graceMs: number): Promise<number> {
		this.#ending ??= this.#end(graceMs);
		return this.#ending;
	}

	async #end(graceMs: number): Promise<number> {
		const { now, gone } = this.#keeper;
		const asked = new Set<string>();
		const startedAt = now();
		let pauseMs = 5;
		let quiet = 0;
		let left = await this.#ask(asked);
		// Where there was somebody to end, one empty look is not yet believed.
		while ((left > 0 || quiet < (asked.size > 1 ? 2 : 0)) && now() - startedAt < graceMs + killMs) {
			if (left > 0) {
				await setTimeout(pauseMs);
				pauseMs = Math.min(pauseMs * 2, 80);
			}
			left = now() - startedAt < graceMs ? await this.#ask(asked) : await this.#kill(asked);
			quiet = left > 0 ? 0 : quiet + 1;
		}
		gone(this, left);
		return asked.size;
	}

	/** SIGTERM, once for each member. Returns how many there are. */
	async #ask(asked: Set<string>): Promise<number> {
		const members = await this.members();
		const asksGroup = !this.#groupIsGone && asked.size === 0;
		if (asksGroup) trySignal(-this.pid, 'SIGTERM');
		for (const entry of members) {
			const isDone = asked.has(nameOf(entry)) || (asksGroup && entry.group === this.pid);
			if (!isDone) signalProcess(entry, 'SIGTERM');
			asked.add(nameOf(entry));
		}
		return this.#orOne(members.length);
	}

	/** SIGKILL for all. Returns how many there were. */
	async #kill(asked: Set<string>): Promise<number> {
		// The group in one system call: members that fork quickly could slip between two signals.
		if (!this.#groupIsGone) trySignal(-this.pid, 'SIGKILL');
		const killed = await this.#keeper.table.kill((entry) => this.#isMember(entry));
		this.#noticeGroup();
		for (const entry of killed) asked.add(nameOf(entry));
		return this.#orOne(killed.length);
	}

	#isMember({ tree, group }: ProcessEntry): boolean {
		return tree === this.cookie || (group === this.pid && !this.#groupIsGone);
	}

	#noticeGroup(): void {
		if (this.#hasExited && !this.#groupIsGone) this.#groupIsGone = !trySignal(-this.pid, 0);
	}

	/** At least one while the program itself has not ended, whatever could be seen of it. */
	#orOne(count: number): number {
		const isThere = !this.#hasExited || (this.#keeper.table.isBlind && !this.#groupIsGone);
		return Math.max(count, isThere ? 1 : 0);
	}
}

const nameOf = (entry: ProcessEntry) => `${entry.pid} ${entry.startTime}`;
