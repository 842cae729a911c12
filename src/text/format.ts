// The canonical layout of a YAML text: the same value, the same comments, written in one way.
import { ExactNumber, isJsonObject, type Json } from '../abi/json.ts';
import { errorText, type Problem } from '../abi/problem.ts';
import { type DocumentLayout, type Entry, type Layout, layOut } from './layout.ts';
import type { Path } from './places.ts';
import { printLayout } from './print-layout.ts';
import { readTokens } from './tokens.ts';
import { readYaml } from './yaml.ts';

export type Formatted =
	| { readonly ok: true; readonly text: string }
	| { readonly ok: false; readonly problems: readonly Problem[] };

/** The order of keys in the mapping at a path; those it does not name come behind. Undefined leaves the author's order. */
export type KeyOrder = (path: Path) => readonly string[] | undefined;

/**
 * Formats a text that {@link readYaml} accepts; of any other returns the problems. What comes back was read again, and
 * has the value and the comments of what was given: if not, that is a problem, too, and there is no text.
 */
export function formatYaml(source: string, file: string, keyOrder: KeyOrder = () => undefined): Formatted {
	const read = readYaml(source, file);
	if (!read.ok) return read;
	const { value, text: given } = read.document;
	try {
		const layout = layOut(tokensOf(given.replaceAll('\r\n', '\n')));
		const text = printLayout(ordered(layout, keyOrder));
		const again = readYaml(text, file);
		if (!again.ok) return lost(file, again.problems[0]?.message ?? 'the result is no YAML');
		if (!isSame(value, again.document.value)) return lost(file, 'a value would change');
		if (!isSame(commentsIn(given), commentsIn(text))) return lost(file, 'a comment would get lost');
		return { ok: true, text };
	} catch (thrown) {
		return lost(file, errorText(thrown));
	}
}

function tokensOf(text: string) {
	const read = readTokens(text);
	if (!read.ok) throw new TypeError('what was YAML is none any more');
	return read.tokens;
}

function lost(file: string, why: string): Formatted {
	const problem: Problem = {
		code: 'C104',
		severity: 'error',
		message: `\`${file}\` can't be formatted without loss: ${why}`,
		note: 'nothing was changed',
		help: 'report it with the file; simpler YAML formats in the meantime',
	};
	return { ok: false, problems: [problem] };
}

function ordered(document: DocumentLayout, keyOrder: KeyOrder): DocumentLayout {
	const { root } = document;
	return root === undefined ? document : { ...document, root: order(root, [], keyOrder) };
}

function order(layout: Layout, path: Path, keyOrder: KeyOrder): Layout {
	if (layout.kind !== 'branch') return layout;
	const entries = layout.entries.map((entry, index) => ({
		...entry,
		value: order(entry.value, [...path, entry.name ?? index], keyOrder),
	}));
	const keys = layout.of === 'map' ? keyOrder(path) : undefined;
	if (keys === undefined) return { ...layout, entries };
	const rank = ({ name = '' }: Entry) => (keys.includes(name) ? keys.indexOf(name) : keys.length);
	return { ...layout, entries: entries.toSorted((a, b) => rank(a) - rank(b)) };
}

/** Every comment, in the order of the alphabet: keys that change places take theirs along. */
function commentsIn(text: string): readonly string[] {
	const found: string[] = [];
	const visit = (token: unknown): void => {
		if (Array.isArray(token)) {
			for (const item of token) visit(item);
		} else if (typeof token === 'object' && token !== null) {
			const { type, source } = token as { type?: unknown; source?: unknown };
			if (type === 'comment' && typeof source === 'string') found.push(source.trimEnd());
			for (const member of Object.values(token)) visit(member);
		}
	};
	visit(tokensOf(text.replaceAll('\r\n', '\n')));
	return found.sort();
}

function isSame(a: Json, b: Json): boolean {
	if (a instanceof ExactNumber || b instanceof ExactNumber) {
		return a instanceof ExactNumber && b instanceof ExactNumber && a.source === b.source;
	}
	if (Array.isArray(a) && Array.isArray(b)) {
		return a.length === b.length && a.every((item, index) => isSame(item, b[index] as Json));
	}
	if (isJsonObject(a) && isJsonObject(b)) {
		const keys = Object.keys(a);
		const isSameMember = (key: string) => Object.hasOwn(b, key) && isSame(a[key] as Json, b[key] as Json);
		return keys.length === Object.keys(b).length && keys.every(isSameMember);
	}
	return Object.is(a, b);
}
