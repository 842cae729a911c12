// Which programs trap in the runtime ring, compiled from the rules about commands, and which rings hold each rule.
import type { Command, CommandReader, CommandSource } from '../abi/command.ts';
import type { Decision } from '../abi/decision.ts';
import type { Gates } from '../abi/sandbox.ts';
import { type CommandPattern, type Consult, familyOf, launcherTruth, patternTruth } from './command-pattern.ts';
import type { PolicySet } from './compile.ts';
import type { CompiledRule } from './compiled.ts';
import { isLiteral, matchesTextGlob } from './text-glob.ts';

export type Ring = 'table' | 'call' | 'runtime';

/** Why a rule about commands does not hold in the runtime ring, or not with all of its patterns. */
export type CallOnly =
	/** Sub-commands, flags or facts, without `ring: runtime`. */
	| 'narrower'
	/** Its pattern names every program. */
	| 'everything'
	/** It names no program: flags or facts of whatever program. */
	| 'no-program'
	/** Names in arguments are not executions. */
	| 'mentions'
	/** A part of the shell, which executes nothing for it. */
	| 'builtin'
	/** What the sandbox itself runs on. */
	| 'needed'
	/** What it does is about calls: a limit counts calls, an `allow` opens them, a result belongs to one. */
	| 'calls';

/** Where one rule about commands holds, if the runtime ring does. */
export interface Coverage {
	readonly rule: CompiledRule;
	readonly rings: readonly Ring[];
	/** The programs that it gates, as its patterns have them. */
	readonly gates: readonly string[];
	/** Those that it does not gate, by why. */
	readonly callOnly: readonly { readonly program: string; readonly why: CallOnly }[];
}

export interface GateSet extends Gates {
	/** In id order. */
	readonly coverage: readonly Coverage[];
	/** Is it one that gating rules trust to start others, or put in front: `uv`? */
	isLauncher(program: string): boolean;
	/** What a gating rule's exceptions call launchers, by their program: `uv` → `[['uv', 'run']]`. */
	launchesOf(program: string): readonly (readonly string[])[];
	/** Is every rule that gates it one about the whole program? */
	isGatedWhole(canonical: string): boolean;
	/**
	 * The canonical programs that may be executed freely by what `launcher` starts: those that every rule gating them
	 * excepts by `under`, and that `decide`, asked about the launcher with that program, lets run as they are.
	 */
	mayRunUnder(launcher: readonly string[], judge: (source: CommandSource) => Decision): readonly string[];
}

/** One pattern that gates. */
interface Gate {
	readonly pattern: CommandPattern;
	readonly rule: CompiledRule;
	/** The rule is about nothing narrower than the program. */
	readonly isWhole: boolean;
}

