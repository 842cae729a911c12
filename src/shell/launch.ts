// What a program starts: another argv, shell text, its input, a file.
import { checkVariable } from './environment.ts';
import type { PathWord } from './expand.ts';
import { addLauncher, type Invocation, invoke, spelledAs } from './invoke.ts';
import { limits } from './limits.ts';
import { addGap, type Frame, type Machine } from './machine.ts';
import { textOfWord, wordOfText } from './parameter.ts';
import { baseName, joinPath } from './paths.ts';
import type { Launch } from './program.ts';
import { notRedirected } from './redirect.ts';
import type { Settings } from './scope.ts';
import { freeText, homeHole, knownText, pathHole, type Text, unknownValue, type Value } from './value.ts';
import type { Layer, Word } from './word.ts';
import { attached, firstKnown, isStatic, joined, literal } from './word-parts.ts';

/** Follows one launch; `name` is the canonical name of the program that starts it. */
export function launch(machine: Machine, frame: Frame, invocation: Invocation, name: string, one: Launch): void {
	const [program] = invocation.words;
	if (frame.under.length >= limits.launcherDepth) {
		machine.budget.exhaust('programs launch programs too many times');
		return;
	}
	const under = addLauncher(frame, one.as ?? [name], program ? spelledAs(program) : name, one.elsewhere ?? false);
	const env = one.env ? new Map([...invocation.env, ...one.env]) : invocation.env;
	const inner: Frame = {
		...frame,
		under,
		scope: frame.scope.fork(),
		stdin: invocation.redirected.stdin,
		needsOutput: false,
		exits: undefined,
		dialect: one.dialect ?? frame.dialect,
		isOpenEnded: one.kind === 'argv' && (one.isOpenEnded ?? (frame.isOpenEnded && isTail(one.argv, invocation.words))),
	};
	if (one.cwd)
		inner.scope.set(
			'cwd',
			one.cwd.value === undefined ? null : (joinPath(frame.scope.setting('cwd'), one.cwd.value) ?? null),
		);
	for (const [key, word] of one.env ?? []) {
		checkVariable(machine, inner, key, textValue(word ?? assignedIn(invocation.words, key)));
	}
	const shown = { start: invocation.start, end: invocation.end };
	switch (one.kind) {
		case 'argv': {
			const argv = one.placeholder ? one.argv.map((word) => withHoles(word, one.placeholder ?? '')) : one.argv;
			const redirected = notRedirected(inner.stdin);
			const isVirtual = one.isVirtual ?? false;
			invoke(machine, inner, { words: argv, env, redirected, meaning: 'program', isVirtual, ...shown });
			return;
		}
		case 'script': {
			const words = one.placeholder ? one.words.map((word) => withHoles(word, one.placeholder ?? '')) : one.words;
			runWord(
				machine,
				inProcess(inner, env, one.positional, aliasMode(name, invocation), isToldMore(invocation)),
				joined(words),
				shown,
			);
			return;
		}
		case 'input':
			runInput(
				machine,
				inProcess(inner, env, afterZero(program, one.positional), aliasMode(name, invocation), isToldMore(invocation)),
				shown,
			);
			return;
		case 'file':
			runFile(
				machine,
				inProcess(inner, env, undefined, aliasMode(name, invocation), isToldMore(invocation)),
				one.path,
				shown,
			);
			return;
		case 'code':
			// Its reading is a part of the program's own: `readingOf` resolves it.
			return;
		default:
			one satisfies never;
	}
}

interface Shown {
	readonly start?: number | undefined;
	readonly end?: number | undefined;
}

/** Runs what a word says as shell text. With unknown parts it is a gap, and the rest is read as far as it goes. */
export function runWord(machine: Machine, frame: Frame, word: Word, { start, end }: Shown): Text {
	if (frame.depth >= limits.scriptDepth) {
		machine.budget.exhaust('scripts are nested too deep');
		return freeText;
	}
	const outside: Layer = word.place?.layer ?? frame.layer;
	const isKnown = isStatic(word);
	if (!isKnown) addGap(machine, 'script', 'the text of a script is known only when it runs', frame, start, end);
	const text = isKnown ? word.value : word.pieces.map((piece) => piece ?? '${_}').join('');
	if (!machine.budget.derive(text.length)) return freeText;
	const origins = isKnown && word.place && word.origins ? word.origins : noOrigins;
	const layer: Layer = { text, outer: { layer: outside, origins } };
	return machine.runText({ ...frame, layer, depth: frame.depth + 1 });
}

const noOrigins = () => undefined;

/** Runs what a command reads from its standard input as shell text. */
export function runInput(machine: Machine, frame: Frame, shown: Shown): void {
	const { stdin } = frame;
	switch (stdin.kind) {
		case 'nothing':
			if (stdin.isTouched || frame.dialect === 'unknown') {
				addGap(machine, 'input', 'a shell reads commands from its input', frame, shown.start, shown.end);
			}
			return;
		case 'text':
			if (stdin.isTouched) {
				addGap(
					machine,
					'input',
					'a shell reads commands from what is left of its input',
					frame,
					shown.start,
					shown.end,
				);
			}
			runWord(machine, { ...frame, stdin: { kind: 'unknown', isTouched: false } }, stdin.text, shown);
			return;
		case 'unknown':
			addGap(machine, 'input', 'a shell reads commands from its input', frame, shown.start, shown.end);
			return;
		default:
			stdin satisfies never;
	}
}

