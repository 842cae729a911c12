// Conditions on paths, judged in both forms: as the text says and as the file system has it.
import type { PathForms } from '../abi/decision.ts';
import { composed, differInAscii, isAscii } from './ascii.ts';
import { type PathGlob, pathGlobTruth } from './path-glob.ts';
import type { Resolver } from './resolver.ts';
import { agree, anyOf, negate, type Truth } from './truth.ts';

/**
 * Puts one test to every form of a path. Certain only when all forms agree, so a restriction holds when one form is
 * caught, and nothing is granted unless both are fine.
 */
export function judgePath(text: string, resolver: Resolver, test: (form: string) => Truth): Truth {
	return judgePlaces(placesOf(text, resolver), test);
}

export function judgePlaces(places: readonly string[] | undefined, test: (form: string) => Truth): Truth {
	return places === undefined ? 'unsure' : agree(places, test);
}

/**
 * Everywhere that a text may lead as a path; undefined when nobody can tell: NUL, a loop, somebody else's home. A text
 * with blanks around it is read without them too: many a server trims.
 */
export function placesOf(text: string, resolver: Resolver): readonly string[] | undefined {
	const trimmed = text.trim();
	const places = placesOfExact(text, resolver);
	if (trimmed === text || places === undefined) return places;
	const others = placesOfExact(trimmed, resolver);
	return others === undefined ? undefined : [...places, ...others];
}

function placesOfExact(text: string, resolver: Resolver): readonly string[] | undefined {
	if (text.includes('$') && environment.test(text)) return undefined;
	const forms = resolver.resolve(text);
	return forms === undefined ? undefined : formsIn(forms);
}

/** Everywhere that the path may lead, each place once. */
export function formsIn({ lexical, real, physical = real }: PathForms): readonly string[] {
	if (lexical === real && real === physical) return [lexical];
	return [...new Set([lexical, real, physical])];
}

/** `$HOME/…`, `${TMPDIR}/…`: some servers put the variable's value in, and nobody here knows it. */
const environment = /^\s*\$(?:\{\w+\}|[A-Z_][A-Z0-9_]*)(?:\/|\s*$)/;

/** Is the form at or below one of `roots` (absolute)? Roots count as written and with their own links resolved. */
export function isInside(form: string, roots: readonly string[], resolver: Resolver): Truth {
	let truth: Truth = 'no';
	for (const root of roots) {
		const direct = atOrBelow(form, root);
		if (direct === 'yes') return 'yes';
		const real = resolver.resolve(root)?.real;
		const aliased = real === undefined || real === root ? 'no' : atOrBelow(form, real);
		if (aliased === 'yes') return 'yes';
		if (direct === 'unsure' || aliased === 'unsure') truth = 'unsure';
	}
	return truth;
}

export function isOutside(form: string, roots: readonly string[], resolver: Resolver): Truth {
	return negate(isInside(form, roots, resolver));
}

/** Does a glob match the form? A pattern that begins below a link (`/etc` on macOS) also counts for the place it leads to. */
export function matchesGlobs(form: string, globs: readonly PathGlob[], resolver: Resolver): Truth {
	const direct = pathGlobTruth(globs, form);
	if (direct === 'yes') return direct;
	const aliased = anyOf(globs, (glob) => {
		const { anchor } = glob;
		const real = anchor === undefined ? undefined : resolver.resolve(anchor)?.real;
		if (anchor === undefined || real === undefined || real === anchor || atOrBelow(form, real) === 'no') return 'no';
		return glob.matches(anchor + form.slice(real === '/' ? 0 : real.length));
	});
	return aliased === 'no' ? direct : aliased;
}

/** `/a/b/../c//d/` → `/a/c/d`; by text only. */
export function normalisePath(path: string): string {
	if (path.startsWith('/') && !removable.test(path)) return path;
	const kept: string[] = [];
	for (const segment of path.split('/')) {
		if (segment === '..') kept.pop();
		else if (segment !== '' && segment !== '.') kept.push(segment);
	}
	return `/${kept.join('/')}`;
}

/** An empty segment, `.` or `..`, or a slash at the end of more than the root. */
const removable = /\/(?:\.{0,2}\/|\.{1,2}$)|[^/]\/$/;

/** An author's path made absolute: `~` is home, relative is below `base`. Undefined without a base to be relative to. */
export function absolutePath(text: string, home: string, base: string | undefined): string | undefined {
	if (text === '~' || text.startsWith('~/')) return normalisePath(`${home}/${text.slice(1)}`);
	if (text.startsWith('/')) return normalisePath(text);
	return base === undefined || text.startsWith('~') ? undefined : normalisePath(`${base}/${text}`);
}

/** Compared with a separator: `/ws-evil` is not inside `/ws`. */
function atOrBelow(path: string, root: string): Truth {
	if (isBelow(path, root)) return 'yes';
	if (differInAscii(path, root) || (isAscii(path) && isAscii(root))) return 'no';
	return isBelow(composed(path), composed(root)) ? 'unsure' : 'no';
}

function isBelow(path: string, root: string): boolean {
	if (root === '/') return true;
	return path.startsWith(root) && (path.length === root.length || path[root.length] === '/');
}
