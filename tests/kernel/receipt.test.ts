// The coverage receipt: of each rule the rings that hold it here, and why not the others.
import { expect, test } from 'vitest';
import type { DriverName } from '../../src/abi/names.ts';
import { doesNotHold } from '../../src/cli/does-not-hold.ts';
import { type DriverConfig, sandboxOf } from '../../src/kernel/config.ts';
import { ports } from '../../src/kernel/ports.ts';
import { receiptFields, receiptLine, receiptOf, untrappedUntilRestart } from '../../src/kernel/receipt.ts';
import { noRings, type Rings } from '../../src/kernel/ring.ts';
import { setOf } from '../policy/support.ts';

const holding: Rings = {
	bwrap: { is: 'holds', proof: 'a gated program trapped' },
	landlock: { is: 'degraded', proof: 'tried', why: 'less', hint: 'more' },
};
const set = setOf(
	`
	rules:
	  - { id: a-whole, match: { command: [python, node] }, then: deny, reason: r, instead: i }
	  - { id: b-narrow, match: { command: git push }, then: deny, reason: r, instead: i }
	  - { id: c-mentions, match: { mentions: python }, then: deny, reason: r, instead: i }
	  - { id: d-builtin, match: { command: source }, then: deny, reason: r, instead: i }
	  - { id: e-shell, match: { command: bash }, then: ask, reason: r, instead: i }
	  - { id: f-open, match: { command: ls }, then: allow }
	  - { id: g-box, match: { tool: "files/*" }, then: { sandbox: { network: none } } }
`.replaceAll('\t', ''),
);

const common = { commands: {}, shared: false, env: {} };
const named = (name: string) => name as DriverName;
function shellWith(sandbox: Parameters<typeof sandboxOf>[0]): DriverConfig {
	const rest = { timeoutMs: undefined, maxTimeoutMs: undefined, maxOutputBytes: undefined };
	return { ...common, name: named('shell'), kind: 'shell', sandbox: sandboxOf(sandbox), ...rest };
}
const files: DriverConfig = {
	...common,
	protocol: 'auto',
	name: named('files'),
	kind: 'stdio',
	command: 'x',
	args: [],
	cwd: undefined,
};
const notes: DriverConfig = { ...files, name: named('notes') };

function receipt(rings: Rings, ...drivers: readonly DriverConfig[]) {
	return receiptOf({ set, config: { drivers } as never }, ports.commands, rings);
}

const ringsOf = (rings: Rings, ...drivers: readonly DriverConfig[]) =>
	Object.fromEntries(receipt(rings, ...drivers).rules.map((rule) => [rule.id, rule.rings]));

test('where the ring holds, each rule names its rings and why not more', () => {
	const found = receipt(holding, shellWith(undefined), files);
	expect(found.rules.map(({ id, rings }) => [id, ...rings])).toEqual([
		['a-whole', 'call', 'runtime'],
		['b-narrow', 'call'],
		['c-mentions', 'call'],
		['d-builtin', 'call'],
		['e-shell', 'call'],
		['g-box', 'runtime'],
	]);
	expect(found.rules.map(({ callOnly }) => callOnly.join())).toEqual([
		'',
		expect.stringContaining('`ring: runtime`'),
		expect.stringContaining('no execution'),
		expect.stringContaining('part of the shell'),
		expect.stringContaining('runs on `bash`'),
		'',
	]);
	expect(found.rules[0]?.gates).toEqual(['python', 'node']);
	expect(receiptLine(found)).toBe(
		'the runtime ring holds for shell, files: 2 of 6 rules about commands and processes hold in it',
	);
});

test('where it does not, none does, and it is said why', () => {
	expect(ringsOf(noRings, shellWith(undefined), files)).toEqual({
		'a-whole': ['call'],
		'b-narrow': ['call'],
		'c-mentions': ['call'],
		'd-builtin': ['call'],
		'e-shell': ['call'],
		'g-box': [],
	});
	const [whole, , , , , box] = receipt(noRings, shellWith(undefined), files).rules;
	expect(whole).toMatchObject({ gates: [], callOnly: ['the runtime ring was not started'] });
	expect(box?.callOnly).toEqual(['tools of files are absent: the runtime ring was not started']);
	expect(receiptLine(receipt(noRings, shellWith(undefined)))).toMatch(
		/^the runtime ring does not hold \(the runtime ring was not started\)/,
	);
});

test('a driver without a sandbox confines nothing, whatever the machine can do', () => {
	expect(ringsOf(holding, notes)['a-whole']).toEqual(['call']);
	expect(ringsOf(holding, shellWith({ backend: 'none' }))['a-whole']).toEqual(['call']);
	expect(receipt(holding, notes).drivers).toEqual([{ name: 'notes', isConfined: false, ring: undefined }]);
	expect(ringsOf(holding, files)['e-shell']).toEqual(['call', 'runtime']);
});

test('for machines it is the same', () => {
	expect(receiptFields(receipt(holding, shellWith({ backend: 'landlock' })))).toMatchObject({
		drivers: [{ name: 'shell', confined: true, ring: { is: 'degraded', why: 'less' } }],
		rules: [
			{ id: 'a-whole', effect: 'deny', rings: ['call', 'runtime'], gates: ['python', 'node'], call_only: [] },
			{},
			{},
			{},
			{},
			{},
		],
	});
});

test('what the ring leaves open is said where it holds, and that there is none where not', () => {
	const said = (rings: Rings, ...drivers: readonly DriverConfig[]) => {
		const config = { drivers, mode: 'enforce', audit: {} } as never;
		return doesNotHold({ config, policies: [], set }, receipt(rings, ...drivers)).join('\n');
	};
	expect(said(noRings, shellWith(undefined))).toContain('The runtime ring does not hold here');
	const open = said(holding, shellWith(undefined), notes);
	expect(open).not.toContain('does not hold here');
	expect(open).toContain('files, not languages');
	expect(open).toContain('unless `exec: strict` is set');
	expect(open).toContain("the network is the host's (shell)");
	expect(open).toContain('What notes starts runs outside');
	const strict = said(holding, shellWith({ exec: 'strict', network: 'none', backend: 'landlock' }));
	expect(strict).toContain('WebAssembly');
	expect(strict).not.toContain("the network is the host's");
});

test('a server that runs keeps the traps it was started with, and what is gated since then is told', () => {
	const rules = (yaml: string) => setOf(`rules:\n${yaml}`);
	const python = '  - { id: a, match: { command: python }, then: deny, reason: r, instead: i }\n';
	const more = `${python}  - { id: b, match: { command: [node, python, "perl*"] }, then: deny, reason: r, instead: i }\n`;
	const boxed: DriverConfig = { ...files, sandbox: sandboxOf({}) };
	const told = (before: string, after: string, ...drivers: readonly DriverConfig[]) =>
		untrappedUntilRestart(
			{ set: rules(before) },
			{ set: rules(after), config: { drivers } as never },
			ports.commands,
			holding,
		);
	expect(told(python, more, boxed, notes, shellWith(undefined))).toEqual([
		'`files` runs already, so `node`, `perl*` will not trap in it: restart to apply',
	]);
	expect(told(more, python, boxed)).toEqual([]);
	expect(told(more, more, boxed)).toEqual([]);
});
