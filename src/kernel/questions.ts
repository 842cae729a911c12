// How often drivers may ask one client: within one call, and at once. Somebody may have to answer each of them by hand.
import type { Reply } from '../abi/driver.ts';
import type { DriverName } from '../abi/names.ts';
import { maxQuestions } from '../drivers/rounds.ts';
import { errorReply } from '../wire/message.ts';
import type { DriverRequest } from './bank.ts';

/** A call that is under way. */
export interface Asking {
	/** How often its client was asked meanwhile. */
	asked: number;
	/** Was it said that this is too often? */
	isWarned: boolean;
}

/** How many questions of all its drivers may wait for one client; as many calls of a client of 2026-07-28 may. */
const maxAtOnce = 100;

export class Questions {
	readonly #warn: (text: string) => void;
	#waiting = 0;
	#isWarned = false;

	constructor(warn: (text: string) => void) {
		this.#warn = warn;
	}

	/**
	 * Asks, or tells the driver why not. `calls`, oldest first, are those of this driver that it could be about: a server of an
	 * older revision does not say for which of its calls it asks.
	 */
	async put(
		{ driver, method }: Pick<DriverRequest, 'method'> & { readonly driver: DriverName },
		calls: readonly Asking[],
		ask: () => Promise<Reply>,
	): Promise<Reply> {
		// Looking after a task that the client keeps asks nobody anything new.
		const isNew = !method.startsWith('tasks/');
		const call = calls.findLast(({ asked }) => asked < maxQuestions);
		if (isNew && call === undefined && calls.length > 0) {
			const [first] = calls;
			if (first?.isWarned === false) {
				first.isWarned = true;
				this.#warn(`${driver} asked its client more than ${maxQuestions} times within one call; it was refused`);
			}
			return errorReply(-32603, `Refused: a call may ask its client at most ${maxQuestions} times`);
		}
		if (this.#waiting >= maxAtOnce) {
			if (!this.#isWarned) this.#warn(`${driver} was refused a question: ${maxAtOnce} wait for this client`);
			this.#isWarned = true;
			return errorReply(-32603, `Refused: ${maxAtOnce} questions wait for this client, which are all that may at once`);
		}
		if (isNew && call !== undefined) call.asked += 1;
		this.#waiting += 1;
		try {
			return await ask();
		} finally {
			this.#waiting -= 1;
			this.#isWarned &&= this.#waiting > 0;
		}
	}
}
