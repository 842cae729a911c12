// Answers questions line by line, in order, as they come; a bad line is answered too, and the next one is read.
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { JsonObject } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import type { Answer, Question } from '../kernel/question.ts';
import { type Asked, readBatchLine } from './batch.ts';
import type { Surroundings } from './command.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { finalOf } from './explanation.ts';
import { writeLine } from './output.ts';

export interface Oracle {
	readonly answer: (question: Question) => Answer;
	/** The driver that judges `run`. */
	readonly shell: DriverName;
}

export interface Batch {
	/** `-` is stdin. */
	readonly file: string;
	/** For lines that do not say. */
	readonly agent: string;
	readonly at: number;
}

/** Throws C103 when the file can't be read. An interrupted run is exit code 4: what is missing was not answered. */
export async function answerBatch(batch: Batch, oracle: Oracle, around: Surroundings): Promise<ExitCode> {
	const { signal } = around;
	const input = batch.file === '-' ? around.stdin : createReadStream(resolve(around.cwd, batch.file));
	try {
		for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY, signal })) {
			if (signal.aborted) break;
			if (line.trim() !== '') writeLine(around, answerLine(line, batch, oracle));
		}
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === undefined) throw error;
		throw new TrapgateError('C103', `\`${batch.file}\` can't be read: ${errorText(error)}`, { cause: error });
	}
	return signal.aborted ? exitCodes.connection : exitCodes.fine;
}

function answerLine(line: string, batch: Batch, { answer, shell }: Oracle): JsonObject {
	const asked = readBatchLine(line, shell);
	const { id } = asked;
	if (!asked.ok) return { id, verdict: 'errored', final: null, rules: [], reason: asked.reason, instead: null };
	const { target, isRun, agent = batch.agent, at = batch.at } = asked;
	const { decision } = answer({ target, agent, at, assumeAllowed: isRun });
	return {
		id,
		verdict: decision.verdict,
		final: finalOf(decision.final as Asked, isRun),
		rules: decision.because.map((rule) => rule.id),
		reason: decision.reason ?? null,
		instead: decision.instead ?? null,
	};
}
