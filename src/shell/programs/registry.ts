// Every program the analyser knows, found by its base name.
import type { Program } from '../program.ts';
import { archivePrograms } from './archives.ts';
import { bunPrograms } from './bun.ts';
import { busyboxPrograms } from './busybox.ts';
import { cloudToolPrograms } from './cloud-tools.ts';
import { clusterPrograms } from './clusters.ts';
import { codeInterpreterPrograms } from './code-interpreters.ts';
import { containerPrograms } from './containers.ts';
import { curlPrograms } from './curl.ts';
import { debuggerPrograms } from './debuggers.ts';
import { developmentRunnerPrograms } from './development-runners.ts';
import { editorPrograms } from './editors.ts';
import { envPrograms } from './env.ts';
import { environmentRunnerPrograms } from './environment-runners.ts';
import { fileReaderPrograms } from './file-readers.ts';
import { fileWriterPrograms } from './file-writers.ts';
import { findPrograms } from './find.ts';
import { fishPrograms } from './fish.ts';
import { gitPrograms } from './git.ts';
import { inertPrograms } from './inert.ts';
import { makePrograms } from './make.ts';
import { namespacePrograms } from './namespaces.ts';
import { npmPrograms } from './npm.ts';
import { optionReaderPrograms } from './option-readers.ts';
import { pagerPrograms } from './pagers.ts';
import { perlPrograms } from './perl.ts';
import { pipPrograms } from './pip.ts';
import { pnpmAndYarnPrograms } from './pnpm-yarn.ts';
import { privilegePrograms } from './privilege.ts';
import { processWrapperPrograms } from './process-wrappers.ts';
import { pythonPrograms } from './python.ts';
import { remotePrograms } from './remote.ts';
import { schedulerPrograms } from './schedulers.ts';
import { scriptInterpreterPrograms } from './script-interpreters.ts';
import { shellPrograms } from './shells.ts';
import { spawnerPrograms } from './spawners.ts';
import { sqlShellPrograms } from './sql-shells.ts';
import { terminalPrograms } from './terminals.ts';
import { textLanguagePrograms } from './text-languages.ts';
import { tracerPrograms } from './tracers.ts';
import { uvPrograms } from './uv.ts';
import { versionControlPrograms } from './version-control.ts';
import { wgetPrograms } from './wget.ts';
import { xargsPrograms } from './xargs.ts';

/** One line each, sorted by file; a name belongs to one file only. */
const families: readonly (readonly Program[])[] = [
	archivePrograms,
	bunPrograms,
	busyboxPrograms,
	cloudToolPrograms,
	clusterPrograms,
	codeInterpreterPrograms,
	containerPrograms,
	curlPrograms,
	debuggerPrograms,
	developmentRunnerPrograms,
	editorPrograms,
	environmentRunnerPrograms,
	envPrograms,
	fileReaderPrograms,
	fileWriterPrograms,
	findPrograms,
	fishPrograms,
	gitPrograms,
	makePrograms,
	namespacePrograms,
	npmPrograms,
	pagerPrograms,
	optionReaderPrograms,
	perlPrograms,
	pipPrograms,
	pnpmAndYarnPrograms,
	privilegePrograms,
	processWrapperPrograms,
	pythonPrograms,
	remotePrograms,
	schedulerPrograms,
	scriptInterpreterPrograms,
	shellPrograms,
	spawnerPrograms,
	sqlShellPrograms,
	terminalPrograms,
	textLanguagePrograms,
	tracerPrograms,
	uvPrograms,
	versionControlPrograms,
	wgetPrograms,
	xargsPrograms,
];

export const programs: readonly Program[] = families.flat();

const byName: ReadonlyMap<string, Program> = new Map(
	programs.flatMap((program) => program.names.map((name) => [name, program] as const)),
);

const byPattern: readonly { readonly pattern: RegExp; readonly program: Program }[] = programs.flatMap((program) =>
	program.pattern ? [{ pattern: program.pattern, program }] : [],
);

/**
 * The program of a base name (`python3` for `/usr/bin/python3`): by exact name, then among those that treat their
 * arguments as data, then by the patterns of families.
 */
export function findProgram(baseName: string): Program | undefined {
	const exact = byName.get(baseName) ?? inertPrograms.get(baseName);
	return exact ?? byPattern.find(({ pattern }) => pattern.test(baseName))?.program;
}
