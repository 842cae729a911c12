// Properties are tried with the same values at every run, so that a red run can be repeated and a green one is no luck.
// To look for new counterexamples: TRAPGATE_TEST_SEED=$RANDOM npx vitest run tests/policy
import process from 'node:process';
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['TRAPGATE_TEST_SEED'] ?? 20_261_120) });
