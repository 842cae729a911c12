// A trap is a nested syscall: a gated program that something in the sandbox executes is judged and recorded like a call.

import { resolve } from 'node:path';
import type { CancelSignal } from '../abi/cancel.ts';
import type { CommandReader, GapKind, Launcher } from '../abi/command.ts';
import type { Decision } from '../abi/decision.ts';
import type { Reply } from '../abi/driver.ts';
import { deepFreeze, type JsonObject, member, stringMember } from '../abi/json.ts';
import { callId, type DriverName, kernelRule } from '../abi/names.ts';
import { errorText } from '../abi/problem.ts';
import type { Trapped, TrapRequest, TrapVerdict } from '../abi/sandbox.ts';
import { type Caller, type Syscall, type Target, targetOf } from '../abi/syscall.ts';
import { errored, goesThrough } from '../policy/decide.ts';
import type { GateSet } from '../policy/gates.ts';
import { abortSignalOf } from '../wire/cancellation.ts';
import type { Approval } from './approve.ts';
import type { CallContext, JudgedContext } from './context.ts';
import type { FreePrograms } from './free-programs.ts';
import { resolvePath } from './paths.ts';
import { refusal, unrecorded } from './refusal.ts';
import { Repeats } from './repeats.ts';
import { askPerson, type JudgingDoor, refuse } from './syscall.ts';

export interface TrapKit {
	readonly door: JudgingDoor;
	/** Those that the sandbox was built with. */
	readonly gates: GateSet;
	readonly commands: CommandReader;
	/** What was found out of these gates. */
	readonly freePrograms: FreePrograms;
	readonly newId: () => string;
}

/** So deep may approved programs start approved programs; `uv` that finds itself again would never end. */
const mostDeep = 8;

/** What a server executes by itself, for no call of it, is judged as if this tool of it had. */
const toolOfDriver = 'exec';

/** The call that the processes in a sandbox belong to. */
export interface RunningCall {
	readonly parent: Syscall;
	readonly context: CallContext;
	/** A person has said yes to the call. */
	readonly approval?: Approval | undefined;
}

/** Answers for everything that one call starts in its sandbox. The message of a refusal ends with a newline. */
export function trappedBy(kit: TrapKit, { parent, context, approval }: RunningCall): Trapped {
	const target = targetOf(parent);
	const consent = approval === undefined ? undefined : { approval, commands: agreedIn(target, context, kit.commands) };
	const { caller, driver } = parent;
	const tool = target.kind === 'tool' ? target.tool : toolOfDriver;
	return trapIn({ ...kit, caller, driver, tool, context, consent }, parent.id, 0);
}

/** Answers for a server that lives in a sandbox as a whole. Nobody can be asked: no call is known that this belongs to. */
export function trappedByDriver(
	kit: TrapKit,
	{ driver, caller, cwd, signal }: { driver: DriverName; caller: Caller; cwd: string; signal: CancelSignal },
): Trapped {
	const repeats = new Repeats();
	const context: Surroundings = {
		exchange: { signal },
		name: driver,
		cwd,
		definition: undefined,
		definitionNow: async () => undefined,
		toolsRevision: undefined,
		driverHasAllowedTool: true,
		elicit: undefined,
		countRefusal: (fingerprint) => repeats.count(fingerprint),
	};
	return trapIn({ ...kit, caller, driver, tool: toolOfDriver, context, consent: undefined }, `driver:${driver}`, 0);
}

type Surroundings = Omit<JudgedContext, 'unknown' | 'commandsAt' | 'parent'>;

interface Inside extends TrapKit {
	readonly caller: Caller;
	readonly driver: DriverName;
	readonly tool: string;
	readonly context: Surroundings;
	/** What a person has read and said yes to. */
	readonly consent: { readonly approval: Approval; readonly commands: readonly Agreed[] } | undefined;
}

