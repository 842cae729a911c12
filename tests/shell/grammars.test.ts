// Every grammar of the installation can be meant: they are compiled when a command is first read by them, and none may fail then.
import { expect, test, vi } from 'vitest';
import type { CompiledGrammar } from '../../src/shell/options.ts';

const made: CompiledGrammar[] = [];

// As it is, and whoever makes one at module level is written down.
vi.mock(import('../../src/shell/options.ts'), async (original) => {
	const options = await original();
	return {
		...options,
		makeGrammar(...given: Parameters<typeof options.makeGrammar>) {
			const grammar = options.makeGrammar(...given);
			made.push(grammar);
			return grammar;
		},
	};
});

test('all are compiled', async () => {
	await import('../../src/shell/analyse.ts');
	expect(made.length).toBeGreaterThan(500);
	const sizes = made.map(({ short, long, single }) => short.size + long.size + single.size);
	expect(sizes.filter((size) => size > 0).length).toBeGreaterThan(400);
});

test('one that can not be meant says so', async () => {
	const { makeGrammar } = await import('../../src/shell/options.ts');
	expect(() => makeGrammar({ options: 'a=t' }).short).toThrow("`a=t` can't be read");
	expect(() => makeGrammar(() => ({ options: 'a|all all' })).stopAtOperand).toThrow('`all` stands twice');
});
