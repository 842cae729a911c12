// Problems as SARIF 2.1.0, which code scanning services and editors read.
import { pathToFileURL } from 'node:url';
import type { JsonObject } from '../../abi/json.ts';
import type { Place, Problem, ProblemCode } from '../../abi/problem.ts';
import { showable } from '../../text/characters.ts';
import { errorsPage, type ProblemPage, problemPages, unlinked } from '../problem-pages.ts';

export interface SarifSetting {
	readonly version: string;
	/** Names in problems are relative to this. */
	readonly cwd: string;
	/** The file that is meant where a problem has no place. */
	readonly root: string;
	/** False: the policy does not load. */
	readonly loads: boolean;
}

const levels = { error: 'error', warning: 'warning', note: 'note' } as const satisfies Record<
	Problem['severity'],
	string
>;

const root = '%SRCROOT%';

/**
 * One log with one run: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Results keep the order of
 * `problems`; of the rules only those that occur are listed, by code.
 */
export function sarifOf(problems: readonly Problem[], setting: SarifSetting): JsonObject {
	const codes = [...new Set(problems.map(({ code }) => code))].sort();
	return {
		$schema: 'https://json.schemastore.org/sarif-2.1.0.json',
		version: '2.1.0',
		runs: [
			{
				tool: {
					driver: {
						name: 'trapgate',
						semanticVersion: setting.version,
						rules: codes.map(ruleOf),
					},
				},
				columnKind: 'utf16CodeUnits',
				originalUriBaseIds: { [root]: { description: { text: 'The directory in which the policy was checked.' } } },
				// What can't be loaded was looked at all the same: the tool itself has not failed.
				invocations: [{ executionSuccessful: true, properties: { loads: setting.loads } }],
				results: problems.map((problem) => resultOf(problem, codes.indexOf(problem.code), setting)),
			},
		],
	};
}

function ruleOf(code: ProblemCode): JsonObject {
	const { title, means, mend } = problemPages[code];
	return {
		id: code,
		shortDescription: { text: sentence(title) },
		fullDescription: { text: plain(means) },
		// Addresses in SARIF are absolute: the page that is installed.
		helpUri: `${pathToFileURL(errorsPage).href}#${code.toLowerCase()}`,
		help: { text: plain(`${means} ${mend}`), markdown: markdownOf({ title, means, mend }) },
	};
}

function resultOf(problem: Problem, ruleIndex: number, { cwd, root: fallback }: SarifSetting): JsonObject {
	const { code, severity, where } = problem;
	return {
		ruleId: code,
		ruleIndex,
		level: levels[severity],
		message: { text: messageOf(problem) },
		locations: [
			{
				physicalLocation: {
					artifactLocation: artifactOf(where?.file ?? fallback, cwd),
					...(where === undefined ? {} : { region: regionOf(where) }),
				},
			},
		],
	};
}

/** Everything that stands around the frame in a terminal; services show this text alone. */
function messageOf({ message, label, note, help }: Problem): string {
	const more = [label, note, help === undefined ? undefined : `help: ${help}`].filter((part) => part !== undefined);
	return literal([message, ...more].map(showable).join('\n'));
}

/** SARIF reads `{0}` as a placeholder and `[text](address)` as a link; words from a policy are neither (3.11.5, 3.11.6). */
function literal(text: string): string {
	return text.replace(/[{}]/g, '$&$&').replaceAll('](', '\\](');
}

function regionOf({ line, column, length }: Place): JsonObject {
	return { startLine: line, startColumn: column, endLine: line, endColumn: column + length };
}

/** Relative to where `check` ran, so that the log means the same on another machine. */
function artifactOf(file: string, cwd: string): JsonObject {
	// A pack lies in the installation, and not in what is scanned.
	if (file.startsWith('pack:')) return { uri: file };
	const folder = pathToFileURL(`${cwd}/`).href;
	const full = new URL(file.startsWith('/') ? pathToFileURL(file).href : encodePath(file), folder).href;
	return full.startsWith(folder) ? { uri: full.slice(folder.length), uriBaseId: root } : { uri: full };
}

function encodePath(path: string): string {
	return path.split('/').map(encodeURIComponent).join('/');
}

function markdownOf({ means, mend }: ProblemPage): string {
	return literal(`${unlinked(means)}\n\n**What to do:** ${unlinked(mend)}`);
}

function plain(markdown: string): string {
	return literal(unlinked(markdown).replaceAll('`', ''));
}

function sentence(title: string): string {
	return `${title.charAt(0).toUpperCase()}${title.slice(1)}.`;
}
