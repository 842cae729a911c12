// Variables that change what commands mean.
import { holdsCode } from './latent.ts';
import { addGap, type Frame, type Machine } from './machine.ts';
import { homeHole, type Piece, pathHole, type Text, type Value } from './value.ts';

/** Bash runs, expands or loads what these hold; so do the linkers. */
const codeCarriers: ReadonlySet<string> = new Set([
	'BASHOPTS',
	'BASH_ALIASES',
	'BASH_CMDS',
	'BASH_ENV',
	'BASH_LOADABLES_PATH',
	'DYLD_INSERT_LIBRARIES',
	'ENV',
	'LD_AUDIT',
	'LD_PRELOAD',
	'PROMPT_COMMAND',
	'PS0',
	'PS4',
	'SHELLOPTS',
	'ZDOTDIR',
]);

/** What an assignment does to the meaning of later commands. The value is undefined when it can't be known. */
export function checkVariable(
	machine: Machine,
	frame: Frame,
	name: string,
	value: Value | undefined,
	place?: { readonly pos: number; readonly end: number },
): void {
	if (codeCarriers.has(name) || name.startsWith('BASH_FUNC_')) {
		const isEmpty = value?.choices.every((choice) => choice.length === 0) && !value.elements;
		if (!isEmpty)
			addGap(machine, 'environment', `\`${name}\` changes what commands run`, frame, place?.pos, place?.end);
	}
	// A prompt is expanded only where somebody types, but then it runs what it says.
	if (
		/^PS[1-4]$/.test(name) &&
		value?.choices.some((choice) => choice.some((piece) => typeof piece !== 'string' || holdsCode(piece)))
	) {
		addGap(machine, 'environment', `\`${name}\` may run what it says`, frame, place?.pos, place?.end);
	}
	if (name !== 'PATH') return;
	const isTrusted = value?.choices.every(isTrustedPath) ?? false;
	frame.scope.set('pathChange', isTrusted ? undefined : 'PATH starts with a directory that may hold anything');
}

/** Only directories that a system or a tool manager fills come before the inherited ones. */
function isTrustedPath(text: Text): boolean {
	for (const entry of entriesOf(text)) {
		const [first, second] = entry;
		if (entry.length === 1 && first === pathHole) return true;
		if (entry.length === 0 || entry.length > 2) return false;
		const isInHome = first === homeHole && typeof second === 'string' && /^\/(?:\.\w|s?bin$|go\/bin$)/.test(second);
		if (isInHome) continue;
		if (typeof first !== 'string' || entry.length > 1) return false;
		if (!isTrustedDirectory(first)) return false;
	}
	return true;
}

function isTrustedDirectory(path: string): boolean {
	if (path.includes('..')) return false;
	return (
		/^\/(?:usr|bin|sbin|opt|snap|nix|home\/linuxbrew|Library|Applications|System)(?:\/|$)/.test(path) ||
		/^(?:~|\/root|\/(?:home|Users)\/[^/]+)\/(?:\.\w|s?bin$|go\/bin$)/.test(path)
	);
}

function entriesOf(text: Text): readonly (readonly Piece[])[] {
	const entries: Piece[][] = [[]];
	for (const piece of text) {
		if (typeof piece !== 'string') {
			entries.at(-1)?.push(piece);
			continue;
		}
		for (const [at, part] of piece.split(':').entries()) {
			if (at > 0) entries.push([]);
			if (part !== '') entries.at(-1)?.push(part);
		}
	}
	return entries;
}
