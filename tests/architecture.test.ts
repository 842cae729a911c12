// The arrows between the rooms hold, and the check proves that it looked.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrows, homes, roomOf, violations } from './support/house.ts';
import { readSources, type Source } from './support/source.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** How many files a room has at least. A check that sees fewer has not looked. */
const least: Readonly<Record<string, number>> = {
	abi: 7,
	text: 8,
	audit: 10,
	wire: 12,
	policy: 45,
	shell: 30,
	sandbox: 9,
	drivers: 5,
	kernel: 20,
	cli: 8,
};

describe('the source of this project', () => {
	let sources: readonly Source[] = [];
	beforeAll(() => {
		sources = readSources(root);
	});

	test('keeps to the rules of the house', () => {
		expect(sources.flatMap(violations)).toEqual([]);
	});

	test.each(Object.entries(least))('in %s, at least %i files were looked at', (room, count) => {
		expect(sources.filter(({ path }) => roomOf(path) === room).length).toBeGreaterThanOrEqual(count);
	});

	test('has no room that nobody counts', () => {
		const rooms = new Set(sources.map(({ path }) => roomOf(path)));
		rooms.delete('src/index.ts');
		expect([...rooms].filter((room) => !(room in least))).toEqual([]);
	});

	test('has no import that the parser overlooked', () => {
		for (const { path, text, imports } of sources) {
			const written = text.match(/^(?:import|export)\b[^;]*?\bfrom '[^']+';|^import '[^']+';/gm) ?? [];
			expect(imports.length, path).toBeGreaterThanOrEqual(written.length);
		}
		expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(sources.length);
	});

	test('has a home for every dependency, and no home for anything else', () => {
		const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
			dependencies: Record<string, string>;
			optionalDependencies: Record<string, string>;
		};
		// Servers are started, never imported.
		const optional = Object.keys(optionalDependencies).filter((name) => !name.includes('/server-'));
		expect(Object.keys(homes).sort()).toEqual([...Object.keys(dependencies), ...optional].sort());
	});
});

interface Planted {
	readonly path: string;
	readonly code: string;
	/** Part of the finding; undefined when the code is in order. */
	readonly finding: string | undefined;
}

const bad = (path: string, code: string, finding: string): Planted => ({ path, code, finding });
const good = (path: string, code: string): Planted => ({ path, code, finding: undefined });

