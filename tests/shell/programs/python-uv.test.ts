// Tests of what the readers of python, pip, uv and the runners of environments say.
import { describe, expect, test } from 'vitest';
import { launched, read } from './words.ts';

describe('python', () => {
	test.each<[string, object]>([
		['python3 app.py --port 80', { script: 'app.py', version: '3' }],
		['python app.py -m x', { script: 'app.py' }],
		['python3.12 -c "print(1)"', { code: true, version: '3.12' }],
		['python3 -m venv .venv', { module: 'venv' }],
		['python3 -Im pip install x', { module: 'pip' }],
		['python3 -mpip install x', { module: 'pip' }],
		['python3 -W ignore -X utf8 a.py', { script: 'a.py' }],
		['python3 -', { stdin: true }],
		['python3', { stdin: true }],
		['/usr/bin/pypy3.10 a.py', { script: 'a.py', version: '3.10' }],
	])('%s', (line, facts) => {
		expect(read(line).facts).toMatchObject(facts);
	});

	test.each<[string, readonly string[]]>([
		['python3 -m pip install x', ['argv: pip install x']],
		['python3 -Im pip -v install x', ['argv: pip -v install x']],
		["python3 -c 'import os' -m x", ['python: import os']],
		["python3 -Ic 'import os'", ['python: import os']],
		['python3 -', ['python: <input>']],
		['python3 app.py', []],
		['python3 -V', []],
		['python3 --version', []],
	])('%s starts', (line, expected) => {
		expect(launched(read(line))).toEqual(expected);
	});

	test('-m is a launch in a manner of speaking', () => {
		expect(read('python3 -m pip list').launches).toMatchObject([{ isVirtual: true }]);
	});

	test('an unknown module is a gap, an unknown script or code is not', () => {
		expect(read('python3 -m "$x"').gaps).toHaveLength(1);
		expect(read('python3 $x')).toMatchObject({ gaps: [], unsure: expect.arrayContaining(['flags', 'code']) });
		expect(read('python3 "$x"')).toMatchObject({
			gaps: [],
			unsure: expect.arrayContaining(['flags', 'script', 'code']),
		});
		expect(read('python3 "src/$x.py"').gaps).toEqual([]);
		expect(read('python3 a.py "$x" $y').gaps).toEqual([]);
	});

	test('another program of a similar name is none', () => {
		expect(read('python3-config --libs')).toEqual({});
	});
});

describe('pip', () => {
	test.each<[string, readonly string[], object]>([
		['pip install requests', ['install'], { packages: ['requests'] }],
		['pip3 --no-cache-dir install -U a b', ['install'], { packages: ['a', 'b'] }],
		['pip --python x install a', ['install'], { packages: ['a'] }],
		['pip3.11 uninstall -y a', ['uninstall'], { packages: ['a'] }],
		['pip install -r dev.txt', ['install'], { requirements: ['dev.txt'], reads: ['dev.txt'] }],
		['pip install -e .', ['install'], { editable: true, packages: ['.'] }],
		['pip list', ['list'], {}],
	])('%s', (line, subcommands, facts) => {
		expect(read(line).subcommands).toEqual(subcommands);
		expect(read(line).facts).toMatchObject(facts);
	});

	test('packages are unsure when one is unknown, or comes from input', () => {
		expect(read('pip install "$x"').unsure).toContain('packages');
		expect(read('pip install', { isOpenEnded: true }).unsure).toContain('packages');
	});

	test('an unknown sub-command is unsure', () => {
		expect(read('pip "$x" a').unsure).toContain('subcommands');
		expect(read('pip', { isOpenEnded: true }).unsure).toContain('subcommands');
	});
});

describe('uv', () => {
	test.each<[string, readonly string[]]>([
		['uv run python3 app.py', ['argv: python3 app.py']],
		['uv run git push -f', ['argv: git push -f']],
		['uv run -p 3.12 python a.py', ['argv: python a.py']],
		['uv run --python=3.12 --with x --no-project python -V', ['argv: python -V']],
		['uv --directory api run --frozen pytest -q', ['argv: pytest -q']],
		['uv run -- python x.py', ['argv: python x.py']],
		['uv run -m pytest -q', ['argv: python -m pytest -q']],
		['uv run x.py', []],
		['uv run -s tool x', []],
		['uv run -', ['python: <input>']],
		['uv run ./run.sh', ['argv: ./run.sh']],
		['uv run', []],
		['uv tool run ruff@0.6 check .', ['argv: ruff check .']],
		['uvx --from httpie http x', ['argv: http x']],
		['uvx python3 x.py', ['argv: python3 x.py']],
		['uv sync', []],
		['uv venv', []],
		['uv pip install run', []],
		['uv add run', []],
	])('%s starts', (line, expected) => {
		expect(launched(read(line))).toEqual(expected);
		expect(read(line).gaps ?? []).toEqual([]);
	});

	test('is a launcher by its sub-command, in its directory', () => {
		expect(read('uv run --directory api pytest').launches).toMatchObject([
			{ as: ['uv', 'run'], cwd: { value: 'api' } },
		]);
		expect(read('uvx ruff').launches).toMatchObject([{ as: ['uv', 'tool', 'run'] }]);
	});

	test('has pip inside', () => {
		expect(read('uv pip install -r a.txt x')).toMatchObject({
			subcommands: ['pip', 'install'],
			facts: { packages: ['x'], requirements: ['a.txt'] },
		});
		expect(read('uv add --dev ruff')).toMatchObject({ subcommands: ['add'], facts: { packages: ['ruff'], dev: true } });
	});

	test.each(['uv run --unknown python x', 'uv run $x python', 'uv "$x" python'])('%s is a gap', (line) => {
		expect(read(line).gaps).not.toEqual([]);
	});

	test('with words from input it still starts what is named', () => {
		expect(read('uv run python', { isOpenEnded: true }).launches).toMatchObject([{ isOpenEnded: true }]);
		expect(read('uv run', { isOpenEnded: true }).gaps).toHaveLength(1);
	});
});

describe('runners of environments', () => {
	test.each<[string, readonly string[]]>([
		['poetry run python a.py', ['argv: python a.py']],
		['poetry -C api run python a.py', ['argv: python a.py']],
		['pipenv run python a.py', ['argv: python a.py']],
		['pdm run -p x python a.py', ['argv: python a.py']],
		['rye run python a.py', ['argv: python a.py']],
		['pixi run -e dev python a.py', ['argv: python a.py']],
		['conda run -n env --no-capture-output python a.py', ['argv: python a.py']],
		['micromamba run -n env python a.py', ['argv: python a.py']],
		['pipx run --spec black==24 black .', ['argv: black .']],
		['hatch run test:python a.py', ['script: python a.py']],
		['hatch run python a.py', ['script: python a.py']],
		['poetry add requests', []],
		['conda install numpy', []],
	])('%s', (line, expected) => {
		expect(launched(read(line))).toEqual(expected);
	});

	test.each(['poetry run $x', 'conda run --what x python', 'poetry "$x" python'])('%s may start anything', (line) => {
		const { gaps = [], launches = [] } = read(line);
		expect(gaps.length + launches.length).toBeGreaterThan(0);
	});
});
