// Numbers that look random and are the same at every run.

/** Draws from a fixed sequence. */
export interface Random {
	/** From 0 to `limit` - 1. */
	below(limit: number): number;
	/** True once in `times`. */
	oneIn(times: number): boolean;
	pick<Item>(items: readonly Item[]): Item;
}

/** mulberry32: 32 bits of state, good enough to choose among a few things. */
export function random(seed: number): Random {
	let state = seed >>> 0;
	const below = (limit: number) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * limit);
	};
	return {
		below,
		oneIn: (times) => below(times) === 0,
		pick: (items) => {
			if (items.length === 0) throw new Error('there is nothing to pick from');
			return items[below(items.length)] as (typeof items)[number];
		},
	};
}
