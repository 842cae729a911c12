// What `trapgate help` and `trapgate help <command>` print.
import { globalDetails } from './args.ts';
import type { Command } from './command.ts';
import { commands } from './registry.ts';

/** Every command in one line each. */
export async function overview(): Promise<string> {
	const all: readonly Command[] = await Promise.all(Object.values(commands).map((load) => load()));
	const widest = Math.max(...all.map(({ name }) => name.length));
	return [
		'trapgate: the kernel between an AI agent and its tools',
		'',
		'  trapgate <command> [flags]',
		'',
		...all.map(({ name, summary }) => `  ${name.padEnd(widest)}  ${summary}`),
		`  ${'help'.padEnd(widest)}  what a command does and which flags it has: trapgate help explain`,
		'',
		'Flags of every command:',
		...globalDetails.map((line) => `  ${line}`),
		'',
		'Exit codes: 0 fine, 1 findings, 2 usage, 3 the policy does not load, 4 a server or client problem,',
		'5 the log, 6 needs a person at a terminal.',
		'',
	].join('\n');
}

export function helpFor({ name, usage, summary, details }: Command): string {
	return [
		`trapgate ${name}${usage === '' ? '' : ` ${usage}`}`,
		'',
		`  ${summary}`,
		...(details.length === 0 ? [] : ['', ...details.map((line) => (line === '' ? '' : `  ${line}`))]),
		'',
		'Flags of every command:',
		...globalDetails.map((line) => `  ${line}`),
		'',
	].join('\n');
}