const planted: readonly Planted[] = [
	// Every form in which one file can name another.
	bad('text/a', `import { b } from '../policy/b.ts';`, 'may not import from policy'),
	bad('text/a', `import '../policy/b.ts';`, 'may not import from policy'),
	bad('text/a', `import type { B } from '../policy/b.ts';`, 'may not import from policy'),
	bad('text/a', `import { type B } from '../policy/b.ts';`, 'may not import from policy'),
	bad('text/a', `import * as b from\n\t'../policy/b.ts';`, 'may not import from policy'),
	bad('text/a', `import\n\tb,\n\t{ c }\nfrom "../policy/b.ts"`, 'may not import from policy'),
	bad('text/a', `/* a */ import /* b */ { b } /* c */ from /* d */ '../policy/b.ts';`, 'may not import from policy'),
	bad('text/a', `export { b } from '../policy/b.ts';`, 'may not import from policy'),
	bad('text/a', `export type { B } from '../policy/b.ts';`, 'may not import from policy'),
	bad('text/a', `export * from '../policy/b.ts';`, 'may not import from policy'),
	bad('text/a', `export * as b from '../policy/b.ts';`, 'may not import from policy'),
	bad('text/a', `export const b = await import('../policy/b.ts');`, 'may not import from policy'),
	bad('text/a', 'export const b = await import(`../policy/b.ts`);', 'may not import from policy'),
	bad('text/a', `export const f = (name: string) => import(name);`, 'whose name is computed'),
	bad('text/a', `export const f = (name: string) => import('../policy/' + name);`, 'whose name is computed'),
	bad('text/a', `export type B = import('../policy/b.ts').B;`, 'may not import from policy'),
	bad('text/a', `export type B = typeof import('../policy/b.ts');`, 'may not import from policy'),
	bad('text/a', `export type B = Array<{ b?: import('../policy/b.ts').B }>;`, 'may not import from policy'),
	bad('text/a', `import b = require('../policy/b.ts');`, 'may not import from policy'),
	bad('text/a', `import type b = require('../policy/b.ts');`, 'may not import from policy'),
	bad(
		'kernel/a',
		`declare const require: (name: string) => unknown; export const b = require('../cli/b.ts');`,
		'from cli',
	),
	bad(
		'text/a',
		`export {}; declare module '../policy/b.ts' { interface B { c: string } }`,
		'may not import from policy',
	),
	bad('text/a', `/// <reference path="../policy/b.ts" />`, 'may not import from policy'),
	bad('text/a', `/// <reference types="node" />`, 'has no home'),
	bad('text/a', `import { b } from '../text/../policy/b.ts';`, 'may not import from policy'),
	bad('text/a', `import { b } from '../../src/policy/b.ts';`, 'may not import from policy'),
	bad('text/a', `import b from '../../package.json' with { type: 'json' };`, 'no source file'),
	bad('text/a', `import { b } from '../abi/b';`, 'no source file'),
	bad('text/a', `import { b } from '../../dist/abi/b.js';`, 'no source file'),
	good('text/a', `import type { B } from '../abi/b.ts';\nimport { parse } from 'yaml';\nimport { c } from './c.ts';`),
	good('text/a', `export const text = "import { b } from '../policy/b.ts'"; // import('../policy/b.ts')`),
	// Each arrow that is missing on purpose.
	bad('abi/a', `import type { B } from '../wire/b.ts';`, 'may not import from wire'),
	bad('wire/a', `import type { B } from '../drivers/b.ts';`, 'may not import from drivers'),
	bad('audit/a', `import type { B } from '../kernel/b.ts';`, 'may not import from kernel'),
	bad('drivers/a', `import type { B } from '../policy/b.ts';`, 'may not import from policy'),
	bad('policy/a', `import type { B } from '../shell/b.ts';`, 'may not import from shell'),
	bad('shell/a', `import type { B } from '../policy/b.ts';`, 'may not import from policy'),
	bad('shell/a', `export const b = process.env;`, 'uses process'),
	bad('kernel/a', `import type { B } from '../cli/b.ts';`, 'may not import from cli'),
	bad('cli/a', `import type { B } from '../index.ts';`, 'may not import from src/index.ts'),
	bad('attic/a', `export const b = 1;`, 'is in no room'),
	good('cli/a', `import type { B } from '../kernel/b.ts';\nimport type { C } from '../policy/c.ts';`),
	// Homes of packages.
	bad('kernel/a', `import { parse } from 'yaml';`, 'whose home is elsewhere'),
	bad('kernel/a', `import type { JWK } from 'jose';`, 'whose home is elsewhere'),
	bad('wire/a', `import { Client } from '@modelcontextprotocol/sdk/client/index.js';`, 'whose home is elsewhere'),
	bad('cli/a', `import { Client } from '@modelcontextprotocol/sdk/client/index.js';`, 'whose home is elsewhere'),
	bad('kernel/a', `import { readFileSync } from 'fs';`, 'has no home'),
	bad('kernel/a', `import chalk from 'chalk';`, 'has no home'),
	bad('kernel/a', `import { x } from '#enums/x';`, 'has no home'),
	good('cli/commands/demo', `import { Client } from '@modelcontextprotocol/sdk/client/index.js';`),
	bad('policy/a', `import { parse } from 'unbash';`, 'whose home is elsewhere'),
	bad('shell/walk', `import { parse } from 'unbash';`, 'whose home is elsewhere'),
	good('shell/parser', `import { parse } from 'unbash';`),
	good('kernel/oauth', `import { jwtVerify } from 'jose';`),
	// Purity.
	bad('abi/a', `import { readFileSync } from 'node:fs';`, 'imports node:fs'),
	bad('policy/a', `import type { Stats } from 'node:fs';`, 'imports node:fs'),
	bad('policy/a', `export const b = Date.now();`, 'uses the clock'),
	bad('policy/a', `export const b = Date['now']();`, 'uses the clock'),
	bad('policy/a', `export const { now } = Date;`, 'uses the clock'),
	bad('policy/a', `export const b = new Date();`, 'uses the clock'),
	bad('policy/a', `export const b = new Date;`, 'uses the clock'),
	bad('policy/a', `export const b = Date();`, 'uses the clock'),
	bad('policy/a', `const D = Date; export const b = new D();`, 'uses the clock'),
	bad('policy/a', `export const b = performance.now();`, 'uses performance'),
	bad('policy/a', `export const b = Math.random();`, 'uses Math.random'),
	bad('policy/a', `export const b = Math['random']();`, 'uses Math.random'),
	bad('policy/a', `export const { random } = Math;`, 'uses Math.random'),
	bad('policy/a', `export const b = crypto.randomUUID();`, 'uses crypto'),
	bad('policy/a', `export const b = process.env;`, 'uses process'),
	bad('policy/a', `export const b = globalThis.process;`, 'uses globalThis'),
	bad('policy/a', `export const b = { process };`, 'uses process'),
	bad('policy/a', `export type B = NodeJS.ProcessEnv;`, 'uses NodeJS'),
	bad('text/a', `console.log('b');`, 'uses console'),
	bad('text/a', `setTimeout(() => {}, 1);`, 'uses setTimeout'),
	bad('text/a', `export const b = import.meta.url;`, 'uses import.meta'),
	good('policy/a', `export const b = new Date(0).getUTCDay() + Date.parse('') + Math.max(1) + Date.UTC(1, 1);`),
	good('policy/a', `export const b = (c: { process: number }, d: unknown) => c.process + Number(d instanceof Date);`),
	good('policy/a', `// Date.now(), process.exit(), console.log() and Math.random() are for other rooms.`),
	good('kernel/a', `import { readFileSync } from 'node:fs';\nexport const b = Date.now() + Math.random();`),
	// The power to grant permits.
	bad('drivers/a', `import { takeGrantor } from '../abi/permit.ts';`, 'names takeGrantor'),
	bad('drivers/a', `import { takeGrantor as harmless } from '../abi/permit.ts';`, 'names takeGrantor'),
	bad('drivers/a', `import * as permits from '../abi/permit.ts';`, 'imports permit.ts as a whole'),
	bad('drivers/a', `export const permits = await import('../abi/permit.ts');`, 'imports permit.ts as a whole'),
	bad('abi/a', `export * from './permit.ts';`, 'exports a module as a whole'),
	bad('abi/a', `export * as permits from './permit.ts';`, 'exports a module as a whole'),
	good('drivers/a', `import { Permit } from '../abi/permit.ts';\nimport * as path from 'node:path';`),
	good('kernel/boot', `import { takeGrantor } from '../abi/permit.ts';`),
	// Who ends the process.
	bad('kernel/a', `process.exit(1);`, 'ends the process'),
	bad('kernel/a', `process?.exit(1);`, 'ends the process'),
	bad('kernel/a', `process['exit'](1);`, 'ends the process'),
	bad('kernel/a', `const { exit } = process; exit(1);`, 'ends the process'),
	bad('kernel/a', `const { exit: leave } = process; leave(1);`, 'ends the process'),
	bad('kernel/a', `import { exit } from 'node:process';`, 'ends the process'),
	bad('cli/commands/a', `process.abort();`, 'ends the process'),
	good('cli/main', `process.exit(1);`),
	good('kernel/a', `process.once('exit', () => {}); export const b = process.exitCode; // process.exit(1)`),
	// State that nobody owns.
	bad('kernel/a', `let b = 1; export const c = () => b++;`, 'a variable at module level'),
	bad('kernel/a', `export let b = 1;`, 'a variable at module level'),
	bad('kernel/a', `var b = 1; export const c = b;`, 'a variable at module level'),
	bad('kernel/a', `const b = new Map<string, string>(); export const c = () => b;`, 'a container at module level'),
	bad('kernel/a', `export class B { static #c = 1; static d() { return B.#c++; } }`, 'a static field that can change'),
	good('kernel/a', `export const b = () => { let c = 1; return c++; };\nexport const d = new Set(['e']);`),
	good('abi/permit', `let b = 1; export const c = () => b++;`),
];

