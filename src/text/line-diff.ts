// What changed between two texts, line by line.

export interface DiffLine {
	readonly kind: 'same' | 'removed' | 'added';
	readonly text: string;
}

/** More changed lines than this are not matched with one another: all of the old goes, all of the new comes. */
const mostChanges = 1_000;

/** The lines of both, in an order in which they can be read; as few as possible are removed and added (Myers, 1986). */
export function diffLines(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
	let head = 0;
	while (head < before.length && head < after.length && before[head] === after[head]) head++;
	let tail = 0;
	const most = Math.min(before.length, after.length) - head;
	while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
	const same = (lines: readonly string[]) => lines.map((text): DiffLine => ({ kind: 'same', text }));
	const old = before.slice(head, before.length - tail);
	const fresh = after.slice(head, after.length - tail);
	return [
		...same(before.slice(0, head)),
		...(middle(old, fresh) ?? replaced(old, fresh)),
		...same(before.slice(before.length - tail)),
	];
}

function replaced(before: readonly string[], after: readonly string[]): DiffLine[] {
	return [
		...before.map((text): DiffLine => ({ kind: 'removed', text })),
		...after.map((text): DiffLine => ({ kind: 'added', text })),
	];
}

/** Undefined when the texts differ too much. */
function middle(before: readonly string[], after: readonly string[]): DiffLine[] | undefined {
	/** How far each diagonal led when each round began. */
	const rounds: Furthest[] = [];
	let furthest: Furthest = new Map();
	for (let changes = 0; changes <= Math.min(before.length + after.length, mostChanges); changes++) {
		rounds.push(furthest);
		const next = new Map<number, number>();
		for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
			let { x } = entryTo(diagonal, changes, furthest);
			while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++;
			next.set(diagonal, x);
			if (x >= before.length && x - diagonal >= after.length) return wayBack(before, after, rounds);
		}
		furthest = next;
	}
	return undefined;
}

type Furthest = ReadonlyMap<number, number>;

/** Where a round enters a diagonal: behind an added line or a removed one, whichever led further. */
function entryTo(
	diagonal: number,
	changes: number,
	furthest: Furthest,
): { readonly x: number; readonly isAdded: boolean } {
	if (changes === 0) return { x: 0, isAdded: false };
	const added = furthest.get(diagonal + 1) ?? -1;
	const removed = (furthest.get(diagonal - 1) ?? -2) + 1;
	return { x: Math.max(added, removed), isAdded: added >= removed };
}

function wayBack(before: readonly string[], after: readonly string[], rounds: readonly Furthest[]): DiffLine[] {
	const lines: DiffLine[] = [];
	let x = before.length;
	let y = after.length;
	for (const [changes, furthest] of [...rounds.entries()].reverse()) {
		const entry = entryTo(x - y, changes, furthest);
		for (; x > entry.x; y--) lines.push({ kind: 'same', text: before[--x] ?? '' });
		if (changes === 0) break;
		lines.push(
			entry.isAdded ? { kind: 'added', text: after[--y] ?? '' } : { kind: 'removed', text: before[--x] ?? '' },
		);
	}
	return lines.reverse();
}
