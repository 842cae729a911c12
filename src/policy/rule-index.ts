// Finds the few rules that can concern a call among thousands, without trying them all.
import type { Target } from '../abi/syscall.ts';
import type { CompiledRule } from './compiled.ts';
import { concernsKind } from './match.ts';
import { isLiteral } from './text-glob.ts';

export interface RuleIndex {
	/** Every rule that can concern a target of this kind, driver and name; in id order. */
	candidates(target: Target): readonly CompiledRule[];
}

interface Shelf {
	/** `driver/tool`, in NFC as all keys here. */
	readonly byName: Map<string, CompiledRule[]>;
	readonly byDriver: Map<string, CompiledRule[]>;
	readonly anywhere: CompiledRule[];
}

const kinds = ['tool', 'resource', 'prompt', 'method', 'driver_asks'] as const satisfies readonly Target['kind'][];

/** `rules` in id order. */
export function indexRules(rules: readonly CompiledRule[]): RuleIndex {
	const shelves = new Map(kinds.map((kind) => [kind, shelve(rules, kind)]));
	const order = new Map(rules.map((rule, index) => [rule, index]));
	return {
		candidates(target) {
			const shelf = shelves.get(target.kind);
			if (shelf === undefined) return rules;
			const driver = keyOf(target.driver);
			const name = target.kind === 'tool' ? keyOf(`${target.driver}/${target.tool}`) : undefined;
			const found = new Set([
				...((name === undefined ? undefined : shelf.byName.get(name)) ?? []),
				...(shelf.byDriver.get(driver) ?? []),
				...shelf.anywhere,
			]);
			return [...found].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
		},
	};
}

function shelve(rules: readonly CompiledRule[], kind: Target['kind']): Shelf {
	const shelf: Shelf = { byName: new Map(), byDriver: new Map(), anywhere: [] };
	for (const rule of rules) {
		const { match } = rule;
		if (!concernsKind(match, kind)) continue;
		const drivers = match.from?.every(isLiteral) ? match.from : undefined;
		const patterns = kind === 'tool' ? match.tool : undefined;
		if (drivers !== undefined) {
			for (const driver of drivers) put(shelf.byDriver, driver, rule);
		} else if (patterns === undefined) {
			shelf.anywhere.push(rule);
		} else {
			for (const pattern of patterns) putPattern(shelf, pattern, rule);
		}
	}
	return shelf;
}

function putPattern(shelf: Shelf, pattern: string, rule: CompiledRule): void {
	const driver = driverOf(pattern);
	if (isLiteral(pattern)) put(shelf.byName, pattern, rule);
	else if (driver !== undefined) put(shelf.byDriver, driver, rule);
	else if (shelf.anywhere.at(-1) !== rule) shelf.anywhere.push(rule);
}

/** The driver a pattern spells out before its first slash. */
function driverOf(pattern: string): string | undefined {
	const slash = pattern.indexOf('/');
	const driver = pattern.slice(0, slash);
	return slash > 0 && isLiteral(driver) ? driver : undefined;
}

function put(map: Map<string, CompiledRule[]>, key: string, rule: CompiledRule): void {
	const known = map.get(keyOf(key));
	if (known === undefined) map.set(keyOf(key), [rule]);
	else if (known.at(-1) !== rule) known.push(rule);
}

function keyOf(text: string): string {
	return text.normalize('NFC');
}
