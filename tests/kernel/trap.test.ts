// A trap: what something in the sandbox executes is judged like a call, recorded before it runs, and worth no more than an exec.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/abi/json.ts';
import { callId, type DriverName } from '../../src/abi/names.ts';
import { TrapgateError } from '../../src/abi/problem.ts';
import type { Trapped, TrapRequest, TrapVerdict, TrapWait } from '../../src/abi/sandbox.ts';
import type { Syscall } from '../../src/abi/syscall.ts';
import type { AuditEntry } from '../../src/audit/record.ts';
import { Approver, type Elicit } from '../../src/kernel/approve.ts';
import { makeConfining } from '../../src/kernel/confining.ts';
import type { CallContext } from '../../src/kernel/context.ts';
import { FreePrograms } from '../../src/kernel/free-programs.ts';
import { type Judge, makeJudge } from '../../src/kernel/gather.ts';
import { Journal } from '../../src/kernel/journal.ts';
import { emptyLock } from '../../src/kernel/lock/lock.ts';
import { ports } from '../../src/kernel/ports.ts';
import { makeProtection } from '../../src/kernel/protect.ts';
import { trappedBy, trappedByDriver } from '../../src/kernel/trap.ts';
import { gatesOf } from '../../src/policy/gates.ts';
import { errorReply } from '../../src/wire/message.ts';
import { setOf } from '../policy/support.ts';

let entries: AuditEntry[] = [];
let diskIsFull: (entry: AuditEntry) => boolean = () => false;
/** How often a policy was asked. */
let questions = 0;

beforeEach(() => {
	entries = [];
	diskIsFull = () => false;
	questions = 0;
});

const uv = [
	'- { id: uv, match: { command: [python, python3] }, except: { under: uv run }, then: { rewrite: { prepend: [uv, run] } }, reason: through uv }',
	'- { id: versioned, match: { command: "python3.*" }, except: { under: uv run }, then: { rewrite: { replace_prefix: [uv, run, -p, "${program.version}", python] } }, reason: through uv }',
];
const deny = (id: string, match: string, more = '') =>
	`- { id: ${id}, match: { ${match} }, then: deny, reason: "not here", instead: "do else"${more} }`;

interface Setting {
	readonly mode?: 'enforce' | 'warn' | 'observe';
	readonly tail?: string;
	readonly elicit?: Elicit;
}

function counted(judge: Judge): Judge {
	return (call, context) => {
		questions += 1;
		return judge(call, context);
	};
}

function policyText(rules: readonly string[], tail: string): string {
	return `rules:\n${rules.map((rule) => `  ${rule}`).join('\n')}\n${tail}`;
}

function kitOf(rules: readonly string[], { mode = 'enforce', tail = '' }: Setting = {}) {
	const set = setOf(policyText(rules, tail), { mode });
	let revision = {
		id: 'sha256:one',
		set,
		lock: emptyLock(),
		config: { mode },
		demands: { unmet: [], of: () => undefined },
	};
	const revisions = { current: () => revision } as never;
	const journal = new Journal({
		audit: {
			async append(entry: AuditEntry) {
				if (diskIsFull(entry)) throw new TrapgateError('A101', "the audit log can't be written: no space left");
				entries.push(entry);
				return entry as never;
			},
		} as never,
		revisions,
		detailOf: () => 'full',
		elapsed: () => 0,
		newId: () => 'unused',
	});
	const judge = makeJudge({
		revisions,
		ports,
		protection: makeProtection({
			workspace: '/ws',
			home: '/home/dana',
			governed: () => ['/state'],
			resolvePath: ports.resolvePath,
			exists: () => true,
			elapsed: () => 0,
		}),
		env: {},
		isShell: () => true,
		runsCommands: () => false,
		isContained: () => false,
		now: () => 0,
		elapsed: () => 0,
	});
	let count = 0;
	const approver = new Approver(
		() => ['elicitation'],
		() => 0,
	);
	const newId = () => {
		count += 1;
		return `t${count}`;
	};
	return {
		door: { judge: counted(judge), journal, approver },
		gates: gatesOf(set, ports.commands, ['bash']),
		commands: ports.commands,
		freePrograms: new FreePrograms({ inForce: () => revision, now: () => 0 }),
		newId,
		edit(next: readonly string[]) {
			revision = { ...revision, id: 'sha256:two', set: setOf(policyText(next, tail), { mode }) };
		},
	};
}

