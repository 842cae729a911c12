// Ends a test run with one line that a person and a script can read: `N passed, N failed`.
import type { Reporter, TestModule } from 'vitest/node';

/** Counts what vitest reports. A file that can't be loaded and an error outside any test are failures; no test at all is one too. */
export default class TallyReporter implements Reporter {
	onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
		const count = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 };
		for (const module of modules) {
			count.failed += module.errors().length;
			for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
			for (const test of module.children.allTests()) count[test.result().state] += 1;
		}
		if (count.skipped > 0) process.stdout.write(`${count.skipped} skipped\n`);
		if (count.pending > 0) process.stdout.write(`${count.pending} never finished\n`);
		process.stdout.write(`${count.passed} passed, ${count.failed + count.pending} failed\n`);
		if (count.failed + count.pending > 0 || count.passed === 0) process.exitCode = 1;
	}
}
