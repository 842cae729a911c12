// Starts the drivers of a file that is not written yet, once, to see which tools they offer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringMember } from '../../abi/json.ts';
import { loadOptions } from '../../kernel/load-options.ts';
import { loadRevision } from '../../kernel/revision.ts';
import { stateDirectories } from '../../kernel/state.ts';
import type { Surroundings } from '../command.ts';
import { lookAtDrivers } from '../look.ts';
import { requireRevision } from '../setting.ts';
import { driversText, type Offer } from './starter-text.ts';
import type { Withheld } from './withhold.ts';

/** A person has said yes. Nothing of the drivers is left when it resolves; a driver that does not start says why. */
export async function lookAtOffers(
	{ servers, values }: Pick<Withheld, 'servers' | 'values'>,
	workspace: string,
	around: Surroundings,
): Promise<ReadonlyMap<string, Offer>> {
	const directory = mkdtempSync(join(tmpdir(), 'trapgate-init-'));
	try {
		const file = join(directory, 'trapgate.yaml');
		writeFileSync(file, driversText(servers, workspace), { mode: 0o600 });
		// The values are in the client's file and not in our environment yet.
		const env = { ...around.env, ...values };
		const directories = stateDirectories(env);
		const load = loadOptions({ file, cwd: around.cwd, env }, directories);
		const setting = { directories, load, loaded: loadRevision(load) };
		const { states, tools } = await lookAtDrivers(requireRevision(setting), setting, { around });
		return new Map(
			[...states].map(([driver, state]): [string, Offer] => {
				if (state.is === 'ready')
					return [driver, { kind: 'tools', tools: namesOf(tools.filter((tool) => tool.driver === driver)) }];
				return [driver, { kind: 'down', why: state.is === 'down' ? state.trouble.message : 'no answer in time' }];
			}),
		);
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
}

function namesOf(tools: readonly { readonly definition: Parameters<typeof stringMember>[0] }[]): readonly string[] {
	return [...new Set(tools.flatMap(({ definition }) => stringMember(definition, 'name') ?? []))].sort();
}
