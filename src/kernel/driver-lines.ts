// What drivers print, as it may be logged: a secret may begin on one line and end on another.
import type { DriverName } from '../abi/names.ts';
import type { Handling } from './results.ts';

/** So much of what came before is looked at again with each line. */
const mostBefore = 8_192;
const withheld = '[withheld: it could not be searched for secrets]';

export class DriverLines {
	readonly #handlingOf: (driver: DriverName) => Pick<Handling, 'texts'>;
	readonly #before = new Map<DriverName, string>();

	constructor(handlingOf: (driver: DriverName) => Pick<Handling, 'texts'>) {
		this.#handlingOf = handlingOf;
	}

	/** The next line of a driver's log. */
	next(driver: DriverName, line: string): string {
		const before = this.#before.get(driver) ?? '';
		this.#before.set(driver, `${before}${line}\n`.slice(-mostBefore));
		return this.#handlingOf(driver).texts([before, line])?.[1] ?? withheld;
	}

	/** A text that is in no order with those lines. */
	alone(driver: DriverName, text: string): string {
		return this.#handlingOf(driver).texts([text])?.[0] ?? withheld;
	}
}
