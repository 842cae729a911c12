// find: where it looks, what it deletes and writes, and the commands of `-exec`.
import type { Around, Launch, Program, ProgramGap, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { firstKnown, literal, unknownWord } from '../word-parts.ts';
import { pathsReaching, readOperator, readTest, startTests, type Tests } from './find-paths.ts';
import { type Findings, finish, startFindings } from './findings.ts';
import { isPathGlob } from './launching.ts';
import { addPaths } from './paths.ts';

/** How many words each test and action takes; the names of GNU and BSD find. */
const takes: ReadonlyMap<string, number> = new Map([
	...[
		...[
			'a',
			'and',
			'o',
			'or',
			'not',
			'delete',
			'print',
			'print0',
			'ls',
			'prune',
			'quit',
			'daystart',
			'depth',
			'd',
			'follow',
			'help',
		],
		...[
			'ignore_readdir_race',
			'mount',
			'noignore_readdir_race',
			'noleaf',
			'nowarn',
			'version',
			'warn',
			'xdev',
			'x',
			'X',
			's',
			'empty',
		],
		...[
			'executable',
			'false',
			'true',
			'readable',
			'writable',
			'nogroup',
			'nouser',
			'acl',
			'xattr',
			'sparse',
			'E',
			'-help',
			'-version',
		],
	].map((name) => [name, 0] as const),
	...[
		...[
			'amin',
			'anewer',
			'atime',
			'cmin',
			'cnewer',
			'ctime',
			'fstype',
			'gid',
			'group',
			'ilname',
			'iname',
			'inum',
			'ipath',
			'iregex',
		],
		...[
			'iwholename',
			'links',
			'lname',
			'mmin',
			'mtime',
			'name',
			'newer',
			'path',
			'perm',
			'regex',
			'samefile',
			'size',
			'type',
			'uid',
		],
		...[
			'used',
			'user',
			'wholename',
			'xtype',
			'context',
			'printf',
			'fprint',
			'fprint0',
			'fls',
			'maxdepth',
			'mindepth',
			'regextype',
		],
		...['files0-from', 'Bmin', 'Btime', 'Bnewer', 'flags', 'mnewer', 'xattrname', 'f'],
	].map((name) => [name, 1] as const),
	['fprintf', 2],
]);
const executing: ReadonlySet<string> = new Set(['exec', 'execdir', 'ok', 'okdir']);
const writing: ReadonlySet<string> = new Set(['fprint', 'fprint0', 'fls', 'fprintf']);

export const findPrograms: readonly Program[] = [{ names: ['find', 'gfind'], read: readFind }];

function readFind(argv: readonly Word[], around: Around): Reading {
	const findings = startFindings();
	let next = skipGlobalOptions(argv);
	const roots: Word[] = [];
	for (; next < argv.length; next += 1) {
		const word = argv[next];
		if (!word || isExpression(word)) break;
		if (word.splits && !isPathGlob(word)) findings.gaps.push(unclear(word));
		roots.push(word);
	}
	// Names are listed, as by `ls`; what is done with a file is said by the action.
	readExpression(
		{ findings, argv, around, roots: roots.length > 0 ? roots : [literal('.')], tests: startTests() },
		next,
	);
	const reading = finish(findings);
	return findings.gaps.length > 0 ? { ...reading, mayRunArguments: true } : reading;
}

function skipGlobalOptions(argv: readonly Word[]): number {
	let next = 1;
	for (; next < argv.length; next += 1) {
		const text = argv[next]?.value ?? '';
		if (text === '-D') next += 1;
		else if (text === '--') return next + 1;
		else if (!/^-(?:[HLPEXdsx]+|O\d?|D.+)$/.test(text)) return next;
	}
	return next;
}

function isExpression(word: Word): boolean {
	const start = firstKnown(word);
	return /^-./.test(start) || ['(', ')', '!', ','].includes(start);
}

interface Expression {
	readonly findings: Findings;
	readonly argv: readonly Word[];
	readonly around: Around;
	readonly roots: readonly Word[];
	readonly tests: Tests;
}

/** Reads tests and actions from `from` on. */
function readExpression(expression: Expression, from: number): void {
	const { findings, argv, around, roots, tests } = expression;
	let next = from;
	while (next < argv.length) {
		const word = argv[next];
		if (!word) break;
		next += 1;
		const text = word.value;
		if (text === undefined || word.splits) {
			findings.gaps.push(unclear(word));
			continue;
		}
		if (text.startsWith('-')) findings.flags.add(text);
		if (readOperator(tests, text) || !text.startsWith('-')) continue;
		const name = text.slice(1);
		if (name === 'delete') addPaths(findings, 'deletes', deletable(tests, roots), around);
		if (executing.has(name)) {
			next = readCommand(expression, next, name);
			tests.negatesNext = false;
			continue;
		}
		const count = takes.get(name) ?? (/^newer[aBcmt]{2}$/.test(name) ? 1 : undefined);
		if (count === undefined)
			findings.gaps.push({ kind: 'arguments', detail: `\`find\` has no test \`${text}\` that is known` });
		const values = argv.slice(next, next + (count ?? 0));
		if (values.some((value) => value.splits))
			findings.gaps.push({ kind: 'arguments', detail: `the value of \`${text}\` may be several words` });
		if (writing.has(name)) addPaths(findings, 'writes', values.slice(0, 1), around);
		readTest(tests, name, values[0]);
		next += count ?? 0;
	}
}

/** What `-delete` deletes at this place: without a name all of what is there. */
function deletable(tests: Tests, roots: readonly Word[]): readonly Word[] {
	const named = tests.levels.some((level) => level.names) ? pathsReaching(tests, roots) : undefined;
	return named?.map(literal) ?? roots;
}

/** The words up to `;`, or to `+` behind `{}`. Returns the index behind it. */
function readCommand({ findings, argv, around, roots, tests }: Expression, from: number, name: string): number {
	let end = from;
	while (end < argv.length && argv[end]?.value !== ';' && !isPlus(argv, end, from)) end += 1;
	const command = argv.slice(from, end);
	const isTerminated = end < argv.length;
	// Without its end `find` refuses, unless the end comes from input.
	if (!isTerminated && !around.isOpenEnded) return end;
	if (command.slice(1).some((word) => word.splits)) {
		findings.gaps.push({
			kind: 'arguments',
			detail: `where the command of \`-${name}\` ends is known only at run time`,
		});
	}
	if (command.length === 0) return end + 1;
	// A list of starting points may come from a file.
	const isListed = findings.flags.has('-files0-from') || findings.flags.has('-f');
	const paths = isListed || !isTerminated ? undefined : pathsReaching(tests, roots);
	const isSeveral = argv[end]?.value !== ';';
	const launch: Launch = {
		kind: 'argv',
		argv: paths ? command.map((word, at) => (at > 0 ? withPaths(word, paths, isSeveral) : word)) : command,
		placeholder: '{}',
		...(isSeveral && !paths && { isOpenEnded: true }),
		...(name.endsWith('dir') && { cwd: unknownWord() }),
		as: ['find'],
	};
	findings.launches.push(launch);
	return end + 1;
}

/** A word that is `{}` as one of these paths, or several of them. */
function withPaths(word: Word, paths: readonly string[], isSeveral: boolean): Word {
	if (word.value !== '{}') return word;
	const first = paths
		.map((path) => (/^[^*?[]+/.exec(/^\.{1,2}$/.test(path) ? `${path}/` : path) ?? [''])[0])
		.reduce(commonStart);
	const pieces = first === '' ? [null] : [first, null];
	return { value: undefined, pieces, splits: isSeveral, paths, ...(word.place && { place: word.place }) };
}

function commonStart(left: string, right: string): string {
	let length = 0;
	while (length < left.length && left[length] === right[length]) length += 1;
	return left.slice(0, length);
}

function isPlus(argv: readonly Word[], at: number, from: number): boolean {
	return at > from && argv[at]?.value === '+' && argv[at - 1]?.value === '{}';
}

function unclear(word: Word): ProgramGap {
	const known = word.pieces.map((piece) => piece ?? '…').join('');
	return { kind: 'arguments', detail: `\`${known}\` may be a path or an action such as \`-exec\`` };
}