describe('the check itself', () => {
	const folder = mkdtempSync(join(tmpdir(), 'trapgate-house-'));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	/** Two snippets may stand at the same path, so each gets a tree of its own kind of name: `a-12.ts`. */
	const placeOf = ({ path }: Planted, index: number) => `src/${path.replace(/\/a$/, `/a-${index}`)}.ts`;
	let found: ReadonlyMap<string, readonly string[]> = new Map();

	beforeAll(() => {
		writeFileSync(
			join(folder, 'tsconfig.json'),
			JSON.stringify({ compilerOptions: { noLib: true, noResolve: true, noEmit: true, types: [] }, include: ['src'] }),
		);
		for (const [index, { code, ...place }] of planted.entries()) {
			const file = join(folder, placeOf({ code, ...place }, index));
			mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, `// Planted for the test.\n${code}\n`);
		}
		writeFileSync(join(folder, 'src/kernel/Silent_file.ts'), 'export const b = 1;\n');
		found = new Map(readSources(folder).map((source) => [source.path, violations(source)]));
	});

	test('looks at every planted file', () => {
		const places = planted.map(placeOf);
		expect(new Set(places).size).toBe(planted.length);
		expect([...found.keys()].sort()).toEqual([...places, 'src/kernel/Silent_file.ts'].sort());
	});

	test.each(planted.map((snippet, index) => ({ ...snippet, index })))('$path: $code', (snippet) => {
		const findings = found.get(placeOf(snippet, snippet.index)) ?? [];
		if (snippet.finding === undefined) expect(findings).toEqual([]);
		else expect(findings.join('\n')).toContain(snippet.finding);
	});

	test('a file without its opening sentence, or with a name in another style, is reported', () => {
		expect(found.get('src/kernel/Silent_file.ts')).toEqual([
			'src/kernel/Silent_file.ts:1 does not open with a one-line comment that is a sentence',
			'src/kernel/Silent_file.ts:1 is not named in kebab-case',
		]);
	});

	test('a file that the compiler was not told of stops the check', () => {
		const hidden = mkdtempSync(join(tmpdir(), 'trapgate-house-hidden-'));
		try {
			mkdirSync(join(hidden, 'src/kernel'), { recursive: true });
			writeFileSync(join(hidden, 'tsconfig.json'), JSON.stringify({ include: ['src'], exclude: ['src/kernel/b.ts'] }));
			for (const name of ['a', 'b']) writeFileSync(join(hidden, `src/kernel/${name}.ts`), '// Planted for the test.\n');
			expect(() => readSources(hidden)).toThrow('src/kernel/b.ts is on disk, and the compiler does not know it');
		} finally {
			rmSync(hidden, { recursive: true, force: true });
		}
	});

	test('every room may import only rooms that exist in the picture, and no two rooms import each other', () => {
		for (const [room, others] of Object.entries(arrows)) {
			for (const other of others) {
				expect(Object.keys(arrows)).toContain(other);
				expect(arrows[other], `${room} and ${other}`).not.toContain(room);
			}
		}
	});
});
