// Answers of drivers: what no rule is about passes as it came, and what a rule can't be applied to does not pass.
import { expect, test } from 'vitest';
import { callId, type DriverName } from '../../src/abi/names.ts';
import { targetOf } from '../../src/abi/syscall.ts';
import { emptyLock } from '../../src/kernel/lock/lock.ts';
import { makeResults } from '../../src/kernel/results.ts';
import { resultReply } from '../../src/wire/message.ts';
import { compiled, policyOf, portsWith } from '../policy/support.ts';

const reply = resultReply({ content: [{ type: 'text', text: 'a secret' }] });

/** What becomes of the answer under a rule that takes `secret` out, when looking takes so long. */
function finishedUnder(tool: string, lookMs = 0) {
	const policy = policyOf(
		`rules: [{ id: later, match: { tool: ${tool} }, then: { redact: { find: ["regex:secret"] } } }]`,
	);
	const { set } = compiled([policy]);
	let elapsedMs = 0;
	const options = {
		revisions: { current: () => ({ set, lock: emptyLock() }) },
		ports: portsWith(),
		env: {},
		now: () => 0,
		isShell: () => false,
		isContained: () => false,
		runsCommands: () => false,
		elapsed: () => {
			elapsedMs += lookMs;
			return elapsedMs;
		},
	};
	const results = makeResults(options as never, { error: () => undefined });
	const asked = {
		id: callId('c1'),
		caller: { agent: 'a', principal: 'a', session: 's' },
		driver: 'x' as DriverName,
		method: 'tools/call',
		params: { name: 'y', arguments: {} },
		extra: {},
	};
	const final = targetOf(asked);
	const decision = { verdict: 'allowed', acted: true, mode: 'enforce', because: [], final, changes: [] } as const;
	const context = { cwd: '/', commandsAt: [], driverHasAllowedTool: true } as never;
	return results.on({ asked, decision, context }).reply(reply);
}

test('an answer that no rule is about is the very same', () => {
	expect(finishedUnder('x/other').reply).toBe(reply);
});

test('an answer that a rule is about, and can not be applied to, is withheld', () => {
	expect(finishedUnder('x/y')).toMatchObject({ redacted: 1 });
	const { reply: shown, error } = finishedUnder('x/y', 3_000);
	expect(error).toContain('looking for secrets took longer than 2 s');
	expect(shown.body.text).not.toContain('a secret');
	expect(shown.body.text).toContain('The result is withheld');
});
