// What holds of every edit, whatever the script.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editProperties } from '../support/edit-properties.ts';
import { nestedScript } from '../support/nested-scripts.ts';
import { bringUnderUv } from '../support/rewriting.ts';

test.each(editProperties)('$name', ({ holds }) => {
	fc.assert(fc.property(nestedScript, holds), { numRuns: 300 });
});

test('most scripts with Python can be rewritten', () => {
	const kinds = fc.sample(nestedScript, 300).map((script) => bringUnderUv(script).kind);
	const count = (wanted: string) => kinds.filter((kind) => kind === wanted).length;
	expect(count('rewritten')).toBeGreaterThan(100);
	expect(count('rewritten')).toBeGreaterThan(count('refused'));
});
