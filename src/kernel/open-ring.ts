// Opens the runtime ring: tries whether it holds here, and makes the sandboxes that drivers run in.
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { errorText, TrapgateError } from '../abi/problem.ts';
import type { Gates } from '../abi/sandbox.ts';
import { childEnvironment } from '../drivers/environment.ts';
import { attempt } from '../sandbox/attempt.ts';
import { type Probe, probe } from '../sandbox/probe.ts';
import { Ring } from '../sandbox/ring.ts';
import { prepare } from '../sandbox/run.ts';
import { type Witnessed, witness } from '../sandbox/witness.ts';
import { whyNotAlone, witnessAlone } from '../sandbox/witness-alone.ts';
import { noRings, type RingState, type Rings } from './ring.ts';
import { noRing, type RingSurroundings, type RuntimeRing } from './runtime-ring.ts';

/** Never throws: where the ring can't be opened its state says why. Landlock is tried only where somebody asks for it. */
export async function openRing(
	around: RingSurroundings,
	asks: { landlock: boolean } = { landlock: false },
): Promise<RuntimeRing> {
	let ring: Ring | undefined;
	try {
		ring = new Ring({ tmp: around.tmp, searchPath: childEnvironment(around.env)['PATH'] ?? '', warn: around.warn });
		await ring.sweep();
		const bwrap = await stateOf(ring);
		const rings: Rings = asks.landlock ? { bwrap, landlock: await stateAlone(ring) } : { ...noRings, bwrap };
		if ([rings.bwrap, rings.landlock].some(({ is }) => is !== 'absent')) return opened(ring, rings);
		ring.close();
		return { ...noRing, rings };
	} catch (error) {
		ring?.close();
		const help = error instanceof TrapgateError ? error.problems[0]?.help : undefined;
		const state: RingState = { is: 'absent', why: errorText(error), hint: help ?? diagnosed };
		return { ...noRing, rings: asks.landlock ? { bwrap: state, landlock: state } : { ...noRings, bwrap: state } };
	}
}

const diagnosed = 'Report it, with what `trapgate doctor` prints.';

/** What the machine can do, and the proof: a program that every system has is gated, executed and read. */
async function stateOf(ring: Ring): Promise<RingState> {
	const found = await probe({
		system: ring.system,
		natives: ring.natives,
		session: { gate: ring.newDirectory() },
		seccomp: ring.seccomp,
	});
	if (found.state === 'absent') return { is: 'absent', why: found.symptom, hint: found.hint };
	ring.use(found.bwrap, found.features);
	const seen = await proveWith(ring);
	if (!seen.holds) {
		const why = `\`${seen.path}\` was to trap, and did not: ${seen.saw}`;
		return { is: 'absent', why, hint: diagnosed };
	}
	return stateFrom(found, seen);
}

function stateFrom(found: Exclude<Probe, { state: 'absent' }>, seen: Witnessed): RingState {
	const proof = `bubblewrap ${found.version}: \`${seen.path}\` was executed as a gated program, asked, was refused, and reads as the trap`;
	return found.state === 'holds'
		? { is: 'holds', proof }
		: { is: 'degraded', proof, why: found.symptom, hint: found.hint };
}

/** Without namespaces: it never holds as much as with them, and says so. */
async function stateAlone(ring: Ring): Promise<RingState> {
	const folder = ring.newDirectory();
	const seen = await witnessAlone({
		...{ file: witnessFile, gates: witnessGates, nonce: randomBytes(16).toString('hex'), folder, pid: process.pid },
		launch: (one) => attempt(ring, { ...one, backend: 'landlock' }),
	});
	ring.dropDirectory(folder);
	if (!seen.holds) {
		const { why, hint } = whyNotAlone(seen.saw) ?? {
			why: `what Landlock was to forbid it did not: ${seen.saw}`,
			hint: diagnosed,
		};
		return { is: 'absent', why, hint };
	}
	return {
		is: 'degraded',
		proof: `Landlock: \`${seen.path}\` could not be executed or read, and asked and was refused by its name; what is guarded or outside could not be changed, nor signalled`,
		why: 'it holds less than bubblewrap does',
		hint: holdsLess,
	};
}

const holdsLess = `Gated programs by their path are refused by the system, and neither corrected nor in the log.
No file can be made, removed or renamed beside a guarded one (trapgate.yaml, .git/config, .mcp.json: in the workspace itself).
Modes, times and owners of your files can be changed anywhere, and names, sizes and processes be seen. SECURITY.md has the rest.`;

const witnessFile = { path: '/usr/bin/env', program: 'env' };
const witnessGates: Gates = {
	gatedAs: (name) => (name === 'env' ? 'env' : undefined),
	names: ['env'],
	revision: 'witness',
};

async function proveWith(ring: Ring): Promise<Witnessed> {
	return witness({
		...{ file: witnessFile, gates: witnessGates, trap: ring.trap, nonce: randomBytes(16).toString('hex') },
		launch: (one) => attempt(ring, { ...one, backend: 'bwrap' }),
	});
}

function opened(ring: Ring, rings: Rings): RuntimeRing {
	return {
		rings,
		sandboxOf(plan, trapped) {
			// Of this driver alone: what one leaves there, another with more rights would run.
			const [tmp, caches] = [ring.newDirectory(), ring.newCaches()];
			return {
				async prepare(program) {
					const { sandbox, gates } = plan();
					if (sandbox === undefined) throw new TypeError('the driver has no sandbox any more, and was started in one');
					const { confinement, backend } = sandbox;
					const concealed = [...confinement.concealed, ring.directory];
					return prepare(ring, {
						argv: program.argv,
						cwd: program.cwd,
						env: program.env,
						confinement: { ...confinement, concealed },
						backend,
						gates,
						tmp,
						caches,
						// A server that lives for days is no call that gets out of hand.
						...(program.trapped === undefined ? { mostApproved: Number.POSITIVE_INFINITY } : {}),
						trapped: program.trapped ?? trapped,
					}).catch((error: unknown) => {
						throw error instanceof TrapgateError ? error : unmade(error);
					});
				},
				async close() {
					for (const path of [tmp, caches]) ring.dropDirectory(path);
				},
			};
		},
		close: () => ring.close(),
	};
}

/** The ring held at the start, and something is in its way now: a full disk, a folder that somebody took away. */
function unmade(cause: unknown): TrapgateError {
	return new TrapgateError('D108', `the sandbox can’t be made any more: ${errorText(cause)}`, {
		cause,
		help: 'trapgate doctor tells what is in its way',
	});
}
