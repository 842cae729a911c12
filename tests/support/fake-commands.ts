// A reader of commands for tests of the policy: words between blanks, a few programs, nothing of a real shell.
import type {
	Analysis,
	Command,
	CommandReader,
	CommandSource,
	EditOutcome,
	Fact,
	Gap,
	Launcher,
	NewWord,
	Surroundings,
} from '../../src/abi/command.ts';

interface Word {
	readonly text: string;
	readonly start: number;
	readonly end: number;
}

const subcommandPrograms: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	git: {},
	npm: { i: 'install', add: 'install' },
	yarn: {},
	pnpm: {},
	pip: {},
	uv: {},
	docker: {},
};

/** Flags by program: the canonical name of each spelling; a trailing `=` takes a value. */
const flagNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	git: {
		n: '--no-verify',
		'no-verify': '--no-verify',
		m: '--message=',
		message: '--message=',
		f: '--force',
		force: '--force',
		u: '--set-upstream',
		C: '-C=',
		c: '-c=',
	},
	rm: { r: '--recursive', R: '--recursive', f: '--force', recursive: '--recursive' },
	npx: { y: '--yes', yes: '--yes', package: '--package=' },
	npm: { D: '--save-dev', prefix: '--prefix=', 'ignore-scripts': '--ignore-scripts', access: '--access=' },
	uv: { p: '--python=' },
	bash: { c: '-c' },
};

/**
 * Commands are joined by `;`, `&&`, `|`; `$x` is a word nobody knows, and `$x` as a program a gap. `sudo`, `ssh HOST`,
 * `timeout N`, `xargs` and `uv run` launch, `bash -c WORD` runs a word whose blanks are written `_`.
 */
export const fakeCommands: CommandReader = { analyse, edit };

function analyse(source: CommandSource, around: Surroundings = {}): Analysis {
	const commands: Command[] = [];
	const gaps: Gap[] = [];
	for (const words of typeof source === 'string' ? split(source) : [asWords(source)]) {
		readCommand(words, [], false, commands, gaps, around);
	}
	return { commands, gaps };
}

function asWords(argv: readonly string[]): Word[] {
	return argv.map((text, index) => ({ text, start: index, end: index }));
}

