// Problems for people, with the lines they stand on, and for machines.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JsonObject } from '../../abi/json.ts';
import type { Problem } from '../../abi/problem.ts';
import { renderProblems } from '../../text/render.ts';

export interface ProblemSources {
	/** Names in problems are relative to this. */
	readonly cwd: string;
	readonly color: boolean;
	/** Texts that were read already, by the name problems use; then no file is looked at. */
	readonly texts?: ReadonlyMap<string, string>;
}

/** Every problem in rustc's shape, a blank line between two. */
export function problemsText(problems: readonly Problem[], { cwd, color, texts }: ProblemSources): string {
	const sourceOf = (file: string) => (texts === undefined ? readQuietly(resolve(cwd, file)) : texts.get(file));
	return renderProblems(problems, sourceOf, { color });
}

/** The same problems in the order people look for them: by file as first met, then by line. */
export function inFileOrder(problems: readonly Problem[]): readonly Problem[] {
	const files = [...new Set(problems.map(({ where }) => where?.file))];
	return problems.toSorted(
		(a, b) =>
			files.indexOf(a.where?.file) - files.indexOf(b.where?.file) ||
			(a.where?.line ?? 0) - (b.where?.line ?? 0) ||
			(a.where?.column ?? 0) - (b.where?.column ?? 0),
	);
}

export function problemsJson(problems: readonly Problem[]): readonly JsonObject[] {
	return problems.map(({ code, severity, message, where, label, help, note }) => ({
		code,
		severity,
		message,
		...(where === undefined ? {} : { where: { ...where } }),
		...(label === undefined ? {} : { label }),
		...(note === undefined ? {} : { note }),
		...(help === undefined ? {} : { help }),
	}));
}

/** Without the file there is no frame, and the problem still names its place. */
function readQuietly(path: string): string | undefined {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return undefined;
	}
}
