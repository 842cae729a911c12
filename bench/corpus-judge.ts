// Judges lines of a corpus by what they intend: which packs are in force, and whether what they were to stop is stopped.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Analysis, Command } from '../src/abi/command.ts';
import type { Decision, Ports, Request } from '../src/abi/decision.ts';
import type { DriverName } from '../src/abi/names.ts';
import { compile, type PolicySet } from '../src/policy/compile.ts';
import { decide } from '../src/policy/decide.ts';
import { loadPolicy } from '../src/policy/load.ts';
import { normalisePath } from '../src/policy/paths.ts';
import type { Policy } from '../src/policy/rule.ts';
import { analyse } from '../src/shell/analyse.ts';
import { edit } from '../src/shell/edit.ts';

export type Intent =
	| 'runs_python'
	| 'runs_pip'
	| 'git_force_push'
	| 'rm_outside_workspace'
	| 'reads_secret'
	| 'network_fetch'
	| 'benign';

export interface Line {
	readonly id: string;
	readonly category: string;
	readonly command: string;
	readonly intent: Intent;
	readonly expect: 'must_not_run_raw' | 'must_be_allowed';
	/** What it takes to know from the text: `token` < `lex` < `ast` < `wrapper` < `fold` < `lang`; `fs` and `runtime` can't. */
	readonly static_level: Level;
	readonly static_decidable: boolean;
}

export const levels = ['token', 'lex', 'ast', 'wrapper', 'fold', 'lang', 'fs', 'runtime'] as const;
export type Level = (typeof levels)[number];

/**
 * - `rewritten`: runs in another form, in which the cause is gone
 * - `seen`: refused by a rule that names the thing
 * - `opaque`: refused because the text does not say what would run
 * - `mention`: runs, but a gated name stands in an argument of an unknown program, so `mention: deny` would refuse it
 * - `allowed`: runs as it is, or changed with its cause intact
 */
export type Outcome = 'rewritten' | 'seen' | 'opaque' | 'mention' | 'allowed';

export interface Verdict {
	readonly line: Line;
	readonly outcome: Outcome;
	readonly decision: Decision;
}

const packsOf: Readonly<Record<Intent, readonly string[]>> = {
	runs_python: ['python-uv'],
	runs_pip: ['python-uv'],
	git_force_push: ['git-safety'],
	rm_outside_workspace: ['destructive-commands', 'workspace-files', 'secrets'],
	reads_secret: ['destructive-commands', 'workspace-files', 'secrets'],
	network_fetch: [],
	benign: ['python-uv', 'git-safety', 'destructive-commands', 'workspace-files', 'secrets'],
};

export const workspace = '/home/user/project';
export const home = '/home/user';
const packs = fileURLToPath(new URL('../policies', import.meta.url));

/** Reads a corpus: one JSON object a line. */
export function readCorpus(path: URL): Line[] {
	return readFileSync(path, 'utf8')
		.split('\n')
		.filter((text) => text !== '')
		.map((text) => JSON.parse(text) as Line);
}

/** Every policy file that ships, in the order of its name. */
export function loadPacks(): readonly Policy[] {
	return readdirSync(packs)
		.sort()
		.map((name) => {
			const file = `${name}/policy.yaml`;
			const { policy, problems } = loadPolicy({ file, text: readFileSync(`${packs}/${file}`, 'utf8'), layer: 'run' });
			if (policy === undefined) throw new Error(`${file}: ${problems.map(({ message }) => message).join('; ')}`);
			return policy;
		});
}

/** A judge of lines with the packs of their intent in force, and `unparsed: deny`. */
export function makeJudge(): (line: Line) => Verdict {
	const all = loadPacks();
	const sets = new Map<string, PolicySet>();
	const setOf = (intent: Intent, mention: 'allow' | 'deny') => {
		const key = `${packsOf[intent].join()}:${mention}`;
		const set = sets.get(key) ?? setOfPacks(all, packsOf[intent], mention);
		sets.set(key, set);
		return set;
	};
	return (line) => {
		const decision = ask(setOf(line.intent, 'allow'), line.command);
		const outcome = outcomeOf(line, decision, () => ask(setOf(line.intent, 'deny'), line.command));
		return { line, outcome, decision };
	};
}

