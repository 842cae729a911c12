// Runs one command with bash, and ends whatever it leaves behind.

import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import type { CancelSignal } from '../abi/cancel.ts';
import { TrapgateError } from '../abi/problem.ts';
import type { RunnerWord } from '../sandbox/frames.ts';
import type { Prepared } from '../sandbox/run.ts';
import { followStatus, type Status } from '../sandbox/status.ts';
import { Capture } from './capture.ts';
import { confinedProgram } from './process-sandbox.ts';
import type { Exit, ProcessTree } from './process-tree.ts';
import type { Reaper } from './reaper.ts';
import { within } from './within.ts';

export interface Command {
	readonly text: string;
	/** Where it runs confined; absent: it runs as the kernel does. */
	readonly sandbox: Prepared | undefined;
	/** Absolute, symlinks resolved. */
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	readonly stdin: string | undefined;
	readonly timeoutMs: number;
	readonly maxOutputBytes: number;
	readonly signal: CancelSignal;
}

/** How it went. */
export interface Run {
	/** Undefined when bash could not even be killed in time. */
	readonly exit: Exit | undefined;
	readonly stoppedBy: 'itself' | 'timeout' | 'cancel' | 'flood';
	readonly stdout: Capture;
	readonly stderr: Capture;
	/** How many processes bash left behind; they are ended. */
	readonly leftBehind: number;
	/** True when somebody who can't be found holds stdout or stderr open: there may be more to come, which nobody reads. */
	readonly isOpenEnded: boolean;
	readonly durationMs: number;
}

export const bash = '/bin/bash';
const longestComplaint = 1024;
type Ended = Extract<RunnerWord, { is: 'ended' }>;

/** How long `cmd > >(tee log)` has to finish after bash has. */
const settleMs = 300;
const termGraceMs = 500;
/** How long a stream may stay open when every process we know of is gone. */
const drainMs = 1000;
/** So many turns of the event loop bring what a pipe holds, or its end. */
const turnsToRead = 20;
/** A command that writes this many times what is kept is ended: nobody will read it, and it only burns the machine. */
export const floodFactor = 256;

/** Throws D101 when bash can't be started. */
export async function runCommand(reaper: Reaper, command: Command, now: () => number): Promise<Run> {
	const startedAt = now();
	const { sandbox } = command;
	const tree = await reaper.start({
		...(sandbox === undefined ? plainProgram(command) : confinedProgram(sandbox)),
		stdin: command.stdin === undefined ? 'none' : 'pipe',
	});
	const status = tree.status === undefined ? undefined : followStatus(tree.status);
	tree.stdin?.end(command.stdin);
	const flood = new AbortController();
	const [stdout, stderr] = [tree.stdout, tree.stderr].map((stream) =>
		record(stream, command.maxOutputBytes, flood),
	) as [Recording, Recording];
	const stoppedBy = await firstOf(tree, command, flood.signal);
	if (stoppedBy === 'itself' && status === undefined) await settle(tree, now);
	const ended = await tree.end(termGraceMs);
	const isOpenEnded = !(await drained([stdout, stderr]));
	for (const stream of [tree.stdin, tree.stdout, tree.stderr]) stream?.destroy();
	const exit = await within(tree.exit, drainMs);
	const last = status === undefined ? undefined : await within(status.last, drainMs);
	if (status !== undefined && stoppedBy === 'itself' && last?.is !== 'ended') throw notStarted(last, stderr.capture);
	return {
		exit: last?.is === 'ended' ? exitOf(last) : exit,
		stoppedBy,
		stdout: stdout.capture,
		stderr: stderr.capture,
		leftBehind: stoppedBy === 'itself' ? (last?.is === 'ended' ? last.leftBehind : ended) : 0,
		isOpenEnded,
		durationMs: Math.round(now() - startedAt),
	};
}

/** Without `--`, bash takes a command that begins with a dash for options of its own. */
export function bashArguments(text: string): readonly string[] {
	return ['--noprofile', '--norc', '-c', '--', text];
}

function plainProgram({ text, cwd, env }: Command) {
	return { file: bash, args: bashArguments(text), cwd, env };
}

/** The sandbox itself failed: nothing of the command ran. */
function notStarted(last: Awaited<Status['last']>, stderr: Capture): TrapgateError {
	const why = last?.is === 'failed' ? last.message : stderr.read(longestComplaint).text.trim();
	return new TrapgateError('D108', `the sandbox could not be started${why === '' ? '' : `: ${why}`}`);
}

function exitOf({ code, signal }: Ended): Exit {
	return { code, signal: signalName(signal) };
}

function signalName(number: number | undefined): NodeJS.Signals | undefined {
	const names = Object.entries(constants.signals) as [NodeJS.Signals, number][];
	return names.find(([, one]) => one === number)?.[0];
}

function firstOf(tree: ProcessTree, command: Command, flood: AbortSignal): Promise<Run['stoppedBy']> {
	const { signal, timeoutMs } = command;
	return new Promise((resolve) => {
		const settle = (by: Run['stoppedBy']) => {
			clearTimeout(timer);
			signal.removeEventListener('abort', onCancel);
			resolve(by);
		};
		const onCancel = () => settle('cancel');
		const timer = setTimeout(settle, timeoutMs, 'timeout');
		signal.addEventListener('abort', onCancel);
		flood.addEventListener('abort', () => settle('flood'), { once: true });
		void tree.exit.then(() => settle('itself'));
		if (signal.aborted) onCancel();
		if (flood.aborted) settle('flood');
	});
}

/** Gives what bash left behind a moment to end by itself. */
async function settle(tree: ProcessTree, now: () => number): Promise<void> {
	const until = now() + settleMs;
	while ((await tree.members()).length > 0 && now() < until) await wait(15);
}

/** Reads what is still in the pipes. False when one of them is still open after that. */
async function drained(recordings: readonly Recording[]): Promise<boolean> {
	let isClosed = false;
	const closed = Promise.all(recordings.map((recording) => recording.closed)).then(() => {
		isClosed = true;
	});
	await within(closed, drainMs);
	// On a busy machine the time is up before anybody had a turn to look at the pipes; what is in them is not lost.
	const totalBytes = () => recordings.reduce((sum, { capture }) => sum + capture.totalBytes, 0);
	for (let before = -1; !isClosed && before !== totalBytes(); ) {
		before = totalBytes();
		for (let turn = 0; turn < turnsToRead && !isClosed; turn += 1) await setImmediate();
	}
	return isClosed;
}

interface Recording {
	readonly capture: Capture;
	readonly closed: Promise<void>;
}

function record(stream: Readable, maxBytes: number, flood: AbortController): Recording {
	const capture = new Capture(maxBytes);
	stream.on('data', (chunk: Buffer) => {
		capture.push(chunk);
		if (capture.totalBytes > maxBytes * floodFactor) flood.abort();
	});
	const closed = finished(stream, { writable: false }).catch(() => undefined);
	return { capture, closed };
}
