// Calls made up at random, from so few words that rules about them can be.
import fc from 'fast-check';
import { ExactNumber, type Json, type JsonObject } from '../../src/abi/json.ts';
import type { DriverName } from '../../src/abi/names.ts';
import type { Target } from '../../src/abi/syscall.ts';
import { type Asked, friday } from './support.ts';

const words = ['a', 'b', 'n', 'path', 'url', '__proto__', 'constructor', 'A', 'ﬁle', 'file'];
const texts = [
	...['', 'x', 'X', '5', 'true', 'é', 'e\u0301', '\0', '\u212a'],
	...['/ws/x', '/link/x', '/etc/passwd', '../x', '~', ' /etc ', '$HOME/x'],
	...['https://evil.com/', 'HTTPS://EVIL.com/a?b', 'file:///etc'],
];
/** What the tool that carries commands is told to run; read by the fake analyser. */
const commandTexts = [
	...['git push -f', 'git push origin main', 'python3 a', 'uv run python3 a', 'sudo rm -r /etc', 'ls; git push $x'],
	...['$x', 'eval x', 'cat /etc/passwd', 'run-it git', 'xargs rm', 'ssh h python3 a', 'bash'],
];

export const leaf: fc.Arbitrary<Json> = fc.oneof(
	fc.constantFrom<Json>(...texts, null, true, false, 0, 5, -1.5, 1e21),
	fc.constantFrom('9007199254740993', '1.0', '1e400', '-0').map((source) => new ExactNumber(source)),
	fc.string(),
);
const key = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, fc.string());
const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
	value: fc.oneof(
		{ depthSize: 'small', withCrossShrink: true },
		{ weight: 3, arbitrary: leaf },
		fc.array(tie('value'), { maxLength: 3 }),
		fc.dictionary(key, tie('value'), { maxKeys: 3 }),
	),
})).value;
export const args: fc.Arbitrary<JsonObject> = fc.dictionary(key, value, { maxKeys: 4 });

/** One question: what is asked for, by whom, when and where. */
export interface Question {
	readonly target: Target;
	readonly asked: Asked;
}

const driver = fc.constantFrom('t', 'u', 'é').map((name) => name as DriverName);
const target: fc.Arbitrary<Target> = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.record({
			kind: fc.constant('tool'),
			driver,
			tool: fc.constantFrom('x', 'y', 'é', 'e\u0301', 'K', 'z/x'),
			args,
		}),
	},
	{
		weight: 3,
		arbitrary: fc.record({
			kind: fc.constant('tool'),
			driver: fc.constant('t' as DriverName),
			tool: fc.constant('sh'),
			args: fc.record(
				{ c: fc.oneof(fc.constantFrom(...commandTexts), value), a: value, cwd: fc.constantFrom('/ws', '/etc', '~') },
				{ requiredKeys: ['c'] },
			),
		}),
	},
	fc.record({
		kind: fc.constant('resource'),
		driver,
		uri: fc.constantFrom('file:///ws/x', 'file:///link/x', 'file:///etc/../etc/passwd', 'db://x', 'FILE:///etc/%70'),
		method: fc.constantFrom('resources/read', 'resources/subscribe'),
	}),
	fc.record({
		kind: fc.constant('prompt'),
		driver,
		prompt: fc.constantFrom('p', 'q'),
		args,
		method: fc.constant('prompts/get'),
	}),
	fc.record({
		kind: fc.constant('method'),
		driver,
		method: fc.constantFrom('ping', 'vendor/x', 'logging/setLevel'),
		params: args,
	}),
	fc.record({
		kind: fc.constant('driver_asks'),
		driver,
		asks: fc.constantFrom('sampling', 'roots', 'other'),
		params: args,
	}),
);
export const anyQuestion: fc.Arbitrary<Question> = fc
	.record({
		target,
		asked: fc.record(
			{
				agent: fc.constantFrom('claude-code', 'codex', 'unidentified', 'é'),
				at: fc.constantFrom(friday, friday + 3_600_000),
				env: fc.constantFrom<Record<string, string>>({}, { CI: 'true' }, { CI: '' }),
				links: fc.constantFrom<Record<string, string>>(
					{},
					{ '/link': '/etc' },
					{ '/ws': '/home/dana/ws' },
					{ '/link': '/link' },
				),
				branch: fc.constant('main'),
				schema: fc.constantFrom<JsonObject>(
					{ type: 'object', properties: { a: { type: 'string', format: 'path' }, n: { type: 'integer', default: 9 } } },
					{ type: 'object', properties: { a: {}, c: {} }, additionalProperties: false },
				),
				driverHasAllowedTool: fc.boolean(),
				driverRunsCommands: fc.boolean(),
				isBuiltinShell: fc.boolean(),
				isContained: fc.boolean(),
				// Seldom: of a trap most rules have no say.
				isTrap: fc.nat({ max: 7 }).map((one) => one === 7),
			},
			{ requiredKeys: [] },
		),
	})
	.map(({ target, asked }) => {
		const carriesCommand = target.kind === 'tool' && target.tool === 'sh';
		return { target, asked: { ...asked, ...(carriesCommand ? { commandsAt: ['/c'] } : {}) } };
	});
