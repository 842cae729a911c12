// A second, lexical look at a text: where the parser may have read it in another way than a shell does, it is a gap.
import { limits } from './limits.ts';
import { addGap, type Frame, type Machine } from './machine.ts';
import { eachChild, type ParsedScript, type SyntaxNode } from './parser.ts';

/** Whether the text may be walked. Parser errors at any level, and everything the two readings differ in, become gaps. */
export function checkText(machine: Machine, frame: Frame, script: ParsedScript): boolean {
	const survey: Survey = { machine, frame, text: frame.layer.text, marks: [], inside: 0, hasInnerHereDocument: false };
	noteErrors(survey, script);
	survey.marks = findMarks(frame.layer.text);
	// Without any of these there is nothing lazily parsed inside, and nothing to mistake.
	if (frame.dialect === 'bash' && !/[`$(]/.test(survey.text)) return true;
	visit(survey, script, 'Script', false, 0);
	judge(survey);
	return !machine.budget.isExhausted;
}

/** What zsh reads in another way than bash: `=name` is a path, `$=x` splits, `repeat` and glob qualifiers run commands. */
function isOddElsewhere(node: SyntaxNode): boolean {
	switch (node.type) {
		case 'Command':
			return /^(?:repeat|foreach)$/.test(node.name?.value ?? '');
		case 'Word':
			return /^=[\w./"'$~]/.test(node.text) || (!node.parts && /\$[=~^]/.test(node.text));
		case 'Literal':
			return /\$[=~^]/.test(node.text);
		case 'ParameterExpansion':
			return /^\$\{[=~^(]/.test(node.text);
		case 'ExtendedGlob':
			return true;
		default:
			return false;
	}
}

interface Mark {
	readonly at: number;
	/** The innermost node around it. */
	owner: string;
	isStart: boolean;
}

interface Survey {
	readonly machine: Machine;
	readonly frame: Frame;
	readonly text: string;
	/** Places where an expansion may start, in order. */
	marks: Mark[];
	/** Expansions around the node. */
	inside: number;
	/** A here-document was seen inside of the outermost of them. */
	hasInnerHereDocument: boolean;
}

function noteErrors({ machine, frame }: Survey, script: ParsedScript): void {
	const [error] = script.errors ?? [];
	if (error) addGap(machine, 'syntax', error.message, frame, error.pos, error.pos + 1);
}

function findMarks(text: string): Mark[] {
	const marks: Mark[] = [];
	for (let at = 0; at < text.length; at += 1) {
		const unit = text.charCodeAt(at);
		// ` $ < >
		if (unit !== 0x60 && unit !== 0x24 && unit !== 0x3c && unit !== 0x3e) continue;
		const next = text.charAt(behindContinuations(text, at + 1));
		const isMark =
			unit === 0x60 ||
			(unit === 0x24 ? /[({[A-Za-z_0-9@*#?$!-]/.test(next) : next === '(' && text.charCodeAt(at - 1) !== unit);
		if (isMark) marks.push({ at, owner: 'Script', isStart: false });
	}
	return marks;
}

function behindContinuations(text: string, from: number): number {
	let at = from;
	while (text[at] === '\\' && text[at + 1] === '\n') at += 2;
	return at;
}

const expansions: ReadonlySet<string> = new Set([
	'CommandExpansion',
	'ProcessSubstitution',
	'ArithmeticExpansion',
	'ArithmeticCommandExpansion',
	'ParameterExpansion',
	'SimpleExpansion',
]);

function visit(survey: Survey, node: SyntaxNode, around: string, inDouble: boolean, depth: number): void {
	const { machine } = survey;
	machine.budget.nodes += 1;
	if (machine.budget.nodes > limits.nodes) machine.budget.exhaust('it has too many parts');
	if (depth > limits.nesting * 2) machine.budget.exhaust('it is nested too deep');
	if (machine.budget.isExhausted) return;
	const { type } = node;
	if (type === 'Script') noteErrors(survey, node);
	let isDouble = inDouble || type === 'DoubleQuoted' || type === 'LocaleString' || type === 'HereDocBody';
	if (type === 'Script') isDouble = false;
	const owner = ownerName(node, around, isDouble);
	paint(survey, node.pos, node.end, owner);
	if (expansions.has(type)) {
		markStart(survey, node);
		const script = 'script' in node ? node.script : undefined;
		if (type === 'CommandExpansion' && script?.source !== undefined) {
			paint(survey, node.pos + 1, node.end, 'Owned');
			visitNested(survey, script, script.source, depth);
			return;
		}
	}
	checkNode(survey, node);
	const isExpansion = expansions.has(type);
	if (isExpansion) survey.inside += 1;
	eachChild(node, (child) => visit(survey, child, owner, isDouble, depth + 1));
	if (isExpansion) survey.inside -= 1;
	if (survey.inside === 0) survey.hasInnerHereDocument = false;
	checkSeparators(survey, node);
	if (type === 'HereDoc') {
		if (survey.inside > 0) survey.hasInnerHereDocument = true;
		if (node.delimiter) paint(survey, node.delimiter.pos, node.delimiter.end, 'SingleQuoted');
		if (node.closing) paint(survey, node.closing.pos, node.closing.end, 'SingleQuoted');
		if (node.delimiter?.quoted) paint(survey, node.body.pos, node.body.end, 'SingleQuoted');
	}
}

/** The text inside backquotes is decoded, and has offsets of its own. */
function visitNested(survey: Survey, script: ParsedScript, text: string, depth: number): void {
	const inner: Survey = { ...survey, text, marks: findMarks(text), inside: survey.inside + 1 };
	visit(inner, script, 'Script', false, depth + 1);
	judge(inner);
}

function ownerName(node: SyntaxNode, around: string, isDouble: boolean): string {
	if (node.type === 'HereDoc') return around;
	return isDouble && (node.type === 'Literal' || node.type === 'Word') ? 'DoubleLiteral' : node.type;
}

function paint({ marks }: Survey, start: number, end: number, owner: string): void {
	for (let at = firstFrom(marks, start); at < marks.length; at += 1) {
		const mark = marks[at];
		if (!mark || mark.at >= end) return;
		mark.owner = owner;
	}
}

function firstFrom(marks: readonly Mark[], start: number): number {
	let [low, high] = [0, marks.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((marks[middle]?.at ?? 0) < start) low = middle + 1;
		else high = middle;
	}
	return low;
}

function markStart({ marks, text }: Survey, node: SyntaxNode): void {
	const first = marks[firstFrom(marks, node.pos)];
	if (first?.at === node.pos) first.isStart = true;
	if (text[node.pos] !== '`') return;
	const last = marks[firstFrom(marks, node.end - 1)];
	if (last?.at === node.end - 1) last.isStart = true;
}

/**
 * Bash prints what it parsed inside of a substitution and reads that again. From a here-document on it prints no `;`
 * between two commands, so that they become one.
 */
function checkSeparators(survey: Survey, node: SyntaxNode): void {
	if (!survey.hasInnerHereDocument || survey.inside === 0) return;
	if (node.type !== 'CompoundList' && node.type !== 'Script') return;
	const { machine, frame, text } = survey;
	for (let next = 1; next < node.commands.length; next += 1) {
		const [before, behind] = [node.commands[next - 1], node.commands[next]];
		if (!before || !behind) return;
		const between = text.slice(before.command.end, behind.pos);
		if (!between.includes(';') || between.includes('\n')) continue;
		addGap(machine, 'syntax', 'commands behind a here-document in a substitution', frame, before.pos, behind.end);
		return;
	}
}

/** Constructs of which the parser and the shells are known to make different things. */
function checkNode(survey: Survey, node: SyntaxNode): void {
	const { machine, frame, text } = survey;
	const gap = (detail: string) => addGap(machine, 'syntax', detail, frame, node.pos, node.end);
	if (node.type === 'CommandExpansion' && text.startsWith('$((', node.pos)) gap('`$((` may be arithmetic or commands');
	if (node.type === 'Subshell' && text[node.pos + 1] === '(') gap('`((` may be arithmetic or commands');
	if (frame.dialect === 'unknown' && isOddElsewhere(node)) gap('other shells read this in another way than bash');
	// In a here-document a line goes on behind a backslash even inside of single quotes of a substitution.
	if (node.type === 'HereDocBody' && node.parts && node.text.includes('\\\n') && /[$`]/.test(node.text)) {
		gap('a continued line in a here-document with expansions');
	}
	// Bash prints what it parsed inside of a substitution and reads that again: behind such a line it loses a separator.
	if (
		survey.inside > 0 &&
		node.type === 'Command' &&
		!node.name &&
		node.redirects.some((one) => one.type === 'HereDoc')
	) {
		gap('a here-document for no command');
	}
	if (node.type === 'ArithmeticCommand' && mayBeCommands(node.body, frame.dialect))
		gap('`((` may be arithmetic or commands');
	if (node.type === 'AnsiCQuoted' && (node.text.includes('\\\n') || isOddAnsi(node.text, node.value)))
		gap("an escape in `$'…'` that ends or changes the text");
	if (node.type === 'ArithmeticCommand' || node.type === 'ArithmeticExpansion') {
		const raw = text.slice(node.pos, node.end);
		const quote = raw.search(/['"\\]/);
		if (quote >= 0 && /\$[({]|`/.test(raw.slice(quote))) gap('quoted text in arithmetic is evaluated');
	}
}

/** `((` that is no arithmetic is two subshells: two words in a row are none in bash; a lone name is a command in other shells. */
function mayBeCommands(body: string, dialect: Frame['dialect']): boolean {
	if (/^[\s(]*[\w./]+[ \t]+[\w./"'-]/.test(body)) return true;
	return dialect === 'unknown' && /^[\s(]*[A-Za-z_][\w./]*[\s)]*$/.test(body);
}

function isOddAnsi(raw: string, value: string): boolean {
	return (
		value.includes('\0') ||
		/\\(?:[xuU]\{|c|0{1,3}(?![0-7])|x0{1,2}(?![0-9a-fA-F])|u0{1,4}(?![0-9a-fA-F])|U0{1,8}(?![0-9a-fA-F]))/.test(raw)
	);
}

const wordLevel: ReadonlySet<string> = new Set([
	...expansions,
	'ArrayValue',
	'Assignment',
	'BraceExpansion',
	'DoubleLiteral',
	'DoubleQuoted',
	'ExtendedGlob',
	'Glob',
	'HereDocBody',
	'Literal',
	'LocaleString',
	'Word',
]);

/** Every place where an expansion may start is the start of one, or quoted, or in a comment. */
function judge({ machine, frame, text, marks }: Survey): void {
	const starts = new Set(marks.filter((mark) => mark.isStart).map((mark) => mark.at));
	for (const { at, owner, isStart } of marks) {
		if (isStart || owner === 'SingleQuoted' || owner === 'AnsiCQuoted' || owner === 'Owned') continue;
		const unit = text[at];
		// The second `$` of `$$`.
		if (unit === '$' && starts.has(at - 1)) continue;
		if (isEscaped(text, at)) continue;
		const isAngle = unit === '<' || unit === '>';
		if (isAngle && /^(?:Double|LocaleString|HereDocBody|Arithmetic|ParameterExpansion)/.test(owner)) continue;
		if (!wordLevel.has(owner) && isInComment(text, at)) continue;
		addGap(machine, 'syntax', 'an expansion that may be read in two ways', frame, at, at + 1);
		return;
	}
}

function isEscaped(text: string, at: number): boolean {
	let from = at;
	while (text[from - 1] === '\\') from -= 1;
	return (at - from) % 2 === 1;
}

function isInComment(text: string, at: number): boolean {
	const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
	return /(?:^|[\s;&|()`])#/.test(line);
}
