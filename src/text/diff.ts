// Which lines a text lost and gained.

export interface LineEdit {
	readonly kind: 'removed' | 'added';
	readonly line: string;
}

/** More pairs of lines than this are not compared one by one: then the whole middle counts as replaced. */
const mostPairs = 1_000_000;

/** The edits that lead from `before` to `after`, in order; as few as a longest common subsequence gives. */
export function diffLines(before: readonly string[], after: readonly string[]): readonly LineEdit[] {
	let start = 0;
	while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
	let end = 0;
	const isSameEnd = () => before[before.length - 1 - end] === after[after.length - 1 - end];
	while (end < before.length - start && end < after.length - start && isSameEnd()) end += 1;
	const old = before.slice(start, before.length - end);
	const now = after.slice(start, after.length - end);
	if (old.length * now.length > mostPairs) return [...old.map(removed), ...now.map(added)];
	return middleEdits(old, now);
}

function middleEdits(old: readonly string[], now: readonly string[]): LineEdit[] {
	// common[i][j]: how many lines `old` from i and `now` from j have in common.
	const width = now.length + 1;
	const common = new Uint32Array((old.length + 1) * width);
	const at = (i: number, j: number) => common[i * width + j] ?? 0;
	for (let i = old.length - 1; i >= 0; i--) {
		for (let j = now.length - 1; j >= 0; j--) {
			common[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
		}
	}
	const edits: LineEdit[] = [];
	let [i, j] = [0, 0];
	while (i < old.length || j < now.length) {
		if (i < old.length && j < now.length && old[i] === now[j]) {
			i += 1;
			j += 1;
		} else if (i < old.length && (j === now.length || at(i + 1, j) >= at(i, j + 1))) {
			edits.push(removed(old[i++] ?? ''));
		} else {
			edits.push(added(now[j++] ?? ''));
		}
	}
	return edits;
}

function removed(line: string): LineEdit {
	return { kind: 'removed', line };
}

function added(line: string): LineEdit {
	return { kind: 'added', line };
}