const parent: Syscall = {
	id: callId('c1'),
	caller: { agent: 'tester', principal: 'tester', session: 's1' },
	driver: 'shell' as DriverName,
	method: 'tools/call',
	params: { name: 'run', arguments: { command: 'make' } },
	extra: {},
};

function contextOf(elicit?: Elicit): CallContext {
	return {
		bank: {} as never,
		listener: {} as never,
		exchange: { signal: new AbortController().signal, progress: () => undefined },
		name: 'shell__run',
		cwd: '/ws',
		definition: {
			name: 'run',
			inputSchema: { type: 'object', properties: { command: { type: 'string' }, cwd: { type: 'string' } } },
		},
		definitionNow: async () => contextOf().definition,
		toolsRevision: 'r1',
		commandsAt: ['/command'],
		driverHasAllowedTool: true,
		unknown: errorReply(-32602, 'Unknown tool'),
		elicit,
		traceparent: undefined,
		countRefusal: () => 1,
	};
}

const wait: TrapWait = { signal: new AbortController().signal, asksPerson: () => undefined };

/** Asks for a verdict that nobody gives up waiting for. */
type Ask = (request: TrapRequest) => Promise<TrapVerdict>;

function asking(trapped: Trapped): Ask {
	return (request) => trapped(request, wait);
}

function trapped(rules: readonly string[], setting: Setting = {}): Ask {
	return asking(trappedBy(kitOf(rules, setting), { parent, context: contextOf(setting.elicit) }));
}

function exec(path: string, argv: readonly string[], more: Partial<TrapRequest> = {}): TrapRequest {
	return { path, file: path, argv, cwd: '/ws', env: {}, depth: 1, ...more };
}

type Run = Omit<TrapVerdict & { kind: 'run' }, 'trapped'> & { readonly trapped: Ask };

function runOf(verdict: TrapVerdict): Run {
	if (verdict.kind !== 'run') throw new Error(verdict.message);
	return { ...verdict, trapped: asking(verdict.trapped) };
}

