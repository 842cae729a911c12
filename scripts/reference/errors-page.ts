// docs/reference/errors.md: what each code means, an example that was run, and how to mend it.
import type { ProblemCode } from '../../src/abi/problem.ts';
import { problemPages } from '../../src/cli/problem-pages.ts';
import { block } from './markdown.ts';
import { exampleCodes, type ProblemExample, runExample } from './problem-examples.ts';
import { raisedCodes } from './raised-codes.ts';

const opening = `# Problems: what each code means

This page is generated (\`npm run generate\`): the words are those of the program, and the examples in
\`tests/cases/problems\` were run to print what is shown. \`trapgate check --explain P303\` prints an entry.
`;

/** In the order an author meets them. */
const chapters = [
	['P', 'Policies and configuration'],
	['C', 'The command line'],
	['K', 'The kernel'],
	['D', 'Drivers'],
	['W', 'Messages'],
	['A', 'The audit log'],
] as const satisfies readonly (readonly [string, string])[];

export async function errorsPage(): Promise<string> {
	const examples = new Map<string, ProblemExample>();
	for (const code of exampleCodes()) examples.set(code, await runExample(code));
	const codes = (Object.keys(problemPages) as ProblemCode[]).sort();
	const raised = raisedCodes();
	const sections = chapters.flatMap(([letter, title]) => [
		`## ${title}\n`,
		...codes.filter((code) => code.startsWith(letter)).map((code) => entry(code, examples.get(code), raised.has(code))),
	]);
	return [opening, ...sections].join('\n');
}

function entry(code: ProblemCode, example: ProblemExample | undefined, isRaised: boolean): string {
	const { title, means, mend } = problemPages[code];
	return [
		`### ${code}\n`,
		`**${title.charAt(0).toUpperCase()}${title.slice(1)}.** ${means}\n`,
		...(example === undefined ? [] : shown(example)),
		`**What to do:** ${mend}\n`,
		...(isRaised ? [] : ['No message of this version has this code yet.\n']),
	].join('\n');
}

function shown({ files, command, printed }: ProblemExample): string[] {
	const texts = files.map(({ name, text }) =>
		files.length === 1 && name === 'trapgate.yaml' ? text : `# ${name}\n${text}`,
	);
	return [
		...texts.map((text) => `${block('yaml', text)}\n`),
		`${block('text', `$ trapgate ${command}\n${printed}`)}\n`,
	];
}
