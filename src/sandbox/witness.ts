// Proof that a gated program traps: it is executed in the real profile, and read.
import { errorText } from '../abi/problem.ts';
import type { Gates, Trapped } from '../abi/sandbox.ts';
import type { GatedFile } from './search.ts';

/** Starts a command in a sandbox that may write nothing, and waits for its end. */
export type WitnessLaunch = (attempt: {
	readonly argv: readonly string[];
	readonly gates: Gates;
	readonly trapped: Trapped;
}) => Promise<{ readonly code: number | undefined; readonly stdout: Uint8Array; readonly stderr: string }>;

export type Witnessed =
	| { readonly holds: true; readonly path: string; readonly program: string }
	/** What was seen instead, in plain words. */
	| { readonly holds: false; readonly path: string; readonly program: string; readonly saw: string };

export interface WitnessRequest {
	/** Something that traps, as the view has it. */
	readonly file: GatedFile;
	readonly gates: Gates;
	/** The bytes of our own trap. */
	readonly trap: Uint8Array;
	/** A word that nobody can know. */
	readonly nonce: string;
	readonly launch: WitnessLaunch;
}

/**
 * INVARIANT: three things must agree, and none of them can be so by accident: we were asked about this very file with this very
 * word, our refusal with that word came back with 126, and whoever reads the file reads the trap. Never throws.
 */
export async function witness({ file, gates, trap, nonce, launch }: WitnessRequest): Promise<Witnessed> {
	const { path, program } = file;
	const no = (saw: string): Witnessed => ({ holds: false, path, program, saw });
	const asked: string[] = [];
	// Only this program traps, or a rule about `cat` would keep us from reading.
	const only: Gates = {
		gatedAs: (name) => (gates.gatedAs(name) === program ? program : undefined),
		names: gates.names.filter((name) => gates.gatedAs(name) === program),
		revision: `${gates.revision} witness ${program}`,
	};
	const reader = gates.gatedAs('cat') === program ? 'dd if="$1" 2>/dev/null' : 'cat "$1"';
	try {
		const { code, stdout, stderr } = await launch({
			argv: ['/bin/sh', '-c', `${reader}; exec "$1" "$2"`, 'sh', path, nonce],
			gates: only,
			trapped: async (request) => {
				asked.push(request.file === path && request.argv[1] === nonce ? 'expected' : request.file);
				return { kind: 'refused', message: `witness ${nonce}` };
			},
		});
		if (asked.length === 0)
			return no(
				`it was executed, or could not be, without a question (exit code ${code}): ${stderr.trim().slice(0, 300)}`,
			);
		if (asked.some((one) => one !== 'expected')) return no(`the question was about ${asked.join(', ')}`);
		if (code !== 126 || !stderr.includes(`witness ${nonce}`))
			return no(`our refusal did not arrive (exit code ${code})`);
		if (Buffer.compare(stdout, trap) !== 0) return no('its bytes can be read');
		return { holds: true, path, program };
	} catch (error) {
		return no(errorText(error));
	}
}