describe('an execution', () => {
	test('that a rule rewrites runs in its new words, where its program is free', async () => {
		const verdict = runOf(await trapped(uv)(exec('/usr/bin/python3', ['python3', 'x.py'])));
		expect(verdict.argv).toEqual(['uv', 'run', 'python3', 'x.py']);
		expect([...verdict.lifted].sort()).toEqual(['python', 'uv']);
		expect(entries).toMatchObject([
			{
				event: 'decided',
				id: 't1',
				parent: 'c1',
				decision: 'rewritten',
				driver: 'shell',
				tool: 'shell/run',
				rules: ['uv'],
				told_agent: false,
				args: { value: { command: ['python3', 'x.py'], cwd: '/ws' } },
				changed: [{ path: '/command', to: ['uv', 'run', 'python3', 'x.py'] }],
			},
		]);
		await verdict.ended({ code: 7, signal: undefined });
		expect(entries[1]).toMatchObject({ event: 'completed', id: 't1', result: { exit: 7, is_error: true } });
	});

	test('of uv in a folder of PATH that nobody inside can write to is one of uv, and not of a file of that name', async () => {
		const path = '/home/dana/.local/bin/uv';
		const argv = [path, 'run', 'python3', 'x.py'];
		const plain = runOf(await trapped(uv)(exec(path, argv, { isFound: true })));
		expect(plain.argv).toEqual(['uv', 'run', 'python3', 'x.py']);
		expect([...plain.lifted].sort()).toEqual(['python', 'uv']);
		expect(runOf(await trapped(uv)(exec(path, argv))).argv).toEqual([path, 'run', 'uv', 'run', 'python3', 'x.py']);
	});

	test('that is denied reads what a blocked call reads', async () => {
		const verdict = await trapped([deny('no-npm', 'command: npm')])(exec('/usr/bin/npm', ['npm', 'ci', 'a b']));
		expect(verdict).toEqual({
			kind: 'refused',
			message:
				"BLOCKED by policy. Nothing ran.\nCall:    npm ci 'a b'\nRule:    no-npm\nWhy:     not here\nInstead: do else\n",
		});
		expect(entries).toMatchObject([{ decision: 'denied', final: true, parent: 'c1', told_agent: true, repeat: 1 }]);
	});

	test('of a copy of the trap is refused whatever its name is allowed, and recorded', async () => {
		const verdict = await trapped(uv)(exec('/ws/python3', ['./python3', 'x.py'], { isCopy: true }));
		expect(verdict).toMatchObject({
			kind: 'refused',
			message: expect.stringContaining('`/ws/python3` is a copy of what stands in for a gated program'),
		});
		expect(entries).toMatchObject([{ decision: 'denied', parent: 'c1', rules: ['kernel/trap'] }]);
	});

	test('of a script is one of what it is called, for whatever restricts', async () => {
		const rules = [...uv, deny('no-pip', 'command: [pip install, "pip3.* install"]')];
		const script = (path: string, ...words: string[]) =>
			trapped(rules)(exec(path, ['/usr/bin/python3', path, ...words], { file: '/usr/bin/python3.11' }));
		expect((await script('/usr/bin/pip', 'install', 'x')).kind).toBe('refused');
		expect((await script('/ws/.venv/bin/pip3.12', '-q', 'install', 'x')).kind).toBe('refused');
		expect(entries).toMatchObject([{ rules: expect.arrayContaining(['no-pip']) }, { decision: 'denied' }]);
		expect(runOf(await script('/usr/bin/pip', 'list')).argv).toEqual(['uv', 'run', 'python3', '/usr/bin/pip', 'list']);
		const closed = 'defaults: { command: deny }';
		const open = [
			'- { id: open, match: { command: pip list }, then: allow }',
			deny('no', 'command: [python3, pip install]'),
		];
		const judge = trapped(open, { tail: closed });
		expect((await judge(exec('/ws/pip', ['/usr/bin/python3', '/ws/pip', 'list']))).kind).toBe('refused');
	});

	test('that is hidden looks as if there were no such program', async () => {
		const rules = [
			deny('no-npm', 'command: npm'),
			'- { id: gone, match: { tool: shell/run }, then: hide, reason: secret }',
		];
		const verdict = await trapped(rules)(exec('/usr/bin/npm', ['npm']));
		expect(verdict).toMatchObject({
			kind: 'refused',
			message: expect.stringContaining('There is no such program here.'),
		});
		expect(verdict).not.toMatchObject({ message: expect.stringContaining('secret') });
	});

	test('that facts allow runs, and nothing but itself is free', async () => {
		const rules = [deny('no-force', 'command: git push, facts: { force: true }', ', ring: runtime')];
		const judge = trapped(rules);
		expect(runOf(await judge(exec('/usr/bin/git', ['git', 'push', '-u', 'origin', 'x']))).lifted).toEqual(['git']);
		expect((await judge(exec('/usr/bin/git', ['git', 'push', '-f']))).kind).toBe('refused');
	});

	test('that can not be recorded does not run', async () => {
		diskIsFull = () => true;
		expect(await trapped(uv)(exec('/usr/bin/python3', ['python3']))).toMatchObject({
			kind: 'refused',
			message: expect.stringContaining("the audit log can't be written"),
		});
		const denied = await trapped([deny('no', 'command: npm')])(exec('/usr/bin/npm', ['npm']));
		expect(denied.kind).toBe('refused');
		expect(entries).toEqual([]);
	});

	test.each(['warn', 'observe'] as const)('runs as it was asked in mode %s, and is recorded', async (mode) => {
		const npm = runOf(await trapped([deny('no', 'command: npm')], { mode })(exec('/usr/bin/npm', ['npm', 'ci'])));
		expect([npm.argv, npm.lifted]).toEqual([['npm', 'ci'], ['npm']]);
		const python = runOf(await trapped(uv, { mode })(exec('/usr/bin/python3', ['python3', 'x'])));
		expect([python.argv, python.lifted]).toEqual([['python3', 'x'], ['python']]);
		expect(entries).toMatchObject([
			{ decision: 'denied', acted: false },
			{ decision: 'rewritten', acted: false },
		]);
	});

	test('names files that govern the agent in vain, and may stand in their folder', async () => {
		const judge = trapped([deny('never', 'command: cat, flags: --never', ', ring: runtime')]);
		const cat = (cwd: string, file: string) => judge(exec('/usr/bin/cat', ['cat', file], { cwd }));
		expect((await cat('/ws', '.git/config')).kind).toBe('refused');
		expect((await cat('/ws/.git', 'config')).kind).toBe('refused');
		expect((await cat('/ws/.git', 'HEAD')).kind).toBe('run');
		expect(entries[0]).toMatchObject({ rules: ['kernel/protected-files'] });
	});
});

