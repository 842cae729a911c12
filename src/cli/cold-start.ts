// Keeps V8 from optimizing what a start runs: most of it runs once, and what is optimized is thrown away again.
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';

/**
 * How much code, in bytes, a function runs before V8 looks whether it is worth optimizing: a quarter of what it takes by
 * itself. An agent makes hundreds of calls, not millions: at the thousandth, a call took a fifth less, and later as long.
 */
const interruptBudget = 16_896;

/**
 * Nothing is optimized until the function that it returns is called; then whatever runs often is, and soon. Of Node 20:
 * V8's own answer to this, a compiler in between, came with later ones, and code that it made meanwhile would stay.
 */
export function startCold(versions: Readonly<Record<string, string | undefined>> = process.versions): () => void {
	if (!versions['node']?.startsWith('20.')) return () => undefined;
	setFlagsFromString('--no-opt');
	return () => {
		setFlagsFromString('--opt');
		setFlagsFromString(`--interrupt-budget=${interruptBudget}`);
	};
}
