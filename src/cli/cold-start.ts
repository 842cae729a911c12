// Keeps V8 from optimizing what a start runs: most of it runs once, and what is optimized is thrown away again.
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';

/**
 * Nothing is optimized until the function that it returns is called; then whatever runs often is, as ever. Of Node 20:
 * V8's own answer to this, a compiler in between, came with later ones, and code that it made meanwhile would stay.
 */
export function startCold(versions: Readonly<Record<string, string | undefined>> = process.versions): () => void {
	if (!versions['node']?.startsWith('20.')) return () => undefined;
	setFlagsFromString('--no-opt');
	return () => setFlagsFromString('--opt');
}