/** Runs the text of a file, if it is one that the text itself made. */
export function runFile(machine: Machine, frame: Frame, path: PathWord, shown: Shown): void {
	if (path.value !== undefined && /^(?:-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/.test(path.value)) {
		runInput(machine, frame, shown);
		return;
	}
	if (path.value === '/dev/null') return;
	if (path.contents) {
		runWord(machine, frame, wordOfText(path.contents), shown);
		return;
	}
	const known =
		path.value === undefined
			? undefined
			: machine.files.text(joinPath(frame.scope.setting('cwd'), path.value), frame.scope);
	if (known && knownText(known) !== undefined) {
		runWord(machine, frame, wordOfText(known), shown);
		return;
	}
	addGap(machine, 'file', `commands are read from \`${spelledAs(path)}\``, frame, shown.start, shown.end);
}

/** Runs a program file that the text wrote before: by its first line, or else as shell text. Execve(2), `#!`. */
export function runWrittenProgram(
	machine: Machine,
	frame: Frame,
	invocation: Invocation,
	path: string,
	text: Text | undefined,
): void {
	const { words } = invocation;
	const shown = { start: invocation.start, end: invocation.end };
	const known = text && knownText(text);
	if (known === undefined || known.startsWith('\x7f')) {
		addGap(machine, 'file', `\`${path}\` is a file that the text itself wrote`, frame, shown.start, shown.end);
		return;
	}
	const under = addLauncher(frame, [baseName(path)], path, false);
	const line = /^#!\s*(\S+)[ \t]*(\S[^\n]*)?\n/.exec(`${known}\n`);
	const [, interpreter, option] = line ?? [];
	const isShell =
		interpreter === undefined || /(?:^|\/)(?:ba|da|a|z|k)?sh$/.test(interpreter) || /^(?:ba|da)?sh$/.test(option ?? '');
	if (isShell) {
		runWord(machine, inProcess({ ...frame, under }, invocation.env, words, 'maybe'), wordOfText(text ?? []), shown);
		return;
	}
	const argv = [literal(interpreter), ...(option ? [literal(option.trim())] : []), ...words];
	invoke(machine, { ...frame, under }, { ...invocation, words: argv, meaning: 'program' });
}

/** The frame of a shell of its own: it inherits what is exported and nothing else. */
function inProcess(
	frame: Frame,
	env: Invocation['env'],
	positional: readonly Word[] | undefined,
	aliases: Settings['aliases'],
	isOdd = false,
): Frame {
	const { scope } = frame;
	const inner = scope.process({
		cwd: scope.setting('cwd'),
		pathChange: scope.setting('pathChange'),
		positional: positional ?? [{ value: undefined, pieces: [null], splits: false }],
		aliases,
		exportsAll: false,
		isOdd,
		lastPipe: isOdd || frame.dialect === 'unknown',
	});
	for (const [name, word] of env) inner.assign(name, { ...textValue(word), isExported: true });
	return { ...frame, scope: inner, isOpenEnded: false };
}

/** The value of `NAME=value` among the words of a launcher, where the launcher can't tell it. */
function assignedIn(words: readonly Word[], name: string): Word | undefined {
	const word = words.find((one) => firstKnown(one).startsWith(`${name}=`));
	return word && attached(word, name.length + 1);
}

function textValue(word: Word | undefined): Value {
	return word ? { choices: [namedHoles(word)] } : unknownValue;
}

/** The text of a word, with its unknown stretches told apart where its source says what they are: `PATH=$HOME/bin:$PATH`. */
function namedHoles(word: Word): Text {
	const text = textOfWord(word);
	const raw = word.place?.layer.text.slice(word.place.start, word.place.end) ?? '';
	const names = [...raw.matchAll(/\$\{?(\w+)\}?/g)].map(([, name]) => name);
	if (names.length === 0 || names.length !== text.filter((piece) => typeof piece !== 'string').length) return text;
	let next = 0;
	return text.map((piece) => {
		if (typeof piece === 'string') return piece;
		const name = names[next];
		next += 1;
		return name === 'PATH' ? pathHole : name === 'HOME' ? homeHole : piece;
	});
}

/** Bash replaces aliases only when told to, the other shells always. */
function aliasMode(name: string, { words }: Invocation): Settings['aliases'] {
	const isTold = words.some(
		(word) =>
			word.value === undefined || /^(?:-\w*i\w*|expand_aliases|(?:--?)?posix|--login|-\w*l\w*)$/.test(word.value),
	);
	return name === 'bash' && !isTold ? 'off' : 'maybe';
}

/** `bash -O nocasematch`, `+O`. */
function isToldMore({ words }: Invocation): boolean {
	return words.some(({ value }) => value === undefined || /^[-+]\w*O/.test(value));
}

/** `bash -s a`: unlike behind `-c`, the first operand is `$1`. */
function afterZero(program: Word | undefined, operands: readonly Word[] | undefined): readonly Word[] | undefined {
	return operands && [program ?? literal('sh'), ...operands];
}

function isTail(argv: readonly Word[], words: readonly Word[]): boolean {
	return argv.length === 0 || argv.at(-1) === words.at(-1);
}

/** The word with a placeholder taken for what nobody knows. */
function withHoles(word: Word, placeholder: string): Word {
	if (placeholder === '' || !word.pieces.some((piece) => piece?.includes(placeholder))) return word;
	const pieces: (string | null)[] = [];
	for (const piece of word.pieces) {
		if (piece === null) {
			pieces.push(null);
			continue;
		}
		for (const [at, part] of piece.split(placeholder).entries()) {
			if (at > 0) pieces.push(null);
			if (part !== '') pieces.push(part);
		}
	}
	return { value: undefined, pieces, splits: word.splits, ...(word.place && { place: word.place }) };
}