/** INVARIANT: nothing of a request is trusted: whatever it says, it is worth no more than executing what it names. */
function trapIn(inside: Inside, parent: string, above: number): Trapped {
	return async (request, wait) => {
		const { door, caller, driver, tool, newId, gates } = inside;
		const began = door.journal.clock();
		const words = wordsOf(request, gates);
		const asked: Syscall = {
			id: callId(newId()),
			caller,
			driver,
			method: 'tools/call',
			params: { name: tool, arguments: { command: words ?? request.argv, cwd: request.cwd } },
			extra: {},
		};
		const target = targetOf(asked);
		deepFreeze(asked.params);
		const { exchange } = inside.context;
		const context: JudgedContext = {
			...inside.context,
			exchange: { ...exchange, signal: AbortSignal.any([abortSignalOf(exchange.signal), wait.signal]) },
			commandsAt: ['/command'],
			parent,
			unknown: refusal(nobody(target), target, tool, 1),
		};
		const depth = Math.max(above + 1, request.depth);
		const decision = beyond(request, words, depth, target) ?? door.judge(asked, context);
		if (!goesThrough(decision)) return refusedWith(await refuse(door, asked, decision, context));
		const policyMs = door.journal.clock() - began;

		let approval = words !== undefined && isAgreedTo(words, request.cwd, inside) ? inside.consent?.approval : undefined;
		if (decision.verdict === 'asked' && decision.acted && approval === undefined) {
			wait.asksPerson();
			const consent = await askPerson(door, asked, decision, context);
			if ('refused' in consent) return refusedWith(consent.refused);
			approval = consent.approval;
		}
		let run: { readonly argv: readonly string[]; readonly lifted: readonly string[] };
		try {
			const argv = argvOf(decision.acted ? decision.final : target);
			const lifted = liftedFor(argv, inside, (launcher) => freeUnder(launcher, inside, request.cwd, context));
			run = { argv, lifted };
		} catch (error) {
			return refusedWith(await refuse(door, asked, errored(target, errorText(error)), context));
		}
		let since: number;
		try {
			({ at: since } = await door.journal.decided({ asked, decision, context, final: false, approval, policyMs }));
		} catch (error) {
			return refusedWith(unrecorded(target, errorText(error)));
		}
		return {
			kind: 'run',
			...run,
			trapped: trapIn(inside, asked.id, depth),
			ended: (exit) => door.journal.trapEnded({ id: asked.id, exit, since }),
		};
	};
}

/** One command of a text, with every word known, and where it runs. */
interface Agreed {
	readonly argv: readonly string[];
	readonly cwd: string;
}

function agreedIn(target: Target, { commandsAt, cwd }: CallContext, commands: CommandReader): readonly Agreed[] {
	if (target.kind !== 'tool') return [];
	const base = stringMember(target.args, 'cwd') ?? '.';
	return commandsAt.flatMap((pointer) => {
		const source = target.args[pointer.slice(1)];
		if (typeof source !== 'string') return [];
		return commands.analyse(source).commands.flatMap(({ argv, isOpenEnded, cwd: below }): Agreed[] => {
			const words = argv.filter((word) => word !== null);
			const place = below === null ? undefined : resolvePath(resolve(cwd, base, below), '/')?.real;
			return isOpenEnded || words.length < argv.length || place === undefined ? [] : [{ argv: words, cwd: place }];
		});
	});
}

/** Nobody is asked twice about a command that stood in the text which they said yes to. */
function isAgreedTo([first = '', ...rest]: readonly string[], cwd: string, { consent }: Inside): boolean {
	const isSame = ({ argv: [program = '', ...others], cwd: place }: Agreed) =>
		place === cwd &&
		baseName(program) === baseName(first) &&
		others.length === rest.length &&
		others.every((word, index) => word === rest[index]);
	return consent?.commands.some(isSame) ?? false;
}

/** What is refused before any rule is asked. */
function beyond(
	{ cwd, file, isCopy }: TrapRequest,
	words: readonly string[] | undefined,
	depth: number,
	target: Target,
): Decision | undefined {
	const refused = (reason: string, instead: string): Decision => ({
		verdict: 'denied',
		acted: true,
		mode: 'enforce',
		because: [{ id: kernelRule('trap'), effect: 'deny', matched: 'asked' }],
		reason,
		instead,
		final: target,
		changes: [],
	});
	if (isCopy)
		return refused(
			`\`${file}\` is a copy of what stands in for a gated program.`,
			'run the program itself, where it was copied from',
		);
	if (words === undefined)
		return refused(
			`\`${file}\` is a program that rules are about, under a name that is none of its own.`,
			'run the program by its own name',
		);
	if (!cwd.startsWith('/')) return refused('Where it would run is not known.', 'run it in an existing folder');
	if (depth > mostDeep)
		return refused(
			`It was started by ${mostDeep} programs, one inside the other, that had to be decided about.`,
			'start it more directly',
		);
	return undefined;
}

/** Folders that nobody inside can write to: where a name that PATH finds is meant, not a file of that folder. */
const systemFolder = /^\/(?:gate\/bin|(?:usr\/)?(?:local\/)?s?bin)\/[^/]+$/;

/**
 * The argv to be judged, which is the one that runs: it begins with the gated program, in the words of who executes it
 * where those tell, for `argv[0]` can be anything. Undefined where the file traps and none of its names does.
 */
