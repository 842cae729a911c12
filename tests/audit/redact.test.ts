// What is taken out before anything is written, what is left alone, and that both stay quick.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExactNumber, type Json } from '../../src/abi/json.ts';
import { boundValue, redactValue } from '../../src/audit/redact.ts';
import { redactText } from '../../src/audit/redact-text.ts';
import { rememberedSecrecy, secrecyOf } from '../../src/audit/secret-names.ts';

test.each([
	...[
		'password',
		'PASSWORD',
		'Password',
		'passwd',
		'db_password',
		'DB-PASSWORD',
		'dbPassword',
		'mysqlPassword',
		'user.password',
	],
	...[
		'token',
		'accessToken',
		'access_token',
		'gittoken',
		'API_TOKEN',
		'refresh-token',
		'apiTokens',
		'X-Auth-Token',
		'id_token',
	],
	...[
		'secret',
		'client_secret',
		'clientSecret',
		'AWS_SECRET_ACCESS_KEY',
		'secrets',
		'apikey',
		'api_key',
		'apiKey',
		'X-API-Key',
	],
	...[
		'authorization',
		'Proxy-Authorization',
		'cookie',
		'Set-Cookie',
		'private-key',
		'privateKey',
		'ssh_key',
		'sessionid',
		'session_id',
	],
	...[
		'connection_string',
		'ConnectionString',
		'connStr',
		'dsn',
		'SENTRY_DSN',
		'credentials',
		'passphrase',
		'pwd',
		'DB_PWD',
		'jwt',
		'otp',
	],
	...[
		'account_key',
		'encryptionKey',
		'signing_key',
		'mnemonic',
		'seed_phrase',
		'cvv',
		'X-Amz-Signature',
		'pass word',
		'ｐａｓｓｗｏｒｄ',
	],
])('the name %s says secret', (name) => {
	expect(secrecyOf(name)).toBe('secret');
	expect(redactValue({ [name]: 'hunter2' }).value).toEqual({ [name]: '[redacted]' });
	expect(redactValue({ [name]: 123456 }).value).toEqual({ [name]: '[redacted]' });
	expect(redactValue({ [name]: { a: ['hunter2'] } }).value).toEqual({ [name]: '[redacted]' });
});

test.each([
	...[
		'path',
		'key',
		'keys',
		'tokens',
		'max_tokens',
		'token_count',
		'tokenizer',
		'author',
		'authority',
		'compass',
		'bypass',
		'monkey',
	],
	...[
		'password_file',
		'private_key_path',
		'cookie_file',
		'token_type',
		'password-stdin',
		'keyboard',
		'signature',
		'owner',
		'command',
	],
])('the name %s says nothing', (name) => {
	expect(redactValue({ [name]: 'plain value' })).toEqual({ value: { [name]: 'plain value' }, redacted: 0, cut: 0 });
});

test('a figure, a switch and an empty value are no secrets', () => {
	const value = { pass: 12, auth: true, password: '', token: null, passed: 3 };
	expect(redactValue(value).value).toEqual(value);
	expect(redactValue({ pass: 'x', auth: ['u', 'p'] }).value).toEqual({ pass: '[redacted]', auth: '[redacted]' });
});

test.each<[string, Json, Json]>([
	[
		'an argv',
		['login', '--password', 'hunter2', '--user', 'dana'],
		['login', '--password', '[redacted]', '--user', 'dana'],
	],
	['an environment as a list', [{ name: 'API_KEY', value: 'hunter2' }], [{ name: 'API_KEY', value: '[redacted]' }]],
	[
		'headers as pairs',
		[
			['Authorization', 'x y'],
			['Accept', 'a'],
		],
		[
			['Authorization', '[redacted]'],
			['Accept', 'a'],
		],
	],
	['headers as a list', [{ key: 'Cookie', value: 'a=b' }], [{ key: 'Cookie', value: '[redacted]' }]],
	['an environment as texts', ['PATH=/bin', 'TOKEN=hunter2'], ['PATH=/bin', 'TOKEN=[redacted]']],
	['a key that is a token', { ghp_0123456789abcdefghij: 1 }, { '[redacted:github]': 1 }],
	[
		'json in a string',
		{ body: '{"user":"dana","password":"hun\\"ter2","n":1}' },
		{ body: '{"user":"dana","password":"[redacted]","n":1}' },
	],
	[
		'json in json in a string',
		{ body: '{\\"password\\":\\"hunter2\\",\\"n\\":1}' },
		{ body: '{\\"password\\":\\"[redacted]\\",\\"n\\":1}' },
	],
	[
		'a member called __proto__',
		JSON.parse('{"__proto__":{"password":"hunter2"}}'),
		JSON.parse('{"__proto__":{"password":"[redacted]"}}'),
	],
])('%s', (_, value, kept) => {
	expect(JSON.stringify(redactValue(value).value)).toBe(JSON.stringify(kept));
});

