// The bytes between kernel, trap and runner; native/sys.h has the other side of them.
import { decodeBytes, encodeBytes } from './bytes.ts';

/** What a trap tells of the execution that it stands in for, in the bytes it came in. */
export interface TrapFrame {
	readonly umask: number;
	/** Soft limits by resource number; undefined: none. */
	readonly limits: readonly (bigint | undefined)[];
	readonly path: string;
	readonly file: string;
	readonly cwd: string;
	readonly argv: readonly string[];
	readonly env: Readonly<Record<string, string>>;
}

const limitCount = 16;
export const headerBytes = 4 + 4 * 5 + 8 * limitCount;
/** Of the texts together: what execve(2) takes is less. */
const mostBytes = 3 * 1024 * 1024;
const noLimit = 0xffff_ffff_ffff_ffffn;

/** How long the whole frame is that begins so; undefined when it is none. */
export function frameLength(header: Buffer): number | undefined {
	if (header.toString('latin1', 0, 4) !== 'TGE1') return undefined;
	const length = header.readUInt32LE(4);
	return length > mostBytes ? undefined : headerBytes + length;
}

/** Reads a whole frame; undefined when it contradicts itself. */
export function readFrame(frame: Buffer): TrapFrame | undefined {
	const [argc, envc, umask] = [8, 12, 16].map((at) => frame.readUInt32LE(at)) as [number, number, number];
	const texts = textsIn(frame.subarray(headerBytes));
	if (texts === undefined || texts.length !== 3 + argc + envc) return undefined;
	const [path, file, cwd, ...rest] = texts.map(decodeBytes);
	if (path === undefined || file === undefined || cwd === undefined) return undefined;
	const limits = Array.from({ length: limitCount }, (_, index) => {
		const value = frame.readBigUInt64LE(24 + 8 * index);
		return value === noLimit ? undefined : value;
	});
	return { umask: umask & 0o777, limits, path, file, cwd, argv: rest.slice(0, argc), env: variables(rest.slice(argc)) };
}

/** NUL-terminated texts; undefined when the last one is not. */
function textsIn(bytes: Buffer): Buffer[] | undefined {
	const texts: Buffer[] = [];
	let from = 0;
	for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, from)) {
		texts.push(bytes.subarray(from, end));
		from = end + 1;
	}
	return from === bytes.length ? texts : undefined;
}

/** As the first program to read it would have it: of two of one name the first counts. */
function variables(entries: readonly string[]): Record<string, string> {
	const found = new Map<string, string>();
	for (const entry of entries) {
		const equals = entry.indexOf('=');
		const name = entry.slice(0, equals);
		if (equals > 0 && !found.has(name)) found.set(name, entry.slice(equals + 1));
	}
	return Object.fromEntries(found);
}

/** Refuses: the trap prints `message` on its stderr and exits with `code`. */
export function refusalFrame(message: string, code: number): Buffer {
	// The trap has a page for it.
	const text = Buffer.from(message.endsWith('\n') ? message : `${message}\n`).subarray(0, 4000);
	const frame = Buffer.alloc(6 + text.length);
	frame.write('D', 0, 'latin1');
	frame.writeUInt32LE(text.length + 1, 1);
	frame.writeUInt8(code, 5);
	text.copy(frame, 6);
	return frame;
}

/** Approves: the trap hands its descriptors to the socket at `path`, as its own view has it. */
export function approvalFrame(path: string): Buffer {
	const text = Buffer.from(path);
	const frame = Buffer.alloc(5 + text.length);
	frame.write('R', 0, 'latin1');
	frame.writeUInt32LE(text.length, 1);
	text.copy(frame, 5);
	return frame;
}

/** What a runner starts. */
export interface Spec {
	/** Its descriptors come from a trap. */
	readonly fromTrap: boolean;
	/** Undefined: as it is. */
	readonly umask: number | undefined;
	/** By resource number (`getrlimit(2)`, Linux). */
	readonly limits: readonly { readonly resource: number; readonly value: bigint }[];
	readonly cwd: string;
	/** The path of the file; absent: the first of `argv` is one. */
	readonly program?: string;
	readonly argv: readonly string[];
	readonly env: Readonly<Record<string, string>>;
	/** Where there are no namespaces: what the runner takes away itself. */
	readonly alone?: { readonly rules: readonly Grant[]; readonly filter: Buffer };
	/** Signals for it come on the status descriptor. */
	readonly isSignalled?: true;
}