/** `needed`: programs that nothing would start without, in this ring; the shell driver's own bash. */
export function gatesOf(set: PolicySet, commands: CommandReader, needed: readonly string[] = []): GateSet {
	const consult: Consult = (argv) => commands.analyse(argv).commands.find(({ kind }) => kind !== 'redirection');
	const isBuiltin = (name: string) => commands.analyse(name).commands.some(({ kind }) => kind === 'builtin');
	const gates: Gate[] = [];
	const coverage: Coverage[] = [];
	for (const rule of set.rules) {
		if (rule.command === undefined) continue;
		const found = gatesIn(rule, needed, isBuiltin);
		gates.push(...found.gates);
		const programs = found.gates.flatMap(({ pattern }) => pattern.program);
		const isHeld = programs.some((program) => !found.callOnly.some((one) => one.program === program));
		coverage.push({
			rule,
			rings: [
				...(rule.action.kind === 'hide' ? (['table'] as const) : []),
				'call',
				...(isHeld ? (['runtime'] as const) : []),
			],
			gates: [...new Set(programs)],
			callOnly: found.callOnly,
		});
	}
	const launchers = launchersIn(gates).filter(([program = '']) => !needed.includes(program));
	const launching = [...new Set(launchers.map(([program = '']) => program))];
	const literals = new Set([...gates.flatMap(({ pattern }) => pattern.program.filter(isLiteral)), ...launching]);

	const gatesOn = (name: string, command: Command | undefined) =>
		gates.filter(({ pattern, rule }) => {
			if (command === undefined) return pattern.program.some((glob) => matchesTextGlob(glob, name));
			const reading = { lean: 'catch', family: rule.command?.reading.family ?? false } as const;
			return patternTruth({ ...pattern, words: [] }, command, reading, consult) !== 'no';
		});
	/** Names that differ in what may lift them are different programs: `python2`, refused, beside `python3`, rewritten. */
	const kindOf = (name: string) =>
		JSON.stringify([...new Set(gatesOn(name, consult([name])).map((gate) => JSON.stringify(liftedBy(gate))))].sort());
	const canonicalOf = (program: string) => {
		const family = familyOf(program);
		if (family === undefined) return program;
		const kind = kindOf(family);
		const kin = kind === '[]' ? [...literals].filter((one) => familyOf(one) === family) : [family];
		const own = kindOf(program);
		return kin.every((one) => kindOf(one) === own) ? family : program;
	};

	const known = new Map<string, string | undefined>();
	const find = (fileName: string): string | undefined => {
		if (fileName === '' || fileName.includes('/') || needed.includes(fileName)) return undefined;
		const command = consult([fileName]);
		const program = command?.program ?? fileName;
		if (gatesOn(fileName, command).length > 0) return canonicalOf(program);
		return launching.some((glob) => matchesTextGlob(glob, program)) ? program : undefined;
	};
	const gatedAs = (fileName: string) => {
		if (!known.has(fileName)) {
			// Names come from folders that the agent may fill.
			if (known.size >= mostNames) known.clear();
			known.set(fileName, find(fileName));
		}
		return known.get(fileName);
	};
	/** A name for every gate: of a glob, one that it means. What trusts only a launcher is no reason to lift it. */
	const samples = [...new Set(gates.flatMap(({ pattern }) => pattern.program).map(sampleOf))];
	let ruled: readonly Ruled[] | undefined;

	return {
		coverage,
		names: [...literals].filter((name) => !needed.includes(name)).sort(),
		revision: JSON.stringify([
			gates.map(({ pattern: { program }, rule, isWhole }) => [rule.id, program, isWhole, rule.command?.reading.family]),
			launchers,
			needed,
		]),
		gatedAs,
		isLauncher: (program) => launching.some((glob) => matchesTextGlob(glob, program)),
		launchesOf: (program) => launchers.filter(([name = '']) => name === program),
		isGatedWhole: (canonical) => gatesOn(canonical, consult([canonical])).every(({ isWhole }) => isWhole),
		mayRunUnder(launcher, judge) {
			ruled ??= ruledAmong(samples, gatedAs, (name) => gatesOn(name, consult([name])));
			const excepted = ruled.filter(({ by }) => by.every((gate) => excepts(gate, launcher)));
			const isFree = (some: readonly Ruled[]) => {
				const names = some.flatMap((one) => one.names);
				return isAllowed(judge, launcher, names);
			};
			return freeAmong(excepted, isFree).map(({ canonical }) => canonical);
		},
	};
}

interface Ruled {
	readonly canonical: string;
	readonly names: readonly string[];
	readonly by: readonly Gate[];
}

function ruledAmong(
	names: readonly string[],
	gatedAs: Gates['gatedAs'],
	gatesOn: (name: string) => readonly Gate[],
): readonly Ruled[] {
	const byProgram = new Map<string, string[]>();
	for (const name of names) {
		const canonical = gatedAs(name);
		if (canonical !== undefined) byProgram.set(canonical, [...(byProgram.get(canonical) ?? []), name]);
	}
	return [...byProgram].map(([canonical, own]) => ({
		canonical,
		names: own,
		by: [...new Set([canonical, ...own].flatMap((name) => gatesOn(name)))],
	}));
}

/** Asked by halves, for most of them are free, or none. */
function freeAmong(all: readonly Ruled[], isFree: (some: readonly Ruled[]) => boolean): readonly Ruled[] {
	if (all.length === 0 || isFree(all)) return all;
	if (all.length === 1) return [];
	const middle = all.length >> 1;
	return [...freeAmong(all.slice(0, middle), isFree), ...freeAmong(all.slice(middle), isFree)];
}

/** Are all of these let run under the launcher, unchanged? In one question where their names can stand in a text. */
function isAllowed(
	judge: (source: CommandSource) => Decision,
	launcher: readonly string[],
	names: readonly string[],
): boolean {
	const argvs = names.map((name) => [...launcher, name]);
	const isPlain = argvs.every((argv) => argv.every((word) => /^[\w.+-]+$/.test(word)));
	if (!isPlain) return argvs.every((argv) => judge(argv).verdict === 'allowed');
	return judge(argvs.map((argv) => argv.join(' ')).join('\n')).verdict === 'allowed';
}

