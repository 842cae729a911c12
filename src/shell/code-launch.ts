// Code in other languages that a program is given: its reading becomes a part of the program's own.
import type { Fact } from '../abi/command.ts';
import { type CodeAround, readCode } from './code/read-code.ts';
import type { Stdin } from './machine.ts';
import type { Around, Launch, ProgramGap, Reading } from './program.ts';
import type { Word } from './word.ts';
import { joined } from './word-parts.ts';

/** Code that holds code that holds code: deeper is not read. */
const deepest = 4;

/** The reading with every `code` launch replaced by what that code does. */
export function withCode(reading: Reading, around: Around, stdin: Stdin, depth = 0): Reading {
	const { launches } = reading;
	if (!launches?.some((one) => one.kind === 'code')) return reading;
	const parts: Reading[] = [reading];
	for (const one of launches) {
		if (one.kind !== 'code') continue;
		if (depth >= deepest) parts.push({ gaps: [{ kind: 'limit', detail: 'code holds code too many times' }] });
		else parts.push(withCode(readLaunch(one, around, stdin), around, stdin, depth + 1));
	}
	return { ...reading, ...mergeReadings(parts) };
}

function readLaunch(one: Launch & { readonly kind: 'code' }, around: CodeAround, stdin: Stdin): Reading {
	if (one.from === 'input') return readFromInput(one.language, around, stdin);
	const texts = one.from.map((word) => (word.splits ? undefined : word.value));
	if (!texts.every((text) => text !== undefined)) {
		if (one.language === 'python') return readKnownParts(one.from, around);
		return { gaps: [{ kind: 'code', detail: `the ${one.language} code is known only when it runs` }] };
	}
	return readCode(one.language, one.from.length === 1 ? (joined(one.from).value ?? '') : texts.join('\n'), around);
}

/** Python code of which some stretches are not known: what the others say that it runs. */
function readKnownParts(words: readonly Word[], around: CodeAround): Reading {
	const text = words.map((word) => word.pieces.map((piece) => piece ?? '_').join('')).join('\n');
	return /[^_\s]/.test(text) ? readCode('python', text, around) : {};
}

function readFromInput(language: string, around: CodeAround, stdin: Stdin): Reading {
	const gap: ProgramGap = { kind: 'input', detail: `${language} code is read from input` };
	if (stdin.kind === 'nothing' && !stdin.isTouched) return {};
	// Python is seen and named; what it reads is data to it, as a script file is.
	if (language === 'python' && (stdin.kind !== 'text' || stdin.text.value === undefined)) {
		return stdin.kind === 'text' ? readKnownParts([stdin.text], around) : {};
	}
	if (language === 'python' && stdin.isTouched) return {};
	if (stdin.kind !== 'text' || stdin.isTouched || stdin.text.value === undefined) return { gaps: [gap] };
	return readCode(language, stdin.text.value, around);
}

function mergeReadings(parts: readonly Reading[]): Reading {
	const facts: Record<string, Fact> = {};
	for (const part of parts) {
		for (const [name, fact] of Object.entries(part.facts ?? {})) {
			const known = facts[name];
			facts[name] = Array.isArray(known) && Array.isArray(fact) ? [...known, ...fact] : fact;
		}
	}
	return {
		facts,
		unsure: [...new Set(parts.flatMap((part) => part.unsure ?? []))],
		launches: parts.flatMap((part) => (part.launches ?? []).filter((one) => one.kind !== 'code')),
		gaps: parts.flatMap((part) => part.gaps ?? []),
	};
}
