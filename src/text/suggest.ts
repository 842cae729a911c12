// Did you mean: the word somebody probably wanted to type.

/** The candidate nearest to `word`, or undefined when none is near enough to be meant. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
	if (word.length === 0 || word.length > 64) return undefined;
	const folded = fold(word);
	const reach = folded.length <= 3 ? 1 : folded.length <= 6 ? 2 : 3;
	let best: { candidate: string; distance: number } | undefined;
	for (const candidate of candidates) {
		const other = fold(candidate);
		if (Math.abs(other.length - folded.length) > reach) continue;
		const distance = editDistance(folded, other);
		if (distance <= reach && distance < other.length && (best === undefined || distance < best.distance)) {
			best = { candidate, distance };
		}
	}
	return best?.candidate;
}

/** Case, dashes and underscores are the commonest slips, so they count as none. */
function fold(word: string): string {
	return word.toLowerCase().replace(/[-_ ]/g, '');
}

/** Optimal string alignment: insertions, deletions, substitutions, and swapped neighbours, each counting one. */
export function editDistance(a: string, b: string): number {
	let beforeLast: number[] = [];
	let last = Array.from({ length: b.length + 1 }, (_, column) => column);
	for (let row = 1; row <= a.length; row++) {
		const current = [row];
		for (let column = 1; column <= b.length; column++) {
			const same = a[row - 1] === b[column - 1];
			let cost = Math.min(
				(last[column] ?? 0) + 1,
				(current[column - 1] ?? 0) + 1,
				(last[column - 1] ?? 0) + (same ? 0 : 1),
			);
			const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
			if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
			current.push(cost);
		}
		beforeLast = last;
		last = current;
	}
	return last[b.length] ?? 0;
}
