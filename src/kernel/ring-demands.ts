// Rules that must hold in the runtime ring, and what is absent where it does not hold.
import type { Decision } from '../abi/decision.ts';
import { ownDriver, parseToolName, type ToolName } from '../abi/names.ts';
import type { Target } from '../abi/syscall.ts';
import type { PolicySet } from '../policy/compile.ts';
import { type CompiledRule, isKind } from '../policy/compiled.ts';
import type { Rule } from '../policy/rule.ts';
import { textGlobTruth } from '../policy/text-glob.ts';
import type { DriverConfig } from './config.ts';
import type { Revision } from './revision.ts';
import { noRings, type RingState, type Rings, ringFor, startedBefore } from './ring.ts';
import { type SandboxRule, sandboxKey, sandboxRules } from './sandbox-rules.ts';

/** A rule that must hold in the runtime ring, and why that does not hold for a driver (rulings, 23). */
export interface RingDemand {
	readonly rule: Rule;
	readonly ring: RingState & { readonly is: 'absent' };
}

/** What is absent for want of a ring. Whoever is meant by `when` and `except` of a rule: nobody can be let in. */
export interface RingDemands {
	/** One for each rule with a demand that is not met for some driver. */
	readonly unmet: readonly (RingDemand & { readonly isShell: boolean })[];
	of(tool: ToolName, isShell: boolean): RingDemand | undefined;
}

export function ringDemands(
	{ rules }: PolicySet,
	drivers: readonly DriverConfig[],
	rings: Rings = noRings,
): RingDemands {
	const shellRule = rules.find(({ rule }) => rule.ring === 'runtime')?.rule;
	const sandboxes = rules.filter(isKind('sandbox'));
	const demandOn = (rule: Rule | undefined, driver: DriverConfig | undefined): RingDemand | undefined => {
		const ring = ringFor(driver, rings);
		return rule === undefined || ring.is !== 'absent' ? undefined : { rule, ring };
	};
	const demandOfSandbox = (compiled: SandboxRule, driver: DriverConfig | undefined): RingDemand | undefined => {
		const under = driver === undefined ? undefined : rings.startedUnder?.get(driver.name);
		if (under !== undefined && !under.has(sandboxKey(compiled))) return { rule: compiled.rule, ring: startedBefore };
		return demandOn(compiled.rule, driver);
	};
	const driverNamed = (name: string) => drivers.find((driver) => driver.name === name);
	const shells = drivers.filter(({ kind }) => kind === 'shell');
	const shellDemand = (shells.length === 0 ? [undefined] : shells)
		.map((shell) => demandOn(shellRule, shell))
		.find((demand) => demand !== undefined);
	const unmet = sandboxes.flatMap((compiled) => {
		const about = drivers.filter(({ name }) => sandboxRules([compiled], name).length > 0);
		const demands = (about.length === 0 ? [undefined] : about).flatMap(
			(driver) => demandOfSandbox(compiled, driver) ?? [],
		);
		return demands.slice(0, 1).map((demand) => ({ ...demand, isShell: false }));
	});
	return {
		unmet: [...(shellDemand === undefined ? [] : [{ ...shellDemand, isShell: true }]), ...unmet],
		of(tool, isShell) {
			const driver = parseToolName(tool)?.driver ?? '';
			const config = driverNamed(driver);
			const ofShell = isShell ? demandOn(shellRule, config) : undefined;
			if (ofShell !== undefined) return ofShell;
			// The kernel starts nothing to answer for itself.
			if (driver === ownDriver) return undefined;
			const isAbout = ({ match: { tool: tools, from } }: CompiledRule) =>
				(tools === undefined || textGlobTruth(tools, tool) !== 'no') &&
				(from === undefined || textGlobTruth(from, driver) !== 'no');
			return sandboxes
				.filter(isAbout)
				.map((compiled) => demandOfSandbox(compiled, config))
				.find((demand) => demand !== undefined);
		},
	};
}

/** The demand for whose sake this tool is absent. */
export function ringDemand(
	{ demands }: Pick<Revision, 'demands'>,
	tool: ToolName,
	isShell: boolean,
): RingDemand | undefined {
	return demands.of(tool, isShell);
}

/** The refusal of a tool that is absent for want of a ring: as if it were not there. */
export function absentTool(target: Target, { rule, ring }: RingDemand): Decision {
	return {
		verdict: 'hidden',
		acted: true,
		mode: 'enforce',
		because: [{ id: rule.id, effect: rule.action.kind, where: rule.where, matched: 'asked' }],
		reason: `Rule ${rule.id} must hold in the runtime ring, which does not hold here (${ring.why}), so the tool is absent. ${sentence(ring.hint)}`,
		final: target,
		changes: [],
	};
}

/** A hint has lines; said in a sentence, it is one. */
function sentence(hint: string): string {
	const flat = hint.replace(/\s+/g, ' ').trim();
	return /[.!?]$/.test(flat) ? flat : `${flat}.`;
}