describe('a person is asked', () => {
	const rules = ['- { id: ask, match: { command: terraform }, then: ask, reason: sure, instead: "plan" }'];
	const answering = (answer: 'accept' | 'decline') => async () => answer;

	test('through the channel of the call, for this very argv', async () => {
		const shown: string[] = [];
		const elicit: Elicit = async (message) => {
			shown.push(message);
			return 'accept';
		};
		const verdict = runOf(await trapped(rules, { elicit })(exec('/usr/bin/terraform', ['terraform', 'apply'])));
		expect([verdict.argv, verdict.lifted]).toEqual([['terraform', 'apply'], ['terraform']]);
		expect(shown[0]).toContain('terraform apply');
		expect(entries).toMatchObject([
			{ event: 'ask', parent: 'c1' },
			{ event: 'decided', approval: { outcome: 'approved' } },
		]);
	});

	test('but not about what stood in the text that they said yes to, where it said', async () => {
		const approval = { outcome: 'approved', channel: 'elicitation', waitedMs: 1, boundTo: 'sha256:x' } as const;
		const agreed = {
			...parent,
			params: { name: 'run', arguments: { command: 'cd /tmp && terraform apply -auto; make' } },
		};
		const judge = asking(trappedBy(kitOf(rules), { parent: agreed, context: contextOf(), approval }));
		const apply = (argv: readonly string[], cwd = '/tmp') => judge(exec('/usr/bin/terraform', argv, { cwd }));
		expect((await apply(['terraform', 'apply', '-auto'])).kind).toBe('run');
		expect(entries).toMatchObject([{ event: 'decided', approval: { outcome: 'approved' } }]);
		expect((await apply(['terraform', 'destroy', '-auto'])).kind).toBe('refused');
		expect((await apply(['terraform', 'apply'])).kind).toBe('refused');
		expect((await apply(['terraform', 'apply', '-auto'], '/usr')).kind).toBe('refused');
	});

	test('and it said so before it ran: a link that is turned meanwhile leads to nothing that they agreed to', async () => {
		const top = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-trap-')));
		const [read, other, link] = ['read', 'other', 'link'].map((name) => join(top, name)) as [string, string, string];
		try {
			for (const folder of [read, other]) mkdirSync(folder);
			symlinkSync(read, link);
			const kit = kitOf(rules);
			const confining = makeConfining({
				...{ ring: {} as never, around: {} as never, commands: kit.commands, newId: kit.newId, now: () => 0 },
				governed: () => ({ revision: { set: setOf(policyText(rules, '')) } }) as never,
				door: () => kit.door,
			});
			const approval = { outcome: 'approved', channel: 'elicitation', waitedMs: 1, boundTo: 'sha256:x' } as const;
			const command = `./prepare; cd ${link} && terraform apply`;
			const agreed = { ...parent, params: { name: 'run', arguments: { command } } };
			const call = { parent: agreed, context: contextOf(), approval };
			const judge = asking(confining.trapped({ name: 'shell', kind: 'shell' } as never, call));
			rmSync(link);
			symlinkSync(other, link);
			const apply = (cwd: string) => judge(exec('/usr/bin/terraform', ['terraform', 'apply'], { cwd }));
			expect((await apply(other)).kind).toBe('refused');
			expect((await apply(read)).kind).toBe('run');
		} finally {
			rmSync(top, { recursive: true });
		}
	});

	test('and nothing runs after a no, or where nobody can be asked', async () => {
		const judge = trapped(rules, { elicit: answering('decline') });
		expect(await judge(exec('/usr/bin/terraform', ['terraform']))).toMatchObject({
			kind: 'refused',
			message: expect.stringContaining('a person declined'),
		});
		expect(await trapped(rules)(exec('/usr/bin/terraform', ['terraform']))).toMatchObject({
			kind: 'refused',
			message: expect.stringContaining('no_channel'),
		});
	});
});

