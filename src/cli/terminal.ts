// A person at the terminal: whether there is one, and what they answer.
import { createInterface, type Interface } from 'node:readline';
import { cookieName } from '../drivers/process-table.ts';
import { renderProblem } from '../text/render.ts';
import type { Surroundings } from './command.ts';

/** False also beneath another kernel: what an agent starts must not answer in a person's place. */
export function hasPerson({ stdin, stderr, env }: Pick<Surroundings, 'stdin' | 'stderr' | 'env'>): boolean {
	return stdin.isTTY === true && stderr.isTTY === true && env[cookieName] === undefined;
}

/** Says that a person is needed; the exit code for it is 6. */
export function sayPersonNeeded({ stderr }: Pick<Surroundings, 'stderr'>): void {
	const help = 'run it yourself, in a terminal';
	const problem = { code: 'C102', severity: 'error', message: 'this needs a person at a terminal', help } as const;
	stderr.write(`${renderProblem(problem)}\n`);
}

/** Only a word that says so is a yes. */
export function isYes(answer: string | undefined): boolean {
	return answer !== undefined && /^y(es)?$/i.test(answer);
}

/** Asks on stderr and reads lines from stdin; close it when the questions are over. */
export class Terminal {
	readonly #around: Pick<Surroundings, 'stderr'>;
	readonly #lines: Interface;
	readonly #unread: string[] = [];
	#waiting: ((line: string | undefined) => void) | undefined;
	#isOver: boolean;

	constructor(around: Pick<Surroundings, 'stdin' | 'stderr' | 'signal'>) {
		this.#around = around;
		// Of an input that is over already nobody says so again.
		this.#isOver = around.stdin.readableEnded;
		this.#lines = createInterface({ input: around.stdin, output: around.stderr, signal: around.signal });
		this.#lines.on('line', (line) => this.#take(line));
		this.#lines.on('close', () => {
			this.#isOver = true;
			this.#answer(undefined);
		});
	}

	say(text: string): void {
		this.#around.stderr.write(`${text}\n`);
	}

	/** The next line, trimmed; undefined when there is none any more. */
	ask(question: string): Promise<string | undefined> {
		if (this.#isOver) {
			// What was typed ahead still counts.
			this.#around.stderr.write(question);
		} else {
			this.#lines.setPrompt(question);
			this.#lines.prompt();
		}
		const unread = this.#unread.shift();
		if (unread !== undefined) return Promise.resolve(unread.trim());
		if (this.#isOver) return Promise.resolve(undefined);
		return new Promise((resolve) => {
			this.#waiting = (line) => resolve(line?.trim());
		});
	}

	close(): void {
		this.#lines.close();
	}

	#take(line: string): void {
		if (this.#waiting === undefined) this.#unread.push(line);
		else this.#answer(line);
	}

	#answer(line: string | undefined): void {
		const waiting = this.#waiting;
		this.#waiting = undefined;
		waiting?.(line);
	}
}