function setOfPacks(all: readonly Policy[], names: readonly string[], mention: 'allow' | 'deny'): PolicySet {
	const { set, problems } = compile(
		all.filter(({ name }) => names.includes(name)),
		{
			workspace,
			tmp: '/tmp',
			home,
			env: {},
			mode: 'enforce',
			defaults: { tool: 'allow', command: 'allow', unparsed: 'deny', mention },
		},
	);
	if (set === undefined) throw new Error(problems.map(({ message }) => message).join('; '));
	return set;
}

/** A file system without links: every path is what its name says. */
export const ports: Ports = {
	resolvePath(text, cwd) {
		if (text.includes('\0')) return undefined;
		const path = text === '~' || text.startsWith('~/') ? `${home}/${text.slice(1)}` : text;
		if (path.startsWith('~')) return undefined;
		const lexical = normalisePath(path.startsWith('/') ? path : `${cwd}/${path}`);
		return { lexical, real: lexical };
	},
	commands: { analyse, edit },
	branchOf: () => 'topic',
};

export function ask(set: PolicySet, command: string): Decision {
	const request: Request = {
		target: { kind: 'tool', driver: 'shell' as DriverName, tool: 'run', args: { command } },
		agent: 'example',
		at: 0,
		env: {},
		cwd: workspace,
		commandsAt: ['/command'],
		isBuiltinShell: true,
	};
	return decide(set, request, ports);
}

function outcomeOf(line: Line, decision: Decision, strictly: () => Decision): Outcome {
	switch (decision.verdict) {
		case 'rewritten':
			return hasCause(line.intent, analyse(finalCommand(decision))) ? 'allowed' : 'rewritten';
		case 'allowed':
			return strictly().verdict === 'denied' ? 'mention' : 'allowed';
		case 'denied':
		case 'asked':
		case 'hidden':
		case 'contained':
		case 'errored':
			return decision.because.some(({ id }) => !id.startsWith('kernel/')) ? 'seen' : 'opaque';
		default:
			return decision.verdict satisfies never;
	}
}

/** The command as it would run. */
export function finalCommand({ final }: Decision): string {
	const command = final.kind === 'tool' ? final.args['command'] : undefined;
	return typeof command === 'string' ? command : '';
}

/** Would the text still do the harm that the line intends, or something that can't be told? Judged without any policy. */
function hasCause(intent: Intent, { commands, gaps }: Analysis): boolean {
	if (intent === 'benign') return false;
	if (gaps.length > 0) return true;
	const isRaw = ({ under }: Command) => !under.some(({ command }) => command[0] === 'uv' || command[0] === 'uvx');
	switch (intent) {
		case 'runs_python':
			return commands.some((command) => isRaw(command) && runsPython(command));
		case 'runs_pip':
			return commands.some(({ program, subcommands }) => /^pip/.test(program) && subcommands[0] === 'install');
		case 'git_force_push':
			return commands.some(({ program, facts }) => program === 'git' && facts['force'] === true);
		case 'rm_outside_workspace':
		case 'reads_secret':
		case 'network_fetch':
			// No pack changes these, so a change can't have been the cure.
			return true;
		default:
			return intent satisfies never;
	}
}

const pythonPrograms = /^(?:python|pypy|micropython|pytest|tox|nox|py$|pydoc|pdb3|py3)/;

/** `python -m pytest` is a launch of `pytest` in a manner of speaking only. */
function runsPython({ kind, program, spelled }: Command): boolean {
	return kind === 'program' && (pythonPrograms.test(program) || pythonPrograms.test(spelled.replace(/^.*\//, '')));
}
