// Which of these processes live.
import { readdirSync, readFileSync } from 'node:fs';

/** Those of `pids` that exist and are no zombies. */
export function living(pids: readonly number[]): number[] {
	return pids.filter((pid) => {
		try {
			const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
			return !['Z', 'X'].includes(text.slice(text.lastIndexOf(')') + 2)[0] ?? 'Z');
		} catch {
			return false;
		}
	});
}

/** Every line of `text` that is a number. */
export function pidsIn(text: string): number[] {
	return text
		.split('\n')
		.filter((line) => /^\d+$/.test(line))
		.map(Number);
}

/** Living processes that have `name=value` in their environment, wherever they are. */
export function withVariable(name: string, value: string): number[] {
	return readdirSync('/proc')
		.filter((entry) => /^\d+$/.test(entry))
		.map(Number)
		.filter((pid) => {
			try {
				return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${name}=${value}`);
			} catch {
				return false;
			}
		});
}

/** The living children of a process whose command line contains `text`. */
export function childrenWith(parent: number, text: string): number[] {
	return readdirSync('/proc')
		.filter((entry) => /^\d+$/.test(entry))
		.map(Number)
		.filter((pid) => {
			try {
				const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
				const isChild = status.slice(status.lastIndexOf(')') + 2).split(' ')[1] === String(parent);
				return isChild && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
			} catch {
				return false;
			}
		});
}
