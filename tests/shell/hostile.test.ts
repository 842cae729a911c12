// Texts made to exhaust or to fool the analyser end in an answer that is exact or says where it is not.
import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/shell/analyse.ts';
import { edit } from '../../src/shell/edit.ts';
import { limits } from '../../src/shell/limits.ts';
import { hostile, ofLength } from '../support/hostile-shell.ts';

/** Nothing that takes a second here takes a minute elsewhere: this only ends a test that would never end. */
const hangMs = 60_000;

describe('hostile text', () => {
	test('comes in more than fifty kinds', () => {
		expect(new Set(hostile.map(({ name }) => name)).size).toBeGreaterThan(50);
	});

	test.each(hostile)('$name: the program is seen, or a gap says why not', { timeout: hangMs }, (kind) => {
		for (const size of [100, 2_000, limits.inputLength - 200]) {
			const text = ofLength(kind, size);
			const { commands, gaps } = analyse(text);
			const isSeen = commands.some(({ program }) => program === 'python3');
			expect(isSeen || gaps.length > 0, `${text.length} characters`).toBe(true);
			// The answer is no longer than the limits allow, however much is repeated.
			expect(commands.length).toBeLessThanOrEqual(limits.commands);
			expect(gaps.length).toBeLessThanOrEqual(limits.commands);
			let characters = 0;
			for (const { argv } of commands) for (const word of argv) characters += word?.length ?? 0;
			expect(characters).toBeLessThanOrEqual(4 * limits.derivedText);
		}
	});

	test.each(hostile)('$name: what is longer than the limit is one gap', (kind) => {
		const text = ofLength(kind, 1_000_000, 1_000_000);
		// Some stay short: their length doubles at each level, or they are limited by their own making.
		if (text.length <= limits.inputLength) return;
		expect(analyse(text)).toMatchObject({ commands: [], gaps: [{ kind: 'limit' }] });
	});

	test.each(hostile)('$name: a change is made or refused', { timeout: hangMs }, (kind) => {
		const text = ofLength(kind, 1_000);
		const { commands } = analyse(text);
		const at = commands.findIndex(({ program }) => program === 'python3');
		const keep = (commands[at]?.argv ?? []).map((_, index) => ({ keep: index }));
		const outcome = edit(text, at, [{ put: 'uv' }, { put: 'run' }, ...keep]);
		expect(['edited', 'refused']).toContain(outcome.kind);
		// What is made is made exactly once.
		if (outcome.kind === 'edited') expect((outcome.source as string).length).toBeGreaterThan(text.length);
	});

	test('an argv of a hundred thousand words is answered', { timeout: hangMs }, () => {
		const { commands, gaps } = analyse(['python3', ...Array.from({ length: 100_000 }, () => 'a')]);
		expect(commands.some(({ program }) => program === 'python3') || gaps.length > 0).toBe(true);
	});
});
