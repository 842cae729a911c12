// How a command fails: one readable message with its code, and the exit code that belongs to it.
import { errorText, type Problem, TrapgateError } from '../abi/problem.ts';
import type { Surroundings } from './command.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { writeDocument } from './output.ts';
import { problemsJson, problemsText } from './render/problems.ts';

export interface FailureReport {
	readonly command: string | undefined;
	readonly isJson: boolean;
	readonly around: Surroundings;
	readonly color: boolean;
}

/** Says what went wrong: on stderr for people, as one document on stdout for machines. */
export function reportFailure(thrown: unknown, { command, isJson, around, color }: FailureReport): void {
	const problems = problemsOf(thrown);
	if (isJson) {
		writeDocument(around, command ?? null, { error: errorText(thrown), problems: problemsJson(problems) });
	} else {
		around.stderr.write(`${problemsText(problems, { cwd: around.cwd, color })}\n`);
		const says = errorText(thrown);
		if (!problems.some(({ message }) => message === says)) around.stderr.write(`\ntrapgate: ${says}\n`);
	}
	if ((around.env['TRAPGATE_DEBUG'] ?? '') !== '' && thrown instanceof Error) around.stderr.write(`${thrown.stack}\n`);
}

function problemsOf(thrown: unknown): readonly Problem[] {
	if (thrown instanceof TrapgateError) return thrown.problems;
	const code = (thrown as { code?: unknown } | undefined)?.code;
	return [
		{
			code: 'C104',
			severity: 'error',
			message: `unexpected: ${errorText(thrown)}`,
			...(typeof code === 'string' ? { note: code } : {}),
			help: 'run it again with TRAPGATE_DEBUG=1 and report what it prints',
		},
	];
}

/** By the first letter of the code, and by what a script can do about it. */
export function exitCodeOf(thrown: unknown): ExitCode {
	if (!(thrown instanceof TrapgateError)) return exitCodes.connection;
	switch (thrown.code) {
		case 'C101':
		case 'C103':
			return exitCodes.usage;
		case 'C102':
			return exitCodes.person;
		case 'K102':
		case 'K105':
			return exitCodes.policy;
		default:
			if (thrown.code.startsWith('P')) return exitCodes.policy;
			return thrown.code.startsWith('A') ? exitCodes.integrity : exitCodes.connection;
	}
}
