// Proof that a sandbox without namespaces holds: what it must not let anybody do is tried in one, for real.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../abi/problem.ts';
import type { Confinement, Gates, Trapped } from '../abi/sandbox.ts';
import type { Attempted } from './attempt.ts';
import { nothing } from './probe.ts';
import type { GatedFile } from './search.ts';
import type { Witnessed } from './witness.ts';

export interface WitnessAloneRequest {
	/** Something that PATH leads to by the name of its program. */
	readonly file: GatedFile;
	readonly gates: Gates;
	/** A word that nobody can know. */
	readonly nonce: string;
	/** An empty folder of the kernel's. */
	readonly folder: string;
	/** A process that no signal from inside may reach. */
	readonly pid: number;
	readonly launch: (attempt: {
		readonly argv: readonly string[];
		readonly gates: Gates;
		readonly trapped: Trapped;
		readonly confinement: Confinement;
	}) => Promise<Attempted>;
}

/** `$1` the program, `$2` a folder that may be written, `$3` a file outside, `$4` a process outside, `$5` the program's name, `$6` the word. */
const script = `
try() { what=$1; shift; if "$@" 2>/dev/null; then echo "$what"; fi; }
put() { echo x >"$1"; }
read_it() { cat "$1" >/dev/null; }
try "its bytes can be read" read_it "$1"
"$1" true 2>/dev/null; test $? = 126 || echo "it was executed by its path"
try "a file outside can be written" put "$3"
try "a guarded file can be written" put "$2/guarded"
try "a guarded file can be replaced" mv "$2/free/a" "$2/guarded"
try "a guarded file can be removed" rm -f "$2/guarded"
try "a guarded file can be made" put "$2/absent"
try "a guarded file can be named otherwise" ln "$2/guarded" "$2/free/b"
try "a process outside can be signalled" kill -0 "$4"
put "$2/free/a" || echo "a folder that may be written can not be"
exec "$5" "$6"
`;

/** INVARIANT: each try must fail, what is allowed must not, and the execution by name must come to us and be refused. Never throws. */
export async function witnessAlone(request: WitnessAloneRequest): Promise<Witnessed> {
	const { file, gates, nonce, folder, pid, launch } = request;
	const { path, program } = file;
	const no = (saw: string): Witnessed => ({ holds: false, path, program, saw });
	const asked: string[] = [];
	try {
		const [own, outside] = [join(folder, 'own'), join(folder, 'outside')];
		mkdirSync(join(own, 'free'), { recursive: true, mode: 0o700 });
		for (const [at, text] of [
			[outside, 'as it was'],
			[join(own, 'guarded'), 'as it was'],
			[join(own, 'free/a'), ''],
		] as const)
			writeFileSync(at, text, { mode: 0o600 });
		const { code, stdout, stderr } = await launch({
			argv: ['/bin/sh', '-c', script, 'sh', path, own, outside, String(pid), program, nonce],
			gates,
			confinement: { ...nothing, write: [own], guarded: [join(own, 'guarded'), join(own, 'absent')] },
			trapped: async ({ argv }) => {
				asked.push(argv[1] ?? '');
				return { kind: 'refused', message: `witness ${nonce}` };
			},
		});
		const said = Buffer.from(stdout).toString('utf8').trim();
		if (said !== '') return no(said.split('\n').join('; '));
		if ([outside, join(own, 'guarded')].some((at) => readFileSync(at, 'utf8') !== 'as it was'))
			return no('a file was changed that must not be');
		if (asked.length !== 1 || asked[0] !== nonce)
			return no(`nobody asked about it (exit code ${code}): ${stderr.trim().slice(0, 300)}`);
		if (code !== 126 || !stderr.includes(`witness ${nonce}`))
			return no(`our refusal did not arrive (exit code ${code})`);
		return { holds: true, path, program };
	} catch (error) {
		return no(errorText(error));
	}
}

/** What to do where the runner says that it can't confine, in the words of `native/runner.c`. */
export function whyNotAlone(saw: string): { readonly why: string; readonly hint: string } | undefined {
	if (/can't confine .*(no such means|do not reach so far)/.test(saw))
		return {
			why: 'this Linux has no Landlock, or an older one than Linux 6.12 has (its version 6 keeps signals inside)',
			hint: `Linux 6.12 or later is needed, with Landlock on: see whether \`cat /sys/kernel/security/lsm\` names it, and else
add it to the kernel’s command line: lsm=landlock,… (what stood there before).
Or use \`backend: bwrap\`; \`sandbox: { backend: none }\` lets a driver run unconfined.`,
		};
	if (/can't confine /.test(saw))
		return {
			why: 'what started us forbids Landlock or filters for system calls',
			hint: 'Start the container with a profile that lets a program confine itself further (Docker 23 or later does by default).',
		};
	return undefined;
}