describe('what is free beside the program', () => {
	const lifted = async (rules: readonly string[], argv: readonly string[]) =>
		[...runOf(await trapped(rules)(exec(`/gate/bin/${argv[0]}`, argv))).lifted].sort();

	test.each([
		[
			['uv', 'run', 'pytest'],
			['python', 'uv'],
		],
		[
			['uv', 'run', '-q', 'python3', '-c', 'import os; os.system(input())'],
			['python', 'uv'],
		],
		[
			['uv', 'run', 'make', 'all'],
			['python', 'uv'],
		],
		[
			['uv', 'sync'],
			['python', 'uv'],
		],
		// The rule trusts another launcher.
		[['uv', 'tool', 'run', 'black'], ['uv']],
	])('%s: %s', async (argv, free) => {
		expect(await lifted(uv, argv)).toEqual(free);
	});

	test('is not what a launcher starts, where rules are about facts of it', async () => {
		const rules = [...uv, deny('no-force', 'command: git push, facts: { force: true }', ', ring: runtime')];
		expect(await lifted(rules, ['uv', 'run', 'git', 'status'])).toEqual(['python', 'uv']);
	});

	test('is not one of several commands', async () => {
		const rules = [...uv, '- { id: ask, match: { command: sh }, then: ask, reason: r, instead: i }'];
		const verdict = await trapped(rules, { elicit: async () => 'accept' })(
			exec('/usr/bin/sh', ['sh', '-c', 'uv run true; make']),
		);
		expect(runOf(verdict).lifted).toEqual(['sh']);
	});

	test('is not the program that a script has its name of', async () => {
		const rules = ['- { id: ask, match: { command: [python3, pip] }, then: ask, reason: r, instead: i }'];
		const judge = trapped(rules, { elicit: async () => 'accept' });
		for (const argv of [
			['python3', './pip', 'list'],
			['python3', '-m', 'pip', 'list'],
		])
			expect(runOf(await judge(exec('/usr/bin/python3', argv))).lifted).toEqual(['python']);
	});

	test('is nothing, where the launcher is not the one of that name', async () => {
		const rules = [...uv, deny('no-rm', 'command: rm, flags: -r', ', ring: runtime')];
		const own = await trapped(rules)(exec('./uv', ['uv', 'run', 'pytest']));
		expect(runOf(own).argv).toEqual(['./uv', 'run', 'pytest']);
		expect(runOf(own).lifted).toEqual(['uv']);
	});
});

describe('what is free under a launcher', () => {
	const python = exec('/usr/bin/python3', ['python3', 'x.py']);

	test('is asked once in a policy, by whatever call, and anew in the next', async () => {
		const kit = kitOf(uv);
		const call = () => asking(trappedBy(kit, { parent, context: contextOf() }));
		const askedBy = async () => {
			const before = questions;
			const { lifted } = runOf(await call()(python));
			return [[...lifted].sort(), questions - before];
		};
		const [free, many] = await askedBy();
		expect(free).toEqual(['python', 'uv']);
		expect(many).toBeGreaterThan(1);
		expect(await askedBy()).toEqual([free, 1]);
		kit.edit([...uv, deny('none', 'command: [python, python3]')]);
		expect((await call()(exec('/gate/bin/uv', ['uv', 'run', 'make']))).kind).toBe('run');
		const make = runOf(await call()(exec('/gate/bin/uv', ['uv', 'run', 'make'])));
		expect(make.lifted).toEqual(['uv']);
		kit.edit(uv);
		expect(runOf(await call()(exec('/gate/bin/uv', ['uv', 'run', 'make']))).lifted).toContain('python');
	});

	test('is asked anew from another folder', async () => {
		const kit = kitOf(uv);
		const judge = asking(trappedBy(kit, { parent, context: contextOf() }));
		await judge(python);
		questions = 0;
		await judge({ ...python, cwd: '/usr' });
		expect(questions).toBeGreaterThan(1);
	});
});

