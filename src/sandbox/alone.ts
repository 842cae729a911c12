// A sandbox without namespaces: its folders, the rules that the runner is given, and the shims under the gated names.
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Calls } from './calls.ts';
import { stubFolder } from './commands.ts';
import type { Stub } from './discover.ts';
import { type Spec, specFile, type TrapFrame } from './frames.ts';
import { planRules } from './landlock.ts';
import type { Level, Shared } from './sandbox.ts';
import type { Serving } from './trapd.ts';

/** The reaper has 3. */
const statusFd = 4;

/** Makes everything ready in `directory`, and listens. */
export function prepareAlone(shared: Shared, level: Level, directory: string, spec: Spec, serving: Serving) {
	const { ring, launch, found, called } = shared;
	const { confinement, tmp, caches } = launch;
	const lifted = new Set(level.lifted);
	const folder = (name: string) => join(directory, name);
	const [bin, calls, home] = [folder('bin'), folder('calls'), folder('home')];
	const { grants, environment } = planRules({
		...{ confinement, found, called, lifted, own: level.own },
		...{ folders: { bin, calls, home, tmp, caches }, system: ring.system, etc: ring.etc },
		list: (path) => ring.entries.list(path),
	});
	for (const path of [bin, home]) mkdirSync(path, { mode: 0o700 });
	// INVARIANT: a link and no copy, so that one file is ours, and nothing inside can be mistaken for it.
	for (const { name, program } of called) if (!lifted.has(program)) linkSync(ring.natives.shim, join(bin, name));
	const network = confinement.network === 'all' ? 'all' : 'none';
	const whole: Spec = {
		...spec,
		env: { ...spec.env, ...environment, PATH: `${bin}:${spec.env['PATH'] ?? ''}` },
		alone: { rules: grants, filter: ring.filterAlone(network) },
	};
	const path = folder('run.spec');
	writeFileSync(path, specFile(whole), { mode: 0o600 });
	return {
		file: ring.natives.runner,
		args: [path, String(statusFd)],
		listener: new Calls({ ...serving, path: calls }),
	};
}

/** A request as it would be where stubs have a folder of their own. What was executed as anything else is a copy of a shim. */
export function asSeen(frame: TrapFrame, directory: string): TrapFrame {
	const own = `${join(directory, 'bin')}/`;
	const seen = (path: string) => (path.startsWith(own) ? `${stubFolder}/${path.slice(own.length)}` : path);
	const [first, ...rest] = frame.argv;
	const argv = first === undefined ? [] : [seen(first), ...rest];
	return { ...frame, path: seen(frame.path), file: seen(frame.file), argv };
}

/** The program itself, where a stub would lead to it. */
export function behindStub(path: string | undefined, called: readonly Stub[]): string | undefined {
	if (path?.startsWith(`${stubFolder}/`) !== true) return path;
	return called.find(({ name }) => path === join(stubFolder, name))?.real;
}
