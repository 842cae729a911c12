// What hostile texts cost, and how that grows with their length: `node bench/run.mjs hostile`.
import { analyse } from '../src/shell/analyse.ts';
import { limits } from '../src/shell/limits.ts';
import { hostile, ofLength } from '../tests/support/hostile-shell.ts';

const large = limits.inputLength - 200;
const small = Math.floor(large / 4);

function milliseconds(text: string): number {
	const times = Array.from({ length: 3 }, () => {
		const start = performance.now();
		analyse(text);
		return performance.now() - start;
	});
	return Math.min(...times);
}

const rows = hostile.map((kind) => {
	const [one, four] = [milliseconds(ofLength(kind, small)), milliseconds(ofLength(kind, large))];
	return { name: kind.name, one, four, growth: four / Math.max(one, 0.2) };
});
rows.sort((left, right) => right.four - left.four);
console.log(`${small} characters, ${large} characters, growth (4 is linear)`);
for (const { name, one, four, growth } of rows.slice(0, 20)) {
	console.log(
		`${one.toFixed(1).padStart(9)} ms${four.toFixed(1).padStart(9)} ms${growth.toFixed(1).padStart(7)}   ${name}`,
	);
}
