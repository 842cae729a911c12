// Reads makefiles: recipes and `$(shell …)` are shell text once their variables are filled in.
import { addPaths } from '../programs/paths.ts';
import { literal } from '../word-parts.ts';
import { type Effects, gap, startCommand } from './effects.ts';

/** Variables that are filled in this often at most. */
const deepest = 8;
const longest = 65_536;
/** More functions in one text than these are not followed. */
const mostCalls = 200;

export function readMake(text: string, effects: Effects): undefined {
	const variables = new Map<string, string>();
	const lines = text.replace(/\\\n[ \t]*/g, ' ').split('\n');
	let prefix = '\t';
	let definition: string[] | undefined;
	for (const line of lines) {
		if (definition !== undefined) {
			if (/^\s*endef\b/.test(line)) {
				variables.set(definition[0] ?? '', definition.slice(1).join('\n'));
				definition = undefined;
			} else definition.push(line);
			continue;
		}
		if (line.startsWith(prefix)) {
			recipe(line.slice(prefix.length), variables, effects);
			continue;
		}
		const define = /^\s*define\s+(\S+)/.exec(line)?.[1];
		if (define !== undefined) {
			definition = [define];
			continue;
		}
		runShellFunctions(line, variables, effects);
		const assignment = /^\s*(?:(?:export|override|private)\s+)*([\w.-]+)\s*(\?|:{1,3}|\+|!)?=\s*(.*)$/.exec(line);
		if (assignment) {
			const [, name = '', operator, value = ''] = assignment;
			if (operator === '!') startCommand(effects, [filled(value, variables) ?? null]);
			if (name === '.RECIPEPREFIX') prefix = value.charAt(0) || '\t';
			if (name === 'SHELL' || name === '.SHELLFLAGS') shellVariable(name, value, effects);
			variables.set(name, variables.has(name) && operator === '+' ? `${variables.get(name)} ${value}` : value);
			continue;
		}
		if (/^\s*-?load\s/.test(line)) gap(effects, 'loads a library');
		const included = /^\s*[s-]?include\s+([^$\s]+)\s*$/.exec(line)?.[1];
		if (included !== undefined) addPaths(effects.findings, 'reads', [literal(included)], effects.around);
		// `target: needs ; recipe`
		const colon = line.indexOf(':');
		if (colon > 0) setGoal(variables, line.slice(0, colon), line.slice(colon + 1));
		const semicolon = colon < 0 ? -1 : line.indexOf(';', colon);
		if (semicolon >= 0 && !line.startsWith('#')) recipe(line.slice(semicolon + 1), variables, effects);
	}
}

/** `$@`, `$<` and `$^` in the recipe of a rule without patterns. */
function setGoal(variables: Map<string, string>, target: string, needs: string): undefined {
	const all = (needs.split(';')[0] ?? '').trim().split(/\s+/);
	const isPlain = !/[%$]/.test(target) && !/[%$]/.test(needs);
	for (const [name, value] of [
		['@', target.trim()],
		['<', all[0] ?? ''],
		['^', all.join(' ')],
	] as const) {
		if (isPlain) variables.set(name, value);
		else variables.delete(name);
	}
}

/** `SHELL=/usr/bin/python3` makes that program run every recipe. */
export function shellVariable(name: string, value: string | undefined, effects: Effects): undefined {
	if (name !== 'SHELL' || value === undefined || value.includes('$'))
		return gap(effects, 'chooses what runs its recipes');
	if (/^(?:\/usr)?(?:\/bin\/)?(?:sh|bash|dash|zsh|ksh)$/.test(value.trim())) return;
	effects.findings.launches.push({ kind: 'argv', argv: [literal(value.trim())], isOpenEnded: true });
}

function recipe(line: string, variables: ReadonlyMap<string, string>, effects: Effects): undefined {
	const text = line.replace(/^[\s@+-]+/, '');
	if (text === '' || text.startsWith('#')) return;
	runShellFunctions(text, variables, effects);
	startCommand(effects, [filled(text, variables) ?? null]);
}

/** `$(shell text)` and `$(eval text)`, wherever they stand. */
export function runShellFunctions(text: string, variables: ReadonlyMap<string, string>, effects: Effects): undefined {
	if (text.startsWith('#')) return;
	let calls = 0;
	for (const found of text.matchAll(/\$[({]\s*(shell|eval|guile|call|foreach|file)[ \t]/g)) {
		if (++calls > mostCalls) return gap(effects, 'starts too much to be followed');
		const from = found.index + found[0].length;
		const inside = text.slice(from, closing(text, from));
		if (found[1] === 'shell') startCommand(effects, [filled(inside, variables) ?? null]);
		else if (found[1] === 'guile') effects.evaluate('scheme', inside);
		else if (found[1] === 'eval') effects.evaluate('make', inside.replaceAll('$$', '$'));
		else if (/\bshell\b/.test(inside) && found[1] !== 'file') gap(effects, 'runs a shell text that is computed');
	}
}

/** The text with its variables replaced; undefined when one is not known. What make itself sets in recipes is left out. */
function filled(text: string, variables: ReadonlyMap<string, string>): string | undefined {
	let current = text;
	for (let depth = 0; depth < deepest; depth++) {
		let isKnown = true;
		let isChanged = false;
		const next = current.replace(
			/\$(?:\$|\(([\w.-]+)\)|\{([\w.-]+)\}|([A-Za-z@<^?*+%|])|([({]))/g,
			(whole, round, curly, letter) => {
				if (whole === '$$') return whole;
				const name = round ?? curly ?? letter;
				const value = name === undefined ? undefined : name === 'MAKE' ? 'make' : variables.get(name);
				if (value === undefined) isKnown = false;
				isChanged = true;
				return value ?? whole;
			},
		);
		if (!isKnown || next.length > longest) return undefined;
		if (!isChanged) return next.replaceAll('$$', '$');
		current = next;
	}
	return undefined;
}

function closing(text: string, from: number): number {
	let depth = 1;
	for (let at = from; at < text.length; at++) {
		if (text[at] === '(' || text[at] === '{') depth++;
		else if ((text[at] === ')' || text[at] === '}') && --depth === 0) return at;
	}
	return text.length;
}
