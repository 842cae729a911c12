// What a server prints beside the protocol, as log lines: short ones, and not too many.
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { DriverHost } from '../abi/driver.ts';

type Level = Parameters<DriverHost['log']>[0];

/** Longer lines are cut. */
const maxLength = 2000;
/** So many lines at once, and so many a second in the long run. */
const burst = 200;
const perSecond = 20;

/** A server that prints without end must not fill the disk with its log. */
export class LogLines {
	readonly #log: DriverHost['log'];
	readonly #now: () => number;
	#allowance = burst;
	#lastAt: number;
	#leftOut = 0;
	#last = '';

	/** `now` in milliseconds, from any beginning. */
	constructor(log: DriverHost['log'], now: () => number) {
		this.#log = log;
		this.#now = now;
		this.#lastAt = now();
	}

	/**
	 * The last words of the stream that is followed, for the message that says why its server ended. That message is
	 * searched for secrets without the lines before, so a line of a key, or a part of a long word, is no word of it.
	 */
	get last(): string {
		return this.#last;
	}

	write(level: Level, line: string): void {
		const text = clean(line);
		if (text.trim() === '') return;
		const now = this.#now();
		this.#allowance = Math.min(burst, this.#allowance + ((now - this.#lastAt) / 1000) * perSecond);
		this.#lastAt = now;
		if (this.#allowance < 1) {
			this.#leftOut += 1;
			return;
		}
		this.#allowance -= 1;
		this.tellLeftOut();
		this.#log(level, text);
	}

	/** Says how many lines were left out since the last that was written. */
	tellLeftOut(): void {
		if (this.#leftOut > 0) this.#log('warn', `${this.#leftOut} lines of the server were left out here`);
		this.#leftOut = 0;
	}

	/** Writes every line of a stream. Reads on whatever happens: a full pipe would stop the server. */
	follow(stream: Readable, level: Level): void {
		const decoder = new StringDecoder('utf8');
		let rest = '';
		this.#last = '';
		const take = (line: string) => {
			const text = clean(line).trim();
			if (text !== '' && !isLineOfKey(text)) this.#last = wholeWords(text);
			this.write(level, line);
		};
		stream.on('data', (chunk: Buffer) => {
			const lines = (rest + decoder.write(chunk)).split('\n');
			rest = lines.pop() ?? '';
			for (const line of lines) take(line);
			// The beginning of an endless line is enough; what follows is dropped until the line ends.
			if (rest.length > maxLength) rest = rest.slice(0, maxLength + 1);
		});
		stream.once('end', () => {
			take(rest + decoder.end());
			this.tellLeftOut();
		});
		stream.on('error', () => undefined);
	}
}

/** Base64, as in the lines of a key, with what programs print around it. */
function isLineOfKey(text: string): boolean {
	return /^(?:[+-] ?)?[\s"'`,;>#|*]*[A-Za-z0-9+/=_-]{16,}(?:\\{1,4}[nr]|[\s"'`,;|*])*$/.test(text);
}

/** So much of a line tells why a server ended. */
const longestWords = 300;

/** A secret that was cut looks like none. */
function wholeWords(text: string): string {
	if (text.length <= longestWords) return text;
	const end = text.lastIndexOf(' ', longestWords);
	return end <= 0 ? '…' : `${text.slice(0, end)}…`;
}

/** Without control characters: a log is read in terminals, and those obey them. */
function clean(line: string): string {
	const plain = line.replace(/\p{Cc}/gu, (character) => (character === '\t' ? ' ' : ''));
	return plain.length > maxLength ? `${plain.slice(0, maxLength)}…` : plain;
}