const mostNames = 100_000;

const gating: readonly string[] = ['rewrite-command', 'deny', 'ask'];

function gatesIn(
	rule: CompiledRule,
	needed: readonly string[],
	isBuiltin: (name: string) => boolean,
): { readonly gates: readonly Gate[]; readonly callOnly: Coverage['callOnly'] } {
	const test = rule.command;
	const patterns = test?.patterns ?? [];
	const callOnly: { program: string; why: CallOnly }[] = [];
	if (test === undefined || !gating.includes(rule.action.kind))
		return { gates: [], callOnly: [{ program: '', why: 'calls' }] };
	if (test.mentions !== undefined) return { gates: [], callOnly: [{ program: '', why: 'mentions' }] };
	if (patterns.length === 0) return { gates: [], callOnly: [{ program: '', why: 'no-program' }] };
	const isNarrow = test.flags !== undefined || test.facts.length > 0;
	const gates = patterns.flatMap((pattern): Gate[] => {
		const isWhole = !isNarrow && pattern.words.length === 0;
		const program = pattern.program.filter((name) => {
			const why = whyNot(name, isWhole || rule.rule.ring === 'runtime', needed);
			// The file of that name may trap; the shell does the same by itself, without any file.
			const said = why !== 'everything' && isLiteral(name) && isBuiltin(name) ? 'builtin' : why;
			if (said !== undefined) callOnly.push({ program: name, why: said });
			return why === undefined;
		});
		return program.length === 0 ? [] : [{ pattern: { ...pattern, program }, rule, isWhole }];
	});
	return { gates, callOnly };
}

function whyNot(name: string, isGating: boolean, needed: readonly string[]): CallOnly | undefined {
	if (meansEverything(name)) return 'everything';
	if (!isGating) return 'narrower';
	return needed.includes(name) ? 'needed' : undefined;
}

/** Two names that have nothing in common. */
function meansEverything(glob: string): boolean {
	return matchesTextGlob(glob, 'qx') && matchesTextGlob(glob, 'zw');
}

/** Launchers that gating rules except, and programs that they put in front of others. */
function launchersIn(gates: readonly Gate[]): readonly (readonly string[])[] {
	const rules = [...new Set(gates.map(({ rule }) => rule))];
	const found = rules.flatMap((rule): string[][] => {
		const { action, except } = rule;
		const front = action.kind === 'rewrite-command' ? (action.command.prepend ?? []) : [];
		const trusted = except
			.flatMap(({ command }) => command?.under ?? [])
			.flatMap(({ program, words }) => {
				const heads = program.filter(isLiteral).map((name) => [name]);
				return words.reduce<string[][]>(
					(all, alternatives) =>
						all
							.flatMap((start) => alternatives.filter(isLiteral).map((word) => [...start, word]))
							.slice(0, mostLaunchers),
					heads,
				);
			});
		return [...(front[0] === undefined ? [] : [[front[0]]]), ...trusted];
	});
	const once = new Map(found.map((launcher) => [launcher.join(' '), launcher]));
	return [...once.values()].sort((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1));
}

const mostLaunchers = 100;

/** What takes the gate away: how its rule acts, and the launchers that it excepts. */
function liftedBy({ rule, isWhole }: Gate): readonly unknown[] {
	const under = rule.except
		.filter(isPlainLineage)
		.flatMap(({ command }) => command?.under?.map(({ text }) => text) ?? []);
	return [rule.action.kind, isWhole, [...under].sort()];
}

/** An exception that says `under` and nothing else. */
function isPlainLineage({ conditions, command }: CompiledRule['except'][number]): boolean {
	if (conditions.length > 0 || command?.under === undefined) return false;
	const { patterns, flags, facts, mentions } = command;
	return patterns === undefined && flags === undefined && facts.length === 0 && mentions === undefined;
}

function excepts({ rule, isWhole }: Gate, launcher: readonly string[]): boolean {
	if (!isWhole) return false;
	return rule.except
		.filter(isPlainLineage)
		.some(({ command }) => command?.under?.some((pattern) => launcherTruth(pattern, launcher) === 'yes'));
}

/** A name that the glob means: `python3.*` → `python3.1`. */
function sampleOf(glob: string): string {
	return glob.replace(/\*+$/, '1').replaceAll('*', '').replaceAll('?', '1');
}
