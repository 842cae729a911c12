// The lines that real bash was watched running: nothing it ran is missing from an analysis without gaps.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/shell/analyse.ts';
import { analyseWords } from '../../src/shell/walk.ts';

interface Case {
	readonly id: string;
	readonly cmd: string;
	readonly run: readonly string[];
	readonly any?: readonly string[];
	readonly opaque: boolean | null;
	readonly must_flag?: boolean;
	readonly invalid?: boolean;
	readonly bash: { readonly ran: readonly string[] };
}

interface Bypass {
	readonly id: string;
	readonly command: string;
	readonly intent: string;
	readonly static_level: string;
}

const cases: readonly Case[] = readLines('shell_cases');
const bypasses: readonly Bypass[] = readLines('bypass');

function readLines<Row>(name: string): readonly Row[] {
	const text = readFileSync(new URL(`../corpus/${name}.jsonl`, import.meta.url), 'utf8');
	return text
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line) as Row);
}

describe('lines that bash was watched running', () => {
	test('there are enough of them', () => {
		expect(cases.length).toBeGreaterThan(300);
	});

	test.each(cases)('$id: what runs is named, or there is a gap', ({ cmd, run, any = [], must_flag, bash }) => {
		const { commands, gaps } = analyse(cmd);
		if (gaps.length > 0) return;
		const named = commands.map(({ program }) => program);
		expect(named).toEqual(expect.arrayContaining([...run, ...bash.ran]));
		if (must_flag) expect(any.some((program) => named.includes(program))).toBe(true);
	});

	test('at most three in a hundred are refused, or said to run what they do not', () => {
		const known = new Set(cases.flatMap(({ run, any = [], bash }) => [...run, ...any, ...bash.ran]));
		const wrong = cases.filter(({ cmd, run, any = [], bash, opaque, invalid }) => {
			const { commands, gaps } = analyseWords(cmd);
			if (gaps.length > 0) return opaque === false && !invalid;
			const real = [...run, ...any, ...bash.ran];
			return (
				opaque === false &&
				commands.some(({ program, kind, isVirtual }) => {
					return kind === 'program' && !isVirtual && known.has(program) && !real.includes(program);
				})
			);
		});
		expect(wrong.length / cases.length, wrong.map(({ id }) => id).join(' ')).toBeLessThanOrEqual(0.03);
	});
});

describe('lines that hide Python', () => {
	const isPython = (name: string) => /^(?:python|pypy)[\d.]*$/.test(name);
	const hidden = bypasses.filter(({ intent, static_level, command }) => {
		// A token is in the text: other programs that hold a Python are the policy's to name.
		return (
			intent === 'runs_python' &&
			(['lex', 'ast', 'fold'].includes(static_level) ||
				(static_level === 'token' && /python[\d.]* /.test(command) && !command.startsWith('micro')))
		);
	});

	test('there are enough of them', () => {
		expect(hidden.length).toBeGreaterThan(100);
	});

	test.each(hidden)('$id is seen, or there is a gap', ({ command }) => {
		const { commands, gaps } = analyse(command);
		expect(gaps.length > 0 || commands.some(({ program }) => isPython(program)), command).toBe(true);
	});

	test('harmless lines have no gap', () => {
		const harmless = bypasses.filter(({ intent }) => intent === 'benign');
		const refused = harmless.filter(({ command }) => analyse(command).gaps.length > 0);
		expect(refused.length / harmless.length, refused.map(({ id }) => id).join(' ')).toBeLessThanOrEqual(0.03);
	});
});
