// What a program that embeds Trapgate, or a test of policies, may rely on; every other file may change without notice.
//
// To ask a policy without starting anything:
//
//   const directories = stateDirectories(process.env);
//   const load = loadOptions({ file: '/w/trapgate.yaml', cwd: '/w', env: process.env }, directories);
//   const { revision, problems } = loadRevision(load);          // no revision: `problems` say why
//   const answer = makeAnswer({ revision, load, directories }); // the same judgement as the door's; never throws
//   answer({ target: { kind: 'tool', driver, tool, args }, agent: 'ci', at: Date.now() }).decision.verdict;
//
// To read a shell text without any policy: `analyse(text)`; to give one of its commands other words: `edit(text, index, words)`.
export type {
	Analysis,
	Command,
	CommandSource,
	EditOutcome,
	Fact,
	Gap,
	GapKind,
	Launcher,
	NewWord,
	Span,
	Surroundings,
} from './abi/command.ts';
export type { Decision, RuleRef, Verdict } from './abi/decision.ts';
export { type DriverName, parseToolName, type ToolName } from './abi/names.ts';
export { type Problem, type ProblemCode, TrapgateError } from './abi/problem.ts';
export type { Target } from './abi/syscall.ts';
export { type LoadSurroundings, loadOptions } from './kernel/load-options.ts';
export { type Answer, makeAnswer, type Question } from './kernel/question.ts';
export { type Loaded, type LoadOptions, loadRevision, type Revision } from './kernel/revision.ts';
export { type StateDirectories, stateDirectories } from './kernel/state.ts';
export { analyse } from './shell/analyse.ts';
export { edit } from './shell/edit.ts';
