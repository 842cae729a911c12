// How the tests run: few at a time and with patience, for machines that are small and busy.
import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		setupFiles: ['tests/support/seed.ts'],
		environment: 'node',
		include: ['tests/**/*.test.ts'],
		exclude: ['**/node_modules/**', '**/fixtures/**', 'dist/**'],
		pool: 'forks',
		maxWorkers: 2,
		testTimeout: 120_000,
		hookTimeout: 120_000,
		teardownTimeout: 30_000,
		allowOnly: false,
		passWithNoTests: false,
		reporters: ['default', './scripts/tally-reporter.ts'],
	},
});