/** Rights on a path and all that is below it, by the numbers of linux/landlock.h. */
export interface Grant {
	readonly path: string;
	readonly access: number;
}

const [takesFromTrap, hasLandlock, hasFilter, hasProgram, hasSignals] = [1, 1 << 1, 1 << 2, 1 << 4, 1 << 5];

/** Throws TypeError for a text that can be no argument. */
export function specFile({ fromTrap, umask, limits, cwd, program, argv, env, alone, isSignalled }: Spec): Buffer {
	const head = Buffer.alloc(16 + 16 * limits.length);
	head.write('TGS1', 0, 'latin1');
	const flags = [
		...(fromTrap ? [takesFromTrap] : []),
		...(program === undefined ? [] : [hasProgram]),
		...(alone === undefined ? [] : [hasLandlock | hasFilter]),
		...(isSignalled === true ? [hasSignals] : []),
	];
	head.writeUInt32LE(
		flags.reduce((all, flag) => all | flag, 0),
		4,
	);
	head.writeUInt32LE(umask ?? 0xffff_ffff, 8);
	head.writeUInt32LE(limits.length, 12);
	for (const [index, { resource, value }] of limits.entries()) {
		head.writeUInt32LE(resource, 16 + 16 * index);
		head.writeBigUInt64LE(value, 24 + 16 * index);
	}
	const entries = Object.entries(env).map(([name, value]) => `${name}=${value}`);
	const zero = Buffer.alloc(1);
	return Buffer.concat([
		head,
		...(alone === undefined ? [] : [rulesOf(alone.rules), numbers(alone.filter.length), alone.filter]),
		numbers(argv.length, entries.length),
		...[cwd, ...(program === undefined ? [] : [program]), ...argv, ...entries].flatMap((text) => [
			encodeBytes(text),
			zero,
		]),
	]);
}

function rulesOf(rules: readonly Grant[]): Buffer {
	return Buffer.concat([
		numbers(rules.length),
		...rules.flatMap(({ path, access }) => {
			const bytes = encodeBytes(path);
			return [numbers(access, 0, bytes.length), bytes];
		}),
	]);
}

function numbers(...values: readonly number[]): Buffer {
	const bytes = Buffer.alloc(4 * values.length);
	for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
	return bytes;
}

/** What a runner says of its program. */
export type RunnerWord =
	| { readonly is: 'listening' }
	| {
			readonly is: 'ended';
			readonly code: number | undefined;
			readonly signal: number | undefined;
			readonly leftBehind: number;
	  }
	| { readonly is: 'failed'; readonly message: string };

/** The whole words at the beginning of `bytes`, and what is left over. Throws RangeError for what no runner says. */
export function runnerWords(bytes: Buffer): { readonly words: readonly RunnerWord[]; readonly rest: Buffer } {
	const words: RunnerWord[] = [];
	let rest = bytes;
	for (;;) {
		const kind = rest.toString('latin1', 0, 1);
		const wanted = kind === '' ? undefined : wordLength(kind, rest);
		if (wanted === undefined || rest.length < wanted) return { words, rest };
		words.push(wordOf(kind, rest.subarray(0, wanted)));
		rest = rest.subarray(wanted);
	}
}

const longestMessage = 4096;

/** Undefined while that can't be told. */
function wordLength(kind: string, bytes: Buffer): number | undefined {
	switch (kind) {
		case 'R':
			return 1;
		case 'X':
		case 'K':
			return 6;
		case 'F': {
			const length = bytes.length < 5 ? undefined : bytes.readUInt32LE(1);
			if (length !== undefined && length > longestMessage) throw new RangeError('a message that is too long');
			return length === undefined ? undefined : 5 + length;
		}
		default:
			throw new RangeError(`no runner says ${JSON.stringify(kind)}`);
	}
}

function wordOf(kind: string, word: Buffer): RunnerWord {
	if (kind === 'R') return { is: 'listening' };
	if (kind === 'F') return { is: 'failed', message: word.toString('utf8', 5) };
	const [number, leftBehind] = [word.readUInt8(1), word.readUInt32LE(2)];
	return kind === 'X'
		? { is: 'ended', code: number, signal: undefined, leftBehind }
		: { is: 'ended', code: undefined, signal: number, leftBehind };
}