describe('what is judged', () => {
	const argvOf = async (request: TrapRequest) => runOf(await trapped(uv)(request)).argv;

	test.each<[string, TrapRequest, readonly string[]]>([
		['a name that PATH found', exec('/usr/bin/python3', ['python3', 'x']), ['uv', 'run', 'python3', 'x']],
		['a path', exec('/opt/python3', ['/opt/python3', 'x']), ['uv', 'run', 'python3', 'x']],
		[
			'a file under another name',
			exec('./innocent', ['innocent', 'x'], { file: '/usr/bin/python3.11' }),
			['uv', 'run', '-p', '3.11', 'python', 'x'],
		],
		['a lie in argv[0]', exec('/usr/bin/python3', ['ls', 'x']), ['uv', 'run', 'python3', 'x']],
		['no argv at all', exec('/usr/bin/python3', []), ['uv', 'run', 'python3']],
		[
			'a script',
			exec('./a.py', ['/usr/bin/python3', './a.py', 'x'], { file: '/usr/bin/python3.11' }),
			['uv', 'run', 'python3', './a.py', 'x'],
		],
		[
			'a script of a gated name',
			exec('/ws/python3', ['/usr/bin/python3', '-I', '/ws/python3'], { file: '/usr/bin/python3.11' }),
			['uv', 'run', 'python3', '-I', '/ws/python3'],
		],
		['words that are no text', exec('/usr/bin/python3', ['python3', 'a\udcffb']), ['uv', 'run', 'python3', 'a\udcffb']],
	])('is %s', async (_, request, argv) => {
		expect(await argvOf(request)).toEqual(argv);
	});

	test('is nothing where no name of it is known, nor where it would run', async () => {
		const judge = trapped(uv);
		for (const request of [
			exec('/ws/thing', ['thing'], { file: '/ws/thing' }),
			exec('', []),
			exec('/usr/bin/python3', ['python3'], { cwd: 'relative' }),
			exec('/usr/bin/python3', ['python3'], { cwd: '' }),
		])
			expect((await judge(request)).kind).toBe('refused');
		expect(entries).toHaveLength(4);
		expect(entries.every((entry) => entry.event === 'decided' && entry.rules[0] === 'kernel/trap')).toBe(true);
	});
});

test('what nobody can read of an argv is refused, and what is known of it is judged', async () => {
	const rules = [...uv, deny('no-npm', 'command: npm')];
	const judge = trapped(rules);
	const long = 'x'.repeat(40_000);
	for (const argv of [
		['npm', 'a\udcff'],
		['npm', 'a\r'],
		['npm', long],
		['npm', 'a\0b'],
		['python3', 'a\0b'],
	])
		expect((await judge(exec(`/usr/bin/${argv[0]}`, argv))).kind).toBe('refused');
	const code = await judge(exec('/usr/bin/python3', ['python3', '-c', 'import os; os.system(input())']));
	expect(runOf(code).argv.slice(0, 2)).toEqual(['uv', 'run']);
	expect(entries.at(-1)).toMatchObject({ decision: 'contained', acted: true });
	const returned = await judge(exec('/usr/bin/python3', ['python3', '-c', 'print(1)\r\n']));
	expect(runOf(returned).argv).toEqual(['uv', 'run', 'python3', '-c', 'print(1)\r\n']);
});

