// Two engines, one answer: conditions made up at random are asked of ours and of @bufbuild/cel.
import { CelScalar, celFunc, isCelError, run } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../../src/abi/json.ts';
import { compileCel } from '../../src/policy/cel.ts';
import { celArguments, celCondition } from '../support/arbitrary-cel.ts';

/** As the other engine wants it: mappings as maps. */
function theirs(value: Json): unknown {
	if (Array.isArray(value)) return value.map(theirs);
	if (typeof value !== 'object' || value === null) return value;
	return new Map(Object.entries(value).map(([key, item]) => [key, theirs(item as Json)]));
}

const { STRING, BOOL } = CelScalar;
/** Its `matches` is RE2 too. */
const re2 = celFunc(
	're2',
	[STRING, STRING],
	BOOL,
	(text, pattern) => run('text.matches(pattern)', { text, pattern }) as boolean,
);

test('both give the same answer, or none', () => {
	const seen = { loaded: 0, answered: 0, failed: 0 };
	fc.assert(
		fc.property(celCondition, celArguments, fc.constantFrom('ab', 'codex'), (text, args, agent) => {
			const compiled = compileCel(text);
			// A literal of a kind that never fits is found at load; the other engine has no checker to offer.
			if (compiled.kind === 'fault') return;
			seen.loaded += 1;
			const ours = compiled.eval({ args, agent, driver: 'd', tool: 'd/t' });
			const bindings = { args: theirs(args) as never, agent };
			const other = run(text, bindings, { funcs: [...strings, re2] });
			if (isCelError(other)) {
				seen.failed += 1;
				expect(ours.kind, other.message).toBe('failure');
			} else {
				seen.answered += 1;
				const answer = ours.kind === 'value' ? ours.value : ours.reason;
				if (typeof other === 'boolean') expect(answer).toBe(other);
				else expect(typeof answer).not.toBe('boolean');
			}
		}),
		{ numRuns: 1500 },
	);
	expect(seen.loaded).toBeGreaterThan(1000);
	expect(seen.answered).toBeGreaterThan(600);
	expect(seen.failed).toBeGreaterThan(100);
});
