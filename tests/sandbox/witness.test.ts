// A witness believes only what agrees in all three parts.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Gates, TrapRequest } from '../../src/abi/sandbox.ts';
import { prepare } from '../../src/sandbox/run.ts';
import { type WitnessLaunch, witness } from '../../src/sandbox/witness.ts';
import { ringTrouble } from '../support/ring.ts';
import { closed, confinementOf, env, Lab, perlGates, start } from './support/launching.ts';

const file = { path: '/usr/bin/python3.11', program: 'python' };
const gates: Gates = {
	gatedAs: (name) => (name.startsWith('python') ? 'python' : name === 'cat' ? 'cat' : undefined),
	names: ['python', 'cat'],
	revision: '1',
};
const trap = Buffer.from('\x7fELF trap');

interface Seen {
	readonly code?: number;
	readonly bytes?: string;
	readonly file?: string;
	readonly word?: string;
	readonly stderr?: string;
	readonly isAsked?: boolean;
}

/** A sandbox in which everything is as it should be, but for what is said. */
const sandbox =
	({ code = 126, bytes = '\x7fELF trap', file: at = file.path, word, stderr, isAsked = true }: Seen): WitnessLaunch =>
	async ({ argv, trapped }) => {
		const request: TrapRequest = {
			path: at,
			file: at,
			argv: [at, word ?? argv.at(-1) ?? ''],
			cwd: '/',
			env: {},
			depth: 1,
		};
		const wait = { signal: new AbortController().signal, asksPerson: () => undefined };
		const verdict = isAsked ? await trapped(request, wait) : undefined;
		const message = verdict?.kind === 'refused' ? verdict.message : '';
		return { code, stdout: Buffer.from(bytes), stderr: stderr ?? message };
	};

const see = (seen: Seen) => witness({ file, gates, trap, nonce: 'n0nce', launch: sandbox(seen) });

test('all three agree', async () => {
	expect(await see({})).toEqual({ holds: true, ...file });
});

test.each([
	['nothing asked', { isAsked: false, code: 0 }, /without a question \(exit code 0\)/],
	['another file', { file: '/usr/bin/perl' }, /about \/usr\/bin\/perl/],
	['another word', { word: 'other' }, /the question was about/],
	['another exit code', { code: 0 }, /refusal did not arrive/],
	['another message', { stderr: 'witness 0' }, /refusal did not arrive/],
	['the bytes of the program', { bytes: '\x7fELF python' }, /bytes can be read/],
	['no bytes', { bytes: '' }, /bytes can be read/],
] as const)('%s', async (_, seen, saw) => {
	expect(await see(seen)).toEqual({ holds: false, ...file, saw: expect.stringMatching(saw) });
});

test('a launch that fails is no proof', async () => {
	const launch: WitnessLaunch = async () => {
		throw new Error('no bubblewrap');
	};
	expect(await witness({ file, gates, trap, nonce: 'x', launch })).toEqual({
		holds: false,
		...file,
		saw: 'no bubblewrap',
	});
});

test('only the program in question traps, so that a rule about others is not in the way', async () => {
	let only: Gates | undefined;
	const launch: WitnessLaunch = (attempt) => {
		only = attempt.gates;
		return sandbox({})(attempt);
	};
	await witness({ file, gates, trap, nonce: 'x', launch });
	expect([only?.gatedAs('python3'), only?.gatedAs('cat'), only?.names]).toEqual(['python', undefined, ['python']]);
});

describe.runIf(ringTrouble() === undefined)('for real', () => {
	/** What the kernel does at its start, with gates of its own choice. */
	async function look(gates: Gates | undefined) {
		const lab = new Lab();
		const launch: WitnessLaunch = async ({ argv, gates: only, trapped }) => {
			const prepared = await prepare(lab.ring, {
				argv,
				cwd: '/',
				env,
				confinement: confinementOf(lab.workspace, { write: [] }),
				backend: 'bwrap',
				gates: gates ?? only,
				tmp: lab.tmp,
				caches: lab.caches,
				trapped,
			});
			try {
				const child = start(prepared);
				const out: Buffer[] = [];
				let stderr = '';
				child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
				child.stderr?.on('data', (chunk: Buffer) => {
					stderr += chunk.toString('utf8');
				});
				await closed(child);
				return { code: child.exitCode ?? undefined, stdout: Buffer.concat(out), stderr };
			} finally {
				await prepared.close();
			}
		};
		try {
			const trap = readFileSync(lab.ring.natives.trap);
			const perl = { path: '/usr/bin/perl', program: 'perl' };
			return await witness({ file: perl, gates: perlGates, trap, nonce: randomBytes(16).toString('hex'), launch });
		} finally {
			lab.close();
		}
	}

	test('a gated program is seen to trap', async () => {
		expect(await look(undefined)).toEqual({ holds: true, path: '/usr/bin/perl', program: 'perl' });
	});

	test('one that is not gated after all is seen not to', async () => {
		const none: Gates = { gatedAs: () => undefined, names: [], revision: 'none' };
		expect(await look(none)).toMatchObject({ holds: false, saw: expect.stringContaining('without a question') });
	});
});
