// What holds of every edit, as checks that throw; the tests and the bench run them on arbitrary scripts.
import { strict as assert } from 'node:assert';
import { analyse } from '../../src/shell/analyse.ts';
import { edit } from '../../src/shell/edit.ts';
import { bringUnderUv, isLoose, withoutUv } from './rewriting.ts';

export interface EditProperty {
	readonly name: string;
	readonly holds: (script: string) => void;
}

export const editProperties: readonly EditProperty[] = [
	{
		name: 'what was rewritten needs no rewriting',
		holds: (script) => {
			const first = bringUnderUv(script);
			if (first.kind !== 'rewritten') return;
			assert.deepEqual(bringUnderUv(first.text), { kind: 'unchanged', text: first.text });
		},
	},
	{
		name: 'no Python is left outside of uv, and no command is lost',
		holds: (script) => {
			const result = bringUnderUv(script);
			if (result.kind === 'refused') return;
			const before = analyse(script);
			const after = analyse(result.text);
			assert.deepEqual(after.commands.filter(isLoose), []);
			const names = (commands: typeof after.commands) =>
				commands.map(({ program }) => program).filter((program) => program !== 'uv');
			assert.deepEqual(names(after.commands), names(before.commands));
			assert.equal(after.gaps.length, before.gaps.length);
		},
	},
	{
		name: 'without the insertions, it is the same text byte for byte',
		holds: (script) => {
			const result = bringUnderUv(script);
			if (result.kind !== 'refused') assert.equal(withoutUv(result.text), script);
		},
	},
	{
		name: 'a command that keeps its words keeps its text',
		holds: (script) => {
			for (const [index, { argv }] of analyse(script).commands.entries()) {
				const keep = argv.map((_, at) => ({ keep: at }));
				assert.deepEqual(edit(script, index, keep), { kind: 'edited', source: script });
			}
		},
	},
	{
		name: 'a word that is put in and taken out again leaves no trace',
		holds: (script) => {
			for (const [index, { argv }] of analyse(script).commands.entries()) {
				const keep = argv.map((_, at) => ({ keep: at }));
				const longer = edit(script, index, [...keep, { put: "it's" }]);
				if (longer.kind === 'refused') continue;
				assert.notEqual(longer.source, script);
				const back = edit(longer.source, index, keep);
				if (back.kind === 'edited') assert.equal(back.source, script);
			}
		},
	},
];
