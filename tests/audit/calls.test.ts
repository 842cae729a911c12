// A call and its end as one, and what started an execution inside a sandbox.
import { expect, test } from 'vitest';
import type { Json } from '../../src/abi/json.ts';
import { type CallView, mergeCalls } from '../../src/audit/calls.ts';
import type { AuditRecord } from '../../src/audit/record.ts';
import { auditCells } from '../../src/cli/render/audit-line.ts';

let seq = 0;
function decided(id: string, command: Json, more: object = {}): AuditRecord {
	seq += 1;
	const frame = { v: 1, seq, time: '2026-11-20T15:00:00.000Z', run: 'r', prev: '', hash: '' };
	const call = { id, agent: { id: 'a' }, policy_rev: 'p', mode: 'enforce', method: 'tools/call', driver: 'shell' };
	const verdict = { decision: 'allowed', acted: true, rules: [], tool: 'shell/run' };
	const args = { level: 'redacted', value: { command, ...('parent' in more ? { cwd: '/w' } : {}) } };
	return { ...frame, event: 'decided', ...call, ...verdict, args, ...more } as never;
}
function completed(id: string): AuditRecord {
	seq += 1;
	return {
		v: 1,
		seq,
		time: '',
		run: 'r',
		prev: '',
		hash: '',
		event: 'completed',
		id,
		result: { is_error: false },
	} as never;
}
async function linesOf(records: readonly AuditRecord[], endsHere = true) {
	const given = (async function* () {
		yield* records;
	})();
	const lines: string[] = [];
	for await (const view of mergeCalls(given, endsHere)) lines.push(auditCells(view as CallView)?.[4]?.text ?? '');
	return lines;
}

test('an execution is shown behind what started it', async () => {
	const changed = [{ path: '/command', rule: 'uv', from: ['python3', 'a b'], to: ['uv', 'run', 'python3', 'a b'] }];
	const lines = await linesOf([
		decided('1', 'make all'),
		decided('2', ['python3', 'a b'], { parent: '1', decision: 'rewritten', changed }),
		decided('3', ['git', 'push', '-f'], { parent: '2', decision: 'denied', final: true }),
		completed('2'),
		completed('1'),
	]);
	expect(lines[0]).toMatch(/^make all ▸ python3 'a b' ▸ git push -f$/);
	expect(lines[1]).toBe("make all ▸ python3 'a b' → uv run python3 'a b'");
	expect(lines[2]).toBe('make all');
});

test('a server that started something by itself is named, and one whose record is not read too', async () => {
	expect(await linesOf([decided('1', ['npm', 'ci'], { parent: 'driver:files', final: true })])).toEqual([
		'driver:files ▸ npm ci',
	]);
	expect(await linesOf([decided('2', ['npm'], { parent: 'c9' })])).toEqual(['c9 ▸ npm']);
});

test('records that name one another as parents end somewhere', async () => {
	const lines = await linesOf([decided('1', ['a'], { parent: '2' }), decided('2', ['b'], { parent: '1' })]);
	expect(lines).toHaveLength(2);
});
