import { expect, test } from 'vitest';
import { loadPolicy } from '../../src/policy/load.ts';

function problemsOf(text: string) {
	const { policy, problems } = loadPolicy({ file: 'p.yaml', text, layer: 'project' });
	if (policy !== undefined) throw new Error('it loaded');
	return problems;
}

/** The words a problem underlines. */
function underlined(text: string, { line, column, length }: { line: number; column: number; length: number }): string {
	return text.split('\n')[line - 1]?.slice(column - 1, column - 1 + length) ?? '';
}

const header = 'version: 1\nname: t\nrules:\n';

/** The lines of one rule, from its `id` on. */
const rule = (lines: string) => `${header}  - id: r\n    ${lines.replace(/\n/g, '\n    ')}\n`;
/** A rule with this `match`. */
const match = (source: string) => rule(`match: {${source}}\nthen: deny`);
const misspeltStatement = (word: string, meant: string): [string, string, string, string, string] => [
	match(`tool: a/b, args: { x: { statement_other_than: [show, ${word}] } }`),
	'P102',
	`\`${word}\` is not a valid value`,
	word,
	`did you mean \`${meant}\`?`,
];
/** A rule with this `then`. */
const then = (source: string, of = 'tool: "a/*"') => rule(`match: { ${of} }\nthen: ${source}`);
const when = (source: string) => rule(`match: { tool: "a/*" }\nthen: deny\nwhen: {${source}}`);
const example = (source: string) => rule(`match: { tool: "a/*" }\nthen: deny\nexamples:\n  - { ${source} }`);
const waiver = (source: string) =>
	`${header}  []\nwaivers:\n  - { rule: r, match: { tool: a/b }, approved_by: d, ${source} }\n`;

