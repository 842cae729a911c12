// The coverage receipt: for each rule about commands the rings that hold it here, and how that was proved.
import type { CommandReader } from '../abi/command.ts';
import type { JsonObject } from '../abi/json.ts';
import type { DriverName, RuleId } from '../abi/names.ts';
import type { PolicySet } from '../policy/compile.ts';
import { type CompiledRule, effectOf, isKind } from '../policy/compiled.ts';
import { type CallOnly, type Coverage, gatesOf, type Ring } from '../policy/gates.ts';
import type { DriverConfig } from './config.ts';
import type { Revision } from './revision.ts';
import { neededBy, noRings, type RingState, type Rings, ringFor } from './ring.ts';
import { isConfined, sandboxRules } from './sandbox-rules.ts';

export interface Receipt {
	/** The drivers that start processes here, and what holds those. */
	readonly drivers: readonly DriverReceipt[];
	/** In id order. */
	readonly rules: readonly RuleReceipt[];
}

export interface DriverReceipt {
	readonly name: DriverName;
	/** Do its processes run in the ring? */
	readonly isConfined: boolean;
	/** Undefined where it asks for none. */
	readonly ring: RingState | undefined;
}

export interface RuleReceipt {
	readonly id: RuleId;
	/** In the words of a policy file. */
	readonly effect: string;
	readonly rings: readonly Ring[];
	/** Programs whose every execution is judged. */
	readonly gates: readonly string[];
	/** Why it holds for calls only, with all or some of its programs, or not at all; a clause each. */
	readonly callOnly: readonly string[];
}

/** What holds where, of a policy in force. Without a confined driver every rule holds for calls only. */
export function receiptOf(
	{ set, config }: Pick<Revision, 'set' | 'config'>,
	commands: CommandReader,
	rings: Rings = noRings,
): Receipt {
	const drivers = config.drivers
		.filter(({ kind }) => kind !== 'http')
		.map((driver): DriverReceipt => {
			const ring = ringFor(driver, rings);
			const held = isConfined(driver, set.rules, rings);
			const asksForNone = driver.kind !== 'shell' && !held && driver.sandbox === undefined;
			return { name: driver.name, isConfined: held, ring: asksForNone ? undefined : ring };
		});
	const isHeld = drivers.some((driver) => driver.isConfined);
	const confined = config.drivers.filter(({ name }) => drivers.some((one) => one.name === name && one.isConfined));
	const missing = drivers.flatMap(({ ring }) => (ring?.is === 'absent' ? [ring.why] : []))[0];
	const { coverage } = gatesOf(set, commands, confined.flatMap(neededBy));
	return {
		drivers,
		rules: [
			...coverage
				.filter(({ rule }) => rule.action.kind !== 'allow')
				.map((one) => ruleReceipt(one, isHeld, missing ?? 'no driver runs in a sandbox')),
			...set.rules.filter(isKind('sandbox')).map((rule) => sandboxReceipt(rule, config, rings)),
		].sort((one, other) => (one.id < other.id ? -1 : 1)),
	};
}

/** Programs that servers were started without a trap for, in words. A process keeps its traps; a shell starts each command anew. */
export function untrappedUntilRestart(
	started: Pick<Revision, 'set'>,
	{ set, config }: Pick<Revision, 'set' | 'config'>,
	commands: CommandReader,
	rings: Rings = noRings,
): readonly string[] {
	const gated = (one: PolicySet, driver: DriverConfig) =>
		gatesOf(one, commands, neededBy(driver)).coverage.flatMap(({ gates }) => gates);
	return config.drivers
		.filter((driver) => driver.kind === 'stdio' && isConfined(driver, set.rules, rings))
		.flatMap((driver) => {
			const known = new Set(gated(started.set, driver));
			const fresh = new Set(gated(set, driver).filter((program) => !known.has(program)));
			const names = [...fresh].sort().map((name) => `\`${name}\``);
			if (names.length === 0) return [];
			return [`\`${driver.name}\` runs already, so ${names.join(', ')} will not trap in it: restart to apply`];
		});
}

/** It is about processes, so it holds in the runtime ring or not at all: what it is about is absent then. */
function sandboxReceipt(rule: CompiledRule, { drivers }: Revision['config'], rings: Rings): RuleReceipt {
	const unheld = drivers
		.filter(({ name }) => sandboxRules([rule], name).length > 0)
		.flatMap((driver) => {
			const ring = ringFor(driver, rings);
			return ring.is === 'absent' ? [`tools of ${driver.name} are absent: ${ring.why}`] : [];
		});
	const isHeld = unheld.length === 0;
	return { id: rule.id, effect: 'sandbox', rings: isHeld ? ['runtime'] : [], gates: [], callOnly: unheld };
}

function ruleReceipt({ rule, rings, gates, callOnly }: Coverage, isHeld: boolean, missing: string): RuleReceipt {
	const couldHold = rings.includes('runtime');
	const why = new Map<CallOnly, string[]>();
	for (const { program, why: reason } of callOnly) why.set(reason, [...(why.get(reason) ?? []), program]);
	return {
		id: rule.id,
		effect: effectOf(rule.action),
		rings: isHeld ? rings : rings.filter((ring) => ring !== 'runtime'),
		gates: isHeld ? gates : [],
		callOnly: [
			...(couldHold && !isHeld ? [missing] : []),
			...[...why].map(([reason, programs]) => clauseOn(reason, programs)),
		],
	};
}

function clauseOn(why: CallOnly, programs: readonly string[]): string {
	const names = programs.map((name) => `\`${name}\``).join(', ');
	switch (why) {
		case 'narrower':
			return `\`ring: runtime\` would judge every execution of ${names}`;
		case 'everything':
			return `${names} names every program, and not every execution is judged`;
		case 'no-program':
			return 'it names no program whose executions could be judged';
		case 'mentions':
			return 'a name in an argument is no execution';
		case 'builtin':
			return `${names} is a part of the shell, which executes nothing for it`;
		case 'needed':
			return `the shell runs on ${names}`;
		case 'calls':
			return 'what it does is about calls';
		default:
			return why satisfies never;
	}
}

/** The same in one line, for the log. */
export function receiptLine({ drivers, rules }: Receipt): string {
	const confined = drivers.filter((driver) => driver.isConfined).map(({ name }) => name);
	const held = rules.filter(({ rings }) => rings.includes('runtime')).length;
	const [absent] = drivers.flatMap(({ ring }) => (ring?.is === 'absent' ? [ring] : []));
	if (confined.length > 0)
		return `the runtime ring holds for ${confined.join(', ')}${rules.length === 0 ? '' : `: ${held} of ${count(rules.length)} hold in it`}`;
	const why = absent === undefined ? 'no driver runs in a sandbox' : absent.why;
	const only = rules.length === 0 ? '' : `: ${count(rules.length)} hold for calls only`;
	return `the runtime ring does not hold (${why})${only}; what commands start is neither seen nor confined`;
}

function count(rules: number): string {
	return `${rules} ${rules === 1 ? 'rule' : 'rules'} about commands and processes`;
}

/** The same for machines. */
export function receiptFields({ drivers, rules }: Receipt): JsonObject {
	return {
		drivers: drivers.map(({ name, isConfined: confined, ring }) => ({
			name,
			confined,
			...(ring === undefined ? {} : { ring }),
		})),
		rules: rules.map(({ id, effect, rings, gates, callOnly }) => ({ id, effect, rings, gates, call_only: callOnly })),
	};
}
