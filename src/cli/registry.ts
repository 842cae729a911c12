// The commands by name, each loaded only when it is asked for, so that starting up stays cheap.
import type { Command } from './command.ts';

/** In the order of `trapgate help`. */
export const commands = {
	init: async () => (await import('./commands/init.ts')).init,
	run: async () => (await import('./commands/run.ts')).run,
	check: async () => (await import('./commands/check.ts')).check,
	fmt: async () => (await import('./commands/fmt.ts')).fmt,
	test: async () => (await import('./commands/test.ts')).test,
	tools: async () => (await import('./commands/tools.ts')).tools,
	explain: async () => (await import('./commands/explain.ts')).explain,
	schema: async () => (await import('./commands/schema.ts')).schema,
	trust: async () => (await import('./commands/trust.ts')).trust,
	key: async () => (await import('./commands/key.ts')).key,
	lock: async () => (await import('./commands/lock.ts')).lock,
	connect: async () => (await import('./commands/connect.ts')).connect,
	disconnect: async () => (await import('./commands/disconnect.ts')).disconnect,
	doctor: async () => (await import('./commands/doctor.ts')).doctor,
	audit: async () => (await import('./commands/audit.ts')).audit,
	demo: async () => (await import('./commands/demo.ts')).demo,
} as const satisfies Readonly<Record<string, () => Promise<Command>>>;

export type CommandName = keyof typeof commands;

export function isCommandName(name: string): name is CommandName {
	return Object.hasOwn(commands, name);
}
