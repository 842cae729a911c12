// Could a path that is itself only known as a pattern (`src/*.ts`, `*/.env`) be one that a glob names?
import { globsOverlap, matchesTextGlob } from './text-glob.ts';
import type { Truth } from './truth.ts';

/**
 * How much a pattern leaves open. `shell`: what the shell puts in for `*` and `?`, which stays within one folder and
 * names nothing hidden. `unknown`: `*` is a stretch of which nothing is known, slashes and `..` included.
 */
export type Openness = 'shell' | 'unknown';

export function isPattern(path: string): boolean {
	return /[*?[]/.test(path);
}

/** The folder before the first part that is open: everything the pattern names is below it. */
export function closedFolder(path: string): string {
	const segments = path.split('/');
	const open = segments.findIndex(isPattern);
	const folder = segments.slice(0, open).join('/');
	return folder === '' && path.startsWith('/') ? '/' : folder;
}

/** `glob` and `path` are absolute. `yes` when everything that the pattern names is named by the glob, too. */
export function overlapTruth(glob: string, path: string, openness: Openness): Truth {
	if (openness === 'shell' && isPlainGlob(glob) && matchesSegments(glob.split('/'), path.split('/'))) return 'yes';
	const segments = openness === 'shell' ? path.split('/') : afterTheUnknown(path);
	return overlap(glob.split('/'), segments, openness) ? 'unsure' : 'no';
}

/** What follows an unknown stretch is all that is known of where the path leads. */
function afterTheUnknown(path: string): string[] {
	const tail = path.slice(path.lastIndexOf('*') + 1);
	if (tail === '') return ['**'];
	const [name = '', ...rest] = tail.split('/');
	return name === '' ? ['**', ...rest] : ['**', `*${name}`, ...rest];
}

/** Is there a path that both name? Each pair of places is looked at once. */
function overlap(glob: readonly string[], path: readonly string[], openness: Openness): boolean {
	let reached = new Set<number>([0]);
	for (let at = 0; at <= path.length; at++) {
		const next = new Set<number>();
		const own = path[at];
		for (const index of reached) {
			const wanted = glob[index];
			if (wanted === '**') {
				reached.add(index + 1);
				if (at < path.length) next.add(index);
			}
			if (own === '**') {
				next.add(index);
				if (index < glob.length) reached.add(index + 1);
			} else if (own !== undefined && wanted !== undefined && wanted !== '**' && meets(wanted, own, openness)) {
				next.add(index + 1);
			}
		}
		if (at === path.length) return reached.has(glob.length);
		reached = next;
	}
	return false;
}

function meets(wanted: string, own: string, openness: Openness): boolean {
	// The shell's own wildcards name no hidden file.
	if (openness === 'shell' && /^[*?[]/.test(own) && wanted.startsWith('.')) return false;
	return globsOverlap(plainly(wanted), plainly(own));
}

/** A set of characters counts as any one character. */
function plainly(segment: string): string {
	return segment.replace(/\[[^\]]*\]/g, '?');
}

/** Only stars: then what takes a star of the pattern takes everything that the star stands for. */
function isPlainGlob(glob: string): boolean {
	return !/[?[]/.test(glob);
}

function matchesSegments(glob: readonly string[], path: readonly string[]): boolean {
	let reached = new Set<number>([0]);
	for (const own of path) {
		const next = new Set<number>();
		for (const index of reached) {
			const wanted = glob[index];
			if (wanted === '**') {
				reached.add(index + 1);
				next.add(index);
			} else if (wanted !== undefined && own !== '**' && matchesTextGlob(wanted, own)) {
				next.add(index + 1);
			}
		}
		reached = next;
	}
	for (const index of reached) if (glob[index] === '**') reached.add(index + 1);
	return reached.has(glob.length);
}
