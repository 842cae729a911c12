// The ring as the kernel opens it: drivers share nothing in it, and a server may have approved what a call may not.
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Trapped } from '../../src/abi/sandbox.ts';
import type { ProcessSandbox } from '../../src/drivers/process-sandbox.ts';
import { openRing } from '../../src/kernel/open-ring.ts';
import type { RuntimeRing } from '../../src/kernel/runtime-ring.ts';
import { closed, confinementOf, env, Lab, perlGates, start } from '../sandbox/support/launching.ts';
import { ringTrouble } from '../support/ring.ts';

const trapped: Trapped = async ({ argv }) => ({
	kind: 'run',
	argv,
	lifted: ['perl', 'uv'],
	trapped,
	ended: async () => undefined,
});

describe.runIf(ringTrouble() === undefined)('the sandbox of a driver', () => {
	let lab: Lab;
	let ring: RuntimeRing;
	beforeAll(async () => {
		lab = new Lab();
		ring = await openRing({ tmp: tmpdir(), env, warn: () => undefined });
	});
	afterAll(() => {
		ring.close();
		lab.close();
	});

	function sandbox(): ProcessSandbox {
		const confinement = confinementOf(lab.workspace);
		const made = ring.sandboxOf(
			() => ({ sandbox: { backend: 'bwrap', isDemanded: true, confinement }, gates: perlGates }),
			trapped,
		);
		if (made === undefined) throw new Error('the ring does not hold');
		return made;
	}

	async function run(driver: ProcessSandbox, command: string, isServer: boolean): Promise<string> {
		const argv = ['/bin/bash', '--noprofile', '--norc', '-c', command];
		const prepared = await driver.prepare({ argv, cwd: lab.workspace, env, ...(isServer ? {} : { trapped }) });
		const child = start(prepared);
		let said = '';
		child.stdout?.on('data', (chunk) => {
			said += chunk;
		});
		child.stderr?.resume();
		child.stdin?.end();
		await closed(child);
		await prepared.close();
		return said;
	}

	test('keeps a cache for itself, where another driver finds nothing', async () => {
		const [one, other] = [sandbox(), sandbox()];
		const show = `perl -e 'print join(" ", sort glob("/run/cache/uv/* /tmp/left*")), "\\n"'`;
		await run(one, `perl -e 'open my $f, ">", "/run/cache/uv/left"'; touch /tmp/left`, false);
		expect(await run(one, show, false)).toBe('/run/cache/uv/left /tmp/left\n');
		expect(await run(other, show, false)).toBe('\n');
		await Promise.all([one.close(), other.close()]);
	});

	test('gives a server more approved programs than a call may have', { timeout: 600_000 }, async () => {
		const many = 'for n in $(seq 202); do perl -e 1 || echo refused; done 2>/dev/null';
		const driver = sandbox();
		expect(await run(driver, many, true)).toBe('');
		expect(await run(driver, many, false)).toBe('refused\nrefused\n');
		await driver.close();
	});
});