test.each<[string, string, string, string, string?]>([
	// the file
	['', 'P102', 'the file is empty', '', 'start with: version: 1'],
	['# only a comment\n', 'P102', 'the file is empty', '', 'start with: version: 1'],
	['[]', 'P102', 'the file must be a mapping, not a list', '[]'],
	['version: 2\nname: t\nrules: []', 'P105', 'version `2`', '2', 'write `version: 1`'],
	['version: "1"\nname: t\nrules: []', 'P105', 'version text', '"1"'],
	['version: 1.5\nname: t\nrules: []', 'P105', 'version `1.5`', '1.5'],
	['name: t\nrules: []', 'P103', 'key `version` is missing in this file', 'name: t', 'add: version: 1'],
	['version: 1\nname: t', 'P103', 'key `rules` is missing', 'version: 1', 'add: rules: []'],
	['version: 1\nrules: []', 'P103', 'key `name` is missing', 'version: 1'],
	['version: 1\nname: T t\nrules: []', 'P102', 'not a valid id', 'T t', 'write `t-t`'],
	['version: 1\nname: t\nrules: {}', 'P102', '`rules` must be a list, not a mapping', '{}'],
	[
		'version: 1\nname: t\nrules: []\ndrivers: {}',
		'P101',
		'unknown key `drivers`',
		'drivers',
		'`drivers` belongs in trapgate.yaml',
	],
	['version: 1\nname: t\nrulez: []\nrules: []', 'P101', 'unknown key `rulez`', 'rulez', 'did you mean `rules`?'],
	['version: 1\nname: t\nmode: Enforce\nrules: []', 'P102', '`Enforce`', 'Enforce', 'did you mean `enforce`?'],
	['version: 1\nname: t\nmode: audit\nrules: []', 'P102', '`audit`', 'audit', 'write `enforce`, `warn` or `observe`'],
	[
		'version: 1\nname: t\ndefaults: { tool: hide }\nrules: []',
		'P102',
		'`hide`',
		'hide',
		'write `deny`, `allow` or `ask`',
	],
	['version: 1\nname: t\nlists: { a: x }\nrules: []', 'P102', '`a` must be a list, not text', 'x'],
	['version: 1\nname: t\nlists: { "a b": [x] }\nrules: []', 'P102', 'a list is named', '"a b"'],
	['version: 1\nname: t\nlists: { a: ["x\\u200b"] }\nrules: []', 'P004', 'U+200B', '"x\\u200b"'],
	['version: 1\nname: t\nlists: { a: [[x]] }\nrules: []', 'P102', 'must be a plain value, not a list', '[x]'],
	// a rule
	[`${header}  - x\n`, 'P102', 'entry 1 of `rules` must be a mapping, not text', 'x'],
	[
		`${header}  - match: { tool: "*" }\n    then: deny\n`,
		'P103',
		'key `id` is missing in this rule',
		'match: { tool: "*" }',
	],
	[rule('match: { tool: "*" }'), 'P103', 'key `then` is missing in this rule', 'id: r'],
	[rule('then: deny'), 'P103', 'key `match` is missing in this rule', 'id: r'],
	[
		`${header}  - { id: No Push, match: { tool: "*" }, then: deny }\n`,
		'P102',
		'`No Push`',
		'No Push',
		'write `no-push`',
	],
	[
		`${header}  - { id: 7, match: { tool: "*" }, then: deny }\n`,
		'P102',
		'`id` must be text, not a number',
		'7',
		'put quotes around it',
	],
	[`${header}  - { id: kernel/x, match: { tool: "*" }, then: deny }\n`, 'P102', 'kept for the kernel', 'kernel/x'],
	[`${header}  - { id: "a\\u202eb", match: { tool: "*" }, then: deny }\n`, 'P004', 'U+202E', '"a\\u202eb"'],
	[
		`${header}  - { id: ${'a'.repeat(81)}, match: { tool: "*" }, then: deny }\n`,
		'P102',
		'not a valid id',
		'a'.repeat(81),
	],
	[rule('match: { tool: "*" }\nthen: deny\nreason: "x\\e[2J"'), 'P004', 'U+001B', '"x\\e[2J"'],
	[rule('match: { tool: "*" }\nthen: deny\ninstead: "x\\u2066y"'), 'P004', 'U+2066', '"x\\u2066y"'],
	[rule('match: { tool: "*" }\nthen: deny\nreason: " "'), 'P102', 'this text is empty', '" "'],
	[rule('match: { tool: "*" }\nthen: deny\nreason: yes and no: both'), 'P002', 'runs into another', 'y'],
	[rule('match: { tool: "*" }\nthen: deny\nring: kernel'), 'P102', '`kernel`', 'kernel', 'write `runtime`'],
	[
		rule('match: { tool: "*" }\nthen: deny\nunless: { tool: a/b }'),
		'P101',
		'`unless`',
		'unless',
		'did you mean `except`?',
	],
	[rule('tool: "*"\nthen: deny'), 'P103', '`match` is missing', 'id: r'],
	[
		rule('match: { tool: "*" }\nthen: deny\nagent: x'),
		'P101',
		'`agent`',
		'agent',
		'`agent` is a condition: write `when: { agent: … }`',
	],
	[
		rule('match: { tool: "*" }\nthen: deny\nrewrite: {}'),
		'P101',
		'`rewrite`',
		'rewrite',
		'`rewrite` is an action: write `then: { rewrite: … }` (one action per rule)',
	],
	[rule('match: { tool: "*" }\nthen: deny\nsandbox: {}'), 'P101', 'unknown key `sandbox`', 'sandbox'],
	[then('{ sandbox: {} }'), 'P102', '`sandbox` says nothing', '{}'],
	[
		then('{ sandbox: { network: none } }', 'tool: a/b, args: { x: 1 }'),
		'P102',
		'`sandbox` is about the tool itself',
		'args',
	],
	[then('{ sandbox: { network: none } }', 'command: x'), 'P102', '`sandbox` is about tools', 'command'],
	[rule('match: { tool: "*" }\nthen: deny\ntoString: 1'), 'P101', '`toString`', 'toString'],
	// match
	[match(''), 'P102', '`match` says nothing', '{}'],
	[match('tool: []'), 'P102', '`tool` is empty', '[]'],
	[match('tool: ""'), 'P102', '`tool` is empty', '""'],
	[match('tool: 5'), 'P102', '`tool` must be text or a list, not a number', '5'],
	[match('tool: [a/b, 5]'), 'P102', 'entry 2 of `tool` must be text, not a number', '5'],
	[
		match('tool: read_file'),
		'P102',
		'can match no tool',
		'read_file',
		'write the driver too, or `*/read_file` for any driver',
	],
	[match('tool: "a/b\\u200b"'), 'P004', 'U+200B', '"a/b\\u200b"'],
	[match('tool: "a/b\\n"'), 'P004', 'U+000A', '"a/b\\n"'],
	[match('resource: "file:///\\u00ad"'), 'P004', 'U+00AD', '"file:///\\u00ad"'],
	[match('from: "\\u2800"'), 'P004', 'U+2800', '"\\u2800"'],
	[match('tool: a/b, toool: c/d'), 'P101', '`toool`', 'toool', 'did you mean `tool`?'],
	[
		match('tool: a/b, under: uv run'),
		'P101',
		'`under`',
		'under',
		'`under` says what a rule is not about: write `except: { under: … }`',
	],
	[match('tool: a/b, any_path: /x'), 'P101', '`any_path`', 'any_path', 'write `args: { any_path: … }`'],
	[match('tool: a/b, resource: "*"'), 'P102', 'never both hold', 'resource', 'write two rules'],
	[match('driver_asks: sampling, method: x'), 'P102', 'never both hold', 'driver_asks'],
	[match('driver_asks: samplign'), 'P102', '`samplign` is not a valid value', 'samplign', 'did you mean `sampling`?'],
	[match('effect: writes'), 'P102', '`writes`', 'writes', 'did you mean `write`?'],
	[match('tool: a/b, args: {}'), 'P102', '`args` says nothing', '{}'],
	[match('tool: a/b, args: { x: {} }'), 'P102', 'this condition says nothing', '{}'],
	[match('tool: a/b, args: { x: [] }'), 'P102', '`x` is empty', '[]'],
	[match('tool: a/b, args: { x: }'), 'P102', '`x` has no value', 'x'],
	[match('tool: a/b, args: { x: { iz: 1 } }'), 'P101', '`iz`', 'iz', 'did you mean `is`?'],
	[match('tool: a/b, args: { x: { toString: 1 } }'), 'P101', '`toString`', 'toString'],
	[
		match('tool: a/b, args: { x: [1, { is: 2 }] }'),
		'P102',
		'entry 2 of `x` must be a plain value, not a mapping',
		'{ is: 2 }',
	],
	[match('tool: a/b, args: { x: { min: "1" } }'), 'P102', '`min` must be a number, not text', '"1"'],
	[match('tool: a/b, args: { x: { min: 3, max: 2 } }'), 'P102', 'at least 3 and at most 2', '2'],
	[match('tool: a/b, args: { x: { present: yes } }'), 'P102', '`present` must be `true` or `false`, not text', 'yes'],
	[match('tool: a/b, args: { x: { present: false, is: 1 } }'), 'P102', 'never both hold', 'present'],
	[match('tool: a/b, args: { x: { matches: "a\\u200bb" } }'), 'P004', 'U+200B', '"a\\u200bb"'],
	[match('tool: a/b, args: { x: { glob: [] } }'), 'P102', '`glob` is empty', '[]'],
	misspeltStatement('selct', 'select'),
	misspeltStatement('SELECT', 'select'),
	misspeltStatement('updaet', 'update'),
	misspeltStatement('create table', 'create'),
	misspeltStatement('values', 'select'),
	misspeltStatement('with', 'select'),
	misspeltStatement('end', 'commit'),
	misspeltStatement('copy programme', 'copy program'),
	[match('tool: a/b, args: { x: { statement_other_than: [] } }'), 'P102', '`statement_other_than` is empty', '[]'],
	[match('tool: a/b, args: { any_slq: x }'), 'P102', '`any_slq` is not a role', 'any_slq', 'did you mean `any_sql`?'],
	[
		match('tool: a/b, args: { any_paht: x }'),
		'P102',
		'`any_paht` is not a role',
		'any_paht',
		'did you mean `any_path`?',
	],
	[
		match('tool: a/b, args: { any_thing_else: x }'),
		'P102',
		'is not a role',
		'any_thing_else',
		'for an argument of that name write `/any_thing_else`',
	],
	[match('tool: a/b, args: { "": x }'), 'P102', 'no name', '""'],
	[match('tool: a/b, args: { /a~2: x }'), 'P102', 'not a JSON Pointer', '/a~2'],
	[match('command: x, facts: {}'), 'P102', '`facts` says nothing', '{}'],
	[match('command: x, facts: { a: {} }'), 'P102', 'says nothing', '{}'],
	[match('command: x, facts: { a: { matches: b } }'), 'P101', '`matches`', 'matches'],
	[match('resource: x, facts: { a: true }'), 'P102', '`facts` is about commands, and `resource` carries none', 'facts'],
	[match('driver_asks: roots, mentions: x'), 'P102', '`mentions` is about commands', 'mentions'],
	[rule('match: { tool: a/b }\nthen: deny\nexcept: {}'), 'P102', '`except` says nothing', '{}'],
	[rule('match: { tool: a/b }\nthen: deny\nexcept: []'), 'P102', '`except` is empty', '[]'],
	[rule('match: { tool: a/b }\nthen: deny\nexcept: [{ tool: a/b }, {}]'), 'P102', '`except` says nothing', '{}'],
	[rule('match: { tool: a/b }\nthen: deny\nexcept: { undr: x }'), 'P101', '`undr`', 'undr', 'did you mean `under`?'],
	// then
	[then('dney'), 'P102', '`dney` is not a valid value', 'dney', 'did you mean `deny`?'],
	[then('block'), 'P102', '`block`', 'block', 'did you mean `deny`?'],
	[then('Deny'), 'P102', '`Deny`', 'Deny', 'did you mean `deny`?'],
	[then('rewrite'), 'P102', '`rewrite`', 'rewrite', '`rewrite` needs terms: write `then: { rewrite: … }`'],
	[then('lock'), 'P102', 'the action `lock` is not available', 'lock'],
	[then('limit'), 'P102', '`limit`', 'limit', '`limit` needs terms: write `then: { limit: … }`'],
	[
		then('{ limit: { calls: 30 } }'),
		'P103',
		'key `per` is missing in `limit`',
		'limit',
		'add: per: 10m   (or 30s, 1h …)',
	],
	[then('{ limit: { calls: 0, per: 10m } }'), 'P102', '`calls` must be at least 1', '0'],
	[then('{ limit: { calls: 30, per: 10 min } }'), 'P102', '`10 min` is not a duration', '10 min'],
	[then('{ limit: { calls: 30, per: 10m, scope: agents } }'), 'P102', '`agents`', 'agents', 'did you mean `agent`?'],
	[then('[deny]'), 'P102', 'not a list', '[deny]'],
	[then('7'), 'P102', '`then` must be `hide`, `deny`, `ask`, `allow` or a mapping, not a number', '7'],
	[then('{}'), 'P102', '`then` says nothing', '{}'],
	[then('{ deny: true }'), 'P101', '`deny`', 'deny', 'write `then: deny`'],
	[then('{ blok: true }'), 'P101', '`blok`', 'blok'],
	[then('{ lock: { on_change: hide }, pin: { params: { a: 1 } } }'), 'P102', 'the action `lock`', 'lock'],
	[then('{ ask: {}, pin: { params: { a: 1 } } }'), 'P102', '`ask` says nothing', '{}'],
	[
		then('{ ask: { timeout: 5m }, pin: { params: { a: 1 } } }'),
		'P102',
		'exactly one action',
		'{ ask: { timeout: 5m }, pin: { params: { a: 1 } } }',
	],
	[then('{ ask: { timeout: 5 min } }'), 'P102', '`5 min` is not a duration', '5 min'],
	[then('{ ask: { timeout: 0s } }'), 'P102', 'not a duration', '0s'],
	[then('{ ask: { timeout: 25h } }'), 'P102', 'not a duration', '25h'],
	[then('{ ask: { timeout: 300 } }'), 'P102', '`timeout` must be text, not a number', '300'],
	[then('{ ask: { remember: exact_call } }'), 'P102', '`exact_call`', 'exact_call', 'did you mean `exact-call`?'],
	[then('{ ask: { prompt: "a\\rb" } }'), 'P004', 'U+000D', '"a\\rb"'],
	[then('{ pin: { params: {} } }'), 'P102', '`params` says nothing', '{}'],
	[then('{ pin: { owner: acme } }'), 'P103', 'key `params` is missing in `pin`', 'pin', 'add: params: …'],
	[then('{ pin: { params: { a: } } }'), 'P102', '`a` has no value', 'a'],
	[
		then('{ pin: { params: { a: 1 } } }', 'tool: a/b, args: { x: 1 }'),
		'P102',
		'`pin` is about the tool itself',
		'args',
	],
	[then('{ pin: { params: { a: 1 } } }', 'resource: x'), 'P102', '`resource` is none', 'resource'],
	[then('{ narrow: { params: { a: { max: 1 } } } }', 'command: x'), 'P102', '`command` is none', 'command'],
	[
		rule('match: { tool: a/b }\nthen: { pin: { params: { a: 1 } } }\nexcept: { command: x }'),
		'P102',
		'`pin` is about the tool itself',
		'except',
	],
	[then('{ narrow: { params: { a: {} } } }'), 'P102', 'narrows nothing', '{}'],
	[then('{ narrow: { params: { a: { optional: true } } } }'), 'P102', 'narrows nothing', '{ optional: true }'],
	[then('{ narrow: { params: { a: { drop: false } } } }'), 'P102', '`drop` must be `true`, not `false`', 'false'],
	[then('{ narrow: { params: { a: { drop: true, max: 1 } } } }'), 'P102', 'dropped', 'drop'],
	[
		then('{ narrow: { params: { a: { max: 9007199254740993 } } } }'),
		'P102',
		'more digits than can be kept exactly',
		'9007199254740993',
	],
	[then('{ narrow: { params: { a: { min: 2, max: 1 } } } }'), 'P102', 'at least 2 and at most 1', '1'],
	[then('{ narrow: { params: { a: { maxLength: 1.5 } } } }'), 'P102', '`maxLength`', '1.5'],
	[then('{ narrow: { params: { a: { maxLength: -1 } } } }'), 'P102', '`maxLength` must be at least 0', '-1'],
	[then('{ rewrite: {} }'), 'P102', '`rewrite` says nothing', '{}'],
	[then('{ rewrite: { params: { a: {} } } }'), 'P102', 'this rewrite says nothing', '{}'],
	[
		then('{ rewrite: { params: { a: { set: 1, remove: true } } } }'),
		'P102',
		'can not both be done',
		'{ set: 1, remove: true }',
	],
	[then('{ rewrite: { params: { a: { sett: 1 } } } }'), 'P101', '`sett`', 'sett', 'did you mean `set`?'],
	[
		then('{ rewrite: { params: { a: { replace: { matches: x } } } } }'),
		'P103',
		'key `with` is missing in `replace`',
		'replace',
	],
	[then('{ rewrite: { params: { /~: 1 } } }'), 'P102', 'not a JSON Pointer', '/~'],
	[then('{ rewrite: { params: { a: 1 } } }', 'resource: x'), 'P102', '`resource` has none', 'resource'],
	[then('{ rewrite: { prepend: [uv, run] } }'), 'P102', 'the rule matches none', 'then'],
	[then('{ rewrite: { prepend: [x], params: { a: 1 } } }'), 'P102', 'can not both be done', 'prepend'],
	[
		then('{ rewrite: { program: x, replace_prefix: [y] } }', 'command: a'),
		'P102',
		'both name the program',
		'replace_prefix',
	],
	[
		then('{ rewrite: { prepend: uv run } }', 'command: a'),
		'P102',
		'not a plain word',
		'uv run',
		'write each word as an entry of its own: [uv, run]',
	],
	[then('{ rewrite: { prepend: [uv, "a;b"] } }', 'command: a'), 'P102', 'not a plain word', '"a;b"'],
	[then('{ rewrite: { prepend: [uv, "$(x)"] } }', 'command: a'), 'P102', 'not a plain word', '"$(x)"'],
	[
		then('{ rewrite: { prepend: [uv, "${program.name}"] } }', 'command: a'),
		'P102',
		'not a plain word',
		'"${program.name}"',
	],
	[then('{ rewrite: { program: "a\\nb" } }', 'command: a'), 'P102', 'not a plain word', '"a\\nb"'],
	[then('{ rewrite: { program: "a\\n" } }', 'command: a'), 'P102', 'not a plain word', '"a\\n"'],
	[then('{ rewrite: { prepend: [] } }', 'command: a'), 'P102', '`prepend`', '[]'],
	[then('{ rewrite: { program: -x } }', 'command: a'), 'P102', 'can not be a program', '-x'],
	[then('{ rewrite: { prepend: [A=b, x] } }', 'command: a'), 'P102', 'can not be a program', 'A=b'],
	// when
	[when(''), 'P102', '`when` says nothing', '{}'],
	[when('agent: []'), 'P102', '`agent` is empty', '[]'],
	[when('env: { CI: true }'), 'P102', '`CI` must be text or a list, not `true`', 'true', 'put quotes around it'],
	[when('env: { "C I": x }'), 'P102', 'not the name of an environment variable', '"C I"'],
	[when('cel: "1 == 1"'), 'P102', 'the condition `cel`', 'cel'],
	[when('time: { zone: UTC }'), 'P102', '`time` says nothing', '{ zone: UTC }'],
	[when('time: { inside: Sun }'), 'P103', 'key `zone` is missing in `time`', 'time'],
	[when('time: { inside: Sun, zone: Europe/Berln }'), 'P102', '`Europe/Berln` is not a time zone', 'Europe/Berln'],
	[when('time: { inside: Sun, zone: "+02:00" }'), 'P102', 'not a time zone', '"+02:00"'],
	[when('time: { inside: Sonntag, zone: UTC }'), 'P102', 'not a time of the week', 'Sonntag'],
	[when('time: { inside: [Sun, 9-17], zone: UTC }'), 'P102', 'not a time of the week', '9-17'],
	[when('time: { inside: "Mon 9:00-17:00", zone: UTC }'), 'P102', 'not a time of the week', '"Mon 9:00-17:00"'],
	[when('time: { inside: "Mon 09:00-09:00", zone: UTC }'), 'P102', 'not a time of the week', '"Mon 09:00-09:00"'],
	[when('time: { inside: "Mon 24:00-09:00", zone: UTC }'), 'P102', 'not a time of the week', '"Mon 24:00-09:00"'],
	[when('time: { inside: "Mon 09:60-10:00", zone: UTC }'), 'P102', 'not a time of the week', '"Mon 09:60-10:00"'],
	[
		when('time: { inside: "Mon Tue 09:00-10:00", zone: UTC }'),
		'P102',
		'not a time of the week',
		'"Mon Tue 09:00-10:00"',
	],
	[when('time: { inside: "", zone: UTC }'), 'P102', 'not a time of the week', '""'],
	[when('time: { after: 2026-02-30, zone: UTC }'), 'P102', 'not a date', '2026-02-30'],
	[when('time: { after: tomorrow, zone: UTC }'), 'P102', 'not a date', 'tomorrow'],
	[when('time: { after: 2026-02-02, before: 2026-02-02, zone: UTC }'), 'P102', 'not later than', '2026-02-02'],
	// examples
	[example('is: denied'), 'P102', 'exactly one call', '{ is: denied }'],
	[example('call: a/b, run: x, is: denied'), 'P102', 'exactly one call', '{ call: a/b, run: x, is: denied }'],
	[example('call: a/b'), 'P102', 'what comes out', '{ call: a/b }'],
	[example('call: a/b, is: denied, becomes: {}'), 'P102', 'what comes out', '{ call: a/b, is: denied, becomes: {} }'],
	[example('call: ab, is: denied'), 'P102', 'not the name of a tool', 'ab', 'write driver/tool'],
	[example('call: a/b, is: blocked'), 'P102', '`blocked`', 'blocked'],
	[example('call: a/b, becomes: text'), 'P102', '`becomes` is text for `run`', '{ call: a/b, becomes: text }'],
	[example('run: x, args: {}, is: denied'), 'P102', 'only a call or a prompt', '{ run: x, args: {}, is: denied }'],
	[example('call: a/b, is: denied, at: "2026-01-01"'), 'P102', 'not a time with an offset', '"2026-01-01"'],
	[
		example('call: a/b, is: denied, at: "2026-01-01T10:00:00"'),
		'P102',
		'not a time with an offset',
		'"2026-01-01T10:00:00"',
	],
	[example('call: a/b, is: denied, env: { CI: true }'), 'P102', '`CI` must be text, not `true`', 'true'],
	[example('call: a/b, result: x, is: denied'), 'P102', '`result` can not be checked', 'result'],
	// waivers
	[waiver('until: 2026-1-1'), 'P102', '`2026-1-1` is not a date', '2026-1-1'],
	[waiver('until: 2026-12-31T10:00:00Z'), 'P102', 'not a date', '2026-12-31T10:00:00Z'],
	[waiver('until: never'), 'P102', 'not a date', 'never'],
	[
		waiver('ticket: X'),
		'P103',
		'key `until` is missing in this waiver',
		'{ rule: r, match: { tool: a/b }, approved_by: d, ticket: X }',
	],
	[
		`${header}  []\nwaivers:\n  - { rule: r, until: 2026-12-31, approved_by: d }`,
		'P103',
		'key `match` is missing',
		'{ rule: r, until: 2026-12-31, approved_by: d }',
	],
])('%j', (text, code, message, span, help) => {
	const [problem, ...more] = problemsOf(text);
	expect(problem?.message).toContain(message);
	expect(problem).toMatchObject({
		code,
		severity: 'error',
		where: { file: 'p.yaml' },
		...(help === undefined ? {} : { help }),
	});
	if (problem?.where === undefined) throw new Error('no place');
	if (span !== '') expect(underlined(text, problem.where)).toBe(span);
	// One report per cause; a key in the wrong mapping is missing where it belongs, too.
	const isMisplaced = /id: r\n {4}tool:|owner: acme/.test(text);
	expect(more.map(({ code: also }) => also)).toEqual(isMisplaced ? ['P101'] : []);
});

test('every mistake is reported, in the order of the file', () => {
	const text = `${header}  - { id: A, match: { tool: 5 }, then: dney }\n  - { id: b, mtach: { tool: "*" }, then: deny }\n`;
	expect(problemsOf(text).map(({ code, where }) => [code, where?.line, where?.column])).toEqual([
		['P102', 4, 11],
		['P102', 4, 29],
		['P102', 4, 40],
		['P103', 5, 5],
		['P101', 5, 14],
	]);
});
