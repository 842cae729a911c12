// What a model and a program read about a command that ran.
import type { Reply } from '../abi/driver.ts';
import type { JsonObject } from '../abi/json.ts';
import { resultReply } from '../wire/message.ts';
import type { Capture, Captured } from './capture.ts';
import { floodFactor, type Run } from './shell-run.ts';
import type { RunArguments, ShellLimits } from './shell-tool.ts';

/**
 * A non-zero exit code is an answer, not an error of the tool: `grep` says "nothing found" that way. `isError` means
 * that the command did not get to its end: not started, timed out, cancelled, or ended because of its output.
 */
export function runReply(run: Run, asked: RunArguments, limits: ShellLimits): Reply {
	const [stdout, stderr] = shareLimit(run.stdout, run.stderr, limits.maxOutputBytes);
	const text = [
		headline(run, asked, limits),
		...notes(run, stdout, stderr).map((note) => `note: ${note}`),
		section('stdout', stdout),
		section('stderr', stderr),
	].join('\n');
	const structuredContent: JsonObject = {
		exitCode: run.exit?.code ?? null,
		signal: run.exit?.signal ?? null,
		stdout: stdout.text,
		stderr: stderr.text,
		timedOut: run.stoppedBy === 'timeout',
		cancelled: run.stoppedBy === 'cancel',
		truncated: stdout.omittedBytes + stderr.omittedBytes > 0,
		durationMs: run.durationMs,
	};
	return resultReply({ content: [{ type: 'text', text }], structuredContent, isError: run.stoppedBy !== 'itself' });
}

/** A command that did not run at all. */
export function refusedReply(why: string): Reply {
	return resultReply({ content: [{ type: 'text', text: `The command was not run: ${why}.` }], isError: true });
}

function headline({ stoppedBy, exit }: Run, { timeoutMs }: RunArguments, { maxOutputBytes }: ShellLimits): string {
	switch (stoppedBy) {
		case 'itself':
			return exit?.signal === undefined ? `exit code: ${exit?.code ?? 'unknown'}` : `ended by signal: ${exit.signal}`;
		case 'timeout':
			return `timed out: the command was ended after ${timeoutMs} ms, with everything it had started`;
		case 'cancel':
			return 'cancelled: the command was ended, with everything it had started';
		case 'flood':
			return `too much output: the command was ended after it had written ${maxOutputBytes * floodFactor} bytes`;
		default:
			return stoppedBy satisfies never;
	}
}

function notes(run: Run, stdout: Captured, stderr: Captured): string[] {
	const found: string[] = [];
	if (run.leftBehind === 1)
		found.push('1 process was still running in the background when the command ended; it was ended too');
	if (run.leftBehind > 1) {
		found.push(
			`${run.leftBehind} processes were still running in the background when the command ended; they were ended too`,
		);
	}
	for (const [name, captured] of [
		['stdout', stdout],
		['stderr', stderr],
	] as const) {
		if (captured.omittedBytes > 0) found.push(`${captured.omittedBytes} bytes of ${name} are left out of the middle`);
		if (captured.isLossy) found.push(`${name} is not valid UTF-8; bytes that are no text are shown as \uFFFD`);
	}
	if (run.isOpenEnded)
		found.push('a process that could not be found keeps the output open; what it still writes is not shown');
	return found;
}

function section(name: string, { text }: Captured): string {
	return text === '' ? `--- ${name}: empty ---` : `--- ${name} ---\n${text.replace(/\n$/, '')}`;
}

/** Both together within the limit: the shorter stream keeps up to half of it, the longer one gets the rest. */
function shareLimit(stdout: Capture, stderr: Capture, limit: number): readonly [Captured, Captured] {
	const half = Math.floor(limit / 2);
	const roomBeside = (other: Capture) => limit - Math.min(half, other.keptBytes);
	return [stdout.read(roomBeside(stderr)), stderr.read(roomBeside(stdout))];
}
