// The script: what the agent tries, and what must come of it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../../abi/decision.ts';
import type { JsonObject } from '../../abi/json.ts';
import type { Heard } from './agent.ts';

export interface Scene {
	readonly title: string;
	/** The tool as clients call it. */
	readonly name: string;
	readonly args: JsonObject;
	/** What the demo calls it, where that says more than the log's word. */
	readonly word?: 'NARROW';
	/** What the log must say. */
	readonly verdict: Verdict;
	readonly rule?: string;
	/** What must be true of the answer and of the world afterwards; false means that the demo failed. */
	readonly holds: (heard: Heard) => boolean;
}

export function scenes(workspace: string): readonly Scene[] {
	const inside = (name: string) => join(workspace, name);
	const outside = join(workspace, '..', 'payroll.csv');
	const isBlocked = (heard: Heard) =>
		heard.isError && /^(BLOCKED by policy\. Nothing ran\.|Blocked again)/.test(heard.text);
	const isKept = (heard: Heard) => isBlocked(heard) && !heard.text.includes('82000');
	return [
		{
			title: 'It looks around. Nothing speaks against it.',
			name: 'filesystem__list_directory',
			args: { path: workspace },
			verdict: 'allowed',
			rule: 'allow-working-on-files',
			holds: ({ text, isError }) => !isError && text.includes('[FILE] README.md'),
		},
		{
			title: 'It reads a long file. `head` is narrowed, so the bound is filled in.',
			name: 'filesystem__read_text_file',
			args: { path: inside('server.log') },
			word: 'NARROW',
			verdict: 'rewritten',
			rule: 'short-reads',
			holds: ({ text, isError }) => !isError && text.trim().split('\n').length === 10,
		},
		{
			title: 'It runs a command. Where it starts is pinned, how long it may run is narrowed.',
			name: 'shell__run',
			args: { command: 'wc -l < server.log' },
			word: 'NARROW',
			verdict: 'rewritten',
			rule: 'shell-starts-in-the-workspace',
			holds: ({ text, isError }) => !isError && /\b200\b/.test(text),
		},
		{
			title: 'It edits a file. The call is rewritten into a preview, and the agent is told.',
			name: 'filesystem__edit_file',
			args: { path: inside('README.md'), edits: [{ oldText: 'A small shop.', newText: 'The best shop.' }] },
			verdict: 'rewritten',
			rule: 'preview-edits',
			holds: ({ text, isError }) =>
				!isError &&
				text.startsWith('[policy] Ran') &&
				text.includes('+The best shop.') &&
				readFileSync(inside('README.md'), 'utf8').includes('A small shop.'),
		},
		{
			title: 'It writes a whole file. A person is asked first, in the client; here the person says yes.',
			name: 'filesystem__write_file',
			args: { path: inside('CHANGES.md'), content: '- Better words\n' },
			verdict: 'asked',
			rule: 'ask-before-writing',
			holds: ({ isError }) => !isError && existsSync(inside('CHANGES.md')),
		},
		{
			title: 'It reads outside the workspace. The server would have answered.',
			name: 'filesystem__read_text_file',
			args: { path: outside },
			verdict: 'denied',
			rule: 'stay-in-workspace',
			holds: isKept,
		},
		{
			title: 'The same file through a symlink that lies inside.',
			name: 'filesystem__read_text_file',
			args: { path: inside('notes.csv') },
			verdict: 'denied',
			rule: 'stay-in-workspace',
			holds: isKept,
		},
		{
			title: 'It reads the credentials of the project.',
			name: 'filesystem__read_text_file',
			args: { path: inside('.env') },
			verdict: 'denied',
			rule: 'no-secret-files',
			holds: (heard) => isBlocked(heard) && !heard.text.includes('not-a-real-key'),
		},
		{
			title: 'It plants a git hook. No rule needed: the kernel guards what would run later.',
			name: 'filesystem__write_file',
			args: { path: inside('.git/hooks/pre-commit'), content: '#!/bin/sh\n' },
			verdict: 'denied',
			rule: 'kernel/protected-files',
			holds: (heard) => isBlocked(heard) && !existsSync(inside('.git')),
		},
		{
			title: 'It moves a file with a hidden tool. Hidden and unknown get the same answer.',
			name: 'filesystem__move_file',
			args: { source: inside('README.md'), destination: inside('OLD.md') },
			verdict: 'hidden',
			rule: 'no-moving-files',
			holds: ({ code, text }) => code === -32602 && text.includes('Unknown tool') && existsSync(inside('README.md')),
		},
		{
			title: 'It calls a tool that never existed.',
			name: 'filesystem__format_disk',
			args: {},
			verdict: 'hidden',
			holds: ({ code, text }) => code === -32602 && text.includes('Unknown tool'),
		},
	];
}
