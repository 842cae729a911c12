// What each code means, and how to mend it: the text of docs/reference/errors.md, of `check --explain` and of SARIF.
import type { ProblemCode } from '../abi/problem.ts';
import { installedFile } from './installation.ts';
import { policyPages } from './problem-pages-policy.ts';

export interface ProblemPage {
	/** A few words, lower case, no final period. */
	readonly title: string;
	/** What it means and why it is reported; Markdown, links as seen from docs/reference. */
	readonly means: string;
	/** What to do about it. */
	readonly mend: string;
}

const runningPages = {
	D101: {
		title: 'a driver did not start',
		means: 'An MCP server could not be started or introduced; its tools are absent, the others are served.',
		mend: 'Run `trapgate doctor`: it shows what the server wrote before it ended. Clients give servers a short PATH; write the whole path of the program.',
	},
	D102: {
		title: 'a driver did not answer in time',
		means: 'The server is running and silent.',
		mend: 'Try it on its own. A server that is fetched at its first start is there at the second; `startTimeoutMs` gives it longer.',
	},
	D103: {
		title: 'a driver does not speak MCP',
		means: 'What came back is no answer to what was asked. Often a server prints something of its own to stdout.',
		mend: 'Start its command in a terminal and look at what it prints; logs belong on stderr.',
	},
	D104: {
		title: 'a driver ended while it was needed',
		means: 'The server went away during a call. Whether the call took effect is not known, and the log says so.',
		mend: 'It is started again by itself, later each time it ends again. `trapgate doctor` shows its last words.',
	},
	D105: {
		title: 'a driver speaks no revision of MCP that Trapgate knows',
		means: 'Client and server found no common revision of the protocol.',
		mend: 'Use another version of the server.',
	},
	D106: {
		title: 'a driver was called without a permit',
		means: 'A call reached a driver that no policy had decided about, and was not made. This is a mistake in Trapgate.',
		mend: 'Report it, with the log of that moment.',
	},
	D107: {
		title: 'a driver refused the connection or the credentials',
		means: 'The address does not answer, or does not accept what `headers` sends.',
		mend: 'Check `url`, and that the variables in `headers` are set where Trapgate runs.',
	},
	D108: {
		title: 'a driver can not be confined as it must be',
		means:
			'Its sandbox could not be made: what it was to see does not fit together, or bubblewrap refused. Nothing of it runs unconfined instead.',
		mend: 'The message names the path or what bubblewrap said; trapgate doctor says what this machine lacks.',
	},
	W101: {
		title: 'not JSON, or JSON with two readings',
		means:
			'A message can not be read, or two programs could read it differently (a key that appears twice). It is refused, never passed on.',
		mend: 'Correct the client or server that sent it.',
	},
	W102: {
		title: 'not a JSON-RPC message',
		means: 'It is JSON and no request, answer or notification.',
		mend: 'Correct the client or server that sent it.',
	},
	W103: {
		title: 'a message over a limit',
		means: 'A message is larger or nested deeper than Trapgate reads.',
		mend: 'Ask for less at a time: a part of the file, a page of the list.',
	},
	A101: {
		title: 'a record could not be written',
		means: 'What is not recorded does not happen: the call was refused, or its result withheld.',
		mend: 'Make room on the disk, or make the directory of the log writable again.',
	},
	A102: {
		title: 'the audit log can not be used',
		means: 'Its directory or its key is missing, belongs to somebody else, or may be read by others.',
		mend: 'The message names the file and what is wrong with it; `trapgate doctor` looks again.',
	},
	A103: {
		title: 'the audit log was changed',
		means: 'Records are missing or differ from what was written, so the log proves nothing from there on.',
		mend: 'Keep the files as they are and find out who wrote to them. `trapgate audit verify` says where the chain breaks.',
	},
	K101: {
		title: 'two tools under one name',
		means: 'Clients would call one and get the other.',
		mend: 'Rename a driver, or write `prefix: always`.',
	},
	K102: {
		title: 'a policy that nobody has trusted',
		means: 'A policy file lies where the agent can write, and is not as a person last accepted it.',
		mend: 'Read what it says now, then `trapgate trust`.',
	},
	K103: {
		title: 'too many driver processes',
		means:
			'More callers than `http: { maxProcesses: … }` admits are served at once, or a client says more of itself than drivers are told.',
		mend: 'Try again later, raise the limit, or let a driver be shared: `shared: true`.',
	},
	K104: {
		title: 'an address that can not be listened on',
		means: 'Another program listens there, or other machines could reach it without a token.',
		mend: 'Choose another with `--http 127.0.0.1:PORT`.',
	},
	K105: {
		title: 'a configuration that can not be served',
		means: 'trapgate.yaml, a policy or the state directory has a mistake that must be mended first.',
		mend: '`trapgate check` shows every mistake at its place.',
	},
	K106: {
		title: 'a permit was refused',
		means: 'A call was to be permitted twice, or not as it was judged. It was not made. This is a mistake in Trapgate.',
		mend: 'Report it, with the log of that moment.',
	},
	K107: {
		title: 'keys of callers that can not be used',
		means: 'The directory that holds their hashes belongs to somebody else, or others may write to it.',
		mend: 'Make it yours alone (mode 0700), or delete it and make new keys with `trapgate key make`.',
	},
	C101: {
		title: 'a mistake on the command line',
		means: 'A command, a flag or a value is not one that exists.',
		mend: 'Take the suggestion; `trapgate help COMMAND` lists what there is.',
	},
	C102: {
		title: 'a person is needed',
		means: 'What was asked for needs a yes from somebody at a terminal, and there is none.',
		mend: 'Run it yourself, in a terminal.',
	},
	C103: {
		title: 'a file can not be read',
		means:
			'A file named on the command line does not exist, may not be read, or does not hold what it should; or nothing that loads could be made of it.',
		mend: 'Correct the path, which is relative to the working directory or to `--cwd`, or what the message names in the file.',
	},
	C104: {
		title: 'an error nobody foresaw',
		means: 'Something failed that Trapgate has no words for. What it was doing did not happen.',
		mend: 'Run it again with `TRAPGATE_DEBUG=1` and report what it prints.',
	},
	C105: {
		title: "a file can't be written",
		means:
			'A full disk, a folder that may not be written, or somebody else changed the file at the same moment. It is as it was.',
		mend: 'Make room or get the right to write there, and run the command again.',
	},
	C106: {
		title: "a client's file that can't be edited",
		means:
			'`connect` and `disconnect` change a few lines of a file and nothing else. This one does not read as JSON or TOML, or it is written in a way in which that can not be done surely. Nothing was changed.',
		mend: 'Mend the file, or write the line that the message names by hand, and run the command again.',
	},
} as const satisfies Readonly<Record<`${'A' | 'C' | 'D' | 'K' | 'W'}${string}`, ProblemPage>>;

/** Every code has an entry: one that is missing does not compile. */
export const problemPages: Readonly<Record<ProblemCode, ProblemPage>> = { ...policyPages, ...runningPages };

/** The code, however it is typed: `p303` is P303. */
export function readCode(text: string): ProblemCode | undefined {
	const code = text.toUpperCase();
	return Object.hasOwn(problemPages, code) ? (code as ProblemCode) : undefined;
}

/** The page as it is installed; each code has an anchor in it: `#p303`. */
export const errorsPage = installedFile('docs/reference/errors.md');

/** Without links, which lead from the page to its neighbours and nowhere else. */
export function unlinked(markdown: string): string {
	return markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}
