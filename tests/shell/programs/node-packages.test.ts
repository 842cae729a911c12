// Tests of what the readers of npm, npx, pnpm, yarn, bun and corepack say.
import { describe, expect, test } from 'vitest';
import { launched, read } from './words.ts';

test.each<[string, readonly string[], object]>([
	['npm install -D vitest', ['install'], { packages: ['vitest'] }],
	['npm i vitest', ['install'], { packages: ['vitest'], alias: 'i' }],
	['npm add vitest', ['install'], { alias: 'add' }],
	['npm rm x', ['uninstall'], { packages: ['x'], alias: 'rm' }],
	['npm --prefix web install', ['install'], { writes: ['web'] }],
	['npm -C web run build', ['run'], { script: 'build' }],
	['npm run-script build -- --x', ['run'], { script: 'build', alias: 'run-script' }],
	['npm t', ['test'], { script: 'test', alias: 't' }],
	['npm test', ['test'], { script: 'test' }],
	['npm ci --ignore-scripts', ['ci'], {}],
	['npm install -g x', ['install'], { global: true }],
	['npm publish --access public', ['publish'], {}],
	['npm publish --dry-run', ['publish'], { dry_run: true }],
	['npm view react version', ['view'], { packages: ['react', 'version'] }],
	['pnpm add -D x', ['add'], { packages: ['x'] }],
	['pnpm -r --filter web run build', ['run'], { script: 'build' }],
	['pnpm publish --no-git-checks', ['publish'], {}],
	['yarn', ['install'], {}],
	['yarn add x', ['add'], { packages: ['x'] }],
	['yarn --cwd web run build', ['run'], { script: 'build' }],
	['yarn build', ['build'], { script: 'build' }],
	['yarn global add x', ['global', 'add'], { global: true, packages: ['x'] }],
	['yarn npm publish', ['npm', 'publish'], {}],
	['bun add x', ['add'], { packages: ['x'] }],
	['bun i', ['install'], { alias: 'i' }],
	['bun run build', ['run'], { script: 'build' }],
])('%s', (line, subcommands, facts) => {
	const reading = read(line);
	expect(reading.subcommands).toEqual(subcommands);
	expect(reading.facts).toMatchObject(facts);
	expect(reading.gaps ?? []).toEqual([]);
});

describe('what they start', () => {
	test.each<[string, readonly string[]]>([
		['npx -y knip --strict', ['argv: knip --strict']],
		['npx knip@5 --strict', ['argv: knip --strict']],
		['npx @scope/tool@1 x', ['argv: tool x']],
		["npx -c 'python3 x.py'", ['script: python3 x.py']],
		["npx -p a --call='python3 x.py'", ['script: python3 x.py']],
		["npm exec -c 'python3 x.py'", ['script: python3 x.py']],
		['npm exec -- python3 x.py', ['argv: python3 x.py']],
		['npm x python3 x.py', ['argv: python3 x.py']],
		['npm explore pkg -- python3 x.py', ['argv: python3 x.py']],
		['npm run build --script-shell=python3', ['argv: python3']],
		['npm run python3', []],
		['npm install python3', []],
		['pnpm exec python3 x.py', ['argv: python3 x.py']],
		["pnpm -c exec 'python3 x.py'", ['script: python3 x.py']],
		['pnpm dlx knip@5 --strict', ['argv: knip --strict']],
		['pnpm python3 x.py', ['argv: python3 x.py']],
		['pnpm install', []],
		['pnpx knip', ['argv: knip']],
		['npm_config_script_shell=python3 npm exec -c x.py', ['argv: python3', 'script: x.py']],
		['npm config set script-shell python3', ['argv: python3']],
		["npm pkg set scripts.t='python3 x.py'", ['script: python3 x.py']],
		['yarn run -T python3 x.py', ['argv: python3 x.py']],
		['yarn python3 x.py', ['argv: python3 x.py']],
		['yarn dlx knip', ['argv: knip']],
		['yarn exec python3 x.py', ['script: python3 x.py']],
		['yarn workspace web add x', ['argv: yarn add x']],
		['yarn node x.js', ['argv: node x.js']],
		['bunx knip', ['argv: knip']],
		['bun x knip', ['argv: knip']],
		["bun -e 'x()'", ['javascript: x()']],
		["bun exec 'python3 x.py'", ['script: python3 x.py']],
		['bun run python3 x.py', ['argv: python3 x.py']],
		['bun run src/a.ts', []],
		['bun src/a.ts', []],
		['corepack pnpm@9 install', ['argv: pnpm install']],
		['corepack enable', []],
	])('%s', (line, expected) => {
		expect(launched(read(line))).toEqual(expected);
	});

	test('npx with an option that nobody knows may start anything', () => {
		expect(read('npx --wat knip').gaps).toHaveLength(1);
		expect(read('npx $flags knip').gaps).toHaveLength(1);
	});

	test('npx has canonical flags', () => {
		expect(read('npx -y').flags).toEqual(['--yes']);
	});
});