/** Made of parts, so that no scanner takes this file for a leak. */
const tokens: [kind: string, ...parts: string[]][] = [
	['aws', 'AKIA', 'IOSFODNN7EXAMPLE'],
	['aws', 'ASIA', 'IOSFODNN7EXAMPLE'],
	['github', 'ghp_', '16C7e42F292c6912E7710c838347Ae178B4a'],
	['github', 'gho_', '16C7e42F292c6912E7710c838347Ae178B4a'],
	['github', 'github_pat_', '11ABCDEFG0abcdefghijkl_0123456789abcdef'],
	['gitlab', 'glpat-', 'abcdefghij0123456789'],
	['slack', 'xoxb-', '123456789012-123456789012-abcdefghijklmnopqrstuvwx'],
	['slack', 'xapp-', '1-A0123456789-0123456789'],
	['slack', 'hooks.slack.com/services/', 'T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX'],
	['google', 'AIza', 'SyA-0123456789abcdefghijklmnopqrstu'],
	['google', 'ya29.', 'a0AfH6SMBx0123456789'],
	['google', 'GOCSPX-', 'abcdefghijklmnopqrst'],
	['openai', 'sk-', 'abcdefghijklmnopqrstT3BlbkFJabcdefghijklmnopqrst'],
	['openai', 'sk-proj-', 'abcdefgh_ijklmnop-qrst'],
	['anthropic', 'sk-ant-', 'api03-abcdefghijklmnop'],
	['model-api', 'hf_', 'abcdefghijklmnopqrstuvwxyz'],
	['stripe', 'sk_live_', '0123456789abcdefghijklmn'],
	['npm', 'npm_', 'abcdefghijklmnopqrstuvwxyz0123456789'],
	['pypi', 'pypi-', 'AgEIcHlwaS5vcmcCJDAxMjM0NTY3'],
	['sendgrid', 'SG.', 'abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789'],
	['jwt', 'eyJhbGciOiJIUzI1NiJ9.', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'],
	['private-key', '-----BEGIN RSA PRIVATE', ' KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----'],
	['private-key', '-----BEGIN OPENSSH PRIVATE', ' KEY-----\\nb3BlbnNzaC1r\\n-----END OPENSSH PRIVATE KEY-----'],
	['private-key', '-----BEGIN PGP PRIVATE', ' KEY BLOCK-----\n\nlQdGBF\n-----END PGP PRIVATE KEY BLOCK-----'],
];
test.each(tokens)('a token of kind %s is known by its form, wherever it stands', (kind, ...parts) => {
	const token = parts.join('');
	for (const around of [
		['', ''],
		['before ', ' after'],
		['"', '"'],
		['x=', ''],
		['https://h/?a=', ''],
		['%20', ''],
		['(', ')'],
		['\n', '\n'],
	]) {
		const { text, count } = redactText(`${around[0]}${token}${around[1]}`);
		expect(text).toBe(`${around[0]}[redacted:${kind}]${around[1]}`);
		expect(count).toBe(1);
	}
});

test('a key without its end is taken out to the end of the text', () => {
	expect(redactText(`x -----BEGIN ${'PRIVATE'} KEY-----\nMIIEow\nmore`).text).toBe('x [redacted:private-key]');
});

test.each([
	['git clone https://dana:hunter2@example.com/a.git', 'git clone https://dana:[redacted]@example.com/a.git'],
	['postgres://app:p%40ss@db:5432/x', 'postgres://app:[redacted]@db:5432/x'],
	['redis://:hunter2@cache/0', 'redis://:[redacted]@cache/0'],
	['-https://u:p@ss@h/', '-https://u:[redacted]@h/'],
	['https://0123456789abcdef0123456789@h/', 'https://[redacted]@h/'],
	['curl -H "Authorization: Bearer abc.def" https://h/', 'curl -H "Authorization: [redacted]" https://h/'],
	["curl -H 'authorization: Basic ZGFuYTpodW50ZXIy' h", "curl -H 'authorization: [redacted]' h"],
	['curl --header="X-Api-Key: hunter2" h', 'curl --header="X-Api-Key: [redacted]" h'],
	["curl -b x -H 'Cookie: a=b; c=d' h", "curl -b x -H 'Cookie: [redacted]' h"],
	['Set-Cookie: sid=hunter2; Path=/\nnext line', 'Set-Cookie: [redacted]\nnext line'],
	['sent Bearer abcdefgh12345678 to h', 'sent Bearer [redacted] to h'],
	['curl -u dana:hunter2 https://h/', 'curl -u dana:[redacted] https://h/'],
	['curl --user "dana:hunter two" https://h/', 'curl --user "dana:[redacted]" https://h/'],
	['mysql -u root -phunter2 db', 'mysql -u root -p[redacted] db'],
	['sshpass -p hunter2 ssh h', 'sshpass -p [redacted] ssh h'],
	['login --password=hunter2 --user=dana', 'login --password=[redacted] --user=dana'],
	['login --password hunter2 --user dana', 'login --password [redacted] --user dana'],
	['login --password "hunter two" -x', 'login --password "[redacted]" -x'],
	['login --password=\'hunter\'"two"three x', "login --password='[redacted] x"],
	['login --password hunter\\ two x', 'login --password [redacted] x'],
	['java -Djavax.net.ssl.keyStorePassword=hunter2 -jar a', 'java -Djavax.net.ssl.keyStorePassword=[redacted] -jar a'],
	['TOKEN=hunter2 make', 'TOKEN=[redacted] make'],
	['export AWS_SECRET_ACCESS_KEY="hunter2"; ls', 'export AWS_SECRET_ACCESS_KEY="[redacted]"; ls'],
	['TOKEN=$(printf hunter2) make', 'TOKEN=[redacted] make'],
	['TOKEN=`printf hunter2` make', 'TOKEN=`[redacted]` make'],
	['echo "password=hunter2" > f', 'echo "password=[redacted]" > f'],
	["echo 'TOKEN=hunter2'", "echo 'TOKEN=[redacted]'"],
	['https://h/?token=hunter2&q=1', 'https://h/?token=[redacted]&q=1'],
	['https://h/?q=1&api_key=hunter2#x', 'https://h/?q=1&api_key=[redacted]'],
	['next=%2Fx%3Ftoken%3Dhunter2%26q%3D1', 'next=%2Fx%3Ftoken%3D[redacted]%26q%3D1'],
	['Server=db;Password=hunter2;User Id=sa', 'Server=db;Password=[redacted];User Id=sa'],
	['password: hunter2', 'password: [redacted]'],
	["{'password': 'hunter2', 'a': 1}", "{'password': '[redacted]', 'a': 1}"],
	["config['password'] = 'hunter2'", "config['password'] = '[redacted]'"],
	['password := "hunter2"', 'password := "[redacted]"'],
	["'password' => 'hunter2',", "'password' => '[redacted]',"],
	['//registry.npmjs.org/:_authToken=hunter2', '//registry.npmjs.org/:_authToken=[redacted]'],
	['machine h login dana password hunter2', 'machine h login dana password [redacted]'],
	["ALTER USER dana WITH PASSWORD 'hunter2'", "ALTER USER dana WITH PASSWORD '[redacted]'"],
	["CREATE USER a IDENTIFIED BY 'hunter2'", "CREATE USER a IDENTIFIED BY '[redacted]'"],
	['openssl rsa -passin pass:hunter2', 'openssl rsa -passin pass:[redacted]'],
	['a: 1\npassword: |\n  hunter2\n\n  hunter3\nb: 2\n', 'a: 1\npassword: |\n  [redacted]\nb: 2\n'],
	['password: >-\n  hunter2', 'password: >-\n  [redacted]'],
	['PASSWORD=\n', 'PASSWORD=\n'],
	['password="unclosed hunter2', 'password="[redacted]'],
])('%s', (text, kept) => {
	expect(redactText(text).text).toBe(kept);
});

test('no mess around a named secret brings it through', () => {
	const secret = 'hunter2Secret';
	const pieces = [
		'"',
		"'",
		'`',
		'\\',
		'=',
		':',
		' ',
		'\n',
		'token',
		'password',
		'--',
		'-u ',
		'%3D',
		'&',
		';',
		'$(',
		')',
		'{',
		'}',
	];
	const more = [
		'a',
		'B',
		'1',
		'https://',
		'@',
		'Bearer ',
		'|',
		'>',
		',',
		'[redacted]',
		'Authorization',
		'--token',
		'x',
	];
	const mess = fc.array(fc.constantFrom(...pieces, ...more), { maxLength: 8 }).map((parts) => parts.join(''));
	const named = fc.constantFrom(
		...[
			`--password ${secret}`,
			`--password=${secret}`,
			`PASSWORD=${secret}`,
			`"password":"${secret}"`,
			`password: ${secret}`,
		],
		...[
			`{\\"password\\":\\"${secret}\\"}`,
			`https://u:${secret}@h/`,
			`Authorization: Bearer ${secret}`,
			`curl -u a:${secret} h`,
		],
	);
	fc.assert(
		fc.property(mess, named, mess, (before, middle, after) => {
			expect(redactText(`${before} ${middle} ${after}`).text).not.toContain(secret);
		}),
		{ seed: 2_611, numRuns: 20_000 },
	);
});

test.each([
	'git commit -m "fix: the token parser"',
	'python3 app.py --port 80',
	'PGHOST=db psql -c "select 1"',
	'docker run -u 1000:1000 -v /a:/b image',
	'--password-stdin < file',
	'deploy --token --verbose',
	'echo $TOKEN',
	'curl -H "X-Api-Key: $API_KEY" --password "${DB_PASSWORD}"',
	'uses Basic authentication over https://example.com:8080/a@b',
	'10:14:01 at src/a.ts:10:4',
	'ssh git@github.com',
	'https://github.com/acme/web/pull/3',
	'C:\\Users\\dana\\file',
	'the tokenizer counts tokens: 12',
])('%s is left as it is', (text) => {
	expect(redactText(text)).toEqual({ text, count: 0 });
});

test('a name in single quotes is the secret itself, not where it is', () => {
	expect(redactText("--password '$ECRET'").text).toBe("--password '[redacted]'");
});

test('redacting twice changes nothing more', () => {
	for (const [, ...parts] of tokens) {
		const once = redactText(`a TOKEN=${parts.join('')} https://u:p@h/ -u a:b Bearer abc12345678 --password x`).text;
		expect(redactText(once)).toEqual({ text: once, count: 0 });
	}
});

test('long texts are cut with a note of their length, and never through a secret or a character', () => {
	const bounds = { maxText: 100, maxTotal: 1_000, maxDepth: 8, maxValues: 100 };
	expect(redactValue('x'.repeat(250), bounds)).toEqual({
		value: `${'x'.repeat(100)}[cut: 250 characters in all]`,
		redacted: 0,
		cut: 1,
	});
	expect(redactValue('x'.repeat(100), bounds)).toEqual({ value: 'x'.repeat(100), redacted: 0, cut: 0 });
	const emoji = redactValue(`${'x'.repeat(99)}😀tail`, bounds).value;
	expect(emoji).toBe(`${'x'.repeat(99)}[cut: 105 characters in all]`);
	// A token of 40 characters at every place around the cut: no part of it may be left.
	const token = `ghp_${'0123456789abcdefghij0123456789abcdef'}`;
	for (let start = 50; start <= 110; start += 1) {
		const { value } = redactValue(`${'x'.repeat(start - 1)} ${token} and ${'y'.repeat(20_000)}`, bounds);
		expect(value).not.toMatch(/ghp_|9abcd/);
	}
	// A secret without an end goes to the end of what is read, whatever is cut.
	const key = `-----BEGIN ${'PRIVATE'} KEY-----\n${'SECRET'.repeat(10_000)}`;
	expect(redactValue(`${'x'.repeat(90)}${key}`, bounds).value).not.toContain('SECRET');
});

test('what is redacted to less than fits does not bring in what was not searched', () => {
	const bounds = { maxText: 100, maxTotal: 1_000, maxDepth: 8, maxValues: 100 };
	// The search ends 8,192 characters behind the cut: here, for some lengths, within the first characters of a token.
	for (let length = 8_150; length < 8_300; length += 1) {
		const key = `-----BEGIN ${'PRIVATE'} KEY-----${'A'.repeat(length - 52)}-----END ${'PRIVATE'} KEY-----`;
		const { value } = redactValue(`${key} ghp_${'0123456789abcdefghij0123456789abcdef'}`, bounds);
		expect(value).toMatch(/^(?!.*ghp_).*\[cut: \d+ characters in all\]$/);
	}
});

test('depth, number and size of values are bounded, and say so', () => {
	const bounds = { maxText: 50, maxTotal: 200, maxDepth: 3, maxValues: 10 };
	expect(redactValue({ a: { b: { c: { d: 1 } } } }, bounds)).toMatchObject({
		value: { a: { b: { c: '[cut: nested deeper than 3 levels]' } } },
		cut: 1,
	});
	const list = redactValue(
		Array.from({ length: 1_000 }, (_, index) => index),
		bounds,
	).value as Json[];
	expect(list.length).toBeLessThan(12);
	expect(list.at(-1)).toMatch(/^\[cut: 99\d more items\]$/);
	const object = redactValue(
		Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, index])),
		bounds,
	).value as object;
	expect(Object.keys(object).at(-1)).toBe('[cut]');
	const texts = redactValue(
		Array.from({ length: 9 }, () => 'x'.repeat(50)),
		bounds,
	).value;
	expect(JSON.stringify(texts).length).toBeLessThan(500);
	expect(JSON.stringify(redactValue({ ['k'.repeat(10_000)]: 1 }, bounds).value).length).toBeLessThan(400);
	let deep: Json = 1;
	for (let level = 0; level < 20_000; level += 1) deep = [deep];
	expect(redactValue(deep).cut).toBe(1);
});

