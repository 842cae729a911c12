// Runs a page of the documentation again: its commands, its edits, its agent; and says how the page would read then.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { makePlace, type Place } from '../cli/support.ts';
import { connect, main } from '../support/kernel-process.ts';

const installed = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));

/** Where the page says that it happens. */
const shownFolder = '/home/you/app';

/**
 * The page with what its commands print now. Blocks are run in order, in one folder that is made for it: `console` has
 * commands after `$ `, `text` has calls after `agent> `, and a comment before a block says which file it goes into.
 */
export async function rerun(page: string): Promise<string> {
	const place = makePlace();
	try {
		const parts: string[] = [];
		let rest = page;
		for (;;) {
			const block = /^(?:<!-- (?<note>[^\n]*) -->\n)?```(?<language>\w+)\n(?<body>.*?)^```$/ms.exec(rest);
			if (block === null) return parts.join('') + rest;
			const { note, language, body = '' } = block.groups ?? {};
			const again = await run(place, { note, language, body });
			parts.push(rest.slice(0, block.index), block[0].slice(0, block[0].length - body.length - 3), again, '```');
			rest = rest.slice(block.index + block[0].length);
		}
	} finally {
		place.remove();
	}
}

interface Block {
	readonly note?: string | undefined;
	readonly language?: string | undefined;
	readonly body: string;
}

async function run(place: Place, { note, language, body }: Block): Promise<string> {
	if (language === 'console') return shown(place, await runCommands(place, body));
	if (language === 'text' && body.startsWith('agent> '))
		return shown(place, await runAgent(place, body, note === 'answers left out'));
	if (note === undefined) throw new Error(`nobody knows what to do with this block:\n${body}`);
	edit(place, note, body);
	return body;
}

function edit(place: Place, note: string, text: string): void {
	const [, how, name = '', line] = /^(file|append to|in)(?:: | )([\w./-]+?)(?:, below: (.*))?$/.exec(note) ?? [];
	const path = join(place.directory, name);
	switch (how) {
		case 'file':
			mkdirSync(dirname(path), { recursive: true });
			writeFileSync(path, text);
			return;
		case 'append to':
			writeFileSync(path, readFileSync(path, 'utf8') + text);
			return;
		case 'in': {
			const lines = readFileSync(path, 'utf8').split(/(?<=\n)/);
			const found = lines.filter((one) => line !== undefined && one.includes(line));
			if (found.length !== 1) throw new Error(`not one line of ${name} has: ${line}`);
			writeFileSync(path, lines.map((one) => (found.includes(one) ? one + text : one)).join(''));
			return;
		}
		default:
			throw new Error(`nobody knows what this means: ${note}`);
	}
}

async function runCommands(place: Place, body: string): Promise<string> {
	const commands = body.split('\n').filter((line) => line.startsWith('$ '));
	const printed: string[] = [];
	for (const line of commands) {
		const output = await runCommand(place, line.slice(2));
		printed.push(line, ...(output === '' ? [] : [output.replace(/\n$/, '')]));
	}
	return `${printed.join('\n')}\n`;
}

async function runCommand(place: Place, command: string): Promise<string> {
	const env = { ...place.env, ...author, PATH: `${installed}:${place.env['PATH']}` };
	if (!command.startsWith('trapgate ')) {
		return execFileSync('/bin/bash', ['-c', command], { cwd: place.directory, env, encoding: 'utf8' });
	}
	const argv = [...command.matchAll(/'([^']*)'|(\S+)/g)].slice(1).map(([, quoted, plain]) => quoted ?? plain ?? '');
	// Trust is a person's; everything else is run as in a script.
	const person = argv[0] === 'trust' ? { isPerson: true, stdin: 'y\n' } : {};
	const { stdout, stderr } = await place.run(argv, { ...person, env: { PATH: env.PATH } });
	return stderr + stdout;
}

/** The real kernel and the client of the MCP SDK, which stands for the reader's own. */
async function runAgent(place: Place, body: string, isWithoutAnswers: boolean): Promise<string> {
	const command = [process.execPath, main, 'run', '--agent', 'claude-code'];
	const env = { ...place.env, PATH: `${installed}:${place.env['PATH']}` };
	const calls = body.split('\n').flatMap((line) => {
		const [, name, args = '{}'] = /^agent> (\S+) (.*)$/.exec(line) ?? [];
		return name === undefined ? [] : [{ line, name, args }];
	});
	const client = await connect(command, { cwd: place.directory, env });
	const lines: string[] = [];
	try {
		// A driver that is still starting would be answered for otherwise.
		for (let names: string[] = []; calls.some(({ name }) => !names.includes(name)); ) {
			names = (await client.listTools()).tools.map((tool) => tool.name);
		}
		for (const { line, name, args } of calls) {
			const { content } = await client.callTool({ name, arguments: JSON.parse(args) as Record<string, unknown> });
			lines.push(line, ...(isWithoutAnswers ? [] : (content as { text: string }[]).map(({ text }) => text)));
		}
	} finally {
		await client.close();
	}
	return `${lines.join('\n')}\n`;
}

/** So that git commits in the name of nobody, whoever runs the tests. */
const author = {
	...{ GIT_AUTHOR_NAME: 'you', GIT_AUTHOR_EMAIL: 'you@example.com' },
	...{ GIT_COMMITTER_NAME: 'you', GIT_COMMITTER_EMAIL: 'you@example.com', GIT_CONFIG_NOSYSTEM: '1' },
};

/**
 * What differs from run to run, and only that: the temporary folder, where node and this installation lie, the time of
 * day, and hashes, which are made over paths; and how a terminal moves its cursor. Every other byte is compared.
 */
function shown({ directory }: Place, text: string): string {
	return stripVTControlCharacters(text)
		.replaceAll(directory, shownFolder)
		.replaceAll(dirname(directory), dirname(shownFolder))
		.replaceAll(process.execPath, '/usr/bin/node')
		.replaceAll(main, '/path/to/trapgate/dist/cli/main.js')
		.replace(/^\d\d:\d\d:\d\d/gm, '10:14:00')
		.replace(/\bpolicy [0-9a-f]{8}\b/g, 'policy 3f9c2a71')
		.replace(/\bsha256:[0-9a-f]{64}\b/g, `sha256:${'3f9c2a71'.repeat(8)}`);
}
