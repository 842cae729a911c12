// What holds where no rule speaks, and how strict words compare.
import type { Mode } from '../abi/decision.ts';
import type { Defaults } from './rule.ts';

export interface SetDefaults extends Required<Omit<Defaults, 'other'>>, Pick<Defaults, 'other'> {
	/** Some file says `unparsed` itself: then it counts also where no rule is about commands. */
	readonly saysUnparsed: boolean;
}

/** Where two defaults meet the strictest holds; what nobody says is closed for tools, and analysed for commands. */
export function joinDefaults(all: readonly Defaults[]): SetDefaults {
	const strictest = <T extends string>(order: readonly T[], said: readonly (T | undefined)[]): T | undefined =>
		order.find((word) => said.includes(word));
	const other = strictest(
		['deny', 'allow'],
		all.map((one) => one.other),
	);
	return {
		tool:
			strictest(
				['deny', 'ask', 'allow'],
				all.map((one) => one.tool),
			) ?? 'deny',
		command:
			strictest(
				['deny', 'ask', 'allow'],
				all.map((one) => one.command),
			) ?? 'allow',
		unparsed:
			strictest(
				['deny', 'contain', 'ask'],
				all.map((one) => one.unparsed),
			) ?? 'contain',
		mention:
			strictest(
				['deny', 'contain', 'ask', 'allow'],
				all.map((one) => one.mention),
			) ?? 'allow',
		saysUnparsed: all.some((one) => one.unparsed !== undefined),
		...(other === undefined ? {} : { other }),
	};
}

const ranks: Readonly<Record<Mode, number>> = { observe: 0, warn: 1, enforce: 2 };

/** A mode may only be raised. */
export function highestMode(first: Mode, ...others: readonly (Mode | undefined)[]): Mode {
	return others.reduce<Mode>((high, mode) => (mode !== undefined && isAtLeast(mode, high) ? mode : high), first);
}

export function isAtLeast(mode: Mode, other: Mode): boolean {
	return ranks[mode] >= ranks[other];
}

const downTo: Readonly<Record<Mode, readonly Mode[]>> = {
	enforce: ['enforce'],
	warn: ['enforce', 'warn'],
	observe: ['enforce', 'warn', 'observe'],
};

/** From `enforce` down to `lowest`: what acts is looked at before what would act. */
export function modesDownTo(lowest: Mode): readonly Mode[] {
	return downTo[lowest];
}