test('a forged request is worth no more than executing what it names', async () => {
	const rules = [
		...uv,
		deny('no-npm', 'command: npm'),
		deny('no-force', 'command: git push, facts: { force: true }', ', ring: runtime'),
	];
	const names = ['npm', 'python3', 'python3.11', 'git', 'uv', 'ls', 'npm ', ''];
	const folders = ['', './', '/usr/bin/', '/gate/bin/', '/ws/', '/usr/bin/../bin/'];
	const path = fc.tuple(fc.constantFrom(...folders), fc.constantFrom(...names)).map((parts) => parts.join(''));
	const word = fc.oneof(path, fc.constantFrom('run', '-c', 'push', '-f', '--', 'x.py', 'npm ci', 'sync', '\udc80'));
	let ran = 0;
	await fc.assert(
		fc.asyncProperty(
			path,
			path,
			fc.array(word, { maxLength: 5 }),
			fc.integer({ min: 0, max: 9 }),
			async (...forged) => {
				const [execfn, file, argv, depth] = forged;
				const verdict = await trapped(rules)(exec(execfn, argv, { file, depth }));
				if (verdict.kind === 'refused') return;
				ran += 1;
				const [program = '', ...args] = verdict.argv;
				const name = program.slice(program.lastIndexOf('/') + 1);
				// What runs is one of the gated programs, called in a way that the rules let happen; and no refused one is free.
				expect(['python3', 'python3.11', 'git', 'uv']).toContain(name);
				if (name.startsWith('python')) expect.fail(`raw ${verdict.argv.join(' ')}`);
				if (name === 'git') expect(args[0] === 'push' && args.includes('-f')).toBe(false);
				expect(verdict.lifted).not.toContain('npm');
				if (name !== 'git') expect(verdict.lifted).not.toContain('git');
				expect(entries.at(-1)).toMatchObject({ event: 'decided', parent: 'c1' });
			},
		),
		{ numRuns: 300 },
	);
	expect(ran).toBeGreaterThan(60);
});

test('what an approved program starts names it as its parent, eight deep', async () => {
	let judge = trapped(uv);
	const parents: unknown[] = [];
	for (let depth = 1; depth <= 8; depth++) {
		const verdict = runOf(await judge(exec('/gate/bin/uv', ['uv', 'sync'])));
		parents.push((entries.at(-1) as unknown as JsonObject)['parent']);
		judge = verdict.trapped;
	}
	expect(parents).toEqual(['c1', 't1', 't2', 't3', 't4', 't5', 't6', 't7']);
	expect((await judge(exec('/gate/bin/uv', ['uv', 'sync']))).kind).toBe('refused');
	expect((await trapped(uv)(exec('/gate/bin/uv', ['uv', 'sync'], { depth: 9 }))).kind).toBe('refused');
});

test('how it ended is recorded once more where it could not be started, or was killed', async () => {
	const one = runOf(await trapped(uv)(exec('/gate/bin/uv', ['uv', 'sync'])));
	await one.ended({ failed: 'no such file' });
	await one.ended({ code: undefined, signal: 15 });
	expect(entries.slice(1)).toMatchObject([
		{ result: { exit: 125 }, error: { type: 'not_started', message: 'no such file' } },
		{ result: { exit: 143 } },
	]);
	diskIsFull = () => true;
	await expect(one.ended({ code: 0, signal: undefined })).rejects.toThrow('audit log');
});

test('a server that lives in a sandbox is its own parent, and nobody is asked for it', async () => {
	const rules = [...uv, '- { id: ask, match: { command: npm }, then: ask, reason: r, instead: i }'];
	const judge = asking(
		trappedByDriver(kitOf(rules), {
			driver: 'files' as DriverName,
			caller: parent.caller,
			cwd: '/ws',
			signal: new AbortController().signal,
		}),
	);
	expect(runOf(await judge(exec('/usr/bin/python3', ['python3']))).argv).toEqual(['uv', 'run', 'python3']);
	expect(entries[0]).toMatchObject({ parent: 'driver:files', tool: 'files/exec', driver: 'files' });
	expect((await judge(exec('/usr/bin/npm', ['npm']))).kind).toBe('refused');
});
