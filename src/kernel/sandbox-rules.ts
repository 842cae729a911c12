// Which rules confine the processes of a driver.
import type { DriverName } from '../abi/names.ts';
import { type CompiledRule, isKind } from '../policy/compiled.ts';
import { globsOverlap } from '../policy/text-glob.ts';
import type { DriverConfig } from './config.ts';
import { type Rings, ringFor } from './ring.ts';

export type SandboxRule = CompiledRule & { readonly action: Extract<CompiledRule['action'], { kind: 'sandbox' }> };

/**
 * The rules that confine a driver's processes: those about any of its tools, in every mode and for whomever, for one
 * process serves them all.
 */
export function sandboxRules(rules: readonly CompiledRule[], driver: DriverName): readonly SandboxRule[] {
	return rules.filter(isKind('sandbox')).filter(({ match: { tool, from } }) => {
		const isAbout = (globs: readonly string[] | undefined, subject: string) =>
			globs === undefined || globs.some((glob) => globsOverlap(glob, subject));
		return isAbout(tool, `${driver}/*`) && isAbout(from, driver);
	});
}

/** What has to be the same for a rule to be the one that a process was started under. */
export function sandboxKey({ rule, match, action }: SandboxRule): string {
	return JSON.stringify([rule.id, match.tool, match.from, action.terms]);
}

/** The rules that servers are started under now. A shell starts each command anew. */
export function startedUnder(
	drivers: readonly DriverConfig[],
	rules: readonly CompiledRule[],
): ReadonlyMap<DriverName, ReadonlySet<string>> {
	const servers = drivers.filter(({ kind }) => kind === 'stdio');
	return new Map(servers.map(({ name }) => [name, new Set(sandboxRules(rules, name).map(sandboxKey))]));
}

/** Do the processes of this driver run in the ring? */
export function isConfined(driver: DriverConfig, rules: readonly CompiledRule[], rings: Rings): boolean {
	// Every call asks, and mostly there is no ring: the rules are only looked through where there is one.
	if (ringFor(driver, rings).is === 'absent') return false;
	return driver.sandbox !== undefined || sandboxRules(rules, driver.name).length > 0;
}