test('full keeps secrets and is bounded too', () => {
	expect(boundValue({ password: 'hunter2', t: '--token x' })).toEqual({
		value: { password: 'hunter2', t: '--token x' },
		redacted: 0,
		cut: 0,
	});
	expect(boundValue('x'.repeat(2_000_000)).cut).toBe(1);
});

test('numbers that a double would round are kept as their digits', () => {
	const value = {
		a: new ExactNumber('9007199254740993'),
		b: new ExactNumber('1.0'),
		c: new ExactNumber('1e400'),
		d: new ExactNumber('-7.00'),
	};
	expect(redactValue(value).value).toEqual({ a: '9007199254740993', b: 1, c: '1e400', d: -7 });
});

test('the value that comes in is not changed', () => {
	const value = Object.freeze({ password: 'x', list: Object.freeze(['--token', 'y']) });
	redactValue(value);
	expect(value).toEqual({ password: 'x', list: ['--token', 'y'] });
});

const hostile: [string, string][] = [
	['equal signs', '='.repeat(24_000)],
	['names and equal signs', 'password='.repeat(2_600)],
	['open quotes', 'password="'.repeat(2_400)],
	['escaped quotes', 'password=\\"'.repeat(2_100)],
	['backslashes', `password="${'\\'.repeat(24_000)}`],
	['letters', 'a'.repeat(24_000)],
	['letters and colons', 'a:'.repeat(12_000)],
	['schemes', 'a://'.repeat(6_000)],
	['schemes and users', 'a://b:c'.repeat(3_400)],
	['jwt starts', 'eyJ'.repeat(8_000)],
	['jwt starts and dots', 'eyJabcdefgh.'.repeat(2_000)],
	['key starts', '-----BEGIN '.repeat(2_100)],
	['flags', '--password '.repeat(2_100)],
	['one long flag', `--${'a-'.repeat(12_000)}`],
	['mysql', 'mysql '.repeat(4_000)],
	['spaces', ' '.repeat(24_000)],
	['login', 'login '.repeat(4_000)],
	['bearer', 'bearer '.repeat(3_400)],
	['Bearer and letters', `Bearer ${'a'.repeat(23)} `.repeat(700)],
	['dollars', 'password=$('.repeat(2_100)],
	['ampersands', `token=${'&'.repeat(24_000)}`],
	['ampersands and names', `token=${'&a'.repeat(12_000)}`],
	['curl', '-u a'.repeat(6_000)],
];
test.each(hostile)('a text made to be slow to read is not: %s', (_, text) => {
	// Processor time, not the clock: other work on the machine does not count. Linear is a few milliseconds here, and
	// anything quadratic in 24,000 characters is seconds.
	const timed = (input: string) => {
		const runs = [1, 2, 3].map(() => {
			const start = process.cpuUsage();
			redactText(input);
			const { user, system } = process.cpuUsage(start);
			return user + system;
		});
		return Math.min(...runs);
	};
	expect(timed(text)).toBeLessThan(250_000);
});

test('what names say is remembered, for however many of them, and never as anything else', () => {
	const remembered = rememberedSecrecy();
	const words = ['user', 'Token', 'pass', 'api', 'key', '_count', 'Cookie', '-', 'x'.repeat(120)];
	const name = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 2 })), { maxLength: 4 });
	const seen = new Set<string | undefined>();
	fc.assert(
		fc.property(
			fc.array(
				name.map((parts) => parts.join('')),
				{ maxLength: 30 },
			),
			(names) => {
				for (const one of [...names, ...names]) {
					expect(remembered(one)).toBe(secrecyOf(one));
					seen.add(secrecyOf(one));
				}
			},
		),
		{ numRuns: 300 },
	);
	expect(seen).toEqual(new Set([undefined, 'secret', 'text']));
});