function wordsOf({ path, file, argv, isFound: isInPath }: TrapRequest, gates: GateSet): readonly string[] | undefined {
	const [first = '', ...rest] = argv;
	const isGated = (word: string) => gates.gatedAs(baseName(word)) !== undefined;
	// Of a script the path is its own, and the interpreter that its first line names comes first.
	const isScript = rest.slice(0, 2).includes(path) && isGated(first);
	const word = isScript ? first : [path, first, file].find(isGated);
	if (word === undefined) return undefined;
	const name = baseName(word);
	const isPlain = systemFolder.test(word) || (isInPath === true && word === path);
	const isFound = isPlain && (first === name || word === `/gate/bin/${name}` || gates.isLauncher(name));
	return [isFound ? name : word, ...rest];
}

function argvOf(final: Target): readonly string[] {
	const command = final.kind === 'tool' ? final.args['command'] : undefined;
	const isArgv = Array.isArray(command) && command.length > 0 && command.every((word) => typeof word === 'string');
	if (!isArgv) throw new TypeError('what an execution was changed into is no argv');
	return command as readonly string[];
}

/** Where these are, it is known all the same which launcher starts what is not known. */
const behindLaunchers: readonly GapKind[] = ['program', 'script', 'file', 'input', 'code'];

/**
 * The programs that do not trap where `argv` runs: itself; what it launches, in one chain, where rules are about the
 * whole of it; and what rules let whatever its launcher starts run.
 */
function liftedFor(
	argv: readonly string[],
	{ gates, commands }: Inside,
	freeUnder: (launcher: readonly string[]) => readonly string[],
): readonly string[] {
	const [spelled = ''] = argv;
	const own = gates.gatedAs(baseName(spelled));
	const analysis = commands.analyse(argv, { isExecution: true });
	const found = analysis.commands.filter(({ kind }) => kind !== 'redirection');
	const isSure = analysis.gaps.every(({ kind }) => behindLaunchers.includes(kind));
	const lifted = new Set(own === undefined ? [] : [own]);
	const isHere = (under: readonly Launcher[]) => under.every(({ elsewhere }) => !elsewhere);
	// Of several commands one could start what only the other was judged for.
	const isChain = analysis.gaps.length === 0 && found.every(({ under }, index) => under.length === index);
	if (isChain) {
		for (const { program, under } of found.filter(({ under, isVirtual }) => isHere(under) && isVirtual !== true)) {
			const launched = gates.gatedAs(program);
			if (launched !== undefined && (under.length === 0 || gates.isGatedWhole(launched))) lifted.add(launched);
		}
	}
	if (isSure && !spelled.includes('/')) {
		for (const launcher of launchersOf(spelled, found, gates)) {
			for (const program of freeUnder(launcher)) lifted.add(program);
		}
	}
	return [...lifted];
}

/** What rules let whatever `launcher` starts run. They are asked anew when the policy has become another: that takes long. */
function freeUnder(
	launcher: readonly string[],
	{ door, gates, freePrograms, caller, driver, tool }: Inside,
	cwd: string,
	context: JudgedContext,
): readonly string[] {
	const place = resolvePath(cwd, '/')?.real;
	return freePrograms.under([...launcher, '', caller.agent, tool, cwd, place, context.toolsRevision], () => {
		let isFailure = false;
		const free = gates.mayRunUnder(launcher, (source) => {
			const params: JsonObject = { name: tool, arguments: { command: source, cwd } };
			const decision = door.judge({ caller, driver, method: 'tools/call', params }, context);
			isFailure ||= decision.verdict === 'errored';
			return decision;
		});
		return { free, isFailure };
	});
}

/** How the program starts others; one that is trusted to, and starts nobody by name, does it for itself (`uv sync`). */
function launchersOf(
	program: string,
	found: readonly { readonly under: readonly Launcher[] }[],
	gates: GateSet,
): readonly (readonly string[])[] {
	const launching = found.flatMap(({ under: [outermost] }) =>
		outermost !== undefined && !outermost.elsewhere && outermost.spelled === program ? [outermost.command] : [],
	);
	if (launching.length > 0 || found.length !== 1) return launching;
	return gates.isLauncher(program) ? gates.launchesOf(program) : [];
}

/** Of something that is hidden: as if there were no such program. */
function nobody(target: Target): Decision {
	return {
		verdict: 'denied',
		acted: true,
		mode: 'enforce',
		because: [],
		reason: 'There is no such program here.',
		final: target,
		changes: [],
	};
}

function refusedWith(reply: Reply): TrapVerdict {
	const content = member(reply.body.value(), 'content');
	const text = Array.isArray(content) ? stringMember(content[0], 'text') : undefined;
	return { kind: 'refused', message: `${text ?? 'BLOCKED by policy. Nothing ran.'}\n` };
}

function baseName(path: string): string {
	return path.slice(path.lastIndexOf('/') + 1);
}
