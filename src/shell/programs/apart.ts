// One entry may describe several programs that take the same arguments; each keeps its own name.
import type { Program } from '../program.ts';

/**
 * A program for every name, but for mere variants of the first (`gtimeout`, `proxychains4`, `sudo-rs`), which stay with it.
 */
export function apart(program: Program): readonly Program[] {
	const [first = '', ...others] = program.names;
	const isVariant = (name: string) => name === `g${first}` || name.startsWith(first);
	const own: Program = { ...program, names: [first, ...others.filter(isVariant)] };
	return [own, ...others.filter((name) => !isVariant(name)).map((name) => ({ names: [name], read: program.read }))];
}