function split(text: string): Word[][] {
	const all: Word[][] = [[]];
	for (const { 0: word, index } of text.matchAll(/&&|[;|]|"[^"]*"|[^\s;|&]+/g)) {
		if (/^(?:&&|[;|])$/.test(word)) all.push([]);
		else all.at(-1)?.push({ text: word.replace(/"/g, ''), start: index, end: index + word.length });
	}
	return all.filter((words) => words.length > 0);
}

function readCommand(
	words: readonly Word[],
	under: readonly Launcher[],
	isOpenEnded: boolean,
	commands: Command[],
	gaps: Gap[],
	around: Surroundings,
): void {
	const [first, ...rest] = words;
	const last = words.at(-1);
	if (first === undefined || last === undefined) return;
	if (first.text.startsWith('$')) {
		gaps.push({ kind: 'program', detail: `\`${first.text}\` is known only at run time`, span: first });
		return;
	}
	if (first.text === 'eval') {
		gaps.push({
			kind: 'script',
			detail: 'eval runs what nobody can read',
			span: { start: first.start, end: last.end },
		});
		return;
	}
	const base = first.text.slice(first.text.lastIndexOf('/') + 1);
	const program = base === 'pip3' ? 'pip' : base;
	const { flags, operands, unsure } = readFlags(program, rest);
	const aliases = subcommandPrograms[program];
	const [sub] = aliases === undefined ? [] : operands;
	const subcommands = sub === undefined ? [] : [aliases?.[sub.text] ?? sub.text];
	const facts: Record<string, Fact> = {};
	if (sub !== undefined && subcommands[0] !== sub.text) facts['alias'] = sub.text;
	if (program === 'git') Object.assign(facts, gitFacts(rest, flags, subcommands[0], operands, around));
	if (program === 'rm' && operands.length > 0) facts['paths'] = facts['deletes'] = operands.map(({ text }) => text);
	if (program === 'cat') facts['reads'] = words.slice(1).map(({ text }) => text.replace(/\$\w+/, '*'));
	if (/^python/.test(program) && rest[0]?.text === '-m') facts['module'] = rest[1]?.text ?? '';
	const command: Command = {
		kind: program === 'cd' ? 'builtin' : 'program',
		program,
		spelled: first.text,
		argv: words.map(({ text }) => (text.startsWith('$') ? null : text)),
		isOpenEnded,
		subcommands,
		flags,
		facts,
		unsure: [...unsure, ...(isOpenEnded ? ['flags', 'paths', 'deletes'] : [])],
		under,
		mayRunArguments: program.startsWith('run-'),
		cwd: '',
		span: { start: first.start, end: last.end },
	};
	commands.push(command);
	const launch = (from: number, name: readonly string[], elsewhere: boolean, open = false) =>
		readCommand(
			words.slice(from),
			[...under, { command: name, spelled: first.text, elsewhere }],
			open,
			commands,
			gaps,
			around,
		);
	if (program === 'sudo') launch(1, ['sudo'], true);
	if (program === 'ssh') launch(2, ['ssh'], true);
	if (program === 'timeout') launch(2, ['timeout'], false);
	if (program === 'xargs') launch(1, ['xargs'], false, true);
	if (program === 'uv' && sub?.text === 'run') launch(words.indexOf(sub) + 1, ['uv', 'run'], false);
	if (/^python/.test(program) && rest[0]?.text === '-m') launch(2, [program], false);
	if (program === 'bash' && rest.length === 0 && around.input !== undefined) {
		for (const inner of split(around.input))
			readCommand(inner, [{ command: ['bash'], spelled: first.text, elsewhere: false }], false, commands, gaps, around);
	}
}

function readFlags(program: string, words: readonly Word[]) {
	const known = flagNames[program] ?? {};
	const flags: string[] = [];
	const operands: Word[] = [];
	const unsure: string[] = [];
	const take = (name: string | undefined, hasValue: boolean) => {
		if (name === undefined) return false;
		if (!flags.includes(name.replace('=', ''))) flags.push(name.replace('=', ''));
		return name.endsWith('=') && !hasValue;
	};
	for (let at = 0; at < words.length; at++) {
		const { text = '' } = words[at] ?? {};
		if (text.startsWith('$') && program === 'cat') unsure.push('reads');
		else if (text.startsWith('$'))
			unsure.push('flags', ...(program === 'rm' ? ['paths', 'deletes'] : ['force', 'skips_hooks']));
		else if (text.startsWith('--') && flagNames[program] !== undefined) {
			const [name = '', value] = text.slice(2).split('=');
			if (known[name] === undefined) unsure.push('flags');
			if (take(known[name], value !== undefined)) at += 1;
		} else if (/^-[A-Za-z]/.test(text) && flagNames[program] !== undefined) {
			for (const [index, letter] of [...text.slice(1)].entries()) {
				if (known[letter] === undefined) unsure.push('flags');
				const isLast = index === text.length - 2;
				if (!take(known[letter], !isLast)) {
					if (known[letter]?.endsWith('=')) break;
				} else at += 1;
			}
		} else if (!text.startsWith('-')) operands.push(words[at] as Word);
	}
	return { flags, operands, unsure };
}

function gitFacts(
	words: readonly Word[],
	flags: readonly string[],
	subcommand: string | undefined,
	operands: readonly Word[],
	around: Surroundings,
): Record<string, Fact> {
	const config = words.some(({ text }) => text.startsWith('core.hooksPath='));
	const skips = config || (subcommand === 'commit' && flags.includes('--no-verify'));
	const branch = operands[2]?.text ?? around.branch?.('');
	return {
		...(subcommand === 'push' && flags.includes('--force') ? { force: true } : {}),
		...(subcommand === 'push' && branch !== undefined ? { to_branch: [branch] } : {}),
		...(skips ? { skips_hooks: true } : {}),
	};
}

function edit(source: CommandSource, index: number, argv: readonly NewWord[], around?: Surroundings): EditOutcome {
	const command = analyse(source, around).commands[index];
	if (command?.span === undefined || source.includes('unsafe'))
		return { kind: 'refused', reason: 'it stands nowhere as such' };
	if (typeof source !== 'string') {
		const at = source.length - command.argv.length;
		const words = argv.map((word) => ('put' in word ? word.put : (source[at + word.keep] ?? '')));
		return { kind: 'edited', source: [...source.slice(0, at), ...words] };
	}
	const { start, end } = command.span;
	const own = [...source.slice(start, end).matchAll(/"[^"]*"|[^\s]+/g)].map(([word]) => word);
	const words = argv.map((word) => ('put' in word ? word.put : (own[word.keep] ?? '')));
	return { kind: 'edited', source: source.slice(0, start) + words.join(' ') + source.slice(end) };
}
